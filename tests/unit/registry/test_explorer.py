"""The explorer's pages: what stands in them, what a browser may do, and no stranger's HTML."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from registry.adapters.memory import MemoryLogStore, MemoryWitnessMemory
from registry.app import create_app
from registry.client import RegistryClient
from registry.model import entry
from registry.service.registry import LogKeys, Registry
from registry.web.html import Html, el
from registry.web.verify_page import PROGRAM
from ssi_core.adapters.clock import FixedClock
from ssi_core.adapters.http import HttpClient
from ssi_core.encoding import base64url_encode
from tests.support.registry import AT, ORIGIN, grant, organisation, signer
from tests.support.registry_server import RegistryServer

MINISTRY, CLINIC = organisation("ministry"), organisation("clinic")
# Credential types are free text, so this is what a stranger can put before a reader.
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
ROOT = MINISTRY.accredits(MINISTRY.did, role="accredit", types=("urn:x:1", HOSTILE))
BELOW = MINISTRY.accredits(CLINIC.did, types=(HOSTILE,), parent=ROOT)
GIVEN, ENDED, RESTING, GONE = (grant(name) for name in ("given", "ended", "resting", "gone"))
PAGES = [
    "", "entries", "entries?start=0", "entries/0", "entries/3", "entries/4", "checkpoint",
    "accreditations", f"did?did={quote(str(MINISTRY.did))}", f"did?did={HOSTILE}",
    "did?did=did:web:nobody",
    "verify", "verify?index=3", "entries/999", "entries/-1", "entries/x", f"find?q={HOSTILE}",
    "entries?start=99999", "did",
]  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    opened = Registry(
        MemoryLogStore(),
        origin=ORIGIN,
        public_url="http://localhost:8100",
        keys=LogKeys(log=signer("log"), witness=signer("witness"), did_witness=signer("did")),
        memory=MemoryWitnessMemory(),
        clock=FixedClock(AT + timedelta(minutes=1)),
    )
    with opened:
        opened.submit_all([MINISTRY.op, CLINIC.op, ROOT, BELOW, GIVEN.raw])
        opened.submit_all([ENDED.raw, RESTING.raw, GONE.raw, ENDED.revoked(), GONE.revoked()])
        (gone,) = [each.index for each in opened.reader.grant(GONE.id).entries[:1]]
        resting = entry.consent_suspend(log=ORIGIN, grant_id=RESTING.id, signer=RESTING.key, at=AT)
        redact = entry.consent_redact(
            log=ORIGIN, grant_id=GONE.id, index=gone, signer=GONE.key, at=AT
        )
        results = opened.submit_all([resting, redact, CLINIC.updates()])
        assert [getattr(each, "reason", None) for each in results] == [None] * 3
        yield opened


@pytest.fixture(scope="module")
def client(registry: Registry) -> Iterator[TestClient]:
    with TestClient(create_app(registry), raise_server_exceptions=False) as client:
        yield client


def index_of(client: TestClient, raw: bytes) -> int:
    found = client.get(f"/explorer/find?q={entry.entry_id(raw)}", follow_redirects=False)
    return int(found.headers["location"].rpartition("/")[2])


@pytest.mark.parametrize("page", PAGES)
def test_no_page_lets_a_stranger_speak_to_the_browser(client, page):
    answer = client.get(f"/explorer/{page}")

    assert answer.status_code < 500
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_one_whole_document_that_needs_nothing_from_elsewhere(client, page):
    text = client.get(f"/explorer/{page}").text

    assert text.startswith('<!doctype html>\n<html lang="en">')
    opened = re.findall(r"<([a-z0-9]+)[ >]", text)
    for tag in {*opened} - {"br", "input", "link", "meta"}:
        assert text.count(f"</{tag}>") == opened.count(tag), tag
    assert "style=" not in text
    assert re.findall(r'(?:src|href|action)="(?:[a-z]+:)?//', text) == []
    assert 'name="viewport"' in text


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(client, page):
    address = f"/explorer/{page}"
    answer = client.get(address)

    links = {unescape(link) for link in re.findall(r'(?:href|action)="([^"]*)"', answer.text)}
    assert len(links) > 3
    for link in links:
        there = client.get(str(answer.request.url.join(link)))
        expected = 400 if link.endswith("find") else 200
        assert there.status_code == expected, link


def test_an_entry_is_shown_letter_for_letter_with_its_proof(client, registry):
    index = index_of(client, GIVEN.raw)

    text = unescape(client.get(f"/explorer/entries/{index}").text)

    assert GIVEN.raw.decode() in text
    proof = registry.reader.inclusion(index)
    assert all(base64url_encode(node) in text for node in proof.path)
    assert f"entries/{index}" in text


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (GIVEN.raw, "in force"),
        (ENDED.raw, "ended"),
        (RESTING.raw, "suspended"),
        (BELOW, "in force"),
    ],
)
def test_an_entry_says_what_became_of_it(client, raw, word):
    text = client.get(f"/explorer/entries/{index_of(client, raw)}").text

    assert re.findall(r'class="badge [a-z]+">([^<]*)<', text) == [word]


def test_dropped_bytes_are_shown_nowhere_and_the_proof_stays(client, registry):
    place = index_of(client, GONE.raw)

    text = client.get(f"/explorer/entries/{place}").text

    assert "Its bytes were dropped" in text
    assert json.loads(GONE.raw)["n"] not in text
    assert base64url_encode(registry.reader.inclusion(place).path[0]) in text


def test_the_checkpoint_says_who_saw_it_when(client, registry):
    text = unescape(client.get("/explorer/checkpoint").text)

    assert registry.reader.checkpoint() in text
    assert registry.witness_key.name in text
    assert "2026-11-21 09:31:00 UTC" in text


def test_accreditations_stand_below_what_they_stand_on(client):
    text = unescape(client.get("/explorer/accreditations").text)

    root, below = text.index(f">{MINISTRY.did}<"), text.index(f">{CLINIC.did}<")
    assert root < below
    assert text[root:below].count('<ul class="tree">') == 1


def test_the_history_of_a_did_has_every_version(client):
    text = client.get("/explorer/did", params={"did": str(CLINIC.did)}).text

    assert re.findall(r'class="badge [a-z]+">([^<]*)<', text) == [
        "superseded", "current", "in force",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("3", "./entries/3"),
        (f" {GIVEN.id} ", "./entries/5"),
        (base64url_encode(entry.Entry.parse(GIVEN.raw).leaf), "./entries/5"),
        ("did:web:a.example", "./did?did=did%3Aweb%3Aa.example"),
    ],
)
def test_what_is_looked_for_is_found(client, asked, there):
    answer = client.get("/explorer/find", params={"q": asked}, follow_redirects=False)

    expected = there if "/5" not in there else f"./entries/{index_of(client, GIVEN.raw)}"
    assert answer.headers["location"] == expected


def test_text_is_escaped_and_html_is_not():
    made = el("p", "<&>", el("b", '"'), ["'", None], title='"<')

    assert made == '<p title="&quot;&lt;">&lt;&amp;&gt;<b>&quot;</b>&#x27;</p>'
    assert isinstance(made, Html)


def test_the_program_on_the_page_says_of_a_running_registry_what_is_true(tmp_path: Path) -> None:
    right, wrong = tmp_path / "check.py", tmp_path / "wrong.py"
    right.write_text(PROGRAM, encoding="utf-8")
    # With another prefix no leaf has the right hash, as if an entry had been changed.
    wrong.write_text(PROGRAM.replace('b"\\0"', 'b"\\2"'), encoding="utf-8")
    with RegistryServer(tmp_path / "registry") as server, closing(HttpClient()) as http:
        registry = RegistryClient(http, server.url)
        origin = registry.log().origin
        for number in range(4):
            registry.submit(grant(f"grant {number}", log=origin).raw)
        size = int(registry.checkpoint().split("\n")[1])

        said = [_run(right, server.url, index) for index in range(size)]
        refused = _run(wrong, server.url, 0)

    assert [each.returncode for each in said] == [0] * size
    assert f"is in {origin} with {size} entries" in said[0].stdout
    assert refused.returncode == 1
    assert "NOT in the log" in refused.stderr


def _run(program: Path, url: str, index: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-S", str(program), url, str(index)]
    return subprocess.run(  # noqa: S603 - the program on our own page
        command, capture_output=True, text=True, timeout=60, check=False
    )
