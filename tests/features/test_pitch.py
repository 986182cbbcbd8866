from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from ehsaas.features.framing import Framing
from ehsaas.features.pitch import Pitch
from tests import signals

FRAMING = Framing()


def track(*clips: signals.Signal, framing: Framing = FRAMING) -> torch.Tensor:
    samples, lengths = signals.batch(*clips)
    own = framing.valid_samples(samples, lengths)
    found: torch.Tensor = Pitch(framing)(own, framing.frame_lengths(lengths))
    return found


def middles(contour: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """The truth at the middle of each frame, without the first and the last frame."""
    return contour[np.arange(frames) * FRAMING.hop + FRAMING.window // 2][1:-1]


@pytest.mark.parametrize("vowel", ["a", "i", "u"])
@pytest.mark.parametrize("hertz", [80, 100, 130, 170, 220, 280, 350, 400])
def test_a_voice_has_its_pitch_in_every_frame(hertz: float, vowel: str) -> None:
    contour = signals.glide(hertz, 0.6)
    steady = signals.voice(hertz, 0.6, vowel)
    gliding = signals.voice(contour, 0.6, vowel, snr_db=20)
    for found, truth in zip(
        track(steady, gliding)[..., 0].numpy(), (np.full_like(contour, hertz), contour), strict=True
    ):
        expected = middles(truth, len(found))
        np.testing.assert_allclose(found[1:-1], expected, rtol=0.01)


@pytest.mark.parametrize("hertz", [80, 150, 220, 310, 400])
def test_noise_ten_decibels_below_hardly_moves_it(hertz: float) -> None:
    found = track(signals.voice(hertz, 1.0, snr_db=10))[0, 1:-1, 0].numpy()
    assert np.mean(np.abs(found / hertz - 1) < 0.01) > 0.98


def test_220_hertz_is_220() -> None:
    f0, strength = track(signals.tone(220, 0.5))[0, 1:-1].unbind(dim=-1)
    torch.testing.assert_close(f0, torch.full_like(f0, 220.0), rtol=2e-3, atol=0)
    assert (strength > 0.95).all()


def test_level_does_not_matter() -> None:
    loud, soft = track(signals.voice(120, 0.4, rms=0.2), signals.voice(120, 0.4, rms=0.01))[
        :, 1:-1, 0
    ]
    torch.testing.assert_close(loud, soft, rtol=1e-3, atol=0)


def test_silence_and_a_constant_are_unvoiced() -> None:
    flat = np.full(8000, 0.3, dtype=np.float32)
    for found in track(signals.silence(0.5), flat):
        assert (found[1:-1, 0] == 0).all() and torch.isfinite(found).all()
        assert ((found[:, 1] >= 0) & (found[:, 1] <= 1)).all()


def test_white_noise_is_mostly_unvoiced() -> None:
    assert (track(signals.noise(2.0))[0, :, 0] > 0).float().mean() < 0.2


def test_voicing_falls_with_noise() -> None:
    clips = [signals.voice(150, 0.5, snr_db=snr) for snr in (40, 10, 0)]
    clear, noisy, noisier = track(*clips)[..., 1].mean(dim=1).tolist()
    assert 1 >= clear > noisy > noisier >= 0


@pytest.mark.parametrize("framing", [Framing(25, 20), Framing(32, 12.5), Framing(20, 30)])
def test_other_frames(framing: Framing) -> None:
    clip = signals.voice(180, 1.0)
    found = track(clip, framing=framing)[0]
    assert len(found) == framing.frame_lengths(torch.tensor([len(clip)])).item()
    torch.testing.assert_close(
        found[1:-1, 0], torch.full_like(found[1:-1, 0], 180.0), rtol=0.01, atol=0
    )


def test_a_neighbour_behind_the_end_is_not_heard() -> None:
    short, long = signals.voice(300, 0.3), signals.voice(100, 1.0)
    alone = track(short)[0]
    samples, lengths = signals.batch(short, long)
    samples[0, len(short) :] = torch.from_numpy(long[: samples.shape[1] - len(short)])
    own = FRAMING.valid_samples(samples, lengths)
    together = Pitch(FRAMING)(own, FRAMING.frame_lengths(lengths))[0, : len(alone)]
    torch.testing.assert_close(together, alone, atol=1e-3, rtol=1e-4)


def test_clear_real_voices_agree_with_librosas_yin(shared: Path) -> None:
    """Where the voice is regular and steady: both average over their own stretch of a glide."""
    gaps = []
    for file in sorted((shared / "corpora/emodb").rglob("*.flac"))[::60]:
        clip, _ = soundfile.read(file, dtype="float32")
        found = track(clip)[0].numpy()
        yin = librosa.yin(
            np.pad(clip, (120, 640)),
            fmin=60,
            fmax=500,
            sr=16_000,
            frame_length=640,
            hop_length=160,
            center=False,
        )[: len(found)]
        step = np.abs(np.diff(np.log(np.maximum(found[:, 0], 1)), prepend=0, append=0))
        clear = (found[:, 1] > 0.9) & (step[:-1] < 0.02) & (step[1:] < 0.02)
        gaps.append(np.abs(found[clear, 0] / yin[clear] - 1))
    gap = np.concatenate(gaps)
    assert len(gap) > 300
    assert np.median(gap) < 0.005 and np.mean(gap < 0.02) > 0.85
