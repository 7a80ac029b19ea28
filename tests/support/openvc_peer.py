"""openvc-core, as a party that issues, derives, presents and verifies."""

from typing import Any, Final, final

from openvc.did.base import parse_did_document
from openvc.keys import Ed25519SigningKey, P256SigningKey, P384SigningKey
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.di_ecdsa_rdfc import EcdsaRdfcProofSuite
from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite
from openvc.proof.ecdsa_sd import EcdsaSdProofSuite

from ssi_core.credential.contexts import bundled
from ssi_core.keys import public_key_from_jwk
from tests.support import interop
from tests.support.interop import CHALLENGE, DOMAIN, MANDATORY, NOW, Way

_SUITES: Final[dict[str, Any]] = {
    "eddsa-rdfc-2022": DataIntegrityProofSuite(),
    "eddsa-jcs-2022": EddsaJcsProofSuite(),
    "ecdsa-rdfc-2019": EcdsaRdfcProofSuite(),
    "ecdsa-jcs-2019": EcdsaJcsProofSuite(),
    "ecdsa-sd-2023": EcdsaSdProofSuite(),
}
_KEYS: Final[dict[str, Any]] = {
    "Ed25519": Ed25519SigningKey,
    "P-256": P256SigningKey,
    "P-384": P384SigningKey,
}


@final
class _Resolver:
    """The library's own reading of the DID documents that we have for a did:key."""

    def supports(self, did: str) -> bool:
        return did.startswith("did:key:")

    def resolve(self, did: str) -> Any:
        return parse_did_document(interop.resolve(did))


@final
class Openvc:
    """One who has a key of each kind, each of them a did:key."""

    def __init__(self) -> None:
        self._keys = {kind: key.generate(f"urn:key:{kind}") for kind, key in _KEYS.items()}
        contexts = bundled()
        self._contexts = {url: contexts.document(url) for url in contexts.urls()}

    def did(self, kind: str) -> str:
        """Return the DID whose key is of that kind."""
        key = public_key_from_jwk(self._keys[kind].public_jwk())
        return f"did:key:{key.multikey}"

    def issue(self, document: Any, way: Way) -> Any:
        """Return `document` as a credential, with a proof."""
        signed = {**document, "issuer": self.did(way.kind)}
        if way.suite == "ecdsa-sd-2023":
            return _SUITES[way.suite].add_base_proof(
                signed, mandatory_pointers=MANDATORY, **self._signing(way), **self._reading(way)
            )
        return _SUITES[way.suite].add_proof(signed, **self._signing(way), **self._reading(way))

    def derive(self, secured: Any, suite: str, pointers: list[str]) -> Any:
        """Return what the peer discloses of a credential with a base proof."""
        return _SUITES[suite].derive_proof(
            secured, selective_pointers=pointers, extra_contexts=self._contexts
        )

    def verify(self, secured: Any) -> Any:
        """Return the credential if it verifies, or raise one of the library's errors."""
        way = Way(secured["proof"]["cryptosuite"], "")
        return _SUITES[way.suite].verify(
            secured, resolver=_Resolver(), now=NOW, **self._reading(way)
        )

    def present(self, credential: Any, way: Way) -> Any:
        """Return a presentation with a proof, made for our domain and challenge."""
        presentation = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": self.did(way.kind),
            "verifiableCredential": [credential],
        }
        return _SUITES[way.suite].add_proof(
            presentation,
            proof_purpose="authentication",
            domain=DOMAIN,
            challenge=CHALLENGE,
            **self._signing(way),
            **self._reading(way),
        )

    def verify_presentation(self, presentation: Any, *, domain: str = DOMAIN) -> Any:
        """Return the presentation if its proof holds, or raise one of the library's errors."""
        way = Way(presentation["proof"]["cryptosuite"], "")
        return _SUITES[way.suite].verify(
            presentation,
            resolver=_Resolver(),
            now=NOW,
            expected_proof_purpose="authentication",
            expected_domain=domain,
            expected_challenge=CHALLENGE,
            **self._reading(way),
        )

    def _signing(self, way: Way) -> dict[str, Any]:
        did = self.did(way.kind)
        method = f"{did}#{did.removeprefix('did:key:')}"
        key = self._keys[way.kind]
        return {"signing_key": key, "verification_method": method, "created": NOW}

    def _reading(self, way: Way) -> dict[str, Any]:
        return {} if "jcs" in way.suite else {"extra_contexts": self._contexts}
