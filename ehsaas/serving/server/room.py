"""How much a server has in hand: so many requests, so many bytes; more is refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from ehsaas.serving.server.refusals import Refusal

LEAST = 1 << 16
"""Bytes that a request counts for from its first moment on."""

RETRY_AFTER = 1
"""Seconds after which a client that was refused may come back."""


class Room:
    """Room for `queue` requests at once, and for `memory` bytes of all that are there.

    Those whose bodies are still arriving hold the bytes that came, but no place. Who sends nothing
    more is refused after some seconds, for a body has to arrive at a least pace
    (`ehsaas.serving.server.uploads`): only so long does it keep others out.
    """

    def __init__(self, queue: int, memory: int) -> None:
        self.queue = queue
        self.memory = memory
        self.requests = 0
        self.bytes = 0

    @contextmanager
    def share(self) -> "Iterator[Share]":
        """What one request holds; all of it is given back at the end."""
        share = Share(self)
        try:
            share.hold(LEAST)
            yield share
        finally:
            self.bytes -= share.bytes
            share.bytes = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of the places.

        Raises:
            Refusal: 429, there is none.
        """
        if self.requests >= self.queue:
            raise Refusal(
                429,
                f"{self.requests} requests are in hand; try again in {RETRY_AFTER} s",
                RETRY_AFTER,
            )
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1


class Share:
    """The bytes that one request holds."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.bytes = 0

    def hold(self, size: int) -> None:
        """Hold some more bytes.

        Raises:
            Refusal: 429, all requests together would hold more than there is room for.
        """
        if self.room.bytes + size > self.room.memory:
            raise Refusal(
                429,
                f"the requests in hand hold {self.room.bytes} bytes, of {self.room.memory} at"
                f" most; try again in {RETRY_AFTER} s",
                RETRY_AFTER,
            )
        self.room.bytes += size
        self.bytes += size
