import numpy as np

from ehsaas.training import alignment
from ehsaas.training.adaptation import METHODS, linear
from tests.training.adaptation.builders import (
    DIMS,
    asked,
    right,
    settings,
    share_right,
    source,
    target,
)


def test_it_beats_source_only_where_the_target_lies_elsewhere() -> None:
    """`test_alignment.py` shows that without a ridge the covariances are equal to 1e-4."""
    to = target(count=120, shift=6)
    plain, moved = (share_right(m, source(), to, by="source") for m in ("source-only", "coral"))
    assert plain < 0.5
    assert moved > 0.9


def test_what_may_be_seen_of_the_target_joins_the_moved_source_as_it_is() -> None:
    """The same as by hand, the ridge being the mean variance of the source."""
    how = settings(by="source")
    task = asked(source(), target(shift=2), 5, given=how)
    X, T = task.ground.vectors, task.vectors
    moved = alignment.coral(X, T, X.var(axis=0).mean())
    np.testing.assert_allclose(moved.mean(axis=0), T.mean(axis=0), atol=1e-6)
    both = np.concatenate([moved, T[task.seen]]).astype(np.float32)
    probe = linear.fit(both, task.given.labels, task.given.corpus, 3, how.probe)
    done = METHODS["coral"].adapt(task)
    np.testing.assert_allclose(done.logits(target(shift=2)), probe.logits(T), atol=1e-3)
    assert right(done, target(shift=2)) > 0.9


def test_a_target_of_fewer_recordings_than_axes_will_do() -> None:
    few = target().take(np.arange(DIMS - 3))
    assert np.isfinite(METHODS["coral"].adapt(asked(source(), few)).logits(few)).all()
