"""The recipient's side: ask for claims, verify what arrives, keep the receipt."""
