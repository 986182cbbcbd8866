"""A saved recogniser and a prepared table → predictions, audit and report in a run folder."""

import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from ehsaas import audio, audit, utterances
from ehsaas.calibration import Statistics
from ehsaas.emotions import LABEL_SETS, NO_SPEECH, Estimate
from ehsaas.evaluation import predictions
from ehsaas.evaluation.report import write_report
from ehsaas.experiments.judged import Trial, judged
from ehsaas.judging import Judge
from ehsaas.utterances import TableError, UtteranceTable

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, recordings done, recordings in all)."""

_PROTOCOL = "heldout"


class EvaluationError(ValueError):
    """Nothing of the table can be judged by this recogniser; the message says why."""


@dataclass(frozen=True)
class Asked:
    """What a run folder says that it is."""

    name: str
    question: str
    command: str


@dataclass(frozen=True)
class Read:
    """Utterances that could be read, their clips, and a line for each that could not."""

    rows: pl.DataFrame
    clips: Sequence[audio.Clip]
    unread: Sequence[str]

    def by_corpus(self) -> Iterator[tuple[str, list[int]]]:
        """Each corpus and where in `rows` its utterances are."""
        for corpus in self.rows["corpus"].unique(maintain_order=True):
            yield corpus, (self.rows["corpus"] == corpus).arg_true().to_list()


def evaluate(
    recogniser: Judge,
    table: UtteranceTable,
    out: Path,
    *,
    neutral_styles: Sequence[str] = (),
    progress: Progress | None = None,
) -> Path:
    """Judge every labelled utterance with its clip alone, and beside its corpus's statistics.

    Utterances whose emotion the recogniser does not know are left out and counted in the notes;
    one in which it hears no speech counts as wrong.

    Args:
        recogniser: from `ehsaas.load`.
        table: utterances of one or more corpora, with their recordings.
        out: the run folder to write.
        neutral_styles: styles of unlabelled utterances that count as neutral.
        progress: told how many recordings were judged.

    Returns:
        The path of the report.

    Raises:
        EvaluationError: no utterance has an emotion that the recogniser knows, or none can be read.
    """
    corpora = corpora_of(table)
    asked = Asked(
        f"{recogniser.name} on {corpora}",
        f"How well does {recogniser.name} recognise emotion in {corpora}?",
        "ehsaas evaluate MODEL TABLE",
    )
    refuse_another(out, asked.name)
    known = known_to(recogniser, table, neutral_styles)
    found = read(table, known, progress)
    tables = []
    for corpus, own in found.by_corpus():
        part, sounds = found.rows[own], [found.clips[i] for i in own]
        statistics = recogniser.statistics_of(sounds, f"corpus: {corpus}", strength=0)
        for name, used in (("source", None), ("corpus", statistics)):
            said = list(_said(recogniser, sounds, used, f"{corpus}, {name} statistics", progress))
            condition = condition_of(recogniser, corpus, neutral_styles)
            tables.append(as_judged(recogniser, name, part, said, condition))
    left_out = len(table) - found.rows.height
    notes = [*notes_on(recogniser, table, left_out, neutral_styles), *found.unread]
    predictions.write(predictions.concat(tables), out / "predictions.parquet")
    write_about(out, recogniser, table.keep(found.rows), asked, notes)
    return write_report(out)


def corpora_of(table: UtteranceTable) -> str:
    """The names of a table's corpora, in alphabetical order."""
    return ", ".join(sorted(set(table.rows["corpus"])))


def refuse_another(out: Path, name: str) -> None:
    """Let a folder pass that is empty or holds an earlier run of this name.

    Raises:
        EvaluationError: it holds another run.
    """
    config = out / "config.yaml"
    if config.is_file() and yaml.safe_load(config.read_text(encoding="utf-8")).get("name") != name:
        raise EvaluationError(f"{out} holds another run; give another folder with -o")


def known_to(
    recogniser: Judge, table: UtteranceTable, neutral_styles: Sequence[str]
) -> pl.DataFrame:
    """The utterances whose emotion is one that the recogniser knows.

    Raises:
        EvaluationError: there is none.
    """
    rows = utterances.labelled(table.rows, _label_set(recogniser), neutral_styles)
    known = rows.filter(pl.col("emotion").is_in(recogniser.classes))
    if not known.height:
        raise EvaluationError(
            f"no utterance of the table has one of {', '.join(recogniser.classes)}, which is all"
            f" that {recogniser.name} knows"
        )
    return known


def _label_set(recogniser: Judge) -> str:
    same = (name for name, found in LABEL_SETS.items() if set(found) == set(recogniser.classes))
    return next(same, "native")


def clips_of(table: UtteranceTable, rows: pl.DataFrame) -> Iterator[audio.Clip | str]:
    """The clip of each of some rows of a table, or a line about why it cannot be read."""
    for corpus, path, start, end in rows.select("corpus", "path", "start", "end").iter_rows():
        try:
            if path is None:
                raise TableError(f"{corpus}: a row without a recording")
            yield audio.read(table.location(corpus, path), start, end)
        except (audio.AudioError, TableError, OSError) as error:
            yield str(error)


def read(table: UtteranceTable, rows: pl.DataFrame, progress: Progress | None) -> Read:
    """The clips of some rows of a table.

    Raises:
        EvaluationError: none can be read.
    """
    clips: list[audio.Clip | None] = []
    unread: list[str] = []
    for done, found in enumerate(clips_of(table, rows), 1):
        if isinstance(found, str):
            unread.append(f"Not judged: {found}")
        clips.append(None if isinstance(found, str) else found)
        if progress:
            progress("reading", done, rows.height)
    heard = [clip for clip in clips if clip is not None]
    if not heard:
        raise EvaluationError(f"none of the {len(clips)} recordings can be read: {unread[0]}")
    return Read(rows.filter(pl.Series(clip is not None for clip in clips)), heard, unread)


def _said(
    recogniser: Judge,
    clips: Sequence[audio.Clip],
    statistics: Statistics | None,
    what: str,
    progress: Progress | None,
) -> Iterator[Estimate]:
    for done, clip in enumerate(clips, 1):
        yield recogniser(clip, statistics)
        if progress:
            progress(what, done, len(clips))


def as_judged(
    recogniser: Judge,
    normalisation: str,
    rows: pl.DataFrame,
    said: Sequence[Estimate],
    condition: Mapping[str, float | str],
) -> pl.DataFrame:
    """The prediction table of what a recogniser said of some rows; "no speech" counts as wrong."""
    trial = Trial(
        run=recogniser.name,
        system=recogniser.model,
        protocol=_PROTOCOL,
        features="frames",
        normalisation=normalisation,
        train=list(recogniser.facts.get("corpora") or ["unknown"]),
        label_set=_label_set(recogniser),
        condition=condition,
    )
    even = 1 / len(recogniser.classes)
    odds = [[one.probabilities.get(name, even) for name in recogniser.classes] for one in said]
    words = [one.emotion for one in said]
    wrong = _another(recogniser, rows["emotion"].to_list())
    words = [wrong[i] if word == NO_SPEECH else word for i, word in enumerate(words)]
    return judged(trial, rows, words, recogniser.classes, np.array(odds))


def condition_of(
    recogniser: Judge, corpus: str, neutral_styles: Sequence[str]
) -> dict[str, float | str]:
    """What sets a figure apart from one on a corpus as it is that the recogniser never saw."""
    condition: dict[str, float | str] = {}
    if corpus in (recogniser.facts.get("corpora") or []):
        condition["recordings"] = "trained on"
    if neutral_styles:
        condition["neutral"] = ", ".join(sorted(neutral_styles))
    return condition


def _another(recogniser: Judge, truth: Sequence[str]) -> list[str]:
    """For each utterance a class that it is not: what "no speech" counts as."""
    return [next(name for name in recogniser.classes if name != one) for one in truth]


def notes_on(
    recogniser: Judge, table: UtteranceTable, left_out: int, neutral_styles: Sequence[str]
) -> Iterator[str]:
    """What to know of a judgement before reading on, `left_out` utterances not judged."""
    if left_out:
        yield (
            f"{left_out} of {len(table)} utterances were not judged: they have no emotion that the"
            f" recogniser knows ({', '.join(recogniser.classes)}), or cannot be read."
        )
    for corpus in _seen(recogniser, table):
        yield f"{corpus} is among the corpora that trained the recogniser: this is no test on it."
    if neutral_styles:
        yield (
            f"Unlabelled utterances of the styles {', '.join(neutral_styles)} count as neutral:"
            " there neutral is confounded with style."
        )


def _seen(recogniser: Judge, table: UtteranceTable) -> list[str]:
    trained = set(recogniser.facts.get("corpora") or [])
    return sorted(trained & set(table.rows["corpus"]))


def write_about(
    out: Path,
    recogniser: Judge,
    table: UtteranceTable,
    asked: Asked,
    notes: Sequence[str],
) -> None:
    """Write all of a run folder beside predictions and report; `table` is what was judged."""
    sections = audit.audit(table).sections()
    for corpus in _seen(recogniser, table):
        trained = audit.Finding(
            "trained-on",
            "critical",
            corpus,
            "the recogniser was trained on this corpus",
            {"corpora": list(recogniser.facts["corpora"])},
            "The score says how well its own training data are remembered.",
            "Judge it on a corpus that it has not seen.",
        )
        sections.append({"corpus": corpus, "split": None, "findings": [trained.to_dict()]})
    about: Mapping[str, Any] = {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "packages": {name: metadata.version(name) for name in ("ehsaas", "torch", "numpy")},
        "command": asked.command,
    }
    config = {"name": asked.name, "question": asked.question}
    for name, content in (("audit", sections), ("environment", about), ("notes", list(notes))):
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (out / f"{name}.json").write_text(text, encoding="utf-8")
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    (out / "config.yaml").write_text(text, encoding="utf-8")
