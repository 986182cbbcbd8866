"""What goes into every model and what comes out of it: `Batch` and `Output`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

DIMENSIONS = "dimensions"
"""The part (B, 2) of a model's `Output` that is arousal and valence, on a scale from −1 to 1."""


@dataclass(frozen=True)
class Batch:
    """B utterances of padded features, with whatever is known of each.

    `features` (B, T, D) float32, `lengths` (B,) valid frames, `labels` (B,) class indices or None
    for unlabelled items, `corpus`, `language` and `speaker` (B,) indices or None, `text` one string
    an item or None, `ids` the utterances' ids. `words` (B, S, E) are features of what was said, and
    `word_lengths` (B,) how many of each are valid; None where nothing is known of any item.

    A length of 0 says that the item lacks this modality, speech or words.
    """

    features: Tensor
    lengths: Tensor
    labels: Tensor | None = None
    corpus: Tensor | None = None
    language: Tensor | None = None
    speaker: Tensor | None = None
    text: tuple[str, ...] | None = None
    ids: tuple[str, ...] = ()
    words: Tensor | None = None
    word_lengths: Tensor | None = None


@dataclass(frozen=True)
class Output:
    """What a model says of a batch.

    `logits` (B, C), `embedding` (B, E) before the last layer, `attention` (B, T) weights that sum
    to 1 over valid frames (or None), `parts` inner tensors by the paper's name, and
    arousal and valence as `DIMENSIONS` where the model says them.
    """

    logits: Tensor
    embedding: Tensor
    attention: Tensor | None = None
    parts: Mapping[str, Tensor] = field(default_factory=dict)
