"""A recording's bytes → `Clip`, by one of a few processes that may hang, die or be killed."""

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from ehsaas import audio
from ehsaas.audio import AudioError, Clip, TooLongError
from ehsaas.serving.server.decoder import SIZES, Pcm, packed
from ehsaas.serving.server.settings import MIB, Settings

_CHUNK = 1 << 20
_SPARE = 512 * MIB
"""Memory of a decoder beside what a recording takes."""

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(MIB),  # big pieces of memory go back to the system
}

_GRACE = 1.0
"""Seconds after which a decoder that should have been killed ends itself."""

_HEAD, _SLACK = 1 << 16, 1 << 16
"""Bytes of a reply's JSON at most, and bytes of samples beyond those of the longest recording."""


class DecodingTimeoutError(TimeoutError):
    """A recording took too long to be decoded."""


class Decoders:
    """`settings.decoders` processes, each decoding one recording at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.replaced = 0
        self._idle: asyncio.Queue[Process | None] = asyncio.Queue()  # None: to be started
        self._count = 0
        self._stopped = False
        self._processes: set[Process] = set()
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start them all.

        Raises:
            RuntimeError: one did not start.
        """
        self._idle, self._count, self._stopped = asyncio.Queue(), self.settings.decoders, False
        starting = (self._started() for _ in range(self._count))
        found = await asyncio.gather(*starting, return_exceptions=True)
        for process in found:
            self._idle.put_nowait(process if isinstance(process, Process) else None)
        for error in found:
            if isinstance(error, BaseException):
                raise error

    async def stop(self) -> None:
        """End them all; what is being decoded, or waits for it, is given up."""
        self._stopped = True
        for process in list(self._processes):
            _kill(process)
        for _ in range(self._count):
            if (idle := await self._idle.get()) is not None:
                self._end(idle)
        self._count = 0
        await asyncio.gather(*self._ending)

    async def decode(self, data: bytes | bytearray, pcm: Pcm | None, longest: float) -> Clip:
        """One recording as mono float32 at 16 kHz.

        Nothing goes on for who stops waiting: a decoder that works for them is killed, and the next
        recording pays for another.

        Raises:
            AudioError: nothing usable is there.
            TooLongError: it lasts more than `longest` s.
            DecodingTimeoutError: it takes more than `settings.decode_seconds`.
        """
        process = await self._idle.get()
        if self._stopped:
            self._idle.put_nowait(process)
            raise DecodingTimeoutError("the server is being stopped")
        kept: Process | None = None
        try:
            process = process or await self._started()
            about = {
                "pcm": None if pcm is None else asdict(pcm),
                "longest": longest,
                "seconds": self.settings.decode_seconds + _GRACE,
            }
            async with asyncio.timeout(self.settings.decode_seconds):
                reply, samples = await _asked(process, about, data, _bytes_of(longest) + _SLACK)
            kept = process
        except TimeoutError:
            raise DecodingTimeoutError(
                f"the recording was not decoded within {self.settings.decode_seconds:g} s"
            ) from None
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            raise AudioError(
                "the recording: damaged, or it takes more memory to decode than it is granted"
            ) from None
        finally:
            if kept is None and process is not None:
                self.replaced += 1
                self._end(process)
            self._idle.put_nowait(kept)
        return _clip(reply, samples)

    async def _started(self) -> Process:
        recording = _bytes_of(self.settings.max_seconds)
        memory = _SPARE + 6 * recording + 4 * self.settings.max_bytes
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "ehsaas.serving.server.decoder", str(memory)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=_CHUNK,
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,
        )
        self._processes.add(process)
        try:
            await _reply(process, 0)
        except asyncio.IncompleteReadError:
            self._end(process)
            raise RuntimeError("a process that decodes recordings cannot be started") from None
        except BaseException:
            self._end(process)
            raise
        return process

    def _end(self, process: Process) -> None:
        """Kill a process that nobody reads from, and let nothing of it stay."""
        _kill(process)
        self._processes.discard(process)
        ending = asyncio.create_task(_reaped(process))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def _bytes_of(seconds: float) -> int:
    """How large a decoded recording is."""
    return 4 * math.ceil(audio.RATE * seconds)


async def _asked(
    process: Process, about: Mapping[str, Any], data: bytes | bytearray, most: int
) -> tuple[dict[str, Any], bytes]:
    assert process.stdin is not None
    process.stdin.write(packed(about, len(data)))
    for at in range(0, len(data), _CHUNK):
        process.stdin.write(data[at : at + _CHUNK])
        await process.stdin.drain()
    await process.stdin.drain()
    return await _reply(process, most)


async def _reply(process: Process, most: int) -> tuple[dict[str, Any], bytes]:
    """What a decoder says, and at most so many bytes of samples.

    Raises:
        asyncio.IncompleteReadError: it died.
        ValueError: it says what no decoder of ours would.
    """
    assert process.stdout is not None
    head, size = SIZES.unpack(await process.stdout.readexactly(SIZES.size))
    if head > _HEAD or size > most or size % 4:
        raise ValueError(f"a reply of {head} and {size} bytes; expected at most {_HEAD}, {most}")
    about: dict[str, Any] = json.loads(await process.stdout.readexactly(head))
    return about, await process.stdout.readexactly(size)


def _clip(reply: Mapping[str, Any], samples: bytes) -> Clip:
    if "error" in reply:
        said = reply["error"].replace("the audio given as bytes", "the recording")
        raise TooLongError(said) if reply.get("too_long") else AudioError(said)
    return Clip(np.frombuffer(samples, dtype="<f4"), warnings=tuple(reply["warnings"]))


def _kill(process: Process) -> None:
    """Kill a process.

    `Popen.kill` looks first whether it has ended, and where that is so asyncio, which waits for
    the same, warns that it knows no such process.
    """
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        elif process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)


async def _reaped(process: Process) -> None:
    await process.communicate()  # what it said last is read, or its pipe would stay open
