"""Receipts of recipients: kept if the key that they name made them."""

from typing import Final, final

from consent_contracts import receipt as receipts
from consent_contracts import signed
from consent_contracts.kept import Kind
from consent_contracts.ports import SigningKeys
from consent_contracts.receipt import Receipt
from consent_contracts.service.vault import Vault
from ssi_core.errors import ConflictError, NotFoundError
from ssi_core.strict_json import as_text

_MEMBER: Final = "receipt"


@final
class Receipts:
    """Receipts that were verified, as they were signed. One's id is its issuer and its `jti`."""

    def __init__(self, vault: Vault, keys: SigningKeys) -> None:
        self._vault = vault
        self._keys = keys

    def take(self, text: str) -> Receipt:
        """Verify a receipt and keep it; the same one again changes nothing."""
        receipt = receipts.verify(text, key=self._keys.assertion_key(signed.key_id(text)))
        kept_as = f"{receipt.recipient}#{receipt.id}"
        found = self._vault.find(Kind.RECEIPT, kept_as)
        if found is not None:
            if found.content.get(_MEMBER) != text:
                raise ConflictError("another receipt has this id", at="/jti")
            return receipt
        found_by = [] if receipt.grant_id is None else [receipt.grant_id]
        document = self._vault.document(Kind.RECEIPT, kept_as, {_MEMBER: text}, found_by=found_by)
        self._vault.commit(document)
        return receipt

    def about(self, grant_id: str) -> tuple[str, ...]:
        """Return the receipts about a grant as they were signed, oldest first; never none."""
        found = self._vault.found_by(Kind.RECEIPT, [grant_id])
        if not found:
            raise NotFoundError("there is no receipt about such a grant here")
        return tuple(as_text(each.content.get(_MEMBER), at="/receipt") for each in found)
