"""Issue and verify a medical credential of 57 quads with Ed25519 Data Integrity proofs."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from consentry.bench.didkit_peer import didkit_cases
from consentry.bench.measure import Case, Lead, Pace, Subject, often
from consentry.bench.medical import QUADS, diagnosis_credential, require_quads
from consentry.bench.openvc_peer import openvc_cases
from consentry.bench.raw import raw_signer, raw_verifier
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.credential.contexts import bundled
from ssi_core.did import key as did_key
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.suite import AllowedSuites, Cryptosuite
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.verification.data_integrity import DataIntegrityPolicy, needs, verify_credential
from ssi_core.verification.evidence import Evidence

_SIGNATURE: Final = "one raw signature"
_VERIFICATION: Final = "one raw verification"
_LEADS: Final = {"eddsa-rdfc-2022": Lead(1.5, "didkit: verify")}
_TEXT: Final = f"""\
A diagnosis of VCDM 2.0 in the product's own vocabulary: {QUADS} quads. *Verify* takes the text that
was received, reads it, resolves the issuer's did:key, and decides: data model, proof, issuer,
validity. didkit knows neither VCDM 2.0 nor these suites nor any context of ours, so it gets the
same claims, in as many quads, as a credential of VCDM 1.1 with Ed25519Signature2020. Its terms
come from an inline context: from a lone `@vocab`, which costs it least, or defined one by one as
our context does. The reference is one bare Ed25519 signature, or its verification, by
`cryptography`."""


@contextmanager
def data_integrity(_pace: Pace) -> Iterator[Subject]:
    """Prepare the credential in both suites, and the peers that are here."""
    party = _Party(Ed25519Signer.generate(), at=SystemClock().now().replace(microsecond=0))
    json_ld = JsonLd(bundled())
    require_quads(json_ld.to_quads(party.credential), QUADS)
    suites: tuple[Cryptosuite, ...] = (EddsaRdfc2022(json_ld), EddsaJcs2022())
    with ExitStack() as stack:
        didkit, remarks = stack.enter_context(didkit_cases(party.signer))
        openvc, more = openvc_cases(party.signer, party.credential, method=party.method)
        yield Subject(
            title=f"Data Integrity with Ed25519, a medical credential of {QUADS} quads",
            text=_TEXT,
            cases=(
                *(case for suite in suites for case in party.cases(suite)),
                *_raw_cases(party.signer),
                *didkit,
                *openvc,
            ),
            remarks=(*remarks, *more),
        )


@dataclass(frozen=True, slots=True)
class _Party:
    """An issuer with one key, and what it says."""

    signer: Ed25519Signer
    at: datetime

    @property
    def method(self) -> str:
        return did_key.method_id(did_key.did_for(self.signer.public_key))

    @property
    def credential(self) -> JsonObject:
        return diagnosis_credential(str(did_key.did_for(self.signer.public_key)))

    def cases(self, suite: Cryptosuite) -> Iterator[Case]:
        """Return issuing and verifying with `suite`."""
        credential, method = self.credential, self.method
        policy = DataIntegrityPolicy(suites=AllowedSuites([suite]))

        def issue() -> JsonObject:
            return add_proof(
                credential,
                signer=self.signer,
                verification_method=method,
                purpose="assertionMethod",
                created=self.at,
                suite=suite,
            )

        text = json.dumps(issue())

        def verify() -> None:
            secured = strict_json.parse_object(text)
            dids = {need.did: did_key.resolve(need.did) for need in needs(secured)}
            verify_credential(secured, evidence=Evidence(dids=dids), policy=policy, at=self.at)

        yield Case(name=f"{suite.name}: issue", run=often(issue), reference=_SIGNATURE)
        yield Case(
            name=f"{suite.name}: verify",
            run=often(verify),
            reference=_VERIFICATION,
            lead=_LEADS.get(suite.name),
        )


def _raw_cases(signer: Ed25519Signer) -> Iterator[Case]:
    # The hash of the proof options, and that of the document.
    data = bytes(64)
    sign, check = raw_signer(signer), raw_verifier(signer)
    signature = sign(data)
    once: tuple[tuple[str, Callable[[], object]], ...] = (
        (_SIGNATURE, lambda: sign(data)),
        (_VERIFICATION, lambda: check(signature, data)),
    )
    for name, work in once:
        yield Case(name=name, run=often(work))
