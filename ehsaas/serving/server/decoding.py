"""A recording's bytes → `Clip`, by one of a few processes that may hang, die or be killed."""

import asyncio
import contextlib
import json
import os
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


class DecodingTimeoutError(TimeoutError):
    """A recording took too long to be decoded."""


class Decoders:
    """`settings.decoders` processes, each decoding one recording at a time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.replaced = 0
        self._idle: asyncio.Queue[Process | None] = asyncio.Queue()
        self._running: set[asyncio.Task[Clip]] = set()

    async def start(self) -> None:
        """Start them all.

        Raises:
            RuntimeError: one did not start.
        """
        count = self.settings.decoders
        for process in await asyncio.gather(*(self._started() for _ in range(count))):
            self._idle.put_nowait(process)

    async def stop(self) -> None:
        """End them all; what is being decoded is given up."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        while not self._idle.empty():
            await _ended(self._idle.get_nowait())

    async def decode(self, data: bytes | bytearray, pcm: Pcm | None, longest: float) -> Clip:
        """One recording as mono float32 at 16 kHz.

        Who stops waiting leaves the decoder to end what it has begun.

        Raises:
            AudioError: nothing usable is there.
            TooLongError: it lasts more than `longest` s.
            DecodingTimeoutError: it takes more than `settings.decode_seconds`.
        """
        task = asyncio.create_task(self._decode(data, pcm, longest))
        self._running.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: "asyncio.Task[Clip]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited may have left, and then nobody asks for it

    async def _decode(self, data: bytes | bytearray, pcm: Pcm | None, longest: float) -> Clip:
        process = await self._idle.get()
        about = {
            "pcm": None if pcm is None else asdict(pcm),
            "longest": longest,
            "seconds": self.settings.decode_seconds + _GRACE,
        }
        kept: Process | None = None
        try:
            process = process or await self._started()
            async with asyncio.timeout(self.settings.decode_seconds):
                reply, samples = await _asked(process, about, data)
            kept = process
        except TimeoutError:
            raise DecodingTimeoutError(
                f"the recording was not decoded within {self.settings.decode_seconds:g} s"
            ) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise AudioError(
                "the recording: damaged, or it takes more memory to decode than it is granted"
            ) from None
        finally:
            if kept is None:
                self.replaced += 1
                await _ended(process)
            self._idle.put_nowait(kept)
        return _clip(reply, samples)

    async def _started(self) -> Process:
        recording = 4 * audio.RATE * self.settings.max_seconds
        memory = round(_SPARE + 6 * recording + 4 * self.settings.max_bytes)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "ehsaas.serving.server.decoder", str(memory)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=_CHUNK,
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,
        )
        try:
            await _reply(process)
        except asyncio.IncompleteReadError:
            await _ended(process)
            raise RuntimeError("a process that decodes recordings cannot be started") from None
        return process


async def _asked(
    process: Process, about: Mapping[str, Any], data: bytes | bytearray
) -> tuple[dict[str, Any], bytes]:
    assert process.stdin is not None
    process.stdin.write(packed(about, len(data)))
    for at in range(0, len(data), _CHUNK):
        process.stdin.write(data[at : at + _CHUNK])
        await process.stdin.drain()
    await process.stdin.drain()
    return await _reply(process)


async def _reply(process: Process) -> tuple[dict[str, Any], bytes]:
    assert process.stdout is not None
    head, size = SIZES.unpack(await process.stdout.readexactly(SIZES.size))
    about: dict[str, Any] = json.loads(await process.stdout.readexactly(head))
    return about, await process.stdout.readexactly(size)


def _clip(reply: Mapping[str, Any], samples: bytes) -> Clip:
    if "error" in reply:
        said = reply["error"].replace("the audio given as bytes", "the recording")
        raise TooLongError(said) if reply.get("too_long") else AudioError(said)
    return Clip(np.frombuffer(samples, dtype="<f4"), warnings=tuple(reply["warnings"]))


async def _ended(process: Process | None) -> None:
    """Kill a process, and let nothing of it stay."""
    if process is None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.communicate()  # what it said last is read, or its pipe would stay open
