import numpy as np
import pytest

from ehsaas.reach import Reach, pooled

TWO = Reach(
    columns=np.array([0, 2]),
    mean=np.array([10, 0], np.float32),
    std=np.array([2, 1], np.float32),
    axes=np.eye(2, dtype=np.float32),
    centres=np.array([[0, 0], [4, 0]], np.float32),
    limit=1.5,
    together=1.2,
)


def test_the_distance_is_to_the_nearest_centre_and_ignores_other_columns() -> None:
    vectors = np.array([[10, 99, 0], [12, -99, 1], [18, 5, 2], [10, 0, 4]], np.float32)
    # standardised (0, 0), (1, 1), (4, 2), (0, 4): root of the mean over two axes
    expected = np.sqrt([0, 1, 2, 8])
    np.testing.assert_allclose(TWO.distance(vectors), expected, rtol=1e-6)


def test_frames_are_pooled_to_their_mean() -> None:
    frames = np.array([[8, 1, 0], [16, 3, 2]], np.float32)
    np.testing.assert_allclose(pooled(frames), [12, 2, 1])
    assert TWO.of(frames) == pytest.approx(1.0)


def test_another_corpus_is_one_more_centre() -> None:
    vectors = np.array([[30, 7, 9], [34, -7, 11]], np.float32)  # standardised (10, 9), (12, 11)
    wider = TWO.knowing(vectors)
    np.testing.assert_allclose(wider.centres, [[0, 0], [4, 0], [11, 10]])
    np.testing.assert_allclose(wider.distance(vectors), 1)
    assert TWO.distance(vectors).min() > 5
    near = np.array([[10, 0, 0]], np.float32)
    np.testing.assert_array_equal(wider.distance(near), TWO.distance(near))
