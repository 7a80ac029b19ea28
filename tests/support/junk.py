"""JSON that was right, with something wrong somewhere in it."""

from random import Random
from typing import Any, Final

_JUNK: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**60, 1.5, "", " ", "x", "\x00", "é" * 300, "2026-02-30", [], [None], [[]],
    {}, {"": 1}, {"url": "x"}, "permit", "deny", {"reference": "x"}, {"coding": []},
)  # fmt: skip


def with_junk(random: Random, value: Any) -> Any:
    """Return a copy of `value` in which one member or element was changed, added or taken away."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        changed = dict(value)
        name = random.choice(list(changed))
        match random.randrange(12):
            case 0:
                del changed[name]
            case 1:
                changed[random.choice(("extension", "modifierExtension", "x", "_status", "id"))] = (
                    random.choice(_JUNK)
                )
            case _:
                changed[name] = with_junk(random, changed[name])
        return changed
    if isinstance(value, list) and value and random.random() < 0.9:
        place = random.randrange(len(value))
        changed_items = list(value)
        changed_items[place] = with_junk(random, value[place])
        return changed_items * random.choice((1, 1, 1, 2))
    return random.choice(_JUNK)
