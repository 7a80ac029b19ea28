"""What a DID's log says of a key at the moment of a use: each version counts until the next."""

from datetime import datetime, timedelta

import pytest

from registry.client.edge.findings import finding_of_key
from registry.client.edge.stale_uses import EndedMeanwhile, Ground, Reliance, StaleUse, Stood
from ssi_core.did import webvh
from ssi_core.did.webvh import WebvhState, check_next
from ssi_core.json_types import JsonObject
from ssi_core.keys import thumbprint
from ssi_core.strict_json import as_array, as_object
from tests.support.registry import AT, organisation, signer

CLINIC = organisation("clinic")
MINUTE = timedelta(minutes=1)
NOW = AT + 10 * MINUTE


def versions() -> tuple[WebvhState, ...]:
    """The key is there from the start, away for the second minute, and there again."""
    lines = [CLINIC.line]
    before = as_object(CLINIC.line["state"], at="/state")
    (method,) = as_array(before["verificationMethod"], at="/verificationMethod")
    other = {**as_object(method, at="/0"), "publicKeyMultibase": signer("x").public_key.multikey}
    for number, document in enumerate(({**before, "verificationMethod": [other]}, before), 1):
        lines.append(changed(lines, number, document))
    states: list[WebvhState] = []
    for line in lines:
        states.append(check_next(states[-1] if states else None, line))
    return tuple(states)


def changed(lines: list[JsonObject], number: int, document: JsonObject) -> JsonObject:
    return webvh.update(
        lines,
        document=document,
        update_key=signer(f"clinic update {number}"),
        next_key_hashes=[webvh.key_hash(signer(f"clinic update {number + 1}").public_key.multikey)],
        at=AT + number * MINUTE,
    )


def use(at: datetime) -> StaleUse:
    return StaleUse(
        id="answer",
        relied_on=Reliance(Ground.DID, CLINIC.key_id),
        decided_at=at,
        known_at=AT,
        size=1,
        staleness="other",
        flagged=False,
    )


@pytest.mark.parametrize(("seconds", "stood"), [(59, True), (60, False), (119, False), (120, True)])
def test_a_key_that_was_away_counts_before_and_after_that_and_not_between(
    seconds: int, *, stood: bool
) -> None:
    key = thumbprint(CLINIC.key.public_key.jwk)

    found = finding_of_key(use(AT + timedelta(seconds=seconds)), versions(), key=key, known_at=NOW)

    assert found == (Stood(NOW) if stood else EndedMeanwhile(NOW, signed_at=AT + MINUTE))
