"""Speaker–emotion confounding: how well knowing who speaks already tells the emotion."""

import numpy as np
import polars as pl

from ehsaas.audit.finding import Finding, Severity
from ehsaas.audit.subject import Subject
from ehsaas.emotions import in_order
from ehsaas.evaluation.metrics import uar

KIND = "speaker-emotion"

_GRADES: tuple[tuple[float, Severity], ...] = ((0.5, "critical"), (0.2, "warning"), (0.1, "note"))
"""Gain of the speaker oracle over its floor, as a share of what is left above the floor."""

_SHUFFLES = 10
_LISTED = 2  # utterances from which on a speaker with one emotion is worth naming


def oracle(rows: pl.DataFrame) -> pl.Series:
    """For each labelled row, the most frequent emotion of its speaker (ties: vocabulary order).

    Classes that are no emotions, such as the sides of valence, come in alphabetical order.
    """
    found = set(rows["emotion"].drop_nulls())
    known = in_order(found)
    order = {name: i for i, name in enumerate([*known, *sorted(found - set(known))])}
    majority = (
        rows.group_by("speaker", "emotion")
        .len()
        .with_columns(pl.col("emotion").replace_strict(order, return_dtype=pl.Int64).alias("order"))
        .sort(["len", "order"], descending=[True, False])
        .unique("speaker", keep="first", maintain_order=True)
        .select("speaker", pl.col("emotion").alias("majority"))
    )
    return rows.join(majority, on="speaker", how="left", maintain_order="left")["majority"]


def gap(subject: Subject) -> str | None:
    """Why nothing can be found, in a few words; None where it can."""
    if subject.unknown("speaker"):
        return "no speakers known"
    return None if _known(subject)["emotion"].n_unique() > 1 else "fewer than two emotions"


def find(subject: Subject) -> list[Finding]:
    """The UAR of "predict the speaker's majority emotion", and the speakers with one emotion."""
    if gap(subject):
        return []
    rows = _known(subject)
    classes = in_order(rows["emotion"].unique().to_list())
    value, chance, floor = _score(rows, classes), 1 / len(classes), _floor(rows, classes)
    single = _single(rows)
    severity = next((s for limit, s in _GRADES if value - floor >= limit * (1 - floor) > 0), None)
    if severity is None and not single:
        return []
    speakers = rows["speaker"].n_unique()
    return [
        Finding(
            KIND,
            severity or "note",
            subject.corpus,
            f"who speaks tells the emotion: UAR {value:.3f} from the speaker's majority emotion"
            f" alone (chance {chance:.3f}){_in_words(single, speakers)}",
            {
                "speaker_oracle_uar": round(value, 4),
                "chance": round(chance, 4),
                "oracle_uar_with_shuffled_labels": round(floor, 4),
                "speakers": speakers,
                "speakers_with_one_emotion": len(single),
                "largest": single[0] if single else None,
                "single_emotion_speakers": single,
            },
            "With speakers on both sides, a model that recognises voices alone can score"
            f" {value:.3f}; normalising by speaker takes the emotion away with the voice.",
            "Keep speakers apart, print the speaker-majority oracle beside every score, and never"
            " normalise this corpus by speaker.",
        )
    ]


def _known(subject: Subject) -> pl.DataFrame:
    return subject.own.filter(pl.col("speaker").is_not_null())


def _score(rows: pl.DataFrame, classes: tuple[str, ...]) -> float:
    return float(uar(rows["emotion"].to_list(), oracle(rows).to_list(), classes))


def _floor(rows: pl.DataFrame, classes: tuple[str, ...]) -> float:
    """The oracle's mean UAR once emotions are shuffled over the rows.

    Speakers with few utterances have a majority emotion by luck, so this lies above chance.
    """
    rng = np.random.default_rng(0)
    shuffles = (rng.permutation(rows.height) for _ in range(_SHUFFLES))
    return float(
        np.mean([_score(rows.with_columns(rows["emotion"][order]), classes) for order in shuffles])
    )


def _single(rows: pl.DataFrame) -> list[dict[str, object]]:
    """Speakers with one emotion only, the one with most utterances first."""
    return (
        rows.group_by("speaker")
        .agg(
            pl.len().alias("utterances"),
            pl.col("emotion").first(),
            pl.col("emotion").n_unique().alias("kinds"),
        )
        .filter((pl.col("kinds") == 1) & (pl.col("utterances") >= _LISTED))
        .sort(["utterances", "speaker"], descending=[True, False])
        .select("speaker", "utterances", "emotion")
        .to_dicts()
    )


def _in_words(single: list[dict[str, object]], speakers: int) -> str:
    if not single:
        return ""
    largest = single[0]
    return (
        f"; {len(single)} of {speakers} speakers have one emotion only, the largest"
        f" {largest['speaker']} ({largest['utterances']} utterances, all {largest['emotion']})"
    )
