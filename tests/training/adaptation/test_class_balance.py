import numpy as np

from ehsaas.training.adaptation.class_balance import chosen, even
from ehsaas.training.adaptation.task import UNKNOWN

SHARES = np.array(
    [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.7, 0.3], [0.99, 0.01], [0.45, 0.55], [0.2, 0.8]]
)


def test_the_surest_of_each_class_are_labelled() -> None:
    """Of 7, four sevenths are four labels: two of each class."""
    assert chosen(SHARES, 4.01 / 7).tolist() == [0, -1, -1, -1, 0, 1, 1]
    assert chosen(SHARES, 2.01 / 7).tolist() == [-1, -1, -1, -1, 0, -1, 1]


def test_a_class_that_is_seldom_said_is_not_filled_up() -> None:
    found = chosen(SHARES, 1.0)
    assert (found == 0).sum() == 3 and (found == 1).sum() == 2
    assert (chosen(SHARES, 0.0) == UNKNOWN).all()


def test_evened_out_every_class_is_as_probable_as_the_others() -> None:
    shares = np.random.default_rng(0).dirichlet([8, 2, 1], 300)
    found = even(shares)
    np.testing.assert_allclose(found.mean(axis=0), 1 / 3, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert shares.mean(axis=0)[0] > 0.6


def test_evening_out_is_one_factor_a_class() -> None:
    """So that of two recordings the one that was surer of a class stays so."""
    shares = np.random.default_rng(1).dirichlet([4, 2, 1], 50)
    factor = even(shares) / shares
    ratio = factor / factor[:, :1]
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:1], ratio.shape), rtol=1e-5)
    flat = np.full((4, 3), 1 / 3)
    np.testing.assert_allclose(even(flat), flat)


def test_a_class_that_nothing_is_given_to_gets_nothing() -> None:
    shares = np.random.default_rng(2).dirichlet([1, 1], 100)
    found = even(np.insert(shares, 1, 0, axis=1))
    np.testing.assert_array_equal(found[:, 1], 0)
    np.testing.assert_allclose(found[:, [0, 2]].mean(axis=0), 0.5, atol=1e-6)
