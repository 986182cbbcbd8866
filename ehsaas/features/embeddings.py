"""Embeddings: samples (B, N) → hidden states of a pretrained speech encoder, frames or pooled.

The layers asked for stand side by side. Pooled, a clip is one vector: mean and deviation over its
own frames. A clip longer than the encoder's span is heard in equal parts, one after the other.
"""

from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from ehsaas.features.framing import frame_mask
from ehsaas.features.moments import mean_std
from ehsaas.models.encoders import Checkpoint, EncoderError, Wav2Vec, Whisper

Pooling = Literal["none", "mean", "mean-std"]


class EmbeddingConfig(BaseModel):
    """Which encoder, which of its layers, and how they are pooled; made by `of`.

    Attributes:
        encoder: the folder or the Hub name of the checkpoint.
        sha256: digest of its weights.
        size: D, the size of a hidden state.
        layers: layers side by side, in order; 0 is what enters the first.
        pooling: `none` keeps frames; `mean` and `mean-std` make one vector a clip.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["embeddings"] = "embeddings"
    encoder: str
    sha256: str
    size: int = Field(ge=1)
    layers: tuple[int, ...]
    pooling: Pooling = "mean-std"

    @classmethod
    def of(
        cls, encoder: str | Path, layers: tuple[int, ...], pooling: Pooling = "mean-std"
    ) -> "EmbeddingConfig":
        """Settings for the checkpoint `encoder` as it lies on this machine.

        Raises:
            EncoderError: there is no such checkpoint, or it has no such layers.
        """
        found = Checkpoint.find(encoder)
        if max(layers, default=0) > found.depth:
            raise EncoderError(
                f"{found.name}: layers 0 to {found.depth} can be had, not {max(layers)}"
            )
        return cls(
            encoder=str(encoder),
            sha256=found.sha256,
            size=found.dims,
            layers=layers,
            pooling=pooling,
        )

    @model_validator(mode="after")
    def _layers(self) -> "EmbeddingConfig":
        if not self.layers or sorted(set(self.layers)) != list(self.layers) or self.layers[0] < 0:
            raise ValueError(
                f"layers are {self.layers}; give at least one, from 0 up, each once and in order"
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """One name a dimension, in order."""
        kinds = {"none": ("",), "mean": ("_mean",), "mean-std": ("_mean", "_std")}[self.pooling]
        return tuple(
            f"layer{layer}{kind}_{i}"
            for layer in self.layers
            for kind in kinds
            for i in range(self.size)
        )

    @property
    def dtype(self) -> Literal["float16", "float32"]:
        """How the store keeps these features."""
        return "float16"

    def extractor(self) -> nn.Module:
        """The module that computes them.

        Raises:
            EncoderError: the checkpoint is gone, or its weights are others.
        """
        found = Checkpoint.find(self.encoder)
        if found.sha256 != self.sha256:
            raise EncoderError(
                f"{found.folder}: other weights than these features were made with"
                f" (sha256 {found.sha256[:12]}…, expected {self.sha256[:12]}…)"
            )
        return Embedding(found.load(max(1, *self.layers)), self.layers, self.pooling)


class Embedding(nn.Module):
    """(samples (B, N), lengths (B,)) → (embeddings (B, T, D), frame lengths (B,)).

    Pooled, T is 1. A batch that the encoder cannot take at once is heard clip by clip.
    """

    def __init__(
        self, encoder: Whisper | Wav2Vec, layers: tuple[int, ...], pooling: Pooling
    ) -> None:
        """Read `layers` of `encoder`."""
        super().__init__()
        self.encoder, self.layers, self.pooling = encoder.requires_grad_(False), layers, pooling

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embeddings of a batch; what lies behind a clip's end is ignored."""
        uneven = self.encoder.equal_lengths and len(set(lengths.tolist())) > 1
        if uneven or int(lengths.max()) > self.encoder.span:
            x, frames = self._one_by_one(samples, lengths)
        else:
            x, frames = self._states(samples, lengths)
        inside = frame_mask(frames, x.shape[1])
        if self.pooling == "none":
            return torch.where(inside[..., None], x, 0.0), frames
        both = mean_std(x, inside)  # (B, D · layers, 2)
        B = len(x)
        both = both.unflatten(1, (len(self.layers), -1)).transpose(2, 3)
        pooled = both[:, :, :1] if self.pooling == "mean" else both
        return pooled.reshape(B, 1, -1), torch.ones_like(frames)

    def _states(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        states, frames = self.encoder(samples, lengths)
        return torch.cat([states[i] for i in self.layers], dim=-1), frames

    def _one_by_one(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        heard = [self._whole(own[:n]) for own, n in zip(samples, lengths.tolist(), strict=True)]
        frames = torch.tensor([len(x) for x in heard], device=lengths.device)
        return nn.utils.rnn.pad_sequence(heard, batch_first=True), frames

    def _whole(self, clip: Tensor) -> Tensor:
        """All frames (T, D) of one clip (N,), in as few equal parts as the span allows."""
        parts = -(-len(clip) // self.encoder.span)
        pieces = clip.tensor_split(max(1, parts))
        return torch.cat(
            [self._states(piece[None], torch.tensor([len(piece)]))[0][0] for piece in pieces]
        )
