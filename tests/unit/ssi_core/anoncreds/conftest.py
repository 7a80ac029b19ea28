"""One issuer and holder for all tests of AnonCreds."""

import pytest

from tests.support.anoncreds_scene import Scene


@pytest.fixture(scope="package")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene.make(tmp_path_factory.mktemp("tails"))
