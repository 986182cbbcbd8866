"""What every entry of FEATURES keeps, and every way of hearing that a recipe may ask for."""

import pytest
import torch

from ehsaas.features import FEATURES, FeatureConfig
from tests import signals

SETTINGS = {
    **FEATURES,
    "frames without quiet ends": FeatureConfig(trim_db=40),
    "frames at another speed": FeatureConfig(speed=1.1),
    "both": FeatureConfig(speed=0.9, trim_db=40),
}

CLIPS = (
    signals.voice(120, 0.9, snr_db=30),
    signals.syllables(260, 3),
    signals.noise(0.3),
    signals.voice(200, 0.02),
)

every = pytest.mark.parametrize("name", SETTINGS)


@every
def test_shapes_names_and_types(name: str) -> None:
    config = SETTINGS[name]
    features, lengths = config.extractor()(*signals.batch(*CLIPS))
    B, T, D = features.shape
    assert (B, D) == (len(CLIPS), len(config.names))
    assert len(set(config.names)) == D
    assert features.dtype == torch.float32 and lengths.dtype == torch.int64
    assert lengths.min() >= 1 and int(lengths.max()) == T
    assert config.dtype in ("float16", "float32")


@every
@pytest.mark.parametrize("filling", [0.0, 0.9, float("nan"), float("inf")])
def test_padding_changes_nothing_and_a_batch_is_its_clips(name: str, filling: float) -> None:
    """Up to float32 rounding, which the dB scale stretches where a band is nearly empty."""
    extract = SETTINGS[name].extractor()
    together, lengths = extract(*signals.batch(*CLIPS, filling=filling))
    for clip, own, length in zip(CLIPS, together, lengths, strict=True):
        alone, frames = extract(*signals.batch(clip))
        assert int(frames[0]) == int(length)
        torch.testing.assert_close(own[:length], alone[0], atol=5e-3, rtol=1e-3)
        assert (own[length:] == 0).all()


@every
@pytest.mark.parametrize("seconds", [0.0, 1 / 16_000, 0.01, 0.5])
def test_silence_is_finite(name: str, seconds: float) -> None:
    features, _ = SETTINGS[name].extractor()(*signals.batch(signals.silence(seconds)))
    assert torch.isfinite(features).all()


@every
@pytest.mark.parametrize("amplitude", [1e-30, 1e-6, 1.0])
def test_very_soft_and_full_scale_are_finite(name: str, amplitude: float) -> None:
    clip = (amplitude * signals.tone(200, 0.3, 1.0)).astype("float32")
    features, _ = SETTINGS[name].extractor()(*signals.batch(clip))
    assert torch.isfinite(features).all()


@every
def test_the_same_clip_gives_the_same_bits(name: str) -> None:
    extract = SETTINGS[name].extractor()
    first, again = (extract(*signals.batch(CLIPS[0]))[0] for _ in range(2))
    assert torch.equal(first, again)
