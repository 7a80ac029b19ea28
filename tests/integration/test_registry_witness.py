"""A witness as a process: what it answers, and that being killed never makes it sign two trees."""

import os
from collections.abc import Callable, Iterator
from threading import Timer

import pytest
from click.testing import CliRunner

from registry.adapters.http_witness import HttpWitness
from registry.cli import commands
from registry.model import checkpoint as checkpoints
from registry.model.checkpoint import Checkpoint
from registry.model.signed_note import SignatureType, SignedNote, VerifierKey
from registry.model.tlog_witness import AddCheckpoint, SeenSize, origin_hash
from ssi_core.adapters.http import HttpAnswer, HttpClient
from ssi_core.errors import MalformedError, RejectedError, UnavailableError
from ssi_core.strict_json import as_texts
from tests.support.registry import LOG_SIGNER, ORIGIN, signer
from tests.support.trees import Tree
from tests.support.witness_server import WitnessServer

LOG_KEY = checkpoints.verifier_key(ORIGIN, LOG_SIGNER, SignatureType.ED25519)
# How often the witness is killed: a handful here, a thousand in a long drill.
KILLS = int(os.environ.get("CONSENTRY_DRILL_WITNESS_KILLS", "3"))


@pytest.fixture(scope="module")
def http() -> Iterator[HttpClient]:
    client = HttpClient()
    yield client
    client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessServer]:
    with WitnessServer(tmp_path_factory.mktemp("witness"), [LOG_KEY]) as running:
        yield running


def post(http: HttpClient, server: WitnessServer, body: bytes) -> HttpAnswer:
    return http.post(f"{server.url}/add-checkpoint", body=body, content_type="text/plain")


@pytest.mark.spec("C2SP tlog-witness", "add-checkpoint")
def test_each_way_of_being_wrong_has_the_status_of_the_specification(http, server):
    key = server.key(http)
    before = http.get(f"{server.url}/{origin_hash(ORIGIN)}/checkpoint")
    first = post(http, server, Tree(3).after(0).render())
    again = post(http, server, Tree(8).after(0).render())
    unknown = checkpoints.sign(Checkpoint("other.example", 3, bytes(32)), signer=LOG_SIGNER)
    stranger = checkpoints.sign(Checkpoint(ORIGIN, 3, bytes(32)), signer=signer("stranger"))
    wrong = {
        400: [b"junk", AddCheckpoint(9, (), Tree(3).note).render(), b"old 3\n\nno note"],
        403: [AddCheckpoint(3, (), stranger).render()],
        404: [AddCheckpoint(0, (), unknown).render()],
        409: [Tree(8).after(2).render()],
        413: [b"old 0\n\n" + b"x" * 1_000_000],
        422: [AddCheckpoint(3, (), Tree(8).note).render(), Tree(8, fork=1).after(3).render()],
    }

    for status, bodies in wrong.items():
        assert [post(http, server, body).status for body in bodies] == [status] * len(bodies)
    grown = post(http, server, Tree(8).after(3).render())
    shown = http.get(f"{server.url}/{origin_hash(ORIGIN)}/checkpoint")

    assert before.status == 404
    assert (first.status, grown.status) == (200, 200)
    assert first.body.decode().startswith(f"\u2014 {key.name} ")
    assert (again.status, again.body) == (409, b"3\n")
    assert again.headers["content-type"].partition(";")[0] == "text/x.tlog.size"
    assert shown.body.decode() == f"{Tree(8).note}{grown.body.decode()}"


def signed_trees(
    witness: HttpWitness, trees: list[Tree], *, enough: int, kill: Callable[[], None]
) -> list[Tree]:
    """Offer `trees` in turn until the witness is dead; return those that it signed.

    Once it has signed `enough`, it is killed some moments later, in the middle of whatever it does.
    """
    signed: list[Tree] = []
    seen, timer = 0, Timer(0.003 * enough, kill)
    while True:
        for tree in trees:
            try:
                answer = witness.add_checkpoint(tree.after(min(seen, tree.size)))
            except RejectedError:
                continue
            except UnavailableError:
                timer.join()
                return signed
            if isinstance(answer, SeenSize):
                seen = answer.size
            else:
                signed.append(tree)
                seen = tree.size
                if len(signed) == enough:
                    timer.start()


def test_killed_at_any_moment_it_signs_one_tree_of_each_size_and_only_growth(http, tmp_path):
    server = WitnessServer(tmp_path, [LOG_KEY])
    signed: list[Tree] = []
    keys: set[VerifierKey] = set()
    for number in range(KILLS):
        server.start()
        keys.add(server.key(http))
        witness = HttpWitness(http, server.url, [*keys])
        sizes = range(1 + 20 * number, 21 + 20 * number)
        trees = [Tree(size, fork=fork) for size in sizes for fork in (0, None, 3)]
        signed += signed_trees(witness, trees, enough=2 + number % 7, kill=server.kill)
    server.options += ["--ml-dsa", "--name", "another.example"]
    with server:
        _require_same_witness_with_a_second_key(http, server, keys, signed[-1])

    assert len({tree.size for tree in signed}) > KILLS
    for size in {tree.size for tree in signed}:
        assert len({tree.root for tree in signed if tree.size == size}) == 1
    assert len({tree.fork for tree in signed if tree.size > 3}) == 1
    assert [tree.size for tree in signed] == sorted(tree.size for tree in signed)


def _require_same_witness_with_a_second_key(
    http: HttpClient, server: WitnessServer, known: set[VerifierKey], last: Tree
) -> None:
    told = http.get(f"{server.url}/witness").json()
    keys = [VerifierKey.parse(text) for text in as_texts(told.get("vkeys"), at="/vkeys")]
    witness = HttpWitness(http, server.url, keys)
    grown = Tree(last.size + 1, fork=last.fork)
    answer = witness.add_checkpoint(grown.after(last.size))
    if isinstance(answer, SeenSize):
        # The last signature before the kill did not arrive, but the witness remembers it.
        grown = Tree(answer.size + 1, fork=last.fork)
        answer = witness.add_checkpoint(grown.after(answer.size))

    assert known == {keys[0]}
    assert [one.name for one in keys] == ["w.example", "w.example"]
    assert not isinstance(answer, SeenSize)
    note = str(SignedNote.parse(grown.note).signed_by(*answer))
    assert checkpoints.verify(note, log_key=LOG_KEY, witness_keys=keys).size == grown.size


@pytest.mark.parametrize("words", [[], ["--log", "junk"]], ids=["no log", "junk"])
def test_a_witness_without_a_log_that_it_can_know_does_not_start(tmp_path, words):
    own = ["witness", "--port", "0", "--data-dir", str(tmp_path)]

    result = CliRunner().invoke(commands, [*own, *words])

    assert isinstance(result.exception, MalformedError)
