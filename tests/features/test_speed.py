"""Speed perturbation: pitch and tempo move together, by the factor that was asked for."""

import numpy as np
import pytest
import torch

from ehsaas.features import FeatureConfig
from ehsaas.features.speed import AtSpeed
from ehsaas.features.stack import PITCH_ZERO_HZ
from tests import signals


@pytest.mark.parametrize(("speed", "hertz"), [(1.1, 242.0), (0.9, 198.0)])
def test_faster_is_shorter_and_higher_by_the_same_factor(speed: float, hertz: float) -> None:
    samples, lengths = signals.batch(signals.voice(220, 1.1))
    extract = FeatureConfig(parts=("pitch",), speed=speed).extractor()
    features, frames = extract(samples, lengths)
    plain, before = FeatureConfig(parts=("pitch",)).extractor()(samples, lengths)
    assert int(frames[0]) == pytest.approx(int(before[0]) / speed, abs=1)
    heard = PITCH_ZERO_HZ * 2 ** features[0, 5:-5, 0].numpy()
    np.testing.assert_allclose(heard, hertz, rtol=0.005)


def test_the_inner_extractor_hears_each_clip_at_its_own_length() -> None:
    class Heard(torch.nn.Module):
        def forward(
            self, samples: torch.Tensor, lengths: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            return samples, lengths

    samples, lengths = signals.batch(signals.tone(200, 1.0), signals.tone(200, 0.5))
    heard, sizes = AtSpeed(Heard(), 1.25)(samples, lengths)
    assert sizes.tolist() == [12_800, 6_400]
    assert heard.shape == (2, 12_800)
    assert not heard[1, 6_400:].any()
