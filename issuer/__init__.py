"""The provider's side: turn health records into credentials, offer them, revoke them."""
