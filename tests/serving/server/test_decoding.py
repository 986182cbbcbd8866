import asyncio
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from ehsaas import audio
from ehsaas.audio import AudioError, TooLongError
from ehsaas.serving.server.decoder import Pcm
from ehsaas.serving.server.decoding import Decoders, DecodingTimeoutError
from ehsaas.serving.server.settings import Settings
from tests.serving.server.toy import tone, wav

T = TypeVar("T")


def with_decoders(work: Callable[[Decoders], Awaitable[T]], **settings: object) -> T:
    """What the work gives with one decoder."""

    async def done() -> T:
        decoders = Decoders(Settings(**({"decoders": 1} | settings)))  # type: ignore[arg-type]
        await decoders.start()
        try:
            return await work(decoders)
        finally:
            await decoders.stop()

    return asyncio.run(done())


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
def test_a_recording_is_decoded_as_here(form: str) -> None:
    data = wav(1.3, form=form)
    clip = with_decoders(lambda decoders: decoders.decode(data, None, 60))
    np.testing.assert_array_equal(clip.samples, audio.read(data).samples)
    assert clip.warnings == ()


def test_what_is_odd_is_told() -> None:
    data = wav(2)[:-16_000]
    clip = with_decoders(lambda decoders: decoders.decode(data, None, 60))
    assert clip.duration == pytest.approx(1.5) and "truncated" in clip.warnings[0]


@pytest.mark.parametrize(("encoding", "scale"), [("s16le", 32768), ("f32le", 1)])
def test_raw_samples(encoding: str, scale: int) -> None:
    told = Pcm(16_000, encoding, 2)
    left = np.array([0.5, 0.25, -0.5], np.float32)
    both = np.stack([left, np.zeros_like(left)], axis=1) * scale
    data = both.astype("<i2" if scale > 1 else "<f4").tobytes()
    clip = with_decoders(lambda decoders: decoders.decode(data, told, 60))
    np.testing.assert_allclose(clip.samples, left / 2, atol=1e-6)


@pytest.mark.parametrize(
    ("data", "pcm", "error", "said"),
    [
        (b"no audio at all", None, AudioError, "not audio that can be read"),
        (b"", None, AudioError, "empty"),
        (b"abc", Pcm(16_000, "s16le"), AudioError, "expected a multiple of 2"),
        (b"", Pcm(16_000, "s16le"), AudioError, "0 bytes of raw samples"),
        (np.full(900, np.nan, "<f4").tobytes(), Pcm(16_000, "f32le"), AudioError, "nan"),
        (wav(3), None, TooLongError, "longer than 2 s"),
        (tone(3).tobytes(), Pcm(16_000, "f32le"), TooLongError, "more than 2 s"),
    ],
)
def test_what_cannot_be_used_is_said(
    data: bytes, pcm: Pcm | None, error: type[AudioError], said: str
) -> None:
    async def work(decoders: Decoders) -> int:
        with pytest.raises(error, match=said):
            await decoders.decode(data, pcm, 2)
        await decoders.decode(wav(), None, 2)  # and the decoder goes on
        return decoders.replaced

    assert with_decoders(work) == 0


def test_a_header_of_ten_hours_is_refused_before_it_is_decoded() -> None:
    flac = bytearray(wav(1, form="FLAC"))
    samples = 10 * 3600 * 16_000
    flac[21:26] = bytes([(flac[21] & 0xF0) | samples >> 32]) + struct.pack(
        ">I", samples & 2**32 - 1
    )

    async def work(decoders: Decoders) -> None:
        with pytest.raises(TooLongError, match="longer than 600 s"):
            await decoders.decode(bytes(flac), None, 600)

    with_decoders(work)


def test_a_decoder_that_takes_too_long_is_replaced() -> None:
    data = np.zeros(8_000_000, "<i2").tobytes()

    async def work(decoders: Decoders) -> int:
        with pytest.raises(DecodingTimeoutError, match=r"within 0\.02 s"):
            await decoders.decode(data, Pcm(48_000, "s16le"), 600)
        patient = decoders.settings.model_copy(update={"decode_seconds": 10.0})
        decoders.settings = patient
        assert (await decoders.decode(wav(), None, 600)).duration == 1
        return decoders.replaced

    assert with_decoders(work, decode_seconds=0.02) == 1


def test_a_decoder_that_dies_is_replaced() -> None:
    async def work(decoders: Decoders) -> int:
        process = decoders._idle.get_nowait()
        assert process is not None
        process.kill()
        await process.wait()
        decoders._idle.put_nowait(process)
        with pytest.raises(AudioError, match="damaged, or it takes more memory"):
            await decoders.decode(wav(), None, 600)
        assert (await decoders.decode(wav(), None, 600)).duration == 1
        return decoders.replaced

    assert with_decoders(work) == 1


def test_who_stops_waiting_leaves_a_decoder_that_works() -> None:
    async def work(decoders: Decoders) -> int:
        asking = asyncio.create_task(decoders.decode(wav(100), None, 600))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        assert (await decoders.decode(wav(2), None, 600)).duration == 2
        return decoders.replaced

    assert with_decoders(work) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_a_decoder_can_open_nothing() -> None:
    async def work(decoders: Decoders) -> None:
        process = decoders._idle.get_nowait()
        assert process is not None
        folder = Path(f"/proc/{process.pid}")
        rows = (folder / "limits").read_text().splitlines()
        limits = {row[:25].strip(): row[26:].split()[1] for row in rows[1:]}
        opened = {int(path.name) for path in (folder / "fd").iterdir()}
        assert set(range(int(limits["Max open files"]))) <= opened  # none is free
        assert limits["Max file size"] == limits["Max core file size"] == "0"
        assert 0 < int(limits["Max data size"]) < 2**31
        decoders._idle.put_nowait(process)

    with_decoders(work)


def test_a_bomb_holds_no_more_than_it_may() -> None:
    """A FLAC of silence: a few bytes a block. Its header does not say how long it is."""
    flac = bytearray(silent_flac(blocks=20_000))

    async def work(decoders: Decoders) -> None:
        with pytest.raises(TooLongError, match="longer than 600 s"):
            await decoders.decode(bytes(flac), None, 600)
        process = decoders._idle.get_nowait()
        assert process is not None
        decoders._idle.put_nowait(process)
        if sys.platform == "linux":
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            assert int(peak.split()[1]) < 300_000

    with_decoders(work)


def silent_flac(blocks: int) -> bytes:
    """Blocks of 65 535 zeros, 12 bytes each; STREAMINFO gives no length."""
    info = struct.pack(">HH", 65535, 65535) + bytes(6)
    packed = (16_000 << 44) | (0 << 41) | (15 << 36)
    frames = bytearray()
    for number in range(blocks):
        head = bytes([0xFF, 0xF8, 0x75, 0x08]) + utf8(number) + struct.pack(">H", 65534)
        head += bytes([crc8(head)])
        body = head + bytes([0]) + bytes(2)  # a constant subframe: 0
        frames += body + struct.pack(">H", crc16(body))
    return b"fLaC" + bytes([0x80, 0, 0, 34]) + info + packed.to_bytes(8, "big") + bytes(16) + frames


def utf8(number: int) -> bytes:
    return chr(number).encode("utf-8", "surrogatepass")


def crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1) ^ 0x07 if value & 0x80 else value << 1
        value &= 0xFF
    return value


def crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x8005 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value


def test_a_file_of_zeros_that_was_zipped_is_no_audio() -> None:
    zipped = b"PK\x03\x04" + zlib.compress(bytes(10_000_000))

    async def work(decoders: Decoders) -> None:
        with pytest.raises(AudioError, match="not audio"):
            await decoders.decode(zipped, None, 600)

    with_decoders(work)
