"""A saved recogniser and a user's recordings, unlabelled or with a few labels → an adapted one.

What of the source a recogniser keeps (`training.adaptation.kept`) stands in for the source: a
method of the comparison fits a new last layer, the recordings' own statistics become the
recogniser's, and with labels its probabilities are calibrated on recordings like the user's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ehsaas.calibration import Statistics
from ehsaas.experiments import expected
from ehsaas.experiments.given import Heard, Progress, Recording, hear
from ehsaas.features import EmbeddingConfig, scaling
from ehsaas.recogniser import Recogniser
from ehsaas.training.adaptation import METHODS, AdaptationError, Ground, Settings, Task, neural
from ehsaas.training.adaptation.kept import ADAPTABLE, Kept, Kind, head
from ehsaas.training.adaptation.standardising import Standardiser
from ehsaas.training.adaptation.task import UNKNOWN, Floats
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.calibrating import Calibrated, calibrate

UNLABELLED = "self-training"
LABELLED = "joint-training"
"""What is done without labels, and with some, where nothing else is asked for: what the comparison
of methods (`experiments/adaptation.yaml`) chose for most languages on the others."""

READY = tuple(
    name
    for name, one in METHODS.items()
    if not one.neural and name not in ("knn-memory", "running-statistics")
)
"""Methods that fit a last layer to what was kept: no network of their own, no memory in its place,
and no stream of recordings to come."""

PARTS = 4
"""Parts of the labelled recordings, each judged by a layer fitted without it, to calibrate by."""

MANY = 5
"""Voices from which on the statistics of all recordings are those of a language or a place, and not
of these voices: another voice is judged worse by those of one than by the source's
(`docs/results/new_language.md`)."""

FEWEST = 20
"""Labelled recordings below which probabilities are not calibrated anew."""


@dataclass(frozen=True)
class Changed:
    """The adapted recogniser, what was kept for it, and what was done in sentences.

    `unread` are lines about recordings that could not be used.
    """

    recogniser: Recogniser
    kept: Kept
    said: tuple[str, ...]
    unread: tuple[str, ...]

    def save(self, folder: Path) -> None:
        """Write it as a recogniser's folder; it can be adapted again."""
        self.recogniser.save(folder)
        self.kept.save(folder)


def adapt(
    folder: Path,
    recordings: Sequence[Recording],
    *,
    method: str | None = None,
    name: str = "own",
    seed: int = 0,
    progress: Progress | None = None,
) -> Changed:
    """Adapt the recogniser in a folder to recordings.

    Args:
        folder: of a recogniser that `ehsaas run` saved.
        recordings: of one corpus; emotions and speakers may be unknown.
        method: one of `READY`; by default self-training without labels and joint training with
            some.
        name: what to call the recordings.
        seed: of random choices.
        progress: told how many recordings were heard.

    Raises:
        AdaptationError: the recogniser cannot be adapted, or not by this method, a label is none of
            its emotions, or nothing can be heard in the recordings.
        RecogniserError: there is no recogniser in the folder.
    """
    if method is not None and method not in READY:
        raise AdaptationError(
            f"method {method!r}; a saved recogniser can be adapted by {', '.join(READY)}"
        )
    recogniser, kept = _loaded(folder)
    heard = hear(recogniser, recordings, kept.corpora, progress)
    chosen = method or (LABELLED if heard.labelled else UNLABELLED)
    by: Kind = "speaker" if heard.voices else "corpus"
    whole = scaling.fit(heard.examples.features, f"{name}: {len(heard.examples)} recordings")
    scale = Standardiser(by, recogniser.statistics, {kept.corpora: whole})
    recogniser.network.eval()
    states = neural.embeddings(recogniser.network, scale(heard.examples)).numpy()
    last = _LastLayer(recogniser, kept, states, by, chosen, seed)
    fitted = last.fit(heard.examples.labels)
    calibrated = last.calibrated(heard.examples.labels)
    statistics = whole if by == "corpus" or heard.voices >= MANY else recogniser.statistics
    facts: dict[str, Any] = {
        "to": name,
        "method": chosen,
        "recordings": len(heard.examples),
        "labels": heard.labelled,
        "statistics": by,
    }
    changed = _with(recogniser, fitted, statistics, facts, calibrated)
    said = (*_told(heard, fitted.said, by, calibrated), _expected(recogniser, heard, by, chosen))
    return Changed(changed, kept, said, heard.unread)


@dataclass(frozen=True)
class _Fitted:
    """Weights (K, D) and biases (K,) of a last layer, and what was done in a sentence."""

    W: Floats
    b: Floats
    said: str


@dataclass(frozen=True)
class _LastLayer:
    """Fits last layers to the source that was kept and to `states` (M, D) of the recordings."""

    recogniser: Recogniser
    kept: Kept
    states: Floats
    by: Kind
    method: str
    seed: int

    def fit(self, labels: IntArray) -> _Fitted:
        """A last layer for the recordings, by the method."""
        settings = Settings(len(self.recogniser.classes), "none", self.seed)
        vectors = self.kept.vectors[self.by]
        ground = Ground(_examples(vectors, self.kept.labels, self.kept.corpus), settings)
        own = np.full(len(labels), self.kept.corpora)
        target = _examples(self.kept.on_axes(self.states), labels, own)
        done = METHODS[self.method].adapt(Task(ground, target, settings))
        layer = head(done.network)
        W, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        dims = head(self.recogniser.network).in_features
        return _Fitted(*self.kept.layer(W, b, dims), done.said)

    def calibrated(self, labels: IntArray) -> Calibrated | None:
        """Temperature and scores of labelled recordings, each judged by a layer without its label.

        None where there are too few.
        """
        rows = np.flatnonzero(labels != UNKNOWN)
        if len(rows) < FEWEST:
            return None
        part = np.random.default_rng(self.seed).permutation(len(rows)) % PARTS
        logits = np.zeros((len(rows), len(self.recogniser.classes)))
        for one in range(PARTS):
            tested = rows[part == one]
            without = labels.copy()
            without[tested] = UNKNOWN
            fitted = self.fit(without)
            logits[part == one] = self.states[tested] @ fitted.W.T + fitted.b
        return calibrate(logits, labels[rows])


def _loaded(folder: Path) -> tuple[Recogniser, Kept]:
    recogniser = Recogniser.load(folder)
    if recogniser.model not in ADAPTABLE:
        raise AdaptationError(
            f"{folder}: {recogniser.model} cannot be adapted; {', '.join(ADAPTABLE)} can"
        )
    kept = Kept.load(folder)
    if kept is None:
        raise AdaptationError(
            f"{folder}: nothing of its source was kept beside it; train it again with `ehsaas run`,"
            " or judge by the statistics of your recordings (`ehsaas recognise --baseline FOLDER`)"
        )
    return recogniser, kept


def _with(
    recogniser: Recogniser,
    fitted: _Fitted,
    statistics: Statistics,
    adapted: Mapping[str, Any],
    calibrated: Calibrated | None,
) -> Recogniser:
    """The recogniser with the new layer, statistics and calibration."""
    layer = head(recogniser.network)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(fitted.W))
        layer.bias.copy_(torch.from_numpy(fitted.b))
    facts: dict[str, Any] = {**recogniser.facts, "adapted": dict(adapted)}
    changes: dict[str, Any] = {}
    if calibrated is not None:
        facts["calibration"] = {
            "data": "target",
            "utterances": adapted["labels"],
            "corpora": [adapted["to"]],
            "statistics": adapted["statistics"],
            "how": f"in {PARTS} parts, each judged without its own labels",
        }
        changes = {"temperature": calibrated.temperature, "scores": calibrated.scores}
    name = f"{recogniser.name}-{adapted['to']}"
    return replace(recogniser, statistics=statistics, name=name, facts=facts, **changes)


def _told(heard: Heard, what: str, by: Kind, calibrated: Calibrated | None) -> tuple[str, ...]:
    """What was done, in sentences."""
    own = "those of each speaker" if by == "speaker" else "their own, taken together"
    said = [
        f"{len(heard.examples)} recordings were heard, {heard.labelled} with a label.",
        f"Last layer: {what}.",
        f"Statistics of the recordings while it was fitted: {own}.",
    ]
    if by == "speaker":
        whose = "all recordings" if heard.voices >= MANY else "the model as it was"
        few = f", as {MANY - 1} voices or fewer are no language" if heard.voices < MANY else ""
        said.append(
            f"Alone, a recording is judged by the statistics of {whose}{few}; a voice of which you"
            " have some recordings is judged better by its own: `ehsaas recognise --baseline"
            " FOLDER`."
        )
    else:
        said.append(
            "A recording is judged by the statistics of all these. Are they of a few voices? Then"
            " say so (`--speakers`): others are judged worse by them."
        )
    if calibrated is not None:
        said.append(f"Probabilities and --coverage: calibrated on {heard.labelled} of them.")
    elif heard.labelled:
        said.append(f"Not calibrated anew: that takes {FEWEST} labels.")
    return tuple(said)


def _expected(recogniser: Recogniser, heard: Heard, by: Kind, method: str) -> str:
    """What the comparison of methods lets one expect."""
    kind = "embeddings" if isinstance(recogniser.features, EmbeddingConfig) else "frames"
    found = expected.gain(method, by, kind, heard.labelled / len(recogniser.classes))
    if found is None:
        return f"To be expected: not measured for {method} on {kind}."
    return f"To be expected: {found}"


def _examples(vectors: Floats, labels: IntArray, corpus: IntArray) -> Examples:
    """Vectors (N, D) as utterances of one frame."""
    names = tuple(map(str, range(len(labels))))
    return Examples([*vectors[:, None, :]], labels, corpus.astype(np.int64), names)
