"""A recogniser as one module: samples (B, N) → probabilities, attention, embedding and the rest."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.calibration import SMALLEST
from ehsaas.export.layers import SPARE, prepared
from ehsaas.features import FeatureConfig, SamplesConfig
from ehsaas.features.ends import loud_span
from ehsaas.features.framing import frame_mask
from ehsaas.judging import AT_ONCE
from ehsaas.models.batch import DIMENSIONS, Batch
from ehsaas.models.layers import masked_mean
from ehsaas.models.wav2vec import Wav2Vec
from ehsaas.reach import Reach
from ehsaas.recogniser import Recogniser


class Waveform(nn.Module):
    """What is exported: everything between a clip and an answer.

    Attributes:
        names: of the outputs, in order; a subset of `serving.model_file.OUTPUTS`.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        super().__init__()
        self.config = recogniser.features
        self.front = prepared(recogniser.front or recogniser.features.extractor())
        self.network = prepared(recogniser.network)
        self.temperature = recogniser.temperature
        self.reach = None if recogniser.reach is None else Distance(recogniser.reach)
        self.hears_samples = isinstance(self.config, SamplesConfig)
        self.spare = 0 if any(_even(part) for part in self.modules()) else SPARE
        self.names = self._names()

    @property
    def at_once(self) -> int:
        """How many clips can be heard together."""
        return AT_ONCE if self.spare else 1

    @property
    def trims(self) -> bool:
        """Whether quiet ends are left out."""
        return isinstance(self.config, FeatureConfig) and self.config.trim_db is not None

    def forward(
        self, samples: Tensor, lengths: Tensor, mean: Tensor, std: Tensor
    ) -> tuple[Tensor, ...]:
        """Outputs in the order of `names`.

        Args:
            samples: (B, N) at 16 kHz; what lies behind a clip's end is ignored.
            lengths: (B,) int64 samples of each clip, at least 1.
            mean: (D,) that features are shifted by.
            std: (D,) that they are divided by.
        """
        samples = F.pad(samples, (0, self.spare))
        features, frames = self.front(samples, lengths)
        inside = frame_mask(frames, features.shape[1])[..., None]
        x = torch.where(inside, (features - mean) / std.clamp(min=SMALLEST), 0.0)
        output = self.network(Batch(x, frames))
        found = {
            "probabilities": torch.softmax(output.logits / self.temperature, dim=-1),
            "embedding": output.embedding,
            "features": features,
            "frames": frames,
        }
        if output.attention is not None:
            own = output.parts["frames"] if self.hears_samples else frames
            found |= self._attention(output.attention, samples, lengths, own)
        if self.reach is not None:
            found["distance"] = self.reach(features, frames)
        if DIMENSIONS in output.parts:
            found["dimensions"] = output.parts[DIMENSIONS].clamp(-1, 1)
        return tuple(found[name] for name in self.names)

    def _attention(
        self, weights: Tensor, samples: Tensor, lengths: Tensor, frames: Tensor
    ) -> dict[str, Tensor]:
        """Weights (B, S) of all frames of each clip, 0 on quiet ends, and how many there are."""
        if not self.trims:
            return {"attention": weights, "spans": frames}
        assert isinstance(self.config, FeatureConfig) and self.config.trim_db is not None
        framing = self.config.framing
        first, kept = loud_span(samples, lengths, framing, self.config.trim_db)
        at = torch.arange(weights.shape[1], device=weights.device) - first[:, None]
        there = (at >= 0) & (at < kept[:, None])
        placed = weights.gather(1, at.clamp(min=0, max=weights.shape[1] - 1))
        return {
            "attention": torch.where(there, placed, 0.0),
            "spans": framing.frame_lengths(lengths),
        }

    def _names(self) -> tuple[str, ...]:
        """Which outputs there are, by a short clip."""
        names = ["probabilities", "embedding"]
        if not self.hears_samples:
            names += ["features", "frames"]
        with torch.no_grad():
            x, frames = self.front(torch.zeros(1, 8000), torch.tensor([8000]))
            output = self.network(Batch(x, frames))
        if output.attention is not None:
            names += ["attention", "spans"]
        if self.reach is not None:
            names.append("distance")
        if DIMENSIONS in output.parts:
            names.append("dimensions")
        return tuple(names)


def _even(part: nn.Module) -> bool:
    """Whether padding changes what a part hears: silence behind a clip, and other clips' too."""
    return isinstance(part, Wav2Vec) and part.equal_lengths


class Distance(nn.Module):
    """`Reach.distance` of features (B, T, D) whose first frames (B,) are a clip's own → (B,)."""

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self.register_buffer("columns", torch.from_numpy(reach.columns))
        scale = torch.from_numpy(reach.std)
        self.register_buffer("axes", torch.from_numpy(reach.axes) / scale[:, None])
        centres = torch.from_numpy(reach.centres)
        shift = (torch.from_numpy(reach.mean) / scale) @ torch.from_numpy(reach.axes)
        self.register_buffer("centres", centres + shift)

    def forward(self, features: Tensor, frames: Tensor) -> Tensor:
        """Distances."""
        columns = self.get_buffer("columns")
        seen = masked_mean(features, frames)[:, columns] @ self.get_buffer("axes")
        away = (seen[:, None] - self.get_buffer("centres")).square().mean(dim=-1)
        return away.amin(dim=1).sqrt()
