"""Create and verify proofs, proof sets and proof chains.

https://www.w3.org/TR/vc-data-integrity/#algorithms
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, final

from ssi_core.errors import (
    AudienceError,
    ExpiredError,
    MalformedError,
    NonceError,
    NotYetValidError,
    ProofError,
    SsiError,
    WorkLimitError,
)
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, Signer
from ssi_core.period import from_date_time_stamp, to_rfc3339
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.proof_chain import previous_ids, secured_by
from ssi_core.proof.suite import AllowedSuites, Cryptosuite
from ssi_core.rdf import work
from ssi_core.rdf.n_quads import iri
from ssi_core.strict_json import as_array, as_object, as_text, as_texts, render

# Clocks of two machines differ; a proof from slightly ahead is not from the future.
CLOCK_SKEW: Final = timedelta(seconds=60)
# Every proof costs a canonicalization, so a document cannot ask for thousands, nor a large one for
# more than a few: this many bytes of JSON, all proofs together, take a second at worst.
MAX_PROOFS: Final = 16
_MAX_PROVEN_BYTES: Final = 300_000
_EDDSA_JCS_2022: Final = EddsaJcs2022()


@dataclass(frozen=True, slots=True)
@final
class VerifiedDocument:
    """A document, without its proofs, whose every proof held. Only `verify_proofs` makes one."""

    document: JsonObject
    proofs: tuple[JsonObject, ...]


def add_proof(
    document: JsonObject,
    *,
    signer: Signer,
    verification_method: str,
    purpose: str,
    created: datetime | None,
    suite: Cryptosuite = _EDDSA_JCS_2022,
    options: JsonObject | None = None,
) -> JsonObject:
    """Return `document` with one more proof: a map if it is the first, an array if not.

    `options` holds further proof options (`expires`, `domain`, `challenge`, `nonce`, `id`,
    `previousProof`).
    """
    config: dict[str, JsonValue] = {"type": "DataIntegrityProof", "cryptosuite": suite.name}
    if created is not None:
        config["created"] = to_rfc3339(created)
    config["verificationMethod"] = as_text(verification_method, at="/proof/verificationMethod")
    config["proofPurpose"] = as_text(purpose, at="/proof/proofPurpose")
    config.update(options or {})
    unsecured = without_proofs(document)
    proofs = proofs_of(document) if "proof" in document else ()
    proof = suite.create_proof(secured_by(config, unsecured, proofs), config, signer=signer)
    return {**unsecured, "proof": [*proofs, proof] if proofs else proof}


def verify_proofs(
    secured: JsonObject,
    *,
    suites: AllowedSuites,
    keys: Mapping[str, PublicKey],
    purpose: str,
    at: datetime | None = None,
    domain: str | Sequence[str] | None = None,
    challenge: str | None = None,
) -> VerifiedDocument:
    """Check all proofs on `secured`; one failure, or none present, refuses the document.

    `keys` holds the verification methods already resolved and authorised for `purpose`. Without
    `at` there is no clock, and a proof that expires is refused. `domain` and `challenge` must be
    those of every proof when they are given. A proof that builds on previous ones holds only with
    them, and each of them is checked for itself. An error about one of several proofs says which.
    """
    unsecured, proofs = without_proofs(secured), proofs_of(secured)
    if len(proofs) > 1 and len(render(unsecured)) * len(proofs) > _MAX_PROVEN_BYTES:
        raise WorkLimitError("document is too large for so many proofs", at="/proof")
    places = proof_places(secured)
    documents: list[JsonObject] = []
    for place, proof in zip(places, proofs, strict=True):
        with about_proof(place):
            check_options(proof, purpose=purpose, at=at, domain=domain, challenge=challenge)
            documents.append(secured_by(proof, unsecured, proofs))
    with work.bounded():
        for place, proof, document in zip(places, proofs, documents, strict=True):
            with about_proof(place):
                _verify_proof(proof, document, suites=suites, keys=keys)
    return VerifiedDocument(unsecured, proofs)


def verification_methods(secured: JsonObject) -> tuple[str, ...]:
    """Return the verification method that each proof names: what a caller must resolve."""
    places = proof_places(secured)
    return tuple(
        as_text(proof.get("verificationMethod"), at=f"{place}/verificationMethod")
        for place, proof in zip(places, proofs_of(secured), strict=True)
    )


def proofs_of(secured: JsonObject) -> tuple[JsonObject, ...]:
    """Return the proofs on `secured`, at least one; raise `ProofError` if there is none."""
    value = secured.get("proof")
    proofs = [value] if isinstance(value, Mapping) else as_array(value or [], at="/proof")
    if not proofs:
        raise ProofError("document has no proof", at="/proof")
    if len(proofs) > MAX_PROOFS:
        raise MalformedError("document has more proofs than allowed", at="/proof")
    return tuple(as_object(proof, at="/proof") for proof in proofs)


def proof_places(secured: JsonObject) -> tuple[str, ...]:
    """Return the JSON pointer of each proof on `secured`."""
    if isinstance(secured.get("proof"), Mapping):
        return ("/proof",)
    return tuple(f"/proof/{index}" for index in range(len(proofs_of(secured))))


@contextmanager
def about_proof(place: str) -> Iterator[None]:
    """Let errors about `/proof` point at the proof at `place`, which is one of several."""
    try:
        yield
    except SsiError as error:
        if place == "/proof" or error.at is None or not error.at.startswith("/proof"):
            raise
        raise type(error)(error.reason, at=place + error.at.removeprefix("/proof")) from None


def without_proofs(secured: JsonObject) -> JsonObject:
    """Return the unsecured document: everything but `proof`."""
    return {name: value for name, value in secured.items() if name != "proof"}


def check_options(
    proof: JsonObject,
    *,
    purpose: str,
    at: datetime | None = None,
    domain: str | Sequence[str] | None = None,
    challenge: str | None = None,
) -> None:
    """Check all of one proof that needs neither its document nor its key."""
    if proof.get("type") != "DataIntegrityProof":
        raise ProofError("proof is not a DataIntegrityProof", at="/proof/type")
    if proof.get("proofPurpose") != purpose:
        raise ProofError("proof was made for another purpose", at="/proof/proofPurpose")
    if "id" in proof:
        iri(as_text(proof["id"], at="/proof/id"), at="/proof/id")
    previous_ids(proof)
    _check_dates(proof, at)
    if domain is not None:
        if "domain" not in proof:
            raise AudienceError("proof was made for no domain", at="/proof/domain")
        if _domains(proof["domain"]) != _domains(domain):
            raise AudienceError("proof was made for another domain", at="/proof/domain")
    if challenge is not None:
        if "challenge" not in proof:
            raise NonceError("proof was made for no challenge", at="/proof/challenge")
        if proof["challenge"] != challenge:
            raise NonceError("proof was made for another challenge", at="/proof/challenge")


def _verify_proof(
    proof: JsonObject,
    document: JsonObject,
    *,
    suites: AllowedSuites,
    keys: Mapping[str, PublicKey],
) -> None:
    key = keys.get(as_text(proof.get("verificationMethod"), at="/proof/verificationMethod"))
    if key is None:
        raise ProofError("verification method is not authorised", at="/proof/verificationMethod")
    suite = suites.named(as_text(proof.get("cryptosuite"), at="/proof/cryptosuite"))
    suite.verify_proof(document, proof, key=key)


def _check_dates(proof: JsonObject, at: datetime | None) -> None:
    if "created" in proof:
        created = _moment(proof["created"], at="/proof/created")
        if at is not None and created > at + CLOCK_SKEW:
            raise NotYetValidError("proof was made in the future", at="/proof/created")
    if "expires" in proof:
        expires = _moment(proof["expires"], at="/proof/expires")
        if at is None or at >= expires:
            raise ExpiredError("proof has expired", at="/proof/expires")


def _moment(value: JsonValue, *, at: str) -> datetime:
    return from_date_time_stamp(as_text(value, at=at), at=at)


def _domains(value: JsonValue) -> frozenset[str]:
    if value is None or isinstance(value, str):
        return frozenset() if value is None else frozenset({value})
    return frozenset(as_texts(value, at="/proof/domain"))
