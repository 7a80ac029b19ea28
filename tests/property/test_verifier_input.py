"""Whatever is sent to the verifier's endpoints: an answer or a problem, and never a 500."""

import json
from functools import cache
from urllib.parse import quote, urlencode

from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from ssi_core import strict_json
from ssi_core.adapters.problem_details import MEDIA_TYPE
from ssi_core.encoding import base64url_encode
from ssi_core.errors import SsiError
from tests.support.verifier import World
from verifier.app import create_app
from verifier.policy import Policy

TOKEN = {"Authorization": "Bearer desk"}
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["\ud800", "\x00", "diagnosis", "consent_grant", "HPAYMT", "insurer-diagnosis", "a.b.c", "~"]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        "policy", "period", "overrides", "response_mode", "client_id_prefix", "purpose", "claims",
        "notice", "id", "title", "purposes", "credentials", "issuers", "status", "grant",
        "holder_binding", "if_refused", "vct", "path", "required", "dids", "max_age",
    ]
)  # fmt: skip
BODIES = (
    st.binary(max_size=60)
    | JUNK.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(NAMES | TEXTS, JUNK, max_size=6).map(lambda value: json.dumps(value).encode())
)
KINDS = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "", "é".encode()]
)
SENT = settings(max_examples=60)


@cache
def _world() -> World:
    return World()


@cache
def _client() -> TestClient:
    return TestClient(create_app(_world().verifier, admin_token="desk"))  # noqa: S106 - a test's


def _answered(answer):
    assert answer.status_code != 500
    assert answer.status_code < 400 or answer.headers["content-type"] == MEDIA_TYPE


@SENT
@given(BODIES, KINDS, st.booleans())
def test_any_body_at_any_door_is_answered(body, kind, known):
    asked = _world().ask("insurer-diagnosis" if known else "plain-diagnosis")
    headers = {**TOKEN, "Content-Type": kind}

    for path in (
        "/desk/requests",
        f"/desk/requests/{asked.id}/uses",
        f"/requests/{asked.id}",
        f"/responses/{asked.response_id}",
        "/withdrawals",
    ):
        _answered(_client().post(path, content=body, headers=headers))


@SENT
@given(st.text(max_size=80), st.sampled_from(["requests", "responses", "desk/requests", ""]))
def test_any_path_is_answered(text, prefix):
    path = f"/{prefix}/{quote(text, safe='', errors='surrogatepass')}"

    _answered(_client().get(path, headers=TOKEN))
    _answered(_client().post(path, content=b"a=b", headers=TOKEN))


def _part(value):
    return base64url_encode(json.dumps(value).encode())


PRESENTATIONS = TEXTS | st.tuples(
    st.dictionaries(st.sampled_from(["alg", "typ", "kid", "x5c"]) | TEXTS, JUNK, max_size=4),
    st.dictionaries(
        st.sampled_from(["iss", "vct", "cnf", "_sd", "status", "exp", "iat", "grant_id"]) | TEXTS,
        JUNK,
        max_size=8,
    ),
    st.lists(JUNK, max_size=3),
).map(
    lambda parts: "~".join([f"{_part(parts[0])}.{_part(parts[1])}.AAAA", *map(_part, parts[2]), ""])
)


@SENT
@given(
    st.dictionaries(
        st.sampled_from(["diagnosis", "consent_grant"]) | TEXTS,
        st.lists(PRESENTATIONS, max_size=3) | JUNK,
        max_size=3,
    )
)
def test_any_vp_token_is_judged_or_refused(token):
    asked = _world().ask()
    fields = {"vp_token": json.dumps(token), "state": asked.parameters.state}

    answer = _client().post(
        f"/responses/{asked.response_id}",
        content=urlencode(fields),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    _answered(answer)
    assert answer.status_code >= 400
    assert _world().verifier.results.result(asked.id).claims is None


@given(st.dictionaries(NAMES | TEXTS, JUNK, max_size=8))
def test_a_policy_is_read_or_refused(members):
    right = dict(_world().office.policies["insurer-diagnosis"].source)

    for source in (members, {**right, **members}):
        try:
            Policy.parse(source, roots=[_world().root.did])
        except SsiError:
            continue


@SENT
@given(st.data())
def test_no_flipped_character_of_an_answer_is_accepted(data):
    world = _world()
    asked = world.ask()
    token = strict_json.parse_object(world.answer(asked)["vp_token"])
    name = data.draw(st.sampled_from(sorted(token)))
    text = str(strict_json.as_texts(token[name], at="")[0])
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("Ab0_~."))
    changed = text[:place] + letter + text[place + 1 :]
    if changed == text:
        return

    reply = world.post(
        asked,
        {
            "vp_token": strict_json.render({**token, name: [changed]}),
            "state": asked.parameters.state or "",
        },
    )

    assert reply.error is not None
