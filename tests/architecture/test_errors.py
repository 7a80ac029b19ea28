import re

from ssi_core import errors
from ssi_core.adapters.problem_details import STATUS, status_of
from ssi_core.errors import SsiError


def _family(kind: type[SsiError]) -> set[type[SsiError]]:
    return {kind}.union(*(_family(child) for child in kind.__subclasses__()))


def test_no_two_errors_share_a_code() -> None:
    kinds = _family(SsiError)

    codes = {kind.code for kind in kinds}

    assert len(kinds) > len(STATUS)
    assert len(codes) == len(kinds)


def test_every_error_has_a_status_that_blames_the_client_or_asks_for_patience() -> None:
    kinds = _family(SsiError) - {SsiError}

    statuses = {kind.__name__: status_of(kind("a reason")) for kind in kinds}

    assert {name: at for name, at in statuses.items() if not (400 <= at < 500 or at == 503)} == {}


def test_the_whole_tree_lives_in_one_file() -> None:
    homes = {kind.__module__ for kind in _family(SsiError)}

    assert homes == {errors.__name__}


def test_the_picture_of_the_tree_names_every_error() -> None:
    picture = set(re.findall(r"\w+Error", errors.__doc__ or ""))

    assert picture == {kind.__name__ for kind in _family(SsiError)}
