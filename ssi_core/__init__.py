"""The shared core, pure: keys, DIDs, credentials, status, presentations, protocol messages."""
