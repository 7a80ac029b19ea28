"""The public log: identifiers, accreditations, status lists and grant commitments."""
