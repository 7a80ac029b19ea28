"""No mutation of what a harness sends gets another answer than a yes, 400 or 422."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from consentry.harness.app import create_app
from tests.support.harness import DERIVED, KEYS, SUITES, harness, secured, unsigned

PROFILE = harness()
CLIENT = TestClient(create_app(PROFILE), raise_server_exceptions=False)
DEEP = "[" * 2_000 + "]" * 2_000
VALUES: tuple[Any, ...] = (None, 7, -1.5, True, "", "junk", [], ["junk", None], {}, {"id": "x"})
BODIES: tuple[bytes, ...] = (
    b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff", b'{"a":1,"a":2}', b'{"a":NaN}',
    b'{"credential":{"@context":["https://www.w3.org/ns/credentials/v2"]},"credential":1}',
    b'{"verifiableCredential":"\\ud800"}', DEEP.encode(), b'{"document":' + DEEP.encode() + b"}",
    b'{"verifiableCredential":"' + b"x" * 3_000_000 + b'"}',
)  # fmt: skip
ROUTES = (
    "/credentials/verify",
    "/credentials/verify?policy=proof-only",
    "/presentations/verify",
    "/proofs/verify",
    "/credentials/status",
    "/jose/P-256/credentials/issue",
    "/eddsa-rdfc-2022/Ed25519/credentials/issue?status=revocation",
    "/credentials/verify?policy=nothing",
    "/ecdsa-sd-2023/P-256/credentials/derive",
    *(f"/{suite}/{key_type}/credentials/issue" for suite, key_type in SUITES),
)


def mutations(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield `value` with one member, at any depth, replaced by something else or taken away."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in list(items):
        for other in VALUES:
            yield f"/{name}", put(value, name, other)
        yield f"/{name} removed", without(value, name)
        if isinstance(member, dict | list):
            for at, changed in mutations(member):
                yield f"/{name}{at}", put(value, name, changed)


def put(value: Any, name: Any, other: Any) -> Any:
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[name] = other
    return copy


def without(value: Any, name: Any) -> Any:
    copy = dict(value) if isinstance(value, dict) else list(value)
    del copy[name]
    return copy


def post(path: str, body: Any) -> tuple[int, Any]:
    answer = CLIENT.post(path, json=body)
    return answer.status_code, answer.json()


def is_no(status: int, answer: Any) -> bool:
    return status in {400, 422} and answer["verified"] is False and len(answer["errors"]) == 1


@pytest.mark.parametrize(("suite", "key_type"), [*SUITES[:3], SUITES[4], *SUITES[6:]])
def test_no_mutation_of_a_signed_credential_verifies_or_is_quoted(
    suite: str, key_type: str
) -> None:
    credential = secured(suite, key_type)
    assert post("/credentials/verify", {"verifiableCredential": credential})[0] == 200

    for at, changed in mutations(credential):
        status, answer = post("/credentials/verify", {"verifiableCredential": changed})

        assert is_no(status, answer), (at, status, answer)
        assert "School of Examples" not in json.dumps(answer)


def test_no_mutation_of_an_envelope_verifies() -> None:
    envelope: dict[str, Any] = dict(
        PROFILE.issuing.issue(unsigned("P-256"), suite="jose", key_type="P-256")
    )
    media_type, jwt = envelope["id"].split(",")
    assert post("/credentials/verify", {"verifiableCredential": envelope})[0] == 200
    changed_ids = (
        f"{media_type},{part}"
        for cut in range(0, len(jwt), 17)
        for part in (jwt[:cut], jwt[cut + 1 :], jwt[:cut] + "A" + jwt[cut:])
    )

    mutants = [*mutations(envelope), *((name, {**envelope, "id": name}) for name in changed_ids)]
    for at, changed in mutants:
        status, answer = post("/credentials/verify", {"verifiableCredential": changed})

        assert is_no(status, answer), (at, status, answer)
        assert "School of Examples" not in json.dumps(answer)


def test_no_mutation_of_a_status_entry_is_another_answer_than_a_no() -> None:
    issued = PROFILE.issuing.issue(
        unsigned("Ed25519"),
        suite="eddsa-jcs-2022",
        key_type="Ed25519",
        status_purpose="revocation",
    )
    body = {"credentialStatus": issued["credentialStatus"], "status": False}
    assert post("/credentials/status", body)[0] == 200

    for at, changed in mutations(body):
        status, answer = post("/credentials/status", changed)

        kept = at.split()[0].startswith(("/credentialStatus/id", "/credentialStatus/statusPurpose"))
        assert is_no(status, answer) or at == "/status" or kept, (at, status, answer)


@pytest.mark.parametrize(("suite", "key_type"), [SUITES[0], SUITES[2]])
def test_no_mutation_of_a_credential_leads_to_another_answer_at_issuance(
    suite: str, key_type: str
) -> None:
    for at, changed in mutations(unsigned(key_type)):
        status, answer = post(f"/{suite}/{key_type}/credentials/issue", {"credential": changed})

        if status == 201:
            again = {"verifiableCredential": answer["verifiableCredential"]}
            assert post("/credentials/verify", again)[0] == 200, at
        else:
            assert is_no(status, answer), (at, status, answer)


@pytest.mark.parametrize("suite", DERIVED)
def test_no_mutation_of_a_base_proof_derives(suite: str) -> None:
    key_type = dict(SUITES)[suite]
    path = f"/{suite}/{key_type}/credentials"
    issued = post(f"{path}/issue", {"credential": unsigned(key_type)})[1]["verifiableCredential"]
    options = {"selectivePointers": ["/credentialSubject/alumniOf"]}

    for at, changed in mutations({"proof": issued["proof"]}):
        mutant = {name: value for name, value in issued.items() if name != "proof"} | changed
        body = {"verifiableCredential": mutant, "options": options}
        status, answer = post(f"{path}/derive", body)

        assert is_no(status, answer), (at, status, answer)


def test_no_mutation_of_a_presentation_verifies_where_it_is_expected_to_be_signed() -> None:
    credential = secured("eddsa-jcs-2022", "Ed25519")
    shown = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": KEYS.dids()["Ed25519"],
        "verifiableCredential": [credential],
    }
    options = {"domain": "a", "challenge": "b"}

    for at, changed in mutations(shown):
        body = {"verifiablePresentation": changed, "options": options}
        status, answer = post("/presentations/verify", body)

        assert is_no(status, answer), (at, status, answer)


@pytest.mark.parametrize("path", ROUTES)
def test_junk_for_a_body_is_refused(path: str) -> None:
    for body in BODIES:
        answer = CLIENT.post(path, content=body, headers={"Content-Type": "application/json"})

        assert is_no(answer.status_code, answer.json()), (path, body[:40])


@pytest.mark.parametrize("path", ROUTES)
def test_anything_but_an_object_for_a_document_is_refused(path: str) -> None:
    for value in (*VALUES, "eyJhbGciOiJub25lIn0..", 2**70, [{}]):
        for name in ("credential", "verifiableCredential", "verifiablePresentation", "document"):
            status, answer = post(path, {name: value})

            assert is_no(status, answer), (path, name, value)


@pytest.mark.parametrize("value", [7, "junk", [], [7], True])
def test_options_of_another_form_are_refused(value: Any) -> None:
    credential = secured("ecdsa-sd-2023", "P-256")

    for options in (
        value,
        {"mandatoryPointers": value, "challenge": value, "domain": value},
        {"mandatoryPointers": [value], "challenge": [value], "domain": [value]},
    ):
        verified = post(
            "/credentials/verify", {"verifiableCredential": credential, "options": options}
        )
        issued = post(
            "/ecdsa-sd-2023/P-256/credentials/issue",
            {"credential": unsigned("P-256"), "options": options},
        )

        assert is_no(*verified)
        assert is_no(*issued) or options["mandatoryPointers"] in ([], [value])


def test_options_may_be_absent_or_null() -> None:
    credential = secured("eddsa-jcs-2022", "Ed25519")

    bodies: tuple[dict[str, Any], ...] = (
        {},
        {"options": None},
        {"options": {}},
        {"options": {"checks": ["proof"]}},
    )
    for body in bodies:
        assert post("/credentials/verify", {"verifiableCredential": credential, **body}) == (
            200,
            {"verified": True},
        )
