"""Enrolments: what the tables and the picture say, from tables made by a rule."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation import pictures, predictions, results
from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.enrolled import (
    by_training,
    curves,
    enrolment_tables,
    mean_change,
    mean_uar,
)
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.significance import compare
from ehsaas.evaluation.trials import trial_tables
from ehsaas.evaluation.views import others
from tests.evaluation.builders import simulated

SKILLS = {
    ("none", 0.0, None): 0.4,
    ("mixed", 5.0, None): 0.6,
    ("mixed", 5.0, 0.0): 0.3,
    ("mixed", 60.0, None): 0.8,
    ("other sex", 5.0, None): 0.35,
    ("running", None, None): 0.7,
}


def table() -> pl.DataFrame:
    made = []
    for corpus in ("emodb", "ravdess"):
        for i, ((kind, seconds, strength), skill) in enumerate(SKILLS.items()):
            told = {
                "enrolment": kind,
                "seconds": seconds,
                "strength": strength,
                "trained": "source",
            }
            told = {name: value for name, value in told.items() if value is not None}
            if (corpus, kind, seconds) == ("ravdess", "mixed", 60.0):
                continue
            for seed in (0, 1):
                made.append(
                    simulated(
                        skill,
                        corpus=corpus,
                        seed=seed,
                        salt=i,
                        protocol="lolo",
                        train="urdu",
                        condition=json.dumps(told, sort_keys=True),
                    )
                )
    return predictions.concat(made)


@pytest.fixture(scope="module")
def found() -> Sequence[Result]:
    return pool(table())


def test_means_are_of_amounts_that_all_languages_have(found: Sequence[Result]) -> None:
    means = enrolment_tables(found)[0]
    assert [line[:2] for line in means.body] == [
        ("none (training statistics)", "0"),
        ("any of the speaker's", "5"),
        ("another speaker, other sex", "5"),
        ("running, over the judged clips", ""),
    ]
    mixed = [one for one in found if one.condition.get("seconds") == 5.0]
    own = [
        one.uar.value
        for one in mixed
        if one.condition["enrolment"] == "mixed" and "strength" not in one.condition and one.uar
    ]
    assert float(means.body[1][2].split()[0]) == pytest.approx(sum(own) / 2, abs=6e-4)
    assert means.body[0][3] == "" and means.body[2][4] == ""
    assert float(means.body[1][5].split()[0]) > 0.2  # what shrinking adds


def test_a_language_s_table_has_all_its_amounts_and_paired_tests(found: Sequence[Result]) -> None:
    tables = {one.title: one for one in enrolment_tables(found)}
    emodb = tables["Enrolment on emodb, trained by source"]
    ravdess = tables["Enrolment on ravdess, trained by source"]
    assert (len(emodb.body), len(ravdess.body)) == (5, 4)
    none, mixed = (
        next(
            one
            for one in found
            if (one.corpus, one.condition["enrolment"]) == ("emodb", kind)
            and one.condition.get("seconds") in (0.0, 5.0)
            and "strength" not in one.condition
        )
        for kind in ("none", "mixed")
    )
    assert emodb.body[1][3].startswith(f"{compare(mixed, none).difference:+.3f} [")
    assert emodb.body[1][5].startswith("0.3") or emodb.body[1][5].startswith("0.2")


def test_the_interval_of_a_mean_is_narrower_than_a_language_s(found: Sequence[Result]) -> None:
    none = [one for one in found if one.condition["enrolment"] == "none"]
    both, alone = mean_uar(none), mean_uar(none[:1])
    assert none[0].uar is not None and alone.value == pytest.approx(none[0].uar.value)
    assert both.low is not None and both.high is not None
    assert alone.low is not None and alone.high is not None
    assert both.low < both.value < both.high
    assert both.high - both.low < alone.high - alone.low
    still = mean_change(none, none)
    assert (still.value, still.low, still.high) == (0, 0, 0)


def test_the_answer_says_the_change_of_each_kind(found: Sequence[Result]) -> None:
    (answer,) = answers(found)
    means = enrolment_tables(found)[0]
    assert answer.question == "What is a little speech of the voice worth?"
    assert f"UAR is {means.body[0][2]} by training statistics" in answer.short
    assert answer.detail == (
        f"Any of the speaker's: {means.body[1][3]} with 5 s.",
        f"Another speaker, other sex: {means.body[2][3]} with 5 s.",
        f"Running, over the judged clips: {means.body[3][3]}.",
    )


def test_curves_begin_with_training_statistics(found: Sequence[Result]) -> None:
    (own,) = by_training(found).values()
    lines = curves(own)
    assert list(lines) == ["any of the speaker's", "another speaker, other sex"]
    assert [at for at, _ in lines["any of the speaker's"]] == [0.0, 5.0]
    (picture,) = pictures.enrolments(found)
    assert picture.name == "seconds-source" and "seconds of speech given" in picture.svg
    assert pictures.enrolments([one for one in found if one.condition["enrolment"] == "x"]) == []


def test_they_are_among_the_trials_and_not_told_twice(found: Sequence[Result]) -> None:
    titles = [one.title for one in trial_tables(found)]
    assert len([one for one in titles if "nrolment" in one or "speech of the voice" in one]) == 3
    assert others(found) == []


def test_the_page_shows_the_picture_and_is_rebuilt(tmp_path: Path) -> None:
    page = results.write_page(tmp_path, "enrolment", table(), title="Enrolment", question="?")
    text = page.markdown.read_text(encoding="utf-8")
    (name,) = re.findall(r"!\[[^]]*\]\((.*)\)", text)
    before = (tmp_path / name).read_text(encoding="utf-8")
    (tmp_path / name).unlink()
    assert page.parquet is not None
    results.rebuild(page.parquet)
    assert (tmp_path / name).read_text(encoding="utf-8") == before
    assert page.markdown.read_text(encoding="utf-8") == text
    rows = json.loads(page.twin.read_text(encoding="utf-8"))
    assert {row["metric"] for row in rows} == {"uar"}
    assert not any(row["headline"] for row in rows)
