"""What Whisper on a clip's own frames changes and saves, beside Whisper padded to 30 s.

    python benchmarks/whisper.py --encoder FOLDER [--corpora FOLDER] [--folds FILE]
                                 [--clips N] [--rounds N] [-o DOCS/RESULTS]

CORPORA holds `ravdess.parquet` or a folder `ravdess` (default ../shared/corpora); FILE holds
speaker-disjoint folds (default folds/strict.csv.gz beside CORPORA). The same clips are embedded
both ways and compared, by themselves and by a logistic regression on them; then both ways and
transformers' own are timed, their calls alternating. Writes whisper_unpadded.json and
whisper_unpadded.md.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2", MKL_NUM_THREADS="2")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from benchmarks.timing import Signal
from benchmarks.whisper_page import (
    CORES,
    CORPUS,
    SEED,
    STEPS,
    Agreement,
    C,
    Recognition,
    Result,
    page,
)
from benchmarks.whisper_timing import (
    BATCH,
    LAYERS,
    SECONDS,
    Floats,
    Run,
    loaded,
    pooled,
    timing,
)
from ehsaas import audio, utterances
from ehsaas.audio import AudioError
from ehsaas.calibration import Statistics
from ehsaas.corpora import splits
from ehsaas.corpora.prepare import CorpusError, prepare
from ehsaas.evaluation import predictions
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.significance import compare
from ehsaas.experiments.judged import Trial, judged
from ehsaas.models.encoders import Checkpoint, EncoderError
from ehsaas.training.multinomial import solve
from ehsaas.utterances import TableError, UtteranceTable

ROOT = Path(__file__).resolve().parents[1]

POOLINGS = {"mean": 1, "mean and deviation": 2}
"""How many of the two each pooling keeps."""


def embedded(run: Run, clips: Sequence[Signal]) -> Floats:
    """The pooled vectors (N, 2, L · D) of clips, one after the other."""
    one = (pooled(run, torch.from_numpy(x)[None], torch.tensor([len(x)])) for x in clips)
    return np.concatenate(list(one))


def drawn(corpora: Path, count: int) -> UtteranceTable:
    """`count` labelled utterances of the corpus, drawn by chance from each emotion in turn."""
    ready = corpora / f"{CORPUS}.parquet"
    table = utterances.read(ready) if ready.is_file() else prepare(CORPUS, corpora / CORPUS).table
    rows = utterances.labelled(table.rows, "native").sort("id")
    mixed = rows[np.random.default_rng(SEED).permutation(rows.height)]
    turn = pl.int_range(pl.len()).over("emotion")
    return table.keep(mixed.sort(turn, maintain_order=True).head(count))


def read(table: UtteranceTable) -> list[Signal]:
    """The samples of every row."""
    places = table.rows.select("corpus", "path", "start", "end").iter_rows()
    return [
        audio.read(table.location(corpus, path), start, end).samples
        for corpus, path, start, end in places
    ]


def agreement(
    found: Floats, reference: Floats, pooling: str, layers: tuple[int, ...] = LAYERS
) -> Agreement:
    """How alike the vectors (N, 2, L · D) of the same clips are in some of the layers."""
    x, y = vectors(found, pooling, layers), vectors(reference, pooling, layers)
    own_x, own_y = _statistics(x)(x), _statistics(y)(y)
    cosines = cosine(x, y)
    return Agreement(
        pooling=pooling,
        layers=layers,
        median=float(np.median(cosines)),
        low=float(np.quantile(cosines, 0.05)),
        least=float(cosines.min()),
        strangers=float(np.median(cosine(y, np.roll(y, 1, axis=0)))),
        own_scale=float(np.median(cosine(own_x, own_y))),
        own_strangers=float(np.median(cosine(own_y, np.roll(own_y, 1, axis=0)))),
    )


def vectors(found: Floats, pooling: str, layers: tuple[int, ...] = LAYERS) -> Floats:
    """One vector a clip, (N, …), of some layers' part of its mean and deviation (N, 2, L · D)."""
    by_layer = found.reshape(len(found), 2, len(LAYERS), -1)
    kept = by_layer[:, : POOLINGS[pooling], [LAYERS.index(layer) for layer in layers]]
    return kept.reshape(len(found), -1)


def cosine(x: Floats, y: Floats) -> Floats:
    """Cosine of each row of `x` (N, D) and the same row of `y`; 0 where one is all zeros."""
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    found: Floats = (x * y).sum(axis=1) / np.maximum(lengths, 1e-12)
    return found


def recognition(
    rows: pl.DataFrame, split: splits.Split, unpadded: Floats, padded: Floats, pooling: str
) -> Recognition:
    """UAR of a logistic regression cross-validated on either, and their paired difference."""
    said = [
        said_by(rows, split, vectors(x, pooling), name)
        for name, x in (("unpadded", unpadded), ("padded", padded))
    ]
    results = {one.system: one for one in pool(predictions.concat(said))}
    test = compare(results["unpadded"], results["padded"], SEED)
    uar = {name: one.measures["uar"].value for name, one in results.items()}
    return Recognition(
        pooling=pooling,
        unpadded=uar["unpadded"],
        padded=uar["padded"],
        difference=test.difference,
        low=test.low,
        high=test.high,
        p=test.p,
        unit=test.unit,
        items=test.items,
    )


def said_by(rows: pl.DataFrame, split: splits.Split, X: Floats, system: str) -> pl.DataFrame:
    """Predictions on every fold's test part, by what was fitted to its training part."""
    names, labels = np.unique(rows["emotion"].to_numpy(), return_inverse=True)
    tables = []
    for fold in split.folds:
        scale, own = _statistics(X[fold.train]), labels[fold.train]
        weights = balanced(own)
        present, ((W, b, _),) = solve(scale(X[fold.train]), own, weights, C, [STEPS])
        predicted = present[(scale(X[fold.test]) @ W.T + b).argmax(axis=1)]
        trial = Trial(
            run="whisper_unpadded",
            system=system,
            protocol="strict",
            features="embeddings",
            normalisation="source",
            train=[CORPUS],
            label_set="native",
            fold=fold.name,
        )
        tables.append(judged(trial, rows[fold.test], names[predicted].tolist()))
    return predictions.concat(tables)


def balanced(labels: NDArray[np.int64]) -> Floats:
    """Weights (N,) with a mean of 1, under which every class that occurs weighs the same."""
    counts = np.bincount(labels)
    found: Floats = (len(labels) / (counts > 0).sum() / counts[labels]).astype(np.float32)
    return found


def _statistics(X: Floats) -> Statistics:
    return Statistics(X.mean(axis=0), X.std(axis=0), len(X), "source")


def measure(corpora: Path, folds: Path, encoder: Path, count: int, rounds: int) -> Result:
    """Compare and time everything on two cores."""
    torch.set_num_threads(CORES)
    checkpoint = Checkpoint.find(encoder)
    systems = loaded(checkpoint)
    table = drawn(corpora, count)
    split = splits.from_file(table.rows, folds, CORPUS, allow_missing=True, speaker_disjoint=True)
    clips = read(table)
    _tell(f"{len(clips)} clips of {CORPUS} are embedded, on their own frames and padded")
    unpadded, padded = embedded(systems.unpadded, clips), embedded(systems.padded, clips)
    theirs = embedded(systems.transformers, clips[:BATCH])
    timings = []
    for seconds in SECONDS:
        for batch in (1, BATCH):
            _tell(f"clips of {seconds:g} s are timed, {batch} a call")
            timings.append(timing(systems, clips, seconds, batch, rounds))
    return Result(
        encoder=checkpoint.name,
        sha256=checkpoint.sha256,
        clips=len(clips),
        speakers=table.rows["speaker"].n_unique(),
        classes=table.rows["emotion"].n_unique(),
        folds=len(split.folds),
        mean_clip_s=float(np.mean([len(clip) / audio.RATE for clip in clips])),
        agreement=tuple(
            agreement(unpadded, padded, pooling, layers)
            for pooling in POOLINGS
            for layers in (LAYERS, *((layer,) for layer in LAYERS))
        ),
        padded_is_transformers=agreement(padded[:BATCH], theirs, "mean and deviation"),
        recognition=tuple(
            recognition(table.rows, split, unpadded, padded, pooling) for pooling in POOLINGS
        ),
        rounds=rounds,
        timings=tuple(timings),
        machine=f"{_processor()}, {platform.system()}",
        cores=os.cpu_count() or 1,
        versions={
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "transformers", "numpy", "scipy")},
        },
    )


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _one_or_more(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number of 1 or more")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the page and its twin."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--folds", type=Path)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--clips", type=_one_or_more, default=200)
    parser.add_argument("--rounds", type=_one_or_more, default=5)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "results")
    given = parser.parse_args(arguments)
    folds = given.folds or given.corpora.resolve().parent / "folds" / "strict.csv.gz"
    try:
        result = measure(given.corpora, folds, given.encoder, given.clips, given.rounds)
    except (AudioError, CorpusError, EncoderError, TableError, splits.SplitError) as error:
        parser.error(str(error))
    given.output.mkdir(parents=True, exist_ok=True)
    text = page(result)
    twin = json.dumps(asdict(result), indent=1)
    (given.output / "whisper_unpadded.json").write_text(twin + "\n", encoding="utf-8")
    (given.output / "whisper_unpadded.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
