"""Securing mechanisms: SD-JWT, and Data Integrity with one module per cryptosuite."""
