"""How far utterances lie from what a model was trained on: a distance, and where far begins."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Limits:
    """Distances above which one recording, or several together, are far; `Reach` says from what."""

    limit: float
    together: float


@dataclass(frozen=True)
class Reach:
    """Distance to the nearest training corpus along the first axes within corpora.

    It is Mahalanobis' distance with one covariance for all corpora (Lee et al. 2018, "A simple
    unified framework for detecting out-of-distribution samples", there with classes), by the root
    of the mean over axes: about 1 for what was trained on.

    `columns` (K,) of a pooled feature vector are looked at, as they come, before any statistics of
    a recogniser; `mean` (K,) and `std` (K,) standardise them; `axes` (K, A) rotate them and divide
    by the deviation along each; `centres` (M, A) are the means of the corpora. A distance above
    `limit` is far: one in twenty utterances of unseen speakers of the training corpora is. Several
    recordings together are far where their mean distance is above `together`: that of one in twenty
    unseen speakers is.
    """

    columns: NDArray[np.int64]
    mean: Array
    std: Array
    axes: Array
    centres: Array
    limit: float
    together: float

    def knowing(self, vectors: NDArray[np.floating]) -> "Reach":
        """The reach of a model that was adapted to utterances of one more corpus.

        Args:
            vectors: their pooled features (N, D). Their mean is one more centre; the covariance
                and the limits stay those of the training corpora.
        """
        scaled = (vectors[:, self.columns] - self.mean) / self.std
        centre = scaled.mean(axis=0, keepdims=True).astype(np.float32) @ self.axes
        return replace(self, centres=np.concatenate([self.centres, centre]))

    @property
    def limits(self) -> Limits:
        """Above which distances recordings are far."""
        return Limits(self.limit, self.together)

    def distance(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Distances (N,) of pooled feature vectors (N, D)."""
        scaled = (vectors[:, self.columns] - self.mean) / self.std
        seen = scaled.astype(np.float32) @ self.axes
        away = np.stack([((seen - centre) ** 2).mean(axis=1) for centre in self.centres], axis=1)
        distances: NDArray[np.float64] = np.sqrt(away.min(axis=1).astype(np.float64))
        return distances

    def of(self, features: NDArray[np.floating]) -> float:
        """The distance of one utterance by its features (T, D)."""
        return float(self.distance(pooled(features)[None])[0])


def pooled(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """The mean (D,) of the frames (T, D) of an utterance, or its one vector."""
    mean: NDArray[np.float64] = np.asarray(features, dtype=np.float64).mean(axis=0)
    return mean
