"""Credential formats, one module per specification."""
