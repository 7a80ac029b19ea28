"""A whole stage of real processes, one for each test session."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from consentry.demo.narrator import Narrator
from consentry.demo.stage import Stage, stage
from consentry.demo.story import Patient, Story
from rich.console import Console

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def open_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Registry, clinic, insurer and researcher, accredited and running."""
    with stage(tmp_path_factory.mktemp("stage")) as built:
        yield built


@pytest.fixture
def tale() -> Narrator:
    """A narrator that only counts."""
    return Narrator(Console(quiet=True))


@pytest.fixture
def story(open_stage: Stage, tale: Narrator) -> Story:
    """The story on the shared stage."""
    return Story(open_stage, tale)


@pytest.fixture
def patient(open_stage: Stage) -> Iterator[Patient]:
    """A patient of this test's own, with a wallet that runs."""
    from consentry.demo import synthetic

    name = f"wallet-{next(_NUMBERS)}"
    bundle = synthetic.bundle(abs(hash(name)) % 10_000)
    yield Patient(name, bundle, open_stage.add_wallet(name))
    open_stage.process(name).stop()
