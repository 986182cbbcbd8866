import torch

from ehsaas.features.framing import Framing
from ehsaas.features.logmel import LogMel
from tests import signals


def test_twice_the_amplitude_adds_six_decibels_everywhere() -> None:
    framing = Framing()
    logmel = LogMel(framing)
    samples, _ = signals.batch(signals.noise(0.5, rms=0.1), signals.noise(0.5, rms=0.2))
    quiet, loud = logmel(framing.frames(samples))
    torch.testing.assert_close(loud - quiet, torch.full_like(quiet, 6.0206), atol=1e-3, rtol=0)


def test_a_higher_tone_stands_in_a_higher_band() -> None:
    framing = Framing()
    samples, _ = signals.batch(*(signals.tone(hertz, 0.2) for hertz in (200, 1000, 4000)))
    bands = LogMel(framing)(framing.frames(samples)).mean(dim=1).argmax(dim=-1).tolist()
    assert bands == sorted(set(bands))


def test_silence_is_the_floor() -> None:
    framing = Framing()
    samples, _ = signals.batch(signals.silence(0.1))
    assert (LogMel(framing)(framing.frames(samples)) == -100).all()
