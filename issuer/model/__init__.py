"""The issuer's nouns: records, offers, access tokens, credentials and their status lists."""
