"""The command line of the VC-JOSE-COSE suite: what it writes, whatever it is given."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from consentry.cli import main
from ssi_core.encoding import base64url_encode
from ssi_core.keys import Ed25519Signer, P256Signer, P384Signer, P521Signer

_SPEC = "vc-jose-cose"
_KINDS = [Ed25519Signer, P256Signer, P384Signer, P521Signer]
_FEATURES = [
    f"{what}_{form}"
    for what in ("credential", "presentation")
    for form in ("jose", "cose", "sdjwt")
]
_SIGNER = P256Signer.generate()
_ISSUER = "https://clinic.example/issuer"
_CREDENTIAL = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/examples/v2",
    ],
    "type": ["VerifiableCredential", "ExampleCredential"],
    "issuer": _ISSUER,
    "validFrom": "2024-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:1", "name": "Ada", "phones": [{"number": "1"}]},
}
_PRESENTATION = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": _ISSUER,
    "verifiableCredential": [
        {
            "@context": "https://www.w3.org/ns/credentials/v2",
            "type": "EnvelopedVerifiableCredential",
            "id": "data:application/vc+jwt,not.opened.here",
        }
    ],
}


def _method(signer: Any = _SIGNER, **changes: Any) -> dict[str, Any]:
    jwk = signer.public_key.jwk
    return {
        "id": f"{_ISSUER}#key-1",
        "type": "JsonWebKey",
        "controller": _ISSUER,
        "publicKeyJwk": {**jwk, "alg": signer.public_key.algorithm, "kid": "k"},
        "secretKeyJwk": {**jwk, "d": base64url_encode(signer.secret)},
        **changes,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def _run(folder: Path, verb: str, source: Any, *options: str, **changes: Any) -> dict[str, Any]:
    """Run the command; return what it wrote, with its exit status."""
    key = changes.get("key", _method())
    files = {"input": folder / "input", "key": folder / "key.json", "output": folder / "out.json"}
    files["input"].write_text(source if isinstance(source, str) else json.dumps(source), "utf-8")
    files["key"].write_text(json.dumps(key), "utf-8")
    files["output"].unlink(missing_ok=True)
    named = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    feature = ["--feature", changes.get("feature", "credential_jose")]
    result: Result = CliRunner().invoke(main, ["harness", "jose", verb, *named, *feature, *options])
    written = json.loads(files["output"].read_text("utf-8"))
    return {**written, "exit": result.exit_code}


def _source(feature: str) -> dict[str, Any]:
    return _CREDENTIAL if feature.startswith("credential") else _PRESENTATION


@pytest.mark.spec(_SPEC, "3")
@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("feature", _FEATURES)
def test_what_was_issued_verifies_and_says_what_it_said(folder: Path, feature: str, kind: Any):
    source, key = _source(feature), _method(kind.generate())

    issued = _run(folder, "issue", source, feature=feature, key=key)
    verified = _run(folder, "verify", issued["data"] + "\n", feature=feature, key=key)

    assert (issued["result"], issued["exit"]) == ("success", 0)
    assert (verified["result"], verified["exit"]) == ("success", 0)
    assert source.items() <= json.loads(verified["data"]).items()


@pytest.mark.parametrize("feature", _FEATURES)
def test_another_key_fails_and_says_so(folder: Path, feature: str):
    issued = _run(folder, "issue", _source(feature), feature=feature)
    key = _method(P256Signer.generate())

    verified = _run(folder, "verify", issued["data"], feature=feature, key=key)

    assert (verified["result"], verified["exit"]) == ("failure", 1)
    assert verified["data"] == "signature does not hold"


@pytest.mark.parametrize("as_file", [False, True])
def test_paths_say_what_a_holder_may_withhold(folder: Path, as_file: bool):  # noqa: FBT001
    paths = '["credentialSubject.name", "credentialSubject.phones[0].number"]'
    if as_file:
        (folder / "sd.json").write_text(paths)
    given = str(folder / "sd.json") if as_file else paths

    issued = _run(folder, "issue", _CREDENTIAL, "--sd", given, feature="credential_sdjwt")

    assert issued["data"].count("~") == 3
    verified = _run(
        folder, "verify", issued["data"].split("~")[0] + "~", feature="credential_sdjwt"
    )
    subject = json.loads(verified["data"])["credentialSubject"]
    assert subject == {"id": "did:example:1", "phones": [{}]}


@pytest.mark.parametrize(
    "paths",
    ["[1]", "[", "{}", '[""]', '["a..b"]', '["a[x]"]', '["absent"]', '["@context"]', "/none"],
)
def test_paths_that_name_nothing_or_what_must_be_plain_fail(folder: Path, paths: str):
    issued = _run(folder, "issue", _CREDENTIAL, "--sd", paths, feature="credential_sdjwt")

    assert (issued["result"], issued["exit"]) == ("failure", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"badExtension": {"huh": "what"}},
        {"https://undefined.example/": 1},
        {"issuer": None},
        {"vc": {}},
        {"@context": ["https://www.w3.org/ns/credentials/v2", "https://unknown.example/"]},
        {"@context": ["https://www.w3.org/ns/credentials/v2"], "badExtension": 1},
        {"type": "Other"},
        {"credentialSubject": "Ada"},
    ],
)
def test_what_no_context_defines_by_name_is_not_signed(folder: Path, change: Any):
    issued = _run(folder, "issue", {**_CREDENTIAL, **change})

    assert (issued["result"], issued["exit"]) == ("failure", 1)


def test_a_member_that_an_inline_context_defines_is_signed(folder: Path):
    inline = {"ward": "https://clinic.example/terms#ward"}
    source = {**_CREDENTIAL, "@context": [*_CREDENTIAL["@context"], inline], "ward": "3"}

    assert _run(folder, "issue", source)["result"] == "success"


@pytest.mark.parametrize(
    "body", ["", "null", "7", '"x"', "[]", "{", '{"a":1,"a":2}', "a.b.c", "\x00"]
)
@pytest.mark.parametrize("feature", _FEATURES)
@pytest.mark.parametrize("verb", ["issue", "verify"])
def test_junk_is_a_failure_with_a_reason(folder: Path, verb: str, feature: str, body: str):
    written = _run(folder, verb, body, feature=feature)

    assert (written["result"], written["exit"]) == ("failure", 1)
    assert written["data"]


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Multikey"},
        {"id": None},
        {"publicKeyJwk": None},
        {"secretKeyJwk": None},
        {"secretKeyJwk": {"crv": "X"}},
        {"secretKeyJwk": {"crv": "P-256"}},
        {"publicKeyJwk": P256Signer.generate().public_key.jwk},
    ],
)
def test_a_key_that_is_no_json_web_key_with_its_secret_does_not_sign(folder: Path, change: Any):
    written = _run(folder, "issue", _CREDENTIAL, key=_method(**change))

    assert (written["result"], written["exit"]) == ("failure", 1)


@pytest.mark.spec(_SPEC, "3.1.2")
def test_a_presentation_with_a_credential_outside_an_envelope_fails(folder: Path):
    plain = {**_PRESENTATION, "verifiableCredential": [_CREDENTIAL]}
    issued = _run(folder, "issue", plain, feature="presentation_jose")

    verified = _run(folder, "verify", issued["data"], feature="presentation_jose")

    assert verified["result"] == "failure"


def test_the_group_says_what_is_in_it():
    shown = CliRunner().invoke(main, ["harness", "jose", "--help"]).output

    assert "issue" in shown
    assert "verify" in shown
