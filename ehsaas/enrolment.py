"""A little speech of one voice or place → the statistics that its clips are judged by.

Statistics of a few clips are noisy: 5 s of speech are about two vectors, which have a mean, but no
deviation to speak of. So they are shrunk towards those of the training data,

    m = w m_own + (1 − w) m_train,   s² = w s²_own + (1 − w) s²_train,   w = t / (t + κ),

t being the seconds of speech and κ the seconds that the training data count for: the posterior mean
under a conjugate prior (Murphy 2007, "Conjugate Bayesian analysis of the Gaussian distribution"),
for the variance without its term w (1 − w) (m_own − m_train)². That would be right if the voice's
distance from the others were variation within the voice; it is the very thing to be taken away, and
with the term nothing was recognised better. Of a dimension that is hidden among the training data
(`Statistics.hidden`) m = m_own, and s is divided by w: it says the more, the more speech was heard.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import HIDING, Moments, Statistics

STRENGTH = 4.0
"""κ in seconds. Measured by leaving out languages in turn, on vectors of a speech encoder: what
is chosen for single languages lies between 2 and 8 s, and without it 5 and 10 s of speech do harm
(`docs/results/enrolment.md`)."""

LEAST = 5.0
"""Seconds of speech below which its use was not measured."""

ENOUGH = 20.0
"""Seconds of speech from which it can be told whether judged clips belong to it."""

JUDGED = 6
"""Judged clips from which that can be told."""

FARTHEST = 2.2
"""Distance of judged clips from the speech given, of which 1 is to be expected, above which they
seem not to belong to it. Measured by leaving out languages in turn, on vectors of a speech encoder,
where clips of the same speaker in the same emotions seldom lie farther; of another speaker's, or of
speech in one emotion, the part that is found grows with the seconds given. Two guards against
speech of one emotion are not here: what the recogniser hears in it, and how little its vectors
differ. A limit of theirs from other languages lets everything pass, or stops what is right
(`docs/results/enrolment.md`)."""

FAR = (
    "the judged clips lie far from the speech given with the baseline: another speaker or place, or"
    " not the same emotions"
)


class Running:
    """Statistics of what was heard so far; None while that is nothing.

    Stream state: `hear` changes it. What is heard in parts or in another order gives the same.

    Args:
        source: the training data's own, towards which they are shrunk.
        name: whose they are.
        strength: κ, seconds of speech that `source` counts for; 0 does not shrink.
        half_life: seconds of speech after which what was heard counts for half; None forgets
            nothing.
    """

    def __init__(
        self,
        source: Statistics,
        name: str = "running",
        strength: float = STRENGTH,
        half_life: float | None = None,
    ) -> None:
        if strength < 0 or (half_life is not None and half_life <= 0):
            raise ValueError(
                f"strength is {strength:g} and half_life {half_life}; expected 0 or more seconds,"
                " and more than 0 seconds or None"
            )
        self.source, self.name = source, name
        self.strength, self.half_life = strength, half_life
        self._heard: Moments | None = None
        self._clips = self._seconds = 0.0

    def hear(self, features: NDArray[np.floating], seconds: float, share: float = 1.0) -> None:
        """Take in a clip.

        Args:
            features: its frames or its one vector (T, D), not standardised.
            seconds: how long it is.
            share: how much of it was not heard before, 0–1, where windows overlap.
        """
        if not share or not len(features):
            return
        new = Moments.of(features, share)
        kept = 1.0 if self.half_life is None else 0.5 ** (share * seconds / self.half_life)
        self._heard = new if self._heard is None else self._heard.times(kept) + new
        self._seconds = kept * self._seconds + share * seconds
        self._clips += share

    @property
    def statistics(self) -> Statistics | None:
        """Those to judge the next clip by."""
        if self._heard is None:
            return None
        own = self._heard.statistics(self.name)
        w = self._seconds / (self._seconds + self.strength)
        mean = w * own.mean + (1 - w) * self.source.mean
        mean[list(self.source.hidden)] = own.mean[list(self.source.hidden)]
        std = np.sqrt(w * own.std**2 + (1 - w) * self.source.std**2)
        hidden = list(self.source.hidden)
        usual = self.source.std[hidden] / HIDING
        std[hidden] = np.sqrt(w * own.std[hidden] ** 2 + (1 - w) * usual**2) / w
        return replace(
            own,
            mean=mean.astype(np.float32),
            std=std.astype(np.float32),
            clips=max(1, round(self._clips)),
            seconds=self._seconds,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Nothing: a stream begins with little."""
        return ()


class Watched:
    """Statistics of speech that was given, and whether what is judged by them belongs to it.

    Stream state: `hear` changes `warnings`. The distance is mean_d(z̄_d²) / (1/n_judged + 1/n_given)
    of the mean z̄ of the judged clips' standardised vectors. Frames, whose clips' means differ less,
    are not watched: there it was not measured.
    """

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._judged: Moments | None = None

    def hear(self, features: NDArray[np.floating], seconds: float, share: float = 1.0) -> None:
        """Take in a judged clip, as `Running.hear` does."""
        if share and len(features) == 1:
            new = Moments.of(self.statistics(np.asarray(features, np.float32)), share)
            self._judged = new if self._judged is None else self._judged + new

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is the matter with the speech given; whether the judged clips lie far from it."""
        told = self.statistics.warnings
        if self._judged is None or self._judged.weight < JUDGED or self.statistics.seconds < ENOUGH:
            return told
        far = distance(self._judged.mean, self._judged.weight, self.statistics.clips)
        return (*told, FAR) if far > FARTHEST else told


def enrol(
    heard: Iterable[tuple[NDArray[np.floating], float, float]],
    source: Statistics,
    name: str,
    strength: float = STRENGTH,
) -> Statistics | None:
    """Statistics of given speech, shrunk towards `source`; None where nothing was given.

    Args:
        heard: of each clip or window features (T, D), seconds, and the share not heard before.
        source: the training data's own.
        name: whose they are.
        strength: κ in seconds.
    """
    so_far = Running(source, name, strength)
    for features, seconds, share in heard:
        so_far.hear(features, seconds, share)
    found = so_far.statistics
    return None if found is None else replace(found, warnings=_too_little(found))


def distance(mean: NDArray[np.floating], judged: float, given: float) -> float:
    """How far judged clips lie from the speech given, 1 being what chance alone makes of it.

    Args:
        mean: of the judged clips' vectors (D,), standardised by the speech given.
        judged: how many clips they are.
        given: clips of the speech given.
    """
    return float(np.mean(np.square(mean, dtype=np.float64)) / (1 / judged + 1 / max(given, 1)))


def _too_little(given: Statistics) -> tuple[str, ...]:
    if given.seconds >= LEAST:
        return ()
    return (
        f"{given.seconds:.1f} s of speech are little for a baseline; give at least {LEAST:g} s",
    )
