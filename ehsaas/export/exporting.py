"""A recogniser → one file from waveform to emotion, once it is seen to give the same answers."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ehsaas.audio import RATE, Clip
from ehsaas.export import int8, onnx_file
from ehsaas.export.equality import TOLERANCE, Equality, compare
from ehsaas.export.mistakes import ExportError
from ehsaas.export.narrow import narrowed
from ehsaas.export.program import buffers_of, program_of, save_program, see_program
from ehsaas.export.prune import pruned
from ehsaas.export.sounds import voices
from ehsaas.features import FeatureConfig
from ehsaas.judging import LONGEST
from ehsaas.recogniser import Recogniser, load
from ehsaas.serving import runtime

Precision = Literal["float32", "int8", "int8-static"]

KINDS = (
    *("attention-bilstm", "simple-rnn", "claf-ser", "nnpm"),
    *("linear-probe", "perceptron", "memory", "finetuned-speech"),
)
"""Networks that can be exported: those that hear, and hear nothing but sound."""


@dataclass(frozen=True)
class Exported:
    """The file, its size in bytes, and how its graph in float32 compares with the recogniser.

    `change` is the largest difference that 8 bits make to a probability, None in float32.
    """

    path: Path
    size: int
    equality: Equality
    change: float | None = None


def export(
    recogniser: Recogniser,
    path: Path,
    clips: Sequence[Clip] | None = None,
    licence: str | None = None,
    program: Path | None = None,
    precision: Precision = "float32",
    prune: float = 0.0,
    tell: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Write `recogniser` as a model file, and see that the file gives its answers.

    Args:
        recogniser: of one of `KINDS`.
        path: where to; nothing is left there when the answers differ.
        clips: to compare on, of each the first `LONGEST` s; sounds made here where None.
        licence: of the weights, to be said on the file.
        prune: the share of units that is left out first (`export.prune`), by what `clips` say.
        program: where a `torch.export` program is to be written, too.
        precision: `float32`, `int8` (activations scaled as they come), or `int8-static`, which
            takes their scales from `clips`.
        tell: called with each step.

    Raises:
        ExportError: it cannot be exported, or the answers differ by more than 1e-4.
    """
    see_kind(recogniser)
    int8.see_clips(precision, clips)
    clips = None if clips is None else [_in_one_piece(clip) for clip in clips]
    small = narrowed(recogniser)
    if prune:
        small = pruned(small, prune, clips or ())
    tell("tracing")
    traced, module = program_of(small)
    if program is not None:
        see_program(traced, module, small)
        save_program(traced, program)
    tell("translating")
    model = onnx_file.graph_of(traced, module.names, small.statistics)
    card = onnx_file.card_for(small, licence, "float32", module.at_once)
    tell("comparing")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        onnx_file.write(model, card, whole)
        equality = see_equality(small, whole, clips)
    if precision != "float32":
        tell("quantising")
        model = int8.quantised(model, precision, buffers_of(traced), clips or ())
        card |= {"precision": precision}
        if int8.scaled_together(model):
            card |= {"at_once": 1}
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx_file.write(model, card | {"equality": equality.told()}, path)
    change = None
    if precision != "float32":
        found = compare(small, runtime.read(path), voices() if clips is None else clips, "")
        change = found.worst["probabilities"]
    return Exported(path, path.stat().st_size, equality, change)


def opened(folder: Path) -> Recogniser:
    """The recogniser that was saved in a folder.

    Raises:
        ExportError: what is there is a classical pipeline.
        RecogniserError: there is none that can be used.
    """
    if folder.is_dir() and not (folder / "recogniser.json").is_file():
        from ehsaas.models.classical import FILE  # scikit-learn comes in with it

        if (folder / FILE).is_file():
            raise ExportError(
                f"{folder}: a classical pipeline (openSMILE features and scikit-learn), which stays"
                f" in Python; what can be exported are {', '.join(KINDS)}"
            )
    return load(folder)


def see_kind(recogniser: Recogniser) -> None:
    """See that there is a graph from waveform to emotion.

    Raises:
        ExportError: there is none.
    """
    if recogniser.model not in KINDS:
        raise ExportError(
            f"{recogniser.name} is a {recogniser.model}, which reads texts, too: it stays in Python"
            f" (`ehsaas.load`); what can be exported are {', '.join(KINDS)}"
        )
    features = recogniser.features
    if isinstance(features, FeatureConfig) and features.speed != 1:
        raise ExportError(f"{recogniser.name} hears clips at {features.speed} times their speed")


def see_equality(
    recogniser: Recogniser, path: Path, clips: Sequence[Clip] | None = None
) -> Equality:
    """How far the file's answers are from the recogniser's, on `clips` or on sounds made here.

    Raises:
        ExportError: further than `TOLERANCE`.
    """
    source = "sounds made for it" if clips is None else "recordings"
    found = compare(recogniser, runtime.read(path), voices() if clips is None else clips, source)
    if not found.holds():
        worst = ", ".join(f"{name} by {gap:.2g}" for name, gap in found.worst.items())
        raise ExportError(
            f"{path}: not kept: its answers differ from the recogniser's ({worst}; at most"
            f" {TOLERANCE:g} was to be expected). Please report this with the recogniser's name"
        )
    return found


def _in_one_piece(clip: Clip) -> Clip:
    """As much of a clip as is ever heard at once."""
    return replace(clip, samples=clip.samples[: round(LONGEST * RATE)])
