"""Source vectors moved to where the target's lie, without a label of the target.

Correlation alignment (Sun, Feng & Saenko 2016), subspace alignment (Fernando et al. 2013), and the
maximum mean discrepancy by which one sees how far apart two sets are (Gretton et al. 2012).
"""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating]

KERNELS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Widths of the Gaussian kernels, in the median squared distance of all vectors."""


def coral(source: Vectors, target: Vectors, ridge: float = 1.0) -> NDArray[np.float64]:
    """Source vectors (N, D) with the mean and the covariance of the target's (M, D).

    Args:
        source: to be moved.
        target: unlabelled.
        ridge: added to the diagonals of both covariances, in the vectors' own squared unit. The
            covariances are equal afterwards but for it; without it they have to be of full rank.

    Raises:
        ValueError: a set has fewer than two vectors, or a covariance is singular.
    """
    S, T = _checked(source, target)
    whitened = (S - S.mean(axis=0)) @ _power(_covariance(S, ridge), -0.5)
    moved: NDArray[np.float64] = whitened @ _power(_covariance(T, ridge), 0.5) + T.mean(axis=0)
    return moved


def subspaces(
    source: Vectors, target: Vectors, dims: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sets on the target's principal axes; of the source, what its own principal axes hold.

    Args:
        source: (N, D).
        target: (M, D), unlabelled.
        dims: number of principal axes d, at most D, and below N and M.

    Returns:
        X_s P_s P_sᵀ P_t (N, d) and X_t P_t (M, d), each set around its own mean.

    Raises:
        ValueError: there are not so many axes.
    """
    of_source, of_target = maps(source, target, dims)
    S, T = _checked(source, target)
    return (S - S.mean(axis=0)) @ of_source, (T - T.mean(axis=0)) @ of_target


def maps(
    source: Vectors, target: Vectors, dims: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What `subspaces` multiplies the centred sets by: P_s P_sᵀ P_t and P_t, each (D, d).

    Raises:
        ValueError: there are not so many axes.
    """
    S, T = _checked(source, target)
    most = min(S.shape[1], len(S) - 1, len(T) - 1)
    if not 1 <= dims <= most:
        raise ValueError(f"{dims} axes; these vectors have 1 to {most}")
    own, theirs = _axes(S - S.mean(axis=0), dims), _axes(T - T.mean(axis=0), dims)
    return own @ (own.T @ theirs), theirs


def mmd(x: Vectors, y: Vectors) -> float:
    """The biased estimate of MMD² under a mean of Gaussian kernels; 0 for equal sets.

    Args:
        x: (N, D).
        y: (M, D).
    """
    x, y = _checked(x, y)
    both = np.concatenate([x, y])
    norms = (both**2).sum(axis=1)
    distances = np.maximum(norms[:, None] + norms[None, :] - 2 * both @ both.T, 0)
    middle = np.median(distances[np.triu_indices(len(both), 1)])
    if middle <= 0:
        middle = max(float(distances.mean()), np.finfo(np.float64).eps)  # less may count as 0
    K = np.mean([np.exp(-distances / (2 * width * middle)) for width in KERNELS], axis=0)
    N = len(x)
    return float(max(K[:N, :N].mean() + K[N:, N:].mean() - 2 * K[:N, N:].mean(), 0.0))


def _checked(x: Vectors, y: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"vectors of shape {first.shape} and {second.shape} do not compare")
    if min(len(first), len(second)) < 2:
        raise ValueError(f"{len(first)} and {len(second)} vectors; at least two of each are needed")
    return first, second


def _covariance(X: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    C: NDArray[np.float64] = np.atleast_2d(np.cov(X, rowvar=False)) + ridge * np.eye(X.shape[1])
    return C


def _power(C: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """A symmetric matrix to a power, by its eigenvalues."""
    values, axes = np.linalg.eigh(C)
    if values[0] <= 1e-12 * values[-1]:
        raise ValueError("a covariance is singular: there are too few vectors; give a ridge")
    raised: NDArray[np.float64] = (axes * values**power) @ axes.T
    return raised


def _axes(X: NDArray[np.float64], dims: int) -> NDArray[np.float64]:
    """The first principal axes of centred vectors, (D, d)."""
    axes: NDArray[np.float64] = np.linalg.svd(X, full_matrices=False)[2][:dims].T
    return axes
