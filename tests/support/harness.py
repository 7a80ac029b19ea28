"""The harness profile in this very process, and credentials for it to sign."""

from datetime import UTC, datetime
from typing import Any, Final

from consentry.harness.app import Harness, assemble
from consentry.harness.contexts import harness_contexts
from consentry.harness.keys import HarnessKeys
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.evidence import HttpEvidence
from ssi_core.adapters.http import HttpClient

NOON: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
PUBLIC_URL: Final = "http://localhost:1"
# Every cryptosuite with each type of key that it is offered with.
SUITES: Final[tuple[tuple[str, str], ...]] = (
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
    ("ecdsa-sd-2023", "P-256"),
    ("bbs-2023", "Bls12381G2"),
)
DERIVED: Final = ("ecdsa-sd-2023", "bbs-2023")
KEYS: Final = HarnessKeys.generate()


def harness() -> Harness:
    """Return the profile with keys that all tests of a process share, at noon."""
    clock, http = FixedClock(NOON), HttpClient()
    resolver = HttpDidResolver(http, clock)
    return assemble(
        KEYS,
        public_url=PUBLIC_URL,
        contexts=harness_contexts(),
        source=HttpEvidence(http, resolver, clock),
        resolver=resolver,
        clock=clock,
    )


def unsigned(key_type: str, **changes: Any) -> dict[str, Any]:
    """Return a credential of version 2.0 that the key of this type may sign."""
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://www.w3.org/ns/credentials/examples/v2",
        ],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "issuer": KEYS.dids()[key_type],
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:abcdefgh",
            "alumniOf": {"type": "School", "name": "The School of Examples"},
            "year": [1999, 2001],
        },
        **changes,
    }


def secured(suite: str, key_type: str, **changes: Any) -> dict[str, Any]:
    """Return what a verifier gets to see: signed, and derived where the suite has base proofs."""
    profile = harness()
    issued = profile.issuing.issue(
        unsigned(key_type, **changes),
        suite=suite,
        key_type=key_type,
        mandatory_pointers=["/issuer", "/validFrom"] if suite in DERIVED else [],
    )
    if suite in DERIVED:
        issued = profile.issuing.derive(
            issued, suite=suite, selective_pointers=["/credentialSubject"]
        )
    return dict(issued)
