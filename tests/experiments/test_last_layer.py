"""A last layer fitted to what was kept, and its calibration on labels that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ehsaas.calibration import Statistics, softmax
from ehsaas.experiments.given import FEWEST, Heard
from ehsaas.experiments.last_layer import Fitted, LastLayer
from ehsaas.features.stack import FeatureConfig
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.recogniser import Recogniser
from ehsaas.training.adaptation.axes import Axes
from ehsaas.training.adaptation.kept import Kept
from ehsaas.training.adaptation.task import Floats
from ehsaas.training.batches import Examples, IntArray

D = 4
W = np.array([[3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0]], np.float32)


def recogniser() -> Recogniser:
    torch.manual_seed(0)
    own = Statistics(np.zeros(D, np.float32), np.ones(D, np.float32), 1, "source")
    classes = ("anger", "neutral", "sadness")
    return Recogniser(
        FeatureConfig(),
        {},
        LinearProbe(D, 3),
        model="linear-probe",
        classes=classes,
        statistics=own,
    )


def kept() -> Kept:
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    X = rng.standard_normal((60, D)).astype(np.float32)
    X[np.arange(60), labels] += 4
    axes = Axes(np.zeros(D, np.float32), np.eye(D, dtype=np.float32))
    columns, corpus = np.arange(D, dtype=np.int64), np.zeros(60, np.int64)
    return Kept(columns, axes, {"corpus": X, "speaker": X}, labels, corpus)


def heard(
    states: Floats, labels: Sequence[int], names: Sequence[str], shares: NDArray[np.float64]
) -> Heard:
    count = len(states)
    examples = Examples(
        [x[None] for x in states],
        np.array(labels, dtype=np.int64),
        np.full(count, 1, dtype=np.int64),
        tuple(names),
        speaker=np.full(count, -1, dtype=np.int64),
        seconds=np.full(count, 5.0),
    )
    return Heard(examples, shares, ())


@dataclass(frozen=True)
class Watched(LastLayer):
    """Notes the labels that each layer is fitted to; every layer is the same."""

    seen: list[IntArray] = field(default_factory=list)

    def fit(self, labels: IntArray) -> Fitted:
        self.seen.append(labels)
        return Fitted(W, np.zeros(3, np.float32), "")


def watched(states: Floats) -> Watched:
    return Watched(recogniser(), kept(), states, "corpus", "joint-training", 0)


def test_the_layer_tells_what_it_was_fitted_to() -> None:
    rng = np.random.default_rng(1)
    labels = np.arange(30, dtype=np.int64) % 3
    states = rng.standard_normal((30, D)).astype(np.float32)
    states[np.arange(30), labels] += 4
    fitted = LastLayer(recogniser(), kept(), states, "corpus", "joint-training", 0).fit(labels)
    assert fitted.W.shape == (3, D) and fitted.b.shape == (3,) and fitted.said
    assert ((states @ fitted.W.T + fitted.b).argmax(axis=1) == labels).mean() > 0.9


def test_no_label_of_what_is_judged_is_seen() -> None:
    """Six groups in four parts: a group goes out whole, and each is out once."""
    states = np.eye(D, dtype=np.float32)[np.arange(24) % 3]
    labels, groups = np.arange(24) % 3, np.arange(24, dtype=np.int64) // 4
    given = heard(states, labels.tolist(), [f"{i}" for i in range(24)], np.ones(24))
    last = watched(states)
    made = last.calibrated(given, groups)
    assert made is not None and len(made.scores) == 24
    out = [set(groups[seen == -1]) for seen in last.seen]
    assert sorted(group for part in out for group in part) == list(range(6))
    for seen, part in zip(last.seen, out, strict=True):
        assert ((seen == -1) == np.isin(groups, list(part))).all()


def test_a_long_recording_counts_once_by_the_mean_of_its_windows() -> None:
    """Nineteen short ones and one of three windows, of which the last is new by half."""
    truth = [i % 3 for i in range(19)] + [0]
    order = [*range(19), 19, 19, 19]
    states = np.eye(D, dtype=np.float32)[[*(i % 3 for i in range(19)), 0, 1, 1]]
    shares = np.array([1.0] * 21 + [0.5])
    given = heard(states, [truth[i] for i in order], [f"{i:02}" for i in order], shares)
    made = watched(states).calibrated(given, given.places)
    assert made is not None and len(made.scores) == 20 == FEWEST
    p = softmax((states[19:] @ W.T).astype(np.float64))
    mean = np.log(np.average(p, axis=0, weights=[1, 1, 0.5]))
    long = 1 - softmax(mean[None], made.temperature)[0, 0]
    assert made.scores[-1] == pytest.approx(long, abs=1e-4)  # the worst of the sorted scores


def test_few_recordings_do_not_calibrate_however_many_windows_they_have() -> None:
    states = np.eye(D, dtype=np.float32)[np.arange(40) % 3]
    names = [f"{i // 4}" for i in range(40)]
    given = heard(states, [i // 4 % 3 for i in range(40)], names, np.ones(40))
    assert watched(states).calibrated(given, given.places) is None
    one = heard(states, [i % 3 for i in range(40)], [f"{i}" for i in range(40)], np.ones(40))
    assert watched(states).calibrated(one, np.zeros(40, np.int64)) is None  # one voice alone
