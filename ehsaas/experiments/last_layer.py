"""What was kept of a source and a user's recordings → a recogniser's last layer, calibrated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ehsaas.calibration import softmax
from ehsaas.experiments.given import FEWEST, Heard
from ehsaas.recogniser import Recogniser
from ehsaas.training.adaptation import METHODS, Ground, Settings, Task
from ehsaas.training.adaptation.kept import Kept, Kind, head
from ehsaas.training.adaptation.task import UNKNOWN, Floats
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.calibrating import Calibrated, calibrate

PARTS = 4
"""Parts of the labelled recordings at most, each judged by a layer fitted without its labels, to
calibrate by."""


@dataclass(frozen=True)
class Fitted:
    """Weights (K, D) and biases (K,) of a last layer, and what was done in a sentence."""

    W: Floats
    b: Floats
    said: str


@dataclass(frozen=True)
class LastLayer:
    """Fits last layers to the source that was kept and to `states` (M, D) of the recordings."""

    recogniser: Recogniser
    kept: Kept
    states: Floats
    by: Kind
    method: str
    seed: int

    def fit(self, labels: IntArray) -> Fitted:
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
        return Fitted(*self.kept.layer(W, b, dims), done.said)

    def calibrated(self, heard: Heard, groups: IntArray) -> Calibrated | None:
        """Temperature and scores of labelled recordings, each judged by a layer without its label.

        None where there are too few. A long recording is judged as a recogniser judges it, by the
        mean over its windows.

        Args:
            heard: the recordings that the states are of.
            groups: (M,); of one group either all labels are left out of a layer, or none.
        """
        labels = heard.examples.labels
        rows = np.flatnonzero(labels != UNKNOWN)
        names = np.random.default_rng(self.seed).permutation(np.unique(groups[rows]))
        recordings = np.unique(heard.places[rows])
        if len(recordings) < FEWEST or len(names) < 2:
            return None
        logits = np.zeros((len(rows), len(self.recogniser.classes)))
        for one in range(min(PARTS, len(names))):
            part = np.isin(groups[rows], names[one::PARTS])
            without = labels.copy()
            without[rows[part]] = UNKNOWN
            fitted = self.fit(without)
            logits[part] = self.states[rows[part]] @ fitted.W.T + fitted.b
        new = heard.seconds[rows] * heard.shares[rows]
        whole = [_mean(logits[at], new[at]) for at in (heard.places[rows] == r for r in recordings)]
        truth = [labels[rows][heard.places[rows] == r][0] for r in recordings]
        return calibrate(np.stack(whole), np.array(truth))


def _mean(logits: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities (K,) of a recording from the logits (W, K) of its windows."""
    found = np.average(softmax(logits), axis=0, weights=weights)
    return np.asarray(np.log(np.maximum(found, 1e-12)))


def _examples(vectors: Floats, labels: IntArray, corpus: IntArray) -> Examples:
    """Vectors (N, D) as utterances of one frame."""
    names = tuple(map(str, range(len(labels))))
    return Examples([*vectors[:, None, :]], labels, corpus.astype(np.int64), names)
