"""An entrant and items → the prediction table, one finished corpus after the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.emotions import to_label_set
from ehsaas.enrolment import STRENGTH, Running
from ehsaas.evaluation import predictions
from ehsaas.experiments.benchmark.classes import ASKED, asked, classes_in, restricted
from ehsaas.experiments.benchmark.entrants import Entrant
from ehsaas.experiments.benchmark.items import Items
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.benchmark.standing import CONTAMINATED, Standing
from ehsaas.experiments.evaluate import clips_of
from ehsaas.experiments.judged import Trial, judged

Progress = Callable[[str, int, int], None]
Array = NDArray[np.float64]
Used = Sequence[Statistics | None]
"""Whose statistics each row is judged by; None for the model's own."""

VOICED = 5
"""Recordings below which a speaker has no statistics of its own, but its corpus's."""


@dataclass(frozen=True)
class Said:
    """Answers to rows.

    `probabilities` (N, C) of the entrant's classes, and whether speech was `heard` (N,).
    """

    rows: pl.DataFrame
    probabilities: Array
    heard: NDArray[np.bool_]


@dataclass(frozen=True)
class Bench:
    """Who is judged, and on what: items that it was not trained on, and how it stands to them."""

    entrant: Entrant
    items: Items
    standings: Sequence[Standing]


def judge(bench: Bench, path: Path, progress: Progress) -> pl.DataFrame:
    """The predictions of an entrant, which are in the file at `path` when this returns.

    The file is written again with every corpus that is finished, under each kind of statistics;
    what it holds already is not judged again. Clips are read one by one.

    Args:
        bench: who is judged on what.
        path: of the prediction table.
        progress: told how many recordings were judged.

    Raises:
        BenchmarkError: a recording cannot be read any more, or the entrant gives what it should
            not.
        PredictionError: what is there is no prediction table.
    """
    wanted = asked(bench.entrant, bench.items)
    before = finished(bench, path)
    done = predictions.read(path) if path.is_file() else None
    for corpus in (name for name in wanted.corpora if name not in before):
        own = wanted.only(wanted.rows.filter(corpus=corpus))
        for kind, said in _answers(bench, own, corpus, progress):
            table = _table(bench, said, kind)
            rest = [] if done is None else [_without(done, corpus, kind)]
            done = predictions.concat([*rest, table])
            predictions.write(done, path)
    assert done is not None, "something is asked for"
    return done


def finished(bench: Bench, path: Path) -> tuple[str, ...]:
    """The corpora whose predictions are all in the file at `path`, under the protocols of now.

    Raises:
        PredictionError: what is there is no prediction table.
    """
    if not path.is_file():
        return ()
    protocols = {one.language: one.protocol for one in bench.standings}
    own = pl.col("language").replace_strict(protocols, default=None)
    held = predictions.read(path)
    stale = set(held.filter(pl.col("protocol").ne_missing(own))["corpus"])
    return tuple(
        corpus
        for corpus in asked(bench.entrant, bench.items).corpora
        if corpus not in stale
        and set(kinds(bench.entrant, bench.items.rows.filter(corpus=corpus)))
        <= set(held.filter(corpus=corpus)["normalisation"])
    )


def kinds(entrant: Entrant, rows: pl.DataFrame) -> tuple[str, ...]:
    """Whose statistics an entrant is judged by on a corpus: `none` where it takes none.

    `rows` are all items of the corpus, those of emotions that the entrant does not know, too.
    """
    if entrant.judge is None:
        return ("none",)
    return ("source", "corpus", *(["speaker"] if _voices(rows) else []))


def _voices(rows: pl.DataFrame) -> frozenset[str]:
    """Speakers of so many recordings that they have statistics of their own."""
    counts = rows["speaker"].drop_nulls().value_counts()
    return frozenset(counts.filter(pl.col("count") >= VOICED)["speaker"])


def _answers(
    bench: Bench, own: Items, corpus: str, progress: Progress
) -> Iterator[tuple[str, Said]]:
    """What is said of the items that are asked for, by each kind of statistics in turn."""
    entrant, whole = bench.entrant, bench.items.only(bench.items.rows.filter(corpus=corpus))
    by_kind: Mapping[str, Used] = {}
    for kind in kinds(entrant, whole.rows):
        if kind in ("corpus", "speaker") and not by_kind:
            by_kind = _statistics(entrant, whole, own.rows["speaker"], progress)
        what = corpus if kind == "none" else f"{corpus}, {kind} statistics"
        used = by_kind.get(kind, [None] * len(own.table))
        yield kind, _asked(entrant, own, used, what, progress)


def _asked(entrant: Entrant, own: Items, used: Used, what: str, progress: Progress) -> Said:
    even = np.full(len(entrant.classes), 1 / len(entrant.classes))
    clips = _heard(own, what, progress)
    answers = [entrant.hear(clip, one) for clip, one in zip(clips, used, strict=True)]
    heard = np.array([one is not None for one in answers])
    told = [even if one is None else np.asarray(one, np.float64) for one in answers]
    return Said(own.rows, np.stack(told), heard)


def _heard(own: Items, what: str, progress: Progress) -> Iterator[Clip]:
    """The clip of each item, which could be read when the items were made."""
    for number, found in enumerate(clips_of(own.table, own.rows), 1):
        if isinstance(found, str):
            raise BenchmarkError(f"{found}; it could be read before: start again")
        yield found
        progress(what, number, len(own.table))


def _statistics(
    entrant: Entrant, whole: Items, speakers: pl.Series, progress: Progress
) -> dict[str, Used]:
    """The statistics by which each of some `speakers` is judged, shrunk as always.

    They are those of the corpus, `whole`, and those of its speakers. Every clip of it is heard
    once; the features of none are kept.
    """
    judge = entrant.judge
    assert judge is not None, "asked for only where statistics are taken"
    (corpus,) = whole.corpora
    everyone = Running(judge.statistics, f"corpus: {corpus}", strength=0)
    voices = {
        name: Running(judge.statistics, f"speaker: {name}", strength=STRENGTH)
        for name in _voices(whole.rows)
    }
    clips = _heard(whole, f"{corpus}, statistics", progress)
    for clip, speaker in zip(clips, whole.rows["speaker"], strict=True):
        for features, seconds, share in judge.pieces(clip):
            everyone.hear(features, seconds, share)
            if speaker in voices:
                voices[speaker].hear(features, seconds, share)
    shared = everyone.statistics
    own = {name: running.statistics for name, running in voices.items()}
    return {
        "corpus": [shared] * len(speakers),
        "speaker": [own.get(name) or shared for name in speakers],
    }


def _table(bench: Bench, said: Said, normalisation: str) -> pl.DataFrame:
    parts = [
        part
        for standing in bench.standings
        for label_set in ASKED
        if (part := _part(bench, standing, label_set, said, normalisation)) is not None
    ]
    return predictions.concat(parts)


def _part(
    bench: Bench, standing: Standing, label_set: str, said: Said, normalisation: str
) -> pl.DataFrame | None:
    """What was said of the items in one language, in one label set; None where there are none."""
    entrant, rows = bench.entrant, said.rows
    classes = classes_in(entrant.classes, bench.items, standing.language, label_set)
    truth = [to_label_set(name, label_set) for name in rows["emotion"]]
    mine = [
        i
        for i, (language, name) in enumerate(zip(rows["language"], truth, strict=True))
        if language == standing.language and name in classes
    ]
    if not mine:
        return None
    p = restricted(said.probabilities[mine], entrant.classes, classes, label_set)
    true = [truth[i] for i in mine]
    words = [classes[k] for k in p.argmax(axis=1)]
    for j, i in enumerate(mine):
        if not said.heard[i]:  # "no speech" is wrong, whatever the truth
            words[j] = next(name for name in classes if name != true[j])
    trial = Trial(
        run=entrant.name,
        system=entrant.system,
        protocol=standing.protocol,
        features="frames",
        normalisation=normalisation,
        train=list(entrant.facts.get("corpora") or ["unknown"]),
        label_set=label_set,
        condition=condition(bench.items, standing),
    )
    judged_rows = rows[mine].with_columns(pl.Series("emotion", true, dtype=pl.String))
    return judged(trial, judged_rows, words, classes, p)


def condition(items: Items, standing: Standing) -> dict[str, float | str]:
    """What sets a figure apart from one of recordings as they are that were never trained on."""
    found: dict[str, float | str] = {}
    if standing.protocol == CONTAMINATED and not standing.trained_on:
        found["recordings"] = "trained on"
    if styles := items.styles(standing.language):
        found["neutral"] = ", ".join(styles)
    return found


def _without(done: pl.DataFrame, corpus: str, normalisation: str) -> pl.DataFrame:
    same = (pl.col("corpus") == corpus) & (pl.col("normalisation") == normalisation)
    return done.filter(~same)
