from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from ehsaas.features.framing import Framing
from ehsaas.features.logmel import LogMel
from ehsaas.features.mfcc import Mfcc, dct, delta
from tests import signals


def ours(signal: signals.Signal) -> NDArray[np.float32]:
    framing = Framing()
    samples, lengths = signals.batch(signal)
    mel = LogMel(framing)(framing.frames(framing.valid_samples(samples, lengths)))
    found: NDArray[np.float32] = Mfcc(deltas=0)(mel, framing.frame_lengths(lengths))[0].numpy()
    return found


def librosas(signal: signals.Signal) -> NDArray[np.float32]:
    """The same settings: 56 zeros on each side place its 400-sample window where ours lies."""
    power = librosa.feature.melspectrogram(
        y=np.pad(signal, 56),
        sr=16_000,
        n_fft=512,
        win_length=400,
        hop_length=160,
        center=False,
        n_mels=64,
    )
    level = librosa.power_to_db(power, top_db=None)
    found: NDArray[np.float32] = librosa.feature.mfcc(S=level, n_mfcc=40).T
    return found


def assert_like_librosa(signal: signals.Signal) -> None:
    """Within 1e-3 · max(1, |reference|): both are float32 with levels up to 100 dB.

    Bands more than 100 dB below a pure tone hold rounding only, so the tone here has some noise.
    """
    reference = librosas(signal)
    found = ours(signal)
    assert found.shape == reference.shape
    assert (np.abs(found - reference) <= 1e-3 * np.maximum(1, np.abs(reference))).all()


@pytest.mark.parametrize(
    "signal",
    [
        signals.noise(0.7),
        signals.tone(440, 0.5) + signals.noise(0.5, rms=1e-3),
        signals.voice(150, 0.8, "i", snr_db=30),
        signals.silence(0.3),
    ],
    ids=["noise", "tone", "voice", "silence"],
)
def test_coefficients_are_librosas(signal: signals.Signal) -> None:
    assert_like_librosa(signal)


def test_coefficients_are_librosas_on_real_clips(shared: Path) -> None:
    for file in sorted((shared / "corpora/emodb").rglob("*.flac"))[::60]:
        assert_like_librosa(soundfile.read(file, dtype="float32")[0])


def test_dct_is_orthonormal_and_its_first_row_flat() -> None:
    basis = dct(64, 64)
    torch.testing.assert_close(basis.T @ basis, torch.eye(64), atol=1e-5, rtol=0)
    torch.testing.assert_close(basis[:, 0], torch.full((64,), 0.125))


def test_delta_of_a_ramp_is_its_slope_away_from_the_edges() -> None:
    ramp = 3.0 * torch.arange(10.0)[None, :, None]
    slope = delta(ramp, torch.tensor([10]))[0, :, 0]
    torch.testing.assert_close(slope[2:-2], torch.full((6,), 3.0))
    # the clip is continued with its last frame: (1 · 3 + 2 · 6) / 10
    torch.testing.assert_close(slope[-1], torch.tensor(1.5))


def test_delta_does_not_see_what_lies_behind_the_last_frame() -> None:
    values = torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(1))
    values[1, 5:] = 1e6
    together = delta(values, torch.tensor([8, 5]))
    torch.testing.assert_close(together[1, :5], delta(values[1:, :5], torch.tensor([5]))[0])


def test_delta_of_one_frame_is_zero() -> None:
    assert (delta(torch.ones(1, 1, 4), torch.tensor([1])) == 0).all()
