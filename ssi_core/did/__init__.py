"""Decentralized identifiers: syntax, documents, and one file per method."""
