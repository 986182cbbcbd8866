"""A request's body → the recordings in it, in memory: never more than the limit, never on disk."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from starlette.requests import ClientDisconnect

try:
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "python_multipart is not installed: pip install 'ehsaas[serve]'", name=error.name
    ) from error

from ehsaas.serving.server.refusals import Refusal
from ehsaas.serving.server.room import Share
from ehsaas.serving.server.settings import Settings

MULTIPART = "multipart/form-data"
PCM = "audio/pcm"
EXPECTED = "audio/*, application/octet-stream or multipart/form-data"
_LONGEST_NAME = 255

PATIENCE = 5.0
"""Seconds in which the next `PACE` bytes of a body have to come, or the last ones."""

PACE = 40 << 10
"""Bytes: 8 KiB a second, which the slowest of mobile networks carry."""


@dataclass
class Upload:
    """One recording as it was sent, and the client's own name for it, which is no path of ours."""

    name: str | None = None
    data: bytearray = field(default_factory=bytearray)


def content_type(request: Request) -> str:
    """What the body is said to be, without parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def one(request: Request, settings: Settings, share: Share) -> Upload:
    """The one recording in a body: a part `file`, or all of it.

    Raises:
        Refusal: 408, 413, 415, 422 or 429.
    """
    kind = content_type(request)
    if kind == MULTIPART:
        (upload,) = await parts(request, settings, share, "file", 1)
        return upload
    if not kind.startswith(("audio/", "video/")) and kind != "application/octet-stream":
        raise Refusal(415, f"{kind or 'no content type'} came; expected {EXPECTED}")
    upload = Upload()
    async for chunk in _chunks(request, settings, share):
        upload.data += chunk
    return upload


async def parts(
    request: Request, settings: Settings, share: Share, name: str, most: int
) -> list[Upload]:
    """The recordings in a form's parts called `name`, 1 to `most` of them.

    Raises:
        Refusal: 408, 413, 415, 422 or 429.
    """
    kind = content_type(request)
    if kind != MULTIPART:
        raise Refusal(415, f"{kind or 'no content type'} came; expected {MULTIPART}")
    form = _Form(name, most)
    try:
        parser = MultipartParser(
            _parameters(request.headers["content-type"].encode("latin-1", "replace")).get(
                "boundary", ""
            ),
            {
                "on_part_begin": form.begin,
                "on_header_field": form.header_name,
                "on_header_value": form.header_value,
                "on_header_end": form.header_end,
                "on_headers_finished": form.headers_end,
                "on_part_data": form.content,
                "on_end": form.end,
            },
        )
        async for chunk in _chunks(request, settings, share):
            parser.write(chunk)
    except (FormParserError, UnicodeError):
        raise Refusal(422, "a form that is malformed; send it again") from None
    if not form.ended:
        raise Refusal(422, "a form that is broken off: its last boundary is missing")
    if not form.uploads:
        raise Refusal(422, f"a form without a recording; expected a part called {name!r}")
    return form.uploads


async def _chunks(request: Request, settings: Settings, share: Share) -> AsyncIterator[bytes]:
    """The body piece by piece, each of them held; no further than the limit, nor for ever.

    Raises:
        Refusal: 400, 408, 413 or 429.
    """
    promised = request.headers.get("content-length", "")
    if promised.isdecimal() and int(promised[:20]) > settings.max_bytes:
        raise _too_big(promised[:20], settings)
    came, clock = 0, asyncio.get_running_loop().time
    end, next_at = clock() + settings.upload_seconds, PACE
    try:
        async with asyncio.timeout_at(min(end, clock() + PATIENCE)) as limit:
            async for chunk in request.stream():
                came += len(chunk)
                if came > settings.max_bytes:
                    raise _too_big("more", settings)
                share.hold(len(chunk))
                if came >= next_at:
                    next_at = came + PACE
                    limit.reschedule(min(end, clock() + PATIENCE))
                yield chunk
    except TimeoutError:
        raise _too_slow(came, settings, clock() >= end) from None
    except ClientDisconnect:
        raise Refusal(400, "the body was broken off") from None


def _too_big(came: str, settings: Settings) -> Refusal:
    return Refusal(413, f"{came} bytes came; expected at most {settings.max_bytes}")


def _too_slow(came: int, settings: Settings, at_the_end: bool) -> Refusal:
    if at_the_end:
        return Refusal(408, f"the body did not arrive within {settings.upload_seconds:g} s")
    return Refusal(
        408, f"{came} bytes came, then less than {PACE} in {PATIENCE:g} s; send them sooner"
    )


class _Form:
    """What a parser tells of a form, kept in memory."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.most = most
        self.uploads: list[Upload] = []
        self._field = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self.ended = False

    def begin(self) -> None:
        self._disposition = b""

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def headers_end(self) -> None:
        told = _parameters(self._disposition)
        if told.get("name") != self.name:
            came = told.get("name", "")[:_LONGEST_NAME]
            raise Refusal(422, f"a part called {came!r}; expected {self.name!r}")
        if len(self.uploads) == self.most:
            raise Refusal(422, f"more than {self.most} parts called {self.name!r}")
        name = told.get("filename")
        self.uploads.append(Upload(None if name is None else name[:_LONGEST_NAME]))

    def content(self, data: bytes, start: int, end: int) -> None:
        self.uploads[-1].data += data[start:end]

    def end(self) -> None:
        self.ended = True


def _parameters(header: bytes) -> dict[str, str]:
    """`form-data; name="file"; filename="a.wav"` → its parameters."""
    _, found = parse_options_header(header)
    return {key.decode("latin-1"): value.decode("utf-8", "replace") for key, value in found.items()}
