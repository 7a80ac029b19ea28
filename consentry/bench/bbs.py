"""Issue, derive and verify bbs-2023 proofs of medical credentials, beside JavaScript."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from typing import Final

from consentry.bench.javascript import javascript_peer, package_version
from consentry.bench.measure import Case, Lead, Pace, Subject, often
from consentry.bench.medical import CODING_QUADS, coded_credential
from consentry.bench.peer_process import NoPeerError, PeerProcess
from ssi_core.adapters.clock import SystemClock
from ssi_core.bbs.generators import forget_generators
from ssi_core.credential.contexts import bundled
from ssi_core.did import key as did_key
from ssi_core.did.syntax import Did
from ssi_core.json_types import JsonObject
from ssi_core.keys import Bls12381G2Signer
from ssi_core.proof.bbs_2023 import Bbs2023, Bbs2023Base, derive
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.strict_json import as_array, as_object
from ssi_core.verification.data_integrity import DataIntegrityPolicy, needs, verify_credential
from ssi_core.verification.evidence import Evidence

_SIZES: Final = (10, 50, 100)
_QUICK_SIZES: Final = (10,)
_TIMES: Final = 20.0
_PEER: Final = "@digitalbazaar/bbs-2023-cryptosuite"
_MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
_MANDATORY: Final = ("/issuer",)
_TEXT: Final = """\
A medical credential of VCDM 2.0 with so many statements that its holder may withhold; types and
issuer are always disclosed. *Issue* makes the base proof, *derive* a proof that discloses about a
quarter of the statements, after checking the base proof, and *verify* is a verifier's whole
decision about that, JSON-LD included. The peer does the same to the same documents, in a process
that has started and warmed up; of the time on its clock and of its processors, the lesser counts.
The generators, which depend on the number of statements alone, are kept; with *no generators kept*
they are made anew each time, as after a start."""


@contextmanager
def bbs(pace: Pace) -> Iterator[Subject]:
    """Prepare credentials of several sizes, and the peer, if it is here."""
    at = SystemClock().now().replace(microsecond=0)
    held = [_Held(size, at=at) for size in (_QUICK_SIZES if pace.quick else _SIZES)]
    cases: list[Case] = []
    remarks: list[str] = []
    with ExitStack() as stack:
        try:
            peer = stack.enter_context(javascript_peer())
            cases += _peer_cases(peer, held)
            remarks.append(f"JavaScript is {_PEER} {package_version(_PEER)}.")
        except NoPeerError as error:
            remarks.append(f"{_PEER} was not measured: {error}.")
        own = [case for one in held for case in one.cases()]
        yield Subject(title="bbs-2023", text=_TEXT, cases=(*own, *cases), remarks=tuple(remarks))


class _Held:
    """One credential of so many statements: unsecured, with a base proof, and derived."""

    def __init__(self, size: int, *, at: datetime) -> None:
        self.size, self._at = size, at
        self._signer = Bls12381G2Signer.generate()
        did = did_key.did_for(self._signer.public_key)
        self._method = did_key.method_id(did)
        self._json_ld = JsonLd(bundled())
        self._base = Bbs2023Base(self._json_ld, mandatory_pointers=_MANDATORY)
        self._policy = DataIntegrityPolicy(suites=AllowedSuites([Bbs2023(self._json_ld)]))
        # Two statements say from when on and whom about.
        codings, names = divmod(size - 2, CODING_QUADS)
        self.selective = _quarter(codings)
        self.credential = coded_credential(str(did), codings=codings, names=names)
        self.secured = self.issue()
        self.derived = self.derive()

    def issue(self) -> JsonObject:
        return add_proof(
            self.credential,
            signer=self._signer,
            verification_method=self._method,
            purpose="assertionMethod",
            created=self._at,
            suite=self._base,
        )

    def derive(self) -> JsonObject:
        return derive(self.secured, selective_pointers=self.selective, json_ld=self._json_ld)

    def verify(self) -> object:
        dids = {need.did: did_key.resolve(need.did) for need in needs(self.derived)}
        return verify_credential(
            self.derived, evidence=Evidence(dids=dids), policy=self._policy, at=self._at
        )

    def cases(self) -> Iterator[Case]:
        for name, once in (("issue", self.issue), ("derive", self.derive), ("verify", self.verify)):
            yield Case(
                name=f"{name}, {self.size} statements",
                run=often(once),
                lead=Lead(_TIMES, f"JavaScript: {name}, {self.size} statements"),
            )
            yield Case(
                name=f"{name}, {self.size} statements, no generators kept",
                run=often(partial(_cold, once)),
            )

    def tell(self, peer: PeerProcess) -> None:
        """Give the peer the same documents, and those that it will have to look up."""
        document = did_key.resolve(Did.parse(self._method.partition("#")[0])).source
        (method,) = as_array(document["verificationMethod"], at="/verificationMethod")
        found = {"@context": _MULTIKEY, **as_object(method, at="/verificationMethod")}
        peer.ask(
            know={str(document["id"]): document, self._method: found},
            prepare={
                "size": self.size,
                "credential": self.credential,
                "secured": self.secured,
                "derived": self.derived,
                "mandatory": _MANDATORY,
                "selective": self.selective,
            },
        )


def _peer_cases(peer: PeerProcess, held: Sequence[_Held]) -> Iterator[Case]:
    contexts = bundled()
    peer.ask(know={url: contexts.document(url) for url in contexts.urls()})
    for one in held:
        one.tell(peer)
        for name in ("issue", "derive", "verify"):
            run = peer.work(name, one.size)
            # The first time is a check, and compiles.
            run(1)
            yield Case(name=f"JavaScript: {name}, {one.size} statements", run=run, now=peer.spent)


def _quarter(codings: int) -> list[str]:
    """Return JSON pointers to about a quarter of the codings."""
    shown = max(1, codings // 4)
    return [f"/credentialSubject/additional_codings/{number}" for number in range(shown)]


def _cold(once: Callable[[], object]) -> None:
    forget_generators()
    once()
