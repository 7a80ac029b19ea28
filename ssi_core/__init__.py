"""Self-sovereign identity without I/O: identifiers, proofs, credentials and their verification."""
