"""The custodian's stores and settings."""
