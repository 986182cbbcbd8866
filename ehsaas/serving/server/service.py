"""What the routes of one server share: its models, its limits, and who decodes and hears."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import Request, WebSocket

from ehsaas.judging import Judge
from ehsaas.serving.server.decoding import Decoders
from ehsaas.serving.server.hearing import Hearing
from ehsaas.serving.server.metrics import Metrics
from ehsaas.serving.server.refusals import Refusal
from ehsaas.serving.server.room import Room
from ehsaas.serving.server.settings import Settings

T = TypeVar("T")


class Service:
    """One server's state; `stopping` is set when nothing new is to be begun."""

    def __init__(self, judges: Mapping[str, Judge], settings: Settings) -> None:
        if not judges:
            raise ValueError("a server needs at least one model")
        self.judges = dict(judges)
        self.settings = settings
        self.metrics = Metrics()
        self.room = Room(settings.queue, settings.memory)
        self.decoders = Decoders(settings)
        self.stopping = asyncio.Event()
        self.streams = 0
        self.silent: deque[asyncio.Timeout] = deque()
        """Of the sockets that have yet to begin a stream, the oldest first."""
        self._hearing: Hearing | None = None
        self._threads: ThreadPoolExecutor | None = None
        for name, text, value in (
            ("in_hand", "Requests that are decoded or judged.", lambda: self.room.requests),
            ("held_bytes", "What requests hold, as sent and decoded.", lambda: self.room.bytes),
            ("waiting", "Clips that wait to be heard.", lambda: self.hearing.waiting),
            (
                "decoders_replaced",
                "Decoders that hung, died or were left.",
                lambda: self.decoders.replaced,
            ),
        ):
            self.metrics.gauge(name, text, value)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Decoders and threads are there while the block runs."""
        self.stopping.clear()
        self._hearing = Hearing(self.settings.hearers, self.metrics.heard)
        most = self.settings.queue + self.settings.streams
        self._threads = ThreadPoolExecutor(most, "judging")
        try:
            await self.decoders.start()
            yield
        finally:
            self.stopping.set()
            await self.decoders.stop()
            await asyncio.to_thread(self._hearing.stop)
            self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def hearing(self) -> Hearing:
        """Who hears."""
        assert self._hearing is not None, "the service is not running"
        return self._hearing

    def model(self, name: str | None) -> tuple[str, Judge]:
        """A model by its name, or the first.

        Raises:
            Refusal: 404, there is none of that name.
        """
        if name is None:
            return next(iter(self.judges.items()))
        if name not in self.judges:
            raise Refusal(404, f"no model {name[:64]!r}; there are {', '.join(self.judges)}")
        return name, self.judges[name]

    async def threaded(self, call: Callable[[], T]) -> T:
        """What a call that takes its time gives, from a thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


def of(connection: Request | WebSocket) -> Service:
    """The service that a request came to."""
    service: Service = connection.app.state.service
    return service
