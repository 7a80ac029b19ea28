"""A whole stage of real processes, one for each test process."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from rich.console import Console

from consentry.demo import synthetic
from consentry.demo.narrator import Narrator
from consentry.demo.stage import Stage, stage
from consentry.demo.story import Patient, Story

Enter = Callable[..., Patient]


@pytest.fixture
def tale() -> Narrator:
    """A narrator that says only what is broken."""
    return Narrator(Console(), quiet="story")


@pytest.fixture(scope="session")
def open_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Registry, clinic, insurer and researcher, accredited and running."""
    with stage(tmp_path_factory.mktemp("stage")) as built:
        Story(built, Narrator(Console(quiet=True))).set_the_stage()
        yield built


@pytest.fixture
def story(open_stage: Stage, tale: Narrator) -> Story:
    """The story on the shared stage."""
    return Story(open_stage, tale)


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """Numbers for patients, each given once."""
    return count(1)


@pytest.fixture
def enter(open_stage: Stage, story: Story, numbers: Iterator[int]) -> Iterator[Enter]:
    """A way to let patients enter; their wallets close with the test."""
    names: list[str] = []

    def add(bundle: bytes | None = None) -> Patient:
        number = next(numbers)
        names.append(f"patient-{number}")
        return story.enter(names[-1], bundle or synthetic.bundle(number))

    yield add
    for name in names:
        open_stage.process(name).stop()
