"""What a stream costs, whether it is what the whole recording gives, and what its gate lets by.

    OMP_NUM_THREADS=1 python benchmarks/streaming.py --model FILE.onnx … [--corpora FOLDER]
        [--music FOLDER] [--hours 1] [-o docs/results]

FOLDER of the corpora holds a folder of recordings for each (default ../shared/corpora); that of the
music holds recordings of music without a voice, of which there are some in the packages arcade and
pygame. Each model hears a tape made of recordings drawn from the corpora, with pauses and music
between them: five minutes in chunks of 1, 160, 1000, 48 000 and a random number of samples, and
the hours in chunks of 0.1 s, while memory is read once a minute. Writes streaming.md and
streaming.json.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.model_files import described
from benchmarks.sounds import MUSIC, SOUNDS, Signal, room
from benchmarks.streaming_gate import UNDER, of_sounds, of_speech, over_music
from benchmarks.streaming_page import Equal, Long, Result, page
from ehsaas import audio
from ehsaas.audio import RATE, Clip
from ehsaas.judging import Judge
from ehsaas.serving import runtime
from ehsaas.serving.stream import Event, Stream, StreamSettings, events_of

CHUNKS = (1, 160, 1000, 48_000, None)
"""Samples of a chunk; None for 0 to 9000 at random."""

MINUTES = 5
"""Of the tape that is heard in all these chunks."""

WARM = 5
"""Minutes after which memory is to stay as it is."""

DRAWN = 40
"""Recordings of each corpus on the tape; the gate hears five times as many."""


def drawn(folder: Path, count: int, seed: int) -> list[Clip]:
    """So many recordings below a folder, at random."""
    names = audio.recordings_in(folder)
    rng = np.random.default_rng(seed)
    some = rng.choice(len(names), min(count, len(names)), replace=False)
    return [audio.read(folder / names[int(i)]) for i in some]


def tape(clips: Sequence[Clip], seed: int) -> Iterator[Signal]:
    """Recordings one after the other without end, with what lies between them.

    After each a pause of 0.2 to 3 s, digital silence or an empty room; after every fifth 5 s of
    music.
    """
    rng = np.random.default_rng(seed)
    music = [SOUNDS[name](5.0, 0) for name in MUSIC]
    quiet = room(3.0, 0)
    order = rng.permutation(len(clips))
    for count, i in enumerate(cycle(order), 1):
        yield clips[int(i)].samples
        pause = quiet[: round(float(rng.uniform(0.2, 3.0)) * RATE)]
        yield pause if rng.integers(2) else np.zeros_like(pause)
        if count % 5 == 0:
            yield music[count // 5 % len(music)]


def blocks(sounds: Iterator[Signal], size: int, seconds: float) -> Iterator[Signal]:
    """So many seconds of the sounds, in blocks of so many samples."""
    waiting, left = np.zeros(0, np.float32), round(seconds * RATE)
    while left > 0:
        while len(waiting) < size:
            waiting = np.concatenate([waiting, next(sounds)])
        yield waiting[: min(size, left)]
        waiting, left = waiting[size:], left - size


def equal(judge: Judge, clips: Sequence[Clip]) -> list[Equal]:
    """Whether each chunk size gives the events of the whole."""
    (sound,) = blocks(tape(clips, 0), MINUTES * 60 * RATE, MINUTES * 60)
    whole = events_of(judge, Clip(sound))
    counts = {kind: sum(e.kind == kind for e in whole) for kind in ("look", "onset", "end")}
    found = []
    for chunk in CHUNKS:
        events = fed(judge, sound, chunk)
        found.append(Equal(chunk, len(events), events == whole, counts))
        print(f"  chunks of {chunk or 'random size'}: {events == whole}", flush=True)
    return found


def fed(judge: Judge, sound: Signal, chunk: int | None) -> list[Event]:
    """The events of sound in chunks."""
    stream, rng, at = Stream(judge), np.random.default_rng(0), 0
    events: list[Event] = []
    while at < len(sound):
        size = chunk or int(rng.integers(0, 9000))
        events += stream.feed(sound[at : at + size])
        at += size
    return events + stream.flush()


def long(judge: Judge, clips: Sequence[Clip], hours: float) -> Long:
    """The tape for hours: memory once a minute, and what each look took."""
    stream, sounds = Stream(judge), tape(clips, 1)
    memory, loads, taken = list[int](), list[float](), 0.0
    spoken, quiet = list[float](), list[float]()
    for minute in range(round(60 * hours)):
        for block in blocks(sounds, RATE // 10, 60):
            start = time.perf_counter()
            events = stream.feed(block)
            took = time.perf_counter() - start
            taken += took
            if events:
                (spoken if events[0].estimate.probabilities else quiet).append(took)
        memory.append(resident())
        loads.append(os.getloadavg()[0])
        if minute % 10 == 9:
            print(f"  {minute + 1} minutes, {memory[-1] / 2**20:.0f} MiB", flush=True)
    ms = 1000 * np.quantile(spoken, [0.5, 0.95, 1.0])
    return Long(
        seconds=stream.seconds,
        looks=len(spoken) + len(quiet),
        judged=len(spoken),
        p50_ms=float(ms[0]),
        p95_ms=float(ms[1]),
        most_ms=float(ms[2]),
        quiet_p50_ms=1000 * float(np.median(quiet)),
        real_time_factor=taken / stream.seconds,
        memory_mib=[round(one / 2**20, 2) for one in memory],
        warm_minutes=WARM,
        load=float(np.mean(loads)),
    )


def resident() -> int:
    """Bytes of this process that lie in memory (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.is_file() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, nargs="+", required=True)
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--music", type=Path)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = parser.parse_args()
    folders = sorted(folder for folder in given.corpora.iterdir() if folder.is_dir())
    print("the gate", flush=True)
    spoken = {folder.name: drawn(folder, 5 * DRAWN, 0) for folder in folders}
    gate = [of_speech(name, clips) for name, clips in spoken.items()]
    every = [clip for some in spoken.values() for clip in some[:DRAWN]]
    gate += [over_music("all of them", every, decibels) for decibels in UNDER]
    gate += of_sounds(given.music)
    clips, spoken = every, {}
    equalities, longs = {}, {}
    for path in given.model:
        judge = runtime.read(path)
        print(path.name, flush=True)
        longs[path.name] = long(judge, clips, given.hours)
        equalities[path.name] = equal(judge, clips)
    result = Result(
        command=f"python benchmarks/streaming.py --model {' '.join(p.name for p in given.model)}"
        + (" --music FOLDER" if given.music else ""),
        models=described(given.model),
        settings=StreamSettings().model_dump(),
        recordings=len(clips),
        corpora=[folder.name for folder in folders],
        minutes=MINUTES,
        equal=equalities,
        long=longs,
        gate=gate,
        machine=f"{processor()}, {platform.system()}",
        cores=os.cpu_count() or 1,
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in ("onnxruntime", "numpy", "silero-vad")},
        },
    )
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "streaming.md").write_text(page(result), encoding="utf-8")
    twin = json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n"
    (given.output / "streaming.json").write_text(twin, encoding="utf-8")
    print(page(result))


if __name__ == "__main__":
    main()
