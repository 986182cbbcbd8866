"""Prior shift: the same classes in other shares. What EM and BBSE find is in `test_priors.py`."""

from typing import Any

import numpy as np
import pytest

from ehsaas.training.adaptation import Adapted, Budget, adapt, linear
from ehsaas.training.adaptation.prior_shift import FLOOR
from ehsaas.training.adaptation.task import ProbeSettings
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


def wide(count: int = 300) -> Examples:
    return corpus(count, 0, apart=2.0).joined(corpus(count, 1, apart=2.0))


def lacking(count: int = 600) -> Examples:
    """Two corpora; the first lacks class 2, so that it weighs 1/4 and not 1/3."""
    labels = np.arange(count) % 2
    return corpus(count, 0, apart=2.0, labels=labels).joined(corpus(count, 1, apart=2.0))


def told(done: Adapted) -> np.ndarray:
    """The shares that the method says."""
    words = done.said.split(": ")[1].split(";")[0].split(", ")
    return np.array([float(word) for word in words])


def recall(done: Adapted, to: Examples) -> float:
    """The unweighted average recall."""
    hit = done.logits(to).argmax(axis=1) == to.labels
    return float(np.mean([hit[to.labels == k].mean() for k in range(3)]))


def unsure(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    """Every probe that is fitted from here on gives so much of its logits."""
    fit = linear.fit

    def less(*args: Any) -> linear.Probe:
        probe = fit(*args)
        return linear.Probe(factor * probe.W, factor * probe.b)

    monkeypatch.setattr(linear, "fit", less)


@pytest.mark.parametrize("method", METHODS)
def test_known_shares_are_found_and_go_into_the_biases(method: str) -> None:
    to, given = uneven(), settings(by="source")
    plain = adapt("source-only", wide(), to, Budget(), given)
    done = adapt(method, wide(), to, Budget(), given)
    gap = done.logits(to) - plain.logits(to)
    np.testing.assert_allclose(gap, np.broadcast_to(gap[0], gap.shape), atol=1e-3)
    assert done.said.startswith("shares of the classes in the target: ")
    found = told(done)
    assert found.sum() == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(found, SHARES, atol=0.08)
    temperature = gap[0] / np.log(3 * found)
    np.testing.assert_allclose(temperature, temperature[0], rtol=0.1)
    assert right(done, to) > right(plain, to)


@pytest.mark.parametrize("method", METHODS)
def test_no_class_is_given_up(method: str) -> None:
    only = corpus(90, TARGET, labels=np.zeros(90, dtype=np.int64))
    done = adapt(method, wide(), only, Budget(), settings(by="source"))
    assert min(told(done)) == FLOOR and max(told(done)) == pytest.approx(1 - 2 * FLOOR)


def test_one_corpus_is_dealt_out_by_its_speakers() -> None:
    done = adapt("bbse", corpus(300, 0, apart=2.0), uneven(), Budget(), settings(by="source"))
    np.testing.assert_allclose(told(done), SHARES, atol=0.1)


def test_where_nothing_follows_from_the_confusion_no_share_is_changed() -> None:
    of = source()
    two = of.take(np.flatnonzero(of.labels != 1))
    done = adapt("bbse", two, target(), Budget(), settings())
    assert done.said.startswith("no share of a class changed: ")
    plain = adapt("source-only", two, target(), Budget(), settings())
    np.testing.assert_array_equal(done.logits(target()), plain.logits(target()))


@pytest.mark.parametrize("method", METHODS)
def test_a_probe_that_is_too_unsure_is_corrected_as_one_that_is_right(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its temperature is 0.4 times as high, up to the grid's step of 5 %; so is the bias."""
    to, given = uneven(), settings(by="source")
    plain = adapt("source-only", wide(), to, Budget(), given).logits(to)
    sure = adapt(method, wide(), to, Budget(), given)
    unsure(monkeypatch, 0.4)
    done = adapt(method, wide(), to, Budget(), given)
    np.testing.assert_allclose(told(done), told(sure), atol=0.02)
    assert recall(done, to) == pytest.approx(recall(sure, to), abs=0.02)
    gaps = [(one.logits(to) - f * plain)[0] / f for one, f in ((sure, 1), (done, 0.4))]
    np.testing.assert_allclose(gaps[1], gaps[0], atol=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_a_probe_that_is_stopped_early_finds_the_shares_too(method: str) -> None:
    """Probes of half of the source are less sure still; that is not taken for the probe's fault."""
    given = settings(by="source", probe=ProbeSettings(C=1e-3, steps=2))
    to = uneven(3000)
    done = adapt(method, wide(1500), to, Budget(), given)
    np.testing.assert_allclose(told(done), SHARES, atol=0.03)
    assert right(done, to) > right(adapt("source-only", wide(1500), to, Budget(), given), to)


@pytest.mark.parametrize("method", METHODS)
def test_what_a_corpus_lacks_is_rarer_in_training_than_the_others(method: str) -> None:
    """Weighed, the classes of the source have shares of 5/12, 5/12 and 1/6."""
    to, given = uneven(1800), settings(by="source")
    done = adapt(method, lacking(), to, Budget(), given)
    np.testing.assert_allclose(told(done), SHARES, atol=0.04)
    gap = (done.logits(to) - adapt("source-only", lacking(), to, Budget(), given).logits(to))[0]
    before = np.array([5, 5, 2]) / 12
    temperature = gap / np.log(told(done) / before)
    np.testing.assert_allclose(temperature, temperature[0], rtol=0.1)


def test_em_leaves_out_a_class_that_no_label_has() -> None:
    of, to = wide(), uneven()
    two, among = (x.take(np.flatnonzero(x.labels != 1)) for x in (of, to))
    done = adapt("em-prior", two, among, Budget(), settings(by="source"))
    np.testing.assert_allclose(told(done), [7 / 8, 0, 1 / 8], atol=0.05)
    assert set(done.logits(to).argmax(axis=1)) == {0, 2}


def test_without_anything_to_leave_out_the_probabilities_are_taken_as_they_are() -> None:
    """One utterance of each class: whichever is left out, nothing was learnt of its class."""
    done = adapt("em-prior", corpus(3, 0, apart=6.0), target(), Budget(), settings(by="source"))
    assert done.said.endswith("; no utterance could be left out to fit a temperature to")


def test_one_recording_is_target_enough() -> None:
    one = uneven().take(np.array([0]))
    given = settings(by="source")
    done, many = (adapt("em-prior", wide(), to, Budget(), given) for to in (one, uneven()))
    assert np.isfinite(done.logits(one)).all() and told(done).max() == pytest.approx(1 - 2 * FLOOR)
    gaps = [
        (x.logits(one) - adapt("source-only", wide(), one, Budget(), given).logits(one))[0]
        for x in (done, many)
    ]
    temperatures = [gap / np.log(3 * told(x)) for gap, x in zip(gaps, (done, many), strict=True)]
    np.testing.assert_allclose(temperatures[0], temperatures[1].mean(), rtol=0.3)
