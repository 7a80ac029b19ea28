"""The commands of consent on files, as far as they need no server."""

import json

import pytest
from click.testing import CliRunner

from consent_contracts.cli import commands
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.record import GrantRecord
from consent_contracts.request import ConsentRequest, require_within
from ssi_core.encoding import base64url_encode
from tests.support.consent import (
    HOLDER,
    HOLDER_KEY,
    INSURER,
    LOG,
    RESEARCHER,
    make_access_request,
    make_grant,
    make_record,
    scope_item,
)

AT = "2026-12-03T09:00:00Z"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ADMIN_TOKEN", "URL"):
        monkeypatch.delenv(f"CONSENTRY_CONSENT_{name}", raising=False)

    def invoke(*arguments, stdin=None):
        return CliRunner().invoke(commands, [str(each) for each in arguments], input=stdin)

    return invoke


@pytest.fixture
def files(tmp_path):
    def write(**documents):
        for name, document in documents.items():
            (tmp_path / name).write_text(
                document if isinstance(document, str) else json.dumps(document)
            )

    write(
        request=make_access_request().to_json(),
        grants=[make_record().to_json()],
        scope=[scope_item("code", "onset").to_json()],
        secret=base64url_encode(bytes(range(32))),
        jwk=dict(HOLDER.public_key.jwk),
    )
    return write


@pytest.mark.parametrize(
    ("record", "status", "decision"),
    [
        (make_record(), 0, "permit"),
        (make_record(make_grant(recipient=RESEARCHER)), 1, "deny"),
        (make_record(state=None, known_at=None), 3, "indeterminate"),
    ],
)
def test_check_says_the_decision_and_ends_with_its_status(run, files, record, *, status, decision):
    files(grants={"grants": [record.to_json()]})

    result = run("check", "request", "--grants", "grants", "--at", AT)

    assert result.exit_code == status
    assert json.loads(result.stdout)["decision"] == decision


@pytest.mark.usefixtures("files")
def test_grants_may_come_on_standard_input_and_as_one_record(run):
    text = json.dumps(make_record().to_json())

    result = run("check", "request", "--grants", "-", "--at", AT, stdin=text)

    assert result.exit_code == 0


def test_what_was_found_out_and_how_fresh_it_must_be_are_conditions(run, files):
    files(context={"jurisdiction": "nowhere"})

    strict = run("check", "request", "--grants", "grants", "--at", AT, "--max-staleness", 30)
    wrong = run("check", "request", "--grants", "grants", "--context", "context")

    assert strict.exit_code == 3
    assert json.loads(strict.stdout)["refusals"] == ["stale_evidence"]
    assert wrong.exit_code == 1
    assert "/context/jurisdiction" in wrong.stderr


@pytest.mark.usefixtures("files")
def test_explain_speaks_to_a_person_and_traces_for_a_machine(run):
    result = run(
        "explain", "request", "--grants", "grants", "--at", AT, "--asker", "Northfield", "--trace"
    )

    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[0].startswith("Northfield asks for 2 details of your credentials")
    assert "The answer is yes." in lines
    assert json.loads(lines[-1])["answer"]["decision"] == "permit"


@pytest.mark.usefixtures("files")
def test_list_and_show_say_which_grants_there_are(run):
    listed = run("list", "--grants", "grants")
    shown = run("show", "zGrant", "--grants", "grants")
    missing = run("show", "zOther", "--grants", "grants")

    assert listed.stdout.split() == [
        "zGrant",
        "permit",
        "active",
        "2026-12-31",
        "HPAYMT",
        str(INSURER),
    ]
    assert json.loads(shown.stdout) == make_record().to_json()
    assert missing.exit_code == 1
    assert "not_found" in missing.stderr


def _request(run, *more):
    result = run(
        "request",
        *("--recipient", INSURER, "--recipient-name", "Northfield", "--purpose", "HPAYMT"),
        *("--until", "2099-01-01T00:00:00Z", "--begin", "2098-12-01T00:00:00Z"),
        *("--notice", "We check your policy.", "--if-refused", "You pay the bill."),
        *("--withdrawal-uri", "https://insurer.example/withdrawals", "--log", LOG, *more),
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_request_is_given_within_its_bounds_and_narrowed_further(run, files):
    asked = _request(run, "--obligation", "notify_of_use", "--uses", 5)
    files(asked=asked)

    given = run("give", "asked", "--scope", "scope", "--holder-key", HOLDER_KEY)
    files(given=given.stdout, less=[scope_item("code").to_json()])
    grant_id = json.loads(given.stdout)["grant"]["grant_id"]
    narrowed = run("narrow", grant_id, "--grants", "given", "--scope", "less", "--uses", 1)
    wider = run("narrow", grant_id, "--grants", "given", "--purpose", "HRESCH")

    record = GrantRecord.parse(json.loads(given.stdout))
    require_within(record.grant, ConsentRequest.from_json(asked))
    assert grant_id.startswith("local:")
    smaller = GrantRecord.parse(json.loads(narrowed.stdout)).grant
    assert (smaller.supersedes, smaller.limits.uses) == (grant_id, 1)
    assert wider.exit_code == 1
    assert "beyond_grant" in wider.stderr


@pytest.mark.parametrize("wider", [("--purpose", "HRESCH"), ("--until", "2099-06-01T00:00:00Z")])
def test_nothing_is_given_beyond_the_request(run, files, wider):
    files(asked=_request(run))

    result = run("give", "asked", "--scope", "scope", "--holder-key", HOLDER_KEY, *wider)

    assert result.exit_code == 1
    assert "beyond_request" in result.stderr
    assert result.stdout == ""


def test_with_the_secret_a_grant_is_signed_and_its_end_too(run, files):
    files(asked=_request(run))

    signed = run(
        *("give", "asked", "--scope", "scope", "--holder-jwk", "jwk"),
        *("--secret", "secret", "--id", "zNew"),
    )
    notice = run("withdraw", "zGrant", "--grants", "grants", "--secret", "secret", "--entry", 7)
    without = run(
        "give", "asked", "--scope", "scope", "--holder-key", HOLDER_KEY, "--secret", "secret"
    )

    issuer = str(GrantSecret(bytes(range(32))).issuer)
    assert json.loads(signed.stdout)["credential"].count("~") == 6
    assert issuer.startswith("did:key:")
    assert json.loads(notice.stdout)["notice"].count(".") == 2
    assert without.exit_code == 1
    assert "--holder-jwk" in without.stderr


@pytest.mark.usefixtures("files")
def test_a_record_is_withdrawn_on_file(run):
    result = run("withdraw", "zGrant", "--grants", "grants")

    assert json.loads(result.stdout)["state"] == "withdrawn"


@pytest.mark.parametrize("form", ["fhir-r4", "fhir-r5"])
def test_what_is_exported_to_fhir_and_imported_again_is_the_same_grant(run, files, form):
    files(known={})

    exported = run("export", "--grants", "grants", "--to", form)
    files(bundle=exported.stdout)
    imported = run(*("import", "bundle", "--from", form, "--correspondence", "known", "--at", AT))

    assert json.loads(exported.stdout)["resourceType"] == "Bundle"
    (record,) = json.loads(imported.stdout)
    assert GrantRecord.parse(record).grant == make_grant()
    assert record["state"] == "active"


def test_what_fhir_cannot_say_is_an_error_that_names_it(run, files):
    suspended = {**make_record().to_json(), "state": "suspended"}
    files(grants=[suspended])

    result = run("export", "zGrant", "--grants", "grants", "--to", "fhir-r4")

    assert result.exit_code == 1
    assert "data_loss" in result.stderr


def test_our_records_pass_through_import_checked(run, files):
    files(broken=[{"grant": {}, "state": "active", "known_at": 1}], nothing=[])

    good = run("import", "grants")
    broken = run("import", "broken")
    nothing = run("import", "nothing")

    assert json.loads(good.stdout) == [make_record().to_json()]
    assert broken.exit_code == nothing.exit_code == 1


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "request"),
        ("list",),
        ("show", "zGrant"),
        ("export",),
        ("check", "request", "--url", "http://localhost:1"),
        ("check", "missing", "--grants", "grants"),
        ("check", "request", "--grants", "secret"),
        ("check", "request", "--grants", "grants", "--at", "noon"),
        ("receipt", "request"),
        ("receipt", "missing"),
        ("give", "request", "--scope", "scope"),
        ("import", "request", "--from", "fhir-r4"),
    ],
)
def test_what_cannot_be_done_is_one_line_on_standard_error(run, arguments):
    result = run(*arguments)

    assert result.exit_code in {1, 3}
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
