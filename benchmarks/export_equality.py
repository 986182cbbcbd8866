"""Is an exported file the recogniser? Every kind of network over real clips of 0.3 to 15 s.

    python benchmarks/export_equality.py FOLDER --models RECOGNISER… [--encoder FOLDER] [--clips N]

FOLDER holds recordings, cut or joined to lengths between 0.3 and 15 s. Each RECOGNISER is a saved
one; kinds that none of them is of have random weights, and an NNPM remembers the clips themselves.
Each is exported, loaded again, and hears every clip alone and in batches of mixed lengths; a
`torch.export` program is loaded again, too. Writes export.json and export.md.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from torch.nn import functional as F

from benchmarks.features import processor
from ehsaas import audio
from ehsaas.audio import RATE, Clip, recordings_in
from ehsaas.calibration import Statistics
from ehsaas.emotions import LABEL_SETS
from ehsaas.export import KINDS, export
from ehsaas.export.equality import DISTANCE_TOLERANCE, TOLERANCE
from ehsaas.export.program import INPUTS
from ehsaas.features import (
    EmbeddingConfig,
    FeatureConfig,
    HeardBy,
    SamplesConfig,
    UtteranceVectorConfig,
)
from ehsaas.models import MODELS
from ehsaas.models.encoders import Checkpoint
from ehsaas.recogniser import Recogniser, load
from ehsaas.serving import runtime

SHORTEST, LONGEST = 0.3, 15.0
SOME = 20
CLASSES = LABEL_SETS["four"]


@dataclass(frozen=True)
class Checked:
    """One recogniser: the largest differences of its file, and of its program, from it."""

    name: str
    model: str
    weights: str
    megabytes: float
    clips: int
    shortest_s: float
    longest_s: float
    worst: Mapping[str, float]
    distance: float | None
    given_worst: float | None
    program_worst: float


def lengths_of(folder: Path, count: int) -> list[Clip]:
    """`count` clips of evenly spread lengths (in the logarithm), cut or joined from recordings."""
    found = recordings_in(folder)
    sounds = [
        audio.read(folder / found[i]) for i in np.linspace(0, len(found) - 1, count).astype(int)
    ]
    clips = []
    for i, seconds in enumerate(np.geomspace(SHORTEST, LONGEST, count)):
        wanted, samples = round(seconds * RATE), sounds[i].samples
        more = i
        while len(samples) < wanted:
            more += 1
            samples = np.concatenate([samples, sounds[more % count].samples])
        first = (len(samples) - wanted) // 2
        clips.append(Clip(samples[first : first + wanted]))
    order = np.random.default_rng(0).permutation(count)
    return [clips[i] for i in order]


def recognisers(
    folders: Sequence[Path], encoder: Path | None, clips: Sequence[Clip]
) -> Iterator[tuple[str, str, Recogniser]]:
    """(name, whose weights, recogniser): the saved ones, then a random one of every other kind."""
    saved = [load(folder) for folder in folders]
    for one in saved:
        yield one.name, "trained", one
    known = {one.model for one in saved}
    for kind in KINDS:
        if kind in known:
            continue
        if kind == "finetuned-speech":
            if encoder is not None:
                yield kind, "a pretrained encoder, a random head", _finetuned(encoder)
        elif kind == "nnpm":
            yield kind, "random, with the clips in its memory", _nnpm(clips)
        elif kind == "linear-probe":
            if encoder is not None:
                features = EmbeddingConfig(encoder=str(encoder), pooling="mean-std").found()
                yield kind, "a pretrained encoder, a random head", _random(kind, features, {})
        else:
            sizes: dict[str, Any] = {"claf-ser": {"corpora": 3}, "memory": {"items": 50}}
            own = UtteranceVectorConfig() if kind == "simple-rnn" else FeatureConfig()
            yield kind, "random", _random(kind, own, sizes.get(kind, {}))


def _random(kind: str, features: HeardBy, sizes: Mapping[str, Any]) -> Recogniser:
    torch.manual_seed(0)
    D = len(features.names)
    network = MODELS[kind](dims=D, classes=len(CLASSES), **sizes).eval()
    if kind == "memory":
        network.get_buffer("keys").copy_(F.normalize(torch.randn(50, D), dim=1))
        network.get_buffer("values").copy_(torch.randint(0, len(CLASSES), (50,)))
    generator = np.random.default_rng(0)
    mean, std = generator.normal(size=D), generator.uniform(1, 20, size=D)
    own = Statistics(mean.astype(np.float32), std.astype(np.float32), 1, "source")
    if isinstance(features, SamplesConfig):
        own = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "source")
    return Recogniser(
        features, sizes, network, model=kind, classes=CLASSES, statistics=own, name=kind
    )


def _nnpm(clips: Sequence[Clip]) -> Recogniser:
    made = _random(
        "nnpm", FeatureConfig(), {"encoder": "attention-bilstm", "items": len(clips), "votes": True}
    )
    for i, clip in enumerate(clips):
        heard = torch.from_numpy(made.hear([clip])[0].embedding)
        made.network.get_buffer("keys")[i] = heard
        made.network.get_buffer("values")[i] = i % len(CLASSES)
    return made


def _finetuned(encoder: Path) -> Recogniser:
    checkpoint = Checkpoint.find(encoder)
    sizes = {"architecture": checkpoint.config, "layers": 4, "pooling": "attention"}
    made = _random("finetuned-speech", SamplesConfig(), sizes)
    network: Any = made.network
    network.start_from(checkpoint)
    return made


def checked(name: str, weights: str, made: Recogniser, clips: Sequence[Clip]) -> Checked:
    """Export, load again, compare; what differs by more than 1e-4 is refused by `export`."""
    with tempfile.TemporaryDirectory() as folder:
        path, program = Path(folder) / "emotion.onnx", Path(folder) / "emotion.pt2"
        done = export(made, path, clips, program=program)
        judge = runtime.read(path)
        found = done.equality
        return Checked(
            name,
            made.model,
            weights,
            round(done.size / 1e6, 2),
            found.clips,
            found.shortest,
            found.longest,
            found.worst,
            found.distance,
            _by_given_statistics(made, judge, clips),
            _program(program, judge, clips),
        )


def _by_given_statistics(
    made: Recogniser, judge: runtime.ModelFile, clips: Sequence[Clip]
) -> float | None:
    """The largest difference of a probability where both are given the statistics of some clips.

    None where they are those of columns that the file has not, or make no difference.
    """
    if not made.standardises or len(made.statistics.mean) != len(judge.statistics.mean):
        return None
    given = judge.statistics_of(clips[:SOME], "some clips")
    pairs = [(made.hear([clip], given)[0], judge.hear([clip], given)[0]) for clip in clips[:SOME]]
    return max(float(np.abs(a.probabilities - b.probabilities).max()) for a, b in pairs)


def _program(path: Path, judge: runtime.ModelFile, clips: Sequence[Clip]) -> float:
    """The largest difference of a probability between the loaded program and the file."""
    program: Any = torch.export.load(path).module()
    mean, std = (torch.from_numpy(x) for x in (judge.statistics.mean, judge.statistics.std))
    worst = 0.0
    for clip in clips[:SOME]:
        samples = torch.from_numpy(np.ascontiguousarray(clip.samples))[None]
        given = dict(
            zip(INPUTS, (samples, torch.tensor([samples.shape[1]]), mean, std), strict=True)
        )
        with torch.no_grad():
            said = program(*given.values())[0][0].numpy()
        worst = max(worst, float(np.abs(said - judge.hear([clip])[0].probabilities).max()))
    return worst


def page(found: Sequence[Checked], source: str, count: int) -> str:
    """The result as a page."""
    lines = "\n".join(
        f"| {one.name} | {one.model} | {one.weights} | {one.megabytes:.2f} |"
        f" {', '.join(f'{name} {gap:.1e}' for name, gap in one.worst.items())} |"
        f" {_told(one.distance)} | {_told(one.given_worst)} |"
        f" {one.program_worst:.1e} |"
        for one in found
    )
    return f"""# Results: export

`python benchmarks/export_equality.py FOLDER --models RECOGNISER… --clips {count}`: every kind of
network, exported to one file from waveform to emotion and loaded again, beside the recogniser in
PyTorch, on {count} clips of {SHORTEST:g} to {LONGEST:g} s ({source}, cut or joined), each heard
alone and once more in a batch of mixed lengths. The largest difference of any probability, of any
attention weight, and of the embedding in units of its largest number (at least 1). Columns of an
encoder's states that nobody reads are left out of a linear probe's file, and with them of its
embedding; what is left is compared with the same columns of the recogniser. `ehsaas export` writes
no file that differs by more than {TOLERANCE:g}, or by more than {DISTANCE_TOLERANCE:g} of the
distance from the training data where that is known. The last two columns are the largest difference
of a probability on {SOME} of the clips: where both are given the statistics of these, as
`--baseline` does, and between the file and the `torch.export` program of the same network, loaded
again.

| recogniser | network | weights | MB | largest differences | distance | given statistics | \
program |
|---|---|---|---|---|---|---|---|
{lines}

Machine: {processor()}, {platform.platform(terse=True)}. torch {version("torch")}, onnxruntime
{version("onnxruntime")}.

JSON twin: [export.json](export.json).
"""


def _told(gap: float | None) -> str:
    return "–" if gap is None else f"{gap:.1e}"


def main() -> None:
    """Check every kind, and write the page and its twin."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--models", type=Path, nargs="*", default=[])
    asked.add_argument("--encoder", type=Path)
    asked.add_argument("--clips", type=int, default=100)
    asked.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = asked.parse_args()
    clips = lengths_of(given.folder, given.clips)
    found = []
    for name, weights, made in recognisers(given.models, given.encoder, clips):
        found.append(checked(name, weights, made, clips))
        print(found[-1], flush=True)
    told = {
        "source": f"recordings of {given.folder.name}",
        "checked": [asdict(one) for one in found],
    }
    given.output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    (given.output / "export.json").write_text(text, encoding="utf-8")
    written = page(found, str(told["source"]), len(clips))
    (given.output / "export.md").write_text(written, encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
