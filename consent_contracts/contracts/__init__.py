"""Contracts: named, versioned, pure functions over verified facts, with their terms in data."""
