"""Networks of the source, trained on with the few labels that there are."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ehsaas.training.adaptation import METHODS, Budget, adapt, few_shot, linear, neural
from tests.training.adaptation.builders import (
    LONG,
    OF_FRAMES,
    TARGET,
    asked,
    frames,
    right,
    settings,
    source,
    target,
)


@pytest.mark.parametrize("method", ("fine-tuning", "linear-probe", "progressive"))
def test_they_beat_the_source_where_the_classes_are_turned(method: str) -> None:
    of, to, new = source(apart=6), *(target(turned=0.6, apart=6, seed=seed) for seed in (1, 6))
    plain = adapt("source-network", of, to, Budget(), settings(LONG))
    done = adapt(method, of, to, Budget(10), settings(LONG))
    assert right(done, new) > right(plain, new) + 0.2


@pytest.mark.parametrize("heard", ("vectors", "frames"))
def test_a_probe_changes_the_last_layer_alone(heard: str) -> None:
    of, to, given = source(), target(turned=0.6), settings()
    if heard == "frames":
        of, to, given = frames(), frames(index=TARGET), settings(OF_FRAMES)
    plain = adapt("source-network", of, to, Budget(), given).network.state_dict()
    probed = adapt("linear-probe", of, to, Budget(5), given)
    changed = {k for k, v in probed.network.state_dict().items() if not torch.equal(v, plain[k])}
    assert changed == {"head.weight", "head.bias"}
    assert probed.said == "a network of the source, its last layer fitted to 15 labels"


def test_a_probe_is_fitted_to_what_its_layer_gets() -> None:
    """The embedding times the scale, which is about 10."""
    task = asked(source(), target(turned=0.6), 5)
    done = METHODS["linear-probe"].adapt(task)
    scale = float(done.network.get_parameter("scale.value").detach())
    X = (scale * neural.embeddings(done.network, task.target)).numpy()
    labels = task.raw.labels[task.seen]
    probe = linear.fit(X[task.seen], labels, np.zeros_like(labels), 3, few_shot.ALONE)
    found = done.logits(target(turned=0.6))
    np.testing.assert_allclose(found, probe.logits(X), atol=1e-2)


def test_fine_tuning_changes_every_layer() -> None:
    given = settings()
    plain = adapt("source-network", source(), target(), Budget(), given).network
    tuned = adapt("fine-tuning", source(), target(), Budget(5), given).network
    same = [
        name
        for (name, one), other in zip(plain.named_parameters(), tuned.parameters(), strict=True)
        if torch.equal(one, other)
    ]
    assert same == []


@pytest.mark.parametrize("method", ("fine-tuning", "linear-probe"))
def test_all_start_from_one_network_of_the_source(method: str) -> None:
    """Labels that are to be seen do not train it, and it is as it was for who comes next."""
    task = asked(source(), target(), 5)
    METHODS["source-network"].adapt(task)
    (kept,) = task.ground.networks.values()
    before = {name: value.clone() for name, value in kept.state_dict().items()}
    METHODS[method].adapt(task)
    assert list(task.ground.networks.values()) == [kept]
    assert all(torch.equal(before[name], value) for name, value in kept.state_dict().items())


def test_recordings_whose_label_is_not_seen_are_not_heard() -> None:
    """But for their corpus's statistics: by the source's they change nothing."""
    to = target()
    given = settings(by="source")
    task = asked(source(), to, 5, given=given)
    far = [x if i in task.seen else x + 50 for i, x in enumerate(to.features)]
    for method in ("fine-tuning", "linear-probe", "progressive"):
        one, other = (
            adapt(method, source(), replace(to, features=x), Budget(5), given)
            for x in (to.features, far)
        )
        np.testing.assert_array_equal(one.logits(to), other.logits(to))
