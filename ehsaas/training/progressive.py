"""Progressive domain adaptation: a source model → one model a share of labelled target utterances.

Nested shares of the target's training utterances are given one after the other, and each stage
starts from the one before. Blocks are unfrozen from the output inwards, head → attention → LSTM,
one more a stage, at rates 1e-3, 3e-4 and 1e-4; every rate falls by the factor 0.8 a stage, and the
head's never below 1e-4. At least half of every batch replays the source, so that what was learned
there stays. All of this is ours (METHODS.md A): the Kashmiri study names the idea, not the numbers.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ehsaas.models.batch import Batch
from ehsaas.training import batches
from ehsaas.training.augment import FrameAugment
from ehsaas.training.batches import Examples, IntArray
from ehsaas.training.loop import History, LoopSettings, fit
from ehsaas.training.losses import balance, cross_entropy

RATES: Mapping[str, float] = {
    "head": 1e-3,
    "attention": 3e-4,
    "lstm": 1e-4,
    "embedding": 3e-4,
    "hidden": 1e-4,
}
"""Learning rate of each block in its first stage: of frames, then of vectors, from the output."""

FALL = 0.8
HEAD_FLOOR = 1e-4


@dataclass(frozen=True)
class StageResult:
    """One stage: the share of target data it had, and how its training went."""

    share: float
    history: History


def adapt(
    model: nn.Module,
    source: Examples,
    target: Examples,
    shares: Mapping[float, IntArray],
    settings: LoopSettings,
    seed: int,
    *,
    classes: int,
    replay: float = 0.5,
    gradual: bool = True,
    augment: FrameAugment | None = None,
    smoothing: float = 0.0,
    max_frames: int | None = None,
    folder: Path | None = None,
) -> Iterator[StageResult]:
    """Adapt `model` in place, yielding after each stage; judge it between two stages.

    Args:
        model: trained on the source; has `blocks()`, name → modules, output first.
        source: labelled source utterances, replayed.
        target: labelled utterances of the target's training part.
        shares: share → rows of `target`, nested, rising.
        settings: epochs, steps of a stage and batch size; `rate` counts only when not `gradual`.
        seed: of every random choice.
        classes: number of classes of the model.
        replay: share of each batch that comes from the source, at least 0.5.
        gradual: False unfreezes everything at once at the constant rate `settings.rate`.
        augment: changes training batches.
        smoothing: label smoothing.
        max_frames: utterances are cut to random stretches of this length.
        folder: where each stage keeps its state.

    Raises:
        ValueError: `replay` is below one half, or the shares are not nested.
    """
    if replay < 0.5:
        raise ValueError(f"replay is {replay}; at least half of each batch is source (0.5)")
    ordered = sorted(shares)
    for smaller, larger in zip(ordered, ordered[1:], strict=False):
        if not set(shares[smaller].tolist()) <= set(shares[larger].tolist()):
            raise ValueError(f"share {smaller} is not a part of share {larger}; shares are nested")
    if set(source.corpus.tolist()) & set(target.corpus.tolist()):
        raise ValueError("the target's corpus index is one of the source's; give it its own")
    corpora = int(max(source.corpus.max(), target.corpus.max())) + 1
    fresh = fresh_of(settings, replay)
    for stage, share in enumerate(ordered):
        part = target.take(shares[share])
        weights = balance(source, classes, corpora) + balance(part, classes, corpora)

        def epoch(
            shuffle: np.random.Generator, noise: torch.Generator, part: Examples = part
        ) -> Iterable[Batch]:
            for batch in _mixed(source, part, settings.batch_size, fresh, shuffle, max_frames):
                yield augment(batch, noise) if augment else batch

        groups = parameter_groups(model, stage) if gradual else None
        history = fit(
            model,
            cross_entropy(weights, smoothing),
            epoch,
            None,
            settings.for_batches(math.ceil(len(part) / fresh)),
            int(np.random.SeedSequence([seed, stage]).generate_state(1)[0]),
            groups=groups,
            folder=None if folder is None else folder / f"share_{share}",
        )
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        yield StageResult(share, history)


def parameter_groups(model: nn.Module, stage: int) -> list[dict[str, object]]:
    """Freeze what stage `stage` (from 0) does not train; → optimiser groups with their rates."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    groups: list[dict[str, object]] = []
    blocks: Mapping[str, tuple[nn.Module, ...]] = model.blocks()  # type: ignore[operator]
    for depth, (name, modules) in enumerate(blocks.items()):
        if depth > stage:
            break
        parameters = [p for module in modules for p in module.parameters()]
        for parameter in parameters:
            parameter.requires_grad_(True)
        rate = RATES[name] * FALL**stage
        rate = max(rate, HEAD_FLOOR) if name == "head" else rate
        groups.append({"params": parameters, "lr": rate})
    return groups


def fresh_of(settings: LoopSettings, replay: float) -> int:
    """How many utterances of a batch come from the target."""
    return max(1, int(settings.batch_size * (1 - replay)))


def _mixed(
    source: Examples,
    part: Examples,
    size: int,
    fresh: int,
    generator: np.random.Generator,
    max_frames: int | None,
) -> Iterator[Batch]:
    """Batches with `fresh` target items, each once an epoch; the rest is drawn from the source."""
    both = source.joined(part)
    order = generator.permutation(len(part))
    for start in range(0, len(order), fresh):
        own = order[start : start + fresh]
        drawn = generator.choice(len(source), size=size - fresh, replace=len(source) < size)
        rows = np.concatenate([drawn, own + len(source)])
        yield batches.collate(both, rows, max_frames, generator)
