"""An issuer with a key of its own: credentials, and the Bitstring status lists they refer to."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ssi_core import strict_json
from ssi_core.credential import vc_jose_cose
from ssi_core.credential.contexts import CREDENTIALS_V2, bundled
from ssi_core.credential.model import Credential
from ssi_core.credential.status_list_credential import status_list_credential
from ssi_core.did import key as did_key
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.status.bitstring import BitstringStatusList
from ssi_core.verification import Evidence, FetchedCredential
from ssi_core.verification.data_integrity import DataIntegrityPolicy

NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
SIGNER: Final = Ed25519Signer.generate()
OTHER: Final = Ed25519Signer.generate()
ISSUER: Final = str(did_key.did_for(SIGNER.public_key))
LIST_URL: Final = "https://clinic.example/status/3"
INDEX: Final = 94_567
RDFC: Final = EddsaRdfc2022(JsonLd(bundled()))
POLICY: Final = DataIntegrityPolicy(suites=AllowedSuites([RDFC, EddsaJcs2022()]))


def entry(**changes: Any) -> dict[str, Any]:
    """An entry; a change to None leaves the member out."""
    members = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(INDEX),
        "statusListCredential": LIST_URL,
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def credential(*entries: JsonObject) -> Credential:
    """A credential that has these statuses; its own proof is for others to look at."""
    source: dict[str, Any] = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": ISSUER,
        "credentialSubject": {"id": "did:example:subject"},
    }
    if entries:
        source["credentialStatus"] = entries[0] if len(entries) == 1 else list(entries)
    return Credential.parse(source)


def unsigned_list(
    statuses: Mapping[int, int] | None = None, *, size: int = 1, **changes: Any
) -> dict[str, Any]:
    """A list credential without a proof; changes to `subject` are made to its subject."""
    made = status_list_credential(
        BitstringStatusList.new(size=size).with_status(statuses or {}),
        url=LIST_URL,
        issuer=ISSUER,
        purposes=["revocation"],
        valid_from=NOON - timedelta(minutes=1),
        valid_until=NOON + timedelta(hours=1),
        ttl=timedelta(minutes=5),
    )
    subject = {**dict(made["credentialSubject"]), **changes.pop("subject", {})}  # type: ignore[arg-type]
    merged = {**made, "credentialSubject": subject, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def signed(document: JsonObject, signer: Ed25519Signer = SIGNER, **options: Any) -> JsonObject:
    did = did_key.did_for(signer.public_key)
    given = {
        "purpose": "assertionMethod",
        "created": NOON,
        "suite": EddsaJcs2022(),
        "verification_method": did_key.method_id(did),
        **options,
    }
    return add_proof(document, signer=signer, **given)


def fetched(document: JsonObject, media_type: str = "application/vc") -> FetchedCredential:
    return FetchedCredential(media_type=media_type, body=strict_json.render(document).encode())


def enveloped(
    document: JsonObject, media_type: str, signer: Ed25519Signer = SIGNER, **options: Any
) -> FetchedCredential:
    """A credential in an envelope, as a server sends it."""
    key_id = did_key.method_id(did_key.did_for(signer.public_key))
    envelope = vc_jose_cose.issue(
        document, media_type=media_type, key_id=key_id, signer=signer, **options
    )
    is_binary = media_type.endswith("cose")
    content = b64decode(envelope.content) if is_binary else envelope.content.encode()
    return FetchedCredential(media_type=media_type, body=content)


def documents(*signers: Ed25519Signer) -> dict[Did, DidDocument]:
    dids = [did_key.did_for(signer.public_key) for signer in signers or (SIGNER, OTHER)]
    return {did: did_key.resolve(did) for did in dids}


def evidence(*lists: JsonObject) -> Evidence:
    """What was collected when these list credentials were served, each at its own id."""
    served = {str(item.get("id", LIST_URL)): fetched(item) for item in lists}
    return Evidence(dids=documents(), status_credentials=served)
