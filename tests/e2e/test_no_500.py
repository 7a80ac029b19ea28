"""Whatever is sent to any route of any service: an answer in the protocol's words, and soon.

CONSENTRY_FUZZ=N sends N requests to each operation instead of 60; CONSENTRY_SEED=N repeats a run.
"""

import os
from collections import Counter
from collections.abc import Iterator
from random import Random, SystemRandom
from typing import Any

import httpx
import pytest
from rich.console import Console

from consentry.demo import synthetic
from consentry.demo.narrator import Narrator
from consentry.demo.stage import Stage
from consentry.demo.story import Patient, Story
from ssi_core.adapters.problem_details import MEDIA_TYPE
from tests.support.fuzzer import Operation, Sent, operations, requests

_COUNT = int(os.environ.get("CONSENTRY_FUZZ", "60"))
_SEED = os.environ.get("CONSENTRY_SEED")
_SECONDS = 2.0
_WALLET = "fuzzed"


@pytest.fixture(scope="module")
def patient(open_stage: Stage) -> Iterator[Patient]:
    """A patient with a credential and grants, so that there is something to stumble over."""
    tale = Narrator(Console(), quiet="fuzz")
    story = Story(open_stage, tale)
    entered = story.enter(_WALLET, synthetic.bundle(3))
    story.play(entered)
    assert tale.broken == 0
    yield entered
    open_stage.process(_WALLET).stop()


def _known(stage: Stage, patient: Patient) -> list[str]:
    """Return identifiers that lead somewhere."""
    _request, uri = stage.verifier("insurer").ask("insurer-diagnosis")
    return [
        patient.insurer_request,
        patient.insurer_grant,
        patient.research_request,
        patient.credential,
        uri,
        stage.issuer("clinic").did(),
        str(stage.authority.did),
        "insurer-diagnosis",
        "diagnosis",
        "1",
    ]


@pytest.mark.parametrize("who", ["registry", "clinic", "insurer", _WALLET])
def test_no_request_breaks_a_service(who: str, open_stage: Stage, patient: Patient):
    seed = SystemRandom().randrange(2**32) if _SEED is None else int(_SEED)
    print(f"seed {seed}")  # noqa: T201 - shown when a test fails, to play it again
    chance = Random(seed)  # noqa: S311 - replayed by its seed
    member = open_stage.members[who]
    known, statuses = _known(open_stage, patient), Counter[int]()

    with httpx.Client(base_url=member.process.url, timeout=30) as client:
        described = client.get("/openapi.json").json()
        for operation in operations(described):
            count = _COUNT if operation.exists else 2
            for request in requests(
                operation, token=member.token, known=known, chance=chance, count=count
            ):
                statuses[_require_answer(client, operation, request).status_code] += 1

    print(dict(statuses))  # noqa: T201 - tells whether the junk got through the door
    assert {200, 400, 404, 405} <= statuses.keys()
    assert member.process.running
    assert '"event":"unexpected"' not in member.process.log.read_text()


def _require_answer(client: httpx.Client, operation: Operation, request: Sent) -> httpx.Response:
    answer = _send(client, request)
    if answer.elapsed.total_seconds() > _SECONDS:
        # A busy machine is no reason; the same request being slow each time is one.
        answer = _send(client, request)
    told = f"{operation.method} {operation.path}: {request}\n{answer.status_code} {answer.text}"
    assert answer.elapsed.total_seconds() <= _SECONDS, told
    # DID resolution says 501 of a method or an option that is not known.
    said = {503, 501} if "/identifiers/" in operation.path else {503}
    assert answer.status_code < 500 or answer.status_code in said, told
    if answer.status_code >= 400:
        assert _is_refusal(answer), told
    return answer


def _send(client: httpx.Client, request: Sent) -> httpx.Response:
    url = client.base_url.copy_with(raw_path=request.target)
    return client.request(request.method, url, headers=list(request.headers), content=request.body)


def _is_refusal(answer: httpx.Response) -> bool:
    """Say whether it is a problem document, an OAuth error, a DID resolution result or a page."""
    kind = answer.headers.get("content-type", "")
    if answer.status_code == 405 and not answer.content:
        return True
    if kind.startswith("text/html"):
        # Pages are for people, and so is what is wrong with them.
        return "<title>" in answer.text and answer.status_code < 500
    body: Any = answer.json()
    if kind.startswith(MEDIA_TYPE):
        return isinstance(body["type"], str) and body["status"] == answer.status_code
    for metadata in ("didResolutionMetadata", "dereferencingMetadata", "didDereferencingMetadata"):
        if metadata in body:
            return answer.status_code == 410 or isinstance(body[metadata]["error"], dict | str)
    return kind.startswith("application/json") and isinstance(body["error"], str)
