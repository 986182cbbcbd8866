"""A system by language, sex and length, and beside others by its means."""

import polars as pl
import pytest

from ehsaas.evaluation.by_voice import (
    EVERY,
    Voices,
    voice_figures,
    voices,
    without_neutral,
)
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.voice_tables import voice_tables
from tests.evaluation.builders import FOUR, judged


def answers(right: int, language: str, system: str = "ours", by: str = "source") -> pl.DataFrame:
    """Six speakers say each emotion once; the first `right` are understood, the others neutral."""
    truth = list(FOUR) * 6
    said = [name if i // 4 < right else "neutral" for i, name in enumerate(truth)]
    table = judged(
        truth,
        said,
        [f"s{i // 4}" for i in range(len(truth))],
        protocol="lolo",
        corpus=f"of_{language}",
        language=language,
        system=system,
        normalisation=by,
        label_set="four",
    )
    return table.with_columns(
        sex=pl.Series([("female", "male")[i // 4 % 2] for i in range(len(truth))]),
        duration=pl.lit(3.0),
    )


@pytest.fixture(scope="module")
def told() -> Voices:
    tables = [
        *(answers(3, language) for language in ("de", "ur")),
        *(answers(1, language, "functionals-svm") for language in ("de", "ur")),
        *(answers(0, language, "majority") for language in ("de", "ur")),
        answers(3, "bn", by="corpus"),
    ]
    return voices(pl.concat(tables), "ours")


def test_without_neutral_its_clips_are_left_out_and_to_say_it_is_wrong() -> None:
    (result,) = pool(answers(3, "de"))
    assert result.uar is not None and result.uar.value == pytest.approx(0.5 * 0.75 + 0.25)
    found = without_neutral(result)
    assert found is not None and found.value == pytest.approx(0.5)
    assert found.low is not None and found.high is not None
    assert found.low < 0.5 < found.high
    (other,) = pool(answers(3, "de").filter(pl.col("truth") != "sadness"))
    assert without_neutral(other) is None  # where an emotion is missing there is no UAR at all


def test_means_are_of_systems_that_were_judged_on_as_many_languages(told: Voices) -> None:
    svm, ours = told.means
    assert (ours.first.system, svm.first.system) == ("ours", "functionals-svm")
    assert [one.language for one in ours.cells] == ["de", "ur"]
    assert ours.uar.value == pytest.approx(0.625) and svm.uar.value == pytest.approx(0.375)
    assert ours.uar.low is not None and ours.uar.low < 0.625


def test_corpora_of_one_language_are_told_apart_where_each_trained_alone() -> None:
    """And what was judged on several corpora together is told of nowhere else."""
    tables = [
        answers(3, "en").with_columns(protocol=pl.lit("strict"), corpus=pl.lit(corpus))
        for corpus in ("ravdess", "tess", "ravdess+tess")
    ]
    found = voices(pl.concat(tables), "ours")
    assert [one.result.corpus for one in found.cells] == ["ravdess", "tess"]
    assert [len(one.result.items.ids) for one in found.cells] == [24, 24]


def test_a_mean_over_languages_has_no_rendered_ones() -> None:
    rendered = answers(6, "fa").with_columns(corpus=pl.lit("rendered_fa"))
    found = voices(pl.concat([answers(3, "de"), answers(3, "ur"), rendered]), "ours")
    (mean,) = found.means
    assert [one.language for one in mean.cells] == ["de", "ur"] and len(found.cells) == 3


def test_the_tables_say_it_and_how_far_above_the_functionals(told: Voices) -> None:
    means, languages = voice_tables(told)
    assert "German, Urdu" in means.title
    assert [(line[0], line[7]) for line in means.body] == [
        ("functionals-svm", ""),
        ("ours", "+0.250"),
    ]
    assert {line[0] for line in languages.body} == {"Bangla", "German", "Urdu"}
    assert all(len(line) == len(languages.head) for line in languages.body)
    german = dict(zip(languages.head, languages.body[1], strict=True))
    assert german["without neutral"].startswith("0.500 [")
    assert german["sex gap"].startswith("+0.2")  # of the three women two, of the men one
    assert german["UAR, 2 to 4 s"] == "0.625 (24)"


def test_the_twin_has_each_figure(told: Voices) -> None:
    figures = list(voice_figures(told))
    german = {
        (one.metric, one.changes.get("condition", {}).get("length")): one.said.value
        for one in figures
        if one.of.corpus == "of_de" and one.changes.get("test") != EVERY
    }
    assert german["uar_without_neutral", None] == pytest.approx(0.5)
    assert german["uar_by_length", "2 to 4 s"] == pytest.approx(0.625)
    assert german["sex_gap", None] == pytest.approx(0.25)
    (mean,) = (
        one for one in figures if one.changes.get("test") == EVERY and one.of.system == "ours"
    )
    assert mean.metric == "mean_uar" and mean.said.value == pytest.approx(0.625)
    assert mean.changes["condition"] == {"languages": "de ur"} and mean.changes["items"] == 48
