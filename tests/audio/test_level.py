"""Samples beyond full scale: clipped or scaled by the whole file's level, and said."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.audio import RATE
from tests.audio.sounds import Samples, encoded, tone


def whole(samples: Samples, bits: int) -> NDArray[np.float64]:
    """Samples in [-1, 1] as integers of this many bits beside the sign."""
    return np.round(samples.astype(np.float64) * float(2**bits - 1))


@pytest.mark.parametrize(("bits", "subtype"), [(15, "FLOAT"), (23, "FLOAT"), (31, "DOUBLE")])
def test_integers_kept_as_floats_are_scaled_by_their_width_and_named(
    bits: int, subtype: str
) -> None:
    clip = audio.read(encoded(whole(tone(), bits), subtype=subtype))
    np.testing.assert_allclose(clip.samples, tone(), atol=1e-4)
    assert f"taken for integers and scaled down by {2**bits}" in clip.warnings[0]


def test_integers_that_were_resampled_are_still_taken_for_integers() -> None:
    clip = audio.read(encoded(tone() * 32768 + 0.3, subtype="FLOAT"))
    np.testing.assert_allclose(clip.samples, tone(), atol=1e-4)


@pytest.mark.parametrize("gain", [5.0, 50.0])
def test_floats_that_are_too_loud_are_scaled_by_their_peak_and_still_heard(gain: float) -> None:
    clip = audio.read(encoded(tone() * gain, subtype="FLOAT"))
    np.testing.assert_allclose(clip.samples, tone() * 2, atol=1e-3)
    assert clip.warnings == (
        f"samples reach {gain / 2:g}, where 1 is full scale; scaled down by {gain / 2:g}",
    )
    assert not audio.is_silent(clip)


@pytest.mark.parametrize("as_path", [True, False])
@pytest.mark.parametrize("gain", [10.0, 32768.0])
def test_two_stretches_of_a_file_are_scaled_alike(
    tmp_path: Path, gain: float, as_path: bool
) -> None:
    samples = np.concatenate([tone(), tone() / 100])
    soundfile.write(tmp_path / "a.wav", samples * gain, RATE, subtype="FLOAT")
    source = tmp_path / "a.wav" if as_path else (tmp_path / "a.wav").read_bytes()
    loud, soft = (audio.read(source, start, start + 1) for start in (0, 1))
    assert np.abs(loud.samples).max() == pytest.approx(100 * np.abs(soft.samples).max(), rel=1e-3)
    halves = np.concatenate([loud.samples, soft.samples])
    np.testing.assert_allclose(halves, audio.read(source).samples, atol=1e-7)


def test_a_file_that_changed_is_measured_again(tmp_path: Path) -> None:
    for gain in (100.0, 10.0):
        soundfile.write(tmp_path / "a.wav", tone(2.0 + 1 / gain) * gain, RATE, subtype="FLOAT")
        clip = audio.read(tmp_path / "a.wav", 0, 1)
        assert np.abs(clip.samples).max() == pytest.approx(1.0, abs=1e-3)


def test_what_is_no_number_elsewhere_in_a_file_does_not_spoil_a_stretch(tmp_path: Path) -> None:
    samples = tone(2.0) * 10
    samples[:3] = np.nan, np.inf, 1e30
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    clip = audio.read(tmp_path / "a.wav", 1.0)
    np.testing.assert_allclose(clip.samples, samples[RATE:] / 5, atol=1e-3)


def test_integers_that_overshoot_their_width_are_not_taken_for_wider_ones() -> None:
    clip = audio.read(encoded(whole(tone() * 2.2, 15), subtype="FLOAT"))
    assert np.abs(clip.samples).max() == 1.0


def test_the_last_bits_of_integers_are_silence_and_no_full_scale_noise() -> None:
    dither = np.random.default_rng(0).integers(-2, 3, RATE)
    clip = audio.read(encoded(dither.astype(np.float64), subtype="FLOAT"))
    assert audio.is_silent(clip)
    assert "taken for integers" in clip.warnings[0]


def test_two_stretches_of_a_lossy_file_are_scaled_alike() -> None:
    data = encoded(np.concatenate([tone() * 8, tone() / 5]), form="OGG", subtype="VORBIS")
    whole_clip = audio.read(data)
    assert "scaled down by" in whole_clip.warnings[0]
    soft = audio.read(data, 1.25, 1.75).samples
    np.testing.assert_allclose(soft, whole_clip.samples[20_000:28_000], atol=1e-6)


def test_a_small_overshoot_is_clipped() -> None:
    clip = audio.read(encoded(tone() * 2.4, subtype="FLOAT"))
    assert (np.abs(clip.samples).max(), clip.warnings) == (1.0, ())


def test_a_large_overshoot_is_clipped_and_named() -> None:
    clip = audio.read(encoded(tone() * 3.6, subtype="FLOAT"))
    assert np.abs(clip.samples).max() == 1.0
    assert clip.warnings == (
        "samples reach 1.8, where 1 is full scale; what is beyond it was clipped",
    )
