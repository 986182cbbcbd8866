import numpy as np
import pytest

from ehsaas.training.alignment import coral, maps, mmd, subspaces


def sets(n: int = 300, dims: int = 6, shift: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Two sets with means and covariances of their own."""
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(2, dims, dims))
    return rng.normal(size=(n, dims)) @ mix[0], shift + rng.normal(size=(n, dims)) @ mix[1]


def test_coral_makes_means_and_covariances_equal() -> None:
    source, target = sets()
    moved = coral(source, target, ridge=0)
    np.testing.assert_allclose(np.cov(moved.T), np.cov(target.T), atol=1e-4)
    np.testing.assert_allclose(moved.mean(axis=0), target.mean(axis=0), atol=1e-9)


def test_with_a_ridge_they_are_nearer_than_before() -> None:
    source, target = sets()

    def away(x: np.ndarray) -> float:
        return float(np.linalg.norm(np.cov(x.T) - np.cov(target.T)))

    assert away(coral(source, target)) < 0.5 * away(source)


def test_fewer_vectors_than_dimensions_need_a_ridge() -> None:
    source, target = sets(n=5, dims=20)
    with pytest.raises(ValueError, match="singular"):
        coral(source, target, ridge=0)
    assert np.isfinite(coral(source, target)).all()


def test_the_source_is_seen_on_the_axes_of_the_target_by_way_of_its_own() -> None:
    """The source lies in the plane of 0 and 1, the target in that of 1 and 2: 1 is what is left."""
    rng = np.random.default_rng(1)
    scale = np.array([[5.0, 2.0, 1e-6], [1e-6, 4.0, 1.0]])
    source, target = (rng.normal(size=(400, 3)) * deviations for deviations in scale)
    ours, theirs = subspaces(source, target, 2)
    centred = source - source.mean(axis=0)
    np.testing.assert_allclose(np.abs(ours[:, 0]), np.abs(centred[:, 1]), atol=0.1)
    assert np.abs(ours[:, 1]).max() < 0.2  # the target's second axis is none of the source's
    np.testing.assert_allclose(theirs.std(axis=0), [4, 1], rtol=0.1)
    same, own = subspaces(source, source, 2)
    np.testing.assert_allclose(same, own, atol=1e-9)
    with pytest.raises(ValueError, match="4 axes; these vectors have 1 to 3"):
        subspaces(source, target, 4)


def test_maps_take_the_centred_sets_to_the_subspaces() -> None:
    source, target = sets()
    own, theirs = maps(source, target, 3)
    assert own.shape == theirs.shape == (6, 3)
    np.testing.assert_allclose(theirs.T @ theirs, np.eye(3), atol=1e-9)
    there, here = subspaces(source, target, 3)
    np.testing.assert_allclose((source - source.mean(axis=0)) @ own, there, atol=1e-9)
    np.testing.assert_allclose((target - target.mean(axis=0)) @ theirs, here, atol=1e-9)
    same, _ = maps(target, target, 3)
    np.testing.assert_allclose(same, theirs, atol=1e-9)
    with pytest.raises(ValueError, match="7 axes; these vectors have 1 to 6"):
        maps(source, target, 7)


def test_the_discrepancy_is_0_on_equal_sets_and_grows_with_the_shift() -> None:
    x = np.random.default_rng(2).normal(size=(200, 4))
    assert mmd(x, x) == pytest.approx(0, abs=1e-12)
    assert mmd(x, x[::-1]) == pytest.approx(0, abs=1e-12)
    found = [mmd(x, x + shift) for shift in (0.1, 0.5, 1.0, 2.0)]
    assert found == sorted(found) and found[0] > 0
    assert mmd(x, x + 1) == pytest.approx(mmd(x + 1, x))
    assert mmd(np.zeros((3, 2)), np.zeros((4, 2))) == 0


@pytest.mark.parametrize("method", (coral, mmd))
def test_what_does_not_compare_is_said(method: object) -> None:
    assert callable(method)
    with pytest.raises(ValueError, match=r"\(3, 2\) and \(3, 4\) do not compare"):
        method(np.zeros((3, 2)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="1 and 3 vectors"):
        method(np.zeros((1, 2)), np.zeros((3, 2)))
