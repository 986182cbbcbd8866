"""A user's recordings → raw features of those that can be heard, their labels and voices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.recogniser import Recogniser
from ehsaas.training.adaptation import AdaptationError
from ehsaas.training.adaptation.task import UNKNOWN
from ehsaas.training.batches import Examples, IntArray

MANY = 5
"""Voices from which on the statistics of all recordings are those of a language or a place, and not
of these voices: by those of another one nothing is gained (`docs/results/enrolment.md`)."""

LEAST = 5
"""Recordings below which there is nothing to adapt to."""

FEWEST = 20
"""Labelled recordings below which the new layer is not calibrated."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, recordings done, recordings in all)."""


@dataclass(frozen=True)
class Recording:
    """One of the user's recordings: a name to call it by, and what is known of it."""

    name: str
    audio: Path
    emotion: str | None = None
    speaker: str | None = None


@dataclass(frozen=True)
class Heard:
    """What could be heard of R recordings: M utterances, and lines about all other recordings.

    A recording is one utterance; a long one as many as the windows that it is judged in, each with
    its emotion, its speaker and its name as id. Features are raw; labels and speakers are −1 where
    they are not known. `shares` (M,) of the utterances' seconds are in no window before. `digests`
    are those of the recordings.
    """

    examples: Examples
    shares: NDArray[np.float64]
    unread: tuple[str, ...]
    digests: tuple[str, ...] = ()

    @cached_property
    def firsts(self) -> IntArray:
        """The first utterance of each recording, (R,)."""
        return np.unique(np.array(self.examples.ids), return_index=True)[1].astype(np.int64)

    @property
    def recordings(self) -> int:
        """How many could be heard."""
        return len(self.firsts)

    def labelled(self, classes: int) -> IntArray:
        """Recordings of each class that have a label, (classes,)."""
        known = self.examples.labels[self.firsts]
        return np.bincount(known[known != UNKNOWN], minlength=classes).astype(np.int64)

    @property
    def speaker(self) -> IntArray:
        """Who speaks, (M,); −1 where that is not known."""
        found = self.examples.speaker
        assert found is not None, "heard with a speaker or -1"
        return found

    @property
    def seconds(self) -> NDArray[np.float64]:
        """How long the utterances are, (M,)."""
        found = self.examples.seconds
        assert found is not None, "heard with their seconds"
        return found

    @property
    def voices(self) -> IntArray:
        """The speakers that are known."""
        return np.unique(self.speaker[self.speaker >= 0])

    @property
    def few(self) -> bool:
        """Whether all recordings are known to be of fewer than `MANY` voices."""
        return bool((self.speaker >= 0).all()) and len(self.voices) < MANY

    @cached_property
    def places(self) -> IntArray:
        """Which recording an utterance is of, (M,)."""
        return np.unique(np.array(self.examples.ids), return_inverse=True)[1].astype(np.int64)

    def apart(self) -> tuple[IntArray, str]:
        """What is held back together to calibrate by: voices if there are two, else recordings.

        Groups (M,), and for whom such a calibration speaks.
        """
        labelled = self.speaker[self.examples.labels != UNKNOWN]
        if len(np.unique(labelled[labelled >= 0])) < 2:
            return self.places, "other recordings of the same voices"
        groups = np.where(self.speaker >= 0, self.speaker, -1 - self.places)
        unknown = (labelled < 0).any()
        return groups, "other recordings, some of voices it knows" if unknown else "other voices"


def hear(
    recogniser: Recogniser,
    recordings: Sequence[Recording],
    corpus: int,
    progress: Progress | None = None,
) -> Heard:
    """Hear recordings as a recogniser does.

    Args:
        recogniser: whose features and classes count.
        recordings: of one corpus, each with a name of its own.
        corpus: its index.
        progress: told how many were heard.

    Raises:
        AdaptationError: a label is none of the recogniser's emotions, or hardly anything is heard.
    """
    _see_labels(recogniser, recordings)
    read: list[Recording] = []
    pieces: list[tuple[NDArray[np.float32], float, float]] = []
    unread: list[str] = []
    digests: list[str] = []
    for number, one in enumerate(recordings, 1):
        try:
            clip = audio.read(one.audio)
            found = list(recogniser.pieces(clip))
        except (audio.AudioError, OSError) as error:
            unread.append(f"{one.name}: {error}")
        else:
            if not found:
                unread.append(f"{one.name}: no speech")
            pieces += found
            read += [one] * len(found)
            digests += [audio.digest(clip)] * bool(found)
        if progress is not None:
            progress("listening", number, len(recordings))
    if (count := len({one.name for one in read})) < LEAST:
        raise AdaptationError(
            f"{count} recordings with speech in them; at least {LEAST} are needed"
        )
    voices = sorted({one.speaker for one in read if one.speaker})
    examples = Examples(
        [features for features, _, _ in pieces],
        _codes([one.emotion for one in read], recogniser.classes),
        np.full(len(read), corpus, dtype=np.int64),
        tuple(one.name for one in read),
        speaker=_codes([one.speaker for one in read], voices),
        seconds=np.array([seconds for _, seconds, _ in pieces]),
    )
    shares = np.array([share for _, _, share in pieces])
    return Heard(examples, shares, tuple(unread), tuple(digests))


def _see_labels(recogniser: Recogniser, recordings: Sequence[Recording]) -> None:
    """See that the labels are emotions of a recogniser.

    Raises:
        AdaptationError: one is not.
    """
    strange = sorted({r.emotion for r in recordings if r.emotion} - set(recogniser.classes))
    if strange:
        raise AdaptationError(
            f"labels that {recogniser.name} does not know: {', '.join(strange)}; its emotions are"
            f" {', '.join(recogniser.classes)}. Leave the emotion of such recordings empty"
        )


def _codes(values: Sequence[str | None], names: Sequence[str]) -> IntArray:
    """Places of values in `names`, −1 where nothing is known."""
    return np.array([names.index(x) if x else UNKNOWN for x in values], dtype=np.int64)
