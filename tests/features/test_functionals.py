import numpy as np
import pytest
import torch

from ehsaas.features.functionals import AsOneFrame, Functionals, FunctionalsConfig, names
from tests import signals


def of(*clips: signals.Signal) -> list[dict[str, float]]:
    vectors = Functionals()(*signals.batch(*clips))
    return [dict(zip(names(), row, strict=True)) for row in vectors.tolist()]


def test_one_name_a_number() -> None:
    assert (
        len(set(names()))
        == len(names())
        == FunctionalsConfig().extractor()(*signals.batch(signals.noise(0.5)))[0].shape[-1]
    )


def test_pitch_of_a_voice() -> None:
    steady, swinging = of(
        signals.voice(220, 1.0), signals.voice(signals.glide(220, 1.0, octaves=0.3), 1.0)
    )
    assert steady["pitch_voiced_p50"] == pytest.approx(36, abs=0.1)
    assert steady["pitch_voiced_range"] < 0.1
    # a sine that swings by ± 3.6 semitones spends 60 % of its time within ± 0.81 of that
    assert swinging["pitch_voiced_range"] == pytest.approx(2 * 3.6 * np.sin(0.3 * np.pi), abs=0.4)
    assert steady["jitter"] < 0.002 < swinging["jitter"]


def test_rhythm_of_syllables() -> None:
    (found,) = of(signals.syllables(150, 5, voiced=0.25, gap=0.15))
    assert found["voiced_stretches_per_s"] == pytest.approx(5 / 2, abs=0.1)
    assert found["voiced_length_s"] == pytest.approx(0.25, abs=0.04)
    assert found["unvoiced_length_s"] == pytest.approx(0.15, abs=0.04)
    assert found["voiced_share"] == pytest.approx(0.25 / 0.4, abs=0.06)
    assert found["loudness_peaks_per_s"] >= 5 / 2


def test_loudness_rises_and_falls_per_second() -> None:
    ramp = np.linspace(0.01, 1, 16_000, dtype=np.float32) * signals.noise(1.0)
    rising, falling = of(ramp, ramp[::-1].copy())
    assert rising["loudness_mean"] == pytest.approx(falling["loudness_mean"], rel=0.01)
    net = rising["loudness_rising_mean"] + rising["loudness_falling_mean"]
    back = falling["loudness_rising_mean"] + falling["loudness_falling_mean"]
    assert net > 0 > back


def test_without_a_voice_the_voiced_numbers_are_zero() -> None:
    (found,) = of(signals.silence(0.5))
    assert all(value == 0 for name, value in found.items() if "_voiced_" in name)
    assert found["voiced_share"] == 0 and found["mean_level_db"] == -100


def test_level_is_heard() -> None:
    soft, loud = of(signals.noise(0.5, rms=0.05), signals.noise(0.5, rms=0.1))
    assert loud["mean_level_db"] - soft["mean_level_db"] == pytest.approx(6.02, abs=0.01)


def test_as_one_frame() -> None:
    clips = signals.batch(signals.noise(0.3), signals.noise(0.2))
    inner = Functionals()
    features, lengths = AsOneFrame(inner)(*clips)
    assert features.shape == (2, 1, len(names())) and lengths.tolist() == [1, 1]
    torch.testing.assert_close(features[:, 0], inner(*clips))
