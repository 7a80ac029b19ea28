"""Two recipients who pool all they see, and whoever keeps a copy of the log, join nothing.

`CONSENTRY_DRILL_PATIENTS` makes it a drill: how many patients are simulated, 400 by default.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread
from typing import Any, ClassVar

import pytest

from consent_contracts import grant_credential
from consent_contracts.grant import Recipient
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.purpose import Purpose
from registry.client import RegistryClient
from registry.model import entry
from ssi_core.adapters.http import HttpClient
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError
from ssi_core.keys import P256Signer, thumbprint
from ssi_core.period import Period
from tests.support.consent import INSURER, LOG, RESEARCHER, START, make_grant
from tests.support.linking import Seen, join, seen
from wallet.consent import grant_entry

PATIENTS = int(os.environ.get("CONSENTRY_DRILL_PATIENTS", "400"))
MONTH = 30 * 86_400
PURPOSES = {INSURER: Purpose.HPAYMT, RESEARCHER: Purpose.HRESCH}


@dataclass
class Life:
    """One grant of one patient, as its recipient and the log come to know it."""

    given: bytes
    given_at: float
    replaced: bytes | None
    ended: bytes
    ended_at: float
    credential: dict[str, Any]


@dataclass(frozen=True)
class Patient:
    """A phone whose clock is off by some seconds, and what it did for each of two recipients."""

    lives: dict[Did, Life]


@pytest.fixture(scope="module")
def patients() -> list[Patient]:
    """Patients who give both a grant some time in a month, and take it back in the next."""
    chance = Random(2026)  # noqa: S311 - times of a simulation
    return [_patient(chance) for _ in range(PATIENTS)]


def _patient(chance: Random) -> Patient:
    skew = chance.gauss(0, 20)
    return Patient({recipient: _life(recipient, skew, chance) for recipient in PURPOSES})


def _life(recipient: Did, skew: float, chance: Random) -> Life:
    given, ended = chance.uniform(0, MONTH), chance.uniform(MONTH, 2 * MONTH)
    secret, holder = GrantSecret.generate(), P256Signer.generate()
    grant = make_grant(
        recipient=Recipient(recipient),
        purposes=frozenset({PURPOSES[recipient]}),
        holder_keys=frozenset({thumbprint(holder.public_key.jwk)}),
        period=Period(_moment(given), _moment(given) + timedelta(days=90)),
    )
    raw = grant_entry(grant, secret, at=_moment(given + skew))
    grant_id, shown = entry.entry_id(raw) or "", secret
    replaced: bytes | None = None
    if chance.random() < 1 / 3:
        shown = GrantSecret.generate()
        later = _moment(given + 86_400 + skew)
        new = grant_entry(grant, shown, at=later)
        replaced = entry.consent_supersede(
            grant_id=grant_id, new=new, signer=secret.signer, at=later
        )
        grant_id = entry.entry_id(new) or ""
    end = entry.consent_revoke(
        log=LOG, grant_id=grant_id, signer=shown.signer, at=_moment(ended + skew)
    )
    disclosed = grant_credential.disclosures(grant, shown)
    return Life(
        given=raw,
        given_at=given + chance.uniform(0, 2),
        replaced=replaced,
        ended=end,
        ended_at=ended + chance.uniform(0, 2),
        credential={"iss": str(shown.issuer), "sent": [each.text for each in disclosed]},
    )


def _moment(seconds: float) -> datetime:
    return START + timedelta(seconds=int(seconds))


def pooled(patients: list[Patient], recipient: Did) -> list[Seen]:
    """What one recipient saw of each patient: entries, when they came, and the grant itself."""
    return [_sighting(patient.lives[recipient]) for patient in patients]


def _sighting(life: Life) -> Seen:
    # Where an entry stands in the log says no more than when it came.
    came = {"given": int(life.given_at), "ended": int(life.ended_at)}
    documents = (life.given, life.ended, life.credential, came, life.replaced)
    return seen(*documents, arrived=life.given_at)


def test_two_recipients_who_pool_all_they_see_join_no_better_than_chance(patients):
    chance = Random(1)  # noqa: S311 - an attacker's guesses

    verdict = join(pooled(patients, INSURER), pooled(patients, RESEARCHER), chance=chance)

    low, high = verdict.interval
    assert low <= 0.5 <= high
    assert high - low < 4 / PATIENTS**0.5


def _shared_key(_number: int, left: Life, right: Life) -> None:
    right.given = _with(right.given, ctl=json.loads(left.given)["ctl"])


def _nonce_prefix(number: int, left: Life, right: Life) -> None:
    for life in (left, right):
        nonce = json.loads(life.given)["n"]
        life.given = _with(life.given, n=f"{number:04x}{nonce[4:]}")


def _exact_times(number: int, left: Life, right: Life) -> None:
    skew = Random(number).gauss(0, 20)  # noqa: S311 - a clock that is off
    for life in (left, right):
        life.given = _with(life.given, ts=int(START.timestamp() + life.given_at + skew))


def _own_length(number: int, left: Life, right: Life) -> None:
    for life in (left, right):
        beginning = json.loads(life.given)["nbf"]
        life.given = _with(life.given, exp=beginning + (24 + number % 60) * 3_600)


def _taken_back_together(_number: int, left: Life, right: Life) -> None:
    right.ended_at = left.ended_at + 3


def _one_salt_in_two_grants(_number: int, left: Life, right: Life) -> None:
    salt = left.credential["sent"][0][:20]
    right.credential["sent"][0] = salt + right.credential["sent"][0][20:]


@pytest.mark.parametrize(
    "leak",
    [
        _shared_key,
        _nonce_prefix,
        _exact_times,
        _own_length,
        _taken_back_together,
        _one_salt_in_two_grants,
    ],
    ids=lambda leak: leak.__name__.strip("_"),
)
def test_the_same_attacker_finds_a_leak_that_is_planted(
    patients: list[Patient], leak: Callable[[int, Life, Life], None]
) -> None:
    some = patients[: PATIENTS // 2]
    changed = [Patient({who: _copy(life) for who, life in one.lives.items()}) for one in some]
    for number, patient in enumerate(changed):
        leak(number, patient.lives[INSURER], patient.lives[RESEARCHER])
    chance = Random(1)  # noqa: S311 - an attacker's guesses

    verdict = join(pooled(changed, INSURER), pooled(changed, RESEARCHER), chance=chance)

    assert verdict.interval[0] > 0.55


def _copy(life: Life) -> Life:
    shown = {**life.credential, "sent": list(life.credential["sent"])}
    return replace(life, credential=shown)


def _with(raw: bytes, **members: Any) -> bytes:
    text = json.dumps({**json.loads(raw), **members}, sort_keys=True, separators=(",", ":"))
    return text.encode()


def test_whoever_keeps_the_log_sees_nothing_of_a_patient_in_two_grants(patients):
    lives = [life for patient in patients for life in patient.lives.values()]
    histories = [{*_texts([json.loads(raw) for raw in _entries(life)])} for life in lives]

    counts = Counter(text for history in histories for text in history)

    # What is in every history, such as the names of types, is nobody's own.
    everywhere = {text for text, count in counts.items() if count == len(histories)}
    often = {text for text, count in counts.items() if count > 1}
    assert often - everywhere == {"consent.supersede"}
    assert LOG in everywhere
    assert all(len(text) < 25 for text in everywhere)


def _entries(life: Life) -> list[bytes]:
    return [raw for raw in (life.given, life.replaced, life.ended) if raw is not None]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield from value.split("#")


def test_all_grants_have_one_size_but_for_a_digit_of_the_signature(patients):
    lives = [life for patient in patients for life in patient.lives.values()]

    sizes = {len(life.given) - len(json.loads(life.given)["proof"]["proofValue"]) for life in lives}
    ends = {len(life.ended) - len(json.loads(life.ended)["proof"]["proofValue"]) for life in lives}

    assert len(sizes) == 1
    assert len(ends) == 1


def test_no_entry_of_a_patient_says_more_of_its_moment_than_the_hour(patients):
    for patient in patients:
        for life in patient.lives.values():
            entries = [json.loads(raw) for raw in _entries(life)]
            entries += [each["new"] for each in entries if "new" in each]
            moments = [
                each[name] for each in entries for name in ("ts", "nbf", "exp") if name in each
            ]

            assert len(moments) >= 4
            assert all(moment % 3_600 == 0 for moment in moments)


class _Listening(BaseHTTPRequestHandler):
    """A registry that writes down what it is sent, and answers nothing of use."""

    heard: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        self.send_response(HTTPStatus.SERVICE_UNAVAILABLE)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - as the library has it
        """Say nothing."""


def test_requests_of_two_wallets_differ_in_the_entry_and_in_nothing_else(patients):
    with ThreadingHTTPServer(("127.0.0.1", 0), _Listening) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        for patient in patients[:8]:
            with closing(HttpClient()) as http, pytest.raises(UnavailableError):
                RegistryClient(http, url).submit(patient.lives[INSURER].given)
        server.shutdown()
        thread.join()

    assert len(_Listening.heard) == 8
    paths = {path for path, _headers in _Listening.heard}
    headers = [{**one, "content-length": ""} for _path, one in _Listening.heard]
    assert paths == {"/entries"}
    assert headers == [headers[0]] * 8
    assert headers[0].keys().isdisjoint({"cookie", "authorization", "x-request-id"})
