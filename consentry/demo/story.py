"""The story: a diagnosis issued, shared under consent, used, withdrawn, and everything denied."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from consentry.demo.desks import Offer, Wallet, objects, text
from consentry.demo.narrator import Narrator
from consentry.demo.stage import Stage
from ssi_core import strict_json
from ssi_core.errors import NotFoundError
from ssi_core.json_types import JsonObject

_WRONG_CODE: Final = "000000"
_ASKED: Final = 3
_SHORT_PERIOD_SECONDS: Final = 4
# Which credential the story is told with, if the bundle has it: the first that is there.
_PREFERRED: Final = ("diagnosis", "laboratory_result", "immunization")


@final
@dataclass(slots=True)
class Patient:
    """What has happened to one patient so far."""

    name: str
    bundle: bytes
    wallet: Wallet
    kind: str = ""
    claims: int = 0
    credential: str = ""
    insurer_request: str = ""
    insurer_grant: str = ""
    research_request: str = ""


@final
class Story:
    """Plays the acts on an open stage, saying each step to the narrator."""

    def __init__(self, stage: Stage, tale: Narrator) -> None:
        self._stage = stage
        self._tale = tale

    def set_the_stage(self) -> None:
        """Start everybody, and let the authority say who may do what."""
        tale, stage = self._tale, self._stage
        tale.act("The stage")
        tale.step("the registry keeps a public log", stage.open_registry)
        tale.step("a health authority is the root of trust", stage.open_authority)
        tale.step("clinic, insurer and researcher open their desks", stage.open_desks)
        tale.step("the authority accredits them, in the log", stage.accredit)

    def enter(self, name: str, bundle: bytes) -> "Patient":
        """Let a patient enter, with an empty wallet."""
        wallet = self._tale.step("a patient opens a wallet", lambda: self._stage.add_wallet(name))
        return Patient(name, bundle, wallet)

    def play(self, patient: Patient) -> None:
        """Play what concerns one patient, from the bundle to the withdrawal."""
        self.issue(patient)
        self.share_with_the_insurer(patient)
        self.answer_the_researcher(patient)
        self.deny(patient)
        self.withdraw(patient)

    def issue(self, patient: Patient) -> None:
        """Let the clinic turn a FHIR bundle into a credential, and the wallet accept it."""
        tale, clinic = self._tale, self._stage.issuer("clinic")
        tale.act("The clinic issues")
        record, resources = tale.step(
            "a FHIR bundle becomes a record at the clinic", lambda: clinic.register(patient.bundle)
        )
        resource = tale.step("there is something in it to certify", lambda: preferred(resources))
        patient.kind = text(resource, "configuration")
        offer = tale.step(
            f"the clinic offers a {_words(patient.kind)} credential",
            lambda: clinic.offer(record, text(resource, "id")),
        )
        tale.refused(
            "without the code that the clinic gave by hand, nothing is issued",
            "rejected",
            lambda: patient.wallet.accept(offer, _another(offer)),
        )
        accepted = tale.step(
            "the wallet accepts the offer (OpenID4VCI 1.0)",
            lambda: patient.wallet.accept(offer, offer.tx_code),
        )
        for held in objects(accepted, "credentials"):
            patient.claims = strict_json.as_integer(held.get("claims"), at="/claims")
            tale.note(f"holds {text(held, 'vct')} with {patient.claims} claims")
        patient.credential = tale.step(
            "the clinic knows which credential it may have to revoke",
            lambda: clinic.credentials_of(offer)[0],
        )

    def share_with_the_insurer(self, patient: Patient) -> None:
        """Let the insurer ask for three claims; the patient reads why, and consents."""
        tale, insurer = self._tale, self._stage.verifier("insurer")
        tale.act("The insurer asks for payment, the patient consents")
        patient.insurer_request, uri = tale.step(
            "the insurer asks for three claims (OpenID4VP 1.0, DCQL)",
            lambda: insurer.ask(f"insurer-{patient.kind}"),
        )
        question = tale.step(
            "the wallet says who asks, why, until when and for what",
            lambda: patient.wallet.question(uri),
        )
        for line in text(question, "text").splitlines():
            tale.note(line)
        shared = tale.step(
            "the patient consents: a grant with a key of its own enters the log, then travels",
            lambda: patient.wallet.consent(question),
        )
        patient.insurer_grant = text(shared, "grant")
        result = insurer.result(patient.insurer_request)
        tale.holds("the insurer has verified it", true=result.get("state") == "verified")
        for credential, checks in _by_credential(objects(result, "checks")).items():
            tale.note(f"{credential}: {', '.join(checks)}")
        claims = strict_json.as_object(result.get("claims"), at="/claims")
        seen = strict_json.as_object(claims.get(patient.kind), at="/claims")
        tale.holds(
            f"of {patient.claims} claims the insurer sees {', '.join(sorted(seen))}",
            true=0 < len(seen) <= min(_ASKED, patient.claims),
        )
        same = shared.get("receipt") == result.get("receipt") and bool(result.get("receipt"))
        tale.holds("patient and insurer hold the same signed receipt", true=same)
        tale.step(
            "the insurer uses the data for payment",
            lambda: insurer.use(patient.insurer_request, "HPAYMT"),
        )

    def answer_the_researcher(self, patient: Patient) -> None:
        """Let a researcher ask for another purpose, and get another answer."""
        tale, researcher = self._tale, self._stage.verifier("researcher")
        tale.act("A researcher asks, and gets another answer")
        patient.research_request, uri = tale.step(
            "the researcher asks for more, for research",
            lambda: researcher.ask(f"researcher-{patient.kind}"),
        )
        question = patient.wallet.question(uri)
        options = objects(question, "options")
        tale.step(
            "the patient gives the least that was asked, for a week",
            lambda: patient.wallet.consent(question, option=len(options) - 1, days=7),
        )
        result = researcher.result(patient.research_request)
        claims = strict_json.as_object(result.get("claims"), at="/claims")
        seen = strict_json.as_object(claims.get(patient.kind), at="/claims")
        tale.holds(f"the researcher sees {', '.join(seen)} only", true=len(seen) == 1)
        _request, uri = researcher.ask(f"researcher-{patient.kind}")
        tale.step(
            "asked again, the patient refuses, and the researcher is told just that",
            lambda: patient.wallet.refuse(patient.wallet.question(uri)),
        )
        state = researcher.result(_request).get("state")
        tale.holds("a refusal leaves nothing behind", true=state == "refused", instead=f"{state}")

    def deny(self, patient: Patient) -> None:
        """Try what no grant covers: it is denied, each for its own reason."""
        tale, stage = self._tale, self._stage
        insurer, researcher = stage.verifier("insurer"), stage.verifier("researcher")
        tale.act("What was not agreed is denied")
        tale.refused(
            "the insurer may not use it for research",
            "wrong_purpose",
            lambda: insurer.use(patient.insurer_request, "HRESCH"),
        )
        tale.refused(
            "the researcher may not use it for payment",
            "wrong_purpose",
            lambda: researcher.use(patient.research_request, "HPAYMT"),
        )
        tale.refused(
            "a code for a purpose that nobody knows is no purpose",
            "malformed",
            lambda: insurer.use(patient.insurer_request, "BECAUSE"),
        )

    def expire(self, patient: Patient) -> None:
        """Give a grant that lasts a few seconds, and wait."""
        tale, insurer = self._tale, self._stage.verifier("insurer")
        tale.act("Time passes")
        request, uri = insurer.ask(f"insurer-{patient.kind}", period=_SHORT_PERIOD_SECONDS)
        asked_at = time.monotonic()
        tale.step(
            f"a grant for {_SHORT_PERIOD_SECONDS} seconds works while it lasts",
            lambda: (
                patient.wallet.consent(patient.wallet.question(uri)),
                insurer.use(request, "HPAYMT"),
            ),
        )
        time.sleep(max(0.0, asked_at + _SHORT_PERIOD_SECONDS + 1 - time.monotonic()))
        tale.refused("and time alone ends it", "expired", lambda: insurer.use(request, "HPAYMT"))

    def withdraw(self, patient: Patient) -> None:
        """Let the patient take the insurer's grant back, and the insurer acknowledge it."""
        tale, insurer = self._tale, self._stage.verifier("insurer")
        tale.act("The patient withdraws")
        began = time.perf_counter()
        tale.step(
            "the withdrawal is in the log, and the insurer was told",
            lambda: patient.wallet.withdraw(patient.insurer_grant),
        )
        tale.refused(
            "the next use is denied",
            "withdrawn",
            lambda: insurer.use(patient.insurer_request, "HPAYMT"),
        )
        tale.note(f"from withdrawal to denial: {1000 * (time.perf_counter() - began):.0f} ms")
        grant = _grant(patient.wallet, patient.insurer_grant)
        tale.holds(
            "the wallet shows the insurer's signed acknowledgement",
            true=grant.get("state") == "withdrawn" and bool(grant.get("acknowledged_at")),
        )


def preferred(resources: Sequence[JsonObject]) -> JsonObject:
    """Return the resource that the story is told with; raise `NotFoundError` if there is none."""
    if not resources:
        raise NotFoundError("nothing in this bundle can be made a credential")
    ranked = sorted(resources, key=lambda item: _PREFERRED.index(text(item, "configuration")))
    return ranked[0]


def _another(offer: Offer) -> str:
    return _WRONG_CODE if offer.tx_code != _WRONG_CODE else "111111"


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _by_credential(checks: Sequence[JsonObject]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for check in checks:
        credential = str(check.get("credential", "all of it"))
        mark = "" if check.get("outcome") == "passed" else f" {check.get('outcome')}"
        grouped.setdefault(credential, []).append(text(check, "name") + mark)
    return grouped


def _grant(wallet: Wallet, grant: str) -> JsonObject:
    return next(item for item in wallet.grants() if item.get("grant") == grant)
