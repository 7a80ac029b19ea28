"""What a did:webvh controller does, and that nothing leaves that a resolver would refuse."""

from datetime import timedelta
from typing import Any

import pytest

from ssi_core.did.syntax import Did
from ssi_core.did.webvh_controller import create, update
from ssi_core.did.webvh_log import WebvhState, replay
from ssi_core.did.webvh_parameters import WitnessRule
from ssi_core.errors import DeactivatedError, MalformedError, ProofError
from ssi_core.keys import P256Signer

pytestmark = pytest.mark.spec("did:webvh 1.0", "DID Method Operations")


def document(did: Did) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": str(did),
        "assertionMethod": [f"{did}#assertion"],
        "service": [{"id": "#x", "type": "X", "serviceEndpoint": f"https://x.example/?did={did}"}],
    }


@pytest.fixture
def created(author) -> Any:
    return create(
        location="localhost%3A8100:dids:clinic",
        document=document,
        update_key=author.signer(1),
        next_key_hashes=[author.hash(2)],
        at=author.start,
    )


def test_the_did_is_written_wherever_the_document_has_it(author, created):
    state = WebvhState.first(created)

    assert str(state.did) == f"did:webvh:{state.scid}:localhost%3A8100:dids:clinic"
    assert state.document.source == document(state.did)
    assert state.version_time == author.start
    assert list(created) == ["versionId", "versionTime", "parameters", "state", "proof"]


def test_creating_is_deterministic(author, created):
    again = create(
        location="localhost%3A8100:dids:clinic",
        document=document,
        update_key=author.signer(1),
        next_key_hashes=[author.hash(2)],
        at=author.start,
    )

    assert again == created


def test_all_parameters_can_be_set(author):
    rule = WitnessRule.parse(author.witness(1, 7))
    line = create(
        location="clinic.example",
        document=document,
        update_key=author.signer(1),
        next_key_hashes=[],
        at=author.start,
        witness=rule,
        portable=True,
        parameters={"ttl": 60, "watchers": ["https://w.example"]},
    )

    state = WebvhState.first(line)

    assert state.witness == state.approval == rule
    assert state.portable
    assert state.parameters.ttl == 60
    assert state.parameters.watchers == ("https://w.example",)


def test_an_update_with_pre_rotation_is_signed_by_the_announced_key(author, created):
    changed = {**created["state"], "alsoKnownAs": ["did:web:clinic.example"]}

    line = update(
        [created],
        document=changed,
        update_key=author.signer(2),
        next_key_hashes=[author.hash(3)],
        at=author.start + timedelta(hours=1),
    )

    state = replay([created, line])
    assert state.update_keys == (author.multikey(2),)
    assert state.next_key_hashes == (author.hash(3),)
    assert state.document.source == changed


def test_an_update_continues_a_state_as_it_continues_the_whole_log(author, created):
    wanted: dict[str, Any] = {
        "update_key": author.signer(2),
        "next_key_hashes": [author.hash(3)],
        "at": author.start + timedelta(hours=1),
    }

    assert update(WebvhState.first(created), **wanted) == update([created], **wanted)


def test_keys_rotate_without_pre_rotation(author):
    first = create(
        location="clinic.example",
        document=document,
        update_key=author.signer(1),
        next_key_hashes=[],
        at=author.start,
    )

    second = update(
        [first],
        update_key=author.signer(1),
        update_keys=[author.multikey(4)],
        at=author.start + timedelta(hours=1),
    )
    third = update([first, second], update_key=author.signer(4), at=author.start.replace(hour=14))

    assert second["parameters"] == {"updateKeys": [author.multikey(4)]}
    assert third["parameters"] == {}
    assert replay([first, second, third]).document.source == first["state"]


@pytest.mark.parametrize("announced", [[], [2]])
def test_a_did_ends(author, announced: list[int]):
    first = create(
        location="clinic.example",
        document=document,
        update_key=author.signer(1),
        next_key_hashes=[author.hash(number) for number in announced],
        at=author.start,
    )
    signer = author.signer(announced[0] if announced else 1)

    last = update([first], update_key=signer, at=author.start + timedelta(hours=1), deactivate=True)

    state = replay([first, last])
    assert state.deactivated
    assert state.next_key_hashes == ()
    with pytest.raises(DeactivatedError):
        update([first, last], update_key=signer, at=author.start + timedelta(hours=2))


def test_two_updates_in_one_second_are_told_apart(author):
    first = create(
        location="clinic.example",
        document=document,
        update_key=author.signer(1),
        next_key_hashes=[],
        at=author.start + timedelta(milliseconds=100),
    )

    second = update(
        [first], update_key=author.signer(1), at=author.start + timedelta(milliseconds=200)
    )

    assert first["versionTime"] == "2026-03-01T12:00:00Z"
    assert second["versionTime"] == "2026-03-01T12:00:00.200000Z"
    with pytest.raises(ProofError, match="later"):
        update([first, second], update_key=author.signer(1), at=author.start)


def test_what_a_resolver_would_refuse_is_not_made(author, created):
    later = author.start + timedelta(hours=1)
    next_hashes = [author.hash(3)]

    with pytest.raises(ProofError, match="not announced"):
        update([created], update_key=author.signer(3), next_key_hashes=next_hashes, at=later)
    with pytest.raises(MalformedError, match="anew"):
        update([created], update_key=author.signer(2), at=later)
    with pytest.raises(ProofError, match="later"):
        update([created], update_key=author.signer(2), next_key_hashes=[], at=author.start)
    with pytest.raises(ProofError, match="not portable"):
        update(
            [created],
            document={"id": created["state"]["id"].replace("clinic", "other")},
            update_key=author.signer(2),
            next_key_hashes=[],
            at=later,
        )
    with pytest.raises(MalformedError):
        update([], update_key=author.signer(1), at=later)


@pytest.mark.parametrize("location", ["", "10.0.0.1", "clinic.example/x", "a.example:..", "a b.c"])
def test_a_did_is_not_made_for_an_improper_place(author, location: str):
    with pytest.raises(MalformedError):
        create(
            location=location,
            document=document,
            update_key=author.signer(1),
            next_key_hashes=[],
            at=author.start,
        )


def test_only_an_ed25519_key_signs_a_log(author):
    with pytest.raises(ProofError):
        create(
            location="clinic.example",
            document=document,
            update_key=P256Signer(b"\x01" * 32),
            next_key_hashes=[],
            at=author.start,
        )
