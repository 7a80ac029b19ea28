import json
from importlib.resources import files
from pathlib import Path

from consent_contracts.authority import ADOLESCENT
from consent_contracts.basis import Cause
from consent_contracts.break_glass_log import COMMITMENTS
from consent_contracts.break_glass_opening import EmergencyRefusal
from consent_contracts.break_glass_rule import FACTORS, EmergencyReason
from consent_contracts.delegation import Act, RepresentativeKind
from consent_contracts.narrowing import BEYOND_GRANT
from tests.support.authority import make_delegation

WORDS = [
    *(each.value for each in (*Cause, *Act, *RepresentativeKind)),
    *(each.value for each in (*EmergencyReason, *EmergencyRefusal)),
    *FACTORS,
    *COMMITMENTS.values(),
    BEYOND_GRANT,
    ADOLESCENT.replace("|", "\\|"),
]


def test_the_page_about_authority_names_every_word(project: Path) -> None:
    page = (project / "docs" / "reference" / "consent-authority.md").read_text(encoding="utf-8")

    missing = [word for word in WORDS if f"`{word}`" not in page]

    assert missing == []


def test_the_page_about_authority_names_every_member_of_what_its_vectors_hold(
    project: Path,
) -> None:
    page = (project / "docs" / "reference" / "consent-authority.md").read_text(encoding="utf-8")
    members = {"delegation_id", *make_delegation().to_json()} - {"subject"}
    for name in ("break-glass.json", "lifecycle.json"):
        body = json.loads((files("consent_contracts") / "vectors" / name).read_text("utf-8"))
        assert f"`{body['format']}`" in page
        for vector in body["vectors"]:
            members |= vector.keys() | (vector.get("rule") or {}).keys()

    assert [name for name in sorted(members - {"name"}) if f"`{name}`" not in page] == []
