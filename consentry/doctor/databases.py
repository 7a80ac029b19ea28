"""The PostgreSQL databases that services are told to use: whether they answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from consentry.doctor.finding import Finding
from ssi_core.adapters.database import open_database, transaction
from ssi_core.errors import SsiError

_FLOOR: Final = 140_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """The setting that names a database; its version number, or why it cannot be used."""

    setting: str
    version: int | None = None
    may_create: bool = False
    problem: str | None = None


def look_at_databases(urls: Mapping[str, str]) -> tuple[DatabaseFacts, ...]:
    """Ask each PostgreSQL database, by the setting that names it, for its version."""
    return tuple(
        _look_at(setting, url) for setting, url in urls.items() if not url.startswith("sqlite:")
    )


def judge_database(facts: DatabaseFacts) -> Iterator[Finding]:
    """Judge one database. Its URL is not shown: it has a password in it."""
    check = f"database of {facts.setting}"
    if facts.version is None:
        yield Finding.wrong(
            check,
            f"cannot be used: {facts.problem}",
            "Start it, correct its address and password, or install the extra `postgres`.",
        )
    elif facts.version < _FLOOR:
        yield Finding.wrong(check, f"PostgreSQL {_name(facts.version)}", "Use 14 or newer.")
    elif not facts.may_create:
        yield Finding.wrong(
            check,
            "its user may not create tables there",
            "GRANT CREATE, USAGE ON SCHEMA public TO that user.",
        )
    else:
        yield Finding.good(check, f"PostgreSQL {_name(facts.version)}")


def _look_at(setting: str, url: str) -> DatabaseFacts:
    try:
        engine = open_database(url)
        try:
            with transaction(engine) as session:
                version = session.execute(text("SHOW server_version_num")).scalar_one()
                may = session.execute(
                    text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
                ).scalar_one_or_none()
        finally:
            engine.dispose()
    except SsiError as error:
        return DatabaseFacts(setting=setting, problem=f"{error.code}: {error}")
    return DatabaseFacts(setting=setting, version=int(version), may_create=bool(may))


def _name(version: int) -> str:
    return f"{version // 10_000}.{version % 10_000}"
