"""Feature batch → changed feature batch: masks over time and dimensions, and Gaussian noise."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ehsaas.models.batch import Batch


@dataclass(frozen=True)
class FrameAugment:
    """Random masks and noise on standardised frames, so that a mask's value 0 is the mean.

    `time_masks` stretches of at most `time_share` of an utterance and `feature_masks` runs of at
    most `feature_share` of the dimensions are set to 0 (Park et al. 2019, SpecAugment); `noise`
    is the deviation of added Gaussian noise, in standard deviations of the feature; `shift` is the
    deviation of an offset added to a whole utterance, one number a dimension: it stands for a
    speaker's or microphone's own mean.
    """

    time_masks: int = 0
    time_share: float = 0.15
    feature_masks: int = 0
    feature_share: float = 0.15
    noise: float = 0.0
    shift: float = 0.0

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """A changed copy of the batch; lengths and labels stay."""
        x = batch.features.clone()
        B, T, D = x.shape
        if self.noise:
            x += self.noise * torch.randn(x.shape, generator=generator)
        if self.shift:
            x += self.shift * torch.randn(B, 1, D, generator=generator)
        if self.time_masks:
            hidden = _spans(batch.lengths, T, self.time_share, self.time_masks, generator)
            x.masked_fill_(hidden[:, :, None], 0.0)
        if self.feature_masks:
            sizes = torch.full((B,), D)
            hidden = _spans(sizes, D, self.feature_share, self.feature_masks, generator)
            x.masked_fill_(hidden[:, None, :], 0.0)
        return replace(batch, features=x)


def _spans(
    sizes: Tensor, width: int, share: float, count: int, generator: torch.Generator
) -> Tensor:
    """(B, width) bool: in each row `count` runs of at most `share` of its size each."""
    B = len(sizes)
    place = torch.arange(width)[None, :]
    covered = torch.zeros(B, width, dtype=torch.bool)
    for _ in range(count):
        length = torch.rand(B, generator=generator) * share * sizes
        start = torch.rand(B, generator=generator) * (sizes - length)
        covered |= (place >= start[:, None]) & (place < (start + length)[:, None])
    return covered
