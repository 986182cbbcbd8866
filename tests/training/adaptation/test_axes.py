import numpy as np
import pytest

from ehsaas.training.adaptation.axes import Axes


def stretched(count: int = 400, dims: int = 60) -> np.ndarray:
    """Deviations fall from 30 to 0.1, around a mean of 5."""
    rng = np.random.default_rng(0)
    X = 5 + rng.standard_normal((count, dims)) * np.geomspace(30, 0.1, dims)
    return X.astype(np.float32)


def test_axes_are_orthonormal_and_the_first_holds_most() -> None:
    X = stretched()
    axes = Axes.fit(X, 10)
    np.testing.assert_allclose(axes.axes.T @ axes.axes, np.eye(10), atol=1e-5)
    on = axes(X)
    np.testing.assert_allclose(on.mean(axis=0), 0, atol=1e-3)
    assert (np.diff(on.var(axis=0)) < 0).all()


@pytest.mark.parametrize("most", (10, 30))
def test_found_at_random_or_not_they_hold_what_the_first_axes_hold(most: int) -> None:
    """Of 60 columns 10 axes are found by a randomised decomposition, 30 by the whole one."""
    X = stretched()
    values = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)[:most] ** 2
    np.testing.assert_allclose((Axes.fit(X, most)(X) ** 2).sum(), values.sum(), rtol=1e-4)


def test_the_same_vectors_have_the_same_axes() -> None:
    np.testing.assert_array_equal(Axes.fit(stretched(), 10).axes, Axes.fit(stretched(), 10).axes)


def test_there_are_never_more_than_can_be() -> None:
    assert Axes.fit(stretched(dims=8), 512).axes.shape == (8, 8)
    assert Axes.fit(stretched(count=5), 512).axes.shape == (60, 4)
    X = stretched(dims=8)
    axes = Axes.fit(X, 512)
    np.testing.assert_allclose(axes(X) @ axes.axes.T + axes.mean, X, atol=1e-3)
