"""One process that decodes: recordings on stdin → samples on stdout.

The server starts some of these (`ehsaas.serving.server.decoding`). Whatever a hostile file does to
a decoder it does here. No descriptor is free in this process, so that no demuxer can be made to
open a file or an address; no file grows by it; it holds so much memory and no more; and one that
hangs or dies is replaced. It is no sandbox: a file that takes the process over could close a
descriptor, and then do what the server's user may.

A message is two sizes (big-endian, 8 bytes each), a JSON object, and bytes.
"""

import contextlib
import io
import json
import os
import signal
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import soundfile

from ehsaas import audio
from ehsaas.serving.pcm import ENCODINGS, PcmStream

_BLOCK = 1 << 20
SIZES = struct.Struct(">QQ")

_VALUES = 192_000
"""Frames × channels a second that may last as long as any recording (stereo at 96 kHz); of more of
them fewer seconds are decoded, for they take the time, and a file can hold them in a few bytes."""


@dataclass(frozen=True)
class Pcm:
    """How raw samples are written: `rate` in Hz, `encoding` of `ehsaas.serving.pcm.ENCODINGS`."""

    rate: int
    encoding: str
    channels: int = 1

    @property
    def frame(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * np.dtype(ENCODINGS[self.encoding][0]).itemsize


def packed(about: Mapping[str, Any], size: int) -> bytes:
    """What stands before the `size` bytes of a message."""
    head = json.dumps(about).encode()
    return SIZES.pack(len(head), size) + head


def main() -> None:
    """Decode what comes until nothing does."""
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # what a decoder prints is no reply
    _load_everything()
    _shut_in(int(sys.argv[1]))
    _send(replies, {"ready": True})
    while _answered(sys.stdin.buffer, replies):
        pass  # and nothing of a recording is kept until the next one


def _answered(requests: BinaryIO, replies: BinaryIO) -> bool:
    """Answer one message; whether there was one."""
    message = _received(requests)
    if message is None:
        return False
    about, data = message
    with _no_longer_than(about["seconds"]):
        reply, samples = _decoded(about, data)
    _send(replies, reply, samples)
    return True


def _decoded(about: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """A reply, and the samples of one recording as bytes of float32 at 16 kHz."""
    longest = about["longest"]
    try:
        if pcm := about["pcm"]:
            clip = _clip_of_pcm(data, Pcm(**pcm), longest)
        else:
            clip = _clip_of_file(data, longest)
    except audio.TooLongError as error:
        return {"error": str(error), "too_long": True}, b""
    except audio.AudioError as error:
        return {"error": str(error)}, b""
    except Exception:  # a decoder's own mistakes are those of the file that it was given
        return {"error": "not audio that can be read; its decoder gave up"}, b""
    return {"warnings": clip.warnings}, clip.samples.astype("<f4").tobytes()


def _clip_of_file(data: bytes, longest: float) -> audio.Clip:
    """Any file as mono float32 at 16 kHz."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, channels = file.samplerate, file.channels
    except (soundfile.SoundFileError, TypeError):  # a container, or no audio
        return audio.decode(data, longest=longest).clip
    share = min(1.0, _VALUES / (rate * channels))
    try:
        return audio.decode(data, longest=share * longest).clip
    except audio.TooLongError as error:
        if share == 1:
            raise
        raise audio.TooLongError(f"{error} ({channels} channels at {rate} Hz)") from None


def _clip_of_pcm(data: bytes, pcm: Pcm, longest: float) -> audio.Clip:
    """Raw samples as mono float32 at 16 kHz."""
    frame = pcm.frame
    if not data or len(data) % frame:
        raise audio.AudioError(
            f"{len(data)} bytes of raw samples; expected a multiple of {frame}: {pcm.channels}"
            f" channels of {pcm.encoding}"
        )
    if len(data) / frame / pcm.rate > longest:
        raise audio.TooLongError(f"raw samples of more than {longest:g} s; send fewer")
    stream = PcmStream(pcm.rate, pcm.encoding, pcm.channels)
    size = _BLOCK // frame * frame
    parts = [stream.feed(data[at : at + size]) for at in range(0, len(data), size)]
    samples = np.concatenate([*parts, stream.flush()])
    return audio.Clip(samples, warnings=tuple(audio.low_rate(pcm.rate)))


def _received(requests: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    sizes = requests.read(SIZES.size)
    if len(sizes) < SIZES.size:
        return None
    head, size = SIZES.unpack(sizes)
    return json.loads(requests.read(head)), requests.read(size)


def _send(replies: BinaryIO, about: Mapping[str, Any], data: bytes = b"") -> None:
    replies.write(packed(about, len(data)))
    replies.write(data)
    replies.flush()


def _load_everything() -> None:
    """Load what is loaded at first use, for then there will be no descriptor to open it with."""
    with contextlib.suppress(ImportError):
        import av  # noqa: F401
    for form, subtype in (("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")):
        file = io.BytesIO()
        soundfile.write(file, np.zeros(800, np.float32), 8000, format=form, subtype=subtype)
        audio.read(file.getvalue())
    with contextlib.suppress(audio.AudioError):
        audio.read(b"no audio at all")


def _shut_in(memory: int) -> None:
    """From here on no descriptor is free, no file grows, and at most `memory` bytes are held."""
    try:
        import resource
    except ImportError:  # there are no such limits on Windows
        return
    free = os.dup(0)
    os.close(free)
    for limit, value in (
        (resource.RLIMIT_NOFILE, free),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, memory),
    ):
        most = resource.getrlimit(limit)[1]
        allowed = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (allowed, allowed))


@contextlib.contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """End this process where it takes longer, also where the server has gone."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()
