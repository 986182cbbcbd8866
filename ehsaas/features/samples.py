"""Samples as features: what a model that is trained from the waveform up takes, (N, 1) a clip."""

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from ehsaas.features.framing import frame_mask


class SamplesConfig(BaseModel):
    """Nothing to set; `kind` tells it from others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["samples"] = "samples"

    @property
    def names(self) -> tuple[str, ...]:
        """The one dimension."""
        return ("sample",)

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps them: 16 bits would be a noise 60 dB below."""
        return "float32"

    def extractor(self) -> nn.Module:
        """The module that hands them on."""
        return Samples()


class Samples(nn.Module):
    """(samples (B, N), lengths (B,)) → (samples (B, N, 1), lengths (B,)), at least one a clip."""

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Samples, zero behind each clip's end."""
        if not samples.shape[1]:
            samples = samples.new_zeros(len(samples), 1)
        own = torch.where(frame_mask(lengths, samples.shape[1]), samples, 0.0)
        return own[..., None], lengths.clamp(min=1)
