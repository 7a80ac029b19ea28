"""Every JSON body is read by our own strict parser, whichever route it arrives at."""

from fastapi.routing import APIRoute

from consentry.harness.openid.refusals import InvalidRoute
from scripts.reference.apps import applications, routes
from scripts.reference.http import is_private, name_of
from ssi_core.adapters.strict_route import StrictRoute

# Routes that are no StrictRoute and yet take a body: each reads the bytes itself.
READ_BY_HAND = {
    "POST /entries": "the bytes are the entry: registry.model.profile parses them",
    "POST /{path:path}": "what is sent to a dropped log is not read",
    "POST /entries/batch": "lines of bytes, or strict_json over an object of them",
    "POST /add-entries": "packages of bytes: registry.model.tlog_mirror parses them",
    "POST /add-checkpoint": "lines of text: registry.model.tlog_witness parses them",
    "POST /requests/{request_id}": "a form, read by verifier.api.forms",
    "POST /responses/{response_id}": "a form, read by verifier.api.forms",
    "POST /withdrawals": "a JWS, or strict_json over an object that holds one",
    "POST /emergencies": "likewise",
    "POST /emergencies/closings": "likewise",
    "POST /emergencies/reviews": "likewise",
    "POST /emergencies/notices": "likewise",
    "POST /access/v1/evaluation": "strict_json over the bytes, read by consent_contracts.authzen",
    "POST /access/v1/evaluations": "strict_json over the bytes, read by consent_contracts.authzen",
    "POST /token": "a form, read by OpenID4VCI's own parser; refusals are OAuth errors",
    "POST /nonce": "takes no body; refusals are OAuth errors",
    "POST /credential": "strict_json over the bytes; refusals are OAuth errors",
    "POST /notification": "strict_json over the bytes; refusals are OAuth errors",
    "POST /admin/bundles": "a FHIR bundle, read by strict_json with limits of its own",
    "POST /admin/credentials/{credential}/revoke": "takes no body",
    "POST /admin/credentials/{credential}/suspend": "takes no body",
    "POST /admin/credentials/{credential}/reinstate": "takes no body",
    "POST /{suite}/{key_type}/credentials/issue": "strict_json over the bytes; 400 or 422",
    "POST /{suite}/{key_type}/credentials/derive": "strict_json over the bytes, likewise",
    "POST /credentials/verify": "strict_json over the bytes, likewise",
    "POST /presentations/verify": "strict_json over the bytes, likewise",
    "POST /proofs/verify": "strict_json over the bytes, likewise",
    "POST /credentials/status": "strict_json over the bytes, likewise",
}


def _others() -> list[APIRoute]:
    found = [route for app in applications().values() for route in routes(app)]
    return [route for route in found if not isinstance(route, StrictRoute | InvalidRoute)]


def test_no_body_is_left_to_the_parser_of_the_framework() -> None:
    lenient = [name_of(route) for route in _others() if route.body_field is not None]

    assert lenient == []


def test_every_route_that_takes_a_body_is_strict_or_listed_with_a_reason() -> None:
    others = {name_of(route) for route in _others() if route.methods != {"GET"}}

    assert others == set(READ_BY_HAND)


def test_every_route_of_an_administrator_or_a_person_asks_for_the_token() -> None:
    private = {"/admin", "/desk", "/consent", "/access"}

    for role, app in applications().items():
        for route in routes(app):
            first = "/" + route.path.split("/")[1]
            expected = first in private or (role == "Wallet" and route.path != "/healthz")
            # The profile has no login at all, and is served on loopback alone.
            expected = expected and role != "Harness"
            assert is_private(route) is expected, name_of(route)
