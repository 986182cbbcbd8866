import numpy as np
import pytest

from ehsaas.training.adaptation import METHODS, Budget, adapt
from ehsaas.training.adaptation.task import UNKNOWN
from tests.training.adaptation.builders import asked, right, settings, share_right, source, target


def test_it_beats_the_source_on_a_target_that_lies_elsewhere() -> None:
    """What the source is surest of is right, and from there the target's own place is learned."""
    of, to = source(apart=3.0), target(count=150, shift=2.5, apart=3.0)
    plain, own = (share_right(m, of, to, by="source") for m in ("source-only", "self-training"))
    assert own > plain + 0.1


def test_each_round_labels_more_and_every_class_as_often() -> None:
    to = target(count=150)
    done = adapt("self-training", source(), to, Budget(), settings())
    assert [one["share"] for one in done.epochs] == [0.2, 0.4, 0.6, 0.8]
    for one in done.epochs:
        counts = np.bincount(one["labels"][one["labels"] != UNKNOWN], minlength=3)
        assert counts.tolist() == [round(one["share"] * 50)] * 3
        assert one["labelled"] == pytest.approx(one["share"])
        known = one["labels"] != UNKNOWN
        assert (one["labels"][known] == to.labels[known]).mean() > 0.95
    assert done.said == "120 of 150 recordings labelled by the model itself"


def test_what_may_be_seen_is_not_labelled_again() -> None:
    task = asked(source(), target(), 5)
    done = METHODS["self-training"].adapt(task)
    assert all((one["labels"][task.seen] == UNKNOWN).all() for one in done.epochs)


def test_a_class_that_no_source_has_is_never_said() -> None:
    """Though so many are not sure which of the two others they are."""
    of = source(apart=1.0)
    two = of.take(np.flatnonzero(of.labels != 1))
    done = adapt("self-training", two, target(count=150, apart=1.0), Budget(), settings())
    assert not any((one["labels"] == 1).any() for one in done.epochs)
    assert set(done.logits(target()).argmax(axis=1)) == {0, 2}


def test_of_few_recordings_one_of_each_class_that_is_said_is_labelled() -> None:
    few = target().take(np.arange(3))
    done = adapt("self-training", source(), few, Budget(), settings(by="source"))
    said = len(set(done.epochs[-1]["labels"].tolist()) - {-1})
    assert done.said == f"{said} of 3 recordings labelled by the model itself" and said
    assert right(done, target()) > 0.9
