from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.batch import Batch
from ehsaas.training import batches, loop
from ehsaas.training.augment import FrameAugment
from ehsaas.training.loop import History, LoopSettings
from ehsaas.training.losses import balance, cross_entropy
from ehsaas.training.supervised import train
from tests.training.builders import examples

SETTINGS = LoopSettings(epochs=6, rate=1e-2, patience=20, batch_size=16)


def network(seed: int = 0) -> AttentionBiLSTM:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AttentionBiLSTM(4, 3, hidden=6, layers=1, dense=8)


def fitted(
    folder: Path | None = None, epochs: int = 6, seed: int = 0
) -> tuple[History, np.ndarray]:
    model = network()
    history = train(
        model,
        examples(),
        examples(30, seed=9),
        LoopSettings(epochs=epochs, rate=1e-2, patience=20, batch_size=16),
        seed,
        classes=3,
        augment=FrameAugment(noise=0.2),
        folder=folder,
    )
    return history, loop.predict(model, examples(30, seed=9))


def test_it_learns_and_keeps_the_best_epoch() -> None:
    history, logits = fitted(epochs=25)
    assert history.best_uar > 0.9
    scores = [e.validation_uar for e in history.epochs]
    assert scores[history.best_epoch] == max(s for s in scores if s is not None)
    right = (logits.argmax(axis=1) == examples(30, seed=9).labels).mean()
    assert right == pytest.approx(history.best_uar)


def test_same_seed_same_predictions_other_seed_others() -> None:
    assert np.array_equal(fitted()[1], fitted()[1])
    assert not np.array_equal(fitted()[1], fitted(seed=1)[1])


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    fitted(epochs=1)
    assert torch.equal(before, torch.get_rng_state())


def test_a_fit_that_was_stopped_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Stopped from inside after the third epoch's checkpoint, then started again."""
    whole, expected = fitted(tmp_path / "whole")

    class StoppedError(RuntimeError):
        """Stands for whatever ends a process."""

    def run(stop_at: int | None) -> tuple[History, np.ndarray]:
        model, data = network(), examples()
        seen = 0

        def epoch(shuffle: np.random.Generator, noise: torch.Generator) -> Iterable[Batch]:
            nonlocal seen
            if seen == stop_at:
                raise StoppedError
            seen += 1
            for batch in batches.shuffled(data, 16, shuffle):
                yield FrameAugment(noise=0.2)(batch, noise)

        loss = cross_entropy(balance(data, 3, 1), 0.0)
        check = examples(30, seed=9)
        history = loop.fit(model, loss, epoch, check, SETTINGS, 0, folder=tmp_path / "stopped")
        return history, loop.predict(model, check)

    with pytest.raises(StoppedError):
        run(stop_at=3)
    again, found = run(stop_at=None)
    assert again == whole
    assert np.array_equal(found, expected)


def test_patience_stops_early() -> None:
    model = network()
    settings = LoopSettings(epochs=50, rate=1e-9, patience=3)
    history = train(model, examples(), examples(30, seed=9), settings, 0, classes=3)
    assert len(history.epochs) < 10


def test_cosine_ends_at_a_fiftieth() -> None:
    settings = LoopSettings(epochs=10, schedule="cosine")
    scales = [loop._scale(settings, e, 3) for e in range(10)]
    assert scales[0] == 1.0 and scales == sorted(scales, reverse=True)
    assert 0.02 < scales[-1] < 0.06
    assert loop._scale(LoopSettings(), 7, 0) == 1.0


def test_linear_rises_for_a_tenth_and_falls_to_nothing() -> None:
    settings = LoopSettings(epochs=4, schedule="linear").for_batches(25)
    scales = [loop._scale(settings, e, b) for e in range(4) for b in range(25)]
    top = int(np.argmax(scales))
    assert top in (9, 10) and scales[top] > 0.98
    assert scales[:top] == sorted(scales[:top]) and scales[0] == pytest.approx(0.1, abs=0.01)
    assert scales[top:] == sorted(scales[top:], reverse=True) and 0 < scales[-1] < 0.02


def test_with_keep_last_validation_decides_nothing() -> None:
    settings = replace(SETTINGS, keep="last", patience=1)
    watched, blind = network(), network()
    history = train(watched, examples(), examples(30, seed=9), settings, 0, classes=3)
    train(blind, examples(), None, settings, 0, classes=3)
    for one, other in zip(watched.parameters(), blind.parameters(), strict=True):
        assert torch.equal(one, other)
    assert history.best_epoch == 5 and len(history.epochs) == 6
    last = history.epochs[-1]
    logits = torch.from_numpy(loop.predict(watched, examples(30, seed=9)))
    labels = torch.from_numpy(examples(30, seed=9).labels)
    expected = torch.nn.functional.cross_entropy(logits, labels)
    assert last.validation_loss == pytest.approx(float(expected), rel=1e-5)
    right = (logits.argmax(dim=1) == labels).float().mean()
    assert last.validation_accuracy == pytest.approx(float(right))
