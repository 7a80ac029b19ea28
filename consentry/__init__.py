"""The front door: one command line over all rooms; it decides nothing."""
