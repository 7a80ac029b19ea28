"""Whatever strangers send, the wallet answers with an error of its own tree, or not at all."""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from ssi_core.adapters.http import HttpAnswer
from ssi_core.errors import SsiError
from tests.support.simulated_http import Sent
from tests.support.simulated_issuer import ISSUER
from tests.support.simulated_verifier import VERIFIER
from tests.support.wallet_scene import WalletScene
from wallet.question import Choice

_TEXT: Final = st.text(max_size=12) | st.sampled_from(
    ["", "\ud800", "did:web:x", "https://a.example", "urn:x", "code", "A" * 43, "~", "a.b.c~"]
)
_NUMBERS: Final = st.sampled_from([0, -1, 1, 2**53, 2**70, 1e308, 1.5, -0.0])
_SCALARS: Final = st.none() | st.booleans() | _NUMBERS | _TEXT
JUNK: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_BODIES: Final = st.binary(max_size=40) | JUNK.map(lambda value: json.dumps(value).encode())
_STATUSES: Final = st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503])
_KINDS: Final = st.sampled_from(["", "application/json", "application/problem+json", "text/html"])
ANSWERS: Final = st.builds(
    lambda status, kind, body: HttpAnswer(status=status, headers={"content-type": kind}, body=body),
    _STATUSES,
    _KINDS,
    _BODIES,
)


@cache
def scene() -> WalletScene:
    made = WalletScene()
    made.accept()
    return made


def altered(source: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**source, **changes}


@given(st.text() | JUNK.map(lambda value: f"openid-credential-offer://?credential_offer={value}"))
def test_junk_offers(uri: str):
    with suppress(SsiError):
        scene().wallet.accept(uri)


@given(JUNK)
def test_junk_offer_objects(offer: Any):
    uri = f"openid-credential-offer://?credential_offer={json.dumps(offer)}"

    with suppress(SsiError):
        scene().wallet.accept(uri)


@given(
    st.sampled_from(
        [
            "/.well-known/openid-credential-issuer",
            "/.well-known/oauth-authorization-server",
            "/token",
            "/nonce",
            "/credential",
            "/notification",
        ]
    ),
    ANSWERS,
)
def test_junk_from_an_issuer(path: str, junk: HttpAnswer):
    made = scene()

    def serve(request: Sent) -> HttpAnswer:
        return junk if request.url == ISSUER + path else made.issuer.serve(request)

    made.http.servers[ISSUER] = serve
    try:
        with suppress(SsiError):
            made.wallet.accept(made.issuer.offer())
        made.wallet.resume()
    finally:
        made.http.servers[ISSUER] = made.issuer.serve


@given(st.dictionaries(st.sampled_from(sorted(WalletScene().issuer.metadata())), JUNK, max_size=3))
def test_issuer_metadata_with_junk_in_its_members(changes: dict[str, Any]):
    made = scene()

    def serve(request: Sent) -> HttpAnswer:
        if not request.url.endswith("openid-credential-issuer"):
            return made.issuer.serve(request)
        body = json.dumps(altered(made.issuer.metadata(), changes)).encode()
        return HttpAnswer(status=200, headers={}, body=body)

    made.http.servers[ISSUER] = serve
    try:
        with suppress(SsiError):
            made.wallet.accept(made.issuer.offer())
        made.wallet.resume()
    finally:
        made.http.servers[ISSUER] = made.issuer.serve


@given(st.text() | _TEXT.map(lambda text: f"openid4vp://?client_id={text}&request_uri={text}"))
def test_junk_requests(uri: str):
    with suppress(SsiError):
        scene().wallet.inspect(uri)


@given(ANSWERS)
def test_junk_in_the_place_of_a_request_object(junk: HttpAnswer):
    made = scene()
    uri = made.verifier.ask()
    made.http.servers[VERIFIER] = lambda _request: junk
    try:
        with suppress(SsiError):
            made.wallet.inspect(uri)
    finally:
        made.http.servers[VERIFIER] = made.verifier.serve


_MEMBERS: Final = [
    "client_id",
    "response_type",
    "response_mode",
    "response_uri",
    "nonce",
    "state",
    "dcql_query",
    "client_metadata",
    "transaction_data",
    "verifier_info",
    "aud",
    "exp",
    "nbf",
]


@given(st.dictionaries(st.sampled_from(_MEMBERS), JUNK, max_size=3))
def test_signed_requests_with_junk_in_their_members(changes: dict[str, Any]):
    made = scene()
    uri = made.verifier.ask()
    clean = json.loads(
        json.dumps(changes).encode("utf-8", "surrogatepass").replace(b"\\ud800", b"")
    )
    made.verifier.alter_request = lambda claims: claims.update(clean)
    try:
        with suppress(SsiError):
            made.wallet.inspect(uri)
    finally:
        made.verifier.alter_request = lambda _claims: None


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["id", "format", "meta", "claims", "claim_sets"]), JUNK)
    ),
    JUNK,
)
def test_queries_of_junk(credentials: list[Any], sets: Any):
    made = scene()
    uri = made.verifier.ask(plain=True)
    query = {"credentials": credentials, "credential_sets": sets}
    clean = json.loads(json.dumps(query).replace("\\ud800", ""))
    made.verifier.alter_request = lambda claims: claims.update(dcql_query=clean)
    try:
        with suppress(SsiError):
            made.wallet.inspect(uri)
    finally:
        made.verifier.alter_request = lambda _claims: None


@given(st.sampled_from(["/responses/1", "/withdrawals"]), ANSWERS)
def test_junk_from_a_recipient(path: str, junk: HttpAnswer):
    made = scene()
    made.verifier.form = None
    question = made.wallet.inspect(made.verifier.ask())

    def serve(request: Sent) -> HttpAnswer:
        return junk if request.url == VERIFIER + path else made.verifier.serve(request)

    made.http.servers[VERIFIER] = serve
    try:
        with suppress(SsiError):
            shared = made.wallet.consent(question)
            assert shared.consented is not None
            made.wallet.withdraw(shared.consented.grant_id)
        made.wallet.resume()
    finally:
        made.http.servers[VERIFIER] = made.verifier.serve
        made.wallet.resume()


@given(
    option=st.integers(),
    days=st.none() | st.integers(),
    purposes=st.none() | st.lists(_TEXT),
    without=st.lists(st.lists(st.none() | _TEXT | st.integers()).map(tuple)),
)
def test_choices_that_no_person_makes(
    option: int,
    days: int | None,
    purposes: list[str] | None,
    without: list[tuple[str | int | None, ...]],
):
    made = scene()
    made.verifier.form = None
    question = made.wallet.inspect(made.verifier.ask())

    with suppress(SsiError):
        choice = Choice(option=option, days=days, purposes=purposes, without=without)
        made.wallet.consent(question, choice)
