from collections.abc import Callable, Sequence

import polars as pl
import pytest

from ehsaas.evaluation.dimension_tables import dimension_tables, keeps
from ehsaas.evaluation.dimensions import Span, compared
from ehsaas.evaluation.pooled import Result, pool
from tests.evaluation.builders import FOUR, judged
from tests.evaluation.contest import comparison

Rule = Callable[[str, int], str]

TEN = 10


def right(label: str, _: int) -> str:
    return label


def ruled(
    rule: Rule,
    corpus: str = "emodb",
    voices: int = 6,
    classes: Sequence[str] = FOUR,
    **key: object,
) -> pl.DataFrame:
    """Ten items of each class by each speaker, called what `rule` makes of the class and number."""
    items = [(label, v, k) for v in range(voices) for label in classes for k in range(TEN)]
    return judged(
        [label for label, _, _ in items],
        [rule(label, k) for label, _, k in items],
        [f"{corpus}_{voice}" for _, voice, _ in items],
        corpus=corpus,
        **({"train": corpus} | key),  # type: ignore[arg-type]
    )


def half_of(emotion: str, called: str) -> Rule:
    return lambda label, k: called if label == emotion and k < TEN // 2 else label


def crossed(rule: Rule, **key: object) -> pl.DataFrame:
    return ruled(rule, **({"protocol": "lolo", "train": "ravdess+urdu"} | key))  # type: ignore[arg-type]


def exactly(span: Span | None, value: float) -> None:
    assert span is not None
    assert [span.value, span.low, span.high] == pytest.approx([value] * 3)


def test_valence_alone_is_lost() -> None:
    (one,) = compared(pool(pl.concat([ruled(right), crossed(half_of("anger", "happiness"))])))
    exactly(one.within["arousal"], 1.0)
    exactly(one.across["arousal"], 1.0)
    # Three quarters of what is negative is told, and all that is positive.
    exactly(one.across["valence"], (0.75 + 1.0) / 2)
    exactly(one.kept["arousal"], 1.0)
    exactly(one.kept["valence"], 0.375 / 0.5)
    exactly(one.difference, 0.25)
    within, across = one.errors
    assert (within.right, across.right, across.valence) == (1.0, 0.875, 0.125)
    assert (across.arousal, across.both, across.neither) == (0.0, 0.0, 0.0)
    assert (one.targets, one.own, one.these_only) == (("emodb",), "same classes", False)


def test_arousal_alone_is_lost_and_both() -> None:
    (one,) = compared(pool(pl.concat([ruled(right), crossed(half_of("anger", "sadness"))])))
    exactly(one.kept["valence"], 1.0)
    exactly(one.kept["arousal"], 0.75)
    assert one.errors[1].arousal == 0.125
    (one,) = compared(pool(pl.concat([ruled(right), crossed(half_of("anger", "neutral"))])))
    exactly(one.kept["valence"], 0.75)
    exactly(one.difference, 0.0)
    assert one.errors[1].both == 0.125


def test_pairs_are_averaged_over_their_sources() -> None:
    pairs = [
        crossed(right, protocol="pair", train="urdu"),
        crossed(half_of("anger", "happiness"), protocol="pair", train="ravdess"),
    ]
    (one,) = compared(pool(pl.concat([ruled(right), *pairs])))
    exactly(one.kept["valence"], (1.0 + 0.75) / 2)


def test_its_own_emotions_will_do_where_the_same_were_not_run() -> None:
    classes = (*FOUR, "fear")
    own = ruled(half_of("anger", "fear"), classes=classes, label_set="native")
    # Items are numbered: those of four classes must be the same utterances as the first four's.
    kept = own.filter(pl.col("truth") != "fear")
    across = kept.with_columns(
        predicted=pl.col("truth"),
        protocol=pl.lit("lolo"),
        train=pl.lit("urdu"),
        label_set=pl.lit("four"),
    )
    (one,) = compared(pool(pl.concat([own, across])))
    assert one.own == "its own emotions"
    exactly(one.within["arousal"], 1.0)
    exactly(one.within["valence"], 1.0)
    assert one.errors[0].neither == 0.125 and one.errors[0].right == 0.875


def test_a_mean_leaves_out_where_nothing_is_told_within() -> None:
    tables = [
        table
        for corpus in ("emodb", "ravdess", "urdu")
        for table in (
            ruled(right if corpus != "urdu" else lambda *_: "anger", corpus),
            crossed(right, corpus=corpus),
        )
    ]
    mean, *alone = compared(pool(pl.concat(tables)))
    assert mean.targets == ("emodb", "ravdess")
    assert [one.targets for one in alone] == [("emodb",), ("ravdess",), ("urdu",)]
    assert alone[-1].kept == {"arousal": None, "valence": None}
    assert alone[-1].difference is None


def test_few_speakers_are_marked() -> None:
    tables = [ruled(right, voices=2), crossed(half_of("anger", "happiness"), voices=2)]
    (one,) = compared(pool(pl.concat(tables)))
    assert one.these_only
    assert one.kept["valence"] and one.kept["valence"].low is not None
    assert one.kept["valence"].low < 0.75
    exactly(one.kept["arousal"], 1.0)


def test_what_has_no_place_on_the_circumplex_is_left_out() -> None:
    key = {"label_set": "valence", "classes": ("negative", "positive")}
    assert compared(pool(pl.concat([ruled(right, **key), crossed(right, **key)]))) == []  # type: ignore[arg-type]
    assert compared(pool(ruled(right))) == compared(pool(crossed(right))) == []
    one_side = {"classes": ("anger", "fear"), "label_set": "native"}
    assert compared(pool(pl.concat([ruled(right, **one_side), crossed(right, **one_side)]))) == []  # type: ignore[arg-type]


def test_in_a_comparison_the_oracle_is_what_could_be_kept() -> None:
    found = compared(pool(comparison()))
    means = [one for one in found if len(one.targets) > 1]
    assert {one.own for one in found} == {"oracle"}
    assert "oracle" not in {one.system for one in found}
    assert len(means) == 7
    # Every error is of the next class: half of them cross one axis, half the other.
    plain = next(one for one in means if (one.system, one.normalisation) == ("bbse", "corpus"))
    assert plain.within["arousal"].value == pytest.approx(0.95)
    assert plain.errors[1].right == pytest.approx(0.45)


def test_the_sentence_counts_the_cases_and_tells_one_systems() -> None:
    tables = [
        table
        for corpus in ("emodb", "ravdess")
        for system, called in (("a", "happiness"), ("b", "sadness"))
        for table in (
            ruled(right, corpus, system=system),
            crossed(half_of("anger", called), corpus=corpus, system=system),
        )
    ]
    results = pool(pl.concat(tables))
    found = keeps(results, "a")
    assert found is not None
    short, (detail,) = found
    assert short.startswith("In part: of 2 cases ")
    assert "than valence in 1 and less in 1; in 0 the two are not told apart." in short
    assert detail == (
        "a on frames, corpus statistics, from all other languages, 2 languages: 100 % (100 to 100)"
        " of the arousal skill above chance is kept and 75 % (75 to 75) of the valence skill;"
        " arousal keeps more."
    )
    assert keeps(pool(ruled(right)), "a") is None
    again = pl.concat(tables).with_columns(label_set=pl.lit("among seven"))
    both = keeps(pool(pl.concat([*tables, again])), "a")
    assert both is not None and len(both[1]) == 2
    assert {line.partition(", from")[0].rpartition(", ")[2] for line in both[1]} == {
        str(tables[0]["label_set"][0]),
        "among seven",
    }
    kept, by_language, errors = dimension_tables(results, "a")
    assert [line[4] for line in kept.body] == ["mean of emodb, ravdess"] * 2
    assert [line[4] for line in by_language.body] == ["emodb", "ravdess"]
    assert errors.body[0][4:] == (
        "100 % → 88 %",
        "0 % → 0 %",
        "0 % → 12 %",
        "0 % → 0 %",
        "0 % → 0 %",
    )
    for table in (kept, by_language, errors):
        assert {len(line) for line in table.body} == {len(table.head)}


def test_without_transfer_there_is_no_table(results: Sequence[Result]) -> None:
    assert dimension_tables(pool(ruled(right)), "attention-bilstm") == []
    assert dimension_tables(results, "attention-bilstm")
