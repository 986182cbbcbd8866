import asyncio
import gc
import struct
import sys
import weakref
import zlib
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from ehsaas import audio
from ehsaas.audio import AudioError, TooLongError
from ehsaas.serving.server.decoder import SIZES, Pcm, packed
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


def test_raw_samples_at_a_low_rate_are_told_to_be_such_as_a_file_is() -> None:
    samples = tone(1)[::2].astype("<f4")
    (told,) = with_decoders(
        lambda decoders: decoders.decode(samples.tobytes(), Pcm(8000, "f32le"), 60)
    ).warnings
    assert "nothing above 4 kHz" in told


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


class Sent(bytearray):
    """An upload that can be looked for."""


def test_who_stops_waiting_for_a_decoder_leaves_nothing() -> None:
    async def work(decoders: Decoders) -> tuple[int, list[object]]:
        busy, there = decoders._idle.get_nowait(), asyncio.all_tasks()
        sent = [Sent(wav()) for _ in range(40)]
        known = [weakref.ref(one) for one in sent]
        asking = [asyncio.create_task(decoders.decode(one, None, 60)) for one in sent]
        await asyncio.sleep(0)
        for task in asking:
            task.cancel()
        await asyncio.wait(asking)
        del asking, task
        sent.clear()
        assert asyncio.all_tasks() == there
        left: list[object] = [one() for one in known if one() is not None]
        decoders._idle.put_nowait(busy)
        assert (await decoders.decode(wav(), None, 60)).duration == 1
        return decoders.replaced, left

    gc.disable()
    try:
        assert with_decoders(work) == (0, [])
    finally:
        gc.enable()


def test_nothing_goes_on_for_who_leaves_a_decoder_at_work() -> None:
    async def work(decoders: Decoders) -> None:
        process = taken(decoders)
        asking = asyncio.create_task(decoders.decode(silent_flac(70, 192_000, 8), None, 600))
        await asyncio.sleep(0.1)
        assert decoders._idle.empty()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert decoders._idle.qsize() == decoders.replaced == 1
        assert await process.wait() < 0
        assert (await decoders.decode(wav(2), None, 600)).duration == 2

    with_decoders(work)


def test_what_is_decoded_or_waits_ends_with_the_server() -> None:
    async def work(decoders: Decoders) -> None:
        long = silent_flac(70, 192_000, 8)
        asking = [asyncio.create_task(decoders.decode(long, None, 600)) for _ in range(3)]
        await asyncio.sleep(0.1)
        await decoders.stop()
        first, *others = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(first, AudioError)
        assert all(isinstance(other, DecodingTimeoutError) for other in others)
        assert not decoders._processes and not decoders._ending

    with_decoders(work)


@pytest.mark.parametrize(
    "reply",
    [
        packed({}, 1 << 32),
        packed({}, 4 * 16_000 * 60 + (1 << 20)),
        SIZES.pack(1 << 40, 0),
        SIZES.pack(2, 0) + b"no",
        packed({}, 2) + b"no",
    ],
)
def test_a_decoder_that_says_what_none_would_is_replaced(reply: bytes) -> None:
    async def work(decoders: Decoders) -> int:
        liar = "import sys, time; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))"
        liar += "; sys.stdout.flush(); time.sleep(60)"
        words = (sys.executable, "-c", liar, reply.hex())
        decoders._end(taken(decoders))
        decoders._idle.get_nowait()
        lying = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
        decoders._idle.put_nowait(lying)
        with pytest.raises(AudioError, match="damaged, or"):
            await decoders.decode(wav(), None, 60)
        assert await lying.wait() < 0
        assert (await decoders.decode(wav(), None, 60)).duration == 1
        return decoders.replaced

    assert with_decoders(work) == 1


def test_a_message_can_be_larger_than_any_file() -> None:
    assert SIZES.unpack(packed({}, 1 << 40)[: SIZES.size]) == (2, 1 << 40)


def taken(decoders: Decoders) -> Process:
    """The one decoder, which stays there."""
    process = decoders._idle.get_nowait()
    assert process is not None
    decoders._idle.put_nowait(process)
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_a_decoder_has_no_free_descriptor() -> None:
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


def test_a_small_file_of_many_values_is_refused() -> None:
    """A FLAC of silence, 60 kB for 500 s of 8 channels: most of a minute's work, were it done."""
    flac = silent_flac(500, 192_000, 8)
    assert len(flac) < 60_000

    async def work(decoders: Decoders) -> None:
        with pytest.raises(TooLongError, match=r"longer than 75 s.*\(8 channels at 192000 Hz\)"):
            await decoders.decode(flac, None, 600)
        assert (await decoders.decode(silent_flac(500, 16_000, 8), None, 600)).duration > 490

    with_decoders(work)


def test_a_bomb_holds_no_more_than_it_may() -> None:
    """7 kB that are 2 GB as float32, truly decoded."""

    async def work(decoders: Decoders) -> None:
        clip = await decoders.decode(silent_flac(74, 192_000, 8), None, 600)
        assert clip.duration == pytest.approx(74, abs=1) and not clip.samples.any()
        if sys.platform == "linux":
            status = Path(f"/proc/{taken(decoders).pid}/status").read_text()
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            assert int(peak.split()[1]) < 300_000

    with_decoders(work)


def silent_flac(seconds: float, rate: int, channels: int) -> bytes:
    """Blocks of 65 535 frames of zeros, about 10 bytes and 3 a channel each."""
    size, blocks = 65535, int(seconds * rate / 65535)
    stream = (rate << 44) | (channels - 1 << 41) | (15 << 36) | blocks * size
    info = struct.pack(">HH", size, size) + bytes(6) + stream.to_bytes(8, "big") + bytes(16)
    frames = bytearray()
    for number in range(blocks):
        head = bytes([0xFF, 0xF8, 0x70, (channels - 1 << 4) | 8]) + utf8(number)
        head += struct.pack(">H", size - 1)
        head += bytes([crc8(head)])
        body = head + channels * bytes(3)  # constant subframes: 0
        frames += body + struct.pack(">H", crc16(body))
    return b"fLaC" + bytes([0x80, 0, 0, 34]) + info + bytes(frames)


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
