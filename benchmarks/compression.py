"""What int8, pruning and a student cost: strict folds judged by the files, beside float32.

    python benchmarks/compression.py --corpora FOLDER --run FOLDER [-o docs/results]
        [--systems NAME …] [--on CORPUS …]

FOLDER holds prepared tables, with `encoders` and `folds` beside it. On every strict fold of a
corpus a recogniser is trained as its experiment says, exported in every form, and each file judges
the recordings of the fold's test speakers. Cells are kept in the run's folder; one that is there is
not done again. Writes compression.md, its twin and its prediction table.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import polars as pl
import torch

from benchmarks.compression_page import page, twin
from ehsaas import audio, utterances
from ehsaas.audio import Clip
from ehsaas.corpora.splits import Fold
from ehsaas.evaluation import predictions
from ehsaas.experiments import config as configuration
from ehsaas.experiments import fitting, material, networks, pretrained, stored
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.holdout import speaker_folds
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Setup
from ehsaas.experiments.protocols import Cell
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.export import export
from ehsaas.export.distil import StudentSettings, distil
from ehsaas.export.exporting import Precision
from ehsaas.judging import Judge
from ehsaas.recogniser import Recogniser, load, save
from ehsaas.serving import runtime
from ehsaas.utterances import UtteranceTable

EXPERIMENTS = Path(__file__).resolve().parents[1] / "experiments"

SYSTEMS = {
    "attention-bilstm": "kashmiri_bilstm",
    "claf-ser": "claf_ser",
    "simple-rnn": "rnn",
    "whisper-base": "transfer",
}
"""Each system and the experiment that says how it is trained."""

PRUNED = {"attention-bilstm": 0.25, "whisper-base": 0.25}
"""The share of units that is left out, where pruning knows the network."""

TAUGHT = ("whisper-base",)
"""Systems that a student is taught by."""

CALIBRATED = 60
"""Training recordings that static int8 and pruning listen to."""

SPEED_S = 3.0
"""Seconds of the clip that the files are timed on."""


@dataclass(frozen=True)
class Form:
    """A file of one fold: its size in bytes and the median time (ms) of a clip of 3 s."""

    system: str
    corpus: str
    fold: str
    form: str
    size: int
    p50_ms: float


@dataclass(frozen=True)
class Bench:
    """Where everything is, and the corpora's prepared tables."""

    corpora: Path
    run: Path
    store: Path

    def of(self, system: str) -> Path:
        """What the training of a system keeps: its tables, and fits that were stopped."""
        return self.run / "systems" / system

    def table(self, corpus: str, system: str) -> UtteranceTable:
        """A prepared table, kept as every run keeps its own."""
        kept = self.of(system) / "tables" / f"{corpus}.parquet"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            utterances.write(utterances.read(self.corpora / f"{corpus}.parquet"), kept)
        return utterances.read(kept)


def config_of(system: str, corpus: str, corpora: Path) -> ExperimentConfig:
    """The experiment of a system, for one corpus."""
    found = configuration.load(EXPERIMENTS / f"{SYSTEMS[system]}.yaml")
    changes: dict[str, Any] = {"corpora": (corpus,), "adversary": None}
    if isinstance(found.model, ProbeConfig) and found.model.alone is not None:
        changes["model"] = found.model.model_copy(update=found.model.alone.model_dump())
    return pretrained.found(found.model_copy(update=changes), corpora)


def recogniser_of(setup: Setup, corpus: str, fold: Fold, classes: Sequence[str]) -> Recogniser:
    """The recogniser of a fold, by its training speakers' own statistics."""
    data = material.load(setup, [corpus], "native")
    statistics = data.statistics(fold.train, "source")
    cell = Cell("within", corpus, 0, "strict", fold.name)
    network, _, _ = networks.train(setup, data, statistics, fold.train, cell)
    return Recogniser(
        setup.config.heard_by,
        fitting.sizes(setup.config, 1, classes),
        network,
        model=setup.config.system,
        classes=tuple(classes),
        statistics=statistics,
        name=f"{setup.config.name}-{corpus}-{fold.name}",
        facts={"corpora": [corpus]},
    )


def forms(system: str) -> tuple[str, ...]:
    """The forms of a system, each after what it is made of."""
    found = ["torch", "float32", "int8"]
    if system != "simple-rnn":  # which has nothing but recurrent layers of one step
        found.append("int8-static")
    if system in PRUNED:
        found.append("pruned")
    return (*found, *(("student", "student-int8") if system in TAUGHT else ()))


def made(form: str, system: str, whole: Recogniser, clips: Sequence[Clip], folder: Path) -> Path:
    """The file of one form; `clips` are the fold's training recordings, `folder` keeps students."""
    some = [clips[i] for i in np.linspace(0, len(clips) - 1, CALIBRATED).astype(int)]
    path = folder / f"{form}.onnx"
    if form.startswith("student"):
        student = folder / "student"
        if not (student / "recogniser.json").is_file():
            export(whole, folder / "teacher.onnx", some)
            save(
                distil(runtime.read(folder / "teacher.onnx"), clips, 0, StudentSettings()), student
            )
        whole = load(student)
    precision: Precision = "float32"
    if form in ("int8", "int8-static"):
        precision = "int8" if form == "int8" else "int8-static"
    elif form == "student-int8":
        precision = "int8"
    share = PRUNED[system] if form == "pruned" else 0.0
    export(whole, path, some, precision=precision, prune=share)
    return path


def cell(bench: Bench, system: str, corpus: str, fold: Fold, setup: Setup) -> None:
    """One fold of a corpus: trained, exported in every form, judged by each; written down."""
    key = f"{system}-{corpus}-{fold.name}"
    done = {form: bench.run / "cells" / f"{key}-{form}.parquet" for form in forms(system)}
    if all(path.is_file() for path in done.values()):
        return
    table = bench.table(corpus, system)
    rows = material.labelled(setup.config, table.rows, corpus, "native")
    clips = [_read(table, row) for row in rows.iter_rows(named=True)]
    model = bench.run / "models" / key
    if not (model / "recogniser.json").is_file():
        save(recogniser_of(setup, corpus, fold, utterances.classes(rows)), model)
    whole = load(model)
    given = [clips[i] for i in fold.train]
    for form, path in done.items():
        if path.is_file():
            continue
        judge: Judge = whole
        size = 0
        if form != "torch":
            file = made(form, system, whole, given, model)
            judge, size = runtime.read(file), file.stat().st_size
        told = asdict(Form(system, corpus, fold.name, form, size, timed(judge)))
        path.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")
        predictions.write(_said(judge, form, system, rows[fold.test], clips, fold, setup), path)
        print(told, flush=True)
        for left in model.glob("*.onnx"):
            left.unlink()


def timed(judge: Judge, rounds: int = 15) -> float:
    """The median time (ms) of a clip of noise, on one core."""
    rng = np.random.default_rng(0)
    clip = Clip(0.1 * rng.standard_normal(round(SPEED_S * audio.RATE)).astype(np.float32))
    torch.set_num_threads(1)
    taken = []
    for turn in range(rounds + 2):
        start = time.perf_counter()
        judge(clip)
        if turn > 1:
            taken.append(1000 * (time.perf_counter() - start))
    return float(np.median(taken))


def _read(table: UtteranceTable, row: Mapping[str, Any]) -> Clip:
    place = table.location(row["corpus"], row["path"])
    return audio.read(place, row["start"], row["end"])


def _said(
    judge: Judge,
    form: str,
    system: str,
    rows: pl.DataFrame,
    clips: Sequence[Clip],
    fold: Fold,
    setup: Setup,
) -> pl.DataFrame:
    """What one form says of the fold's test recordings."""
    estimates = [judge(clips[i]) for i in fold.test]
    trial = Trial(
        "compression",
        system,
        "strict",
        stored.kind_of(setup.config),
        "source",
        setup.config.corpora,
        "native",
        fold=fold.name,
        condition={"variant": form},
    )
    shares = np.array([[e.probabilities.get(c, 0.0) for c in judge.classes] for e in estimates])
    return judged(trial, rows, [e.emotion for e in estimates], judge.classes, shares)


def main() -> None:
    """Judge what is not judged yet, and write the page."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--corpora", type=Path, required=True)
    asked.add_argument("--run", type=Path, required=True)
    asked.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    asked.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    asked.add_argument("--on", nargs="+", default=["emodb", "urdu"], metavar="CORPUS")
    asked.add_argument("--page", action="store_true", help="write the page of what is judged")
    given = asked.parse_args()
    bench = Bench(given.corpora, given.run, Path(os.environ.get("EHSAAS_HOME") or given.run))
    (bench.run / "cells").mkdir(parents=True, exist_ok=True)
    for corpus in [] if given.page else given.on:
        for system in given.systems:
            told = config_of(system, corpus, bench.corpora)
            setup = Setup(told, bench.of(system), bench.store, bench.corpora)
            rows = material.labelled(told, bench.table(corpus, system).rows, corpus, "native")
            folds = speaker_folds(rows, corpus, FOLDS, 5, bench.corpora).folds
            for fold in folds:
                cell(bench, system, corpus, fold, setup)
    write(bench, given.output)


FOLDS = "../folds/strict.csv.gz"


def write(bench: Bench, output: Path) -> None:
    """The page, its twin and the table of predictions, of all cells that there are."""
    cells = sorted((bench.run / "cells").glob("*.parquet"))
    table = predictions.concat([predictions.read(path) for path in cells])
    sizes = [json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) for path in cells]
    rows = twin(table, sizes)
    output.mkdir(parents=True, exist_ok=True)
    predictions.write(table, output / "compression.parquet")
    (output / "compression.json").write_text(
        json.dumps(rows, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    text = page(rows)
    (output / "compression.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
