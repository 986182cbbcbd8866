"""The one training loop: a model, a loss and a stream of batches → the model at its best epoch."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from ehsaas.evaluation.metrics import uar
from ehsaas.models.batch import Batch, Output
from ehsaas.training import batches, checkpoint
from ehsaas.training.batches import Examples, IntArray

Loss = Callable[[Output, Batch], Tensor]

_JUDGED_AT_ONCE = 64

WARM_UP = 0.1
"""Share of all batches over which a "linear" rate rises."""


@dataclass(frozen=True)
class LoopSettings:
    """How long and how fast to train.

    There are `epochs` of them, but at least `least_steps` and at most `most_steps` batches in all.
    `rate` is the learning rate where a parameter group gives none; `decay` the weight decay;
    `patience` the epochs without a better validation UAR before stopping; `schedule` "constant" or
    "cosine" (from the rate to a fiftieth of it over `epochs`) or "linear" (batch by batch: up to
    the rate in the first tenth, then down to 0); `clip` the largest gradient norm;
    `keep` the epoch that the model is left at: "best" by validation UAR, or "last", and then what
    is given for validation is looked at for curves and decides nothing.
    """

    epochs: int = 40
    rate: float = 1e-3
    decay: float = 0.0
    patience: int = 8
    schedule: str = "constant"
    clip: float = 1.0
    batch_size: int = 32
    least_steps: int = 0
    most_steps: int | None = None
    keep: str = "best"
    batches: int = 1

    def for_batches(self, batches: int) -> "LoopSettings":
        """These settings where an epoch has `batches`, with the epochs that the steps allow."""
        epochs = max(self.epochs, math.ceil(self.least_steps / batches))
        if self.most_steps is not None:
            epochs = min(epochs, math.ceil(self.most_steps / batches))
        return replace(self, epochs=epochs, batches=batches)


@dataclass
class Epoch:
    """What one epoch came to; the figures of validation are None without one.

    `loss` and `accuracy` are means over training batches as they were met, changed by
    augmentation and dropout; `validation_loss` is the plain cross-entropy.
    """

    epoch: int
    loss: float
    validation_uar: float | None
    accuracy: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass
class History:
    """The epochs of a fit and which one was kept.

    `chosen` says what was chosen otherwise than by epoch, and on what.
    """

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    best_uar: float = -1.0
    chosen: str = ""


def fit(
    model: nn.Module,
    loss: Loss,
    epoch_batches: Callable[[np.random.Generator, torch.Generator], Iterable[Batch]],
    validation: Examples | None,
    settings: LoopSettings,
    seed: int,
    groups: list[dict[str, object]] | None = None,
    folder: Path | None = None,
    begin: Callable[[int, int], None] | None = None,
    clipped: Sequence[nn.Module] | None = None,
) -> History:
    """Train `model` in place and leave it at the epoch that `settings.keep` names.

    Args:
        model: takes a `Batch`, gives an `Output`.
        loss: (output, batch) → scalar.
        epoch_batches: gives the batches of one epoch from the two generators.
        validation: judged after each epoch; without it the last epoch is kept.
        settings: epochs, rates, patience.
        seed: of shuffling, augmentation and dropout.
        groups: optimiser parameter groups; all trainable parameters at `settings.rate` by default.
        folder: where the state is kept after each epoch; a fit that was stopped goes on from it.
        begin: called with the number of the epoch (from 0) and of all epochs before each.
        clipped: parts of the model whose gradients are clipped each on its own; the model as one
            by default.
    """
    judged = None if validation is None else [*batches.in_order(validation, _JUDGED_AT_ONCE)]
    optimiser = AdamW(
        groups or [{"params": [p for p in model.parameters() if p.requires_grad]}],
        lr=settings.rate,
        weight_decay=settings.decay,
        foreach=True,
    )
    rates = [float(group["lr"]) for group in optimiser.param_groups]
    numpy_random = np.random.default_rng(seed)
    torch_random = torch.Generator().manual_seed(seed)
    history, best = History(), _weights(model)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if folder is not None and (found := checkpoint.load(folder, model, optimiser)):
            best, random, facts = found
            torch.set_rng_state(random["dropout"])
            torch_random.set_state(random["augment"])
            numpy_random.bit_generator.state = facts["shuffle"]
            history = History(
                [Epoch(**e) for e in facts["epochs"]], facts["best_epoch"], facts["best_uar"]
            )
        for epoch in range(len(history.epochs), settings.epochs):
            patient = epoch - history.best_epoch <= settings.patience
            if validation is not None and settings.keep == "best" and not patient:
                break
            if begin is not None:
                begin(epoch, settings.epochs)

            def pace(step: int, epoch: int = epoch) -> None:
                for group, rate in zip(optimiser.param_groups, rates, strict=True):
                    group["lr"] = rate * _scale(settings, epoch, step)

            mean, right = _one_epoch(
                model,
                loss,
                epoch_batches(numpy_random, torch_random),
                optimiser,
                settings.clip,
                clipped or (model,),
                pace,
            )
            score = None
            seen: tuple[float, ...] = ()
            if validation is not None and judged is not None:
                logits = _logits(model, judged, len(validation))
                score, seen = _uar(logits, validation.labels), _fit_of(logits, validation.labels)
            history.epochs.append(Epoch(epoch, mean, score, right, *seen))
            if score is None or settings.keep == "last" or score > history.best_uar:
                history.best_epoch, history.best_uar = epoch, -1.0 if score is None else score
                best = _weights(model)
            if folder is not None:
                random = {"dropout": torch.get_rng_state(), "augment": torch_random.get_state()}
                facts = {**asdict(history), "shuffle": numpy_random.bit_generator.state}
                checkpoint.save(folder, model, best, optimiser, random, facts)
    model.load_state_dict(best)
    return history


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _scale(settings: LoopSettings, epoch: int, step: int) -> float:
    """The share of the rate in one batch of an epoch, both counted from 0."""
    if settings.schedule == "constant":
        return 1.0
    if settings.schedule == "linear":
        steps = settings.epochs * settings.batches
        done = (epoch * settings.batches + step + 1) / (steps + 1)
        return min(done / WARM_UP, (1 - done) / (1 - WARM_UP))
    return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * epoch / settings.epochs)))


def _one_epoch(
    model: nn.Module,
    loss: Loss,
    epoch: Iterable[Batch],
    optimiser: AdamW,
    clip: float,
    clipped: Sequence[nn.Module],
    pace: Callable[[int], None],
) -> tuple[float, float]:
    """Mean loss of the batches, and share of utterances that were told right."""
    model.train()
    device = next(model.parameters()).device
    losses: list[float] = []
    right = seen = 0
    for step, batch in enumerate(epoch):
        pace(step)
        moved = batches.to(batch, device)
        optimiser.zero_grad()
        output = model(moved)
        value = loss(output, moved)
        value.backward()  # type: ignore[no-untyped-call]
        for part in clipped:
            nn.utils.clip_grad_norm_(part.parameters(), clip)
        optimiser.step()
        losses.append(float(value.detach()))
        if moved.labels is not None:
            right += int((output.logits.argmax(dim=1) == moved.labels).sum())
            seen += len(moved.labels)
    return float(np.mean(losses)), right / max(1, seen)


def predict(model: nn.Module, examples: Examples) -> np.ndarray:
    """Logits (N, C) float32 of every utterance, in the order of `examples`."""
    return _logits(model, batches.in_order(examples, _JUDGED_AT_ONCE), len(examples))


def validate(model: nn.Module, examples: Examples) -> float:
    """UAR of `model` on `examples`, over the classes that occur there."""
    return _uar(predict(model, examples), examples.labels)


@torch.no_grad()
def _logits(model: nn.Module, ordered: Iterable[tuple[IntArray, Batch]], n: int) -> np.ndarray:
    """Logits (n, C) float32 of the utterances of (rows, batch) pairs."""
    model.eval()
    device = next(model.parameters()).device
    logits: np.ndarray | None = None
    for rows, batch in ordered:
        values = model(batches.to(batch, device)).logits.cpu().numpy()
        if logits is None:
            logits = np.zeros((n, values.shape[1]), dtype=np.float32)
        logits[rows] = values
    assert logits is not None, "at least one utterance is judged"
    return logits


def _fit_of(logits: np.ndarray, labels: IntArray) -> tuple[float, float]:
    """Mean cross-entropy and accuracy of logits (N, C)."""
    own = logits[np.arange(len(labels)), labels]
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return float((total - own).mean()), float((logits.argmax(axis=1) == labels).mean())


def _uar(logits: np.ndarray, labels: IntArray) -> float:
    return uar(labels, logits.argmax(axis=1), np.unique(labels))
