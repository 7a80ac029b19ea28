"""Pages about a log for people with a browser: they only read, and show what the log shows."""
