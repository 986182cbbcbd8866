from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.perceptron import Perceptron
from ehsaas.training import loop
from ehsaas.training.batches import Examples
from ehsaas.training.loop import LoopSettings
from ehsaas.training.progressive import _mixed, adapt, parameter_groups
from ehsaas.training.supervised import train
from tests.training.builders import examples

SHARES: Mapping[float, np.ndarray] = {0.2: np.arange(6), 0.5: np.arange(15), 1.0: np.arange(30)}
SETTINGS = LoopSettings(epochs=3, rate=3e-4, batch_size=8)


def target() -> Examples:
    """The source's classes in another order: what was learned there misleads."""
    data = examples(30, seed=4, corpus=1)
    return Examples(data.features, (data.labels + 1) % 3, data.corpus, data.ids)


def source_model() -> AttentionBiLSTM:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AttentionBiLSTM(4, 3, hidden=6, layers=1, dense=8)
    train(model, examples(), None, LoopSettings(epochs=8, rate=1e-2), 0, classes=3)
    return model


def test_blocks_unfreeze_from_the_output_at_falling_rates() -> None:
    model = AttentionBiLSTM(4, 3, hidden=6)
    rates = [[g["lr"] for g in parameter_groups(model, stage)] for stage in range(4)]
    assert rates[0] == [1e-3]
    assert rates[1] == pytest.approx([8e-4, 2.4e-4])
    assert rates[2] == pytest.approx([6.4e-4, 1.92e-4, 0.64e-4])
    assert len(rates[3]) == 3


def test_a_network_of_vectors_unfreezes_at_the_same_rates() -> None:
    network = Perceptron(4, 3)
    assert [g["lr"] for g in parameter_groups(network, 0)] == [1e-3]
    rates = [g["lr"] for g in parameter_groups(network, 2)]
    assert rates == pytest.approx([6.4e-4, 1.92e-4, 0.64e-4])
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    assert trained == {name for name, _ in network.named_parameters()} - {"scale"}


def test_the_head_s_rate_never_falls_below_its_floor() -> None:
    groups = parameter_groups(AttentionBiLSTM(4, 3, hidden=6), 30)
    assert groups[0]["lr"] == 1e-4


def test_a_frozen_block_keeps_its_weights() -> None:
    model = source_model()
    before = [p.detach().clone() for p in model.lstm.parameters()]
    head = model.head.weight.detach().clone()
    stages = adapt(model, examples(), target(), SHARES, SETTINGS, 0, classes=3)
    next(stages)
    assert all(torch.equal(a, b) for a, b in zip(before, model.lstm.parameters(), strict=True))
    assert not torch.equal(head, model.head.weight)


def test_adaptation_learns_the_target() -> None:
    model = source_model()
    start = loop.validate(model, target())
    settings = LoopSettings(epochs=40, rate=1e-2, batch_size=8)
    for stage in adapt(
        model, target_free_source(), target(), SHARES, settings, 0, classes=3, gradual=False
    ):
        assert len(stage.history.epochs) == 40
    assert loop.validate(model, target()) > start + 0.3


def target_free_source() -> Examples:
    return examples(12, seed=8)


def test_half_of_every_batch_is_replayed_and_each_target_item_comes_once() -> None:
    seen: list[str] = []
    for batch in _mixed(examples(), target(), 8, 4, np.random.default_rng(0), None):
        own = [name for name in batch.ids if name.startswith("1-")]
        assert len(batch.ids) - len(own) == 4 and len(own) <= 4
        seen += own
    assert sorted(seen) == sorted(target().ids)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"replay": 0.3}, "at least half"),
        ({"shares": {0.2: np.array([29]), 0.5: np.arange(5)}}, "nested"),
        ({"source": target()}, "corpus index"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], said: str) -> None:
    given: dict[str, object] = {"source": examples(), "shares": SHARES, "replay": 0.5}
    given |= change
    with pytest.raises(ValueError, match=said):
        next(
            adapt(
                source_model(),
                given["source"],  # type: ignore[arg-type]
                target(),
                given["shares"],  # type: ignore[arg-type]
                SETTINGS,
                0,
                classes=3,
                replay=given["replay"],  # type: ignore[arg-type]
            )
        )


def test_stages_keep_their_state_in_folders(tmp_path: Path) -> None:
    list(
        adapt(source_model(), examples(), target(), SHARES, SETTINGS, 0, classes=3, folder=tmp_path)
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["share_0.2", "share_0.5", "share_1.0"]


def test_a_stage_starts_from_the_one_before() -> None:
    """What was done to the weights after the first stage is still there after the second."""
    model = source_model()
    stages = adapt(model, examples(), target(), SHARES, SETTINGS, 0, classes=3)
    next(stages)
    with torch.no_grad():
        model.head.bias.add_(7)
    after = {k: v.clone() for k, v in model.state_dict().items()}
    next(stages)
    moved = {k: float((v - after[k]).abs().max()) for k, v in model.state_dict().items()}
    changed = [k for k, by in moved.items() if by]
    assert changed and all(k.startswith(("head", "dense", "attention")) for k in changed)
    assert max(moved.values()) < 0.05


def test_least_steps_make_small_shares_train_as_long() -> None:
    settings = LoopSettings(epochs=1, rate=3e-4, batch_size=8, least_steps=10)
    stages = adapt(source_model(), examples(), target(), SHARES, settings, 0, classes=3)
    epochs = [len(stage.history.epochs) for stage in stages]
    assert epochs == [5, 3, 2]  # 6, 15 and 30 items, four a batch: 2, 4 and 8 batches an epoch
