"""Fixtures every room's tests share: published vectors, real bundles and a throw-away database."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

PROJECT: Final = Path(__file__).resolve().parent.parent
_DEFAULT_POSTGRES: Final = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
_CI: Final = os.environ.get("CI") == "true"

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if _CI else "dev")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Search none of the tests for garbage: by the ten thousand, they stay until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse a name that another process would spell otherwise: a set has no order of its own."""
    if "frozenset({" in item.nodeid:
        message = f"give the cases of {item.nodeid.partition('[')[0]} names"
        raise pytest.UsageError(message)


def _missing(reason: str) -> NoReturn:
    """Skip on a laptop; fail in CI, where everything is expected to be there."""
    if _CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def missing() -> Callable[[str], NoReturn]:
    """Call this with a plain reason where something that a test needs is not there."""
    return _missing


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder with the project's documents, settings and tests; the rooms may be elsewhere."""
    return PROJECT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published vectors and real bundles: CONSENTRY_SHARED, else ../shared."""
    folder = Path(os.environ.get("CONSENTRY_SHARED") or PROJECT.parent / "shared")
    if not folder.is_dir():
        _missing(f"no shared data at {folder}; set CONSENTRY_SHARED to its folder")
    return folder


@pytest.fixture(scope="session")
def vectors(shared: Path) -> Path:
    """Published test vectors, one folder per specification."""
    return shared / "vectors"


@pytest.fixture(scope="session")
def data(shared: Path) -> Path:
    """Real input, one folder per source."""
    return shared / "data"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A SQLAlchemy URL of an empty PostgreSQL database of this test's own, dropped afterwards."""
    server = make_url(os.environ.get("CONSENTRY_TEST_POSTGRES") or _DEFAULT_POSTGRES)
    admin = create_engine(server, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    name = f"consentry_test_{uuid4().hex}"
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    except OperationalError:
        admin.dispose()
        _missing(f"no PostgreSQL at {server.host}:{server.port}; set CONSENTRY_TEST_POSTGRES")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
