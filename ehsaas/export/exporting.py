"""A recogniser → one file from waveform to emotion, once it is seen to give the same answers."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ehsaas.audio import RATE, Clip
from ehsaas.export import int8, onnx_file
from ehsaas.export.equality import TOLERANCE, Equality, change, compare
from ehsaas.export.mistakes import ExportError
from ehsaas.export.narrow import narrowed, on_columns_of
from ehsaas.export.places import PROGRAM, move, see_places
from ehsaas.export.program import buffers_of, program_of, save_program, see_program
from ehsaas.export.prune import pruned
from ehsaas.export.sounds import voices
from ehsaas.features import FeatureConfig
from ehsaas.judging import LONGEST, Heard
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
    """The file, its size in bytes, and how its graph in float32 compares with its network.

    That network is the recogniser's, or what pruning left of it. `change` is the largest difference
    that pruning and 8 bits make to a probability of the recogniser that was given, None without.
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
    about: str | None = None,
) -> Exported:
    """Write `recogniser` as a model file, and see that the file gives its answers.

    Args:
        recogniser: of one of `KINDS`.
        path: where to; nothing is written before all is seen to be right.
        clips: to compare on, of each the first `LONGEST` s; sounds made here where None.
        licence: of the weights, to be said on the file; the recogniser's own where None.
        prune: the share of units that is left out first (`export.prune`), by what `clips` say.
        program: where a `torch.export` program is to be written, too.
        precision: `float32`, `int8` (activations scaled as they come), or `int8-static`, which
            takes their scales from `clips`.
        tell: called with each step.
        about: a model card in Markdown, kept in the file.

    Raises:
        ExportError: it cannot be exported, or the answers differ by more than 1e-4.
    """
    see_kind(recogniser)
    see_places(path, program)
    int8.see_clips(precision, clips)
    recordings = [_in_one_piece(clip) for clip in clips or ()]
    heard = voices() if clips is None else recordings
    source = "sounds made for it" if clips is None else "recordings"
    narrow = narrowed(recogniser)
    small = pruned(narrow, prune, recordings) if prune else narrow
    tell("tracing")
    traced, module = program_of(small)
    if program is not None:
        see_program(traced, module, small)
    tell("translating")
    model = onnx_file.graph_of(traced, module.names, small.statistics)
    said = recogniser.licence if licence is None else licence
    card = onnx_file.card_for(small, said, about, "float32", module.at_once)
    with tempfile.TemporaryDirectory() as folder:
        tell("comparing")
        made = {Path(folder) / "emotion.onnx": path}
        (file,) = made
        onnx_file.write(model, card, file)
        whole = [on_columns_of(narrow, recogniser, _alone(recogniser, clip)) for clip in heard]
        if small is not narrow:
            see_equality(compare(whole, narrow, heard, source), path)
        own = whole if small is narrow else [_alone(small, clip) for clip in heard]
        equality = compare(own, runtime.read(file), heard, source)
        see_equality(equality, path)
        if precision != "float32":
            tell("quantising")
            model = int8.quantised(model, precision, buffers_of(traced), recordings)
            card |= {"precision": precision}
            if int8.scaled_together(model):
                card |= {"at_once": 1}
        onnx_file.write(model, card | {"equality": equality.told()}, file)
        moved = None
        if prune or precision != "float32":
            moved = change(whole, runtime.read(file), heard)
        if program is not None:
            made[Path(folder) / f"emotion{PROGRAM}"] = program
            save_program(traced, Path(folder) / f"emotion{PROGRAM}")
        move(made)
    return Exported(path, path.stat().st_size, equality, moved)


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


def see_equality(found: Equality, path: Path) -> None:
    """See that a file's answers are the recogniser's.

    Args:
        found: how far they are from them.
        path: where the file was to go, for the message.

    Raises:
        ExportError: further than is taken for equal.
    """
    if not found.holds():
        gaps = dict(found.worst)
        if found.distance is not None:
            gaps["distance"] = found.distance
        worst = ", ".join(f"{name} by {gap:.2g}" for name, gap in gaps.items())
        raise ExportError(
            f"{path}: not written: its answers differ from the recogniser's ({worst}; at most"
            f" {TOLERANCE:g} was to be expected). Please report this with the recogniser's name"
        )


def _alone(recogniser: Recogniser, clip: Clip) -> Heard:
    return recogniser.hear([clip])[0]


def _in_one_piece(clip: Clip) -> Clip:
    """As much of a clip as is ever heard at once."""
    return replace(clip, samples=clip.samples[: round(LONGEST * RATE)])
