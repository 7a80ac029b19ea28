"""A custodian's routes."""
