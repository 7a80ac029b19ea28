"""What the verifier does, one file for each use case: load, decide, store."""
