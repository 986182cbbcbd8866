import numpy as np
import pytest
import torch
from pydantic import ValidationError

from ehsaas.features.ends import loud_span
from ehsaas.features.framing import Framing
from ehsaas.features.stack import FeatureConfig

CONFIG = FeatureConfig(parts=("mfcc", "logmel"), n_mfcc=6, n_mels=12, trim_db=40)
FRAMING = Framing()
RATE = FRAMING.rate


def tone(before: float, loud: float, behind: float, floor: float = 0.0) -> torch.Tensor:
    """A 220 Hz tone between stretches of noise at `floor`; times in seconds."""
    generator = torch.Generator().manual_seed(0)
    parts = [round(s * RATE) for s in (before, loud, behind)]
    samples = floor * torch.randn(sum(parts), generator=generator)
    time = torch.arange(parts[1]) / RATE
    samples[parts[0] : parts[0] + parts[1]] += 0.3 * torch.sin(2 * np.pi * 220 * time)
    return samples


def span(samples: torch.Tensor, trim_db: float = 40) -> tuple[int, int]:
    first, frames = loud_span(samples[None], torch.tensor([len(samples)]), FRAMING, trim_db)
    return int(first), int(frames)


def test_the_span_is_where_the_tone_is() -> None:
    first, frames = span(tone(0.5, 1.0, 0.7, floor=1e-4))
    # a frame is loud as soon as a few samples of the tone lie in it: window 25 ms, hop 10 ms
    assert 47 <= first <= 50
    assert 149 <= first + frames - 1 <= 150


def test_noise_above_the_threshold_is_kept() -> None:
    noisy = tone(0.5, 1.0, 0.5, floor=0.02)  # 20 dB below the tone
    assert span(noisy, 40) == (0, int(FRAMING.frame_lengths(torch.tensor(len(noisy)))))
    assert span(noisy, 10)[0] > 40


def test_a_bump_does_not_hide_a_soft_voice() -> None:
    soft = 0.01 * tone(0.3, 2.0, 0.3) + 1e-6
    soft[:480] += 0.45  # 30 ms
    soft[:480:2] -= 0.9
    assert sum(span(soft)) >= 225


def test_a_constant_offset_is_no_sound() -> None:
    samples = tone(0.5, 1.0, 0.7, floor=1e-4)
    assert span(samples + 0.02) == span(samples)


def test_silence_is_kept_whole() -> None:
    assert span(torch.zeros(RATE)) == (0, int(FRAMING.frame_lengths(torch.tensor(RATE))))


def test_a_clip_shorter_than_a_window_has_its_one_frame() -> None:
    assert span(tone(0, 0.01, 0)) == (0, 1)
    features, frames = CONFIG.extractor()(tone(0, 0.01, 0)[None], torch.tensor([160]))
    assert features.shape[1] == int(frames) == 1


def test_static_features_are_those_of_the_same_frames_of_the_whole_clip() -> None:
    samples = tone(0.4, 0.8, 0.3, floor=1e-4)[None]
    lengths = torch.tensor([samples.shape[1]])
    first, frames = span(samples[0])
    whole = CONFIG.model_copy(update={"trim_db": None}).extractor()(samples, lengths)[0]
    trimmed, T = CONFIG.extractor()(samples, lengths)
    assert int(T) == trimmed.shape[1] == frames < whole.shape[1]
    static = [i for i, name in enumerate(CONFIG.names) if not name.startswith("d")]
    expected = whole[:, first : first + frames, static]
    torch.testing.assert_close(trimmed[..., static], expected, atol=1e-3, rtol=0)


def test_a_batch_is_the_same_as_its_clips_alone() -> None:
    clips = [tone(0.3, 0.5, 0.9, 1e-4), tone(0.0, 1.2, 0.0, 1e-4), tone(0.6, 0.2, 0.1, 1e-4)]
    lengths = torch.tensor([len(c) for c in clips])
    padded = torch.nn.utils.rnn.pad_sequence(clips, batch_first=True, padding_value=0.9)
    extract = CONFIG.extractor()
    together, T = extract(padded, lengths)
    for i, clip in enumerate(clips):
        alone, n = extract(clip[None], lengths[i : i + 1])
        assert int(n) == int(T[i])
        torch.testing.assert_close(together[i, : int(n)], alone[0], atol=1e-3, rtol=0)
        assert not together[i, int(n) :].any()


def test_a_copy_at_another_speed_loses_its_ends_too() -> None:
    samples = tone(0.5, 1.0, 0.5, 1e-4)[None]
    faster = CONFIG.model_copy(update={"speed": 1.25}).extractor()
    frames = faster(samples, torch.tensor([samples.shape[1]]))[1]
    assert abs(int(frames) - 80) <= 4


@pytest.mark.parametrize("value", [0.0, 9.0, 101.0])
def test_thresholds_that_cut_speech_or_nothing_are_refused(value: float) -> None:
    with pytest.raises(ValidationError, match="trim_db"):
        FeatureConfig(trim_db=value)
