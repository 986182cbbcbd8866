"""`WS /v1/stream`: raw samples as they are recorded → events as they are known."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, Literal

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ehsaas.audio import AudioError
from ehsaas.judging import RecogniserError
from ehsaas.serving.pcm import RATES, PcmStream
from ehsaas.serving.segments import Event
from ehsaas.serving.server import guard, service
from ehsaas.serving.server.answers import Name
from ehsaas.serving.server.hearing import Turn
from ehsaas.serving.server.refusals import Refusal
from ehsaas.serving.server.service import Service
from ehsaas.serving.stream import Stream
from ehsaas.serving.voice import VoiceError

DONE, LEAVING, BAD_DATA, POLICY, TOO_BIG, OURS, LATER = 1000, 1001, 1003, 1008, 1009, 1011, 1013
"""Codes with which a WebSocket is closed."""

BEGINNING = 64
"""Sockets that may be open at once without having said anything; the one that has been so longest
makes room for the next."""

PATIENCE = 10.0
"""Seconds in which the first message has to come."""

_CHUNK = 1 << 15
"""Bytes that are judged between two looks at whether the client is still there."""


class Begin(BaseModel):
    """The first message: how the samples are written, who asks, what is to be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: int = Field(16_000, ge=RATES[0], le=RATES[1])
    encoding: Literal["s16le", "f32le"] = "f32le"
    model: Name | None = None
    token: str | None = None
    coverage: float | None = Field(default=None, gt=0, lt=1)


class Closed(Exception):  # noqa: N818  (it is an answer)
    """The stream is closed with `code`; the client is told why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


async def stream(socket: WebSocket) -> None:
    """Tell the events of one stream until it is flushed, or its client leaves.

    One message is taken at a time: who sends faster than can be judged has to wait.
    """
    serving = service.of(socket)
    await socket.accept()
    try:
        begin = await _begin(socket, serving)
        with _counted(serving):
            await _streamed(socket, serving, begin)
        code = DONE
    except Closed as closed:
        code = closed.code
        with suppress(Exception):  # the client may have left
            await _tell(socket, serving, [{"kind": "error", "detail": closed.detail}])
    except (WebSocketDisconnect, TimeoutError):
        return
    with suppress(Exception):  # nor need it take this
        async with asyncio.timeout(serving.settings.idle_seconds):
            await socket.close(code)


@contextmanager
def _counted(serving: Service) -> Iterator[None]:
    """One of the streams that may be open.

    Raises:
        Closed: there are as many as there may be.
    """
    if serving.stopping.is_set():
        raise Closed(LEAVING, "the server is being stopped")
    if serving.streams >= serving.settings.streams:
        raise Closed(LATER, f"{serving.streams} streams are open; try again later")
    serving.streams += 1
    serving.metrics.streams.inc()
    try:
        yield
    finally:
        serving.streams -= 1
        serving.metrics.streams.dec()


@asynccontextmanager
async def _beginning(serving: Service) -> AsyncIterator[None]:
    """One of the sockets that have said nothing yet.

    Raises:
        Closed: others need its place.
    """
    silent = serving.silent
    try:
        async with asyncio.timeout(None) as mine:
            if len(silent) >= BEGINNING:
                silent.popleft().reschedule(0)
            silent.append(mine)
            try:
                yield
            finally:
                if mine in silent:
                    silent.remove(mine)
    except TimeoutError:
        raise Closed(LATER, "nothing came, and others want to begin; try again") from None


async def _streamed(socket: WebSocket, serving: Service, begin: Begin) -> None:
    turn = Turn(float("inf"))
    try:
        judge = serving.hearing.judge(serving.model(begin.model)[1], turn)
        pcm = PcmStream(begin.rate, begin.encoding)
        heard = await serving.threaded(lambda: Stream(judge, coverage=begin.coverage))
        while (message := await _message(socket, serving)) is not None:
            for at in range(0, len(message), _CHUNK):
                some = message[at : at + _CHUNK]
                events = await serving.threaded(partial(_fed, heard, pcm, some))
                await _tell(socket, serving, _told(events))
        events = await serving.threaded(lambda: [*heard.feed(pcm.flush()), *heard.flush()])
        await _tell(socket, serving, [*_told(events), {"kind": "done"}])
    except AudioError as error:
        raise Closed(BAD_DATA, str(error)) from error
    except (Refusal, RecogniserError) as error:
        raise Closed(POLICY, str(error)) from error
    except VoiceError as error:
        raise Closed(OURS, str(error)) from error
    finally:
        turn.left = True


async def _begin(socket: WebSocket, serving: Service) -> Begin:
    """What the first message says.

    Raises:
        Closed: it says nothing that can be done, or too late, or without the token.
    """
    async with _beginning(serving):
        text = (await _received(socket, serving, begun=False)).get("text")
    if text is None:
        raise Closed(BAD_DATA, 'bytes came; expected a text first: {"rate": 16000, …}')
    try:
        begin = Begin.model_validate_json(text)
    except ValidationError as error:
        (first, *_) = error.errors()
        where = ".".join(str(part) for part in first["loc"]) or "the first message"
        raise Closed(BAD_DATA, f"{where}: {first['msg']}") from None
    headers = dict(socket.scope["headers"])
    if not guard.may_ask(serving.settings.token, headers, begin.token):
        raise Closed(POLICY, 'a wrong token, or none; expected {"token": …} in the first message')
    return begin


async def _message(socket: WebSocket, serving: Service) -> bytes | None:
    """The next samples; None where the client, or the server's end, asks for what is left.

    Raises:
        Closed: nothing came for too long, or something else.
    """
    message = await _received(socket, serving)
    data, text = message.get("bytes"), message.get("text")
    if data is not None:
        return bytes(data)
    if text is None or text.replace(" ", "") == '{"flush":true}':
        return None
    raise Closed(BAD_DATA, 'a text came; expected bytes of samples, or {"flush": true}')


async def _received(socket: WebSocket, serving: Service, begun: bool = True) -> dict[str, Any]:
    """The next message; of a stream that has begun an empty one when the server is stopped.

    Raises:
        Closed: nothing came for too long, or the server is stopped.
    """
    seconds = serving.settings.idle_seconds
    if not begun:
        seconds = min(seconds, PATIENCE)
    coming = asyncio.ensure_future(socket.receive())
    stopping = asyncio.ensure_future(serving.stopping.wait())
    try:
        done, _ = await asyncio.wait(
            {coming, stopping},
            timeout=seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
    finally:
        stopping.cancel()
        if not coming.done():
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
    if coming in done:
        message = dict(coming.result())
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", DONE))
        return message
    if done and begun:
        return {}
    if done:
        raise Closed(LEAVING, "the server is being stopped")
    raise Closed(POLICY, f"nothing came for {seconds:g} s")


def _fed(heard: Stream, pcm: PcmStream, some: bytes) -> list[Event]:
    return heard.feed(pcm.feed(some))


def _told(events: Iterable[Event]) -> list[dict[str, Any]]:
    return [event.to_dict() for event in events]


async def _tell(socket: WebSocket, serving: Service, messages: Iterable[dict[str, Any]]) -> None:
    """Send some messages.

    Raises:
        TimeoutError: the client does not take them.
    """
    for message in messages:
        async with asyncio.timeout(serving.settings.idle_seconds):
            await socket.send_json(message)
