"""A pretrained speech encoder that is trained on: samples (B, N, 1) → logits.

Layers are mixed with weights that sum to 1 (Yang et al. 2021, SUPERB), frames are pooled to their
mean and deviation under attention or evenly, standardised by what the pretrained encoder gives of
training utterances, and one hidden layer tells the classes. Numbers of hidden states differ in size
by orders of magnitude; as they are, the head would learn of the largest alone. The lowest
layers may stay as they are, or all of them but LoRA's small matrices, which lie beside the query
and value projections, in WavLM beside the feed-forward layers.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ehsaas.models import lora as adapters
from ehsaas.models.batch import Batch, Output
from ehsaas.models.encoders import Checkpoint, Encoder, EncoderError, blank, hidden_states
from ehsaas.models.layers import AdditiveAttention, frame_mask
from ehsaas.models.whisper import Whisper

_USUAL = ("q_proj", "v_proj")
_PROJECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"wavlm": ("intermediate_dense", "output_dense")}
)
"""Where LoRA goes; WavLM's attention reads the weights of its projections past any adapter."""

LEAST = 1e-4
"""Deviation below which a pooled number says nothing, and is not scaled."""


class FineTuned(nn.Module):
    """Samples as a batch's features (B, N, 1) → `Output`, with attention where frames have weights.

    Args:
        dims: 1, a number a sample.
        classes: number of emotions.
        architecture: what the checkpoint's `config.json` says; weights are random at first.
        layers: how many of the encoder's layers there are; the others are never computed.
        frozen: so many of the lowest, and with them what turns samples into frames, do not learn;
            0 for all learn.
        lora: rank r of LoRA, and then nothing else of the encoder learns; 0 for none.
        mix: whether all layers are mixed, or the last one is taken.
        pooling: `mean` weighs frames evenly, `attention` as it learns to.
        hidden: size of the layer before the classes, which is the embedding.
        dropout: share of activations dropped before it and behind it.

    Raises:
        EncoderError: a value is out of its range, or transformers or peft is missing.
    """

    centre: Tensor
    scale: Tensor

    def __init__(
        self,
        dims: int,
        classes: int,
        architecture: Mapping[str, Any],
        layers: int,
        frozen: int = 0,
        lora: int = 0,
        mix: bool = True,
        pooling: Literal["mean", "attention"] = "mean",
        hidden: int = 256,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if dims != 1:
            raise EncoderError(f"a speech encoder reads one number a sample, not {dims} features")
        if not 0 <= frozen <= layers:
            raise EncoderError(f"frozen layers: {frozen}; expected 0 to {layers}")
        if frozen and lora:
            raise EncoderError("with lora nothing else of the encoder learns: leave frozen out")
        self.layers, self.frozen, self.lora = layers, frozen, lora
        self.kind = str(architecture.get("model_type"))
        self.encoder = self._taught(blank(architecture, layers))
        size = int(architecture["d_model" if "d_model" in architecture else "hidden_size"])
        self.mix = nn.Parameter(torch.zeros(layers + 1)) if mix else None
        self.attend = AdditiveAttention(size, hidden) if pooling == "attention" else None
        self.register_buffer("centre", torch.zeros(2 * size))
        self.register_buffer("scale", torch.ones(2 * size))
        self.dense = nn.Linear(2 * size, hidden)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, classes)

    def forward(self, batch: Batch) -> Output:
        """Logits (B, classes), embedding (B, hidden), attention (B, T) where there is one.

        The part `frames` (B,) says how many frames of the encoder are a clip's own.
        """
        pooled, weights, frames = self._pooled(batch)
        embedding = self.dense(self.dropout((pooled - self.centre) / self.scale)).relu()
        logits = self.head(self.dropout(embedding))
        attention = weights if self.attend is not None else None
        return Output(logits, embedding, attention, {"frames": frames})

    def _pooled(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and deviation of the frames (B, 2 H), their weights (B, T) and their number (B,)."""
        samples = batch.features[:, :, 0]
        chosen = range(self.layers + 1) if self.mix is not None else [self.layers]
        states, frames = hidden_states(self.encoder, samples, batch.lengths, chosen)
        share = torch.ones(1) if self.mix is None else torch.softmax(self.mix, dim=0)
        h = torch.einsum("btld,l->btd", states, share.to(states))
        inside = frame_mask(frames, h.shape[1])
        if self.attend is None:
            weights = inside.to(h) / frames[:, None]
        else:
            weights = self.attend(h, frames)[1]
        mean = torch.einsum("bt,btd->bd", weights, h)
        away = (h - mean[:, None]).square()
        std = torch.einsum("bt,btd->bd", weights, away).clamp(min=1e-6).sqrt()
        return torch.cat([mean, std], dim=-1), weights, frames

    def measure(self, batches: Iterable[Batch]) -> None:
        """Standardise by what the encoder as it is gives of some utterances.

        What does not differ between them is shifted only.
        """
        self.eval()
        with torch.no_grad():
            pooled = torch.cat([self._pooled(batch)[0] for batch in batches])
        spread = pooled.std(dim=0, correction=0)
        self.centre.copy_(pooled.mean(dim=0))
        self.scale.copy_(torch.where(spread > LEAST, spread, 1.0))

    def start_from(self, checkpoint: Checkpoint) -> None:
        """Take over the pretrained weights of `checkpoint`; all else stays as it is.

        Raises:
            EncoderError: it is of another architecture.
        """
        theirs = checkpoint.load(self.layers)
        if {n: p.shape for n, p in theirs.named_parameters()} != self._plain():
            raise EncoderError(
                f"{checkpoint.name}: of another architecture than this model; build the model from"
                " its config.json"
            )
        self.encoder = self._taught(theirs)

    def groups(self, rate: float, head: float) -> list[dict[str, object]]:
        """Optimiser groups: what learns of the encoder at `rate`, all else at `head`."""
        return adapters.groups(self, self.encoder, rate, head)

    def _plain(self) -> dict[str, torch.Size]:
        """Names and shapes of the encoder's own weights, without LoRA."""
        return {
            name.replace(".base_layer.", "."): p.shape
            for name, p in self.encoder.named_parameters()
            if ".lora_" not in name
        }

    def _taught(self, encoder: Encoder) -> Encoder:
        """The encoder with what is to learn set to do so."""
        encoder.requires_grad_(not self.lora)
        if self.lora:
            adapters.add(encoder, self.lora, _PROJECTIONS.get(self.kind, _USUAL), self.kind)
        elif self.frozen:
            _freeze(encoder, self.frozen)
        return encoder


def _freeze(encoder: Encoder, layers: int) -> None:
    """What lies below the layers, and the lowest `layers`, no longer learn."""
    stack = encoder.layers if isinstance(encoder, Whisper) else encoder.model.encoder.layers
    above: set[int] = {id(p) for layer in stack[layers:] for p in layer.parameters()}
    for parameter in encoder.parameters():
        parameter.requires_grad_(id(parameter) in above)
