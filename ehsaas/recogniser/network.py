"""The recogniser: features + network + labels, audio in → `Estimate` out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ehsaas import audio
from ehsaas.audio import Clip
from ehsaas.calibration import Statistics, softmax
from ehsaas.features import FeatureConfig, HeardBy, SamplesConfig
from ehsaas.features.ends import loud_span
from ehsaas.features.scaling import standardise
from ehsaas.judging import Heard, Judge, RecogniserError
from ehsaas.models.batch import DIMENSIONS, Batch
from ehsaas.reach import Limits, Reach


@dataclass(frozen=True)
class Recogniser(Judge):
    """A judge that hears with a network in torch.

    `network` takes standardised features; `temperature` divides the logits; `reach` says how far
    its training data do. `front` computes the features where it is not what `features` say, but a
    smaller form of it; such a recogniser can be exported, not saved.
    """

    features: HeardBy
    sizes: Mapping[str, Any]
    network: nn.Module
    temperature: float = 1.0
    reach: Reach | None = None
    front: nn.Module | None = None

    def hear(
        self, clips: Sequence[Clip], statistics: Statistics | None = None
    ) -> tuple[Heard, ...]:
        """What the network makes of some clips, as `Judge.hear` says.

        Clips that are heard as samples are heard one by one: how long an encoder's attention is
        for each, only the encoder knows.
        """
        if not self.standardises and len(clips) > 1:
            return tuple(heard for clip in clips for heard in self.hear([clip], statistics))
        self.network.eval()
        with torch.no_grad():
            features, lengths = self._measure(clips)
            used = statistics or self.statistics
            output = self.network(Batch(standardise(features, lengths, used), lengths))
        probabilities = softmax(output.logits.numpy(), self.temperature)
        weights, places = output.attention, output.parts.get(DIMENSIONS)
        return tuple(
            Heard(
                probabilities[i],
                features[i, :n].numpy(),
                output.embedding[i].numpy(),
                None if weights is None else self._every_frame(clip, weights[i, :n]),
                None if self.reach is None else self.reach.of(features[i, :n].numpy()),
                None if places is None else places[i].clamp(-1, 1).numpy(),
            )
            for i, (clip, n) in enumerate(zip(clips, lengths.tolist(), strict=True))
        )

    @property
    def standardises(self) -> bool:
        """Whether statistics make a difference."""
        return not isinstance(self.features, SamplesConfig)

    @property
    def limits(self) -> Limits | None:
        """From where on a recording is far from the training data."""
        return None if self.reach is None else self.reach.limits

    def measure(self, clip: Clip) -> NDArray[np.float32]:
        """Raw features (T, D) of a clip, without asking the network."""
        with torch.no_grad():
            values: NDArray[np.float32] = self._measure([clip])[0][0].numpy()
        return values

    def _measure(self, clips: Sequence[Clip]) -> tuple[Tensor, Tensor]:
        """Raw features (B, T, D) and their lengths (B,)."""
        samples, lengths = _batch(clips)
        features, frames = self._extractor(samples, lengths)
        return features, frames

    @cached_property
    def _extractor(self) -> nn.Module:
        return (self.front or self.features.extractor()).eval()

    def _every_frame(self, clip: Clip, attention: Tensor) -> NDArray[np.float32]:
        """Attention weights of all frames of the clip: 0 on quiet ends that were left out."""
        features = self.features
        if not isinstance(features, FeatureConfig) or features.trim_db is None:
            return np.asarray(attention)
        samples, lengths = _batch([clip])
        first, frames = loud_span(samples, lengths, features.framing, features.trim_db)
        weights = np.zeros(int(features.framing.frame_lengths(lengths)), dtype=np.float32)
        weights[int(first) : int(first + frames)] = attention
        return weights


def _batch(clips: Sequence[Clip]) -> tuple[Tensor, Tensor]:
    """Samples (B, N), zero behind a clip's end, and lengths (B,).

    Raises:
        RecogniserError: a clip is not at 16 kHz.
    """
    if wrong := [clip.rate for clip in clips if clip.rate != audio.RATE]:
        raise RecogniserError(
            f"a clip at {wrong[0]} Hz; expected {audio.RATE} Hz, as ehsaas.audio.read gives it"
        )
    lengths = torch.tensor([len(clip.samples) for clip in clips])
    samples = torch.zeros(len(clips), int(lengths.max()))
    for row, clip in zip(samples, clips, strict=True):
        row[: len(clip.samples)] = torch.from_numpy(np.asarray(clip.samples, dtype=np.float32))
    return samples, lengths
