"""did:webvh witnesses: approvals that count, and such as do not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did import webvh
from ssi_core.did.webvh_log import WebvhState
from ssi_core.did.webvh_witness import first_without_approval, witness_proof
from ssi_core.errors import MalformedError, ProofError, SsiError
from ssi_core.keys import P256Signer

pytestmark = pytest.mark.spec("did:webvh 1.0", "DID Witnesses")


@pytest.fixture
def two_of_three(author) -> list[Any]:
    """Three entries that witnesses 7, 8 and 9 watch, of which two must approve."""
    first = author.first(parameters={"witness": author.witness(2, 7, 8, 9)})
    second = author.after(first)
    return [first, second, author.after(second)]


def approval(author, line, number: int) -> Any:
    return witness_proof(line["versionId"], signer=author.signer(number), at=author.start)


def states_of(lines) -> list[WebvhState]:
    states = [WebvhState.first(lines[0])]
    for line in lines[1:]:
        states.append(states[-1].then(line))
    return states


def resolve(lines, proofs: Any) -> webvh.WebvhResolution:
    return webvh.resolve_log(states_of(lines)[0].did, lines, witness_proofs=proofs)


def test_an_approval_of_the_newest_version_approves_all_before_it(author, two_of_three):
    proofs = [approval(author, two_of_three[-1], number) for number in (7, 9)]

    resolution = resolve(two_of_three, proofs)

    assert resolution.state.version_number == 3
    assert resolution.metadata["witness"] == author.witness(2, 7, 8, 9)


def test_proofs_of_one_version_may_stand_together_or_apart(author, two_of_three):
    seven, eight = (approval(author, two_of_three[-1], number) for number in (7, 8))
    together = [{**seven, "proof": [*seven["proof"], *eight["proof"]]}]

    for proofs in (together, [seven, eight], [eight, seven]):
        assert first_without_approval(states_of(two_of_three), proofs) is None


@pytest.mark.parametrize("proofs", [None, []])
def test_without_proofs_no_version_is_approved(two_of_three, proofs: Any):
    assert first_without_approval(states_of(two_of_three), proofs) == 0
    with pytest.raises(ProofError, match="witness"):
        resolve(two_of_three, proofs)


def test_fewer_than_the_threshold_is_not_enough(author, two_of_three):
    with pytest.raises(ProofError, match="witness"):
        resolve(two_of_three, [approval(author, two_of_three[-1], 7)])


def test_a_witness_counts_once_however_often_it_approves(author, two_of_three):
    once = approval(author, two_of_three[-1], 7)
    later = witness_proof(
        two_of_three[-1]["versionId"], signer=author.signer(7), at=author.start.replace(hour=13)
    )
    before = approval(author, two_of_three[0], 7)

    for proofs in ([once, once], [once, later], [before, once, later]):
        with pytest.raises(ProofError, match="witness"):
            resolve(two_of_three, proofs)


def test_an_older_approval_does_not_reach_newer_versions(author, two_of_three):
    proofs = [approval(author, two_of_three[1], 7), approval(author, two_of_three[2], 8)]

    assert first_without_approval(states_of(two_of_three), proofs) == 2
    with pytest.raises(ProofError, match="witness"):
        resolve(two_of_three, proofs)


def test_a_stranger_is_no_witness(author, two_of_three):
    proofs = [approval(author, two_of_three[-1], number) for number in (1, 2, 7)]

    with pytest.raises(ProofError, match="witness"):
        resolve(two_of_three, proofs)


def test_an_approval_of_another_version_or_log_counts_nothing(author, two_of_three):
    unpublished = author.after(two_of_three[-1])
    other_log = author.after(two_of_three[1], seconds=61)

    for line in (unpublished, other_log):
        proofs = [approval(author, two_of_three[-1], 7), approval(author, line, 8)]
        with pytest.raises(ProofError, match="witness"):
            resolve(two_of_three, proofs)


def test_a_forged_approval_counts_nothing(author, two_of_three):
    newest = two_of_three[-1]
    seven, eight = (approval(author, newest, number) for number in (7, 8))
    method = eight["proof"][0]["verificationMethod"]
    in_the_name_of_eight = {**seven["proof"][0], "verificationMethod": method}
    moved = {**approval(author, two_of_three[0], 8), "versionId": newest["versionId"]}

    for forged in ({**seven, "proof": [in_the_name_of_eight]}, moved):
        with pytest.raises(ProofError, match="witness"):
            resolve(two_of_three, [seven, forged])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("cryptosuite", "ecdsa-jcs-2019"),
        ("proofPurpose", "authentication"),
        ("type", "Ed25519Signature2020"),
        ("proofValue", "z"),
        ("proofValue", None),
        ("verificationMethod", None),
        ("verificationMethod", "#"),
        ("verificationMethod", "did:key:z#z"),
        ("created", "2026-03-01T12:00:01Z"),
    ],
)
def test_an_approval_of_another_kind_counts_nothing(author, two_of_three, member, value: Any):
    seven, eight = (approval(author, two_of_three[-1], number) for number in (7, 8))
    changed = {**eight, "proof": [{**eight["proof"][0], member: value}]}

    assert first_without_approval(states_of(two_of_three), [seven, changed]) == 0
    assert first_without_approval(states_of(two_of_three), [seven, changed, eight]) is None


def test_the_fragment_of_an_approval_is_its_body(author, two_of_three):
    seven, eight = (approval(author, two_of_three[-1], number) for number in (7, 8))
    body, fragment = str(eight["proof"][0]["verificationMethod"]).split("#")
    stranger = author.multikey(1)

    for method in (f"{body}#{stranger}", f"did:key:{stranger}#{fragment}", body, f"{body}#0"):
        changed = {**eight, "proof": [{**eight["proof"][0], "verificationMethod": method}]}
        assert first_without_approval(states_of(two_of_three), [seven, changed]) == 0


def test_old_witnesses_approve_the_entry_that_replaces_them(author):
    first = author.first(parameters={"witness": author.witness(1, 7)})
    second = author.after(first, parameters={"witness": author.witness(1, 8)})
    third = author.after(second)
    lines = [first, second, third]

    assert (
        first_without_approval(
            states_of(lines), [approval(author, second, 7), approval(author, third, 8)]
        )
        is None
    )
    assert first_without_approval(states_of(lines), [approval(author, third, 8)]) == 0
    assert (
        first_without_approval(
            states_of(lines), [approval(author, first, 7), approval(author, third, 8)]
        )
        == 1
    )


def test_first_witnesses_approve_the_entry_that_names_them(author):
    first = author.first()
    second = author.after(first, parameters={"witness": author.witness(1, 7)})

    assert first_without_approval(states_of([first, second]), None) == 1
    assert first_without_approval(states_of([first, second]), [approval(author, second, 7)]) is None


def test_the_last_witnesses_approve_the_entry_that_releases_them(author):
    first = author.first(parameters={"witness": author.witness(1, 7)})
    second = author.after(first, parameters={"witness": {}})
    third = author.after(second)
    lines = [first, second, third]

    assert first_without_approval(states_of(lines), [approval(author, first, 7)]) == 1
    assert first_without_approval(states_of(lines), [approval(author, second, 7)]) is None


def test_a_log_without_witnesses_needs_no_file(author):
    lines = [author.first()]
    files: tuple[Any, ...] = (None, [], "junk", [{}])

    for proofs in files:
        assert resolve(lines, proofs).state.version_number == 1


def test_whether_a_log_needs_the_file_is_seen_before_it_is_verified(author, two_of_three):
    assert webvh.names_witnesses(two_of_three)
    assert not webvh.names_witnesses([author.first()])
    assert not webvh.names_witnesses([{"parameters": {"witness": {}}}, {"parameters": 7}, {}])


def test_only_an_ed25519_key_can_approve(author):
    with pytest.raises(SsiError):
        witness_proof("1-Qm", signer=P256Signer(b"\x01" * 32), at=author.start)


@pytest.mark.parametrize(
    "proofs",
    [
        {},
        "x",
        7,
        [7],
        [{}],
        [{"versionId": 7}],
        [{"versionId": "1-x", "proof": "x"}],
        [{"versionId": "1-x", "proof": [7]}],
        [{"versionId": "1-x", "proof": [{}] * 10_001}],
    ],
)
def test_a_file_of_another_form_is_malformed(two_of_three, proofs: Any):
    with pytest.raises(MalformedError):
        first_without_approval(states_of(two_of_three), proofs)


def test_an_item_without_proofs_says_nothing(author, two_of_three):
    proofs = [approval(author, two_of_three[-1], number) for number in (7, 8)]

    assert first_without_approval(states_of(two_of_three), [{"versionId": "1-x"}, *proofs]) is None


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["verificationMethod", "proofValue", "type"]), JUNK))
def test_junk_in_an_approval_counts_nothing_and_raises_nothing_foreign(author, members: Any):
    line = author.first(parameters={"witness": author.witness(1, 7)})
    item = approval(author, line, 7)
    changed = {**item, "proof": [{**item["proof"][0], **members}]}

    enough = first_without_approval(states_of([line]), [changed]) is None

    assert enough == (changed == item)
