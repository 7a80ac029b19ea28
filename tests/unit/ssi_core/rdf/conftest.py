"""A JSON-LD processor that knows the contexts that come with the product."""

import pytest

from ssi_core.credential.contexts import bundled
from ssi_core.rdf.json_ld import JsonLd


@pytest.fixture(scope="session")
def json_ld() -> JsonLd:
    return JsonLd(bundled())
