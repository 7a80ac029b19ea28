"""A TCP proxy that loses some of what passes: what is sent, or the answer to it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from urllib.parse import urlsplit

_CHUNK = 65_536


class LossyProxy:
    """Hands on what a client sends; `loss` of all sendings end their connection instead.

    The half of these have reached the server, so that only the answer is lost. Nothing passes
    while it is `down`.
    """

    def __init__(self, target: str, *, loss: float, seed: int) -> None:
        self.down = False
        self.lost = 0
        self.url = ""
        self._target = urlsplit(target)
        self._loss = loss
        self._chance = Random(seed)  # noqa: S311 - replayed by its seed

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side, or chance, ends it."""
        with contextlib.suppress(OSError, asyncio.CancelledError):
            if not self.down:
                await self._relay(reader, writer)
        await _closed(writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self._target.port)
        answering = asyncio.create_task(_pump(back, writer))
        try:
            await self._hand_on(reader, forth)
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            await _closed(forth)

    async def _hand_on(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        while (sent := await reader.read(_CHUNK)) and not self.down:
            fate = self._chance.random() / self._loss if self._loss else 1.0
            if fate >= 0.5:
                forth.write(sent)
                await forth.drain()
            if fate < 1.0:
                self.lost += 1
                # Long enough for the server to act on what it has.
                await asyncio.sleep(0.005)
                return


@contextmanager
def lossy(target: str, *, loss: float, seed: int) -> Iterator[LossyProxy]:
    """Run a proxy in front of `target` in a thread beside."""
    proxy = LossyProxy(target, loss=loss, seed=seed)
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(proxy.meet, "127.0.0.1", 0)
        proxy.url = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _pump(back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while got := await back.read(_CHUNK):
            writer.write(got)
            await writer.drain()
        writer.close()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
