"""What is refused, each for its own named reason, over HTTP by real processes.

A hostile wallet holds a real credential of an accredited clinic. Every refusal leaves the insurer
without a claim. What no wallet can bring about from outside is held by tests in memory, of which
`responses` is tests/unit/verifier/test_responses.py:

| Refused | Code | Where |
| --- | --- | --- |
| expired credential, or one that is not valid yet | expired, not_yet_valid | responses |
| status list that cannot be parsed | status_undetermined | responses |
| status list older than the policy allows | evidence_too_old | responses |
| checkpoint older than the policy allows | evidence_too_old | responses |
| issuer accredited for another type | not_accredited | responses |
| any flipped character of an answer | | tests/property/test_verifier_input.py |
| any flipped character of a grant | | tests/property/test_consent_integrity.py |
| any flipped byte of a log entry | | tests/property/test_log_entries.py |
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from consent_contracts.grant import Grant
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.purpose import Purpose
from consent_contracts.recipient import Recipient
from consentry.demo import synthetic
from consentry.demo.desks import Issuer, Verifier, text
from consentry.demo.stage import Stage
from consentry.demo.story import preferred
from registry.client import RegistryClient
from ssi_core.errors import ConsentError, NotFoundError, SsiError
from ssi_core.keys import P256Signer
from ssi_core.period import Period
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.protocol.openid4vp import AuthorizationRequest
from tests.support.hostile_wallet import Fields, HostileWallet

_HOUR = timedelta(hours=1)
_ALTERED = 80


@dataclass
class Attack:
    """One request of a verifier, and what the hostile wallet does about it."""

    stage: Stage
    wallet: HostileWallet
    verifier: Verifier
    id: str
    request: AuthorizationRequest

    def answer(self, **parts: Any) -> SsiError | None:
        """Send an answer with these parts; return the refusal, or nothing if it was taken."""
        return self.send(self.wallet.fields(self.request, **parts))

    def send(self, fields: Fields) -> SsiError | None:
        """Send a form; return the refusal, or nothing if it was taken."""
        answer = self.wallet.post(self.request, fields)
        return None if answer.ok else answer.problem()

    def grant(self, change: Callable[[Grant], Grant] = lambda same: same) -> str:
        """Return a grant that was changed before it was put into the log and signed."""
        secret = GrantSecret.generate()
        logged = self.wallet.record(change(self.wallet.terms(self.request)), secret)
        return self.wallet.sign(logged, secret, self.request)

    def refused(self, error: SsiError | None, code: str, *, state: str = "denied") -> SsiError:
        """Require that the refusal is `code` and that the verifier has nothing of it."""
        result = self.verifier.result(self.id)
        assert error is not None, "the answer was taken"
        assert error.code == code, error
        assert result["state"] == state
        assert result.get("claims") is None
        with pytest.raises(NotFoundError):
            self.verifier.use(self.id, "HPAYMT")
        return error


Ask = Callable[..., Attack]


def _holder(stage: Stage, clinic: Issuer) -> tuple[HostileWallet, str]:
    record, resources = clinic.register(synthetic.bundle(7))
    offer = clinic.offer(record, text(preferred(resources), "id"))
    registry = RegistryClient(stage.http, stage.process("registry").url)
    wallet = HostileWallet(stage.http, registry)
    wallet.accept(offer)
    return wallet, clinic.credentials_of(offer)[0]


@pytest.fixture(scope="module")
def holder(open_stage: Stage) -> tuple[HostileWallet, str]:
    """A hostile wallet, and what the clinic calls its credential."""
    return _holder(open_stage, open_stage.issuer("clinic"))


@pytest.fixture
def ask(open_stage: Stage, holder: tuple[HostileWallet, str]) -> Ask:
    """A way to let a verifier ask the hostile wallet."""

    def asked(who: str = "insurer", wallet: HostileWallet = holder[0], **overrides: Any) -> Attack:
        verifier = open_stage.verifier(who)
        request_id, uri = verifier.ask(f"{who}-diagnosis", **overrides)
        return Attack(open_stage, wallet, verifier, request_id, wallet.read(uri))

    return asked


def _refusals(error: SsiError) -> tuple[str, ...]:
    assert isinstance(error, ConsentError)
    return error.refusals


def test_what_is_right_in_every_part_is_taken(ask: Ask):
    attack = ask()

    error = attack.answer()

    assert error is None
    assert attack.verifier.result(attack.id)["state"] == "verified"
    assert attack.verifier.use(attack.id, "HPAYMT")["claims"]


def test_a_grant_for_another_purpose_is_refused(ask: Ask):
    attack = ask()
    other = attack.grant(lambda grant: replace(grant, purposes=frozenset({Purpose.HRESCH})))

    error = attack.answer(grant=other)

    assert "wrong_purpose" in _refusals(attack.refused(error, "consent_denied"))


def test_a_use_for_another_purpose_is_refused(ask: Ask):
    attack = ask()
    assert attack.answer() is None

    with pytest.raises(ConsentError) as denied:
        attack.verifier.use(attack.id, "HRESCH")

    assert denied.value.refusals == ("wrong_purpose",)


def test_a_grant_for_another_recipient_is_refused(ask: Ask, open_stage: Stage):
    attack = ask()
    somebody = type(open_stage.authority.did).parse(open_stage.verifier("researcher").did())
    other = attack.grant(lambda grant: replace(grant, recipient=Recipient(somebody)))

    error = attack.answer(grant=other)

    assert "wrong_recipient" in _refusals(attack.refused(error, "consent_denied"))


def test_the_insurers_answer_is_no_answer_for_the_researcher(ask: Ask):
    insurer, researcher = ask(), ask("researcher")
    fields = insurer.wallet.fields(insurer.request)
    assert insurer.send(fields) is None

    stolen = researcher.send({**fields, "state": str(researcher.request.state)})

    researcher.refused(stolen, "audience_rejected")


def test_the_insurers_grant_is_no_grant_for_the_researcher(ask: Ask):
    insurer, researcher = ask(), ask("researcher")
    secret = GrantSecret.generate()
    given = insurer.wallet.record(insurer.wallet.terms(insurer.request), secret)
    assert insurer.answer(grant=insurer.wallet.sign(given, secret, insurer.request)) is None

    error = researcher.answer(
        presented=researcher.wallet.present(researcher.request, claims=(("code",),)),
        grant=researcher.wallet.sign(given, secret, researcher.request),
    )

    assert "wrong_recipient" in _refusals(researcher.refused(error, "consent_denied"))


def test_claims_beyond_the_scope_of_the_grant_are_refused(ask: Ask):
    attack = ask()
    more = (*attack.wallet.asked(attack.request), ("family_name",))

    error = attack.answer(presented=attack.wallet.present(attack.request, claims=more))

    assert _refusals(attack.refused(error, "consent_denied")) == ("beyond_scope",)


def test_a_grant_is_refused_before_its_period(ask: Ask):
    attack = ask()

    def later(grant: Grant) -> Grant:
        return replace(grant, period=Period(attack.wallet.now() + _HOUR, grant.period.end))

    error = attack.answer(grant=attack.grant(later))

    attack.refused(error, "not_yet_valid")


def test_a_grant_is_refused_after_its_period(ask: Ask):
    attack = ask(period=1)
    fields = attack.wallet.fields(attack.request)
    time.sleep(2)

    error = attack.send(fields)

    assert _refusals(attack.refused(error, "consent_denied")) == ("expired",)


def test_a_withdrawn_grant_is_refused_though_nobody_told_the_recipient(ask: Ask):
    attack, secret = ask(), GrantSecret.generate()
    logged = attack.wallet.record(attack.wallet.terms(attack.request), secret)
    signed = attack.wallet.sign(logged, secret, attack.request)
    attack.wallet.withdraw(logged, secret)

    error = attack.answer(grant=signed)

    assert _refusals(attack.refused(error, "consent_denied")) == ("withdrawn",)


def test_a_grant_that_the_log_does_not_contain_is_refused(ask: Ask):
    attack, secret = ask(), GrantSecret.generate()
    unlogged = attack.wallet.record(attack.wallet.terms(attack.request), secret, logged=False)

    error = attack.answer(grant=attack.wallet.sign(unlogged, secret, attack.request))

    attack.refused(error, "grant_not_in_log")


def test_a_grant_that_says_more_than_the_log_commits_to_is_refused(ask: Ask):
    attack, secret = ask(), GrantSecret.generate()
    terms = attack.wallet.terms(attack.request)
    logged = attack.wallet.record(replace(terms, purposes=frozenset({Purpose.HRESCH})), secret)
    changed = replace(terms, id=logged.id)

    error = attack.answer(grant=attack.wallet.sign(changed, secret, attack.request))

    attack.refused(error, "log_proof_rejected")


def test_a_presentation_is_taken_once(ask: Ask):
    attack = ask()
    fields = attack.wallet.fields(attack.request)
    assert attack.send(fields) is None

    again = attack.send(fields)

    assert again is not None
    assert again.code == "replay_rejected"
    assert attack.verifier.result(attack.id)["state"] == "verified"


def test_an_earlier_presentation_does_not_answer_a_later_request(ask: Ask):
    earlier, later = ask(), ask()
    fields = earlier.wallet.fields(earlier.request)
    assert earlier.send(fields) is None

    replayed = later.send({**fields, "state": str(later.request.state)})

    later.refused(replayed, "nonce_rejected")


def _with_another(shown: SdJwt) -> SdJwt:
    invented = Disclosure.make("insured", value=True, salt=bytes(16))
    return replace(shown, disclosures=(*shown.disclosures, invented))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nonce": "another-nonce"}, "nonce_rejected"),
        ({"audience": "decentralized_identifier:did:web:else.example"}, "audience_rejected"),
        ({"signer": P256Signer.generate()}, "holder_binding_rejected"),
        ({"alter": _with_another}, "disclosure_rejected"),
        ({"alter": lambda shown: replace(shown, disclosures=())}, "query_not_satisfied"),
        ({"claims": (("code",),)}, None),
        ({"claims": (("gender",),)}, "query_not_satisfied"),
    ],
    ids=["nonce", "audience", "key", "disclosure", "nothing shown", "least", "something else"],
)
def test_a_presentation_for_something_else_is_refused(
    ask: Ask, changes: dict[str, Any], code: str | None
):
    attack = ask()

    error = attack.answer(presented=attack.wallet.present(attack.request, **changes))

    if code is None:
        assert error is None
    else:
        attack.refused(error, code)


def test_no_altered_byte_is_accepted(ask: Ask):
    chance = Random(1)  # noqa: S311 - the same bytes each time
    attack = ask()
    fields = attack.wallet.fields(attack.request)
    codes = []

    for _ in range(_ALTERED):
        place = chance.randrange(len(fields["vp_token"]))
        altered = bytearray(fields["vp_token"].encode())
        altered[place] ^= 1 << chance.randrange(7)
        error = attack.send({**fields, "vp_token": altered.decode()})
        assert error is not None, place
        codes.append(error.code)
        if attack.verifier.result(attack.id)["state"] == "denied":
            attack = ask()
            fields = attack.wallet.fields(attack.request)

    # Whichever part it hit, it is never called what only an issuer may call a credential.
    assert "malformed" in codes
    assert "proof_rejected" in codes
    assert not {"internal", "conflict", "credential_revoked", "credential_suspended"} & set(codes)
    assert attack.answer() is None, "what was not altered is still accepted"


@pytest.fixture
def another(open_stage: Stage) -> tuple[HostileWallet, str]:
    """A holder whose credential this test may have suspended or revoked."""
    return _holder(open_stage, open_stage.issuer("clinic"))


def test_a_suspended_credential_is_refused_until_it_is_reinstated(
    ask: Ask, open_stage: Stage, another: tuple[HostileWallet, str]
):
    wallet, credential = another
    clinic = open_stage.issuer("clinic").desk
    clinic.post(f"/admin/credentials/{credential}/suspend", {})
    suspended = ask(wallet=wallet)

    error = suspended.answer()

    suspended.refused(error, "credential_suspended")
    clinic.post(f"/admin/credentials/{credential}/reinstate", {})
    assert ask(wallet=wallet).answer() is None


def test_a_revoked_credential_is_refused_for_good(
    ask: Ask, open_stage: Stage, another: tuple[HostileWallet, str]
):
    wallet, credential = another
    open_stage.issuer("clinic").revoke(credential)
    revoked = ask(wallet=wallet)

    error = revoked.answer()

    revoked.refused(error, "credential_revoked")
    with pytest.raises(SsiError):
        open_stage.issuer("clinic").desk.post(f"/admin/credentials/{credential}/reinstate", {})


def test_a_status_list_that_cannot_be_fetched_is_neither_yes_nor_no(ask: Ask, open_stage: Stage):
    attack = ask()
    fields = attack.wallet.fields(attack.request)
    open_stage.process("clinic").stop()
    try:
        unknown = attack.send(fields)
        attack.refused(unknown, "status_undetermined", state="fetched")
    finally:
        open_stage.process("clinic").start()

    assert attack.send(fields) is None
    assert attack.verifier.result(attack.id)["state"] == "verified"


@pytest.fixture(scope="module")
def stranger(open_stage: Stage) -> Iterator[HostileWallet]:
    """A holder of what a clinic issued that nobody accredited."""
    yield _holder(open_stage, open_stage.add_unaccredited_clinic())[0]
    open_stage.process("pop-up").stop()


def test_what_a_clinic_issued_that_nobody_accredited_is_refused(ask: Ask, stranger: HostileWallet):
    attack = ask(wallet=stranger)

    error = attack.answer()

    attack.refused(error, "not_accredited")


def test_a_log_out_of_reach_is_neither_yes_nor_no(ask: Ask, open_stage: Stage):
    attack = ask()
    fields = attack.wallet.fields(attack.request)
    open_stage.process("registry").stop()
    try:
        unknown = attack.send(fields)
        attack.refused(unknown, "unavailable", state="fetched")
    finally:
        open_stage.process("registry").start()

    assert attack.send(fields) is None
