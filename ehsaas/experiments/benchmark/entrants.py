"""Whatever maps a waveform to probabilities of emotions → `Entrant`, which the benchmark asks."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.emotions import NO_SPEECH
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.judging import Judge

Hear = Callable[[Clip, Statistics | None], NDArray[np.floating] | None]
"""A clip, and whose statistics to judge it by (None: the model's own) → probabilities (C,) of the
entrant's classes, which sum to 1, or None where it hears no speech."""

RECIPES = (".yaml", ".yml")
"""Endings of files that are recipes and no models."""


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A model that is entered.

    `kind` says in words what it is; `system` is what prediction tables call it. `digest` tells it
    from every other model. `facts` say what it was trained on, as those of a recogniser do:
    `corpora`, `languages`, `digests`; empty where it says nothing. `judge` takes statistics of a
    corpus or a speaker; None where the model takes none. `settled` is whether the digest tells all
    that the answers come from, so that those of an earlier run are still the model's.
    """

    name: str
    kind: str
    system: str
    digest: str
    classes: tuple[str, ...]
    hear: Hear
    facts: Mapping[str, Any] = field(default_factory=dict)
    judge: Judge | None = None
    settled: bool = True


def enter(
    model: str,
    load: Callable[[Path], Judge],
    labels: str | None = None,
    clips: Callable[[], Iterable[Clip]] = tuple,
) -> Entrant:
    """The entrant that `model` names.

    Args:
        model: a recogniser's folder, an ONNX file, the folder of a transformers checkpoint, or
            `package.module:name` of a Python callable.
        load: reads our own recognisers and files (`ehsaas.load`).
        labels: the emotion of each output, joined with commas, where the model does not say them.
        clips: recordings that a callable is asked about until it hears speech in one, if need be.

    Raises:
        BenchmarkError: it is none of those, or cannot be used; the message says what to do.
        ImportError: a package is missing; the message names the extra.
    """
    from ehsaas.experiments.benchmark import checkpoint, function, graph

    path = Path(model)
    if path.is_file() and path.suffix == ".onnx" and not graph.is_ours(path):
        return graph.entrant(path, labels)
    if (path / "config.json").is_file() and not (path / "recogniser.json").is_file():
        return checkpoint.entrant(path, labels)
    if function.is_named(model) and not path.exists():
        return function.entrant(model, labels, clips)
    if not path.exists() or path.suffix in RECIPES:
        raise BenchmarkError(
            f"{model}: no such model; expected a recogniser's folder, an ONNX file, the folder of a"
            " transformers checkpoint, package.module:name of a Python callable, or a recipe"
            " CONFIG.yaml"
        )
    if labels is not None:
        raise BenchmarkError(f"{model}: says itself what its outputs are; leave --labels out")
    found = of_judge(load(path), digest_of(path))
    return replace(found, name=path.stem) if path.is_file() else found


def of_judge(judge: Judge, digest: str) -> Entrant:
    """One of our own recognisers as an entrant."""

    def hear(clip: Clip, statistics: Statistics | None) -> NDArray[np.floating] | None:
        said = judge(clip, statistics)
        if said.emotion == NO_SPEECH:
            return None
        return np.array([said.probabilities[name] for name in judge.classes])

    return Entrant(
        name=judge.name,
        kind="ehsaas recogniser",
        system=judge.name,
        digest=digest,
        classes=judge.classes,
        hear=hear,
        facts=judge.facts,
        judge=judge if judge.standardises else None,
    )


def digest_of(path: Path, *more: str) -> str:
    """Sha256 of a file, or of the JSON and safetensors files of a folder, and of some text."""
    files = [path]
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.suffix in (".json", ".safetensors"))
    found = hashlib.sha256()
    for file in files:
        found.update(f"{file.name if path.is_dir() else ''}\0".encode())
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                found.update(block)
    for text in more:
        found.update(f"\0{text}".encode())
    return found.hexdigest()
