"""The log that another was handed over to is believed with proof, and doubted without."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from registry.client import RegistryClient
from registry.client.next_log import HttpNextLog
from registry.model import checkpoint
from registry.model.checkpoint import Checkpoint
from registry.model.log_records import Successor
from registry.model.merkle import leaf_hash
from ssi_core.adapters import problem_details
from ssi_core.adapters.http import HttpClient
from ssi_core.encoding import base64url_encode
from ssi_core.errors import NotFoundError, UnavailableError
from tests.support.registry import signer
from tests.support.serving import serving

ORIGIN, KEY = "registry.example/2027", signer("next log")
HERE, ELSEWHERE = leaf_hash(b"here"), leaf_hash(b"elsewhere")
SUCCESSOR = Successor(index=1, origin=ORIGIN, key=KEY.public_key.multikey, allows=())


@contextmanager
def following(*, key: str = "next log", says: bytes = HERE) -> Iterator[HttpNextLog]:
    """A registry whose log has one entry, and which says of `says` that it is that."""
    app = FastAPI()
    problem_details.install(app)
    note = checkpoint.sign(Checkpoint(ORIGIN, 1, HERE), signer=signer(key))

    @app.get("/checkpoint")
    def read_checkpoint() -> PlainTextResponse:
        return PlainTextResponse(note)

    @app.get("/receipts/{leaf}")
    def read_receipt(leaf: str) -> dict[str, object]:
        if leaf != base64url_encode(says):
            raise NotFoundError("the log has no such entry")
        return {"index": 0, "leaf": leaf, "state": "published", "witnesses": []}

    @app.get("/proofs/inclusion")
    def prove_inclusion() -> dict[str, object]:
        return {"index": 0, "size": 1, "path": []}

    http = HttpClient()
    with serving(app) as url:
        yield HttpNextLog(RegistryClient(http, url), SUCCESSOR)
    http.close()


def test_what_is_proved_is_there_and_what_the_log_does_not_know_is_not():
    with following() as log:
        found, missing = log.has(HERE), log.has(ELSEWHERE)

    assert (found, missing) == (True, False)


def test_what_is_only_said_to_be_there_is_not_known():
    with following(says=ELSEWHERE) as log, pytest.raises(UnavailableError, match="not prove"):
        log.has(ELSEWHERE)


def test_what_another_log_says_is_not_known_be_it_yes_or_no():
    with following(key="another log") as log:
        for leaf in (HERE, ELSEWHERE):
            with pytest.raises(UnavailableError, match="another log that answers"):
                log.has(leaf)


def test_a_next_log_that_is_away_is_not_known():
    http = HttpClient(timeout=1)
    log = HttpNextLog(RegistryClient(http, "http://127.0.0.1:9"), SUCCESSOR)

    with pytest.raises(UnavailableError):
        log.has(HERE)
    http.close()
