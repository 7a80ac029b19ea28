"""Where the wallet's vault can be kept."""
