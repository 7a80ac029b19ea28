"""Status lists: whether a credential is still good, published by its issuer."""
