import asyncio
import gc
import io
import time
from typing import Any

import pytest
from anyio import sleep

from ehsaas.serving.server import uploads
from ehsaas.serving.server.uploads import Upload
from tests.serving.server.conftest import Serve
from tests.serving.server.toy import toy, wav

WAV = {"content-type": "audio/wav"}
PCM = {"content-type": "audio/pcm"}

POST: dict[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "method": "POST",
    "path": "/v1/recognise",
    "query_string": b"",
    "headers": [(b"content-type", b"audio/wav"), (b"host", b"127.0.0.1")],
}
"""A request as an application is given it."""


def test_a_client_that_leaves_is_not_judged_on(serve: Serve) -> None:
    """The one that waits behind it is heard instead, and the recording is let go at once."""
    judge = toy(closed=True)
    client = serve({"toy": judge}, hearers=1)
    service = client.app.state.service  # type: ignore[attr-defined]

    async def leaving() -> int:
        sent: list[int] = []
        messages = iter([{"type": "http.request", "body": wav(), "more_body": False}])

        async def receive() -> Any:
            for message in messages:
                return message
            while not judge.begun.is_set():
                await sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                sent.append(message["status"])

        await client.app(dict(POST), receive, send)
        return sent[0]

    assert client.portal is not None
    gc.disable()
    try:
        assert client.portal.call(leaving) == 499
        assert service.room.requests == service.room.bytes == 0
        judge.gate.set()
        assert client.post("/v1/recognise", content=wav(), headers=WAV).status_code == 200
        until = time.monotonic() + 10
        while any(clip() for clip in judge.clips) and time.monotonic() < until:
            time.sleep(0.01)
        assert [clip() for clip in judge.clips] == [None, None]  # nobody has to look for it
    finally:
        gc.enable()


@pytest.mark.parametrize("path", ["/v1/recognise", "/v1/recognise/batch"])
def test_clients_that_leave_while_they_wait_for_a_decoder_leave_nothing(
    serve: Serve, path: str
) -> None:
    client = serve()
    service = client.app.state.service  # type: ignore[attr-defined]
    form = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\nRIFF\r\n'
    body = form % (b"files" if path.endswith("batch") else b"file") + b"--x--\r\n"
    most: list[int] = []

    async def leaving() -> int:
        status: list[int] = []
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            for message in messages:
                return message
            await sleep(0.1)
            most.append(service.room.requests)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        kind = (b"content-type", b"multipart/form-data; boundary=x")
        scope = dict(POST) | {"path": path, "headers": [kind, POST["headers"][1]]}
        await client.app(scope, receive, send)
        return status[0]

    async def all_leaving() -> None:
        busy, there = service.decoders._idle.get_nowait(), asyncio.all_tasks()
        tasks = [asyncio.create_task(leaving()) for _ in range(20)]
        await asyncio.wait(tasks)
        assert [task.result() for task in tasks] == 20 * [499] and max(most) == 20
        assert asyncio.all_tasks() == there
        assert service.room.requests == service.room.bytes == 0
        service.decoders._idle.put_nowait(busy)

    assert client.portal is not None
    gc.collect()
    gc.disable()
    try:
        client.portal.call(all_leaving)
        assert not [one for one in gc.get_objects() if type(one) is Upload]
    finally:
        gc.enable()


def test_a_body_that_does_not_come_is_not_waited_for(serve: Serve) -> None:
    client = serve(upload_seconds=0.2)

    def slow() -> Any:
        yield b"RIFF"
        time.sleep(0.1)
        yield b"more"

    assert client.post("/v1/recognise", content=slow(), headers=WAV).status_code == 422
    body = io.BytesIO(b"RIFF")
    status: list[int] = []

    async def asking() -> None:
        async def receive() -> Any:
            if data := body.read():
                return {"type": "http.request", "body": data, "more_body": True}
            await sleep(30)

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        await client.app(dict(POST), receive, send)

    assert client.portal is not None
    client.portal.call(asking)
    assert status == [408]


@pytest.mark.parametrize(
    ("sizes", "status", "said"),
    [
        ([300_000], 408, "300000 bytes came, then less than 1000 in 0.5 s"),
        ([1000, *([40] * 20)], 408, "bytes came, then less than 1000 in 0.5 s"),
        ([500, 500, 500, 0, -1], 422, "not audio"),
        ([1000] * 12 + [-1], 422, "not audio"),
        ([1000] * 80, 408, "the body did not arrive within 1.5 s"),
    ],
)
def test_a_body_has_to_arrive_at_a_least_pace(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, sizes: list[int], status: int, said: str
) -> None:
    """Pieces of these sizes, one every 50 ms; after -1 nothing more is to come."""
    monkeypatch.setattr(uploads, "PATIENCE", 0.5)
    monkeypatch.setattr(uploads, "PACE", 1000)
    client = serve(upload_seconds=1.5)
    service = client.app.state.service  # type: ignore[attr-defined]
    told: list[Any] = []

    async def asking() -> None:
        pieces = iter(sizes)

        async def receive() -> Any:
            size = next(pieces, None)
            await sleep(30 if size is None else 0.05)
            assert size is not None
            return {"type": "http.request", "body": bytes(max(size, 0)), "more_body": size >= 0}

        async def send(message: Any) -> None:
            told.append(message)

        await client.app(dict(POST), receive, send)

    assert client.portal is not None
    client.portal.call(asking)
    assert told[0]["status"] == status and said in told[1]["body"].decode()
    assert service.room.bytes == 0
