from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from ssi_core import jws
from ssi_core.adapters.clock import FixedClock
from ssi_core.credential.sd_jwt_vc import SdJwtVc
from ssi_core.did.resolver import CollectedDocuments
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AlgorithmError,
    DisclosureError,
    ExpiredError,
    HolderBindingError,
    MalformedError,
    ProofError,
    QueryError,
    RejectedError,
    RevokedError,
    SsiError,
    TrustError,
    UnavailableError,
)
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey, P256Signer
from ssi_core.proof.disclosure import Disclosure
from ssi_core.proof.sd_jwt import SdJwt
from ssi_core.protocol.openid4vci import CredentialOfferReference
from ssi_core.sealing import PassphraseHardness
from ssi_core.status.token import Status
from tests.simulator.certificates import certify
from tests.simulator.credentials import NOON
from tests.support.simulated_http import SimulatedHttp
from tests.support.simulated_issuer import ISSUER, SimulatedEvidence, SimulatedIssuer
from wallet import history
from wallet.acceptance import Acceptance
from wallet.adapters.memory import MemoryVaultStore
from wallet.credential import COPY, copies_of, held_credentials
from wallet.envelope import Passphrase
from wallet.history import Step
from wallet.issuance import KIND
from wallet.ports import Outside
from wallet.trust import keep_trust, load_trust
from wallet.vault import Vault

NOW: Final = datetime(2026, 11, 21, 10, tzinfo=UTC)


class Scene:
    """A wallet, an issuer, and the network between them."""

    def __init__(self) -> None:
        soft = PassphraseHardness(memory_kib=64, iterations=1, lanes=1)
        self.clock = FixedClock(NOW)
        self.issuer = SimulatedIssuer(self.clock)
        self.http = SimulatedHttp({ISSUER: self.issuer.serve})
        self.evidence = SimulatedEvidence(self.issuer)
        self.store = MemoryVaultStore()
        self.vault = Vault.create(self.store, Passphrase("p"), hardness=soft)
        outside = Outside(
            http=self.http,
            clock=self.clock,
            resolver=CollectedDocuments(),
            evidence=self.evidence,
        )
        self.acceptance = Acceptance(self.vault, outside)

    def steps(self) -> list[Step]:
        return [event.step for event in history.read(self.vault)]

    def is_clean(self) -> bool:
        """Nothing is left of an issuance that failed: no journal, no key, no credential."""
        return not any(self.store.find(kind) for kind in (KIND, COPY, "credential"))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_an_offer_becomes_a_credential_in_three_copies(scene: Scene):
    (credential,) = scene.acceptance.accept(scene.issuer.offer())

    assert (credential.title, credential.issuer_name) == ("Diagnosis", "Clinic")
    assert credential.vct == "urn:consentry:diagnosis:1"
    assert credential.issuer == str(scene.issuer.did)
    assert {label.text for label in credential.labels} == {"Given name", "Code", "Since"}
    assert len(copies_of(scene.vault, credential.id)) == 3


def test_every_copy_is_bound_to_a_key_of_its_own(scene: Scene):
    (credential,) = scene.acceptance.accept(scene.issuer.offer())

    copies = copies_of(scene.vault, credential.id)

    assert len({copy.key.public_key for copy in copies}) == 3
    for copy in copies:
        assert SdJwtVc.parse(copy.text).holder_jwk == copy.key.public_key.jwk


def test_an_issuer_without_batches_gives_one_copy(scene: Scene):
    scene.issuer.batch_size = None

    (credential,) = scene.acceptance.accept(scene.issuer.offer())

    assert len(copies_of(scene.vault, credential.id)) == 1


def test_an_issuer_that_gives_two_at_a_time_gives_two(scene: Scene):
    scene.issuer.batch_size = 2

    (credential,) = scene.acceptance.accept(scene.issuer.offer())

    assert len(copies_of(scene.vault, credential.id)) == 2


def test_an_offer_by_reference_is_fetched(scene: Scene):
    scene.issuer.offer()

    (credential,) = scene.acceptance.accept(CredentialOfferReference(f"{ISSUER}/offer").uri())

    assert credential.title == "Diagnosis"


def test_an_issuer_that_takes_only_ed25519_gets_ed25519(scene: Scene):
    scene.issuer.algorithms = ["EdDSA"]

    (credential,) = scene.acceptance.accept(scene.issuer.offer())

    keys = [copy.key.public_key for copy in copies_of(scene.vault, credential.id)]
    assert all(isinstance(key, Ed25519PublicKey) for key in keys)


def test_the_issuer_is_told_and_the_journal_is_gone(scene: Scene):
    scene.acceptance.accept(scene.issuer.offer())

    assert scene.issuer.notified == [("n-1", "credential_accepted")]
    assert scene.store.find(KIND) == ()
    assert scene.steps() == [Step.OFFER_ACCEPTED, Step.CREDENTIAL_KEPT]


def test_an_offer_says_what_it_is_before_it_is_accepted(scene: Scene):
    view = scene.acceptance.view(scene.issuer.offer(tx_code="4711"))

    assert (view.issuer_name, view.credential_issuer) == ("Clinic", ISSUER)
    assert view.titles == ("Diagnosis",)
    assert view.tx_code is not None
    assert view.tx_code.length == 4
    assert scene.is_clean()


def test_the_transaction_code_is_sent(scene: Scene):
    assert len(scene.acceptance.accept(scene.issuer.offer(tx_code="4711"), "4711")) == 1


def test_without_its_transaction_code_nothing_is_sent(scene: Scene):
    with pytest.raises(MalformedError, match="tx_code"):
        scene.acceptance.accept(scene.issuer.offer(tx_code="4711"))

    assert scene.http.paths() == []
    assert scene.is_clean()


def test_a_wrong_transaction_code_is_refused_and_the_right_one_still_works(scene: Scene):
    uri = scene.issuer.offer(tx_code="4711")

    with pytest.raises(RejectedError, match="invalid_grant") as refusal:
        scene.acceptance.accept(uri, "0000")

    assert type(refusal.value) is RejectedError
    assert scene.is_clean()
    assert len(scene.acceptance.accept(uri, "4711")) == 1


def test_an_offer_that_was_used_is_refused(scene: Scene):
    uri = scene.issuer.offer()
    scene.acceptance.accept(uri)

    with pytest.raises(RejectedError):
        scene.acceptance.accept(uri)

    assert len(held_credentials(scene.vault)) == 1


def another_signature(text: str) -> str:
    """Return the same credential, signed by a key that is not the issuer's."""
    sd_jwt = SdJwt.parse(text)
    parsed = jws.parse(sd_jwt.jws_text)
    forged = jws.sign(parsed.header, parsed.payload, signer=P256Signer.generate())
    return str(replace(sd_jwt, jws_text=forged))


def another_algorithm(text: str) -> str:
    head, _, rest = text.partition(".")
    del head
    none = base64url_encode(b'{"alg":"none","typ":"dc+sd-jwt"}')
    return f"{none}.{rest}"


def one_disclosure_more(text: str) -> str:
    return text + Disclosure.make("x", 1, salt=bytes(16)).text + "~"


@pytest.mark.parametrize(
    ("alteration", "refusal"),
    [
        (another_signature, ProofError),
        (another_algorithm, AlgorithmError),
        (one_disclosure_more, DisclosureError),
        pytest.param(lambda text: text + "a.b.c", MalformedError, id="key-binding"),
        pytest.param(lambda _text: "nonsense", MalformedError, id="nonsense"),
    ],
)
def test_what_does_not_hold_is_not_kept(scene: Scene, alteration, refusal: type[SsiError]):
    scene.issuer.alter = alteration

    with pytest.raises(refusal):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.is_clean()
    assert scene.issuer.notified == [("n-1", "credential_failure")]
    assert Step.CREDENTIAL_REFUSED in scene.steps()


def test_a_wallet_that_knows_no_authority_takes_the_certificate_of_the_offers_issuer(
    scene: Scene,
):
    scene.clock.set(NOON)
    scene.issuer.certified = certify("clinic.example")

    (credential,) = scene.acceptance.accept(scene.issuer.offer())

    assert credential.issuer == ISSUER


@pytest.mark.parametrize("host", ["other.example", "example"])
def test_a_certificate_for_another_host_speaks_for_nobody(scene: Scene, host: str):
    scene.clock.set(NOON)
    scene.issuer.certified = certify(host)

    with pytest.raises(TrustError):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.is_clean()


def test_a_wallet_that_knows_authorities_takes_only_their_certificates(scene: Scene):
    scene.clock.set(NOON)
    scene.issuer.certified = certify("clinic.example")
    trust = replace(load_trust(scene.vault), certificates=(certify("authority.example").der,))
    scene.vault.apply(keep_trust(scene.vault, trust))

    with pytest.raises(TrustError):
        scene.acceptance.accept(scene.issuer.offer())


def test_a_copy_bound_to_another_key_is_not_kept(scene: Scene):
    stranger = P256Signer.generate()
    scene.issuer.holder_key = lambda _jwk: stranger.public_key.jwk

    with pytest.raises(HolderBindingError):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.is_clean()


def test_two_copies_bound_to_one_key_are_not_kept(scene: Scene):
    scene.issuer.holder_key = lambda _jwk: scene.issuer.bound[0]

    with pytest.raises(HolderBindingError):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.is_clean()


def test_copies_that_differ_in_a_claim_are_not_kept(scene: Scene):
    scene.issuer.lie_about = lambda index, claims: (
        {**claims, "onset": "2020-01-01"} if index == 1 else claims
    )

    with pytest.raises(RejectedError, match="differ"):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.is_clean()


def test_another_type_than_announced_is_not_kept(scene: Scene):
    uri = scene.issuer.offer()
    scene.issuer.issued_vct = "urn:example:other"

    with pytest.raises(QueryError):
        scene.acceptance.accept(uri)

    assert scene.is_clean()


def test_an_expired_credential_is_not_kept(scene: Scene):
    scene.issuer.issued_at = NOW - timedelta(days=400)

    with pytest.raises(ExpiredError):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.is_clean()


def test_a_credential_that_is_revoked_already_is_not_kept(scene: Scene):
    scene.issuer.set_status(Status.INVALID)

    with pytest.raises(RevokedError):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.is_clean()


def test_a_grant_cannot_be_issued_by_another(scene: Scene):
    scene.issuer.vct = "urn:consentry:consent-grant:1"

    with pytest.raises(RejectedError):
        scene.acceptance.accept(scene.issuer.offer())

    assert scene.http.paths() == []


_LINKED_DATA: Final[JsonObject] = {
    "diagnosis_ldp_vc": {
        "format": "ldp_vc",
        "credential_definition": {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential", "DiagnosisCredential"],
        },
        "credential_metadata": {"display": [{"name": "Linked diagnosis"}]},
    }
}


@pytest.mark.spec("OpenID4VCI 1.0", "4.1.1")
def test_of_an_offer_in_several_formats_the_wallet_takes_the_one_it_knows(scene: Scene):
    scene.issuer.other_configurations = _LINKED_DATA
    scene.issuer.also_offered = ("diagnosis_ldp_vc",)
    uri = scene.issuer.offer()

    assert scene.acceptance.view(uri).titles == ("Diagnosis",)
    (credential,) = scene.acceptance.accept(uri)

    assert credential.vct == "urn:consentry:diagnosis:1"
    assert scene.http.paths().count("/credential") == 1


def test_an_offer_in_an_unknown_format_only_is_refused_with_a_plain_reason(scene: Scene):
    scene.issuer.other_configurations = _LINKED_DATA
    scene.issuer.offer()
    names = list(_LINKED_DATA)
    scene.issuer.offered = {**scene.issuer.offered, "credential_configuration_ids": names}
    uri = CredentialOfferReference(f"{ISSUER}/offer").uri()

    for take in (scene.acceptance.view, scene.acceptance.accept):
        with pytest.raises(RejectedError, match="the wallet keeps SD-JWT VC only"):
            take(uri)

    assert "/token" not in scene.http.paths()
    assert scene.is_clean()


def test_an_offer_of_more_than_anyone_needs_is_refused(scene: Scene):
    scene.issuer.offer()
    names = [f"kind-{index}" for index in range(1000)]
    scene.issuer.offered = {**scene.issuer.offered, "credential_configuration_ids": names}

    with pytest.raises(MalformedError):
        scene.acceptance.accept(CredentialOfferReference(f"{ISSUER}/offer").uri())

    assert scene.is_clean()


def test_while_the_status_cannot_be_found_out_nothing_is_held_and_nothing_lost(scene: Scene):
    scene.issuer.set_status(Status.VALID)
    scene.evidence.status_list_is_down = True

    with pytest.raises(UnavailableError):
        scene.acceptance.accept(scene.issuer.offer())
    assert held_credentials(scene.vault) == ()
    assert scene.acceptance.resume() == ()

    scene.evidence.status_list_is_down = False
    (credential,) = scene.acceptance.resume()

    assert held_credentials(scene.vault) == (credential,)
    assert scene.http.paths().count("/credential") == 1


@pytest.mark.parametrize("path", ["/token", "/nonce", "/credential"])
def test_an_issuer_that_was_cut_off_is_asked_again_by_resume(scene: Scene, path: str):
    scene.http.cut = {path}
    with pytest.raises(UnavailableError):
        scene.acceptance.accept(scene.issuer.offer())

    scene.http.cut = set()
    (credential,) = scene.acceptance.resume()

    assert len(copies_of(scene.vault, credential.id)) == 3
    assert scene.store.find(KIND) == ()


def test_an_offer_that_was_cut_off_can_be_accepted_again(scene: Scene):
    uri = scene.issuer.offer()
    scene.http.cut = {"/credential"}
    with pytest.raises(UnavailableError):
        scene.acceptance.accept(uri)

    scene.http.cut = set()

    assert len(scene.acceptance.accept(uri)) == 1


def test_a_lost_credential_answer_is_asked_for_again_with_the_same_keys(scene: Scene):
    scene.http.lost = {"/credential"}
    with pytest.raises(UnavailableError):
        scene.acceptance.accept(scene.issuer.offer())
    first = scene.issuer.bound

    scene.http.lost = set()
    scene.acceptance.resume()

    assert scene.issuer.bound == first


def test_a_code_whose_token_was_lost_is_cleaned_up(scene: Scene):
    scene.http.lost = {"/token"}
    with pytest.raises(UnavailableError):
        scene.acceptance.accept(scene.issuer.offer())

    scene.http.lost = set()
    assert scene.acceptance.resume() == ()

    assert scene.is_clean()
    assert scene.steps()[-1] is Step.OFFER_FAILED


def test_a_notification_that_was_cut_off_is_sent_later(scene: Scene):
    scene.http.cut = {"/notification"}
    (credential,) = scene.acceptance.accept(scene.issuer.offer())
    assert held_credentials(scene.vault) == (credential,)
    assert scene.issuer.notified == []

    scene.http.cut = set()
    scene.acceptance.resume()

    assert scene.issuer.notified == [("n-1", "credential_accepted")]
    assert held_credentials(scene.vault) == (credential,)
    assert scene.store.find(KIND) == ()


def test_a_nonce_that_is_no_longer_known_is_asked_for_once_more(scene: Scene):
    forgetful = scene.issuer.serve
    forgotten: list[set[str]] = []

    def serve(request):
        if request.url.endswith("/credential") and not forgotten:
            forgotten.append(scene.issuer.nonces.copy())
            scene.issuer.nonces.clear()
        return forgetful(request)

    scene.http.servers[ISSUER] = serve

    assert len(scene.acceptance.accept(scene.issuer.offer())) == 1
    assert scene.http.paths().count("/nonce") == 2
