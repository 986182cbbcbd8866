"""What a source's samples reach → what they are divided by so that 1 is full scale.

Samples of PCM arrive in [-1, 1]. Those of a file of floats may be anything: integers that somebody
stored as floats, or sound that is louder than full scale, which lossy codecs can give back as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ehsaas.audio.clip import OVERSHOOT, Array

_CLIPPED = 2.0  # up to here (+6 dB) it is a loud recording, whose tops are cut off
_LOUDEST = 128.0  # up to here (+42 dB) it is a recording that is too loud, beyond it integers
_WIDTHS = (15, 23, 31)  # bits beside the sign

HUGE = 2.0**32
"""No sound reaches this, whatever its full scale."""


@dataclass(frozen=True)
class Level:
    """The largest magnitude of samples, and whether those above full scale are all integers."""

    peak: float = 0.0
    integers: bool = True

    def with_block(self, block: Array) -> "Level":
        """The level of these samples and of a block's (frames, channels); NaN has a peak of NaN."""
        peak = max(float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
        integers = peak <= OVERSHOOT or bool((block == np.rint(block)).all())
        return Level(float(np.maximum(self.peak, peak)), self.integers and integers)

    def scaling(self) -> tuple[float, list[str]]:
        """The divisor that makes 1 full scale, and a warning where anything is to be said.

        Integers are divided by full scale of their width, to which they are granted an overshoot
        of twice it; floats that are too loud by their peak. Up to the overshoot that codecs have,
        ±1 counts as full scale, never as an integer.
        """
        if self.peak <= OVERSHOOT:
            return 1.0, []
        said = f"samples reach {self.peak:.4g}, where 1 is full scale"
        if self.peak <= _CLIPPED and not self.integers:
            return 1.0, [f"{said}; what is beyond it was clipped"]
        if not self.integers and self.peak <= _LOUDEST:
            return self.peak, [f"{said}; scaled down by {self.peak:.4g}"]
        scale = next(2.0**bits for bits in _WIDTHS if self.peak <= 2.0 ** (bits + 1))
        return scale, [f"{said}; taken for integers and scaled down by {scale:.0f}"]


def level_of(blocks: Iterable[Array]) -> Level:
    """The level of the blocks (frames, channels), all that is no sound (NaN, huge) left out."""
    level = Level()
    for block in blocks:
        level = level.with_block(block[np.abs(block) < HUGE])
    return level
