"""Small made-up tasks whose answer is known: classes on axes, corpora that lie elsewhere."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ehsaas.training.adaptation import Adapted, Ground, Settings, Task, adapt, task
from ehsaas.training.adaptation.task import Budget, NetworkSettings, ProbeSettings
from ehsaas.training.batches import Examples
from tests.training.builders import examples

CLASSES, DIMS = 3, 8
TARGET = 9
"""Corpus index of the target."""


def corpus(
    count: int = 60,
    index: int = 0,
    *,
    shift: float = 0.0,
    aside: float = 0.0,
    voice: float = 0.0,
    turned: float = 0.0,
    apart: float = 4.0,
    speakers: int = 4,
    labels: np.ndarray | None = None,
    seed: int = 0,
) -> Examples:
    """One vector an utterance of 2 s: noise of deviation 1, `apart` more on the axis of its class.

    Args:
        count: utterances, of each class as many.
        index: of the corpus.
        shift: added on the axis of class 0, so that everything looks like it.
        aside: added on the last axis, which says nothing of the class.
        voice: the deviation of what each speaker adds to all its vectors.
        turned: by how much of a right angle class k is turned towards the axis of k + 1.
        apart: how far the classes lie from the origin.
        speakers: how many.
        labels: (count,) where there are not as many of each class.
        seed: of the noise.
    """
    rng = np.random.default_rng([seed, index])
    labels = np.arange(count) % CLASSES if labels is None else labels
    speaker = np.arange(count) // CLASSES % speakers
    X = rng.standard_normal((count, DIMS))
    angle = turned * np.pi / 2
    X[np.arange(count), labels] += apart * np.cos(angle)
    X[np.arange(count), (labels + 1) % CLASSES] += apart * np.sin(angle)
    X += voice * rng.standard_normal((speakers, DIMS))[speaker]
    X[:, 0] += shift
    X[:, -1] += aside
    return Examples(
        [x[None] for x in X.astype(np.float32)],
        labels.astype(np.int64),
        np.full(count, index, dtype=np.int64),
        tuple(f"u{i}" for i in range(count)),
        speaker=(100 * index + speaker).astype(np.int64),
        seconds=np.full(count, 2.0),
    )


def source(**how: Any) -> Examples:
    """Two corpora, which do not lie quite in the same place."""
    return corpus(index=0, **how).joined(corpus(index=1, shift=0.5, **how))


def target(**how: Any) -> Examples:
    return corpus(**{"index": TARGET, "seed": 1} | how)


def frames(count: int = 30, index: int = 0, offset: float = 0.0) -> Examples:
    """Utterances of 5 to 14 frames of 4 numbers."""
    made = examples(count, seed=index, corpus=index, offset=offset)
    return replace(made, speaker=100 * index + np.arange(count) // CLASSES % 4)


TINY = NetworkSettings(
    sizes={"hidden": 12, "width": 6, "dropout": 0.1}, epochs=4, least_steps=0, batch_size=16
)
OF_FRAMES = NetworkSettings(
    "attention-bilstm",
    {"hidden": 4, "layers": 1, "dense": 6, "dropout": 0.1},
    epochs=4,
    least_steps=0,
    batch_size=16,
    max_frames=10,
)
LONG = replace(TINY, epochs=40, rate=3e-3)
"""Long enough to learn what there is to be learned."""


def settings(network: NetworkSettings = TINY, **changes: Any) -> Settings:
    given: dict[str, Any] = {"network": network, "probe": ProbeSettings(C=0.1)}
    return Settings(CLASSES, **(given | changes))


def asked(
    of: Examples, to: Examples, labels: int = 0, *, given: Settings | None = None, seed: int = 0
) -> Task:
    """A task with so many labels a class."""
    how = given or settings()
    return Task(Ground(of, how), task.hidden(to, Budget(labels), seed), how)


def right(done: Adapted, heard: Examples, vote: str = "") -> float:
    """Share of the utterances that are told right."""
    return float((done.logits(heard, vote).argmax(axis=1) == heard.labels).mean())


def share_right(method: str, of: Examples, to: Examples, labels: int = 0, **changes: Any) -> float:
    """The same for a method with so many labels a class, on what it was adapted on."""
    return right(adapt(method, of, to, Budget(labels), settings(**changes)), to)


def weights(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach() for name, value in network.named_parameters()}
