"""Channels are averaged and resampled; what cannot be is an error that names the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.audio import RATE, AudioError, TooLongError, decoding
from ehsaas.audio.mono import LONGEST, mono, too_long
from tests.audio.sounds import encoded, pitch, tone


def test_a_tone_above_the_new_nyquist_frequency_disappears() -> None:
    clip = audio.read(encoded(tone(1.0, 48000, 12000.0), 48000))
    assert np.abs(clip.samples[1000:-1000]).max() < 10 ** (-80 / 20)


def test_channels_are_averaged() -> None:
    stereo = np.stack([tone(), np.zeros(RATE, np.float32)], axis=1)
    recording = audio.decode(encoded(stereo))
    assert recording.channels == 2
    np.testing.assert_allclose(recording.clip.samples, tone() / 2, atol=1e-4)


def test_opposite_channels_are_named_when_they_cancel_out() -> None:
    clip = audio.read(encoded(np.stack([tone(), -tone()], axis=1)))
    assert audio.is_silent(clip)
    assert "cancel each other" in clip.warnings[0]


def test_long_recordings_are_read_in_blocks_without_a_seam(monkeypatch: Any) -> None:
    samples = tone(2.0, 44100)
    whole = audio.read(encoded(samples, 44100, subtype="FLOAT"))
    monkeypatch.setattr(decoding, "_BLOCK", 1000)
    parts = audio.read(encoded(samples, 44100, subtype="FLOAT"))
    np.testing.assert_allclose(parts.samples, whole.samples, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_numbers_are_an_error(tmp_path: Path, value: float) -> None:
    samples = tone()
    samples[500] = value
    soundfile.write(tmp_path / "bad.wav", samples, RATE, subtype="FLOAT")
    with pytest.raises(AudioError, match="bad.wav: holds samples that are no sound"):
        audio.read(tmp_path / "bad.wav")


def test_seven_channels_at_192_khz_are_averaged_and_resampled() -> None:
    channels = np.stack([tone(1.0, 192_000)] * 7, axis=1)
    recording = audio.decode(encoded(channels, 192_000))
    assert (recording.rate, recording.channels) == (192_000, 7)
    assert recording.clip.duration == 1.0
    assert pitch(recording.clip) == pytest.approx(440, abs=1)


def test_an_hour_is_read(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "hour.wav", "w", 8000, 1, "PCM_U8") as file:
        for _ in range(60):
            file.write(np.tile(tone(1.0, 8000), 60))
    clip = audio.read(tmp_path / "hour.wav")
    assert clip.duration == 3600
    assert not audio.is_silent(clip)


def test_what_is_longer_than_asked_for_is_refused_by_its_header() -> None:
    with pytest.raises(TooLongError, match=r"longer than 0\.5 s; cut it"):
        audio.decode(encoded(tone(1.0)), longest=0.5)
    assert audio.decode(encoded(tone(1.0)), longest=1.0).clip.duration == 1.0


def test_what_has_no_header_is_refused_once_too_much_of_it_came() -> None:
    taken = 0

    def blocks() -> Iterator[NDArray[np.float32]]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield np.zeros((RATE, 1), np.float32)

    with pytest.raises(TooLongError, match="longer than 3 s"):
        mono("endless", blocks(), RATE, longest=3.0)
    assert taken == 4
    assert "longer than 24 hours" in str(too_long("one", LONGEST))


def test_a_rate_too_low_for_a_voice_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "low.wav", tone(1.0, 3999), 3999)
    with pytest.raises(AudioError, match=r"low\.wav: recorded at 3999 Hz; at least 4000 Hz"):
        audio.read(tmp_path / "low.wav")
    clip = audio.read(encoded(tone(1.0, 11025), 11025))
    assert clip.warnings == ("recorded at 11025 Hz: nothing above 5.5125 kHz",)
