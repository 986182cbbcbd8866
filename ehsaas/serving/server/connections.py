"""One connection: closed where its client does not say what it wants, or takes no answer."""

import asyncio
import socket

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0
"""Seconds in which a client has to say what it asks, from its first byte, or the last answer, on;
and in which what it was sent has to arrive."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with patience for so long; a request's body has a limit of its own."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        connected = transport.get_extra_info("socket")
        if connected is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            option = socket.TCP_USER_TIMEOUT
            connected.setsockopt(socket.IPPROTO_TCP, option, round(3000 * PATIENCE))
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what came; it ends the waiting where it ends a request's head."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_no_longer()
        elif self._patience is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or for the rest of one that was refused."""
        super().on_response_complete()
        if self._patience is None:
            self._wait()

    def _wait(self) -> None:
        if not self.transport.is_closing():
            self._patience = self.loop.call_later(PATIENCE, self._give_up)

    def _wait_no_longer(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        busy = self.cycle is not None and not self.cycle.response_complete
        if not busy and self.transport.get_protocol() is self:
            self.transport.abort()
