"""did:webvh logs: what follows what, and one refusal for every MUST."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did.syntax import Did
from ssi_core.did.webvh_log import WebvhState, check_next, place_of, replay
from ssi_core.errors import (
    ConflictError,
    DeactivatedError,
    MalformedError,
    ProofError,
    SsiError,
)

pytestmark = pytest.mark.spec("did:webvh 1.0", "Read (Resolve)")


def flipped(text: str) -> str:
    return text[:-1] + ("2" if text[-1] != "2" else "3")


def test_a_later_entry_continues_the_did(author):
    first = author.first()
    second = author.after(first, state={"alsoKnownAs": ["did:web:clinic.example"]})

    state = WebvhState.first(first).then(second)

    assert (state.version_number, state.version_id) == (2, second["versionId"])
    assert state.version_time == author.start + timedelta(seconds=60)
    assert state.created == author.start
    assert state.document.source == second["state"]
    assert state == check_next(check_next(None, first), second) == replay([first, second])


def test_an_empty_log_is_no_did():
    with pytest.raises(MalformedError):
        replay([])


# The chain


@pytest.mark.parametrize("member", ["versionTime", "parameters", "state"])
def test_a_changed_later_entry_is_refused(author, member: str):
    first = author.first()
    second = author.after(first)
    other = author.after(first, seconds=61, parameters={"ttl": 1}, state={"x": 1})

    with pytest.raises(ProofError):
        replay([first, {**second, member: other[member]}])


def test_a_changed_entry_is_refused_even_if_its_key_signs_it_again(author):
    first = author.first()
    second = author.after(first)
    del second["proof"]

    with pytest.raises(ProofError, match="entry hash"):
        replay([first, author.signed({**second, "state": {**first["state"], "x": 1}})])


def test_an_entry_that_follows_another_entry_is_refused(author):
    first = author.first()
    stranger = author.first(place="other.example")

    with pytest.raises(ProofError, match="entry hash"):
        replay([first, author.after(first, predecessor=stranger["versionId"])])
    with pytest.raises(ProofError, match="entry hash"):
        replay([first, author.after(author.after(first), number=2)])


def test_a_log_without_its_beginning_is_refused(author):
    first = author.first()
    second = author.after(first)

    with pytest.raises(ConflictError):
        replay([second])


def test_entries_in_another_order_are_refused(author):
    first = author.first()
    second = author.after(first)
    third = author.after(second)

    for order in ([first, third, second], [second, first], [first, second, second], [first, third]):
        with pytest.raises(ConflictError):
            replay(order)


# Whose document


def test_a_document_of_another_scid_is_refused_in_every_entry(author):
    first = author.first(parameters={"portable": True})
    did = first["state"]["id"]
    other = did.replace(first["parameters"]["scid"], flipped(first["parameters"]["scid"]))

    with pytest.raises(ProofError, match="another SCID"):
        replay([first, author.after(first, state={"id": other, "alsoKnownAs": [did]})])


@pytest.mark.parametrize(
    "place", ["10.0.0.1", "clinic.example:..", "clinic", "clinic.example:a%2Fb", "localhost%3A0"]
)
def test_a_did_at_no_proper_place_is_refused(author, place: str):
    with pytest.raises(MalformedError):
        WebvhState.first(author.first(place=place))


def test_a_document_id_is_a_bare_did_of_this_method(author):
    for did in ("did:web:clinic.example", "did:webvh:clinic.example", "x", None, 7, ""):
        with pytest.raises(MalformedError):
            WebvhState.first(author.first(state={"id": did}))
    with pytest.raises(MalformedError):
        WebvhState.first(author.first(place="clinic.example/path"))


@pytest.mark.parametrize("text", ["did:webvh:x:a.example", "did:web:a.example", "did:webvh:Qm"])
def test_only_a_did_of_this_method_has_a_place(text: str):
    with pytest.raises(MalformedError):
        place_of(Did.parse(text))


# Time


@pytest.mark.parametrize("seconds", [0, -1, -86_400])
def test_time_that_does_not_go_on_is_refused(author, seconds: int):
    first = author.first()

    with pytest.raises(ProofError, match="later"):
        replay([first, author.after(first, seconds=seconds)])


def test_an_entry_from_the_future_is_refused_beyond_five_minutes(author):
    state = WebvhState.first(author.first())

    state.require_not_from_the_future(author.start - timedelta(minutes=5))
    with pytest.raises(ProofError, match="future"):
        state.require_not_from_the_future(author.start - timedelta(minutes=5, seconds=1))


# Keys without pre-rotation


def test_new_keys_sign_after_the_entry_that_names_them(author):
    first = author.first()
    rotation = {"parameters": {"updateKeys": [author.multikey(2)]}}
    second = author.after(first, **rotation)

    replay([first, second, author.after(second, signer=author.signer(2))])
    with pytest.raises(ProofError, match="not authorised"):
        replay([first, author.after(first, **rotation, signer=author.signer(2))])
    with pytest.raises(ProofError, match="not authorised"):
        replay([first, second, author.after(second)])


def test_without_update_keys_there_is_no_further_version(author):
    first = author.first()
    second = author.after(first, parameters={"updateKeys": []})

    with pytest.raises(ProofError, match="not authorised"):
        replay([first, second, author.after(second)])


# Keys with pre-rotation


def test_announced_keys_sign_the_entry_that_brings_them(author):
    first = author.first(parameters={"nextKeyHashes": [author.hash(2), author.hash(9)]})
    rotation = {"updateKeys": [author.multikey(2)], "nextKeyHashes": [author.hash(3)]}
    second = author.after(first, parameters=rotation, signer=author.signer(2))

    state = replay([first, second])

    assert state.update_keys == (author.multikey(2),)
    assert state.next_key_hashes == (author.hash(3),)


def test_a_key_of_the_entry_before_does_not_sign_a_pre_rotated_entry(author):
    first = author.first(parameters={"nextKeyHashes": [author.hash(2)]})
    rotation = {"updateKeys": [author.multikey(2)], "nextKeyHashes": [author.hash(3)]}

    with pytest.raises(ProofError, match="not authorised"):
        replay([first, author.after(first, parameters=rotation)])


def test_every_new_key_was_announced(author):
    first = author.first(parameters={"nextKeyHashes": [author.hash(2)]})

    for numbers in ([3], [2, 3], [1, 2]):
        rotation = {
            "updateKeys": [author.multikey(number) for number in numbers],
            "nextKeyHashes": [],
        }
        with pytest.raises(ProofError, match="not announced"):
            replay([first, author.after(first, parameters=rotation, signer=author.signer(2))])


@pytest.mark.parametrize("missing", ["updateKeys", "nextKeyHashes"])
def test_pre_rotation_inherits_nothing(author, missing: str):
    first = author.first(
        parameters={"updateKeys": [author.multikey(2)], "nextKeyHashes": [author.hash(2)]},
        signer=author.signer(2),
    )
    rotation = {"updateKeys": [author.multikey(2)], "nextKeyHashes": [author.hash(3)]}
    del rotation[missing]

    with pytest.raises(MalformedError, match="anew"):
        replay([first, author.after(first, parameters=rotation, signer=author.signer(2))])


def test_pre_rotation_ends_with_the_entry_after_the_one_that_ends_it(author):
    first = author.first(parameters={"nextKeyHashes": [author.hash(2)]})
    ending = {"updateKeys": [author.multikey(2)], "nextKeyHashes": []}
    second = author.after(first, parameters=ending, signer=author.signer(2))
    third = author.after(
        second, parameters={"updateKeys": [author.multikey(4)]}, signer=author.signer(2)
    )

    assert replay([first, second, third]).update_keys == (author.multikey(4),)
    with pytest.raises(ProofError, match="not announced"):
        replay(
            [
                first,
                author.after(
                    first,
                    parameters={"updateKeys": [author.multikey(1)], "nextKeyHashes": []},
                ),
            ]
        )


# Moving and ending


def test_a_portable_did_moves_and_says_what_it_was(author):
    first = author.first(parameters={"portable": True})
    did = first["state"]["id"]
    moved = did.replace("clinic.example", "hospital.example:clinic")

    state = replay([first, author.after(first, state={"id": moved, "alsoKnownAs": [did]})])

    assert str(state.did) == moved
    assert state.portable


def test_a_did_moves_only_if_it_is_portable_and_says_what_it_was(author):
    for parameters, change, names in (
        ({}, {}, ["{did}"]),
        ({"portable": False}, {}, ["{did}"]),
        ({"portable": True}, {"portable": False}, ["{did}"]),
        ({"portable": True}, {}, []),
        ({"portable": True}, {}, ["did:web:clinic.example"]),
        ({"portable": True}, {}, "{did}"),
        ({"portable": True}, {}, None),
    ):
        first = author.first(parameters=parameters)
        did = first["state"]["id"]
        known = [name.format(did=did) for name in names] if isinstance(names, list) else names
        moved = {"id": did.replace("clinic", "hospital"), "alsoKnownAs": known}
        with pytest.raises(SsiError):
            replay([first, author.after(first, parameters=change, state=moved)])


def test_a_deactivated_did_has_no_further_version(author):
    first = author.first()
    second = author.after(first, parameters={"deactivated": True})

    assert replay([first, second]).deactivated
    with pytest.raises(DeactivatedError):
        replay([first, second, author.after(second, parameters={"deactivated": False})])


# Junk


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(["versionId", "versionTime", "parameters", "state", "proof"])
PARAMETERS = st.sampled_from(
    ["method", "scid", "updateKeys", "nextKeyHashes", "witness", "watchers", "portable", "ttl"]
)


@given(member=MEMBERS, value=JUNK)
def test_junk_in_an_entry_raises_only_our_own_errors(author, member: str, value: Any):
    line = author.first()

    for check in (WebvhState.first, WebvhState.first(line).then):
        with pytest.raises(SsiError):
            check({**line, member: value})


@given(name=PARAMETERS, value=JUNK)
def test_junk_in_parameters_raises_only_our_own_errors(author, name: str, value: Any):
    line = author.first()
    changed = {**line, "parameters": {**line["parameters"], name: value}}

    try:
        WebvhState.first(changed)
    except SsiError:
        return

    assert changed["parameters"] == line["parameters"]
