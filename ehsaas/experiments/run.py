"""A configuration → a run folder: tables, audit, features, cells, recogniser, report."""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from ehsaas import audit, utterances
from ehsaas.corpora import CORPORA
from ehsaas.corpora.prepare import prepare
from ehsaas.corpora.splits import Split
from ehsaas.evaluation.report import write_report
from ehsaas.experiments import (
    classical,
    comparison,
    enrolment,
    groups,
    holdout,
    joint,
    left_out_disturbed,
    material,
    pretrained,
    record,
    robustness,
    stored,
    switching,
)
from ehsaas.experiments.claim import claim
from ehsaas.experiments.compute import LOG, Progress, compute
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.material import Setup
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.protocols import Cell, cells, crossing, held_out, within_split
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.features.store import FeatureStore, Settings
from ehsaas.utterances import UtteranceTable


def run(
    config: ExperimentConfig,
    corpora: Path,
    out: Path,
    *,
    store: Path,
    source: Path | None = None,
    tables: Mapping[str, UtteranceTable] = MappingProxyType({}),
    fast_dev_run: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Run an experiment and write its report; what a stopped run had finished is not done again.

    Args:
        config: the experiment.
        corpora: folder with one folder of recordings, or one prepared `NAME.parquet`, a corpus.
        out: the run folder.
        store: home of the feature store.
        source: the file of `config`, for "how to repeat"; the copy in `out` where None.
        tables: prepared tables by corpus, which go before those in the folder.
        fast_dev_run: one epoch, one seed, one share: does everything work, not how well.
        progress: told what is being done.

    Returns:
        The path of `report.html`.

    Raises:
        ConfigError: a corpus is missing, or the run folder holds another experiment.
    """
    config = _with_optional(_reduced(config) if fast_dev_run else config, corpora)
    tell: Progress = progress or (lambda what, done, total: None)
    if config.robustness is not None:
        robustness.check(config.robustness)
    setup = Setup(pretrained.found(config, corpora), out, store, corpora)
    claim(config, out, pretrained.digests(config, corpora))
    clock = record.Clock(out)

    def timed(what: str, done: int, total: int) -> None:
        clock.write()
        tell(what, done, total)

    with _logged(out / "log.txt"):
        tables = {name: _table(name, corpora, out, tell, tables) for name in config.corpora}
        for name in config.robustness.babble if config.robustness else ():
            _table(name, corpora, out, tell)
        _write_audit(setup, tables)
        crossed = _labelled(setup, tables, config.cross_labels)
        todo = [
            *cells(config, _labelled(setup, tables), crossed, corpora),
            *robustness.cells(config),
            *left_out_disturbed.cells(config, crossing(config, crossed)),
            *switching.cells(config),
            *classical.cells(config),
            *comparison.cells(config, {name: table.rows for name, table in tables.items()}),
            *enrolment.cells(config),
        ]
        if config.joint is not None and "official" in config.joint.protocols:
            _see_official(todo)
        _build_features(setup, tables, tell)
        computed = compute(setup, todo, timed)
        record.gather(setup, todo, fast_dev_run)
        record.write_environment(
            out, config, source or out / "config.yaml", clock, fast_dev_run, computed
        )
        tell("writing the report", 0, 1)
        report = write_report(out)
        tell("writing the report", 1, 1)
    shutil.rmtree(out / "fits", ignore_errors=True)
    return report


def _with_optional(config: ExperimentConfig, corpora: Path) -> ExperimentConfig:
    """The configuration with those of its optional corpora that lie in the folder."""
    there = [
        name
        for name in config.optional
        if (corpora / f"{name}.parquet").is_file() or (corpora / name).is_dir()
    ]
    return config.model_copy(update={"corpora": (*config.corpora, *there), "optional": ()})


def _reduced(config: ExperimentConfig) -> ExperimentConfig:
    changes: dict[str, Any] = {
        "seeds": config.seeds[:1],
        "training": config.training.model_copy(update={"epochs": 1, "least_steps": 0}),
    }
    if config.within is not None:
        changes["within"] = config.within.model_copy(update={"folds": 2, "strict_folds": None})
    if config.adaptation is not None:
        smaller = {"shares": config.adaptation.shares[:1], "epochs": 1, "least_steps": 0}
        changes["adaptation"] = config.adaptation.model_copy(update=smaller)
    if config.joint is not None:
        changes["joint"] = config.joint.model_copy(update={"folds": 2, "strict_folds": None})
    if config.classical is not None:
        fewer = {"folds": 2, "strict_folds": None}
        changes["classical"] = config.classical.model_copy(update=fewer)
    if config.methods is not None:
        part = config.methods
        changes["methods"] = part.model_copy(
            update={
                "folds": 2,
                "strict_folds": None,
                "labels_per_class": (max(part.labels_per_class),),
                "network": part.network.model_copy(update={"epochs": 1, "least_steps": 0}),
            }
        )
    if config.enrolment is not None:
        changes["enrolment"] = config.enrolment.model_copy(update={"draws": 1})
    if isinstance(config.model, ProbeConfig):
        few = {"C": config.model.C[:1], "steps": config.model.steps[:1]}
        changes["model"] = config.model.model_copy(update=few)
    return config.model_copy(update=changes)


def _see_official(todo: Sequence[Cell]) -> None:
    """See that there is a corpus with parts of its publisher, where they were asked for."""
    if not any(cell.protocol == "official" for cell in todo):
        raise ConfigError(
            "joint.protocols: official: no corpus has parts of its publisher; name the test"
            " speakers in joint.parts"
        )


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Everything that ehsaas logs goes to a file, too."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("ehsaas")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def table_of(name: str, corpora: Path, tell: Progress) -> UtteranceTable:
    """A corpus's prepared table, or what its recordings give.

    Args:
        name: of the corpus.
        corpora: folder with `NAME.parquet`, or a folder `NAME` of recordings.
        tell: told how many recordings were read.

    Raises:
        ConfigError: neither is there, or the table is of another corpus.
    """
    ready = corpora / f"{name}.parquet"
    if ready.is_file():
        table = utterances.read(ready)
    elif name in CORPORA and (corpora / name).is_dir():
        prepared = prepare(name, corpora / name, progress=partial(tell, f"reading {name}"))
        for path, reason in prepared.unused.iter_rows():
            LOG.info("%s: not used: %s (%s)", name, path, reason)
        table = prepared.table
    elif name not in CORPORA:
        raise ConfigError(
            f"corpus {name!r} is not there: expected {ready}, as `ehsaas prepare manifest LIST"
            f" --corpus {name}` writes it (a folder of recordings will do only for"
            f" {', '.join(CORPORA)})"
        )
    else:
        raise ConfigError(
            f"corpus {name!r} is not there: expected {corpora / name} with its recordings, or"
            f" {ready} as `ehsaas prepare` writes it"
        )
    found = table.rows["corpus"].unique().to_list()
    if found != [name]:
        raise ConfigError(f"{ready}: holds the corpora {', '.join(found)}; expected {name}")
    return table


def _table(
    name: str,
    corpora: Path,
    out: Path,
    tell: Progress,
    given: Mapping[str, UtteranceTable] = MappingProxyType({}),
) -> UtteranceTable:
    """The run's own copy of a corpus's table: made once, from a prepared table or recordings."""
    own = out / "tables" / f"{name}.parquet"
    ready = corpora / f"{name}.parquet"
    if own.is_file():
        table = utterances.read(own)
        if name in given:
            now, what = given[name], f"the table of {name} that was given"
        else:
            now, what = utterances.read(ready) if ready.is_file() else table, str(ready)
        if not now.rows.equals(table.rows):
            raise ConfigError(
                f"{what} has changed since the run in {out} was begun; give another folder with"
                " -o, or remove that one"
            )
        return table
    table = given[name] if name in given else table_of(name, corpora, tell)
    utterances.write(table, own)
    return table


def _labelled(
    setup: Setup, tables: dict[str, UtteranceTable], label_set: str | None = None
) -> dict[str, pl.DataFrame]:
    """Rows with a class; in the label set of the within-language question where none is given."""
    part = setup.config.within
    own = part.label_set if part is not None else "native"
    return {
        name: material.labelled(setup.config, table.rows, name, label_set or own)
        for name, table in tables.items()
    }


def _write_audit(setup: Setup, tables: dict[str, UtteranceTable]) -> None:
    """Audit every corpus on every split of its own that the run uses."""
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
    for name, protocol, own, split in groups.audited(setup):
        findings = [finding.to_dict() for finding in audit.audit(own, split).findings]
        found.append({"corpus": name, "split": protocol, "findings": findings})
    (setup.run / "audit.json").write_text(
        json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def _splits(
    setup: Setup, name: str, rows: pl.DataFrame
) -> Iterator[tuple[str | None, Split | None]]:
    config = setup.config
    within = config.within.protocols if config.within is not None else ()
    for protocol in within:
        yield protocol, within_split(config, rows, name, protocol, setup.root)
    together = config.joint.protocols if config.joint is not None else ()
    for asked in together:
        if config.joint is not None and asked != "loco":
            folds = holdout.folds(rows, asked, config.joint, setup.root)
            if folds:
                yield asked, Split(asked, folds)
    if not set(within) | set(together) - {"loco"}:
        yield None, None


def _build_features(setup: Setup, tables: dict[str, UtteranceTable], tell: Progress) -> None:
    """Everything that a cell will ask the store for, those of variants and leaks included."""
    config = setup.config
    changed = [setup.of(name).config for name in ("", *config.variants) if config.has_network]
    if config.joint is not None and "copies" in config.joint.leaks:
        changed.append(joint.copying(config))
    wanted: dict[str, tuple[str, Settings]] = {
        settings.model_dump_json(): (kind, settings)
        for one in changed
        for kind, chosen in stored.feature_settings(one).items()
        for settings in chosen
    }
    for kind, settings in {**groups.settings(config), **comparison.settings(config)}.items():
        wanted[settings.model_dump_json()] = (kind, settings)
    for name, table in tables.items():
        for kind, settings in wanted.values():
            FeatureStore(setup.store).get(
                table,
                settings,
                workers=config.workers,
                progress=partial(tell, f"{kind} of {name}"),
            )
