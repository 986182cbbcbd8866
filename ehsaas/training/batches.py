"""Utterances in memory → padded batches of similar length, shuffled by a generator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ehsaas.models.batch import Batch

IntArray = NDArray[np.int64]
N = TypeVar("N", np.int64, np.float64)
Versions = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True)
class Examples:
    """Standardised features of N utterances with their labels.

    `features` N arrays (T_i, D) float32; `labels` (N,) class indices; `corpus` (N,) corpus indices;
    `copies` other versions of each utterance (another speed, say), of which training draws one;
    `language` and `speaker` (N,) indices, for who wants to know; `words` N arrays (S_i, E) of what
    was said, S_i = 0 where nothing is known; `seconds` (N,) of each recording, for streams.
    """

    features: Sequence[NDArray[np.float32]]
    labels: IntArray
    corpus: IntArray
    ids: tuple[str, ...]
    copies: Sequence[Versions] = ()
    language: IntArray | None = None
    speaker: IntArray | None = None
    words: Sequence[NDArray[np.float32]] = ()
    seconds: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        """Number of utterances."""
        return len(self.features)

    @property
    def lengths(self) -> IntArray:
        """Frames of each utterance, (N,)."""
        return np.array([len(x) for x in self.features], dtype=np.int64)

    def take(self, rows: IntArray) -> "Examples":
        """The utterances at `rows`, in that order (a row may come more than once)."""
        return Examples(
            [self.features[i] for i in rows],
            self.labels[rows],
            self.corpus[rows],
            tuple(self.ids[i] for i in rows),
            [self.copies[i] for i in rows] if self.copies else (),
            None if self.language is None else self.language[rows],
            None if self.speaker is None else self.speaker[rows],
            [self.words[i] for i in rows] if self.words else (),
            None if self.seconds is None else self.seconds[rows],
        )

    def joined(self, other: "Examples") -> "Examples":
        """These utterances followed by the `other` ones."""
        return Examples(
            [*self.features, *other.features],
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.corpus, other.corpus]),
            self.ids + other.ids,
            [*self.copies, *other.copies] if self.copies and other.copies else (),
            _both(self.language, other.language),
            _both(self.speaker, other.speaker),
            [*self.words, *other.words] if self.words and other.words else (),
            _both(self.seconds, other.seconds),
        )

    def version(self, row: int, generator: np.random.Generator | None) -> NDArray[np.float32]:
        """The features of one utterance, or with a generator any of its versions."""
        if generator is None or not self.copies:
            return self.features[row]
        versions = (self.features[row], *self.copies[row])
        return versions[int(generator.integers(len(versions)))]


def _both(first: NDArray[N] | None, second: NDArray[N] | None) -> NDArray[N] | None:
    return None if first is None or second is None else np.concatenate([first, second])


def collate(
    examples: Examples,
    rows: IntArray,
    max_frames: int | None = None,
    generator: np.random.Generator | None = None,
) -> Batch:
    """The utterances at `rows` as one padded batch.

    Args:
        examples: where they come from.
        rows: which ones.
        max_frames: longer utterances are cut to a random stretch of this many frames.
        generator: for training, draws the stretch and the version; None takes all as it is.
    """
    arrays = [examples.version(int(i), generator) for i in rows]
    if max_frames is not None and generator is not None:
        arrays = [_crop(x, max_frames, generator) for x in arrays]
    features, lengths = _padded(arrays)
    words = _padded([examples.words[i] for i in rows]) if examples.words else (None, None)
    return Batch(
        features,
        lengths,
        torch.from_numpy(examples.labels[rows]),
        corpus=torch.from_numpy(examples.corpus[rows]),
        language=None if examples.language is None else torch.from_numpy(examples.language[rows]),
        speaker=None if examples.speaker is None else torch.from_numpy(examples.speaker[rows]),
        ids=tuple(examples.ids[i] for i in rows),
        words=words[0],
        word_lengths=words[1],
    )


def _padded(arrays: Sequence[NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
    """Arrays (T_i, D) as (B, T, D), zero behind each one's end, and the T_i (B,)."""
    lengths = [len(x) for x in arrays]
    padded = torch.zeros(len(arrays), max(lengths), arrays[0].shape[1])
    for i, x in enumerate(arrays):
        padded[i, : len(x)] = torch.from_numpy(np.ascontiguousarray(x))
    return padded, torch.tensor(lengths)


def _crop(
    x: NDArray[np.float32], frames: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    if len(x) <= frames:
        return x
    start = int(generator.integers(len(x) - frames + 1))
    return x[start : start + frames]


def in_order(examples: Examples, size: int) -> Iterator[tuple[IntArray, Batch]]:
    """Every utterance once, whole, shortest first: (rows, batch) pairs for evaluation."""
    order = np.argsort(examples.lengths, kind="stable")
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield rows, collate(examples, rows)


def shuffled(
    examples: Examples, size: int, generator: np.random.Generator, max_frames: int | None = None
) -> Iterator[Batch]:
    """One epoch of batches of similar length.

    Utterances are shuffled, cut into pools of 16 batches, sorted by length inside a pool, and the
    batches are shuffled again: little padding, and no fixed partners.
    """
    lengths = examples.lengths
    order = generator.permutation(len(examples))
    pool = 16 * size
    chosen: list[IntArray] = []
    for start in range(0, len(order), pool):
        rows = order[start : start + pool]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        chosen.extend(rows[i : i + size] for i in range(0, len(rows), size))
    for i in generator.permutation(len(chosen)):
        yield collate(examples, chosen[i], max_frames, generator)


def to(batch: Batch, device: torch.device) -> Batch:
    """The same batch on another device."""

    def moved(x: Tensor | None) -> Tensor | None:
        return None if x is None else x.to(device)

    return replace(
        batch,
        features=batch.features.to(device),
        lengths=batch.lengths.to(device),
        labels=moved(batch.labels),
        corpus=moved(batch.corpus),
        language=moved(batch.language),
        speaker=moved(batch.speaker),
        words=moved(batch.words),
        word_lengths=moved(batch.word_lengths),
    )
