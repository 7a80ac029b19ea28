from datetime import timedelta
from typing import Any

import pytest

from consent_contracts.fhir import Correspondence
from ssi_core.errors import MalformedError


def test_a_correspondence_is_read_by_the_names_of_its_members() -> None:
    read = Correspondence.parse({"zone": "-05:30", "open_end": 30, "policies": ["http://x"]})

    assert read.zone.utcoffset(None) == timedelta(hours=-5, minutes=-30)
    assert read.open_end == timedelta(days=30)
    assert read.policies == {"http://x"}


@pytest.mark.parametrize(
    "source",
    [
        {"actors": {}},
        {"zone": "Europe/Zurich"},
        {"zone": "+15:00"},
        {"open_end": 0},
        {"open_end": 3654},
        {"open_end": 10**15},
        {"subjects": {"Patient/1": ["short"]}},
        {"subjects": {"Patient/1": []}},
        {"subjects": []},
        {"recipients": {"Organization/1": {"class": "hospital"}}},
        {"community": []},
        {"any_purpose": ["FUN"]},
        {"purposes": {"x|y": "FUN"}},
        {"max_staleness": 0},
    ],
)
def test_what_means_nothing_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        Correspondence.parse(source)
