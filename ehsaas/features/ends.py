"""Quiet ends: a feature extractor that hears a clip from its first loud frame to its last.

Acted corpora leave up to two seconds of silence around a sentence of one and a half. It says
nothing about the emotion, moves the statistics and costs a recurrent network its time.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ehsaas.features.framing import Framing
from ehsaas.features.spectrum import decibels

LOUD_S = 0.1
"""Seconds of a clip that reach the level its other frames are compared with: a bump is shorter."""


class WithoutEnds(nn.Module):
    """An extractor (samples, lengths) → (features, frame lengths) of clips without quiet ends.

    Args:
        inner: the extractor, with the same framing.
        framing: of the frames whose level is compared.
        trim_db: frames this far (dB) below the level of the loudest 0.1 s are quiet.
    """

    def __init__(self, inner: nn.Module, framing: Framing, trim_db: float) -> None:
        super().__init__()
        self.inner, self.framing, self.trim_db = inner, framing, trim_db

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, T, D) and frame lengths (B,) of what lies between the quiet ends."""
        first, frames = loud_span(samples, lengths, self.framing, self.trim_db)
        start = first * self.framing.hop
        wanted = torch.minimum(
            (frames - 1) * self.framing.hop + self.framing.window, lengths - start
        )
        kept = _from(samples, first, self.framing.hop)[:, : _longest(samples, wanted)]
        features, frame_lengths = self.inner(kept, wanted)
        return features, frame_lengths


def _from(samples: Tensor, first: Tensor, hop: int) -> Tensor:
    """Samples (B, ≥ N) of which `first` (B,) steps of `hop` are left out, in steps as a whole."""
    B, N = samples.shape
    steps = F.pad(samples, (0, hop))[:, : (N // hop + 1) * hop].reshape(B, -1, hop)
    clip = torch.arange(B, device=samples.device)[:, None]
    place = first[:, None] + torch.arange(steps.shape[1], device=samples.device)
    return steps[clip, torch.clamp(place, max=steps.shape[1] - 1)].reshape(B, -1)


def _longest(samples: Tensor, wanted: Tensor) -> int:
    """The longest stretch in samples; an exported graph keeps the size it was given."""
    return samples.shape[1] if torch.compiler.is_exporting() else int(wanted.max())


def loud_span(
    samples: Tensor, lengths: Tensor, framing: Framing, trim_db: float
) -> tuple[Tensor, Tensor]:
    """First loud frame and number of frames to the last loud one, both (B,) int64.

    A frame's level is that of its alternating part: a constant offset is no sound. The reference
    is the level that frames of 0.1 s in all reach, so one bump does not hide a soft voice. A clip
    of digital silence is kept whole.
    """
    own = framing.valid_samples(samples, lengths)
    level = decibels(framing.frames(own).var(dim=-1, correction=0))
    T = level.shape[1]
    frame = torch.arange(T, device=samples.device)[None, :]
    valid = frame < framing.frame_lengths(lengths)[:, None]
    level = level.masked_fill(~valid, float("-inf"))
    reference = level.topk(min(T, max(1, round(LOUD_S * framing.rate / framing.hop)))).values
    shortest = torch.clamp(framing.frame_lengths(lengths), max=reference.shape[1])
    reference = reference.gather(1, shortest[:, None] - 1)
    loud = valid & (level >= reference - trim_db)
    first = torch.where(loud, frame, T).amin(dim=1)
    last = torch.where(loud, frame, -1).amax(dim=1)
    return first, last - first + 1
