"""The registry as roles see it: a client for its API, and an organisation's identity in it."""

from registry.client.organisation import Organisation
from registry.client.receipts import KeptReceipts, verify_receipt
from registry.client.registry_client import LogDescription, RegistryClient, SubmitReceipt

__all__ = [
    "KeptReceipts",
    "LogDescription",
    "Organisation",
    "RegistryClient",
    "SubmitReceipt",
    "verify_receipt",
]
