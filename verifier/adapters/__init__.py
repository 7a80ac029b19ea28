"""The verifier's stores and settings."""
