"""openSMILE: samples (B, N) → one vector a clip of eGeMAPS, ComParE, IS09 or IS10 functionals.

Backed by the package `opensmile` (extra `opensmile`). Its licence, audEERING's, is for
non-commercial research only: no product may contain it, nor what was made with it.

openSMILE hears 16-bit integers: what is beyond full scale is cut off, and what is softer than their
smallest step is silence.
"""

from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from ehsaas.audio import RATE

FeatureSet = Literal["egemaps", "compare", "is09", "is10"]

SETS: dict[FeatureSet, str] = {
    "egemaps": "eGeMAPSv02",
    "compare": "ComParE_2016",
    "is09": "IS09",
    "is10": "IS10",
}
"""What the package calls them: 88, 6373, 384 and 1582 numbers. Its IS10 is the set as published
(`IS10_paraling_compat.conf`), but for jitter and shimmer, which are mended there."""

SHORTEST = RATE // 10
"""Samples; shorter clips are filled up with zeros. openSMILE needs from 25 to 70 ms, by the set."""

LOUDEST = 1 - 2**-15
"""The largest 16-bit integer; 1.0 would wrap around to -1."""


class SmileError(ValueError):
    """openSMILE cannot be used; the message says what to install."""


class SmileConfig(BaseModel):
    """Settings of openSMILE's functionals: which set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["smile"] = "smile"
    feature_set: FeatureSet = "egemaps"

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension, in order, as openSMILE gives them.

        Raises:
            SmileError: the package is missing.
        """
        return tuple(_functionals(self.feature_set).feature_names)

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps these features."""
        return "float32"

    def extractor(self) -> nn.Module:
        """The module that computes them, as a sequence of one frame.

        Raises:
            SmileError: the package is missing.
        """
        return Smile(self.feature_set)


class Smile(nn.Module):
    """(samples (B, N) at 16 kHz, lengths (B,)) → (functionals (B, 1, D), ones (B,)).

    Clips are heard one by one, so what lies behind a clip's end changes nothing. The functionals
    are float32; those that openSMILE leaves undefined are 0.
    """

    def __init__(self, feature_set: FeatureSet) -> None:
        """Use one of `SETS`."""
        super().__init__()
        self.functionals = _functionals(feature_set)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Functionals of each clip of a batch."""
        rows = [self._vector(own[:n]) for own, n in zip(samples, lengths.tolist(), strict=True)]
        return torch.stack(rows)[:, None].to(samples.device), torch.ones_like(lengths)

    def _vector(self, clip: Tensor) -> Tensor:
        """Functionals (D,) of one clip (N,)."""
        filled = nn.functional.pad(clip, (0, max(0, SHORTEST - len(clip))))
        heard = filled.detach().clamp(-1, LOUDEST).cpu().numpy()
        values = torch.from_numpy(self.functionals(heard, RATE)).float()
        return torch.nan_to_num(values.flatten(), nan=0.0, posinf=0.0, neginf=0.0)


def _functionals(feature_set: FeatureSet) -> Any:
    """The package's extractor of a set; calling it changes nothing in it, from any thread."""
    try:
        import opensmile
    except ImportError as error:
        raise SmileError(
            "openSMILE features need the package opensmile, licensed for non-commercial research"
            " only: pip install 'ehsaas[opensmile]'"
        ) from error
    kind = opensmile.FeatureSet[SETS[feature_set]]
    return opensmile.Smile(kind, opensmile.FeatureLevel.Functionals)
