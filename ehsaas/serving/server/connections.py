"""One connection: closed where its client does not say what it wants, or takes no answer."""

import asyncio
import socket

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0
"""Seconds in which a client has to say what it asks, from the connection or last answer on."""

TAKING = 30.0
"""Seconds in which what it was sent has to arrive."""

MOST = 512
"""Connections at once, streams among them; the one that asked for nothing longest makes room for
the next."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with patience where nothing is in hand; a request's body has a limit of its own."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        connected = transport.get_extra_info("socket")
        if connected is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            option = socket.TCP_USER_TIMEOUT
            connected.setsockopt(socket.IPPROTO_TCP, option, round(1000 * TAKING))
        self._wait()
        if len(self.connections) > MOST:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Take what came; it ends the waiting where it ends a request's head."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or for the rest of one that was refused."""
        super().on_response_complete()
        self._wait_no_longer()
        self._wait()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to the stream."""
        self._wait_no_longer()
        super().handle_websocket_upgrade(event)

    def _wait(self) -> None:
        """Wait for a request from now on, if that is not so already; not where one is in hand."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_no_longer()
        elif self._patience is None and self._is_open():
            self._patience = self.loop.call_later(PATIENCE, self._give_up)

    def _wait_no_longer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _is_open(self) -> bool:
        return not self.transport.is_closing() and self.transport.get_protocol() is self

    def _give_up(self) -> None:
        self._patience = None
        if self._is_open():
            self.transport.abort()

    def _make_room(self) -> None:
        waiting = (one for one in self.connections if isinstance(one, PatientProtocol))
        timers = ((one._patience.when(), one) for one in waiting if one._patience is not None)
        _, oldest = min(timers, key=lambda pair: pair[0], default=(0.0, self))
        oldest._wait_no_longer()
        oldest.transport.abort()
