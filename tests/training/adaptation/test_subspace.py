from dataclasses import replace

import numpy as np
import pytest

from ehsaas.training import alignment
from ehsaas.training.adaptation import METHODS, linear, subspace
from tests.training.adaptation.builders import asked, settings, share_right, source, target


@pytest.mark.parametrize("labels", (0, 5))
def test_it_is_a_probe_of_the_aligned_subspaces(
    labels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subspace, "DIMS", 4)
    how = settings()
    task = asked(source(), target(shift=3), labels, given=how)
    moved, onto = alignment.subspaces(task.ground.vectors, task.vectors, 4)
    both = np.concatenate([moved, onto[task.seen]]).astype(np.float32)
    plain = replace(how.probe, C=subspace.C, steps=subspace.STEPS, whiten=0.0)
    probe = linear.fit(both, task.given.labels, task.given.corpus, 3, plain)
    done = METHODS["subspace-alignment"].adapt(task)
    expected = probe.logits(onto.astype(np.float32))
    np.testing.assert_allclose(done.logits(target(shift=3)), expected, atol=1e-3)
    assert done.said == "subspaces of 4 axes aligned"


def test_each_set_is_seen_around_its_own_mean() -> None:
    to = target(shift=6)
    found = [
        share_right(m, source(), to, by="source") for m in ("source-only", "subspace-alignment")
    ]
    assert found[0] < 0.5 and found[1] > 0.9


def test_there_are_no_more_axes_than_recordings_allow() -> None:
    few = target().take(np.arange(4))
    done = METHODS["subspace-alignment"].adapt(asked(source(), few))
    assert done.said == "subspaces of 3 axes aligned"
