"""What a Data Integrity cryptosuite must offer, and how callers allow some of them.

https://www.w3.org/TR/vc-data-integrity/#cryptographic-suites
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, final

from ssi_core.errors import AlgorithmError, ProofError, SsiError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import PublicKey, Signer
from ssi_core.strict_json import as_array, as_text


class Cryptosuite(Protocol):
    """The suite-specific algorithms, `createProof` and `verifyProof`: pure, stateless.

    The `document` of both is what the proof is to secure: without `proof`, or, in a proof chain,
    with the array of the previous proofs as its `proof`.
    """

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        ...

    def create_proof(
        self, document: JsonObject, options: JsonObject, *, signer: Signer
    ) -> JsonObject:
        """Return the proof that `options` begin; `AlgorithmError` for a key of another kind."""
        ...

    def verify_proof(self, document: JsonObject, proof: JsonObject, *, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        ...


@final
class AllowedSuites:
    """The cryptosuites this caller accepts. There is no global list and no default."""

    def __init__(self, suites: Iterable[Cryptosuite]) -> None:
        self._by_name = {suite.name: suite for suite in suites}

    def named(self, name: str) -> Cryptosuite:
        """Return the suite called `name`, or refuse the proof with `AlgorithmError`."""
        try:
            return self._by_name[name]
        except KeyError:
            raise AlgorithmError(
                "cryptosuite is not allowed here", at="/proof/cryptosuite"
            ) from None


def config_of(proof: JsonObject) -> JsonObject:
    """Return the proof options as they were signed: everything but `proofValue`."""
    return {name: value for name, value in proof.items() if name != "proofValue"}


def proof_value_of(proof: JsonObject) -> str:
    """Return the `proofValue`, still encoded."""
    return as_text(proof.get("proofValue"), at="/proof/proofValue")


@contextmanager
def about_proof_value() -> Iterator[None]:
    """Let a refusal from below, where nobody knows of documents, point at the `proofValue`."""
    try:
        yield
    except SsiError as error:
        if error.at is not None:
            raise
        raise type(error)(error.reason, at="/proof/proofValue") from None


def with_context_of(document: JsonObject, options: JsonObject) -> JsonObject:
    """Return proof options that are read in the document's own `@context`, if it has one."""
    if "@context" not in document:
        return options
    return {**options, "@context": document["@context"]}


def in_context_of(proof: JsonObject, unsecured: JsonObject) -> JsonObject:
    """Return `unsecured` as it was signed: with the proof's `@context`, if the proof has one.

    The document's `@context` must begin with all of the proof's (vc-di-eddsa section 3.3.2 step 4):
    a later holder may have appended its own.
    """
    if "@context" not in proof:
        return unsecured
    signed, given = _contexts(proof["@context"]), _contexts(unsecured.get("@context"))
    if list(given[: len(signed)]) != list(signed):
        raise ProofError("document does not begin with the proof's @context", at="/@context")
    return {**unsecured, "@context": proof["@context"]}


def _contexts(value: JsonValue) -> Sequence[JsonValue]:
    return [value] if isinstance(value, str | Mapping) else as_array(value, at="/@context")
