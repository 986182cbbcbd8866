from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehsaas.digests import DigestError, pack
from ehsaas.experiments.benchmark.items import Items, items
from ehsaas.experiments.benchmark.standing import standings, unseen
from tests.experiments.benchmark.tables import digests, table


@pytest.fixture
def two(tmp_path: Path) -> Items:
    """Corpora `first` in German and `second` in Urdu, 8 items each."""
    german = table(tmp_path, "first", "de-AT", speakers=2)
    return items([german, table(tmp_path, "second", "ur", speakers=2, higher=1)])


@pytest.mark.parametrize(
    ("facts", "german", "urdu"),
    [
        ({}, "unknown", "unknown"),
        ({"corpora": ["third"]}, "unknown", "unknown"),
        ({"corpora": ["third"], "languages": ["en"]}, "zero-shot", "zero-shot"),
        ({"corpora": ["third"], "languages": ["de-CH"]}, "same language", "zero-shot"),
        ({"corpora": ["third"], "languages": ["en", "mul"]}, "unknown", "unknown"),
        ({"languages": ["en"], "adapted": {"to": "own"}}, "adapted", "adapted"),
        ({"languages": ["en", "mul"], "adapted": {"to": "own"}}, "adapted", "adapted"),
        ({"adapted": {"to": "own"}}, "adapted", "adapted"),
        ({"languages": ["en"], "adapted": {"to": "first"}}, "contaminated", "adapted"),
        (
            {"languages": ["en"], "adapted": {"to": "first"}, "heard": pack(["00" * 16])},
            "same language",
            "adapted",
        ),
        ({"languages": ["en", "ur"], "teacher": {"name": "ear"}}, "adapted", "same language"),
        ({"corpora": ["first"], "languages": ["de"]}, "contaminated", "zero-shot"),
        (
            {"corpora": ["first"], "languages": ["de"], "digests": pack(["00" * 16])},
            "same language",
            "zero-shot",
        ),
        (
            {"languages": ["en"], "digests": pack(["00" * 16]), "undigested": ["first"]},
            "contaminated",
            "zero-shot",
        ),
    ],
)
def test_how_a_model_stands_to_a_language(
    two: Items, facts: dict[str, Any], german: str, urdu: str
) -> None:
    found = {one.language: one for one in standings(two, facts)}
    assert (found["de"].protocol, found["ur"].protocol) == (german, urdu)
    assert all(one.left == one.items == 8 for one in found.values())
    assert unseen(two, facts)[1] == ()


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "does not say what it was trained on"),
        ({"corpora": ["third"]}, "does not say in which languages it was trained"),
        ({"languages": ["en", "mul"]}, "trained on recordings whose language is not known, too"),
        ({"adapted": {"to": "own"}}, "adapted to recordings whose language is not known"),
        ({"teacher": {"name": "ear"}}, "taught with recordings whose language is not known"),
    ],
)
def test_the_reason_is_the_true_one(two: Items, facts: dict[str, Any], why: str) -> None:
    assert {one.why for one in standings(two, facts)} == {why}


def test_what_has_no_digest_may_be_among_what_is_left(two: Items) -> None:
    angry = (pl.col("emotion") == "anger") & (pl.col("corpus") == "first")
    packed = pack(digests(two.table, angry))
    facts = {"languages": ["de"], "digests": packed, "undigested": ["first"]}
    german, _ = standings(two, facts)
    assert german.protocol == "contaminated" and german.trained_on == 2
    assert german.why.endswith("they are left out, but maybe not all of first")


def test_recordings_that_were_trained_on_are_found_by_digest_and_left_out(two: Items) -> None:
    angry = (pl.col("emotion") == "anger") & (pl.col("corpus") == "second")
    facts = {"languages": ["en"], "digests": pack(digests(two.table, angry))}
    found = {one.language: one for one in standings(two, facts)}
    assert found["ur"].protocol == "contaminated" and found["ur"].trained_on == 2
    assert found["ur"].left == 6 and "2 of 8 recordings" in found["ur"].why
    assert found["de"].protocol == "zero-shot"
    rest, gone = unseen(two, facts)
    assert len(rest.table) == 14
    assert [(one.corpus, one.id, one.kind) for one in gone] == [
        ("second", "s0_anger", "trained on"),
        ("second", "s1_anger", "trained on"),
    ]


def test_what_an_adapted_model_or_a_student_heard_is_left_out_too(two: Items) -> None:
    angry = (pl.col("emotion") == "anger") & (pl.col("corpus") == "second")
    facts = {
        "languages": ["en"],
        "digests": pack(digests(two.table, pl.col("id") == "s0_sadness")),
        "heard": pack(digests(two.table, angry)),
        "teacher": {"name": "ear"},
    }
    found = {one.language: one for one in standings(two, facts)}
    assert found["ur"].trained_on == 3 and found["de"].trained_on == 1
    assert len(unseen(two, facts)[0].table) == 12


def test_recordings_without_digest_are_contaminated_where_their_corpus_was_trained_on(
    two: Items,
) -> None:
    facts = {"corpora": ["first"], "languages": ["en"], "digests": pack(digests(two.table))}
    unknown = two.only(two.rows.with_columns(digest=pl.lit(None, pl.String)))
    assert len(unseen(unknown, facts)[0].table) == 16
    found = {one.language: one for one in standings(unknown, facts)}
    assert (found["de"].protocol, found["ur"].protocol) == ("contaminated", "zero-shot")
    assert "not known on which recordings" in found["de"].why


def test_a_language_that_is_not_known_is_unknown(tmp_path: Path) -> None:
    made = items([table(tmp_path, language=None)])
    (found,) = standings(made, {"languages": ["de"]})
    assert found.protocol == "unknown" and "recordings' language is not known" in found.why


def test_damaged_digests_are_told(two: Items) -> None:
    with pytest.raises(DigestError, match="damaged"):
        standings(two, {"digests": "x"})
