"""Terms that parties sign: one compact JWS from each, over the digest of contract and terms."""

from typing import Final

from consent_contracts import signed
from consent_contracts.contracts.digests import digest_of_terms
from consent_contracts.contracts.inputs import TermsSignature
from consent_contracts.recipient import parse_did
from consent_contracts.wire import as_digest, require_known
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer, thumbprint
from ssi_core.strict_json import as_integer, as_text

TYPE: Final = "consent-contract-terms+jwt"


def sign_terms(
    contract: str, version: int, terms: JsonObject, *, signer: Signer, key_id: str | None
) -> str:
    """Sign terms with a key of a DID, named by `key_id` (a DID URL), or with a person's own key."""
    digest = digest_of_terms(contract, version, terms)
    claims: dict[str, str | int] = {"contract": contract, "version": version, "terms": digest}
    if key_id is not None:
        claims["iss"] = str(DidUrl.parse(key_id, at="/header/kid").did)
    return signed.sign(claims, typ=TYPE, signer=signer, key_id=key_id)


def verify_terms(
    text: str, contract: str, version: int, *, key: PublicKey, party: Did | None
) -> TermsSignature:
    """Return who signed which terms of a contract, for `ContractInputs`; `ProofError` if nobody.

    With a `party`, `key` has to be the one of its DID that `signed.key_id(text)` names; without,
    the signature is a person's, whose only name is the key's thumbprint. Whether the terms are the
    ones in force is for the decision to say.
    """
    claims = signed.verify(text, typ=TYPE, key=key)
    require_known(claims, ("contract", "version", "terms", "iss"), at="")
    found = (
        as_text(claims.get("contract"), at="/contract"),
        as_integer(claims.get("version"), at="/version"),
    )
    if found != (contract, version):
        raise ProofError("signed under another contract", at="/contract")
    _require_party(text, claims, party)
    name = thumbprint(key.jwk) if party is None else str(party)
    return TermsSignature(name, as_digest(claims.get("terms"), at="/terms"))


def _require_party(text: str, claims: JsonObject, party: Did | None) -> None:
    if party is None:
        if "iss" in claims:
            raise ProofError("signed in the name of a party", at="/iss")
        return
    if parse_did(claims.get("iss"), at="/iss") != party or signed.key_id(text).did != party:
        raise ProofError("signed by somebody else", at="/iss")
