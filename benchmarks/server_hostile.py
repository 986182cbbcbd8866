"""Hostile requests to a server: what becomes of each, and of the server."""

import asyncio
import json
import os
import random
import socket
import struct
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.server_mutants import Mutant, mutants
from benchmarks.server_process import BEARER, HOST, TOKEN, Held, Served

AT_ONCE = 16
DRIPS = 24
OPEN = 20
"""WebSockets at once: more than the server takes."""

CLOSED = 0
"""The status of what was closed without an answer."""

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_headers_conformance", "response_schema_conformance", "unsupported_method"),
    "ignored_auth",
)


@dataclass(frozen=True)
class Hostile:
    """What became of hostile requests, by kind and status (0: closed without an answer).

    `schemathesis` is how its own run ended: 0 where no check failed.
    """

    requests: int
    answers: dict[str, dict[int, int]]
    server_errors: int
    schemathesis: int
    before: Held
    halfway: Held
    after: Held


def hostile(served: Served, clips: Sequence[bytes], count: int, seed: int) -> Hostile:
    """Send at least `count` hostile requests, after a fifth as many that warm it up."""
    asyncio.run(_strange(served, clips, seed + 1))
    asyncio.run(_all(served, mutants(clips, count // 5, seed + 1)))
    before = served.at_rest()
    answers: dict[str, Counter[int]] = {}
    ended, found = schemathesis(served, seed)
    answers["schemathesis"] = found
    answers |= asyncio.run(_strange(served, clips, seed))
    halfway = served.at_rest()
    rest = max(count // 2, count - sum(one.total() for one in answers.values()))
    answers |= asyncio.run(_all(served, mutants(clips, rest, seed)))
    after = served.at_rest()
    together: Counter[int] = sum(answers.values(), Counter())
    return Hostile(
        requests=together.total(),
        answers={kind: dict(sorted(one.items())) for kind, one in answers.items()},
        server_errors=sum(n for status, n in together.items() if 500 <= status < 600),
        schemathesis=ended,
        before=before,
        halfway=halfway,
        after=after,
    )


def schemathesis(served: Served, seed: int) -> tuple[int, Counter[int]]:
    """How a run of schemathesis over all routes ended, and the answers that it got."""
    before = served.statuses()
    words = ["-m", "schemathesis.cli", "run", f"{served.url}/openapi.json"]
    words += ["-H", f"Authorization: {BEARER['Authorization']}", "--seed", str(seed)]
    words += ["--max-examples", "60", "--generation-database", "none", "--continue-on-failure"]
    words += ["--checks", ",".join(CHECKS)]
    folder = served.log.parent
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=folder)
    Path(folder, "schemathesis.txt").write_text(done.stdout + done.stderr)
    return done.returncode, served.statuses() - before


async def _all(served: Served, some: Sequence[Mutant]) -> dict[str, Counter[int]]:
    """The statuses of mutants, by kind."""
    found: dict[str, Counter[int]] = defaultdict(Counter)
    waiting = iter(some)

    async def client() -> None:
        async with httpx2.AsyncClient(base_url=served.url, headers=BEARER, timeout=120) as asking:
            for mutant in waiting:
                try:
                    answer = await asking.request(
                        mutant.method,
                        mutant.path,
                        content=mutant.body,
                        headers=dict(mutant.headers),
                    )
                    found[mutant.kind][answer.status_code] += 1
                except (httpx2.HTTPError, httpx2.InvalidURL):
                    found[mutant.kind][CLOSED] += 1

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return found


async def _strange(served: Served, clips: Sequence[bytes], seed: int) -> dict[str, Counter[int]]:
    """What no HTTP library sends: broken HTTP, bodies that drip, WebSockets that are abused."""
    drawn = random.Random(seed)
    broken = [_spoken(served, words) for words in _broken_http(drawn) for _ in range(5)]
    drips = [_dripped(served, drawn.choice(clips)) for _ in range(DRIPS)]
    open_at_once = asyncio.Semaphore(OPEN)
    sockets = [_abused(served, i, drawn.choice(clips), open_at_once) for i in range(100)]
    found: dict[str, Counter[int]] = {}
    for kind, work in (("broken HTTP", broken), ("slow drip", drips), ("WebSocket", sockets)):
        found[kind] = Counter(await asyncio.gather(*work))
    return found


def _broken_http(drawn: random.Random) -> list[bytes]:
    post = b"POST /v1/recognise HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
    post += TOKEN.encode() + b"\r\nContent-Type: audio/wav\r\n"
    return [
        os.urandom(2000),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        post + b"Content-Length: -1\r\n\r\n",
        post + b"Content-Length: 99999999999999999999\r\n\r\nRIFF",
        post + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nRIFFx",
        post + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nRIFF",
        post + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n1\r\nR\r\n0\r\n\r\n",
        post + b"Content-Length: 4\r\n\r\n" + b"RIFF" + post + b"Content-Length: 4\r\n\r\nRIFF",
        post + b"Content-Length: 100000\r\n\r\n" + drawn.randbytes(500),
    ]


async def _spoken(served: Served, words: bytes) -> int:
    """The status that these bytes are answered with, when no more follow."""
    reader, writer = await asyncio.open_connection(HOST, served.port)
    try:
        writer.write(words)
        writer.write_eof()
        return _status(await asyncio.wait_for(reader.readline(), 60))
    except (OSError, TimeoutError, ValueError):
        return CLOSED
    finally:
        writer.transport.abort()


async def _dripped(served: Served, clip: bytes) -> int:
    """The status of a recording of which a few bytes a second are sent."""
    reader, writer = await asyncio.open_connection(HOST, served.port)
    head = f"POST /v1/recognise HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(clip)}\r\n"
    head += f"Authorization: {BEARER['Authorization']}\r\nContent-Type: audio/flac\r\n\r\n"
    answer = asyncio.ensure_future(reader.readline())
    try:
        writer.write(head.encode())
        for at in range(120):
            writer.write(clip[at : at + 1])
            await writer.drain()
            done, _ = await asyncio.wait({answer}, timeout=0.5)
            if done:
                return _status(answer.result())
        return CLOSED
    except (OSError, ValueError):
        return CLOSED
    finally:
        answer.cancel()
        writer.transport.abort()


def _status(line: bytes) -> int:
    words = line.split()
    return int(words[1]) if len(words) > 1 else CLOSED


async def _abused(served: Served, number: int, clip: bytes, at_once: asyncio.Semaphore) -> int:
    """The code with which an abused stream is closed; 0 where the connection just ends."""
    first = json.dumps({"token": TOKEN, "encoding": "s16le"})
    stream: ClientConnection | None = None
    try:
        async with (
            at_once,
            connect(f"ws://{HOST}:{served.port}/v1/stream", open_timeout=60) as stream,
        ):
            await _ABUSES[number % len(_ABUSES)](stream, first, clip)
            async with asyncio.timeout(60):
                async for _ in stream:
                    pass
    except (OSError, TimeoutError, WebSocketException):
        pass
    return int((stream and stream.close_code) or CLOSED)


async def _nonsense(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send("{" * 10_000)


async def _wrong_token(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send('{"token": "\\ud800"}')


async def _too_long(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send(first)
    await stream.send(bytes(5 << 20))


async def _no_samples(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send(first.replace("s16le", "f32le"))
    await stream.send(struct.pack("<f", float("nan")) * 1000)


async def _no_text(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send(b"\xff\xfe\xfd", text=True)


async def _words(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send(first)
    for _ in range(100):
        await stream.send("flush!")


async def _noise(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send(first)
    for at in range(0, len(clip), 4001):
        await stream.send(clip[at : at + 4001])
    await stream.send('{"flush": true}')


async def _flood(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send(first)
    for _ in range(300):
        await stream.send(b"")
        await stream.ping()
    await stream.send('{"flush": true}')


async def _gone(stream: ClientConnection, first: str, clip: bytes) -> None:
    await stream.send(first)
    await stream.send(clip)
    stream.transport.abort()


async def _broken_frame(stream: ClientConnection, first: str, clip: bytes) -> None:
    raw = stream.transport.get_extra_info("socket")
    with socket.fromfd(raw.fileno(), raw.family, raw.type) as same:
        same.setblocking(True)
        same.sendall(b"\xff\xff" + os.urandom(200))


_ABUSES = (
    *(_nonsense, _wrong_token, _too_long, _no_samples, _no_text),
    *(_words, _noise, _flood, _gone, _broken_frame),
)
