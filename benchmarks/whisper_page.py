"""What the benchmark of Whisper on a clip's own frames measured, and its page."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.whisper_timing import BATCH, LAYERS, Timing, costs, verdict

CORPUS = "ravdess"
C, STEPS = 0.03, 40
CORES = 2
SEED = 0


@dataclass(frozen=True)
class Agreement:
    """Cosines of each clip's two embeddings: median, 5 % quantile and lowest.

    `strangers` is the median cosine of two different clips of the reference. `own_scale` and
    `own_strangers` are both medians once each embedding is standardised over its own clips, as a
    classifier that is trained on it sees it.
    """

    pooling: str
    layers: tuple[int, ...]
    median: float
    low: float
    least: float
    strangers: float
    own_scale: float
    own_strangers: float


@dataclass(frozen=True)
class Recognition:
    """UAR by either embedding, and unpadded minus padded with its paired test."""

    pooling: str
    unpadded: float
    padded: float
    difference: float
    low: float | None
    high: float | None
    p: float
    unit: str
    items: int


@dataclass(frozen=True)
class Result:
    """What was measured, on what, and where."""

    encoder: str
    sha256: str
    clips: int
    speakers: int
    classes: int
    folds: int
    mean_clip_s: float
    agreement: tuple[Agreement, ...]
    padded_is_transformers: Agreement
    recognition: tuple[Recognition, ...]
    rounds: int
    timings: tuple[Timing, ...]
    machine: str
    cores: int
    versions: dict[str, str]


def page(r: Result) -> str:
    """The result as a page."""
    versions = ", ".join(f"{name} {number}" for name, number in r.versions.items())
    same = r.padded_is_transformers
    return f"""# Whisper on a clip's own frames

`python benchmarks/whisper.py --encoder FOLDER --clips {r.clips}`; {r.encoder}, layers {LAYERS[0]}
to {LAYERS[-1]} side by side, float32. Whisper was trained on 30 s and is usually given every clip
filled up to that; ours runs on the clip's own frames alone. Both are pooled over the clip's own
frames.

## Does it change what is heard?

{r.clips} clips of {CORPUS} drawn at random from each emotion in turn (seed {SEED}),
{r.mean_clip_s:.2f} s each on average, {r.speakers} speakers. Cosine of a clip's two embeddings,
unpadded and padded. The columns have means far from 0, which makes any two clips alike; beside it
stands each embedding standardised by its own mean and deviation over these clips, as a classifier
that is trained on it sees it.

| pooled | layers | median | 5 % | lowest | two different clips | standardised, median | \
two different clips |
|---|---|---|---|---|---|---|---|
{_agreements(r.agreement)}

Two different clips: the median of padded ones. Ours padded to 30 s is what transformers computes:
on {min(r.clips, BATCH)} clips, {same.pooling}, the lowest cosine is {same.least:.6f}.

UAR of a logistic regression (C = {C:g}, {STEPS} steps of L-BFGS, standardised on the training
part, classes weighted alike) on {r.classes} classes, {r.folds} folds that share no speaker, trained
and tested on unpadded and on padded embeddings.

| pooled | unpadded | padded | difference, points | p |
|---|---|---|---|---|
{_recognitions(r.recognition)}

The difference is unpadded minus padded on the same {r.recognition[0].items} clips: 95 % interval by
a paired bootstrap, p by a paired permutation test, both {r.recognition[0].unit}.

## What does it cost?

Samples to pooled mean and deviation of the four layers, clips cut or repeated to an exact length,
{CORES} cores, calls alternating, medians over {r.rounds} rounds. Seconds of computing a second of
audio; in brackets the rounds' own ratios. transformers runs its feature extractor and all its
layers, as it is loaded by default.

| clips of | clips a call | ours | ours, padded to 30 s | times ours | transformers | times ours |
|---|---|---|---|---|---|---|
{costs(r.timings)}

{verdict(r.timings)}

Machine: {r.machine}, {r.cores} cores, {CORES} used. {versions}.
Weights: sha256 {r.sha256[:12]}….
"""


def _agreements(found: Sequence[Agreement]) -> str:
    return "\n".join(
        f"| {one.pooling} | {', '.join(map(str, one.layers))} | {one.median:.4f} | {one.low:.4f} |"
        f" {one.least:.4f} | {one.strangers:.4f} | {one.own_scale:.3f} | {one.own_strangers:.3f} |"
        for one in found
    )


def _recognitions(found: Sequence[Recognition]) -> str:
    lines = []
    for one in found:
        limits = ""
        if one.low is not None and one.high is not None:
            limits = f" [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"
        lines.append(
            f"| {one.pooling} | {one.unpadded:.3f} | {one.padded:.3f} |"
            f" {100 * one.difference:+.1f}{limits} | {one.p:.3f} |"
        )
    return "\n".join(lines)
