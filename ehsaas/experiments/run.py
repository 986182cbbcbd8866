"""A configuration → a run folder: tables, audit, features, cells, recogniser, report."""

import json
import logging
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import polars as pl
import torch
import yaml
from joblib import Parallel, delayed

from ehsaas import audit, utterances
from ehsaas.corpora import CORPORA
from ehsaas.corpora.prepare import prepare
from ehsaas.corpora.splits import Split
from ehsaas.evaluation import predictions
from ehsaas.evaluation.report import write_report
from ehsaas.experiments import baselines, final, material, networks
from ehsaas.experiments.config import ConfigError, ExperimentConfig
from ehsaas.experiments.material import Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.protocols import Cell, cells, held_out, within_split
from ehsaas.features.store import FeatureStore
from ehsaas.utterances import UtteranceTable

LOG = logging.getLogger("ehsaas.run")

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, steps done, steps in all)."""

NETWORKS = {
    "within": networks.within,
    "pair": networks.pair,
    "pooled": networks.pooled,
    "adaptation": networks.adaptation,
    "recogniser": final.recogniser,
}
BASELINES = {
    "within-baselines": baselines.within,
    "pair-baselines": baselines.pair,
    "pooled-baselines": baselines.pooled,
    "adaptation-baselines": baselines.adaptation,
}


def run(
    config: ExperimentConfig,
    corpora: Path,
    out: Path,
    *,
    store: Path,
    fast_dev_run: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Run an experiment and write its report; what a stopped run had finished is not done again.

    Args:
        config: the experiment.
        corpora: folder with one folder of recordings, or one prepared `NAME.parquet`, a corpus.
        out: the run folder.
        store: home of the feature store.
        fast_dev_run: one epoch, one seed, one share: does everything work, not how well.
        progress: told what is being done.

    Returns:
        The path of `report.html`.

    Raises:
        ConfigError: a corpus is missing, or the run folder holds another experiment.
    """
    config = _reduced(config) if fast_dev_run else config
    tell: Progress = progress or (lambda what, done, total: None)
    setup = Setup(config, out, store, corpora)
    _claim(config, out)
    began = time.time()
    with _logged(out / "log.txt"):
        tables = {name: _table(name, corpora, out, tell) for name in config.corpora}
        _write_audit(setup, tables)
        _build_features(setup, tables, tell)
        todo = cells(config, _labelled(setup, tables), corpora)
        _compute(setup, todo, tell)
        _gather(setup, todo)
        _write_environment(out, config.name, time.time() - began)
        tell("writing the report", 0, 1)
        report = write_report(out)
        tell("writing the report", 1, 1)
    shutil.rmtree(out / "fits", ignore_errors=True)
    return report


def _reduced(config: ExperimentConfig) -> ExperimentConfig:
    changes: dict[str, Any] = {
        "seeds": config.seeds[:1],
        "training": config.training.model_copy(update={"epochs": 1, "least_steps": 0}),
    }
    if config.within is not None:
        changes["within"] = config.within.model_copy(update={"folds": 2, "strict_folds": None})
    if config.adaptation is not None:
        smaller = {"shares": config.adaptation.shares[:1], "epochs": 1}
        changes["adaptation"] = config.adaptation.model_copy(update=smaller)
    return config.model_copy(update=changes)


def _claim(config: ExperimentConfig, out: Path) -> None:
    """Write the configuration into the run folder, or check that it is the one already there."""
    path = out / "config.yaml"
    text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise ConfigError(
            f"{out} holds a run of another configuration; give another folder with -o, or remove it"
        )
    for name in ("cells", "fits", "tables"):
        (out / name).mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class _logged:  # noqa: N801 - reads as a sentence in `with`
    """Everything that ehsaas logs goes to a file, too."""

    def __init__(self, path: Path) -> None:
        self.handler = logging.FileHandler(path, encoding="utf-8")
        self.handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))

    def __enter__(self) -> None:
        logger = logging.getLogger("ehsaas")
        logger.setLevel(logging.INFO)
        logger.addHandler(self.handler)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("ehsaas").removeHandler(self.handler)
        self.handler.close()


def _table(name: str, corpora: Path, out: Path, tell: Progress) -> UtteranceTable:
    """The run's own copy of a corpus's table: made once, from a prepared table or recordings."""
    own = out / "tables" / f"{name}.parquet"
    if own.is_file():
        return utterances.read(own)
    ready = corpora / f"{name}.parquet"
    if ready.is_file():
        table = utterances.read(ready)
    elif name in CORPORA and (corpora / name).is_dir():
        prepared = prepare(name, corpora / name, progress=partial(tell, f"reading {name}"))
        for path, reason in prepared.unused.iter_rows():
            LOG.info("%s: not used: %s (%s)", name, path, reason)
        table = prepared.table
    else:
        raise ConfigError(
            f"corpus {name!r} is not there: expected {corpora / name} with its recordings, or"
            f" {ready} as `ehsaas prepare` writes it"
        )
    found = table.rows["corpus"].unique().to_list()
    if found != [name]:
        raise ConfigError(f"{ready}: holds the corpora {', '.join(found)}; expected {name}")
    utterances.write(table, own)
    return table


def _labelled(setup: Setup, tables: dict[str, UtteranceTable]) -> dict[str, pl.DataFrame]:
    part = setup.config.within
    label_set = part.label_set if part is not None else "native"
    return {
        name: material.labelled(setup.config, table.rows, name, label_set)
        for name, table in tables.items()
    }


def _write_audit(setup: Setup, tables: dict[str, UtteranceTable]) -> None:
    """Audit every corpus on every split that the run uses."""
    found = []
    for name, rows in _labelled(setup, tables).items():
        table = tables[name].keep(rows)
        for label, split in _splits(setup, name, rows):
            result = audit.audit(table, split)
            findings = [finding.to_dict() for finding in result.findings]
            found.append({"corpus": name, "split": label, "findings": findings})
    if setup.config.adaptation is not None:
        for name, table in tables.items():
            rows = material.labelled(
                setup.config, table.rows, name, setup.config.adaptation.label_set
            )
            split = Split("heldout", (held_out(setup.config, rows),))
            findings = [f.to_dict() for f in audit.audit(table.keep(rows), split).findings]
            found.append({"corpus": name, "split": "heldout", "findings": findings})
    (setup.run / "audit.json").write_text(json.dumps(found, ensure_ascii=False, indent=1))


def _splits(
    setup: Setup, name: str, rows: pl.DataFrame
) -> Iterator[tuple[str | None, Split | None]]:
    if setup.config.within is None:
        yield None, None
        return
    for protocol in setup.config.within.protocols:
        yield protocol, within_split(setup.config, rows, name, protocol, setup.root)


def _build_features(setup: Setup, tables: dict[str, UtteranceTable], tell: Progress) -> None:
    for name, table in tables.items():
        for kind, chosen in material.feature_settings(setup.config).items():
            for settings in chosen:
                FeatureStore(setup.store).get(
                    table,
                    settings,
                    workers=setup.config.workers,
                    progress=partial(tell, f"{kind} of {name}"),
                )


def _compute(setup: Setup, todo: list[Cell], tell: Progress) -> None:
    """Compute what is missing, in processes of one thread each; pooled networks come first."""
    waves = [
        [cell for cell in todo if cell.kind.startswith("pooled")],
        [cell for cell in todo if not cell.kind.startswith("pooled")],
    ]
    done = 0
    for wave in waves:
        missing = [cell for cell in wave if not _done(setup, cell)]
        done += len(wave) - len(missing)
        tell("training", done, len(todo))
        results = Parallel(n_jobs=setup.config.workers, return_as="generator_unordered")(
            delayed(_compute_one)(setup, cell) for cell in missing
        )
        for key, seconds in results:
            done += 1
            LOG.info("cell %s took %.1f s (%d of %d)", key, seconds, done, len(todo))
            tell("training", done, len(todo))


def _done(setup: Setup, cell: Cell) -> bool:
    return (setup.run / "cells" / f"{cell.key}.json").is_file()


def _compute_one(setup: Setup, cell: Cell) -> tuple[str, float]:
    """One cell; its JSON file is written last, so that a half-written cell does not count."""
    torch.set_num_threads(1)
    began = time.time()
    if cell.kind in BASELINES:
        result = Trained(BASELINES[cell.kind](setup, cell), [])
    else:
        result = NETWORKS[cell.kind](setup, cell)
    folder = setup.run / "cells"
    if result.predictions.height:
        predictions.write(result.predictions, folder / f"{cell.key}.parquet")
    seconds = time.time() - began
    about = {"histories": result.histories, "notes": result.notes, "seconds": seconds}
    aside = folder / f"{cell.key}.part"
    aside.write_text(json.dumps(about))
    aside.replace(folder / f"{cell.key}.json")
    shutil.rmtree(setup.run / "fits" / cell.key, ignore_errors=True)
    return cell.key, seconds


def _gather(setup: Setup, todo: list[Cell]) -> None:
    """Put the cells together: predictions, histories, notes."""
    folder = setup.run / "cells"
    ordered = sorted(todo, key=lambda cell: cell.key)
    tables = [folder / f"{cell.key}.parquet" for cell in ordered]
    told = [json.loads((folder / f"{cell.key}.json").read_text()) for cell in ordered]
    whole = predictions.concat([predictions.read(path) for path in tables if path.is_file()])
    predictions.write(whole, setup.run / "predictions.parquet")
    histories = [history for cell in told for history in cell["histories"]]
    (setup.run / "history.json").write_text(json.dumps(histories))
    notes = [*setup.config.notes, *_validated(ordered, told)]
    if setup.config.shuffle_labels:
        notes.insert(0, "The labels were dealt out again at random: every system is at chance.")
    (setup.run / "notes.json").write_text(json.dumps(notes, ensure_ascii=False))


def _validated(ordered: list[Cell], told: list[dict[str, Any]]) -> Iterator[str]:
    """How early stopping was validated, and for which corpora."""
    found: dict[str, set[str]] = {}
    for cell, result in zip(ordered, told, strict=True):
        for how in result["notes"]:
            found.setdefault(how, set()).add(f"{cell.corpus} ({cell.protocol or cell.kind})")
    for how, where in sorted(found.items()):
        yield f"Early stopping, validation part {how}: {', '.join(sorted(where))}."


def _write_environment(out: Path, name: str, seconds: float) -> None:
    """What it was run on; a run that was stopped adds the time of its parts."""
    path = out / "environment.json"
    before = json.loads(path.read_text())["seconds"] if path.is_file() else 0.0
    packages = ("ehsaas", "torch", "numpy", "polars", "scikit-learn", "soundfile", "soxr")
    path.write_text(
        json.dumps(
            {
                "seconds": round(before + seconds, 1),
                "finished": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
                "python": platform.python_version(),
                "system": platform.system(),
                "machine": platform.machine(),
                "processor": _processor(),
                "cores": os.cpu_count(),
                "packages": {name: metadata.version(name) for name in packages},
                "command": f"ehsaas run experiments/{name}.yaml --corpora FOLDER",
            },
            indent=1,
        )
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return platform.processor()
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), "")
