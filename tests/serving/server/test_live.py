import json
from typing import Any

import numpy as np
import pytest
from anyio import fail_after, sleep
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from ehsaas.serving.server import live
from ehsaas.serving.stream import Stream
from tests.serving.server.conftest import Serve
from tests.serving.server.toy import tone, toy

SOUND = np.concatenate([tone(2), np.zeros(16_000, np.float32), tone(1.5, 0.1)])


def opened(client: TestClient) -> WebSocketTestSession:
    return client.websocket_connect("/v1/stream", headers={"host": "127.0.0.1:8000"})


def until_the_end(socket: WebSocketTestSession) -> tuple[list[dict[str, Any]], int]:
    """What the server says, and the code with which it closes."""
    told = []
    while True:
        try:
            told.append(json.loads(socket.receive_text()))
        except WebSocketDisconnect as closed:
            return told, closed.code


def test_a_stream_tells_what_the_same_stream_tells_here(serve: Serve) -> None:
    here = Stream(toy())
    expected = [event.to_dict() for event in [*here.feed(SOUND), *here.flush()]]
    with opened(serve()) as socket:
        socket.send_json({"rate": 16_000, "encoding": "f32le"})
        data = SOUND.tobytes()
        for at in range(0, len(data), 9_999):
            socket.send_bytes(data[at : at + 9_999])
        socket.send_json({"flush": True})
        told, code = until_the_end(socket)
    assert code == 1000 and told[-1] == {"kind": "done"}
    assert told[:-1] == json.loads(json.dumps(expected)) and len(expected) > 5


@pytest.mark.parametrize(
    ("first", "code", "said"),
    [
        ('{"rate": 1}', 1003, "rate: Input should be greater"),
        ('{"rate": NaN}', 1003, "rate"),
        ("no JSON", 1003, "Invalid JSON"),
        ('{"path": "/etc/passwd"}', 1003, "path: Extra inputs"),
        ('{"model": "../other"}', 1008, "no model '../other'"),
        ('{"coverage": 2}', 1003, "coverage"),
        (b"samples", 1003, "expected a text first"),
    ],
)
def test_a_first_message_that_cannot_be_used(
    serve: Serve, first: str | bytes, code: int, said: str
) -> None:
    with opened(serve()) as socket:
        socket.send_bytes(first) if isinstance(first, bytes) else socket.send_text(first)
        (told,), closed = until_the_end(socket)
    assert (told["kind"], closed) == ("error", code) and said in told["detail"]


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (np.full(99, np.nan, "<f4").tobytes(), "nan"),
        (np.full(99, 1e9, "<f4").tobytes(), "1e"),
        ("hello", 'expected bytes of samples, or {"flush": true}'),
    ],
)
def test_what_is_no_sound_ends_it(serve: Serve, then: bytes | str, said: str) -> None:
    with opened(serve()) as socket:
        socket.send_json({})
        socket.send_bytes(then) if isinstance(then, bytes) else socket.send_text(then)
        told, code = until_the_end(socket)
    assert code == 1003 and said in told[-1]["detail"]


def test_a_token_comes_in_the_first_message(serve: Serve) -> None:
    client = serve(token="the token")
    with opened(client) as socket:
        socket.send_json({"token": "a token"})
        (told,), code = until_the_end(socket)
    assert code == 1008 and "wrong token" in told["detail"]
    with opened(client) as socket:
        socket.send_json({"token": "the token"})
        socket.send_json({"flush": True})
        assert until_the_end(socket) == ([{"kind": "done"}], 1000)


def test_who_says_nothing_is_closed(serve: Serve) -> None:
    with opened(serve(idle_seconds=0.1)) as socket:
        (told,), code = until_the_end(socket)
    assert code == 1008 and told["detail"] == "nothing came for 0.1 s"


def test_who_has_yet_to_begin_gets_less_time(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.1)
    with opened(serve(idle_seconds=60)) as socket:
        (told,), code = until_the_end(socket)
    assert code == 1008 and told["detail"] == "nothing came for 0.1 s"


def test_who_has_yet_to_begin_takes_no_streams_place(serve: Serve) -> None:
    client = serve(streams=1, token="the token")
    service = client.app.state.service  # type: ignore[attr-defined]
    with opened(client) as silent, opened(client) as socket:
        socket.send_json({"token": "the token"})
        socket.send_bytes(tone(2).tobytes())
        assert json.loads(socket.receive_text())["kind"] == "look"
        silent.send_json({"token": "another"})  # nor is it told how many streams there are
        (told,), code = until_the_end(silent)
        assert code == 1008 and "wrong token" in told["detail"]
        assert service.streams == 1
    assert not service.silent


def test_who_is_silent_longest_makes_room(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEGINNING", 2)
    client = serve()
    service = client.app.state.service  # type: ignore[attr-defined]
    with opened(client) as first, opened(client) as second, opened(client) as third:
        (told,), code = until_the_end(first)
        assert code == 1013 and "others want to begin" in told["detail"]
        for socket in (second, third):
            socket.send_json({})
            socket.send_json({"flush": True})
            assert until_the_end(socket) == ([{"kind": "done"}], 1000)
    assert not service.silent


def test_only_so_many_streams_are_open_and_those_that_leave_are_counted(serve: Serve) -> None:
    client = serve(streams=1)
    service = client.app.state.service  # type: ignore[attr-defined]
    with opened(client) as socket:
        socket.send_json({})
        socket.send_bytes(tone(2).tobytes())
        assert json.loads(socket.receive_text())["kind"] == "look"
        assert "ehsaas_streams 1.0" in client.get("/metrics").text.splitlines()
        with opened(client) as other:
            other.send_json({})
            (told,), code = until_the_end(other)
        assert code == 1013 and told["detail"] == "1 streams are open; try again later"
    assert "ehsaas_streams 0.0" in client.get("/metrics").text.splitlines()
    assert service.streams == 0


def test_a_stream_ends_with_the_server(serve: Serve) -> None:
    client = serve()
    service = client.app.state.service  # type: ignore[attr-defined]
    with opened(client) as socket:
        socket.send_json({})
        socket.send_bytes(tone(2).tobytes())
        socket.receive_text()
        assert client.portal is not None
        client.portal.call(service.stopping.set)
        told, code = until_the_end(socket)
    assert told[-1] == {"kind": "done"} and code == 1000
    with opened(client) as socket:
        (refused,), code = until_the_end(socket)
    assert code == 1001 and "stopped" in refused["detail"]


def test_who_takes_no_answer_is_not_waited_for(serve: Serve) -> None:
    client = serve(idle_seconds=0.1)
    accepted: list[str] = []

    async def streaming() -> None:
        messages = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "?"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            if accepted:
                await sleep(60)
            accepted.append(message["type"])

        scope: dict[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "path": "/v1/stream",
        }
        scope |= {"query_string": b"", "headers": [(b"host", b"127.0.0.1")], "subprotocols": []}
        with fail_after(30):
            await client.app(scope, receive, send)

    assert client.portal is not None
    client.portal.call(streaming)
    assert accepted == ["websocket.accept"]
    assert client.app.state.service.streams == 0  # type: ignore[attr-defined]


def test_another_site_cannot_open_one(serve: Serve) -> None:
    client = serve()
    foreign = {"host": "127.0.0.1:8000", "origin": "https://evil.example"}
    with pytest.raises(WebSocketDisconnect):
        client.websocket_connect("/v1/stream", headers=foreign).__enter__()
