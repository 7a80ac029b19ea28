"""Hostile did:webvh logs: what a thief of keys, of the host, or of both can make others believe.

Each attack is a whole log whose entries have good hashes and proofs wherever the attacker could
make them. What a log alone cannot show, because it is a proper log, is at the end.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, TypeAlias

import pytest

from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.did.webvh_witness import witness_proof
from ssi_core.encoding import base58btc_encode
from ssi_core.errors import ProofError, SsiError

pytestmark = pytest.mark.spec("did:webvh 1.0", "Read (Resolve)")

Log: TypeAlias = list[dict[str, Any]]
Attack: TypeAlias = Callable[[Any, Log], Log]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
EVIL = {"alsoKnownAs": ["did:web:evil.example"]}


@pytest.fixture
def honest(author) -> Log:
    """Key 1 makes three entries and hands over to key 2, which makes one more."""
    first = author.first(parameters={"portable": False})
    second = author.after(first, state={"alsoKnownAs": ["did:web:two.example"]})
    third = author.after(second, parameters={"updateKeys": [author.multikey(2)]})
    return [first, second, third, author.after(third, signer=author.signer(2))]


@pytest.fixture
def witnessed(author) -> Log:
    """Witnesses 7 and 8 of 7, 8 and 9 must approve each of two entries."""
    first = author.first(parameters={"witness": author.witness(2, 7, 8, 9)})
    return [first, author.after(first)]


def resolve(lines: Any, honest: Log, proofs: Any = None, **wanted: Any) -> webvh.WebvhResolution:
    did = Did.parse(honest[0]["state"]["id"])
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    return webvh.resolve_log(did, webvh.parse_log(body), witness_proofs=proofs, at=NOW, **wanted)


def approvals(author, line: Any, *numbers: int) -> Any:
    return [
        witness_proof(line["versionId"], signer=author.signer(number), at=author.start)
        for number in numbers
    ]


# Order


def test_entries_in_any_other_order_are_refused(honest: Log):
    for order in permutations(honest):
        if list(order) != honest:
            with pytest.raises(SsiError):
                resolve(order, honest)


@pytest.mark.parametrize("again", range(4))
@pytest.mark.parametrize("place", range(1, 5))
def test_an_entry_that_is_replayed_is_refused(honest: Log, again: int, place: int):
    with pytest.raises(SsiError):
        resolve([*honest[:place], honest[again], *honest[place:]], honest)


@pytest.mark.parametrize("missing", range(3))
def test_an_entry_that_is_left_out_is_missed(honest: Log, missing: int):
    with pytest.raises(SsiError):
        resolve([line for index, line in enumerate(honest) if index != missing], honest)


def test_an_entry_of_a_twin_is_refused(author, honest: Log):
    """The same controller, keys, times and places; but another DID."""
    twin_first = author.first(parameters={"portable": False, "ttl": 60})
    twin = [twin_first, author.after(twin_first, state=EVIL)]

    for lines in ([honest[0], twin[1]], [twin[0], *honest[1:]], twin):
        with pytest.raises(SsiError):
            resolve(lines, honest)


# One more entry, by a thief of keys


def by_a_stranger(author, log: Log) -> Log:
    return [*log, author.after(log[-1], state=EVIL, signer=author.signer(6))]


def by_a_key_that_was_replaced(author, log: Log) -> Log:
    return [*log, author.after(log[-1], state=EVIL, signer=author.signer(1))]


def by_a_key_that_the_entry_itself_brings(author, log: Log) -> Log:
    brought = {"updateKeys": [author.multikey(6)]}
    return [*log, author.after(log[-1], parameters=brought, state=EVIL, signer=author.signer(6))]


def by_a_stranger_beside_the_right_key(author, log: Log) -> Log:
    line = author.after(log[-1], state=EVIL, signer=author.signer(2))
    also = author.signed(
        {name: value for name, value in line.items() if name != "proof"}, signer=author.signer(6)
    )
    return [*log, {**line, "proof": [*line["proof"], *also["proof"]]}]


def with_the_proof_of_the_entry_before(author, log: Log) -> Log:
    line = author.after(log[-1], state=EVIL, signer=author.signer(2))
    return [*log, {**line, "proof": log[-1]["proof"]}]


def with_the_content_of_another_under_its_proof(_author, log: Log) -> Log:
    return [*log[:-1], {**log[-1], "state": {**log[-1]["state"], **EVIL}}]


def with_a_proof_for_another_purpose(author, log: Log) -> Log:
    line = author.after(log[-1], state=EVIL, signer=author.signer(2))
    return [*log, {**line, "proof": [{**line["proof"][0], "proofPurpose": "authentication"}]}]


def with_the_body_of_one_key_and_the_fragment_of_another(author, log: Log) -> Log:
    line = author.after(log[-1], state=EVIL, signer=author.signer(6))
    method = f"did:key:{author.multikey(6)}#{author.multikey(2)}"
    return [*log, {**line, "proof": [{**line["proof"][0], "verificationMethod": method}]}]


def without_proof(author, log: Log) -> Log:
    line = author.after(log[-1], state=EVIL, signer=author.signer(2))
    return [*log, {**line, "proof": []}]


def with_another_scid_in_the_document(author, log: Log) -> Log:
    other = author.first(parameters={"ttl": 1})["state"]["id"]
    return [*log, author.after(log[-1], state={"id": other}, signer=author.signer(2))]


def with_a_new_scid_as_parameter(author, log: Log) -> Log:
    given = {"scid": log[0]["parameters"]["scid"]}
    return [*log, author.after(log[-1], parameters=given, signer=author.signer(2))]


def that_moves_the_did(author, log: Log) -> Log:
    did = log[0]["state"]["id"]
    state = {"id": did.replace("clinic", "evil"), "alsoKnownAs": [did]}
    return [*log, author.after(log[-1], state=state, signer=author.signer(2))]


def that_makes_the_did_portable(author, log: Log) -> Log:
    given = {"portable": True}
    return [*log, author.after(log[-1], parameters=given, signer=author.signer(2))]


def of_an_older_version_of_the_method(author, log: Log) -> Log:
    given = {"method": "did:webvh:0.5"}
    return [*log, author.after(log[-1], parameters=given, signer=author.signer(2))]


def that_skips_a_number(author, log: Log) -> Log:
    return [*log, author.after(log[-1], number=6, state=EVIL, signer=author.signer(2))]


def that_continues_an_earlier_entry(author, log: Log) -> Log:
    before = log[0]["versionId"]
    return [*log, author.after(log[-1], predecessor=before, state=EVIL, signer=author.signer(2))]


def that_is_no_later(author, log: Log) -> Log:
    return [*log, author.after(log[-1], seconds=0, state=EVIL, signer=author.signer(2))]


def that_goes_back_in_time(author, log: Log) -> Log:
    return [*log, author.after(log[-1], seconds=-30, state=EVIL, signer=author.signer(2))]


def from_the_future(author, log: Log) -> Log:
    days = timedelta(days=9).total_seconds()
    return [*log, author.after(log[-1], seconds=int(days), state=EVIL, signer=author.signer(2))]


def with_a_hash_of_another_function(author, log: Log) -> Log:
    line = author.after(log[-1], state=EVIL, signer=author.signer(2))
    other = base58btc_encode(b"\x16\x20" + bytes(32))
    unsigned = {name: value for name, value in line.items() if name != "proof"}
    renamed = {**unsigned, "versionId": f"5-{other}"}
    return [*log, author.signed(renamed, signer=author.signer(2))]


def with_a_number_of_another_script(author, log: Log) -> Log:
    line = author.after(log[-1], state=EVIL, signer=author.signer(2))
    return [*log, {**line, "versionId": line["versionId"].replace("5-", "\u0665-", 1)}]


def after_the_end(author, log: Log) -> Log:
    over = {"deactivated": True, "updateKeys": []}
    ended = author.after(log[-1], parameters=over, signer=author.signer(2))
    undone = {"deactivated": False, "updateKeys": [author.multikey(2)]}
    return [*log, ended, author.after(ended, parameters=undone, signer=author.signer(2))]


ATTACKS: dict[Attack, str] = {
    by_a_stranger: "not authorised",
    by_a_key_that_was_replaced: "not authorised",
    by_a_key_that_the_entry_itself_brings: "not authorised",
    by_a_stranger_beside_the_right_key: "not authorised",
    with_the_proof_of_the_entry_before: "signature does not hold",
    with_the_content_of_another_under_its_proof: "entry hash",
    with_a_proof_for_another_purpose: "another purpose",
    with_the_body_of_one_key_and_the_fragment_of_another: "not the verification method",
    without_proof: "no proof",
    with_another_scid_in_the_document: "another SCID",
    with_a_new_scid_as_parameter: "first entry only",
    that_moves_the_did: "not portable",
    that_makes_the_did_portable: "portable",
    of_an_older_version_of_the_method: "only did:webvh:1.0",
    that_skips_a_number: "not for the next version",
    that_continues_an_earlier_entry: "entry hash",
    that_is_no_later: "not later",
    that_goes_back_in_time: "not later",
    from_the_future: "from the future",
    with_a_hash_of_another_function: "entry hash",
    with_a_number_of_another_script: "versionId is a number",
    after_the_end: "deactivated",
}


@pytest.mark.parametrize(
    ("attack", "reason"), ATTACKS.items(), ids=lambda part: getattr(part, "__name__", "")
)
def test_one_more_entry_is_refused_with_its_own_reason(
    author, honest: Log, attack: Attack, reason: str
):
    with pytest.raises(SsiError, match=reason):
        resolve(attack(author, honest), honest)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_was_good_before_the_attack_is_still_found_by_name(
    author, honest: Log, attack: Attack
):
    lines = attack(author, honest)

    found = resolve(lines, honest, version_id=honest[1]["versionId"])

    assert found.document.source["alsoKnownAs"] == ["did:web:two.example"]
    assert "evil" not in json.dumps(found.document.source)
    for wanted in ({"version_number": len(lines)}, {"version_time": NOW}):
        with pytest.raises(SsiError):
            resolve(lines, honest, **wanted)


def test_the_log_that_is_attacked_is_good_by_itself(honest: Log):
    assert resolve(honest, honest).state.version_number == 4


# Pre-rotation


def test_a_thief_of_the_current_key_cannot_go_on_where_the_next_was_announced(author):
    first = author.first(parameters={"nextKeyHashes": [author.hash(2)]})
    own = {"updateKeys": [author.multikey(6)], "nextKeyHashes": [author.hash(6)]}
    both = {**own, "updateKeys": [author.multikey(2), author.multikey(6)]}
    kept = {"updateKeys": [author.multikey(1)], "nextKeyHashes": []}

    for lines in (
        [first, author.after(first)],
        [first, author.after(first, parameters=own, signer=author.signer(6))],
        [first, author.after(first, parameters=own, signer=author.signer(1))],
        [first, author.after(first, parameters=both, signer=author.signer(2))],
        [first, author.after(first, parameters=kept)],
        [first, author.after(first, parameters={"nextKeyHashes": []})],
    ):
        with pytest.raises(SsiError):
            resolve(lines, [first])


# Witnesses


@pytest.mark.spec("did:webvh 1.0", "DID Witnesses")
@pytest.mark.parametrize(
    "rule", [{}, (1, 7, 8, 9), (1, 6), (2, 5, 6)], ids=["none", "lowered", "one", "others"]
)
def test_an_entry_does_not_choose_the_witnesses_who_approve_it(author, witnessed: Log, rule: Any):
    lowered = rule and author.witness(rule[0], *rule[1:])
    thief = author.after(witnessed[0], parameters={"witness": lowered}, state=EVIL)
    own = [*approvals(author, witnessed[0], 7, 8), *approvals(author, thief, 5, 6, 7)]

    with pytest.raises(ProofError, match="witness"):
        resolve([witnessed[0], thief], witnessed, own)


@pytest.mark.spec("did:webvh 1.0", "DID Witnesses")
def test_a_thief_of_key_and_host_does_not_get_a_rewritten_history_approved(author, witnessed: Log):
    proofs = approvals(author, witnessed[1], 7, 8)
    rewritten = author.after(witnessed[0], seconds=30, state=EVIL)
    longer = [witnessed[0], rewritten, author.after(rewritten)]

    assert resolve(witnessed, witnessed, proofs).state.version_number == 2
    for lines in ([witnessed[0], rewritten], longer):
        with pytest.raises(ProofError, match="witness"):
            resolve(lines, witnessed, proofs)


@pytest.mark.spec("did:webvh 1.0", "DID Witnesses")
def test_an_approval_of_an_entry_that_is_not_published_approves_nothing(author, witnessed: Log):
    unpublished = author.after(witnessed[1])

    with pytest.raises(ProofError, match="witness"):
        resolve(witnessed, witnessed, approvals(author, unpublished, 7, 8))


@pytest.mark.spec("did:webvh 1.0", "DID Witnesses")
def test_approvals_reach_back_and_never_forward(author, witnessed: Log):
    later, earlier = (approvals(author, line, 7, 8) for line in reversed(witnessed))

    assert resolve(witnessed, witnessed, later).state.version_number == 2
    with pytest.raises(ProofError, match="witness"):
        resolve(witnessed, witnessed, earlier)
    # One of each: the second entry has one approval only.
    with pytest.raises(ProofError, match="witness"):
        resolve(witnessed, witnessed, [later[0], earlier[1]])


@pytest.mark.spec("did:webvh 1.0", "DID Witnesses")
def test_one_witness_is_one_however_it_is_spelled(author, witnessed: Log):
    seven = approvals(author, witnessed[1], 7)[0]
    (proof,) = seven["proof"]
    mine, other = author.multikey(7), author.multikey(8)
    renamed = {**proof, "verificationMethod": f"did:key:{other}#{mine}"}
    hidden = {**proof, "verificationMethod": f"did:key:{mine}#{other}"}

    for forged in (renamed, hidden, proof):
        with pytest.raises(ProofError, match="witness"):
            resolve(witnessed, witnessed, [seven, {**seven, "proof": [forged]}])


@pytest.mark.spec("did:webvh 1.0", "DID Witnesses")
@pytest.mark.parametrize("threshold", [0, -1, 4, 1.5, "2", None, True, 2**50])
def test_a_threshold_that_means_nothing_is_not_read_as_none(author, threshold: Any):
    rule = {**author.witness(1, 7, 8, 9), "threshold": threshold}
    first = author.first(parameters={"witness": rule})

    with pytest.raises(SsiError):
        resolve([first], [first], approvals(author, first, 7, 8, 9))


# What is not JSON in one way only


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"state"', '"state": {"id": "x"}, "state"', 1),
        lambda text: text.replace("{", '{"x": NaN, ', 1),
        lambda text: text.replace("{", '{"x": 1e999, ', 1),
        lambda text: text.replace("{", '{"x": ' + "[" * 99 + "]" * 99 + ", ", 1),
        lambda text: "\ufeff" + text,
        lambda text: text + "\n\n" + text,
        lambda text: text + " {}",
        lambda text: "[" + text + "]",
    ],
    ids=["twice", "NaN", "huge", "deep", "mark", "empty line", "two objects", "array"],
)
def test_a_line_is_one_strict_json_object(honest: Log, change: Callable[[str], str]):
    body = change(json.dumps(honest[0])).encode()

    with pytest.raises(SsiError):
        webvh.resolve_log(
            Did.parse(honest[0]["state"]["id"]), webvh.parse_log(body), witness_proofs=None
        )


# What a log alone cannot show: our registry can, which appends and never rewrites, and which is
# the witness of the logs that it hosts


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_log_cut_short_is_a_log_and_only_who_saw_more_can_tell(honest: Log, length: int):
    found = resolve(honest[:length], honest)

    assert found.state.version_number == length
    assert found.state.version_time < resolve(honest, honest).state.version_time


@pytest.mark.spec("did:webvh 1.0", "DID Witnesses")
def test_a_fork_by_a_key_of_that_time_is_a_log_unless_it_is_witnessed(
    author, honest: Log, witnessed: Log
):
    fork = [honest[0], author.after(honest[0], seconds=30, state=EVIL)]
    witnessed_fork = [witnessed[0], author.after(witnessed[0], seconds=30, state=EVIL)]

    assert resolve(fork, honest).document.source["alsoKnownAs"] == EVIL["alsoKnownAs"]
    with pytest.raises(ProofError, match="witness"):
        resolve(witnessed_fork, witnessed, approvals(author, witnessed[1], 7, 8))
