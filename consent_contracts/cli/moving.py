"""`import` and `export`: grants between our JSON and FHIR Consent, R4 and R5."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from consent_contracts.cli.documents import (
    FILE,
    LOCAL,
    from_files_or_custodian,
    moment_of,
    named,
    parse_records,
    print_json,
    read_json,
    read_object,
    record_from,
    records_from,
    remote,
)
from consent_contracts.fhir import Correspondence, FhirVersion, read_consent, write_consent
from consent_contracts.lifecycle import GrantState
from consent_contracts.record import GrantRecord
from ssi_core.adapters.command_line import failing_plainly
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.strict_json import as_array, as_object

_FORMS: Final = {"fhir-r4": FhirVersion.R4, "fhir-r5": FhirVersion.R5}
_FORM: Final = click.Choice(["json", *_FORMS])


@click.command(name="import")
@click.argument("source", type=FILE)
@click.option("--from", "form", type=_FORM, default="json", show_default=True, help="Its form.")
@click.option("--correspondence", type=FILE, help="What references and codes of FHIR mean here.")
@click.option("--at", help="Since when the state is known, RFC 3339; now if not given.")
@click.option("--url", envvar="CONSENTRY_CONSENT_URL", help="Keep them at this custodian.")
def import_grants(
    source: Path, *, form: str, correspondence: Path | None, at: str | None, url: str | None
) -> None:
    """Read grants from SOURCE: our records, or a FHIR Consent or a Bundle of them.

    Prints records, or keeps each at a custodian. What FHIR says and a grant cannot is an error that
    names the element; nothing is dropped. A grant that is in no log gets an id made of its content.
    """
    with failing_plainly():
        if form == "json":
            records = parse_records(read_json(source))
        else:
            known = {} if correspondence is None else read_object(correspondence)
            records = _from_fhir(
                read_object(source), Correspondence.parse(known), _FORMS[form], at=moment_of(at)
            )
        if not records:
            raise MalformedError("there is no grant in it")
        if url is None:
            print_json([record.to_json() for record in records])
            return
        for record in records:
            remote(url).post("/consent/grants", record.to_json())
            click.echo(record.grant.id)


@click.command(name="export")
@click.argument("grant_id", required=False)
@from_files_or_custodian
@click.option("--to", "form", type=_FORM, default="json", show_default=True, help="The form.")
def export_grants(grant_id: str | None, grants: Path | None, url: str | None, form: str) -> None:
    """Print the grant GRANT_ID, or all: our records, or FHIR Consents (a Bundle if all).

    What FHIR cannot say is an error that names it.
    """
    with failing_plainly():
        if grant_id is not None:
            record = record_from(grant_id, grants, url)
            print_json(record.to_json() if form == "json" else _to_fhir(record, _FORMS[form]))
            return
        records = records_from(grants, url)
        if form == "json":
            print_json([record.to_json() for record in records])
        else:
            print_json(_bundle([_to_fhir(record, _FORMS[form]) for record in records]))


def _from_fhir(
    source: JsonObject, correspondence: Correspondence, version: FhirVersion, *, at: Any
) -> tuple[GrantRecord, ...]:
    found: list[GrantRecord] = []
    for consent in _consents(source):
        read = read_consent(consent, correspondence, version=version)
        since = None if read.state is None else at
        found += (
            GrantRecord(grant=named(grant), state=read.state, known_at=since)
            for grant in read.grants
        )
    return tuple(found)


def _consents(source: JsonObject) -> list[JsonObject]:
    if source.get("resourceType") != "Bundle":
        return [source]
    entries = as_array(source.get("entry", []), at="/entry")
    return [
        as_object(as_object(entry, at=f"/entry/{n}").get("resource"), at=f"/entry/{n}/resource")
        for n, entry in enumerate(entries)
    ]


def _to_fhir(record: GrantRecord, version: FhirVersion) -> JsonObject:
    if record.state is None:
        raise MalformedError(
            "the state of a grant is not known, and a Consent has one", at="/state"
        )
    grant = record.grant
    if grant.id is not None and grant.id.startswith(LOCAL):
        grant = replace(grant, id=None)
    return write_consent(grant, version=version, state=GrantState(record.state))


def _bundle(consents: list[JsonObject]) -> JsonObject:
    entries: list[JsonValue] = [{"resource": consent} for consent in consents]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
