"""How an issuer publishes an object: as a resource that carries a proof by a key of its DID.

As the did:webvh AnonCreds method has it, in place of a ledger.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ssi_core.anoncreds.identifiers import issuer_of
from ssi_core.did.syntax import Did
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Signer
from ssi_core.proof.data_integrity import add_proof
from ssi_core.strict_json import as_object, as_text

TYPE: Final = "AttestedResource"
_CONTEXTS: Final = (
    "https://identity.foundation/did-attested-resources/context/v0.1",
    "https://w3id.org/security/data-integrity/v2",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedResource:
    """A published object as it claims to be; its proof has still to be verified."""

    id: str
    issuer: Did
    content: JsonObject
    source: JsonObject

    @classmethod
    def parse(cls, source: JsonObject) -> Self:
        """Read a resource, whose issuer is the DID in its `id`."""
        source = as_object(source, at="")
        if source.get("type") not in (TYPE, [TYPE]):
            raise MalformedError("must be an AttestedResource", at="/type")
        identifier = as_text(source.get("id"), at="/id")
        return cls(
            id=identifier,
            issuer=issuer_of(identifier, at="/id"),
            content=as_object(source.get("content"), at="/content"),
            source=source,
        )


def attest(
    content: JsonObject,
    *,
    identifier: str,
    signer: Signer,
    verification_method: str,
    at: datetime,
) -> JsonObject:
    """Return `content` as a resource that can be published under `identifier`."""
    resource: JsonObject = {
        "@context": list(_CONTEXTS),
        "type": [TYPE],
        "id": identifier,
        "content": content,
    }
    return add_proof(
        resource,
        signer=signer,
        verification_method=verification_method,
        purpose="assertionMethod",
        created=at,
    )
