"""Small made-up training sets whose answer is known."""

from typing import Any

import numpy as np
import torch

from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import batches, probe
from ehsaas.training.batches import Examples
from ehsaas.training.loop import History
from ehsaas.training.vectors import Candidate

COLUMNS, CLASSES = 6, 3
"""Of `vectors`."""


def examples(
    n: int = 60, seed: int = 0, classes: int = 3, corpus: int = 0, offset: float = 0.0
) -> Examples:
    """Utterances of 5 to 14 frames; the class shifts one dimension by 1, noise is 0.3."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    features = []
    for label in labels:
        x = 0.3 * rng.standard_normal((int(rng.integers(5, 15)), classes + 1)) + offset
        x[:, label] += 1.0
        features.append(x.astype(np.float32))
    ids = tuple(f"{corpus}-{i}" for i in range(n))
    return Examples(features, labels.astype(np.int64), np.full(n, corpus, dtype=np.int64), ids)


def vectors(
    count: int = 60, *, dims: int = COLUMNS, seed: int = 0, speakers: int = 5, languages: int = 1
) -> Examples:
    """Of one frame; column 0 and 1 tell the class; all others are noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    X = rng.standard_normal((count, dims)).astype(np.float32)
    X[:, 0] += 2.0 * (labels == 1)
    X[:, 1] += 2.0 * (labels == 2)
    return Examples(
        [x[None] for x in X],
        labels,
        np.zeros(count, dtype=np.int64),
        tuple(f"u{i}" for i in range(count)),
        language=np.arange(count) // CLASSES % languages,
        speaker=np.arange(count) // CLASSES % speakers,
    )


def seeing(*columns: int, name: str = "", C: float = 0.1, **more: Any) -> Candidate:
    return Candidate(name, columns, C, **more)


def logits(network: LinearProbe, given: Examples) -> torch.Tensor:
    network.eval()
    with torch.no_grad():
        result: torch.Tensor = network(batches.collate(given, np.arange(len(given)))).logits
    return result


def fitted(
    given: Examples, *candidates: Candidate, dims: int = COLUMNS, classes: int = CLASSES
) -> tuple[LinearProbe, History]:
    """A probe whose blocks are the single columns."""
    network = LinearProbe(dims, classes)
    blocks = [np.array([i]) for i in range(dims)]
    history = probe.train(network, given, blocks, candidates, classes=classes)
    return network, history


def everything(dims: int = COLUMNS, C: float = 0.1) -> Candidate:
    return seeing(*range(dims), C=C)
