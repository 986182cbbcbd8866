import librosa
import numpy as np
import torch

from ehsaas.features.energy import energy
from ehsaas.features.framing import Framing
from tests import signals


def of(signal: signals.Signal) -> torch.Tensor:
    samples, _ = signals.batch(signal)
    return energy(Framing().frames(samples))[0]


def test_a_tone_has_the_rms_of_a_tone() -> None:
    rms, level = of(signals.tone(400, 0.5, amplitude=0.5)).unbind(dim=-1)
    torch.testing.assert_close(rms, torch.full_like(rms, 0.5 / 2**0.5), atol=1e-4, rtol=0)
    torch.testing.assert_close(level, torch.full_like(level, -9.03), atol=0.01, rtol=0)


def test_gain_two_is_six_decibels() -> None:
    gain = of(signals.noise(0.2, rms=0.2))[:, 1] - of(signals.noise(0.2, rms=0.1))[:, 1]
    torch.testing.assert_close(gain, torch.full_like(gain, 6.0206), atol=1e-3, rtol=0)


def test_silence_is_finite() -> None:
    assert of(signals.silence(0.1)).tolist() == [[0.0, -100.0]] * 8


def test_rms_is_librosas() -> None:
    signal = signals.voice(200, 0.5)
    theirs = librosa.feature.rms(y=signal, frame_length=400, hop_length=160, center=False)
    np.testing.assert_allclose(of(signal)[:, 0].numpy(), theirs[0], rtol=1e-5)
