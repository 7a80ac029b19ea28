"""What ecdsa-sd-2023 and bbs-2023 share: statements under stable labels, grouped by pointers.

https://www.w3.org/TR/vc-di-ecdsa/#selective-disclosure-functions and
https://w3c.github.io/vc-di-bbs/#selective-disclosure-functions
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest as hmac_digest
from typing import Final, TypeAlias, TypeVar

from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.proof.data_integrity import proofs_of, without_proofs
from ssi_core.proof.json_pointers import Selection
from ssi_core.proof.skolemization import Skolemized, ToQuads, skolemize
from ssi_core.proof.suite import config_of, in_context_of, with_context_of
from ssi_core.rdf.n_quads import Quad
from ssi_core.rdf.rdfc_1_0 import canonicalize

# From canonical labels (`c14n0`) to those that are signed, all without their `_:`.
LabelMap: TypeAlias = Mapping[str, str]
MakeLabelMap: TypeAlias = Callable[[Collection[str]], LabelMap]

_First = TypeVar("_First")
_Second = TypeVar("_Second")

HMAC_KEY_BYTES: Final = 32
_BLANK: Final = "_:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """The statements of a document in the order in which they are signed, some of them mandatory.

    `lines` are N-Quads with their line ends.
    """

    lines: tuple[str, ...]
    mandatory: frozenset[int]

    @property
    def mandatory_hash(self) -> bytes:
        """SHA-256 of the mandatory statements (`hashMandatoryNQuads`)."""
        return hash_mandatory(self.lines[index] for index in sorted(self.mandatory))

    @property
    def non_mandatory(self) -> tuple[bytes, ...]:
        """The other statements, each as UTF-8: what is signed one by one."""
        return tuple(
            line.encode() for index, line in enumerate(self.lines) if index not in self.mandatory
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """What a holder discloses of a document, and how a verifier finds out what that is."""

    document: JsonObject
    # From the labels that the verifier's canonicalization gives to those that were signed.
    label_map: LabelMap
    # Places of the mandatory statements among those disclosed.
    mandatory_indexes: tuple[int, ...]
    # Places of the other disclosed statements among all that are not mandatory.
    selective_indexes: tuple[int, ...]
    # All statements of the undisclosed document.
    statements: Statements


def hmac_label_map(key: bytes) -> MakeLabelMap:
    """Return what replaces canonical labels by their HMACs (`createHmacIdLabelMapFunction`)."""
    if len(key) != HMAC_KEY_BYTES:
        raise MalformedError("the HMAC key has 32 bytes")

    def make(canonical: Collection[str]) -> LabelMap:
        return {
            label: "u" + base64url_encode(hmac_digest(key, label.encode(), "sha256"))
            for label in canonical
        }

    return make


def shuffled_label_map(key: bytes) -> MakeLabelMap:
    """Return what numbers labels in the order of their HMACs (`createShuffledIdLabelMapFunction`).

    So a label tells nothing but how many there are: `b0`, `b1` and so on.
    """
    hmac_of_labels = hmac_label_map(key)

    def make(canonical: Collection[str]) -> LabelMap:
        hmacs = hmac_of_labels(canonical)
        in_order = sorted(hmacs, key=hmacs.__getitem__)
        return {label: f"b{place}" for place, label in enumerate(in_order)}

    return make


def statements_of(
    document: JsonObject,
    *,
    mandatory_pointers: Sequence[str],
    label_map: MakeLabelMap,
    to_quads: ToQuads,
) -> Statements:
    """Return the statements of `document`, those that the pointers choose as the mandatory ones."""
    mandatory = Selection.parse(document, mandatory_pointers, at="/mandatoryPointers")
    named = skolemize(document, mandatory, to_quads=to_quads)
    return _Labelled.of(named, label_map).statements(_chosen(named, mandatory, to_quads))


def reveal(
    document: JsonObject,
    *,
    mandatory_pointers: Sequence[str],
    selective_pointers: Sequence[str],
    label_map: MakeLabelMap,
    to_quads: ToQuads,
) -> Reveal:
    """Return what discloses the mandatory parts of `document` and those chosen.

    Refused when that is nothing at all.
    """
    mandatory = Selection.parse(document, mandatory_pointers, at="/mandatoryPointers")
    both = mandatory | Selection.parse(document, selective_pointers, at="/selectivePointers")
    if both.is_empty:
        raise MalformedError("nothing is chosen to be disclosed", at="/selectivePointers")
    named = skolemize(document, both, to_quads=to_quads)
    labelled = _Labelled.of(named, label_map)
    combined = _chosen(named, both, to_quads)
    statements = labelled.statements(_chosen(named, mandatory, to_quads))
    shown = labelled.places(combined)
    kept = [index for index in range(len(statements.lines)) if index not in statements.mandatory]
    return Reveal(
        document=both.part_of(document),
        label_map={
            # What the verifier will call a node, and what it was called when it was signed.
            seen[len(_BLANK) :]: labelled.labels[label][len(_BLANK) :]
            for label, seen in canonicalize(combined).labels.items()
        },
        mandatory_indexes=_places_in(sorted(shown), statements.mandatory),
        selective_indexes=_places_in(kept, shown - statements.mandatory),
        statements=statements,
    )


def recover(
    quads: Sequence[Quad], *, label_map: LabelMap, mandatory_indexes: Sequence[int]
) -> Statements:
    """Return the disclosed statements as they were signed, from a document as it was presented.

    `label_map` must name every blank node of it, no two alike, and nothing else.
    """
    dataset = canonicalize(quads)
    canonical = {label[len(_BLANK) :] for label in dataset.labels.values()}
    if label_map.keys() != canonical or len(set(label_map.values())) != len(canonical):
        raise ProofError("the label map is not one of this document", at="/proof/proofValue")
    labels = {
        label: _BLANK + label_map[seen[len(_BLANK) :]] for label, seen in dataset.labels.items()
    }
    lines = sorted({_line(quad, labels) for quad in quads})
    if any(index >= len(lines) for index in mandatory_indexes):
        raise ProofError("an index names no statement", at="/proof/proofValue")
    return Statements(lines=tuple(lines), mandatory=frozenset(mandatory_indexes))


def hash_mandatory(lines: Iterable[str]) -> bytes:
    """Return SHA-256 of mandatory statements, joined."""
    return sha256("".join(lines).encode()).digest()


def hash_options(document: JsonObject, proof: JsonObject, *, to_quads: ToQuads) -> bytes:
    """Return SHA-256 of the options of `proof`, read in the `@context` of the document.

    A proof that builds on others is refused: what is signed are the statements of one document.
    """
    if "proof" in document:
        raise ProofError(
            "a proof for selective disclosure does not build on others", at="/proof/previousProof"
        )
    in_context_of(proof, document)
    options = with_context_of(document, config_of(proof))
    return sha256(canonicalize(to_quads(options)).n_quads).digest()


def only_proof_of(
    secured: JsonObject, *, cryptosuite: str, proof_id: str | None
) -> tuple[JsonObject, JsonObject]:
    """Return the document without proofs, and its one proof of that suite, and of that id."""
    found = [
        proof
        for proof in proofs_of(secured)
        if proof.get("cryptosuite") == cryptosuite and proof_id in (None, proof.get("id"))
    ]
    if len(found) != 1:
        raise ProofError("not exactly one proof is meant", at="/proof")
    return without_proofs(secured), found[0]


def pair_up(first: Sequence[_First], second: Sequence[_Second]) -> list[tuple[_First, _Second]]:
    """Return pairs of a disclosed statement and what the proof has for it."""
    if len(first) != len(second):
        raise ProofError("the proof has more or less than the statements", at="/proof/proofValue")
    return list(zip(first, second, strict=True))


@dataclass(frozen=True, slots=True)
class _Labelled:
    """A document's statements under the labels that are signed, and those labels by node."""

    lines: tuple[str, ...]
    labels: Mapping[str, str]
    _place: Mapping[str, int]

    @classmethod
    def of(cls, named: Skolemized, make: MakeLabelMap) -> "_Labelled":
        canonical = canonicalize(named.quads).labels
        label_map = make([label[len(_BLANK) :] for label in canonical.values()])
        labels = {
            label: _BLANK + label_map[found[len(_BLANK) :]] for label, found in canonical.items()
        }
        lines = sorted({_line(quad, labels) for quad in named.quads})
        return cls(tuple(lines), labels, {line: place for place, line in enumerate(lines)})

    def places(self, quads: Iterable[Quad]) -> frozenset[int]:
        return frozenset(self._place[_line(quad, self.labels)] for quad in quads)

    def statements(self, mandatory: Iterable[Quad]) -> Statements:
        return Statements(lines=self.lines, mandatory=self.places(mandatory))


def _chosen(named: Skolemized, selection: Selection, to_quads: ToQuads) -> tuple[Quad, ...]:
    if selection.is_empty:
        return ()
    return named.quads_of(selection.part_of(named.document), to_quads=to_quads)


def _line(quad: Quad, labels: Mapping[str, str]) -> str:
    subject, predicate, target, graph = quad
    return str(
        Quad(
            labels.get(subject, subject),
            predicate,
            labels.get(target, target),
            labels.get(graph, graph),
        )
    )


def _places_in(order: Sequence[int], chosen: Collection[int]) -> tuple[int, ...]:
    return tuple(place for place, index in enumerate(order) if index in chosen)
