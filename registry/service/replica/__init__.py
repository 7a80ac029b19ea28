"""A replica: it follows another's log, and shows of it what it has verified."""
