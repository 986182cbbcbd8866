from pathlib import Path
from typing import Any

import polars as pl
import pytest
from safetensors.torch import load_file

from ehsaas import utterances
from ehsaas.evaluation.pooled import pool
from ehsaas.experiments.benchmark import recipe
from ehsaas.experiments.benchmark.entering_recipe import enter_recipe
from ehsaas.experiments.benchmark.items import Items, items
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.mistakes import ConfigError
from tests.experiments.benchmark.tables import FOUR, table
from tests.experiments.benchmark.test_judged import quiet
from tests.experiments.builders import config


@pytest.fixture
def three(tmp_path: Path) -> Items:
    """Two corpora in German and one in Urdu."""
    given = (("first", "de"), ("other", "de"), ("second", "ur"))
    return items(
        [
            table(tmp_path / "corpora", name, language, higher=i)
            for i, (name, language) in enumerate(given)
        ]
    )


def small(**changes: Any) -> Any:
    return config(**({"corpora": ("first", "other", "second")} | changes))


def test_each_language_is_left_out_with_all_its_corpora(three: Items, tmp_path: Path) -> None:
    only = recipe.reduced(small(), three)
    out = tmp_path / "run"
    said = recipe.leave_languages_out(only, three, tmp_path, out, tmp_path / "store", quiet)
    trained = {one.corpus: one.train for one in pool(said)}
    assert trained == {
        "first": ("second",),
        "other": ("second",),
        "second": ("first", "other"),
    }
    assert set(said["protocol"]) == {"lolo"} and set(said["label_set"]) == {"four"}
    assert set(said["system"]) == {"attention-bilstm", "functionals-svm"}
    assert set(said["normalisation"]) == {"source", "corpus"}
    judged = set(said.select("corpus", "id").iter_rows())
    assert judged == set(three.rows.select("corpus", "id").iter_rows())


def test_recipe_and_baseline_are_entries_beside_models(three: Items, tmp_path: Path) -> None:
    folder, store = tmp_path / "runs", tmp_path / "store"
    made = enter_recipe(small(), three, tmp_path, folder, store, quiet)
    assert made.entry.about.name == "small" and made.entry.about.kind == "recipe"
    (alone, beside) = made.board.boards
    assert alone.statistics == "alone" and beside.statistics == "corpus"
    (ranking,) = alone.rankings
    assert {line.entry.about.name for line in ranking.lines} == {"small", "functionals-svm"}
    assert ranking.languages == ("de", "ur")
    german = ranking.lines[0].cells["de"].result
    assert german.corpus == "first+other" and len(german.items.ids) == 48
    again = enter_recipe(small(), three, tmp_path, folder, store, quiet)
    assert [one["folder"] for one in again.board.content["entries"]] == [
        one["folder"] for one in made.board.content["entries"]
    ]


def test_a_recipe_is_held_to_the_one_question(three: Items) -> None:
    given = small(
        never_by_speaker=("first", "third"),
        corpora=("first", "third"),
        variants={"wide": {"model": {"hidden": 16}}},
        transfer={"statistics": ("speaker",), "label_set": "seven"},
        adaptation=None,
    )
    only = recipe.reduced(given, three)
    assert only.corpora == ("first", "other", "second") and only.variants == {}
    assert only.transfer is not None and only.transfer.statistics == ("speaker",)
    assert only.transfer.label_set == "four" and not only.transfer.pairs
    assert only.transfer.learns == "seven"  # as by itself
    assert only.within is None and only.adaptation is None and not only.recogniser
    assert only.never_by_speaker == ("first",)
    assert only.training == given.training and only.features == given.features


@pytest.mark.parametrize("learns", [None, "seven"])
def test_a_recipe_learns_the_emotions_that_it_learns_by_itself(
    learns: str | None, tmp_path: Path
) -> None:
    """The items hold their recordings, too; all recipes are judged in the same four."""
    known = (*FOUR, "fear")
    one, two = table(tmp_path, "first", "de", known), table(tmp_path, "second", "ur", known, 6, 1)
    given = small(corpora=("first", "second"), transfer={"learns": learns}, adaptation=None)
    found = recipe.items_for(given, [one, two], tmp_path, (), quiet)
    only, out = recipe.reduced(given, found), tmp_path / "run"
    assert only.transfer is not None and only.transfer.learns == learns
    said = recipe.leave_languages_out(only, found, tmp_path, out, tmp_path / "store", quiet)
    assert set(said["truth"]) == set(FOUR) and set(said["label_set"]) == {"four"}
    weights = load_file(next((out / "cells").glob("*.safetensors")))
    assert len(weights["head.bias"]) == (7 if learns else 4)
    trained = utterances.read(out / "tables" / "first.parquet").rows
    assert set(trained["emotion"]) == set(known)


def test_items_are_those_that_the_recipe_names(three: Items, tmp_path: Path) -> None:
    corpora = tmp_path / "corpora"
    found = recipe.items_for(small(), [], corpora, (), quiet)
    assert found.sha256 == three.sha256
    given = [utterances.read(corpora / f"{name}.parquet") for name in ("first", "second")]
    assert recipe.items_for(small(), given, corpora, (), quiet).corpora == ("first", "second")
    with pytest.raises(ConfigError, match="corpus 'third' is not there"):
        recipe.items_for(small(corpora=("first", "third")), [], corpora, (), quiet)


def test_one_language_alone_cannot_be_left_out(three: Items, tmp_path: Path) -> None:
    german = small(corpora=("first", "other"))
    with pytest.raises(BenchmarkError, match="needs tables in two at least; these are in de"):
        recipe.items_for(german, [], tmp_path / "corpora", (), quiet)


def test_styles_of_the_recipe_count_unless_others_are_given(tmp_path: Path) -> None:
    emotions = (*FOUR[:2], None, "sadness")
    one = table(tmp_path / "corpora", emotions=emotions, style="book")
    two = table(tmp_path / "corpora", "second", "ur", higher=1)
    given = small(corpora=("first", "second"), neutral_styles={"first": ("book",)})
    found = recipe.items_for(given, [one, two], tmp_path, (), quiet)
    assert found.neutral == {"first": ("book",)}
    only = recipe.reduced(given, found)
    said = recipe.leave_languages_out(
        only, found, tmp_path, tmp_path / "run", tmp_path / "store", quiet
    )
    told = said.filter(truth="neutral", corpus="first")
    assert told.height and set(told["condition"]) == {'{"neutral": "book"}'}
    assert set(said.filter(pl.col("corpus") == "second")["condition"]) == {"{}"}


def test_the_digest_is_of_what_the_recipe_does(three: Items, tmp_path: Path) -> None:
    one = recipe.reduced(small(), three)
    other = recipe.reduced(small(seeds=(1,)), three)
    assert recipe.digest_of(one, tmp_path) == recipe.digest_of(one, tmp_path)
    assert recipe.digest_of(one, tmp_path) != recipe.digest_of(other, tmp_path)


def test_a_language_is_left_out_with_its_regions(tmp_path: Path) -> None:
    given = (("first", "en"), ("other", "en-US"), ("second", "ur"))
    tables = [
        table(tmp_path / "corpora", name, language, higher=i)
        for i, (name, language) in enumerate(given)
    ]
    found = recipe.items_for(small(), tables, tmp_path, (), quiet)
    assert found.languages == ("en", "ur")


@pytest.mark.parametrize("language", [None, "mul"])
def test_a_language_that_is_not_known_cannot_be_left_out(
    language: str | None, tmp_path: Path
) -> None:
    one, two = table(tmp_path), table(tmp_path, "second", language, higher=1)
    with pytest.raises(BenchmarkError, match="24 of second have none of their own"):
        recipe.items_for(small(corpora=("first", "second")), [one, two], tmp_path, (), quiet)


def test_a_recording_that_cannot_be_read_stops_no_recipe(three: Items, tmp_path: Path) -> None:
    three.table.location("first", "s0_anger.wav").unlink()
    given = [three.table.keep(three.rows.filter(corpus=name)) for name in three.corpora]
    found = recipe.items_for(small(), given, tmp_path, (), quiet)
    made = enter_recipe(small(), found, tmp_path, tmp_path / "runs", tmp_path / "store", quiet)
    assert made.entry.about.items["count"] == len(three.table) - 1
    assert made.entry.about.left_out == {"cannot be read": 1}
