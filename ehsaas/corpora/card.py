"""What is known of a corpus: its card, its traps, and how one file name is read."""

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

Row = Mapping[str, object]
"""Columns of the utterance table by name. `speaker` is the corpus's own name of the speaker."""


class CorpusError(ValueError):
    """Recordings that cannot become a table; the message says what came and what was expected."""


class UnusedError(ValueError):
    """One file that is no utterance of the corpus; the message is the reason."""


@dataclass(frozen=True)
class Trap:
    """Something that misleads: `what` it is, what was `measured`, and what to do (`advice`)."""

    what: str
    measured: str
    advice: str


@dataclass(frozen=True)
class Card:
    """What is known of a corpus. None = not known.

    Attributes:
        name: the key in `CORPORA`; every speaker is written `name:speaker`.
        title: the published name.
        language: BCP-47, for every row that does not say its own.
        labels: the corpus's own code → an emotion of the vocabulary, or None (unlabelled).
        licence: what the publisher allows, in words.
        citation: the reference to give.
        home: where it is published.
        layout: how its files are laid out and named, with an example.
        utterances: how many there are as published.
        speakers: how many voices there are by the file names.
        traps: what is known to mislead.
    """

    name: str
    title: str
    language: str
    labels: Mapping[str, str | None]
    licence: str | None
    citation: str | None
    home: str | None
    layout: str
    utterances: int | None = None
    speakers: int | None = None
    traps: tuple[Trap, ...] = ()


def no_texts(folder: Path) -> Mapping[str, str]:
    """A corpus whose transcripts are not in a file beside the recordings."""
    return MappingProxyType({})


@dataclass(frozen=True)
class Corpus:
    """A card and its reader.

    Attributes:
        card: what is known of the corpus.
        parse: path relative to the corpus folder → columns; `native_emotion` holds the corpus's own
            code, which the card's `labels` translate. Raises `UnusedError` with a reason for
            a file that is no utterance of the corpus.
        texts: folder → transcript by file stem.
    """

    card: Card
    parse: Callable[[PurePosixPath], Row]
    texts: Callable[[Path], Mapping[str, str]] = no_texts


def sentence_of(text: str) -> str:
    """An id of the words themselves, for corpora without prompt ids: equal text, equal sentence."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return "text-" + hashlib.sha256(words.encode()).hexdigest()[:12]
