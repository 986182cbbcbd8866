"""Connections of an application that answers a GET at once, and a POST after `SLOW` seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from ehsaas.serving.server import connections
from ehsaas.serving.server.connections import PatientProtocol

SLOW = 0.6
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
HALF = b"GET / HTTP/1.1\r\nHo"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", SLOW / 3)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    if scope["method"] == "POST":
        await asyncio.sleep(SLOW)
    head = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"ok"})


class Served:
    """A server of that application; `made` are its connections' protocols."""

    def __init__(self) -> None:
        self.made: list[PatientProtocol] = []
        self.port = 0

    async def connected(self, said: bytes) -> Streams:
        """A connection on which that was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(said)
        await writer.drain()
        await asyncio.sleep(0.02)  # they come in this order
        return reader, writer


def with_server(work: Callable[[Served], Awaitable[None]]) -> None:
    async def done() -> None:
        config = uvicorn.Config(
            application, ws="websockets-sansio", access_log=False, log_level="error"
        )
        state, served = ServerState(), Served()

        def made() -> PatientProtocol:
            served.made.append(PatientProtocol(config, state, {}))
            return served.made[-1]

        server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
        served.port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(30), server:
            await work(served)
        for one in list(state.connections):
            one.transport.abort()
        await asyncio.gather(*state.tasks)
        await asyncio.sleep(0.02)

    asyncio.run(done())


async def told(streams: Streams) -> bytes:
    """What came until the connection was closed."""
    reader, writer = streams
    found = b""
    try:
        while some := await reader.read(1 << 16):
            found += some
    except ConnectionError:
        pass
    writer.close()
    return found


async def answered(streams: Streams) -> bool:
    """Whether there is an answer."""
    try:
        return (await streams[0].readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200")
    except (asyncio.IncompleteReadError, ConnectionError):
        return False
    finally:
        streams[1].close()


@pytest.mark.parametrize(
    ("said", "answers"),
    [(b"", 0), (HALF, 0), (GET, 1), (GET + HALF, 1), (GET + POST, 2), (POST + GET, 2)],
)
def test_who_asks_nothing_is_closed_after_what_was_asked_is_answered(
    said: bytes, answers: int
) -> None:
    async def work(served: Served) -> None:
        found = await told(await served.connected(said))
        assert found.count(b"HTTP/1.1 200") == found.count(b"\r\n\r\nok") == answers

    with_server(work)


def test_what_follows_pipelined_requests_is_not_waited_for_either() -> None:
    async def work(served: Served) -> None:
        reader, writer = await served.connected(GET + POST)
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\nok")
        writer.write(HALF)
        await writer.drain()
        assert await told((reader, writer)) == b""

    with_server(work)


def test_a_head_that_comes_byte_by_byte_is_not_waited_for() -> None:
    async def work(served: Served) -> None:
        reader, writer = await served.connected(b"")
        with pytest.raises(ConnectionError):
            for byte in GET[:-1] * 100:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(SLOW / 20)
        writer.close()

    with_server(work)


def test_a_stream_has_the_connection_for_itself() -> None:
    async def work(served: Served) -> None:
        async with connect(f"ws://127.0.0.1:{served.port}/") as stream:
            await stream.send("a")
            assert await stream.recv() == "a"
            (before,) = served.made
            assert before._patience is None
            await asyncio.sleep(SLOW)
            await stream.send("b")
            assert await stream.recv() == "b"

    with_server(work)


def test_who_has_waited_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 2)
    monkeypatch.setattr(connections, "PATIENCE", 30.0)

    async def work(served: Served) -> None:
        busy, silent = await served.connected(POST), await served.connected(b"")
        new = await served.connected(GET)
        assert await told(silent) == b""
        assert await answered(new) and await answered(busy)

    with_server(work)


def test_where_nobody_waits_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 2)

    async def work(served: Served) -> None:
        busy = [await served.connected(POST) for _ in range(2)]
        assert await told(await served.connected(GET)) == b""
        assert [await answered(one) for one in busy] == [True, True]

    with_server(work)
