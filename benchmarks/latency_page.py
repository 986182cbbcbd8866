"""What the benchmark of latency measured, and its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timing:
    """p50 and p95 in ms of one way of a network that hears one recording after the other.

    `among_ms` is p50 where all other ways hear a recording before its next one; `size` is that of
    its file in bytes, if it is one.
    """

    system: str
    way: str
    p50_ms: float
    p95_ms: float
    among_ms: float
    size: int | None


@dataclass(frozen=True)
class Bulk:
    """Hours of audio that were judged, and how many an hour, by so many threads."""

    system: str
    way: str
    threads: int
    hours: float
    hours_an_hour: float


@dataclass(frozen=True)
class Result:
    """What was measured, on what, and where."""

    clips: int
    rounds: int
    seconds: float
    source: str
    timings: tuple[Timing, ...]
    first_answer_s: Mapping[str, float]
    bulk: tuple[Bulk, ...]
    machine: str
    system: str
    versions: Mapping[str, str]


SOON_MS, FASTER = 8.0, 3.0
"""The goals of the Bi-LSTM's and CLAF-SER's files: p50, and how many times librosa's takes that."""

WHISPER_MS, WHISPER_BYTES = 30.0, 18_000_000
"""Those of Whisper's file of 8 bits."""


def result_of(twin: Mapping[str, Any]) -> Result:
    """What a page's twin says."""
    parts = {
        "timings": tuple(Timing(**one) for one in twin["timings"]),
        "bulk": tuple(Bulk(**one) for one in twin["bulk"]),
    }
    return Result(**{**twin, **parts})


def page(r: Result) -> str:
    """The result as a page."""
    versions = ", ".join(f"{name} {number}" for name, number in r.versions.items())
    starts = "\n".join(f"| {name} | {value:.2f} |" for name, value in r.first_answer_s.items())
    amounts = "\n".join(f"| {one.system} | {one.way} | {one.hours_an_hour:.0f} |" for one in r.bulk)
    return f"""# Results: latency

`python benchmarks/latency.py FOLDER --whisper RECOGNISER --clips {r.clips} --rounds {r.rounds}`:
from the bytes of a WAV file of {r.seconds:g} s (16 kHz) to an answer, decoding and all, on one
core. {r.clips} clips ({r.source}, cut or repeated to that length), {r.rounds} rounds after one of
warming, in each of which every way hears all clips before the next one does; p50 and p95 over all
calls, and how many times the file's median the way takes. The last two columns are the same where
the ways take turns clip by clip, so that each finds the processor's caches full of another's.
Whisper's first four layers hear the clip's own frames; all other networks have random weights.

| network | way | MB | p50, ms | p95, ms | times the file | p50 in turn, ms | times the file |
|---|---|---|---|---|---|---|---|
{_timings(r.timings)}

{_verdicts(r.timings)}

`attention-bilstm` and `claf-ser` are as `experiments/kashmiri_bilstm.yaml` and
`experiments/claf_ser.yaml` have them (frames every 30 ms); the others of them have the defaults
(frames every 10 ms, two layers of 128 units). `librosa + torch` asks
librosa for each feature of the samples, and for the pitch by yin with its defaults, as it is mostly
written; `tuned` takes all of them from one transform, and yin with frames of 640 samples. The
network behind both is ours in PyTorch. The Bi-LSTM of the first lines hears no pitch.

## Start to first answer

Seconds from the start of a Python process to its first answer, median of five.

| network | s |
|---|---|
{starts}

## In bulk

Hours of audio an hour, in clips of {r.seconds:g} s, two threads on two cores, one clip a call.

| network | way | hours an hour |
|---|---|---|
{amounts}

Machine: {r.machine}, {r.system}. {versions}. It is shared: times of one line of ways can be
compared, those of two machines cannot.

JSON twin: [latency.json](latency.json).
"""


def _verdicts(timings: Sequence[Timing]) -> str:
    """Which goals are met, by the first p50."""
    by = {(one.system, one.way): one for one in timings}
    lines = []
    for system in dict.fromkeys(one.system for one in timings):
        file, usual = by[system, "onnx"], by.get((system, "librosa + torch"))
        if usual is not None:
            times = usual.p50_ms / file.p50_ms
            lines.append(
                f"- {system}: {file.p50_ms:.1f} ms, {_met(file.p50_ms <= SOON_MS)};"
                f" {times:.1f} times faster than librosa and PyTorch, {_met(times >= FASTER)}."
            )
        elif system.startswith("whisper"):
            small = by[system, "int8"]
            size = small.size or 0
            lines.append(
                f"- {system}, int8: {small.p50_ms:.1f} ms, {_met(small.p50_ms <= WHISPER_MS)};"
                f" {size / 1e6:.1f} MB, {_met(size <= WHISPER_BYTES)}."
            )
    goals = (
        f"Goals: {SOON_MS:g} ms at most and {FASTER:g} times faster than the usual path for a file"
        f" of the Bi-LSTM and of CLAF-SER; {WHISPER_MS:g} ms and {WHISPER_BYTES / 1e6:g} MB at most"
        " for Whisper's of 8 bits."
    )
    return "\n".join([goals, "", *lines])


def _met(goal: bool) -> str:
    return "met" if goal else "**not met**"


def _timings(timings: Sequence[Timing]) -> str:
    plain = {one.system: one for one in timings if one.way == "onnx"}
    return "\n".join(
        f"| {one.system} | {one.way} | {'' if one.size is None else f'{one.size / 1e6:.2f}'} |"
        f" {one.p50_ms:.1f} | {one.p95_ms:.1f} | {one.p50_ms / plain[one.system].p50_ms:.1f} |"
        f" {one.among_ms:.1f} | {one.among_ms / plain[one.system].among_ms:.1f} |"
        for one in timings
    )
