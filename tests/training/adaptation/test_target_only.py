from dataclasses import replace

import numpy as np

from ehsaas.training.adaptation import Budget, adapt
from tests.training.adaptation.builders import right, settings, share_right, source, target


def test_what_the_source_says_of_its_classes_is_not_heard() -> None:
    of = source()
    poison = replace(of, labels=np.random.default_rng(0).permutation(of.labels))
    one, other = (adapt("target-only", x, target(), Budget(5), settings()) for x in (of, poison))
    np.testing.assert_array_equal(one.logits(target()), other.logits(target()))
    assert one.said == "trained on 15 labels of the target alone"


def test_more_labels_tell_more_of_classes_that_lie_elsewhere() -> None:
    to = target(turned=0.6, apart=2.5)
    found = [share_right("target-only", source(), to, n) for n in (1, 20)]
    assert found[1] > max(found[0], share_right("source-only", source(), to)) + 0.1


def test_a_class_whose_label_is_not_seen_is_never_said() -> None:
    to = target()
    two = replace(to, labels=np.where(to.labels == 2, -1, to.labels))
    done = adapt("target-only", source(), two, Budget(5), settings())
    assert set(done.logits(to).argmax(axis=1)) == {0, 1}
    assert right(done, to.take(np.flatnonzero(to.labels < 2))) > 0.9
