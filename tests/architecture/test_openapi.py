"""`/openapi.json` of each service: every route described, and how it refuses."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from scripts.reference.apps import applications
from ssi_core.adapters.openapi import FAILED, REFUSED, operations

SERVICES = ["Registry", "Issuer", "Verifier", "Consent", "Wallet"]


@pytest.fixture(scope="module")
def documents() -> Mapping[str, Mapping[str, Any]]:
    found = applications()
    return {name: found[name].openapi() for name in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_says_what_it_is_for(documents, service):
    document = documents[service]

    assert len(document["info"]["description"]) > 20
    for name, operation in operations(document):
        assert 3 < len(operation["summary"]) < 120, name
        assert not operation["summary"].endswith("."), name
        assert operation["tags"], name


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_says_how_it_refuses_and_never_as_the_framework_would(documents, service):
    for name, operation in operations(documents[service]):
        responses = operation["responses"]

        assert {REFUSED, FAILED} <= responses.keys(), name
        assert "422" not in responses, name
        for status, response in responses.items():
            assert response["description"], f"{name} {status}"


@pytest.mark.parametrize("service", SERVICES)
def test_every_body_has_a_size_and_every_parameter_a_schema(documents, service):
    for name, operation in operations(documents[service]):
        for parameter in operation.get("parameters", []):
            assert parameter["schema"], f"{name} {parameter['name']}"
        if body := operation.get("requestBody"):
            assert body["description"].startswith("At most "), name
            assert body["content"], name


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_leads_to_a_schema_and_every_schema_is_used(documents, service):
    document = documents[service]
    schemas = document["components"]["schemas"]

    named = {each.removeprefix("#/components/schemas/") for each in _references(document)}

    assert named == set(schemas)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "$ref":
                yield item
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
