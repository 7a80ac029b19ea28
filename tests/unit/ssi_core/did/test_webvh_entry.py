"""did:webvh log entries by themselves: form, SCID, hash, proofs."""

from datetime import timedelta
from typing import Any

import pytest

from ssi_core.did.webvh_log import WebvhState
from ssi_core.errors import (
    AlgorithmError,
    ExpiredError,
    MalformedError,
    ProofError,
    SsiError,
)
from ssi_core.keys import P256Signer

pytestmark = pytest.mark.spec("did:webvh 1.0", "The DID Log File")


def flipped(text: str) -> str:
    return text[:-1] + ("2" if text[-1] != "2" else "3")


def test_a_first_entry_makes_a_did(author):
    line = author.first(state={"unknown": [1]})

    state = WebvhState.first(line)

    assert str(state.did) == line["state"]["id"] == f"did:webvh:{state.scid}:clinic.example"
    assert (state.version_number, state.version_id) == (1, line["versionId"])
    assert state.version_time == state.created == author.start
    assert state.update_keys == (author.multikey(1),)
    assert state.document.source["unknown"] == [1]
    assert not state.portable
    assert not state.deactivated
    assert state.witness is state.approval is None


def test_unknown_members_of_an_entry_are_kept_in_hash_and_proof(author):
    line = author.first(note="kept")

    WebvhState.first(line)
    with pytest.raises(ProofError):
        WebvhState.first({**line, "note": "changed"})


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "versionI",
        "versionId ",
        "versionIdea",
        "versionJ",
        "z",
        "\u00e9",
        "\U0001f600",
        '"',
    ],
)
def test_members_around_the_version_id_are_in_the_hash_too(author, name: str):
    line = author.first(**{name: {"versionId": '","versionId":"x"'}})

    assert WebvhState.first(line).version_id == line["versionId"]
    with pytest.raises(ProofError):
        WebvhState.first({**line, name: None})


@pytest.mark.parametrize("member", ["versionTime", "parameters", "state"])
def test_a_changed_first_entry_is_refused(author, member: str):
    line = author.first()
    other = author.first(
        place="other.example", versionTime="2026-01-01T00:00:00Z", parameters={"ttl": 60}
    )

    with pytest.raises(ProofError):
        WebvhState.first({**line, member: other[member]})


@pytest.mark.parametrize(
    "version_id",
    [
        "1",
        "1-",
        "-Qm",
        "01-{}",
        "+1-{}",
        "1--{}",
        "1-{}-x",
        "0-{}",
        "1.0-{}",
        "1-z{}",
        "1-{} ",
        "\u0661-{}",
        "9999999999-{}",
        "",
        None,
        7,
        ["1"],
    ],
)
def test_a_version_id_is_a_number_a_dash_and_a_hash(author, version_id: Any):
    line = author.first()
    entry_hash = line["versionId"].partition("-")[2]
    given = version_id.format(entry_hash) if isinstance(version_id, str) else version_id

    with pytest.raises(MalformedError, match="versionId"):
        WebvhState.first({**line, "versionId": given})


def test_a_hash_of_another_algorithm_is_refused(author):
    line = author.first()

    with pytest.raises(SsiError):
        WebvhState.first({**line, "versionId": "1-" + flipped(line["versionId"][2:])})


def test_a_wrong_scid_is_refused(author):
    line = author.first()
    scid = line["parameters"]["scid"]
    wrong = flipped(scid)
    moved = {**line["state"], "id": line["state"]["id"].replace(scid, wrong)}

    with pytest.raises(ProofError, match="SCID"):
        WebvhState.first({**line, "parameters": {**line["parameters"], "scid": wrong}})
    with pytest.raises(ProofError, match="SCID"):
        WebvhState.first({**line, "state": moved})
    with pytest.raises(ProofError, match="SCID"):
        WebvhState.first(
            {**line, "state": moved, "parameters": {**line["parameters"], "scid": wrong}}
        )


def test_two_first_entries_never_share_a_scid(author):
    line = author.first(state={"alsoKnownAs": ["did:web:{SCID}.example"]})
    scid = line["parameters"]["scid"]
    state = {**line["state"], "alsoKnownAs": ["did:web:{SCID}.example"]}
    unsecured = {**line, "state": state}
    del unsecured["proof"]

    WebvhState.first(line)
    with pytest.raises(MalformedError, match="placeholder"):
        WebvhState.first(author.sealed(unsecured, number=1, predecessor=scid))


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-01T12:00:00",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T12:00:00-00:00",
        "2026-03-01",
        "2026-02-30T12:00:00Z",
        "12:00Z",
        "Z",
        "",
        None,
        0,
    ],
)
def test_a_version_time_is_a_moment_in_utc(author, time: Any):
    with pytest.raises(MalformedError, match="/versionTime"):
        WebvhState.first(author.first(versionTime=time))


def test_utc_may_be_written_as_an_offset(author):
    state = WebvhState.first(author.first(versionTime="2026-03-01T12:00:00.5+00:00"))

    assert state.version_time == author.start + timedelta(milliseconds=500)


def test_a_first_entry_is_signed_by_one_of_its_own_keys(author):
    both = {"updateKeys": [author.multikey(1), author.multikey(2)]}

    WebvhState.first(author.first(parameters=both, signer=author.signer(2)))
    with pytest.raises(ProofError, match="not authorised"):
        WebvhState.first(author.first(parameters=both, signer=author.signer(3)))


def test_an_entry_without_proof_is_refused(author):
    line = author.first()
    proofs: tuple[Any, ...] = ([], None, {}, [{}], "x")

    for proof in proofs:
        with pytest.raises(SsiError):
            WebvhState.first({**line, "proof": proof})
    del line["proof"]
    with pytest.raises(ProofError):
        WebvhState.first(line)


def test_one_proof_may_stand_without_its_array(author):
    line = author.first()

    assert WebvhState.first({**line, "proof": line["proof"][0]}) == WebvhState.first(line)


def test_every_proof_must_hold_and_be_authorised(author):
    keys = {"updateKeys": [author.multikey(1), author.multikey(2)]}
    line = author.first(parameters=keys)
    unsecured = {name: value for name, value in line.items() if name != "proof"}
    second, stranger = (
        author.signed(unsecured, signer=author.signer(number))["proof"][0] for number in (2, 3)
    )
    broken = {**second, "proofValue": line["proof"][0]["proofValue"]}

    WebvhState.first({**line, "proof": [*line["proof"], second]})
    for other in (stranger, broken):
        with pytest.raises(ProofError):
            WebvhState.first({**line, "proof": [*line["proof"], other]})


def test_the_fragment_of_the_verification_method_is_its_body(author):
    line = author.first(parameters={"updateKeys": [author.multikey(1), author.multikey(2)]})
    one, two = author.multikey(1), author.multikey(2)

    for method in (f"did:key:{two}#{one}", f"did:key:{one}#{two}", f"did:key:{one}", one, "#", ""):
        changed = {**line["proof"][0], "verificationMethod": method}
        with pytest.raises(MalformedError):
            WebvhState.first({**line, "proof": [changed]})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("type", "Ed25519Signature2020"),
        ("cryptosuite", "ecdsa-jcs-2019"),
        ("cryptosuite", "eddsa-rdfc-2022"),
        ("cryptosuite", None),
        ("proofPurpose", "authentication"),
        ("proofPurpose", None),
    ],
)
def test_a_proof_of_another_kind_is_refused(author, member: str, value: Any):
    line = author.first()

    with pytest.raises(ProofError):
        WebvhState.first({**line, "proof": [{**line["proof"][0], member: value}]})


def test_a_proof_that_expires_is_refused(author):
    line = author.first()
    unsecured = {name: value for name, value in line.items() if name != "proof"}

    with pytest.raises(ExpiredError):
        WebvhState.first(author.signed(unsecured, expires="2099-01-01T00:00:00Z"))


def test_an_update_key_of_another_kind_cannot_sign(author):
    p256 = P256Signer(b"\x05" * 32).public_key.multikey
    line = author.first(parameters={"updateKeys": [author.multikey(1), p256]})
    forged = {**line["proof"][0], "verificationMethod": f"did:key:{p256}#{p256}"}

    WebvhState.first(line)
    with pytest.raises(AlgorithmError):
        WebvhState.first({**line, "proof": [forged]})
