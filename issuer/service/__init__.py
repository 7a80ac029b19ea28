"""The issuer's use cases, one per file: load, decide, store."""
