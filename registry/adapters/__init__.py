"""The registry's stores: in memory, and in SQLite or PostgreSQL."""
