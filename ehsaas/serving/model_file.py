"""A model file (ONNX) → what its metadata say, checked: the names, the sizes, the statistics.

The file is one graph from waveform to emotion. Its inputs are `samples` (B, N) float32 at 16 kHz
and `lengths` (B,) int64; `mean` and `std` (D,) may be given, too. `OUTPUTS` names its outputs; what
a model has none of is left out. One metadata entry, `ehsaas`, is a JSON object that says the rest,
with arrays as base64 of little-endian float32.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ehsaas.emotions import VOCABULARY
from ehsaas.judging import RecogniserError
from ehsaas.reach import Limits

FORMAT = 2
"""Of the card that is written; the second has `about`, and `hidden` of the statistics."""

READ = (1, 2)
"""Formats that are read."""

KEY = "ehsaas"
"""The metadata entry."""

OUTPUTS = (
    *("probabilities", "embedding", "features", "frames", "attention", "spans", "distance"),
    "dimensions",
)
"""(B, C) calibrated; (B, E); (B, T, D) before any statistics and how many of them are a clip's own
(B,); a weight a frame (B, S) and how many of these are a clip's own (B,); (B,) as in `Reach`;
(B, 2) arousal and valence, each in [−1, 1]."""

_GRAPH = 7
"""The field of ONNX's ModelProto that holds the graph."""


class Origin(BaseModel):
    """Whose `mean` and `std` a card has, of how many frames, and what they hide."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int = Field(ge=1)
    name: str
    hidden: tuple[int, ...] = ()


class Card(BaseModel):
    """What a model file says of itself; unknown keys are refused.

    Attributes:
        format: of this card.
        name: of the recogniser.
        version: of the recogniser.
        model: what kind of network it is.
        classes: of the probabilities, in order.
        facts: what it was trained and calibrated on.
        licence: of the weights; None where nobody said.
        about: its model card, in Markdown; None where it has none.
        precision: `float32`, `int8` (activations scaled as they come) or `int8-static` (by scales
            that were taken beforehand).
        pruned: the share of its units that were left out before the export.
        at_once: how many clips may be heard together without changing an answer.
        sha256: digest of the graph, weights and all.
        statistics: whose `mean` and `std` are, and of how many frames; None where none are used.
        mean: of the features in training, base64.
        std: their deviation, base64.
        scores: of calibration, base64, or None.
        limits: from where on a recording is far from the training data, or None.
        hop_ms: from one frame of the attention to the next; None where it has none.
        equality: how the file was compared with the network that it was made of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    name: str
    version: str
    model: str
    classes: tuple[str, ...]
    facts: Mapping[str, Any]
    licence: str | None = None
    about: str | None = None
    precision: str = "float32"
    pruned: float = Field(default=0.0, ge=0, lt=1)
    at_once: int = Field(default=1, ge=1)
    sha256: str
    statistics: Origin | None = None
    mean: str | None = None
    std: str | None = None
    scores: str | None = None
    limits: Limits | None = None
    hop_ms: float | None = None
    equality: Mapping[str, Any] = {}

    @model_validator(mode="after")
    def _arrays(self) -> "Card":
        arrays = [None if one is None else unpacked(one) for one in (self.mean, self.std)]
        sizes = {None if one is None else len(one) for one in arrays}
        if len(sizes) > 1 or (self.statistics is None) != (self.mean is None):
            raise ValueError("statistics, mean and std do not fit each other")
        if self.scores is not None:
            unpacked(self.scores)
        return self


def card_of(path: Path, data: bytes, metadata: Mapping[str, str]) -> Card:
    """The card of a model file.

    Args:
        path: for messages.
        data: the whole file.
        metadata: its entries.

    Raises:
        RecogniserError: it is none of ours, of a newer format, or damaged.
    """
    if KEY not in metadata:
        raise RecogniserError(
            f"{path}: an ONNX file, but no recogniser: it says nothing of emotions; make one with"
            " `ehsaas export MODEL`"
        )
    try:
        about = json.loads(metadata[KEY])
        if about["format"] not in READ:
            raise RecogniserError(
                f"{path}: written in format {about['format']}; this version reads"
                f" {' and '.join(map(str, READ))}: update ehsaas, or export the recogniser again"
            )
        card = Card(**about)
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, RecogniserError):
            raise
        raise RecogniserError(f"{path}: its metadata are damaged ({error})") from error
    if digest_of(data) != card.sha256:
        raise RecogniserError(
            f"{path}: damaged, or changed since its export (the checksum differs): get it again"
        )
    if unknown := [name for name in card.classes if name not in VOCABULARY]:
        raise RecogniserError(f"{path}: unknown emotions {', '.join(unknown)}")
    return card


def digest_of(data: bytes) -> str:
    """Sha256 of the graph in a model file.

    Raises:
        ValueError: there is none.
    """
    for field, start, end in _fields(memoryview(data)):
        if field == _GRAPH:
            return hashlib.sha256(memoryview(data)[start:end]).hexdigest()
    raise ValueError("no graph in it")


def packed(values: NDArray[np.floating]) -> str:
    """An array as base64 of little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def unpacked(text: str) -> NDArray[np.float32]:
    """What `packed` gave, (N,).

    Raises:
        ValueError: it was something else.
    """
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)


def _fields(data: memoryview) -> Iterator[tuple[int, int, int]]:
    """(number, start, end) of each field of a protobuf message that has a length."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 2:
            size, at = _varint(data, at)
            yield tag >> 3, at, at + size
            at += size
        elif kind == 0:
            _, at = _varint(data, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise ValueError("not a protobuf message")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("not a protobuf message")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
