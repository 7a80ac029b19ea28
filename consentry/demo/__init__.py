"""The story of the product, played by real processes on one machine."""
