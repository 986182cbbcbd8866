from dataclasses import replace

import numpy as np
import pytest

from ehsaas.training.adaptation import Budget, adapt
from tests.training.adaptation.builders import LONG, right, settings, share_right, source, target


def test_it_learns_the_source() -> None:
    done = adapt("source-network", source(), target(), Budget(), settings(LONG))
    assert right(done, source()) > 0.95
    assert right(done, target()) > 0.9
    assert done.said == "a network trained on the source alone"


def test_a_target_that_lies_elsewhere_is_lost_by_the_statistics_of_the_source() -> None:
    to = target(shift=6)
    found = {by: share_right("source-network", source(), to, by=by) for by in ("source", "corpus")}
    assert found["source"] < 0.6 < found["corpus"]


@pytest.mark.parametrize("labels", (0, 5))
def test_nothing_of_the_target_moves_its_weights(labels: int) -> None:
    one = adapt("source-network", source(), target(), Budget(), settings(by="source"))
    far = replace(target(shift=9), labels=np.zeros(60, dtype=np.int64))
    other = adapt("source-network", source(), far, Budget(labels), settings(by="source"))
    np.testing.assert_array_equal(one.logits(target()), other.logits(target()))
