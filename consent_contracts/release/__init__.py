"""Access levels in deed: what leaves whoever releases data, under a permit."""
