"""Recordings that were tampered with, and requests that are none: what a hostile client sends."""

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

PATHS = (
    *("../../../../etc/passwd", "/etc/passwd", "..\\..\\windows\\win.ini", "file:///etc/passwd"),
    *("%2e%2e%2fetc%2fpasswd", "a\x00.wav", "CON", "\u202egpj.wav", "a" * 5000, "~root", "|id"),
)
BOUNDARY = "boundary"


@dataclass(frozen=True)
class Mutant:
    """One request: what is sent to `path`."""

    kind: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


def mutants(clips: Sequence[bytes], count: int, seed: int) -> list[Mutant]:
    """`count` requests, of every kind in turn."""
    drawn = random.Random(seed)
    return [MAKERS[i % len(MAKERS)](drawn, drawn.choice(clips)) for i in range(count)]


def _sent(kind: str, body: bytes, content: str = "audio/wav", query: str = "") -> Mutant:
    return Mutant(kind, f"/v1/recognise{query}", body, {"Content-Type": content})


def _cut(drawn: random.Random, clip: bytes) -> Mutant:
    return _sent("truncated", clip[: drawn.randrange(len(clip))])


def _flipped(drawn: random.Random, clip: bytes) -> Mutant:
    data = bytearray(clip)
    for _ in range(drawn.choice((1, 10, 1000))):
        data[drawn.randrange(drawn.choice((64, len(data))))] = drawn.randrange(256)
    return _sent("bytes changed", bytes(data))


def _shuffled(drawn: random.Random, clip: bytes) -> Mutant:
    size = len(clip) // 8
    parts = [clip[at : at + size] for at in range(0, len(clip), size)]
    drawn.shuffle(parts)
    return _sent("parts shuffled", b"".join(parts))


def _wrong_type(drawn: random.Random, clip: bytes) -> Mutant:
    body = drawn.choice(
        (b"\x89PNG\r\n\x1a\n" + clip, b"%PDF-1.7" + clip, b"<html><script>", b"{}", b"#EXTM3U\n")
        + (b"#!/bin/sh\nid", b"\x00" * 4096, clip[::-1], b"GIF89a", b"\x7fELF" + clip)
    )
    kinds = ("audio/wav", "audio/mpeg", "text/html", "image/png", "application/octet-stream", "")
    return _sent("wrong type", body, drawn.choice(kinds))


def _zeros(drawn: random.Random, clip: bytes) -> Mutant:
    zeros = bytes(drawn.choice((1, 8, 24)) << 20)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros.wav", zeros)
    packed = drawn.choice((archive.getvalue(), zlib.compress(zeros), zeros))
    mutant = _sent("zip of zeros", packed)
    if drawn.random() < 0.5:
        return mutant
    return Mutant(mutant.kind, mutant.path, packed, {**mutant.headers, "Content-Encoding": "gzip"})


def _wav(data: bytes, rate: int, channels: int, bits: int, code: int, claimed: int) -> bytes:
    frame = channels * bits // 8
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", min(36 + claimed, 2**32 - 1), b"WAVE", b"fmt ", 16, code),
        *(channels, rate, rate * frame & 2**32 - 1, frame & 65535, bits, b"data", claimed),
    )
    return head + data


def _header(drawn: random.Random, clip: bytes) -> Mutant:
    ten_hours = 10 * 3600 * 16_000 * 2
    body = _wav(
        clip[:20_000],
        drawn.choice((0, 1, 3999, 16_000, 192_000, 10**6, 2**31 - 1, 2**32 - 1)),
        drawn.choice((0, 1, 2, 7, 1024, 65_535)),
        drawn.choice((0, 1, 8, 16, 24, 32, 64, 999)),
        drawn.choice((0, 1, 3, 6, 7, 17, 49, 0x2000, 0xFFFE)),
        drawn.choice((0, 1, 20_000, ten_hours, 2**32 - 1)),
    )
    return _sent("header that lies", body)


def _ten_hours(drawn: random.Random, clip: bytes) -> Mutant:
    """A FLAC whose header says 10 hours or more, or nothing."""
    data = bytearray(clip)
    if data[:4] != b"fLaC":
        body = _wav(clip[:9_000], 16_000, 1, 16, 1, 10 * 3600 * 32_000)
        return _sent("10 h header", body)
    samples = drawn.choice((10 * 3600 * 16_000, 2**36 - 1, 0))
    data[21] = data[21] & 0xF0 | samples >> 32
    data[22:26] = struct.pack(">I", samples & 2**32 - 1)
    return _sent("10 h header", bytes(data))


def _numbers(drawn: random.Random, clip: bytes) -> Mutant:
    values = [drawn.choice((float("nan"), float("inf"), -1e38, 1e9, 0.0, 1e-45)) for _ in range(9)]
    data = struct.pack("<9f", *values) * drawn.choice((1, 1000))
    if drawn.random() < 0.5:
        return _sent("NaN and infinite", _wav(data, 16_000, 1, 32, 3, len(data)))
    return _sent("NaN and infinite", data, "audio/pcm", "?encoding=f32le")


def _raw(drawn: random.Random, clip: bytes) -> Mutant:
    rate = drawn.choice((4000, 16_000, 192_000, 0, -1, 10**30))
    channels, encoding = drawn.choice((1, 2, 16, 0, 99)), drawn.choice(("s16le", "f32le", "x"))
    query = f"?rate={rate}&channels={channels}&encoding={encoding}"
    return _sent("raw samples", clip[: drawn.randrange(60_000)], "audio/pcm", query)


def _asked(drawn: random.Random, clip: bytes) -> Mutant:
    name = drawn.choice(("model", "window", "hop", "coverage", "timeline", "language", "x[]", ""))
    value = drawn.choice(
        (*PATHS, "nan", "inf", "-1", "0", "1e999", "9" * 4000, "true", "null", "[]", "{{7*7}}")
    )
    return _sent("queries", clip, "audio/flac", f"?{quote(name)}={quote(value)}")


def _tricks(drawn: random.Random, clip: bytes) -> Mutant:
    path = quote(drawn.choice(PATHS), safe=drawn.choice(("", "/.%\\")))
    where = drawn.choice(("/v1/models/{}", "/v1/models/{}/file", "/{}", "/v1/models/bilstm/{}"))
    return Mutant("paths", where.format(path), method="GET")


def _form(drawn: random.Random, clip: bytes) -> Mutant:
    file = drawn.choice(PATHS).encode().replace(b"\r", b"")
    parts = {
        "plain": b'form-data; name="file"; filename="' + file + b'"',
        "no name": b'form-data; filename="a.wav"',
        "bad UTF-8": b'form-data; name="file"; filename="\xff\xfe\xc0.wav"',
        "other name": b'form-data; name="\xed\xa0\x80"',
        "huge": b'form-data; name="file"; x="' + b"x" * 200_000 + b'"',
        "quotes": b'form-data; name="file; filename="""";;;=',
        "star": b"form-data; name=file; filename*=UTF-8''%00%ff..%2f",
    }
    kind = drawn.choice([*parts])
    head = b"--boundary\r\nContent-Disposition: " + parts[kind] + b"\r\n\r\n"
    count = drawn.choice((1, 1, 2, 300))
    body = (head + clip[:1000] + b"\r\n") * count + drawn.choice((b"--boundary--\r\n", b"", b"--"))
    where = drawn.choice(("/v1/recognise", "/v1/recognise/batch"))
    content = (
        f"multipart/form-data; boundary={drawn.choice((BOUNDARY, BOUNDARY, 'x', '', 'b' * 999))}"
    )
    return Mutant("forms", where, body, {"Content-Type": content})


def _batch(drawn: random.Random, clip: bytes) -> Mutant:
    body = b""
    for number in range(drawn.choice((1, 5, 40))):
        data = clip if number % 2 else clip[: drawn.randrange(len(clip))]
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="'
        body += (
            head.encode() + drawn.choice(PATHS).encode() + b'"\r\n\r\n' + data[:20_000] + b"\r\n"
        )
    content = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return Mutant("batches", "/v1/recognise/batch", body + b"--boundary--\r\n", content)


def _huge(drawn: random.Random, clip: bytes) -> Mutant:
    size = drawn.choice((33, 40)) << 20
    return _sent("too big", clip + bytes(size - len(clip)))


def _methods(drawn: random.Random, clip: bytes) -> Mutant:
    method = drawn.choice(("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"))
    where = drawn.choice(
        ("/v1/recognise", "/v1/models", "/metrics", "/", "/openapi.json", "/v1/stream")
    )
    return Mutant("methods", where, json.dumps({"a": 1}).encode(), method=method)


MAKERS: Sequence[Callable[[random.Random, bytes], Mutant]] = (
    *(_cut, _flipped, _shuffled, _wrong_type, _zeros, _header, _ten_hours, _numbers, _raw),
    *(_asked, _tricks, _form, _batch, _methods, _cut, _flipped, _header, _form, _huge),
)
"""Every kind; those with most ways to go wrong twice."""
