"""The instances of a FHIR Shorthand file as JSON: rule lines only, and only what Consents need.

https://hl7.org/fhir/uv/shorthand/reference.html. FSH does not say which elements repeat or which
type they have; the tables below do, for the elements that the examples of IHE PCF use.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

_RULE: Final = re.compile(r"\* (?P<path>\S+) = (?P<value>.+)")
_STEP: Final = re.compile(r"(?P<name>[A-Za-z]+)(?P<slices>(?:\[[^\]]+\])*)")
_CODE: Final = re.compile(r'(?P<system>[^#"\s]*)#(?P<code>\S+)(?: "(?P<display>[^"]*)")?')
_REFERENCE: Final = re.compile(r"Reference\((?P<target>[^)]+)\)")
_REPEATING: Final = frozenset(
    {
        "security", "category", "performer", "organization", "policy", "purpose", "securityLabel",
        "actor", "data",
    }
)  # fmt: skip
_CONCEPTS: Final = frozenset({"scope", "category", "role"})


def consents(source: str) -> dict[str, dict[str, Any]]:
    """Return the Consent resources among the instances, by their names."""
    return dict(_instances(source))


def _instances(source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    # A description between triple quotes may hold anything, rule lines too.
    plain = re.sub(r'""".*?"""', '""', source, flags=re.DOTALL)
    for part in re.split(r"^Instance:\s*", plain, flags=re.MULTILINE)[1:]:
        body = re.split(r"^(?:Profile|RuleSet|ValueSet):", part, flags=re.MULTILINE)[0]
        name, kind = body.split()[0], body.split("InstanceOf:")[1].split()[0]
        if kind.endswith("Consent"):
            yield name, _consent(name, body)


def _consent(name: str, body: str) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": "Consent", "id": name}
    for line in body.splitlines():
        rule = _RULE.fullmatch(line.split(" //")[0].rstrip())
        if rule:
            steps = [(step["name"], step["slices"]) for step in _STEP.finditer(rule["path"])]
            _set(resource, steps, rule["value"].strip())
    return resource


def _set(target: dict[str, Any], steps: list[tuple[str, str]], value: str) -> None:
    for depth, (name, slices) in enumerate(steps):
        last = depth == len(steps) - 1
        # A provision repeats inside a provision, and not at the root.
        repeats = name in _REPEATING or (name == "provision" and depth > 0)
        content = _value(name, value) if last else {}
        if not repeats:
            target = _put(target, name, content) if last else target.setdefault(name, content)
            continue
        items = target.setdefault(name, [])
        if not items or "[+]" in slices:
            items.append(content)
        elif last:
            items[-1] = content
        target = items[-1]


def _put(target: dict[str, Any], name: str, content: Any) -> dict[str, Any]:
    target[name] = content
    return target


def _value(name: str, text: str) -> Any:
    if reference := _REFERENCE.fullmatch(text):
        return {"reference": reference["target"]}
    if code := _CODE.fullmatch(text):
        if not code["system"]:
            return code["code"]
        coding = {key: part for key, part in code.groupdict().items() if part}
        return {"coding": [coding]} if name in _CONCEPTS else coding
    return text.strip('"')
