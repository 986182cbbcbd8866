"""Embeddings: samples (B, N) → hidden states of a pretrained speech encoder, frames or pooled.

The layers asked for stand side by side. Pooled, a clip is one vector: mean and deviation over its
own frames, and how the mean moves from its first third to its last. A clip longer than the
encoder's span is heard in equal parts, one after the other. Clips may be brought to one level
first, and only their loud frames be pooled.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from ehsaas.features.framing import frame_mask
from ehsaas.features.loudness import levelled, loudness, powers
from ehsaas.features.moments import mean_std
from ehsaas.features.pretrained import PretrainedConfig
from ehsaas.models.encoders import (
    Checkpoint,
    Encoder,
    EncoderError,
    hidden_states,
    located,
)

Pooling = Literal["none", "mean", "mean-std", "mean-std-thirds", "loud", "mean-std-loud"]

HOP = 320
"""Samples from one hidden state to the next, 20 ms at 16 kHz, in every encoder here."""

LEVEL = "level"
"""The dimension's name."""

_PARTS: Mapping[Pooling, tuple[str, ...]] = MappingProxyType(
    {
        "none": ("",),
        "mean": ("_mean",),
        "mean-std": ("_mean", "_std"),
        "mean-std-thirds": ("_mean", "_std", "_first", "_second", "_third"),
        "loud": ("_loud",),
        "mean-std-loud": ("_mean", "_std", "_loud"),
    }
)
"""What a layer's columns are called behind its name, for each pooling."""


class EmbeddingConfig(PretrainedConfig):
    """Which encoder, which of its layers, and how they are pooled.

    Who writes a configuration gives no `size`; `found` fills it in.

    Attributes:
        size: D, the size of a hidden state.
        layers: layers side by side, in order; 0 is what enters the first.
        pooling: `none` keeps frames; the others make one vector a clip. `thirds` are the means of
            its first, second and last third; `loud` is the mean of its loud frames.
        every: so many frames are averaged to one, where frames are kept.
        level_db: the level re full scale that each clip's loud frames are brought to; None leaves
            it as it is.
        level: whether the level itself, in dB re full scale, stands behind the layers. It is known
            only beside other clips of the same voice or place (`hidden`).
        gate_db: frames at most so far below the clip's level are loud.
    """

    kind: Literal["embeddings"] = "embeddings"
    size: int | None = Field(default=None, ge=1)
    layers: tuple[int, ...] = (1, 2, 3, 4)
    pooling: Pooling = "mean-std"
    every: int = Field(default=1, ge=1)
    level_db: float | None = Field(default=None, ge=-60, le=0)
    level: bool = False
    gate_db: float = Field(default=35.0, gt=0, le=100)

    def found(self, root: Path | None = None) -> "EmbeddingConfig":
        """These settings for the checkpoint as it lies on this machine.

        Args:
            root: a folder that `encoder` may be relative to.

        Raises:
            EncoderError: there is no such checkpoint, or it has no such layers.
        """
        where = located(self.encoder, root)
        checkpoint = Checkpoint.find(where)
        if self.layers[-1] > checkpoint.depth:
            raise EncoderError(
                f"{checkpoint.name}: layers 0 to {checkpoint.depth} can be had, not"
                f" {self.layers[-1]}"
            )
        return self.at(where, sha256=checkpoint.sha256, size=checkpoint.dims)

    @model_validator(mode="after")
    def _layers(self) -> "EmbeddingConfig":
        if not self.layers or sorted(set(self.layers)) != list(self.layers) or self.layers[0] < 0:
            raise ValueError(
                f"layers are {self.layers}; give at least one, from 0 up, each once and in order"
            )
        return self

    @model_validator(mode="after")
    def _averages_frames(self) -> "EmbeddingConfig":
        if self.every > 1 and self.pooling != "none":
            raise ValueError("every averages frames; with a pooling there are none: leave it out")
        return self

    @model_validator(mode="after")
    def _level_of_vectors(self) -> "EmbeddingConfig":
        if self.level and (self.level_db is None or self.pooling == "none"):
            raise ValueError("level: for vectors of clips that are brought to a level_db")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension, in order, once the checkpoint is found."""
        assert self.size is not None, "known once the checkpoint is found"
        return (
            tuple(
                f"layer{layer}{kind}_{i}"
                for layer in self.layers
                for kind in _PARTS[self.pooling]
                for i in range(self.size)
            )
            + (LEVEL,) * self.level
        )

    @property
    def hidden(self) -> tuple[int, ...]:
        """Numbers of the dimensions that mean nothing across voices and places."""
        return (len(self.names) - 1,) if self.level else ()

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps these features."""
        return "float16"

    def extractor(self) -> nn.Module:
        """The module that computes them.

        Raises:
            EncoderError: the checkpoint is gone, or its weights are others.
        """
        found = Checkpoint.find(self.where)
        if self.sha256 is None or found.sha256 != self.sha256:
            raise EncoderError(
                f"{found.folder}: other weights than these features were made with"
                f" (sha256 {found.sha256[:12]}…, expected {(self.sha256 or 'none')[:12]}…)"
            )
        encoder = found.load(max(1, *self.layers))
        return Embedding(
            encoder,
            self.layers,
            self.pooling,
            self.every,
            level_db=self.level_db,
            level=self.level,
            gate_db=self.gate_db,
        )


class Embedding(nn.Module):
    """(samples (B, N), lengths (B,)) → (embeddings (B, T, D), frame lengths (B,)).

    Pooled, T is 1. A batch that the encoder cannot take at once is heard clip by clip.
    """

    def __init__(
        self,
        encoder: Encoder,
        layers: tuple[int, ...],
        pooling: Pooling,
        every: int = 1,
        *,
        level_db: float | None = None,
        level: bool = False,
        gate_db: float = 35.0,
    ) -> None:
        """Read `layers` of `encoder`."""
        super().__init__()
        self.encoder, self.layers, self.pooling = encoder.requires_grad_(False), layers, pooling
        self.every, self.gate_db = every, gate_db
        self.level_db, self.level = level_db, level

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings of a batch; what lies behind a clip's end is ignored."""
        found = None
        if self.level_db is not None:
            samples, found = levelled(samples, lengths, self.level_db, HOP)
        states, frames = hidden_states(self.encoder, samples, lengths, self.layers)
        x = states.flatten(2)
        inside = frame_mask(frames, x.shape[1])
        if self.pooling == "none":
            return averaged(x, frames, self.every)
        B = x.shape[0]
        if self.pooling == "loud":
            parts = self._of_loud(x, samples, lengths, frames)
        else:
            parts = mean_std(x, inside).transpose(1, 2)  # (B, 2, layers · D)
        if self.pooling == "mean":
            parts = parts[:, :1]
        if self.pooling == "mean-std-thirds":
            parts = torch.cat([parts, thirds(x, frames)], dim=1)
        if self.pooling == "mean-std-loud":
            parts = torch.cat([parts, self._of_loud(x, samples, lengths, frames)], dim=1)
        by_layer = parts.reshape(B, parts.shape[1], len(self.layers), -1).transpose(1, 2)
        pooled = by_layer.reshape(B, 1, -1)
        if self.level and found is not None:
            pooled = torch.cat([pooled, found[:, None, None]], dim=2)
        return pooled, torch.ones_like(frames)

    def _of_loud(self, x: Tensor, samples: Tensor, lengths: Tensor, frames: Tensor) -> Tensor:
        """The mean (B, 1, layers · D) of the loud frames among x (B, T, layers · D)."""
        T = x.shape[1]
        power = powers(samples, lengths, HOP)
        power = nn.functional.pad(power, (0, max(0, T - power.shape[1])))[:, :T]
        weight = loudness(power, frames, self.gate_db)
        return torch.einsum("bt,btd->bd", weight / weight.sum(dim=1, keepdim=True), x)[:, None]


def thirds(x: Tensor, frames: Tensor) -> Tensor:
    """Means (B, 3, D) of the first, second and last third of each clip's frames.

    Of a clip of one or two frames some thirds are empty, and are the whole clip.

    Args:
        x: (B, T, D).
        frames: (B,) valid frames.
    """
    at = torch.arange(x.shape[1], device=x.device)[None]
    edges = [(frames * part + 1) // 3 for part in range(4)]
    whole = at < frames[:, None]
    means = []
    for first, last in zip(edges, edges[1:], strict=False):
        inside = (at >= first[:, None]) & (at < last[:, None])
        inside = inside | (whole & ~inside.any(dim=1, keepdim=True))
        means.append(mean_std(x, inside)[..., 0])
    return torch.stack(means, dim=1)


def averaged(x: Tensor, frames: Tensor, every: int) -> tuple[Tensor, Tensor]:
    """Means over stretches of `every` frames; the last stretch of a clip may be shorter.

    Args:
        x: (B, T, D), zero behind each clip's last frame.
        frames: (B,) valid frames.
        every: 1 leaves everything as it is.
    """
    if every == 1:
        return x, frames
    B, T, D = x.shape
    short = -T % every
    total = nn.functional.pad(x, (0, 0, 0, short)).reshape(B, -1, every, D).sum(dim=2)
    first = torch.arange(total.shape[1], device=x.device) * every
    count = (frames[:, None] - first).clamp(1, every)
    return total / count[..., None], (frames + every - 1) // every
