import numpy as np
import pytest

from ehsaas import audio
from ehsaas.audio import RATE, AudioError
from ehsaas.audio.mono import mono
from ehsaas.serving.pcm import PcmStream, Resampling
from tests.signals import Signal, noise, tone


def all_of(stream: PcmStream, data: bytes, chunk: int | None = None) -> Signal:
    """The samples of data that come in chunks of so many bytes, or at random."""
    rng, parts, at = np.random.default_rng(0), [], 0
    while at < len(data):
        size = chunk or int(rng.integers(0, 5000))
        parts.append(stream.feed(data[at : at + size]))
        at += size
    return np.concatenate([*parts, stream.flush()])


def test_sixteen_bits_are_divided_by_32768() -> None:
    data = np.array([0, 16384, -32768, 32767], "<i2").tobytes()
    np.testing.assert_array_equal(
        all_of(PcmStream(), data), np.array([0, 0.5, -1, 32767 / 32768], np.float32)
    )


def test_floats_come_as_they_are() -> None:
    sound = noise(0.1)
    found = all_of(PcmStream(encoding="f32le"), sound.astype("<f4").tobytes(), 7)
    np.testing.assert_array_equal(found, sound)


@pytest.mark.parametrize("rate", [RATE, 48000])
def test_what_is_louder_than_full_scale_is_clipped_at_every_rate(rate: int) -> None:
    loud = (1.4 * np.sin(np.arange(rate // 10) * 0.1)).astype("<f4")
    found = all_of(PcmStream(rate, "f32le"), loud.tobytes())
    assert np.abs(found).max() == 1.0


def test_channels_are_averaged() -> None:
    left, right = tone(200, 0.1), noise(0.1)
    both = np.stack([left, right], axis=1).astype("<f4").tobytes()
    found = all_of(PcmStream(encoding="f32le", channels=2), both, 11)
    np.testing.assert_allclose(found, (left + right) / 2, atol=1e-7)


@pytest.mark.parametrize("rate", [4000, 8000, 11_025, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("chunk", [1, 160, 1001, 48_000, None])
def test_chunks_change_nothing(rate: int, chunk: int | None) -> None:
    values = np.random.default_rng(1).integers(-9000, 9000, (rate // 4, 2)).astype("<i2")
    data = values.tobytes()[: 60_000 if chunk == 1 else None]
    whole = all_of(PcmStream(rate, channels=2), data, len(data))
    np.testing.assert_array_equal(all_of(PcmStream(rate, channels=2), data, chunk), whole)
    assert len(whole) == pytest.approx(len(data) / 4 / rate * RATE, abs=1)


def test_it_gives_what_a_file_gives() -> None:
    sound = np.random.default_rng(2).uniform(-0.3, 0.3, 44_100).astype(np.float32)
    stream = Resampling(44_100)
    found = np.concatenate([stream.feed(sound), stream.flush()])
    np.testing.assert_array_equal(found, mono("x", iter([sound[:, None]]), 44_100).samples)


def test_a_tone_keeps_its_pitch_and_level() -> None:
    t = np.arange(48_000) / 48_000
    stream = Resampling(48_000)
    sound = (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    found = np.concatenate([stream.feed(sound), stream.flush()])
    np.testing.assert_allclose(found[500:-500], tone(440, 1.0)[500:-500], atol=2e-3)


def test_a_frame_that_is_cut_in_two_waits_for_its_other_half() -> None:
    stream = PcmStream(channels=2)
    assert len(stream.feed(b"\x00\x40\x00")) == 0
    np.testing.assert_array_equal(stream.feed(b"\x40"), np.array([0.5], np.float32))
    assert len(stream.feed(b"\x00")) == len(stream.flush()) == 0
    assert len(stream.feed(b"\x00\x40\x00\x40")) == 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 7.0, 3e38])
def test_what_is_no_sound_is_refused(wrong: float) -> None:
    with pytest.raises(AudioError, match=r"expected finite numbers in \[-1, 1\]"):
        PcmStream(encoding="f32le").feed(np.array([0, wrong], "<f4").tobytes())


def test_infinities_that_cancel_are_refused() -> None:
    data = np.array([np.inf, -np.inf], "<f4").tobytes()
    with pytest.raises(AudioError, match="expected finite"):
        PcmStream(encoding="f32le", channels=2).feed(data)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rate": 3999}, "a rate of 3999 Hz; expected 4000 to 192000 Hz"),
        ({"rate": 192_001}, "expected 4000 to 192000 Hz"),
        ({"encoding": "mulaw"}, "the encoding 'mulaw'; expected s16le or f32le"),
        ({"channels": 0}, "0 channels; expected 1 to 16"),
        ({"channels": 17}, "17 channels"),
    ],
)
def test_a_format_that_there_is_not_is_named(given: dict[str, object], said: str) -> None:
    with pytest.raises(AudioError, match=said):
        PcmStream(**given)  # type: ignore[arg-type]


def test_integers_are_no_samples() -> None:
    with pytest.raises(AudioError, match="divide int16 by"):
        Resampling(16_000).feed(np.zeros(4, np.int16))


def test_what_overshoots_is_cut_off() -> None:
    square = np.sign(np.sin(2 * np.pi * 300 * np.arange(9600) / 48_000)).astype(np.float32)
    stream = Resampling(48_000)
    found = np.concatenate([stream.feed(square), stream.flush()])
    assert np.abs(found).max() == 1.0
    assert audio.Clip(found).duration == pytest.approx(0.2, abs=1e-3)
