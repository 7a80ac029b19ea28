"""The custodian with a log: rooms that do not know each other, put together at the front door."""
