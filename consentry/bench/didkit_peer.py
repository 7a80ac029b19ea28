"""didkit on the medical credential, where it is installed: VCDM 1.1, Ed25519Signature2020."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, final

from consentry.bench.machine import version_of
from consentry.bench.measure import Case
from consentry.bench.medical import DIAGNOSIS, QUADS, require_quads
from ssi_core.credential.contexts import CREDENTIALS_V1, HEALTH_V1, bundled
from ssi_core.encoding import base64url_encode
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.strict_json import as_object, parse_object

_PACKAGE: Final = "didkit"
_VOCABULARY: Final = "https://consentry.example/vocabularies/health#"
# VCDM 1.1 has no name, no description, and no status that the peer would not look up.
_SUBJECT: Final[JsonObject] = {
    **DIAGNOSIS,
    "abatement": "none",
    "effective": "2019-06-11",
    "lot_number": "none",
    "occurrence": "2019-06-11",
    "result_status": "final",
    "vaccination_status": "complete",
    "primary_source": True,
}


@contextmanager
def didkit_cases(signer: Ed25519Signer) -> Iterator[tuple[Sequence[Case], Sequence[str]]]:
    """Prepare didkit: cases if it is here, a remark if not."""
    if version_of(_PACKAGE) is None:
        yield (), (f"{_PACKAGE} is not installed, so it was not measured.",)
        return
    with asyncio.Runner() as runner:
        didkit = _Didkit(runner, signer)
        cases: list[Case] = []
        for kind, context in _contexts().items():
            credential = _credential(didkit.did, context)
            require_quads(JsonLd(bundled()).to_quads(credential), QUADS)
            cases += didkit.cases(credential, kind)
        yield cases, ()


def _contexts() -> Mapping[str, JsonObject]:
    """Return inline contexts by what is said of them in a row's name."""
    terms = as_object(bundled().document(HEALTH_V1)["@context"], at="/@context")
    used = {"@version", "@protected", "type", "DiagnosisCredential", *_SUBJECT} - {"id"}
    return {
        "": {"@vocab": _VOCABULARY},
        ", each term defined": {name: terms[name] for name in terms if name in used},
    }


def _credential(issuer: str, context: JsonObject) -> JsonObject:
    return {
        "@context": [CREDENTIALS_V1, context],
        "id": "urn:uuid:0b0f2f7e-91a0-4a6e-8a4e-3e2d5f1c7a02",
        "type": ["VerifiableCredential", "DiagnosisCredential"],
        "issuer": issuer,
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2036-01-01T00:00:00Z",
        "credentialSubject": _SUBJECT,
    }


@final
class _Didkit:
    """The library with one key, and the event loop that it wants."""

    def __init__(self, runner: asyncio.Runner, signer: Ed25519Signer) -> None:
        self._runner = runner
        self._library: Any = import_module(_PACKAGE)
        secret = {"d": base64url_encode(signer.secret)}
        self._key = json.dumps({**signer.public_key.jwk, **secret})
        self.did: str = self._library.key_to_did("key", self._key)

    def cases(self, credential: JsonObject, kind: str) -> Iterator[Case]:
        text, options = json.dumps(credential), self._options()
        secured = self._answer(lambda: self._library.issue_credential(text, options, self._key))
        works = {
            "issue": lambda: self._library.issue_credential(text, options, self._key),
            "verify": lambda: self._library.verify_credential(secured, "{}"),
        }
        refusals = parse_object(self._answer(works["verify"])).get("errors")
        if refusals:
            raise ValueError("didkit does not verify what it issued")
        for name, work in works.items():
            yield Case(name=f"{_PACKAGE}: {name}{kind}", run=self._often(work))

    def _options(self) -> str:
        method = self._answer(lambda: self._library.key_to_verification_method("key", self._key))
        return json.dumps(
            {
                "type": "Ed25519Signature2020",
                "proofPurpose": "assertionMethod",
                "verificationMethod": method,
            }
        )

    def _answer(self, work: Callable[[], Any]) -> str:
        async def once() -> str:
            return str(await work())

        return self._runner.run(once())

    def _often(self, work: Callable[[], Any]) -> Callable[[int], None]:
        async def many(count: int) -> None:
            for _ in range(count):
                await work()

        return lambda count: self._runner.run(many(count))
