"""`run`: the application on a socket, until it is told to stop; what is in hand is finished."""

import ctypes
import faulthandler
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

try:
    import uvicorn
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "uvicorn is not installed: pip install 'ehsaas[serve]'", name=error.name
    ) from error
from fastapi import FastAPI

from ehsaas.serving.server.connections import PatientProtocol
from ehsaas.serving.server.service import Service
from ehsaas.serving.server.settings import MIB, Settings

MESSAGE = MIB
"""Bytes of one message of a stream at most, where `max_bytes` is not less: 16 s of float32 at
16 kHz, and what a socket may hold before anybody knows whose it is."""

_MMAP_THRESHOLD = -3
"""glibc's number of the size from which memory is taken from the system piece by piece. Left to
itself it grows with what is freed, and then big pieces leave holes that are kept."""

_ARENA_MAX = -8
"""glibc's number of how many heaps threads may have: each keeps what its threads once needed."""

_MOST = 15
"""Seconds that the end itself may take: then it is ended, and tells where it was."""

_LAST = 2
"""Seconds that requests get once they have to end."""


def run(app: FastAPI, settings: Settings, tell: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C: new requests are refused then, those in hand are finished.

    A second signal ends it at once.

    Args:
        app: as `ehsaas.serving.server.app.app` makes it.
        settings: the same that it was made with.
        tell: is told the address once it can be asked.

    Raises:
        OSError: the address cannot be listened on.
    """
    _leave_no_traces()
    _give_memory_back()
    listening = listen(settings)
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="websockets-sansio",
        ws_max_size=min(settings.max_bytes, MESSAGE),
        ws_per_message_deflate=False,
        lifespan="on",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_LAST,
    )
    server = _Server(config, app.state.service)
    server.when_ready = lambda: tell(f"listening on http://{shown}:{port}")
    try:
        server.run(sockets=[listening])
    finally:
        faulthandler.cancel_dump_traceback_later()
    if not server.started:
        sys.exit(1)  # uvicorn has said why


def listen(settings: Settings) -> socket.socket:
    """A socket on the address.

    Raises:
        OSError: it cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=512)


class _Server(uvicorn.Server):
    """Stops when nothing is in hand any more, and then with success."""

    when_ready: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service
        self._until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, at the second time at once."""
        if self._until is None:
            seconds = self.service.settings.stop_seconds
            self._until = time.monotonic() + seconds
            faulthandler.dump_traceback_later(seconds + _MOST, exit=True)
            return
        self.should_exit = True
        self.force_exit = sig == signal.SIGINT

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell it."""
        await super().startup(sockets)
        if self.started:
            self.when_ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop now."""
        if self._until is not None:
            self.service.stopping.set()
            if not self.server_state.tasks or time.monotonic() > self._until:
                self.should_exit = True
        return await super().on_tick(counter)


def _give_memory_back() -> None:
    """Let the system have what a big recording took, where malloc would keep it (glibc)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    mallopt(_MMAP_THRESHOLD, MIB)
    mallopt(_ARENA_MAX, 2)


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's is about the server, not about what a client sent."""
    return not record.getMessage().startswith("Invalid ")


def _leave_no_traces() -> None:
    """No audio in a core file, and no word of a parser about what it was given."""
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").addFilter(_is_ours)
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
