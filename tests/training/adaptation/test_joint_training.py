import numpy as np

from ehsaas.training.adaptation import METHODS, linear
from tests.training.adaptation.builders import asked, settings, share_right, source, target


def test_labels_of_the_target_undo_what_its_statistics_cannot() -> None:
    of, to = source(apart=6), target(turned=0.6, apart=6)
    plain, joint = (share_right(m, of, to, 10) for m in ("source-only", "joint-training"))
    assert joint > plain + 0.3


def test_it_is_a_probe_of_everything_that_is_labelled() -> None:
    how = settings()
    task = asked(source(), target(turned=0.6), 5, given=how)
    X = np.concatenate([task.ground.vectors, task.vectors[task.seen]])
    labels = np.concatenate([source().labels, target().labels[task.seen]])
    corpus = np.concatenate([source().corpus, np.full(15, 9)])
    probe = linear.fit(X, labels, corpus, 3, how.probe)
    done = METHODS["joint-training"].adapt(task)
    expected = probe.logits(task.vectors)
    np.testing.assert_allclose(done.logits(target(turned=0.6)), expected, atol=1e-4)
    assert done.said == "15 labels join the source"
