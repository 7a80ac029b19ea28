"""What the registry does: take entries, put them in order, prove what it has, host DIDs."""
