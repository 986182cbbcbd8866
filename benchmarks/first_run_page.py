"""What the benchmark of the first run measured, and its page."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SOON_S = 3.0
"""The goal: an emotion for a WAV, start-up and all."""


@dataclass(frozen=True)
class Result:
    """Seconds and MiB of each process, in order; the first is the first after the installation.

    `installed` are the packages of the environment and their versions, `installed_mib` their size;
    `offline` says how the network was kept away, `model_bytes` is the size of the model's file.
    """

    command: str
    seconds: tuple[float, ...]
    peak_mib: tuple[float, ...]
    clip_s: float
    recording: str
    emotion: str
    model: str
    model_bytes: int
    offline: str
    installed: Mapping[str, str]
    installed_mib: float
    machine: str
    cores: int
    system: str
    python: str


def result_of(twin: Mapping[str, Any]) -> Result:
    """What a page's twin says."""
    lists = {name: tuple(twin[name]) for name in ("seconds", "peak_mib")}
    return Result(**{**twin, **lists})


def page(r: Result) -> str:
    """The result as a page."""
    first, median, worst = r.seconds[0], statistics.median(r.seconds), max(r.seconds)
    met = "met" if worst < SOON_S else "**not met**"
    packages = ", ".join(f"{name} {number}" for name, number in sorted(r.installed.items()))
    return f"""# Results: the first run

`python benchmarks/first_run.py`: an environment with the core install alone (no extra, so no
PyTorch; {len(r.installed)} packages, {r.installed_mib:.0f} MiB), in which

    {r.command}

is run {len(r.seconds)} times, a process each, {r.offline}. The recording: {r.recording}, a WAV file
of {r.clip_s:.1f} s; the answer: {r.emotion}. The model: {r.model}, a file of
{r.model_bytes / 1e6:.1f} MB.

| | s | peak memory, MiB |
|---|---|---|
| first after the installation | {first:.2f} | {r.peak_mib[0]:.0f} |
| median | {median:.2f} | {statistics.median(r.peak_mib):.0f} |
| worst | {worst:.2f} | {max(r.peak_mib):.0f} |

From the start of the process to its end. The goal, an emotion in under {SOON_S:g} s with start-up
even in the worst of them: {met}. What is on the disk may be in the system's cache each time, the
first time too, since it has just been written; after a restart of the machine it is not.

Machine: {r.machine}, {r.cores} cores, {r.system}, Python {r.python}. It is shared. {packages}.

JSON twin: [first_run.json](first_run.json).
"""
