"""The issuer's ports, implemented."""
