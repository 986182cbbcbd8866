"""How long a clip of 3 s takes, from the bytes of a file to an answer, and how much goes through.

    python benchmarks/latency.py [FOLDER] [--whisper RECOGNISER] [--clips N] [--rounds N] [-o OUT]

On one core, in turn: PyTorch, the exported file, the file of 8 bits, and the usual way,
librosa's features and the same network in PyTorch. Then the start of a process up to its first
answer, and hours of audio an hour on two cores. FOLDER holds recordings (default
../shared/corpora/emodb), cut or repeated to 3 s. RECOGNISER is a saved recogniser with a pretrained
encoder; the other networks have random weights, which changes what is said, not how long it takes.
Writes latency.json and latency.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from benchmarks.features import processor
from benchmarks.latency_page import Bulk, Result, Timing, page
from benchmarks.librosa_path import LibrosaPath
from ehsaas import audio
from ehsaas.audio import Clip, recordings_in
from ehsaas.calibration import Statistics
from ehsaas.emotions import LABEL_SETS
from ehsaas.export import export
from ehsaas.features import FEATURES, FeatureConfig, UtteranceVectorConfig
from ehsaas.judging import Judge
from ehsaas.models import MODELS
from ehsaas.recogniser import Recogniser, load
from ehsaas.serving import runtime

SECONDS = 3.0
DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "emodb"
SMALL = FeatureConfig(parts=("mfcc", "logmel"), hop_ms=30, n_mfcc=40, n_mels=64, trim_db=40)
CLAF = FEATURES["claf-frame"]
CORES = 2


def networks() -> dict[str, Recogniser]:
    """The networks that are timed, with random weights."""
    assert isinstance(CLAF, FeatureConfig)
    slower = CLAF.model_copy(update={"hop_ms": 30.0, "trim_db": 40.0})
    sizes = {"hidden": 64, "layers": 1}
    return {
        "attention-bilstm": _random("attention-bilstm", SMALL, sizes),
        "attention-bilstm, default size": _random("attention-bilstm", FeatureConfig(), {}),
        "claf-ser": _random("claf-ser", slower, {"corpora": 3}),
        "claf-ser, default frames": _random("claf-ser", CLAF, {"corpora": 3}),
        "simple-rnn": _random("simple-rnn", UtteranceVectorConfig(), {}),
        "nnpm": _random("nnpm", UtteranceVectorConfig(), {"items": 2000}),
    }


def _random(
    model: str, features: FeatureConfig | UtteranceVectorConfig, sizes: Mapping[str, int]
) -> Recogniser:
    torch.manual_seed(0)
    D, classes = len(features.names), LABEL_SETS["four"]
    network = MODELS[model](dims=D, classes=len(classes), **sizes).eval()
    plain = Statistics(np.zeros(D, np.float32), np.ones(D, np.float32), 1, "source")
    return Recogniser(features, sizes, network, model=model, classes=classes, statistics=plain)


def files(recogniser: Recogniser, folder: Path) -> dict[str, Path]:
    """The recogniser as a file, and as one of 8 bits."""
    paths = {"onnx": folder / "float32.onnx", "int8": folder / "int8.onnx"}
    export(recogniser, paths["onnx"])
    export(recogniser, paths["int8"], precision="int8")
    return paths


def timed(
    system: str, recogniser: Recogniser, folder: Path, sounds: Sequence[bytes], rounds: int
) -> tuple[Timing, ...]:
    """Each way of a network: it hears all recordings before the next one does, and one by one."""
    paths = files(recogniser, folder)
    ways: dict[str, Judge | LibrosaPath] = {"torch": recogniser}
    ways |= {name: runtime.read(path) for name, path in paths.items()}
    if isinstance(recogniser.features, FeatureConfig):
        ways["librosa + torch"] = LibrosaPath(recogniser, careful=False)
        ways["librosa, tuned + torch"] = LibrosaPath(recogniser, careful=True)
    alone: dict[str, list[float]] = {name: [] for name in ways}
    among: dict[str, list[float]] = {name: [] for name in ways}
    with torch.inference_mode():
        for _ in range(rounds + 1):
            for name, sound in product(ways, sounds):
                alone[name].append(_took(ways[name], sound))
            for sound, name in product(sounds, ways):
                among[name].append(_took(ways[name], sound))
    warm = len(sounds)
    return tuple(
        Timing(
            system,
            name,
            float(np.median(alone[name][warm:])),
            float(np.percentile(alone[name][warm:], 95)),
            float(np.median(among[name][warm:])),
            paths[name].stat().st_size if name in paths else None,
        )
        for name in ways
    )


def _took(way: Judge | LibrosaPath, sound: bytes) -> float:
    """Milliseconds from the bytes of a recording to an answer."""
    start = time.perf_counter()
    way(audio.read(sound))
    return 1000 * (time.perf_counter() - start)


def first_answer(path: Path, sound: bytes) -> float:
    """Seconds from the start of a process to its first answer, the median of five."""
    told = (
        "import sys, ehsaas; from ehsaas import audio;"
        "print(ehsaas.load(sys.argv[1])(audio.read(sys.stdin.buffer.read())).emotion)"
    )
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", told, str(path)], input=sound, check=True, capture_output=True
        )
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def bulk(system: str, path: Path, form: str, sounds: Sequence[bytes], hours: float) -> Bulk:
    """Recordings through one file by as many threads as cores, until some hours are judged."""
    judge = runtime.read(path)
    many = max(len(sounds), round(hours * 3600 / SECONDS))
    work = [sounds[i % len(sounds)] for i in range(many)]
    judge(audio.read(sounds[0]))
    start = time.perf_counter()
    with ThreadPoolExecutor(CORES) as pool:
        for _ in pool.map(lambda sound: judge(audio.read(sound)).emotion, work):
            pass
    wall = time.perf_counter() - start
    return Bulk(system, form, CORES, many * SECONDS / 3600, many * SECONDS / wall)


def gather(folder: Path, count: int) -> list[bytes]:
    """`count` recordings of a folder as WAV of 3 s, cut or repeated, evenly drawn."""
    found = recordings_in(folder)
    if not found:
        raise SystemExit(f"{folder}: no recordings; give a folder of some")
    chosen = [found[i] for i in np.linspace(0, len(found) - 1, count).astype(int)]
    return [_wav(audio.read(folder / name)) for name in chosen]


def _wav(clip: Clip) -> bytes:
    import io

    import soundfile

    samples = np.resize(clip.samples, round(SECONDS * clip.rate))
    held = io.BytesIO()
    soundfile.write(held, samples, clip.rate, format="WAV", subtype="PCM_16")
    return held.getvalue()


def measure(folder: Path, whisper: Path | None, count: int, rounds: int) -> Result:
    """Everything, one network after the other."""
    torch.set_num_threads(1)
    sounds = gather(folder, count)
    asked: dict[str, Callable[[], Recogniser]] = {
        name: partial(lambda made: made, made) for name, made in networks().items()
    }
    if whisper is not None:
        asked["whisper-base, 4 layers"] = partial(load, whisper)
    timings: list[Timing] = []
    bulks: list[Bulk] = []
    starts: dict[str, float] = {}
    for name, get in asked.items():
        with tempfile.TemporaryDirectory() as scratch:
            made = get()
            timings += timed(name, made, Path(scratch), sounds, rounds)
            starts[name] = first_answer(Path(scratch) / "float32.onnx", sounds[0])
            for form, file in (("onnx", "float32.onnx"), ("int8", "int8.onnx")):
                bulks.append(bulk(name, Path(scratch) / file, form, sounds, hours=0.5))
        print(name, [asdict(one) for one in timings if one.system == name], flush=True)
    return Result(
        clips=len(sounds),
        rounds=rounds,
        seconds=SECONDS,
        source=f"recordings of {folder.name}",
        timings=tuple(timings),
        first_answer_s=starts,
        bulk=tuple(bulks),
        machine=processor(),
        system=platform.platform(terse=True),
        versions={name: version(name) for name in ("torch", "onnxruntime", "librosa", "numpy")},
    )


def main() -> None:
    """Measure, and write the page and its twin."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path, nargs="?", default=DEFAULT)
    asked.add_argument("--whisper", type=Path)
    asked.add_argument("--clips", type=int, default=30)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = asked.parse_args()
    found = measure(given.folder, given.whisper, given.clips, given.rounds)
    given.output.mkdir(parents=True, exist_ok=True)
    held = json.dumps(asdict(found), ensure_ascii=False, indent=1) + "\n"
    (given.output / "latency.json").write_text(held, encoding="utf-8")
    (given.output / "latency.md").write_text(page(found), encoding="utf-8")
    print(page(found))


if __name__ == "__main__":
    main()
