"""Issue, present and verify a 20-claim SD-JWT VC with key binding."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from consentry.bench.measure import Case, Lead, Pace, Subject, often
from consentry.bench.peers import peer_cases
from consentry.bench.raw import raw_signer, raw_verifier
from consentry.bench.sample import ALL, EXPECTED, FEW, VCT, Parties
from ssi_core import jws
from ssi_core.adapters.clock import SystemClock
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.status.token import StatusList, StatusReference, issue_token
from ssi_core.verification import Evidence, VerificationPolicy, needs, verify

_AIM: Final = 3_500.0
# The fastest of the Python libraries that verify the same presentation.
_LEAD: Final = Lead(1.25, "openvc-core: verify")
_LIST_URI: Final = "https://clinic.example/status-lists/1"
_LIST_LENGTH: Final = 131_072
_WEEK: Final = timedelta(days=7)
_TEXT: Final = """\
20 claims, each selectively disclosable. *Present* parses the stored credential, selects, and signs
a key binding JWT. *Verify* is what a verifier does with the text it received: parse it, list what
is needed, take that from evidence already collected, and decide in nine steps, key binding
included. The reference is what cannot be saved: the same signatures over the same bytes, made or
checked by `cryptography` alone; two of them in a presentation."""


@contextmanager
def es256(_pace: Pace) -> Iterator[Subject]:
    """Prepare the subject for ES256."""
    yield _subject("ES256")


@contextmanager
def eddsa(_pace: Pace) -> Iterator[Subject]:
    """Prepare the subject for EdDSA (Ed25519)."""
    yield _subject("EdDSA")


def _subject(algorithm: str) -> Subject:
    parties = Parties.of(algorithm, at=SystemClock().now().replace(microsecond=0))
    credential = parties.issue()
    whole, few = parties.present(credential, ALL), parties.present(credential, FEW)
    listed, evidence = _with_status(parties)
    peers, remarks = peer_cases(parties, credential, whole)
    return Subject(
        title=f"SD-JWT VC with key binding, {algorithm}",
        text=_TEXT,
        cases=(
            Case(name="issue", run=often(parties.issue), reference="one raw signature"),
            Case(
                name="present 20 of 20 claims",
                run=often(lambda: parties.present(credential, ALL)),
                reference="one raw signature",
            ),
            Case(
                name="present 3 of 20 claims",
                run=often(lambda: parties.present(credential, FEW)),
                reference="one raw signature",
            ),
            _verify_case("verify 20 of 20 claims", whole, parties, evidence, aim=_AIM, lead=_LEAD),
            _verify_case("verify 3 of 20 claims", few, parties, evidence),
            _verify_case("verify 20 of 20 claims and a status list", listed, parties, evidence),
            *_raw_cases(parties, whole),
            *peers,
        ),
        remarks=tuple(remarks),
    )


def _verify_case(
    name: str,
    presented: str,
    parties: Parties,
    evidence: Evidence,
    *,
    aim: float | None = None,
    lead: Lead | None = None,
) -> Case:
    policy = VerificationPolicy(
        algorithms=frozenset({"ES256", "EdDSA"}),
        vcts=frozenset({VCT}),
        require_status=False,
    )

    def once() -> None:
        parsed = SdJwtVc.parse(presented)
        needs(parsed, policy=policy)
        verify(parsed, evidence=evidence, policy=policy, expected=EXPECTED, at=parties.at)

    return Case(name=name, run=often(once), reference="two raw verifications", aim=aim, lead=lead)


def _with_status(parties: Parties) -> tuple[str, Evidence]:
    reference = StatusReference(_LIST_URI, 4711)
    token = issue_token(
        StatusList.new(_LIST_LENGTH, 2),
        uri=_LIST_URI,
        issuer=parties.did,
        signer=parties.issuer,
        key_id=parties.key_id,
        issued_at=parties.at,
        expires_at=parties.at + _WEEK,
        ttl=_WEEK,
    )
    did = Did.parse(parties.did)
    evidence = Evidence(dids={did: did_key.resolve(did)}, status_lists={_LIST_URI: token})
    return parties.present(parties.issue(status=reference), ALL), evidence


def _raw_cases(parties: Parties, presented: str) -> tuple[Case, ...]:
    sd_jwt = SdJwt.parse(presented)
    issued = jws.parse(sd_jwt.jws_text).signing_input
    bound = jws.parse(sd_jwt.key_binding or "").signing_input
    sign_issued, sign_bound = raw_signer(parties.issuer), raw_signer(parties.holder)
    check_issued, check_bound = raw_verifier(parties.issuer), raw_verifier(parties.holder)
    issued_signature, bound_signature = sign_issued(issued), sign_bound(bound)

    def check_both() -> None:
        check_issued(issued_signature, issued)
        check_bound(bound_signature, bound)

    return (
        Case(name="one raw signature", run=often(lambda: sign_issued(issued))),
        Case(name="two raw verifications", run=often(check_both)),
    )
