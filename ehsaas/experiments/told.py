"""An adaptation of a saved recogniser → what was done, and what is to be expected, in sentences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ehsaas.emotions import LABEL_SETS
from ehsaas.experiments import expected
from ehsaas.experiments.given import FEWEST, MANY, Heard
from ehsaas.training.adaptation.kept import Kind


@dataclass(frozen=True)
class Done:
    """What was done with recordings.

    `layer` says how the last layer was fitted, `by` whose statistics standardised the recordings;
    `embeddings` whether the recogniser hears those of an encoder, and not frames; `calibrated` for
    whom its calibration speaks, empty where there is none.
    """

    heard: Heard
    classes: Sequence[str]
    method: str
    layer: str
    by: Kind
    embeddings: bool
    calibrated: str


def sentences(done: Done) -> tuple[str, ...]:
    """What was heard, what was fitted, whose statistics count, the calibration, the gain."""
    own = "those of each speaker" if done.by == "speaker" else "their own, taken together"
    return (
        *_heard(done),
        f"Last layer: {done.layer}.",
        f"Statistics of the recordings while it was fitted: {own}.",
        _alone(done),
        _calibration(done),
        _expected(done),
    )


def _heard(done: Done) -> list[str]:
    counts = done.heard.labelled(len(done.classes))
    said = [f"{done.heard.recordings} recordings were heard, {counts.sum()} with a label."]
    without = [name for name, n in zip(done.classes, counts, strict=True) if not n]
    if counts.any() and without:
        said.append(f"No label of {', '.join(without)}: what has labels may be said too often.")
    return said


def _alone(done: Done) -> str:
    """By whose statistics a recording is judged from now on."""
    if done.by == "corpus":
        return (
            "A recording is judged by the statistics of all these. Are they of a few voices? Then"
            " say so (`--speakers`): others gain nothing by them."
        )
    whose = "the model as it was" if done.heard.few else "all recordings"
    why = f", as {MANY - 1} voices or fewer are no language" if done.heard.few else ""
    return (
        f"Alone, a recording is judged by the statistics of {whose}{why}; a voice of which you"
        " have some recordings is judged better by its own: `ehsaas recognise --baseline FOLDER`."
    )


def _calibration(done: Done) -> str:
    if not done.calibrated:
        return (
            "Not calibrated: probabilities are the layer's own, and there is no --coverage; that"
            f" takes {FEWEST} labels."
        )
    count = done.heard.labelled(len(done.classes)).sum()
    how = ", judged with --baseline" if done.by == "speaker" else ""
    return (
        f"Probabilities and --coverage: calibrated on {count} of them, for {done.calibrated}{how}."
    )


def _expected(done: Done) -> str:
    """What the comparison of methods lets one expect; the rarest class says how many labels."""
    features = "embeddings" if done.embeddings else "frames"
    if set(done.classes) != set(LABEL_SETS["four"]):
        return f"To be expected: not measured for {len(done.classes)} emotions."
    labels = int(done.heard.labelled(len(done.classes)).min())
    found = expected.gain(done.method, done.by, features, labels)
    if found is None:
        more = expected.gain(done.method, done.by, features, math.inf)
        few = "" if more is None else " with so few labels of an emotion"
        return f"To be expected: not measured for {done.method} on {features}{few}."
    return f"To be expected{' with --baseline' if done.by == 'speaker' else ''}: {found}"
