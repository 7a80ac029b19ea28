"""The simplest picture of what a log should say: it reads the whole history again each time.

Written from the tables of docs/reference/registry.md, and shares nothing with the code under test.
A step is a tuple: what, on which thing, by whom, and what else it names.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """One thing that somebody tries to enter."""

    what: str
    name: str
    by: str = "key"
    # A new grant's name, or which suspension is undone: the number of the step that was one.
    other: str | int | None = None


def grant_state(history: Sequence[Step], name: str) -> str:
    """Say where a grant stands after the steps that were taken."""
    state = "absent"
    for step in history:
        if step.what == "give" and step.name == name:
            state = "given"
        if step.what == "supersede" and step.other == name:
            state = "given"
        if step.name == name:
            match step.what:
                case "end":
                    state = "ended"
                case "supersede":
                    state = "superseded"
                case "suspend":
                    state = "suspended"
                case "resume":
                    state = "given"
                case "redact":
                    state = "redacted, " + state
                case _:
                    pass
    return state


def latest_suspension(history: Sequence[Step], name: str) -> int | None:
    """Say which step suspended a grant, if it is suspended now."""
    if grant_state(history, name) != "suspended":
        return None
    return max(i for i, step in enumerate(history) if step[:2] == ("suspend", name))


def is_taken(history: Sequence[Step], step: Step, *, expired: bool = False) -> bool:
    """Say whether a step keeps every rule after those before it.

    `expired` says that the log's own clock is past the end of every grant.
    """
    state = grant_state(history, step.name)
    may_end = step.by in ("key", "next_key", "revocation_key")
    standing = state in ("given", "suspended")
    match step.what:
        case "give":
            return state == "absent"
        case "end":
            return standing and may_end
        case "supersede":
            new = str(step.other)
            return standing and may_end and grant_state(history, new) == "absent"
        case "suspend":
            return state == "given" and step.by == "key"
        case "resume":
            return step.by == "key" and step.other == latest_suspension(history, step.name)
        case "redact":
            over = state in ("ended", "superseded") or (standing and expired)
            return over and may_end
        case _:
            raise AssertionError(step)


def accreditation_stands(history: Sequence[Step], chain: Sequence[str]) -> bool:
    """Say whether every link of a chain is in force after the steps that were taken."""
    return all(link_state(history, name) == "given" for name in chain)


def link_state(history: Sequence[Step], name: str) -> str:
    """Say where one accreditation stands, whatever stands above it."""
    words = {"give": "given", "end": "ended", "suspend": "suspended", "resume": "given"}
    found = [words[step.what] for step in history if step.name == name]
    return found[-1] if found else "absent"
