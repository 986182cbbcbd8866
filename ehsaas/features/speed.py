"""Speed perturbation: a feature extractor that hears every clip faster or slower.

Resampling moves pitch, formants and tempo together, which makes another speaker of the same one
(Ko et al. 2015, "Audio augmentation for speech recognition"). For training copies only.
"""

import numpy as np
import soxr
import torch
from torch import Tensor, nn

from ehsaas.audio import RATE


class AtSpeed(nn.Module):
    """An extractor (samples, lengths) → (features, frame lengths) of clips played at `speed`.

    Args:
        inner: the extractor.
        speed: 1.1 shortens a clip by a tenth and raises its pitch by a tenth.
    """

    def __init__(self, inner: nn.Module, speed: float) -> None:
        super().__init__()
        self.inner, self.speed = inner, speed

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, T, D) and frame lengths (B,) of the perturbed clips."""
        clips = [
            soxr.resample(x[:n].numpy(), self.speed * RATE, RATE, quality="HQ")
            for x, n in zip(samples, lengths.tolist(), strict=True)
        ]
        sizes = torch.tensor([len(x) for x in clips])
        padded = torch.zeros(len(clips), int(sizes.max()))
        for row, x in zip(padded, clips, strict=True):
            row[: len(x)] = torch.from_numpy(np.asarray(x, dtype=np.float32))
        features, frames = self.inner(padded, sizes)
        return features, frames
