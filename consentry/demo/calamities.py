"""What happens around the story: strangers, power cuts, cut networks, revocation."""

from collections.abc import Sequence
from typing import Final, final

from consentry.demo.desks import Issuer, Wallet, text
from consentry.demo.narrator import Narrator
from consentry.demo.secrecy import told_by_log
from consentry.demo.stage import Stage
from consentry.demo.story import Patient, preferred

_KILLED: Final = ("registry", "insurer", "researcher")


@final
class Calamities:
    """Plays what must not break any promise, after the story of a patient was told."""

    def __init__(self, stage: Stage, tale: Narrator) -> None:
        self._stage = stage
        self._tale = tale

    def distrust(self, patient: Patient) -> None:
        """Let a clinic that nobody accredited issue the same: the insurer does not take it."""
        tale, stage = self._tale, self._stage
        tale.act("A clinic that nobody accredited")
        stranger = tale.step("it opens, with a DID of its own", stage.add_unaccredited_clinic)
        wallet = tale.step(
            "another patient holds what it issued", lambda: self._hold(stranger, patient)
        )
        _request, uri = stage.verifier("insurer").ask(f"insurer-{patient.kind}")
        question = wallet.question(uri)
        tale.refused(
            "the insurer refuses it, for who signed it",
            "not_accredited",
            lambda: wallet.consent(question),
        )

    def keep_the_log_clean(self, bundles: Sequence[bytes]) -> None:
        """Look through the public log for anyone's health or name."""
        tale = self._tale
        tale.act("The public log")
        told = told_by_log(self._stage.http, self._stage.process("registry").url)
        tale.note(f"{told.entries} entries, {told.grants} of them grants")
        found = told.values_of(bundles)
        tale.holds(
            "no name, code or date of any patient is in it",
            true=not found,
            instead=f"{len(found)} values are",
        )
        tale.holds("no key in it signs for two grants", true=told.keys_are_single_use)

    def restart(self, patient: Patient) -> None:
        """Kill processes without warning; nothing that was promised is lost."""
        tale, stage = self._tale, self._stage
        tale.act("A power cut")
        before = told_by_log(stage.http, stage.process("registry").url)
        names = (*_KILLED, patient.name)
        for name in names:
            stage.process(name).kill()
        tale.note(f"{', '.join(names)}: killed")
        for name in names:
            tale.step(f"{name} starts again", stage.process(name).start)
        after = told_by_log(stage.http, stage.process("registry").url)
        tale.holds("the log has every entry, and the same root", true=after.root == before.root)
        researcher, insurer = stage.verifier("researcher"), stage.verifier("insurer")
        tale.step(
            "the grant that stands still stands",
            lambda: researcher.use(patient.research_request, "HRESCH"),
        )
        tale.refused(
            "the grant that was withdrawn stays withdrawn",
            "withdrawn",
            lambda: insurer.use(patient.insurer_request, "HPAYMT"),
        )

    def cut_off(self, patient: Patient) -> None:
        """Take the registry away: its last word counts for a while, and ends stay ends."""
        tale, stage = self._tale, self._stage
        researcher = stage.verifier("researcher")
        tale.act("A cut network")
        stage.process("registry").stop()
        tale.step(
            "with the registry out of reach, its last word counts while it is young enough",
            lambda: researcher.use(patient.research_request, "HRESCH"),
        )
        tale.refused(
            "and what was withdrawn stays withdrawn",
            "withdrawn",
            lambda: stage.verifier("insurer").use(patient.insurer_request, "HPAYMT"),
        )
        tale.step("the registry is back", stage.process("registry").start)
        tale.step(
            "and the same use is permitted again",
            lambda: researcher.use(patient.research_request, "HRESCH"),
        )

    def revoke(self, patient: Patient) -> None:
        """Let the clinic revoke the credential; nobody accepts it any more."""
        tale = self._tale
        tale.act("The clinic revokes")
        tale.step(
            "the clinic revokes the credential and all its copies",
            lambda: self._stage.issuer("clinic").revoke(patient.credential),
        )
        _request, uri = self._stage.verifier("insurer").ask(f"insurer-{patient.kind}")
        question = patient.wallet.question(uri)
        tale.refused(
            "presented again, it is refused as revoked",
            "credential_revoked",
            lambda: patient.wallet.consent(question),
        )

    def _hold(self, clinic: Issuer, patient: Patient) -> Wallet:
        record, resources = clinic.register(patient.bundle)
        offer = clinic.offer(record, text(preferred(resources), "id"))
        wallet = self._stage.add_wallet("stranger")
        wallet.accept(offer, offer.tx_code)
        return wallet
