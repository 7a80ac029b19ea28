"""The profile over HTTP."""
