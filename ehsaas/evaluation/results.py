"""Predictions → rows of the JSON twin, and the results page with its twin and its Parquet."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from ehsaas.evaluation import gathering, page
from ehsaas.evaluation.by_voice import Voices, voice_figures, voices
from ehsaas.evaluation.choice import headline as chosen
from ehsaas.evaluation.enrolled import by_training
from ehsaas.evaluation.methods import LABELS, apart, contests, is_beside
from ehsaas.evaluation.pooled import METRICS, Result, pool
from ehsaas.evaluation.predictions import PROBABILITY, RESULT_KEY, PredictionError, check
from ehsaas.evaluation.stated import stated
from ehsaas.evaluation.views import HEADLINE, Headline, is_headline, main

Row = dict[str, Any]

LARGEST = 1_000_000
"""Bytes from which the prediction table is not kept beside its page, and a twin holds UAR and
accuracy only, or UAR alone."""

COMPARED: tuple[str, ...] = ("uar", "accuracy")
"""Metrics in the twin of a comparison of methods, which would be megabytes otherwise."""

DIGITS = 4
UNLABELLED: frozenset[str] = frozenset(
    {
        *("subspace-alignment", "coral", "deep-coral", "mmd", "dann", "em-prior", "bbse"),
        *("self-training", "running-statistics", "nnpm", "nnpm memory"),
        *("nnpm-balanced", "nnpm-balanced memory"),
    }
)
"""Methods that use recordings of the target beyond the one that is judged, by any statistics: to
align with, to guess priors from, to label for themselves, or to follow a stream. The others train
on the source alone (source-only, supcon, k-NN over the source's memory), or need labels."""

_METRIC_NAMES: Mapping[str, str] = MappingProxyType(
    {"macro_recall": "uar", "war": "accuracy", "wa": "accuracy"}
)


@dataclass(frozen=True)
class Page:
    """Where a results page lies; `parquet` is None where the table would be 1 MB or more.

    `pictures` are those of a comparison of methods.
    """

    markdown: Path
    twin: Path
    parquet: Path | None
    pictures: tuple[Path, ...] = ()


def summarise(predictions: pl.DataFrame, headline: Headline = HEADLINE) -> list[Row]:
    """One row of the twin for each result and metric; see `rows`."""
    return rows(pool(predictions), headline)


def rows(results: Sequence[Result], headline: Headline = HEADLINE) -> list[Row]:
    """The rows of results that were pooled before.

    A metric that was refused has no row, and of disturbed clips and enrolments there is UAR alone.
    Where methods were compared, there are `COMPARED` alone, and the headline is the one chosen for
    each language on the others.
    """
    headline = chosen(results, headline)
    kept = COMPARED if contests(results) else tuple(METRICS)
    return [
        _row(one, is_headline(one, headline), metric, measure.value, measure.low, measure.high)
        for one in results
        for metric, measure in one.measures.items()
        if metric in (("uar",) if {"disturbance", "enrolment"} & set(one.condition) else kept)
    ]


def _row(
    one: Result, headline: bool, metric: str, value: float, low: float | None, high: float | None
) -> Row:
    return {
        "source": "ours",
        "headline": headline,
        "system": one.system,
        "train": list(one.train),
        "test": one.corpus,
        "protocol": one.protocol,
        "features": one.features,
        "normalisation": one.normalisation,
        "target_data": target_data(one),
        "condition": dict(one.condition),
        "label_set": one.label_set,
        "labels": len(one.classes),
        "metric": metric,
        "value": round(value, DIGITS),
        "low": None if low is None else round(low, DIGITS),
        "high": None if high is None else round(high, DIGITS),
        "seeds": len(one.seeds),
        "items": len(one.items.ids),
    }


def _of_voices(heard: Voices) -> list[Row]:
    """What the twin has beside `rows`; none of it is the headline."""
    return [
        _row(one.of, False, one.metric, one.said.value, one.said.low, one.said.high)
        | dict(one.changes)
        for one in voice_figures(heard)
    ]


def target_data(result: Result) -> str:
    """What of the target corpus the system was given: its labels, its recordings, or nothing."""
    oracle = result.system == "speaker-majority"  # it reads the labels that it is tested on
    trained = set(result.corpus.split("+")) & set(result.train)
    given = result.share > 0 or int(result.condition.get(LABELS, 0)) > 0
    if oracle or given or trained or is_beside(result.system):
        return "labelled"
    used = result.normalisation in ("corpus", "speaker") or result.system in UNLABELLED
    return "unlabelled" if used else "none"


def published_row(given: Mapping[str, Any]) -> Row:
    """A published figure as a row of the twin.

    Args:
        given: `system`, `test`, `metric` and `value` at least; `train` is a list or corpora joined
            with `+`. `leakage` (what is known of speakers on both sides) and `reference` (where it
            was printed; `source` is taken for it) are kept in `condition`, and so is `ours`, the
            corpus of ours to set beside it where `test` is none of ours. Text from a CSV file
            will do.

    Raises:
        ValueError: a needed key is missing.
    """
    lacking = [name for name in ("system", "test", "metric", "value") if not given.get(name)]
    if lacking:
        raise ValueError(f"a published row lacks {', '.join(lacking)}: {dict(given)}")
    train = given.get("train") or given["test"]
    metric = str(given["metric"]).lower().replace("-", "_")
    source = given.get("source")
    condition = dict(given.get("condition") or {})
    reference = given.get("reference") or (source if source != "published" else None)
    kept = {"leakage": given.get("leakage"), "reference": reference, "ours": given.get("ours")}
    for name, value in kept.items():
        if value:
            condition[name] = str(value)
    return {
        "source": "published",
        "headline": False,
        "system": str(given["system"]),
        "train": train.split("+") if isinstance(train, str) else list(train),
        "test": str(given["test"]),
        "protocol": str(given.get("protocol") or "not stated"),
        "features": given.get("features"),
        "normalisation": given.get("normalisation"),
        "target_data": given.get("target_data"),
        "condition": condition,
        "label_set": given.get("label_set"),
        "labels": given.get("labels"),
        "metric": _METRIC_NAMES.get(metric, metric),
        "value": float(given["value"]),
        "low": given.get("low"),
        "high": given.get("high"),
        "seeds": given.get("seeds"),
        "items": given.get("items"),
    }


def write_page(
    folder: Path,
    name: str,
    predictions: pl.DataFrame,
    *,
    title: str,
    question: str,
    published: Sequence[Mapping[str, Any]] = (),
    notes: Sequence[str] = (),
    command: str = "",
    headline: Headline = HEADLINE,
    gathers: Sequence[str] = (),
) -> Page:
    """Write `NAME.md`, its twin `NAME.json`, and `NAME.parquet` where that is below 1 MB.

    A twin that would be 1 MB or more has UAR and accuracy only of its own results, or UAR alone.

    A comparison of methods has pictures, too: `NAME-labels-….svg` and `NAME-ranks-….svg`.

    Args:
        folder: where results pages lie; made if it is not there.
        name: stem of the three files.
        predictions: the prediction table.
        title: heading of the page.
        question: what the experiment asked, a sentence or a paragraph.
        published: figures to set beside ours; see `published_row`.
        notes: what a reader must know, a sentence or paragraph each.
        command: how to repeat it.
        headline: which results are the choice made without test data.
        gathers: names of pages in `folder` that follow as chapters of this one, rows and all. A
            page that carries this one is written again, where its own table lies beside it.

    Raises:
        ValueError: a page would carry itself, or one that carries others.
    """
    gathering.check(folder, name, gathers)
    meta = {
        "title": title,
        "question": question,
        "published": [published_row(row) for row in published],
        "notes": list(notes),
        "command": command,
        "headline": [dict(wanted) for wanted in headline],
        "gathers": list(gathers),
    }
    folder.mkdir(parents=True, exist_ok=True)
    parquet = _write_parquet(folder / f"{name}.parquet", check(predictions), meta)
    kept = pl.read_parquet(parquet) if parquet else predictions
    return _write_texts(folder, name, kept, meta, parquet)


def rebuild(parquet: Path) -> Page:
    """Write the page and its twin again, beside the Parquet that they came from.

    A page that carries this one is written again, too.

    Raises:
        PredictionError: the file is missing or was not written by `write_page`.
    """
    if not parquet.is_file():
        raise PredictionError(f"{parquet}: no such prediction table")
    meta = gathering.meta(parquet)
    if meta is None:
        raise PredictionError(f"{parquet}: holds no results page; `write_page` writes one")
    table = pl.read_parquet(parquet)
    return _write_texts(parquet.parent, parquet.stem, table, meta, parquet)


def _lines(twin: Sequence[Row]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in twin)


def _write_texts(
    folder: Path,
    name: str,
    predictions: pl.DataFrame,
    meta: Mapping[str, Any],
    parquet: Path | None,
) -> Page:
    names = meta.get("gathers", [])
    results = pool(predictions)
    heard = voices(predictions, main(apart(results), meta["headline"])[0])
    own = [*rows(results, meta["headline"]), *_of_voices(heard)]
    others = meta["published"] + gathering.rows(folder, names)
    lines = _lines(own + others)
    for metrics in (COMPARED, COMPARED[:1]):
        if len(lines.encode()) >= LARGEST:
            lines = _lines([row for row in own if row["metric"] in metrics] + others)
    pictures = _draw(folder, name, results)
    kept = f"{name}.parquet" if parquet else None
    shown = {path.name: title for path, title in pictures.items()}
    text = page.markdown(
        results, stated(predictions), heard, kept=kept, name=name, pictures=shown, **meta
    )
    text = "\n".join([text, *gathering.chapters(folder, names)])
    written = Page(folder / f"{name}.md", folder / f"{name}.json", parquet, tuple(pictures))
    written.twin.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    written.markdown.write_text(text, encoding="utf-8")
    for other in gathering.gatherers(folder, name):
        rebuild(other)
    return written


def _draw(folder: Path, name: str, results: Sequence[Result]) -> dict[Path, str]:
    """The pictures that belong beside a page, `NAME-WHAT.svg`, with their titles.

    Those of a comparison of methods, and those of enrolments; no other page has any.
    """
    if not contests(results) and not by_training(results):
        return {}
    from ehsaas.evaluation.drawing import standalone  # matplotlib, for these pages only
    from ehsaas.evaluation.pictures import beside_page

    drawn = {}
    for one in beside_page(results):
        path = folder / f"{name}-{one.name}.svg"
        path.write_text(standalone(one.svg), encoding="utf-8")
        drawn[path] = one.title
    return drawn


def _write_parquet(path: Path, predictions: pl.DataFrame, meta: dict[str, Any]) -> Path | None:
    """The fullest table below the limit, its probabilities to 3 digits.

    Probabilities go first, those of undisturbed clips of languages that were left out last; then
    digests. Sorted by item first, so that what belongs to the item is written once and the
    judgements of one item, which agree often, lie together.
    """
    order = ["corpus", "label_set", "id", *(key for key in RESULT_KEY if key != "corpus"), "seed"]
    sorted_rows = predictions.sort(list(dict.fromkeys(order)))
    probabilities = [column for column in predictions.columns if column.startswith(PROBABILITY)]
    rounded = sorted_rows.with_columns(pl.col(probabilities).cast(pl.Float32).round(3))
    metadata = {gathering.META: json.dumps(meta, ensure_ascii=False)}
    path.unlink(missing_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.part")
    plain = sorted_rows.drop(probabilities)
    tables = [rounded, plain, plain.with_columns(digest=pl.lit(None, pl.String))]
    left_out = (pl.col("protocol") == "lolo") & (pl.col("condition") == "{}")
    if probabilities and rounded.select(left_out.any()).item():
        across = [pl.when(left_out).then(pl.col(one)).alias(one) for one in probabilities]
        tables.insert(1, rounded.with_columns(across))
    for table in tables:
        table.write_parquet(aside, compression="zstd", compression_level=19, metadata=metadata)
        if aside.stat().st_size < LARGEST:
            aside.replace(path)
            return path
    aside.unlink()
    return None
