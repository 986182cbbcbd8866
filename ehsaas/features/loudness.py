"""Loudness of a clip's frames: how far they are loud, and clips brought to the same level.

A clip's level is that of its loud frames: the mean of the frames' powers, each weighted by itself,
which no pause lowers. Acted corpora differ in how much silence stands around a sentence and in how
far from the microphone it was said; neither says anything about the emotion.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ehsaas.features.framing import frame_mask

WINDOW = 400
"""Samples of a frame whose power is taken, 25 ms at 16 kHz."""

SOFTEST = 1e-10
"""Power below which a clip is silent; it stays as it is, and all of its frames are loud."""


def powers(samples: Tensor, lengths: Tensor, hop: int) -> Tensor:
    """Mean squares (B, N // hop + 1) of frames centred every `hop` samples.

    Args:
        samples: (B, N); what lies behind a clip's end is ignored.
        lengths: (B,) samples of each clip.
        hop: in samples.
    """
    inside = frame_mask(lengths, samples.shape[1])
    squares = torch.where(inside, samples, 0.0).square()[:, None]
    filled = F.pad(squares, (WINDOW // 2, WINDOW // 2))
    return F.avg_pool1d(filled, WINDOW, hop)[:, 0]


def level(power: Tensor, frames: Tensor) -> Tensor:
    """The power (B,) of each clip's loud frames.

    Args:
        power: (B, T) of its frames.
        frames: (B,) how many of them are its own.
    """
    own = torch.where(frame_mask(frames, power.shape[1]), power, 0.0)
    return own.square().sum(dim=1) / own.sum(dim=1).clamp(min=SOFTEST)


def loudness(power: Tensor, frames: Tensor, gate_db: float) -> Tensor:
    """How far each frame (B, T) counts as loud: 1, and from `gate_db` below its clip's level 0.

    Within a few dB of that it is in between, so that no rounding moves a frame from one side to the
    other. Of silence all frames are loud, and what lies behind a clip's end never is.
    """
    above = _db(power) - _db(level(power, frames))[:, None] + gate_db
    return torch.where(frame_mask(frames, power.shape[1]), torch.sigmoid(above), 0.0)


def levelled(samples: Tensor, lengths: Tensor, level_db: float, hop: int) -> tuple[Tensor, Tensor]:
    """Clips (B, N) whose level is `level_db` re full scale, and what it was in dB (B,).

    Silence stays silent.

    Args:
        samples: (B, N); what lies behind a clip's end is ignored.
        lengths: (B,) samples of each clip.
        level_db: may lie so high that peaks leave full scale, which does no harm here.
        hop: in samples, of the frames whose level it is.
    """
    power = powers(samples, lengths, hop)
    found = level(power, lengths // hop + 1)
    gain = torch.where(found > SOFTEST, 10 ** (level_db / 10) / found.clamp(min=SOFTEST), 1.0)
    return samples * gain.sqrt()[:, None], _db(found)


def _db(power: Tensor) -> Tensor:
    return 10 * torch.log10(power.clamp(min=SOFTEST))
