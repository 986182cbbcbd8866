"""Prior shift: the same classes in other shares. What EM and BBSE find is in `test_priors.py`."""

import numpy as np
import pytest

from ehsaas.training.adaptation import Budget, adapt
from ehsaas.training.adaptation.prior_shift import FLOOR
from ehsaas.training.batches import Examples
from tests.training.adaptation.builders import TARGET, corpus, right, settings, source, target

SHARES = np.array([0.7, 0.2, 0.1])
METHODS = ("em-prior", "bbse")


def uneven(count: int = 600, seed: int = 1) -> Examples:
    """A target that differs in its shares alone; its classes are not told apart quite."""
    labels = np.random.default_rng(seed).permutation(
        np.repeat([0, 1, 2], (SHARES * count + 0.5).astype(int))
    )
    return corpus(count, TARGET, labels=labels, apart=2.0, seed=seed)


def wide() -> Examples:
    return corpus(300, 0, apart=2.0).joined(corpus(300, 1, apart=2.0))


@pytest.mark.parametrize("method", METHODS)
def test_known_shares_are_found_and_go_into_the_biases(method: str) -> None:
    to, given = uneven(), settings(by="source")
    plain = adapt("source-only", wide(), to, Budget(), given)
    done = adapt(method, wide(), to, Budget(), given)
    gap = done.logits(to) - plain.logits(to)
    np.testing.assert_allclose(gap, np.broadcast_to(gap[0], gap.shape), atol=1e-3)
    found = np.exp(gap[0]) / 3
    assert found.sum() == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(found, SHARES, atol=0.08)
    told = ", ".join(f"{share:.2f}" for share in found)
    assert done.said == f"shares of the classes in the target: {told}"
    assert right(done, to) > right(plain, to)


@pytest.mark.parametrize("method", METHODS)
def test_no_class_is_given_up(method: str) -> None:
    only = corpus(90, TARGET, labels=np.zeros(90, dtype=np.int64))
    done = adapt(method, wide(), only, Budget(), settings(by="source"))
    shares = [float(word) for word in done.said.split(": ")[1].split(", ")]
    assert min(shares) == FLOOR and max(shares) == pytest.approx(1 - 2 * FLOOR)


def test_one_corpus_is_dealt_out_by_its_speakers() -> None:
    done = adapt("bbse", corpus(300, 0, apart=2.0), uneven(), Budget(), settings(by="source"))
    shares = [float(word) for word in done.said.split(": ")[1].split(", ")]
    np.testing.assert_allclose(shares, SHARES, atol=0.1)


def test_where_nothing_follows_from_the_confusion_no_share_is_changed() -> None:
    of = source()
    two = of.take(np.flatnonzero(of.labels != 1))
    done = adapt("bbse", two, target(), Budget(), settings())
    assert done.said == "the classes are not told apart: no share changed"
    plain = adapt("source-only", two, target(), Budget(), settings())
    np.testing.assert_array_equal(done.logits(target()), plain.logits(target()))
