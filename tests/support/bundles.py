"""FHIR bundles that nobody published: invented patients, bent in every way that records are."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from types import MappingProxyType
from typing import Any, Final

from consentry.demo import synthetic

Bundle = dict[str, Any]
Bend = Callable[[Bundle], None]

JUNK: Final[tuple[Any, ...]] = (
    None,
    True,
    7,
    -0.5,
    1e308,
    "",
    "x",
    [],
    [None],
    [[]],
    {},
    {"x": {}},
    [7, "x"],
)
"""What a value is replaced with: another type, or nothing in the place of something."""


def whole(number: int = 1) -> Bundle:
    """Return an invented patient with a diagnosis, an encounter, a practitioner, a practice."""
    bundle: Bundle = json.loads(synthetic.bundle(number))
    return bundle


def told(bundle: object) -> bytes:
    """Return a bundle as it is sent."""
    return json.dumps(bundle, ensure_ascii=False).encode()


def first(bundle: Bundle, kind: str) -> dict[str, Any]:
    """Return the first resource of a kind."""
    found = (each["resource"] for each in bundle["entry"])
    return next(each for each in found if each["resourceType"] == kind)


def bent(*bends: Bend) -> bytes:
    """Return an invented patient's bundle with each of the changes."""
    bundle = whole()
    for bend in bends:
        bend(bundle)
    return told(bundle)


def without(*kinds: str) -> Bend:
    """Leave out the resources of these kinds, and what points to them."""
    members = {"Encounter": "encounter", "Organization": "serviceProvider"}

    def bend(bundle: Bundle) -> None:
        entries = bundle["entry"]
        bundle["entry"] = [
            each for each in entries if each["resource"]["resourceType"] not in kinds
        ]
        for entry in bundle["entry"]:
            for kind in kinds:
                entry["resource"].pop(members.get(kind, ""), None)
            if "Practitioner" in kinds:
                entry["resource"].pop("participant", None)

    return bend


def with_members(kind: str, **members: Any) -> Bend:
    """Give the first resource of a kind these members; `None` takes one away."""

    def bend(bundle: Bundle) -> None:
        resource = first(bundle, kind)
        resource.update(members)
        for name in [name for name, value in resource.items() if value is None]:
            del resource[name]

    return bend


def of_type(kind: str) -> Bend:
    """Make it a Bundle of another type, with what each entry then has."""

    def bend(bundle: Bundle) -> None:
        bundle["type"] = kind
        for entry in bundle["entry"]:
            name = entry["resource"]["resourceType"]
            if kind == "transaction":
                entry["request"] = {"method": "POST", "url": name}
            if kind == "searchset":
                entry["search"] = {"mode": "match" if name == "Condition" else "include"}
        if kind == "document":
            composition = {"resourceType": "Composition", "status": "final", "title": "Summary"}
            bundle["entry"].insert(0, {"fullUrl": "urn:uuid:composition", "resource": composition})

    return bend


def with_relative_references(bundle: Bundle) -> None:
    """Let resources name each other by `Type/id`, as servers do."""
    names = {
        e["fullUrl"]: f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in bundle["entry"]
    }
    text = json.dumps(bundle["entry"])
    for url, name in names.items():
        text = text.replace(f'"reference": "{url}"', f'"reference": "{name}"')
    bundle["entry"] = json.loads(text)
    for entry in bundle["entry"]:
        kind, _, identifier = names[entry["fullUrl"]].partition("/")
        entry["fullUrl"] = f"https://fhir.example/r4/{kind}/{identifier}"


def with_contained_references(bundle: Bundle) -> None:
    """Put encounter, practitioner and practice into the diagnosis itself."""
    condition = first(bundle, "Condition")
    encounter = deepcopy(first(bundle, "Encounter"))
    practitioner = deepcopy(first(bundle, "Practitioner"))
    practice = deepcopy(first(bundle, "Organization"))
    encounter["participant"] = [{"individual": {"reference": "#who"}}]
    encounter["serviceProvider"] = {"reference": "#where"}
    condition["contained"] = [
        {**encounter, "id": "when"},
        {**practitioner, "id": "who"},
        {**practice, "id": "where"},
    ]
    condition["encounter"] = {"reference": "#when"}
    without("Encounter", "Practitioner", "Organization")(
        {"entry": [each for each in bundle["entry"] if each["resource"] is not condition]}
    )
    kept = ("Patient", "Condition")
    bundle["entry"] = [each for each in bundle["entry"] if each["resource"]["resourceType"] in kept]


def as_observations(bundle: Bundle) -> None:
    """Make laboratory results of the diagnosis: one value, and one of several components."""
    condition = first(bundle, "Condition")
    common = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "subject": condition["subject"],
        "encounter": condition["encounter"],
        "effectiveDateTime": "2021-03-04T05:06:07.089-05:00",
        "issued": "2021-03-04T05:06:07.089-05:00",
    }
    amount = {"value": 5.4, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    code = {"coding": [{"system": "http://loinc.org", "code": "4548-4"}], "text": "HbA1c"}
    parts = [{"code": code, "valueQuantity": amount}, {"code": code, "valueString": "2+"}]
    results = [
        {**common, "id": "one", "code": code, "valueQuantity": amount},
        {**common, "id": "two", "code": code, "component": parts},
    ]
    without("Condition")(bundle)
    bundle["entry"] += [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in results]


def as_immunization(bundle: Bundle) -> None:
    """Make a vaccination of the diagnosis."""
    condition = first(bundle, "Condition")
    dose = {
        "resourceType": "Immunization",
        "id": "dose",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140"}]},
        "patient": condition["subject"],
        "encounter": condition["encounter"],
        "occurrenceDateTime": "2022-10-11",
        "primarySource": True,
    }
    without("Condition")(bundle)
    bundle["entry"].append({"fullUrl": "urn:uuid:dose", "resource": dose})


def as_r5(bundle: Bundle) -> None:
    """Give encounter and diagnosis the shapes that they have in FHIR R5."""
    encounter, condition = first(bundle, "Encounter"), first(bundle, "Condition")
    encounter["class"] = [{"coding": [encounter["class"]]}]
    encounter["actualPeriod"] = encounter.pop("period")
    encounter["participant"] = [{"actor": encounter["participant"][0]["individual"]}]
    author = {"coding": [{"code": "author"}]}
    practitioner = next(
        each["fullUrl"]
        for each in bundle["entry"]
        if each["resource"]["resourceType"] == "Practitioner"
    )
    condition["participant"] = [{"function": author, "actor": {"reference": practitioner}}]


def with_entries(count: int) -> Bend:
    """Fill up with resources that we do not read, to `count` entries."""

    def bend(bundle: Bundle) -> None:
        entries = bundle["entry"]
        for number in range(count - len(entries)):
            claim = {"resourceType": "Claim", "id": f"claim-{number}", "status": "active"}
            entries.append({"fullUrl": f"urn:uuid:claim-{number}", "resource": claim})

    return bend


def _bare(bundle: Bundle) -> None:
    """Leave a patient of whom nothing is known, and a diagnosis that is a code and no more."""
    without("Encounter", "Practitioner", "Organization")(bundle)
    with_members("Patient", name=None, gender=None, birthDate=None)(bundle)
    condition = first(bundle, "Condition")
    kept = ("resourceType", "id", "subject", "code")
    for name in [name for name in condition if name not in kept]:
        del condition[name]


_NAME: Final = 'Ọláṣùbọ̀mí 李小龍 🧬 O\'Brien-\u202eabc\u202c <b>&amp;</b> "%s" {0} \\u0000'
_CODINGS: Final = [
    {
        "system": "http://snomed.info/sct",
        "code": "195967001",
        "display": "Asthma",
        "userSelected": True,
    },
    {"system": "http://hl7.org/fhir/sid/icd-10", "code": "J45.9"},
    {"system": "http://hl7.org/fhir/sid/icpc-2", "code": "R96", "display": "喘息"},
]

STORIES: Final = MappingProxyType(
    {
        "names from everywhere": bent(
            with_members("Patient", name=[{"family": _NAME, "given": [_NAME, "é"]}])
        ),
        "very long names": bent(
            with_members("Patient", name=[{"family": "Ñ" * 4_000, "given": ["a" * 4_000] * 2}])
        ),
        "no name": bent(with_members("Patient", name=None)),
        "a name that is one text": bent(with_members("Patient", name=[{"text": "Madonna"}])),
        "partial dates": bent(
            with_members("Patient", birthDate="1931"),
            with_members("Condition", onsetDateTime="2015-03", recordedDate="2015"),
        ),
        "no dates": bent(
            with_members("Patient", birthDate=None),
            with_members("Condition", onsetDateTime=None, recordedDate=None),
        ),
        "nothing but a code": bent(_bare),
        "no encounter": bent(without("Encounter")),
        "nobody who took part": bent(without("Practitioner", "Organization")),
        "relative references": bent(with_relative_references),
        "contained references": bent(with_contained_references),
        "a transaction": bent(of_type("transaction")),
        "a searchset": bent(of_type("searchset")),
        "a document": bent(of_type("document")),
        "several codings": bent(with_members("Condition", code={"coding": _CODINGS})),
        "words without a code": bent(with_members("Condition", code={"text": "a cough, “dry”"})),
        "only observations": bent(as_observations),
        "only an immunization": bent(as_immunization),
        "R5 shapes": bent(as_r5),
        "a thousand entries": bent(with_entries(1_000)),
        "a byte order mark": b"\xef\xbb\xbf" + bent(),
    }
)
"""Bundles with which the whole story can be told."""


def _deep(bundle: Bundle) -> None:
    nested: Any = {}
    for _ in range(200):
        nested = {"extension": [nested]}
    first(bundle, "Patient")["extension"] = [nested]


def _twice(bundle: Bundle) -> None:
    another = {**first(bundle, "Patient"), "id": "another"}
    bundle["entry"].append({"fullUrl": "urn:uuid:another", "resource": another})


def _nowhere(bundle: Bundle) -> None:
    first(bundle, "Condition")["subject"] = {"reference": "urn:uuid:nobody"}


REFUSED: Final = MappingProxyType(
    {
        "no bytes": (b"", None),
        "no JSON": (b"Patient: Ada", None),
        "bad UTF-8": (b'{"resourceType":"\xff"}', None),
        "half of it": (bent()[:-200], None),
        "no patient": (bent(without("Patient")), "/entry"),
        "two patients": (bent(_twice), "/entry"),
        "a diagnosis of nobody": (bent(_nowhere), "/entry/4/resource/subject"),
        "a patient, not a bundle": (told(first(whole(), "Patient")), "/resourceType"),
        "an empty bundle": (told({"resourceType": "Bundle", "type": "collection"}), "/entry"),
        "an empty object": (b"{}", "/resourceType"),
        "an array": (told([whole()]), None),
        "null": (b"null", None),
        "too deep": (bent(_deep), None),
        "NaN": (bent().replace(b'"finished"', b"NaN"), None),
        "a member twice": (
            bent().replace(b'{"resourceType"', b'{"resourceType":"X","resourceType"', 1),
            None,
        ),
        "an empty name": (
            bent(with_members("Patient", name=[{"given": [""]}])),
            "/entry/0/resource/name/0/given/0",
        ),
        "an impossible date": (
            bent(with_members("Patient", birthDate="1999-02-30")),
            "/entry/0/resource/birthDate",
        ),
    }
)
"""Bundles that are refused, and the JSON pointer of what is wrong with them, if it has one."""


def mutations(bundle: Bundle, *, seed: int, count: int) -> Iterator[bytes]:
    """Return the bundle `count` times, each with one to three values replaced by junk."""
    chance = Random(seed)  # noqa: S311 - the same bundles for the same seed
    for _ in range(count):
        changed = deepcopy(bundle)
        for _ in range(chance.randint(1, 3)):
            holder, name = chance.choice(list(_places(changed)))
            holder[name] = deepcopy(chance.choice(JUNK))
        yield told(changed)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield value, name
        if isinstance(inner, dict | list):
            yield from _places(inner)
