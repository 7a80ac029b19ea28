"""Our own published vectors of log entries: what each changes, and which are refused and why."""

import json
from importlib.resources import files
from typing import Any, Final

import pytest

from registry.model.envelope import Entry, EntryType
from registry.model.records import StateChange
from registry.model.state import check, validate
from registry.model.view import EmptyView, Overlay
from ssi_core.errors import SsiError

FORMAT: Final = "consentry-entry-vectors/1"
BODY: Final = json.loads((files("registry") / "vectors" / "entries.json").read_text("utf-8"))
RAWS: Final = [vector["entry"].encode() for vector in BODY["entries"]]
REFUSED: Final[dict[str, Any]] = {vector["name"]: vector for vector in BODY["refused"]}


def changes(raws: list[bytes]) -> tuple[Overlay, list[StateChange]]:
    """Apply entries one after another."""
    state, made = Overlay(EmptyView()), []
    for raw in raws:
        made.append(validate(check(Entry.parse(raw), log=BODY["log"]), state))
        state.apply(made[-1])
    return state, made


def test_every_entry_changes_what_its_vector_says() -> None:
    _, made = changes(RAWS)

    for change, vector in zip(made, BODY["entries"], strict=True):
        statuses = [[index, int(status)] for index, status in change.statuses]
        assert (statuses, list(change.redacted)) == (vector["statuses"], vector["redacted"])


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_refused_entry_is_refused_for_the_reason_that_its_vector_names(name: str) -> None:
    vector = REFUSED[name]
    state, _ = changes(RAWS[: vector["after"]])

    with pytest.raises(SsiError) as refused:
        validate(check(Entry.parse(vector["entry"].encode()), log=BODY["log"]), state)

    assert refused.value.code == vector["code"]


def test_the_vectors_have_every_type_of_entry() -> None:
    assert BODY["format"] == FORMAT
    assert {Entry.parse(raw).type for raw in RAWS} == set(EntryType)
