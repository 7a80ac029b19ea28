"""A profile for test harnesses: credentials over HTTP in the shape of the VC-API, without a login.

Off by default. It signs with keys of its own and vouches for nothing that it signs.
"""
