"""A user's recordings → raw features of those that can be heard, their labels and voices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.audio import Clip
from ehsaas.recogniser import SHORTEST, Recogniser
from ehsaas.training.adaptation import AdaptationError
from ehsaas.training.adaptation.standardising import VOICED
from ehsaas.training.adaptation.task import UNKNOWN
from ehsaas.training.batches import Examples, IntArray

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
    """What could be heard of them: M recordings as examples, and lines about all others.

    Features are raw; labels and speakers are −1 where they are not known.
    """

    examples: Examples
    unread: tuple[str, ...]

    @property
    def labelled(self) -> int:
        """How many have a label."""
        return int((self.examples.labels != UNKNOWN).sum())

    @property
    def voices(self) -> int:
        """Speakers with enough recordings for statistics of their own."""
        speakers = self.examples.speaker
        assert speakers is not None, "heard with a speaker or -1"
        known = speakers[speakers >= 0]
        return int((np.bincount(known) >= VOICED).sum()) if len(known) else 0


def hear(
    recogniser: Recogniser,
    recordings: Sequence[Recording],
    corpus: int,
    progress: Progress | None = None,
) -> Heard:
    """Hear recordings as a recogniser does.

    Args:
        recogniser: whose features and classes count.
        recordings: of one corpus.
        corpus: its index.
        progress: told how many were heard.

    Raises:
        AdaptationError: a label is none of the recogniser's emotions, or hardly anything is heard.
    """
    strange = sorted({r.emotion for r in recordings if r.emotion} - set(recogniser.classes))
    if strange:
        raise AdaptationError(
            f"labels that {recogniser.name} does not know: {', '.join(strange)}; its emotions are"
            f" {', '.join(recogniser.classes)}. Leave the emotion of such recordings empty"
        )
    features: list[NDArray[np.float32]] = []
    read: list[Recording] = []
    unread: list[str] = []
    for number, one in enumerate(recordings, 1):
        try:
            clip = audio.read(one.audio)
        except (audio.AudioError, OSError) as error:
            unread.append(f"{one.name}: {error}")
        else:
            if _silent(clip):
                unread.append(f"{one.name}: no speech")
            else:
                features.append(recogniser.measure(clip))
                read.append(one)
        if progress is not None:
            progress("listening", number, len(recordings))
    if len(read) < VOICED:
        raise AdaptationError(
            f"{len(read)} recordings with speech in them; at least {VOICED} are needed"
        )
    examples = Examples(
        features,
        _codes([one.emotion for one in read], recogniser.classes),
        np.full(len(read), corpus, dtype=np.int64),
        tuple(one.name for one in read),
        speaker=_codes([r.speaker for r in read], sorted({r.speaker for r in read if r.speaker})),
    )
    return Heard(examples, tuple(unread))


def _codes(values: Sequence[str | None], names: Sequence[str]) -> IntArray:
    """Places of values in `names`, −1 where nothing is known."""
    return np.array([names.index(x) if x else UNKNOWN for x in values], dtype=np.int64)


def _silent(clip: Clip) -> bool:
    return clip.duration < SHORTEST or audio.is_silent(clip)
