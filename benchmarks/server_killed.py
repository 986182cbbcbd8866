"""Clients that are killed in the middle of things: what is left of them in the server.

`python -m benchmarks.server_killed PORT FILE` is such a client: it begins uploads, requests and
streams, says so, and waits to be killed.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from websockets.asyncio.client import connect

from benchmarks.server_process import BEARER, COUNTED, HOST, TOKEN, Held, Served

UPLOADS, REQUESTS, STREAMS = 10, 10, 8

LARGE = 16
"""Uploads of raw samples at a rate that has to be resampled; every other one is sent slowly."""

RAW = 19_000_000
"""Bytes of each of those: at `RATE` Hz nearly ten minutes of silence in 16 bits."""

RATE = 16_001

DECODERS = 2
"""That the server has; they take turns."""

SECONDS = 110
"""Of audio in each request: at 20 looks a second it takes long enough to be killed in."""

READY = "ready"


@dataclass(frozen=True)
class Killed:
    """What was open while clients were there, and what is left of them.

    `open_then` and `left` are requests in hand, bytes held and streams, as the server counts them;
    `rss_mib` is the memory of all its processes after each client.
    """

    clients: int
    connections: int
    open_then: dict[str, float]
    left: dict[str, float]
    before: Held
    rss_mib: list[float]
    after: Held


def killed(served: Served, clip: Path, rounds: int) -> Killed:
    """Kill as many clients, one after the other, and look at what stays of them."""
    before, most, memory = served.at_rest(), dict.fromkeys(COUNTED, 0.0), []
    for _ in range(rounds):
        with _client(served, clip):
            time.sleep(0.5)
            told = served.metrics()
            most = {name: max(value, told[f"ehsaas_{name}"]) for name, value in most.items()}
        _decoding(served.port)
        after = served.at_rest()
        memory.append(after.rss_mib)
    told = served.metrics()
    return Killed(
        clients=rounds,
        connections=rounds * (UPLOADS + REQUESTS + STREAMS + LARGE),
        open_then=most,
        left={name: told[f"ehsaas_{name}"] for name in COUNTED},
        before=before,
        rss_mib=memory,
        after=after,
    )


def _decoding(port: int) -> None:
    """Let every decoder decode something: one that was killed is started again by that.

    Raises:
        RuntimeError: the server does not answer as it should.
    """
    connection = HTTPConnection(HOST, port, timeout=60)
    for _ in range(DECODERS):
        headers = BEARER | {"Content-Type": "audio/wav"}
        connection.request("POST", "/v1/recognise", b"no audio", headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 422:
            raise RuntimeError(f"{answer.status} for what is no audio; expected 422")
    connection.close()


@contextmanager
def _client(served: Served, clip: Path) -> Iterator[None]:
    """A client in the middle of things, killed at the end of the block."""
    words = [sys.executable, "-m", "benchmarks.server_killed", str(served.port), str(clip)]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != READY:
            raise RuntimeError("a client did not begin")
        yield
        process.kill()


async def _begin(port: int, clip: bytes) -> None:
    """Begin everything, then wait; what is sent slowly goes on meanwhile."""
    begun = [await _streaming(port) for _ in range(STREAMS)]
    for number in range(UPLOADS + REQUESTS):
        part = 1.0 if number >= UPLOADS else 0.5
        begun.append(await _asking(port, "?timeline=true&hop=0.05", "audio/wav", clip, part))
    raw = bytes(RAW)
    large = (
        _asking(port, f"?rate={RATE}", "audio/pcm", raw, 0.5 if number % 2 else 1.0)
        for number in range(LARGE)
    )
    begun.extend(await asyncio.gather(*large))
    print(READY, flush=True)
    slow = [one for one in begun[-LARGE:] if isinstance(one, asyncio.StreamWriter)][1::2]
    for _ in range(600):
        for writer in slow:
            writer.write(raw[: 1 << 16])
        await asyncio.sleep(1)


async def _streaming(port: int) -> object:
    """A stream that has been told something."""
    stream = await connect(f"ws://{HOST}:{port}/v1/stream")
    await stream.send(json.dumps({"token": TOKEN, "encoding": "s16le"}))
    await stream.send(bytes(64_000))
    await stream.recv()
    return stream


async def _asking(port: int, query: str, kind: str, body: bytes, part: float) -> object:
    """A request of which this part of the body was sent."""
    _, writer = await asyncio.open_connection(HOST, port)
    writer.transport.set_write_buffer_limits(0)  # so that all of it is sent
    head = f"POST /v1/recognise{query} HTTP/1.1\r\nHost: {HOST}\r\n"
    head += f"Authorization: {BEARER['Authorization']}\r\nContent-Type: {kind}\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
    writer.write(memoryview(body)[: round(part * len(body))])
    await writer.drain()
    return writer


if __name__ == "__main__":
    asyncio.run(_begin(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
