"""The registry as roles see it: a client for its API.

An organisation's own identity in it, with an outbox, is `registry.client.organisation`.
"""

from registry.client.receipts import verify_receipt
from registry.client.registry_client import LogDescription, RegistryClient, SubmitReceipt

__all__ = ["LogDescription", "RegistryClient", "SubmitReceipt", "verify_receipt"]
