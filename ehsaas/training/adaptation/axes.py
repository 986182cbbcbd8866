"""Vectors on their principal axes: most of the variance in a fraction of the columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Axes:
    """`mean` (D,) and orthonormal `axes` (D, P), the one with the most variance first."""

    mean: Floats
    axes: Floats

    @classmethod
    def fit(cls, X: Floats, most: int) -> "Axes":
        """The principal axes of X (N, D), `most` of them at most.

        Found by a randomised decomposition with a seed of its own where there are many (Halko,
        Martinsson & Tropp 2011), so that the same X gives the same axes.
        """
        from sklearn.decomposition import PCA

        P = min(most, X.shape[1], len(X) - 1)
        solver = "full" if min(X.shape) <= 2 * P else "randomized"
        found = PCA(P, svd_solver=solver, random_state=0, iterated_power=3).fit(X)
        return cls(
            found.mean_.astype(np.float32),
            np.ascontiguousarray(found.components_.T.astype(np.float32)),
        )

    def __call__(self, X: Floats) -> Floats:
        """X (N, D) on the axes, (N, P), around the mean of what they were fitted to."""
        return np.asarray((X - self.mean) @ self.axes, dtype=np.float32)
