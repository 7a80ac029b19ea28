"""Entries in the log beside keys in etcd: three members that agree, asked by the same client."""

import json
import shutil
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count as numbers
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from consentry.bench.appends import served
from consentry.bench.measure import Lead, Pace, Subject
from consentry.bench.posts import Posts
from consentry.bench.supply import Supply
from consentry.demo.processes import free_port
from registry.app import open_registry
from ssi_core.errors import SsiError

_URL: Final = "http://localhost:8100"
_MEMBERS: Final = 3
_CLIENTS: Final = 128
_COUNT: Final = 4_000
_START_SECONDS: Final = 30.0
_PUTS: Final = "etcd, a put for each entry"
_TITLE: Final = "The log beside etcd"
_TEXT: Final = f"""\
*etcd* is three members on this machine, each with a disk folder of its own, that have to agree: its
strength, and no more than one organisation's. Every entry is put under a key of its own through
etcd's HTTP gateway, by {_CLIENTS} clients; nothing looks at a signature. *The log over HTTP* takes
the same entries from the same clients, one at a time, verifies them, and puts them into its tree.
*The log in process* is the same without HTTP, and as etcd's own clients speak gRPC, which costs
less than its gateway, the truth about HTTP lies between the two."""

_QUICK: Final = "Not measured in a quick look, which starts no servers of others."
_MISSING: Final = "Not measured: etcd is not installed (Debian has it as `etcd-server`)."


@contextmanager
def etcd(pace: Pace, folder: Path) -> Iterator[Subject]:
    """Start three members, and a log."""
    program = shutil.which("etcd")
    if pace.quick or program is None:
        remark = _QUICK if pace.quick else _MISSING
        yield Subject(title=_TITLE, text=_TEXT, cases=(), remarks=(remark,))
        return
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix=".consentry-bench-", dir=folder)
        place = Path(stack.enter_context(temporary)).resolve()
        cluster = stack.enter_context(_members(program, place))
        url, origin = stack.enter_context(served(place / "served"))
        own = stack.enter_context(open_registry(data_dir=place / "own", public_url=_URL))
        supply = partial(Supply, count=_COUNT, clients=_CLIENTS, stack=stack, pace=pace)
        post = supply(_each(stack.enter_context(closing(Posts(url))).one), log=origin)
        append = supply(_each(own.submit), log=own.origin)
        puts = supply(_each(_put(stack.enter_context(closing(Posts(cluster))))), log=origin)
        yield Subject(
            title=_TITLE,
            text=_TEXT,
            cases=(
                post.case("the log over HTTP, an entry each", lead=Lead(1, _PUTS)),
                append.case("the log in process, an entry each", lead=Lead(1, _PUTS)),
                puts.case(_PUTS),
            ),
        )


def _each(send: Callable[[bytes], object]) -> Callable[[Sequence[bytes]], None]:
    def send_all(entries: Sequence[bytes]) -> None:
        for entry in entries:
            if isinstance(outcome := send(entry), SsiError):
                raise outcome

    return send_all


def _put(posts: Posts) -> Callable[[bytes], None]:
    keys = numbers()

    def put(entry: bytes) -> None:
        key = b64encode(b"%020d" % next(keys)).decode()
        body = json.dumps({"key": key, "value": b64encode(entry).decode()}).encode()
        posts.expect("/v3/kv/put", body)

    return put


@contextmanager
def _members(program: str, place: Path) -> Iterator[str]:
    """Run a cluster of three; give the URL of the first."""
    peers = [f"http://127.0.0.1:{free_port()}" for _ in range(_MEMBERS)]
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(_MEMBERS)]
    cluster = ",".join(f"m{number}={peer}" for number, peer in enumerate(peers))
    with ExitStack() as stack:
        for number, (peer, url) in enumerate(zip(peers, urls, strict=True)):
            options = {
                "name": f"m{number}",
                "data-dir": str(place / f"etcd-{number}"),
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "listen-client-urls": url,
                "advertise-client-urls": url,
                "initial-cluster": cluster,
            }
            process = subprocess.Popen(  # noqa: S603 - the program that was found
                [program, *(f"--{name}={text}" for name, text in options.items())],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
        _await(urls[0])
        yield urls[0]


def _await(url: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            with urlopen(f"{url}/health", timeout=1) as answer:  # noqa: S310 - our own process
                if json.loads(answer.read()).get("health") == "true":
                    return
        except (URLError, OSError):
            pass
        time.sleep(0.1)
    raise RuntimeError("etcd did not start")
