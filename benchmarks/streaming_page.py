"""What the benchmark of streaming measured, and its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.model_files import listed
from benchmarks.streaming_gate import LOUD, Gate


@dataclass(frozen=True)
class Equal:
    """Chunks of so many samples (None: at random), and whether they gave what the whole gives."""

    chunk: int | None
    events: int
    equal: bool
    kinds: Mapping[str, int]


@dataclass(frozen=True)
class Long:
    """A long stream: what looks took in ms, and the memory in MiB at the end of each minute.

    `judged` are those in which somebody speaks, whose times are the first three; `load` is how many
    processes the machine had to run meanwhile, this one among them.
    """

    seconds: float
    looks: int
    judged: int
    p50_ms: float
    p95_ms: float
    most_ms: float
    quiet_p50_ms: float
    real_time_factor: float
    memory_mib: list[float]
    warm_minutes: int
    load: float

    @property
    def drift(self) -> tuple[float, float]:
        """Least and most memory after warming, as shares of what it was then."""
        warm = self.memory_mib[min(self.warm_minutes, len(self.memory_mib)) - 1 :]
        return min(warm) / warm[0] - 1, max(warm) / warm[0] - 1


@dataclass(frozen=True)
class Result:
    """What was measured, on what, and where."""

    command: str
    models: dict[str, str]
    settings: Mapping[str, Any]
    recordings: int
    corpora: list[str]
    minutes: int
    equal: Mapping[str, list[Equal]]
    long: Mapping[str, Long]
    gate: list[Gate]
    machine: str
    cores: int
    versions: Mapping[str, str]


def result_of(twin: Mapping[str, Any]) -> Result:
    """What a page's twin says."""
    parts = {
        "equal": {name: [Equal(**one) for one in some] for name, some in twin["equal"].items()},
        "long": {name: Long(**one) for name, one in twin["long"].items()},
        "gate": [Gate(**one) for one in twin["gate"]],
    }
    return Result(**{**twin, **parts})


def page(r: Result) -> str:
    """The result as a page."""
    kinds = next(iter(r.equal.values()))[0].kinds
    hours = next(iter(r.long.values())).seconds / 3600
    warm = next(iter(r.long.values())).warm_minutes
    versions = ", ".join(f"{name} {number}" for name, number in r.versions.items())
    return f"""# Streaming

`{r.command}`

Windows of {r.settings["window"]:g} s every {r.settings["hop"]:g} s, one thread. The tape:
{r.recordings} recordings drawn from {", ".join(r.corpora)}, in a loop, with pauses of 0.2 to 3 s
between them (digital silence, or an empty room at −55 dBFS) and 5 s of music made by formula after
every fifth. The models:

{listed(r.models)}

## Does a stream give what the whole recording gives?

{r.minutes} minutes of the tape in chunks of so many samples, beside the same fed at once. Equal is
every number of every event ({_counted(kinds)}), to the last bit.

| model | {" | ".join(_chunk(one.chunk) for one in next(iter(r.equal.values())))} |
|---|{"---|" * len(next(iter(r.equal.values())))}
{_equalities(r.equal)}

## What does it cost?

{hours:g} h of the tape in chunks of 0.1 s. A look is what `feed` takes when a window is full: voice
activity and smoothing, and the model where somebody speaks. The real-time factor is all of `feed`
over the length of the tape. Memory is that of the whole process (resident), the tape's recordings
and all, read once a minute of the tape; its range is that after {warm} minutes, relative to what it
was then.

| model | looks | with speech | of these p50 | p95 | most | without, p50 | real-time factor | \
memory | range |
|---|---|---|---|---|---|---|---|---|---|
{_longs(r.long)}

## What does the gate let by?

A look is kept where at least {r.settings["speech"]:.0%} of the 32 ms frames in its window have a
voice with a probability of {r.settings["voice"]:g} or more, by silero-vad. Recordings are a stream
each. Loud looks are those at least half of which lies less than {LOUD:g} dB below the loudest 32 ms
of the recording: what is not loud is mostly the silence before and after speech. The last rows of
speech have music made by formula under them (`band`), so much quieter than they are.

| speech | recordings | minutes | looks | kept | loud looks | kept | recordings without any kept |
|---|---|---|---|---|---|---|---|
{_speech([one for one in r.gate if one.speech])}

| no speech | minutes | looks | refused | largest share taken for speech |
|---|---|---|---|---|
{_sounds([one for one in r.gate if not one.speech])}

What has no ending such as `.mp3` is made by formula (`benchmarks/sounds.py`); the others are the
recordings in the folder of music. No singing is among these materials: a voice is what the gate
looks for.

Machine: {r.machine}, {r.cores} cores, one used. {versions}. {_loads(r.long)}

JSON twin: [streaming.json](streaming.json).
"""


def _counted(kinds: Mapping[str, int]) -> str:
    return f"{kinds['look']} looks, {kinds['onset']} onsets, {kinds['end']} ends for the first"


def _chunk(size: int | None) -> str:
    return "0–9000 at random" if size is None else f"{size}"


def _equalities(found: Mapping[str, Sequence[Equal]]) -> str:
    return "\n".join(
        f"| {name} | {' | '.join('equal' if one.equal else '**differs**' for one in rows)} |"
        for name, rows in found.items()
    )


def _longs(found: Mapping[str, Long]) -> str:
    lines = []
    for name, one in found.items():
        low, high = one.drift
        lines.append(
            f"| {name} | {one.looks} | {one.judged} | {one.p50_ms:.1f} ms | {one.p95_ms:.1f} ms |"
            f" {one.most_ms:.1f} ms | {one.quiet_p50_ms:.1f} ms | {one.real_time_factor:.3f} |"
            f" {one.memory_mib[-1]:.0f} MiB | {low:+.1%} to {high:+.1%} |"
        )
    return "\n".join(lines)


def _loads(found: Mapping[str, Long]) -> str:
    """What else ran on the machine, which makes the times longer."""
    each = ", ".join(f"{one.load:.1f}" for one in found.values())
    return f"Mean load of the machine during each model's hours: {each} (1 is this process alone)."


def _speech(found: Sequence[Gate]) -> str:
    return "\n".join(
        f"| {one.material} | {one.clips} | {one.seconds / 60:.1f} | {one.looks} |"
        f" {one.kept / one.looks:.1%} | {one.loud} | {_share(one.loud_kept, one.loud)} |"
        f" {one.silent_clips} |"
        for one in found
    )


def _sounds(found: Sequence[Gate]) -> str:
    return "\n".join(
        f"| {one.material} | {one.seconds / 60:.1f} | {one.looks} |"
        f" {1 - one.kept / one.looks:.1%} | {one.most:.2f} |"
        for one in found
    )


def _share(part: int | None, whole: int | None) -> str:
    return f"{(part or 0) / whole:.1%}" if whole else "–"
