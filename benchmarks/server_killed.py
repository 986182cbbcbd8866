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
from pathlib import Path

from websockets.asyncio.client import connect

from benchmarks.server_process import BEARER, COUNTED, HOST, TOKEN, Held, Served

UPLOADS, REQUESTS, STREAMS = 10, 10, 8

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
        after = served.at_rest()
        memory.append(after.rss_mib)
    told = served.metrics()
    return Killed(
        clients=rounds,
        connections=rounds * (UPLOADS + REQUESTS + STREAMS),
        open_then=most,
        left={name: told[f"ehsaas_{name}"] for name in COUNTED},
        before=before,
        rss_mib=memory,
        after=after,
    )


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
    """Begin everything, then wait."""
    head = f"POST /v1/recognise?timeline=true&hop=0.05 HTTP/1.1\r\nHost: {HOST}\r\n"
    head += f"Authorization: {BEARER['Authorization']}\r\nContent-Type: audio/wav\r\n"
    begun: list[object] = []
    for _ in range(STREAMS):
        stream = await connect(f"ws://{HOST}:{port}/v1/stream")
        await stream.send(json.dumps({"token": TOKEN, "encoding": "s16le"}))
        await stream.send(bytes(64_000))
        await stream.recv()
        begun.append(stream)
    for number in range(UPLOADS + REQUESTS):
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(f"{head}Content-Length: {len(clip)}\r\n\r\n".encode())
        writer.write(clip if number >= UPLOADS else clip[: len(clip) // 2])
        await writer.drain()
        begun.append(writer)
    print(READY, flush=True)
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(_begin(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
