"""Decentralized identifiers: syntax, documents, and one module per DID method."""
