import numpy as np
import pytest

from ehsaas.audio import RATE
from ehsaas.disturbances import Babble, Hiss, Murmur, Noise, babble_of
from ehsaas.disturbances.disturbance import power
from tests import signals

CLIP = signals.voice(150, 1.5)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("colour", ["white", "pink"])
@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0])
def test_the_ratio_is_the_one_asked_for(colour: str, snr_db: float) -> None:
    noisy = Noise.model_validate({"colour": colour, "snr_db": snr_db})(CLIP, generator())
    found = 10 * np.log10(power(CLIP) / power(noisy - CLIP))
    assert found == pytest.approx(snr_db, abs=0.01)


def test_pink_falls_by_3_db_an_octave_and_white_does_not() -> None:
    def octaves(colour: str) -> np.ndarray:
        disturbance = Noise.model_validate({"colour": colour, "snr_db": 0.0})
        found = disturbance(CLIP, generator()) - CLIP
        spectrum = np.abs(np.fft.rfft(found)) ** 2
        hertz = np.fft.rfftfreq(len(found), 1 / RATE)
        bands = [spectrum[(hertz >= f) & (hertz < 2 * f)].mean() for f in (250, 500, 1000, 2000)]
        steps: np.ndarray = np.diff(10 * np.log10(bands))
        return steps

    np.testing.assert_allclose(octaves("pink"), -3, atol=1)
    np.testing.assert_allclose(octaves("white"), 0, atol=1)


def test_hiss_has_its_amplitude_whatever_the_clip() -> None:
    for clip in (CLIP, 0.1 * CLIP):
        assert power(Hiss(deviation=0.002)(clip, generator()) - clip) == pytest.approx(
            4e-6, rel=0.05
        )


def test_babble_lies_below_the_clip_as_asked() -> None:
    others = [signals.voice(f, 1.0, vowel) for f in (110, 190, 230) for vowel in "aiu"]
    babble = Babble(snr_db=10, noise=babble_of(others, 4, 3.0, generator()))
    found = 10 * np.log10(power(CLIP) / power(babble(CLIP, generator(3)) - CLIP))
    assert found == pytest.approx(10, abs=0.01)


def test_babble_of_silence_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one clip with sound"):
        babble_of([signals.silence(1.0)], 2, 1.0, generator())


def test_a_murmur_lies_below_the_clip_as_asked_and_is_drawn_within_bounds() -> None:
    def ratio(murmur: Murmur, seed: int) -> float:
        return float(10 * np.log10(power(CLIP) / power(murmur(CLIP, generator(seed)) - CLIP)))

    assert ratio(Murmur(snr_db=10), 0) == pytest.approx(10, abs=0.01)
    drawn = [ratio(Murmur(snr_db=12.5, within=7.5), seed) for seed in range(12)]
    assert 5 <= min(drawn) < 10 and 15 < max(drawn) <= 20


def test_a_murmur_is_no_copy_of_the_clip() -> None:
    room = Murmur(snr_db=0)(CLIP, generator()) - CLIP
    likeness = np.abs(np.fft.irfft(np.fft.rfft(room) * np.conj(np.fft.rfft(CLIP))))
    assert likeness.max() < 0.6 * np.linalg.norm(room) * np.linalg.norm(CLIP)
    assert not Murmur(snr_db=0)(np.zeros_like(CLIP), generator()).any()
