from typing import Any

import pytest

from ssi_core.credential.contexts import bundled
from ssi_core.credential.status_list_entry import BitstringStatusListEntry, entries_of
from ssi_core.errors import MalformedError
from ssi_core.rdf.json_ld import JsonLd
from tests.support.status_lists import INDEX, LIST_URL, credential, entry

_SPEC = "Bitstring Status List 1.0"
_FOUR = [{"status": hex(value), "message": f"m{value}"} for value in range(4)]


@pytest.mark.spec(_SPEC, "2.1")
def test_an_entry_is_read_and_one_bit_means_set_or_unset():
    read = BitstringStatusListEntry.parse(entry())

    assert (read.purpose, read.index, read.list_url) == ("revocation", INDEX, LIST_URL)
    assert (read.size, dict(read.messages)) == (1, {0: "unset", 1: "set"})


@pytest.mark.spec(_SPEC, "2.1")
def test_an_entry_with_messages_is_read_and_written_with_everything_it_had():
    source = entry(
        id="https://clinic.example/status/3#94567",
        statusPurpose="message",
        statusSize=2,
        statusMessage=[{**item, "https://clinic.example/#colour": "red"} for item in _FOUR],
        statusReference=["https://clinic.example/dictionary"],
    )

    read = BitstringStatusListEntry.parse(source)

    assert dict(read.messages) == {0: "m0", 1: "m1", 2: "m2", 3: "m3"}
    assert read.references == ("https://clinic.example/dictionary",)
    assert read.to_json() == source


def test_an_entry_that_is_made_here_is_read_as_it_was():
    made = BitstringStatusListEntry(
        purpose="message",
        index=7,
        list_url=LIST_URL,
        size=2,
        messages={0: "a", 1: "b", 2: "c", 3: "d"},
        references=("https://clinic.example/dictionary",),
    )

    read = BitstringStatusListEntry.parse(made.to_json())

    assert (read.messages, read.references, read.size) == (made.messages, made.references, 2)
    assert "statusSize" not in BitstringStatusListEntry.parse(entry()).to_json()


@pytest.mark.spec(_SPEC, "5.2")
def test_every_member_of_an_entry_has_its_meaning_in_the_base_context():
    source = entry(
        statusSize=2, statusMessage=_FOUR, statusReference="https://clinic.example/dictionary"
    )

    quads = JsonLd(bundled()).to_quads(credential(source).source)

    terms = {quad.predicate.rstrip(">").rpartition("#")[2] for quad in quads}
    assert terms >= {"statusSize", "statusMessage", "status", "message", "statusReference"}


@pytest.mark.spec(_SPEC, "3 MALFORMED_VALUE_ERROR")
@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"type": ["BitstringStatusListEntry", "Other"]}, ""),
        ({"type": "Other"}, ""),
        ({"statusPurpose": None}, "/statusPurpose"),
        ({"statusPurpose": ""}, "/statusPurpose"),
        ({"statusPurpose": ["revocation"]}, "/statusPurpose"),
        ({"statusListIndex": None}, "/statusListIndex"),
        ({"statusListIndex": INDEX}, "/statusListIndex"),
        ({"statusListIndex": True}, "/statusListIndex"),
        ({"statusListIndex": "-1"}, "/statusListIndex"),
        ({"statusListIndex": "+1"}, "/statusListIndex"),
        ({"statusListIndex": "0x10"}, "/statusListIndex"),
        ({"statusListIndex": "007"}, "/statusListIndex"),
        ({"statusListIndex": "1.0"}, "/statusListIndex"),
        ({"statusListIndex": "1_000"}, "/statusListIndex"),
        ({"statusListIndex": " 1"}, "/statusListIndex"),
        ({"statusListIndex": "\u0667"}, "/statusListIndex"),
        ({"statusListIndex": "9" * 100_000}, "/statusListIndex"),
        ({"statusListCredential": None}, "/statusListCredential"),
        ({"statusListCredential": "status/3"}, "/statusListCredential"),
        ({"statusListCredential": {"id": LIST_URL}}, "/statusListCredential"),
        ({"id": LIST_URL}, "/id"),
        ({"id": "no url"}, "/id"),
        ({"statusSize": 0}, "/statusSize"),
        ({"statusSize": -1}, "/statusSize"),
        ({"statusSize": "1"}, "/statusSize"),
        ({"statusSize": 1.0}, "/statusSize"),
        ({"statusSize": True}, "/statusSize"),
        ({"statusSize": 2**40}, "/statusSize"),
        ({"statusSize": 2}, "/statusMessage"),
        ({"statusSize": 2, "statusMessage": _FOUR[:3]}, "/statusMessage"),
        ({"statusSize": 2, "statusMessage": [*_FOUR[:3], _FOUR[0]]}, "/statusMessage"),
        ({"statusSize": 2, "statusMessage": [*_FOUR, _FOUR[0]]}, "/statusMessage"),
        ({"statusSize": 1, "statusMessage": _FOUR}, "/statusMessage"),
        ({"statusMessage": _FOUR}, "/statusMessage"),
        ({"statusMessage": []}, "/statusMessage"),
        ({"statusMessage": _FOUR[0]}, "/statusMessage"),
        ({"statusMessage": ["0x0", "0x1"]}, "/statusMessage/0"),
        ({"statusMessage": [{"status": "0"}, _FOUR[1]]}, "/statusMessage/0/status"),
        ({"statusMessage": [{"status": 0}, _FOUR[1]]}, "/statusMessage/0/status"),
        ({"statusMessage": [{"status": "0x0"}, _FOUR[1]]}, "/statusMessage/0/message"),
        ({"statusReference": "dictionary"}, "/statusReference"),
        ({"statusReference": []}, "/statusReference"),
        ({"statusReference": ["dictionary"]}, "/statusReference/0"),
        ({"statusReference": 7}, "/statusReference"),
    ],
)
def test_an_entry_that_breaks_a_must_is_refused_where_it_does(changes: dict[str, Any], at: str):
    with pytest.raises(MalformedError) as refused:
        BitstringStatusListEntry.parse(entry(**changes))

    assert refused.value.at == f"/credentialStatus{at}"


def test_the_entries_of_a_credential_are_those_of_the_type_each_with_its_place():
    other = {"id": "https://clinic.example/other", "type": "Other"}

    assert entries_of(credential()) == ()
    assert [item.purpose for item in entries_of(credential(other, entry()))] == ["revocation"]
    with pytest.raises(MalformedError) as refused:
        entries_of(credential(entry(), entry(statusListIndex="x")))
    assert refused.value.at == "/credentialStatus/1/statusListIndex"


def test_a_credential_cannot_ask_for_any_number_of_lists():
    lists = [entry(statusListCredential=f"{LIST_URL}/{number}") for number in range(17)]

    with pytest.raises(MalformedError, match="more statuses"):
        entries_of(credential(*lists))
