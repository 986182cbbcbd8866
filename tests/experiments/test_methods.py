"""The comparison of adaptation methods in a run: who adapts, who is judged, by which labels."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehsaas import utterances
from ehsaas.evaluation import predictions
from ehsaas.evaluation.methods import BESIDE, contests
from ehsaas.evaluation.pooled import pool
from ehsaas.experiments import comparison, methods, pretrained
from ehsaas.experiments.material import Setup
from ehsaas.experiments.protocols import Cell
from ehsaas.experiments.run import run
from ehsaas.utterances import UtteranceTable
from tests.experiments import builders, compared
from tests.experiments.compared import ASKED, FRAMES, config, like

FOREIGN = {"first": "second+third", "second": "first+third", "third": "first+second"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compared.tables(tmp_path_factory.mktemp("methods"))


@pytest.fixture(scope="module")
def whole(home: Path) -> Setup:
    run(config(), home, home / "run", store=home / "store")
    return Setup(pretrained.found(config(), home), home / "run", home / "store", home)


@pytest.fixture(scope="module")
def said(whole: Setup) -> pl.DataFrame:
    return predictions.read(whole.run / "predictions.parquet")


def test_every_method_is_judged_by_its_statistics_labels_and_seeds(said: pl.DataFrame) -> None:
    """By two seeds where labels, weights or an order are drawn; networks not by the source's."""
    heard = said.filter(pl.col("features") != "none")
    assert set(heard["features"]) == {"embeddings"}
    for _, one in heard.group_by("corpus"):
        keys = one.select("system", "normalisation", "condition", "seed").unique().iter_rows()
        found = {(s, by, json.loads(c).get("labels_per_class", 0), seed) for s, by, c, seed in keys}
        every, drawn = ("source", "corpus", "speaker"), (3, 4)
        expected = {("source-only", by, 0, 3) for by in every}
        expected |= {("oracle", by, 0, 3) for by in every}
        expected |= {("running-statistics", "source", 0, seed) for seed in drawn}
        expected |= {("self-training", by, 0, 3) for by in every}
        expected |= {
            (name, by, 2, seed)
            for name in ("self-training", "target-only")
            for by in every
            for seed in drawn
        }
        expected |= {
            (name, by, labels, seed)
            for name in ("nnpm", "nnpm memory")
            for by in ("corpus", "speaker")
            for labels in (0, 2)
            for seed in drawn
        }
        assert found == expected


def test_every_recording_with_a_class_is_judged_once(said: pl.DataFrame) -> None:
    counts = {"first": 64, "second": 59, "third": 32}
    for one in pool(said):
        assert len(one.items.ids) == counts[one.corpus], one.system
        assert (one.items.predicted >= 0).all()


def test_what_trained_is_all_other_languages_or_the_corpus_itself(said: pl.DataFrame) -> None:
    assert set(said["protocol"]) == {"lolo"}
    alone = pl.col("system").is_in(list(BESIDE))
    assert all(said.filter(alone)["train"] == said.filter(alone)["corpus"])
    rest = said.filter(~alone)
    assert set(rest.select("corpus", "train").iter_rows()) == set(FOREIGN.items())


def test_what_hears_nothing_comes_once(said: pl.DataFrame) -> None:
    deaf = said.filter(features="none")
    assert set(deaf["system"]) == {"chance", "majority", "speaker-majority"}
    assert deaf.height == 3 * (64 + 59 + 32)


def test_it_is_a_contest_for_who_evaluates(said: pl.DataFrame) -> None:
    none, few = contests(pool(said))
    assert (none.features, none.labels, few.labels) == ("embeddings", 0, 2)
    assert none.targets == few.targets == ("first", "second", "third")
    assert none.complete == none.methods and few.complete == few.methods
    assert {one.system for one in none.methods} == {
        *("source-only", "running-statistics", "self-training", "nnpm", "nnpm memory")
    }
    assert {one.system for one in few.methods} == {"self-training", "nnpm", "nnpm memory"}
    assert {method.system for method, _ in none.beside} == {"oracle"}
    assert {method.system for method, _ in few.beside} == {"oracle", "target-only"}
    assert {system for system, _ in none.deaf} == {"chance", "majority", "speaker-majority"}


def test_a_finished_run_computes_nothing_again(whole: Setup) -> None:
    cells = whole.run / "cells"
    before = {path.name: path.stat().st_mtime_ns for path in cells.iterdir()}
    tables = {name: whole.table(name).rows for name in whole.config.corpora}
    asked = comparison.cells(whole.config, tables)
    assert {f"{cell.key}.json" for cell in asked} == {x for x in before if x.endswith("json")}
    (cells / f"{asked[5].key}.json").unlink()
    run(config(), whole.root, whole.run, store=whole.store)
    after = {path.name: path.stat().st_mtime_ns for path in cells.iterdir()}
    changed = {name for name in after if after[name] != before[name]}
    assert {Path(name).stem for name in changed} == {asked[5].key}


@pytest.mark.parametrize("method", ("source-only", "self-training", "nnpm", "running-statistics"))
def test_without_a_budget_no_label_of_the_target_is_used(
    whole: Setup, tmp_path: Path, method: str
) -> None:
    """The two speakers' labels are dealt out anew: what is said stays, what is true changes."""
    setup = like(whole, {"labels_per_class": (0,), "features": ("functionals",)})
    poisoned = Setup(setup.config, tmp_path, setup.store, setup.root)
    for name in builders.LANGUAGES:
        table = setup.table(name)
        shuffled = pl.col("emotion").shuffle(seed=1) if name == "third" else pl.col("emotion")
        rows = table.rows.with_columns(shuffled)
        utterances.write(UtteranceTable(rows, table.roots), tmp_path / "tables" / f"{name}.parquet")
    cell = Cell("methods", "third", 3, "lolo", condition="functionals", method=method)
    keys = ["system", "normalisation", "id"]
    one, other = (methods.judge(x, cell).predictions.sort(keys) for x in (setup, poisoned))
    assert not one["truth"].equals(other["truth"])
    assert one.drop("truth").equals(other.drop("truth"))


def test_with_a_budget_labels_of_the_other_speakers_count(whole: Setup) -> None:
    setup = like(whole, {"labels_per_class": (0, 1, 4), "statistics": ("corpus",)})
    cell = Cell("methods", "third", 3, "lolo", condition="functionals", method="target-only")
    told = methods.judge(setup, cell).predictions
    assert set(told["condition"]) == {'{"labels_per_class": 1}', '{"labels_per_class": 4}'}
    right = told.group_by("condition").agg((pl.col("truth") == pl.col("predicted")).mean())
    assert right.filter(pl.col("condition").str.contains("4"))["truth"].item() > 0.7


def test_of_pairs_each_corpus_alone_is_the_source(whole: Setup) -> None:
    part = {"protocols": ("pair",), "methods": ("source-only", "nnpm"), "statistics": ("corpus",)}
    setup = like(whole, part | {"features": ("functionals",), "labels_per_class": (0,)})
    tables = {name: setup.table(name).rows for name in setup.config.corpora}
    asked = comparison.cells(setup.config, tables)
    assert [(cell.corpus, cell.method, cell.seed) for cell in asked] == [
        (corpus, method, seed)
        for corpus in builders.LANGUAGES
        for method, seed in (("source-only", 3), ("nnpm", 3), ("nnpm", 4))
    ]
    assert {cell.protocol for cell in asked} == {"pair"}
    told = methods.judge(setup, asked[1]).predictions
    assert set(told["train"]) == {"second", "third"} and set(told["corpus"]) == {"first"}
    assert set(told["system"]) == {"nnpm", "nnpm memory"}
    assert predictions.check(told).height == 2 * 2 * 64


def test_the_sides_of_valence_are_classes_too(whole: Setup) -> None:
    setup = like(whole, {"label_set": "valence"})
    cell = Cell("methods", "second", 3, "lolo", condition="functionals", method="source-only")
    told = methods.judge(setup, cell).predictions
    assert set(told["truth"]) == set(told["predicted"]) == {"negative", "positive"}
    assert set(told["label_set"]) == {"valence"} and told.height == 3 * 64  # fear is negative
    np.testing.assert_allclose(told["p_negative"] + told["p_positive"], 1, atol=1e-5)


def test_an_order_of_the_stream_is_drawn(whole: Setup) -> None:
    setup = like(whole, {"labels_per_class": (0,)})
    cell = Cell("methods", "third", 3, "lolo", condition="functionals", method="running-statistics")
    one = methods.judge(setup, cell).predictions
    assert one["id"].to_list() != sorted(one["id"])
    assert one.equals(methods.judge(setup, cell).predictions)
    first, second = (one.filter(seed=seed) for seed in (3, 4))
    assert sorted(first["id"]) == sorted(second["id"]) and len(set(first["id"])) == 32
    assert first["id"].to_list() != second["id"].to_list()  # another order, so another answer
    shares = [x.sort("id").select(pl.selectors.starts_with("p_")) for x in (first, second)]
    assert not shares[0].equals(shares[1])


def test_pseudo_labels_are_told_epoch_by_epoch(whole: Setup) -> None:
    """By two statistics of nnpm and three of self-training; nnpm labels in the last of two."""
    told = json.loads((whole.run / "history.json").read_text(encoding="utf-8"))
    assert {one["system"] for one in told} == {"nnpm", "self-training"}
    for one in told:
        names = FOREIGN[one["corpus"]].split("+")
        assert one["train"] == names and one["protocol"] == "lolo" and one["fold"] in ("1", "2")
        epochs = one["labelling"]
        assert len(epochs) == {"nnpm": 1, "self-training": 4}[one["system"]]
        for epoch in epochs:
            assert (epoch["purity"] is None) == (one["system"] == "self-training")
            shares = [epoch[name] for name in ("labelled", "right", "outside")]
            assert all(share is None or 0 <= share <= 1 for share in shares)
    (of_second,) = {one["labelling"][-1]["outside"] for one in told if one["corpus"] == "first"}
    assert of_second == 0  # all of its recordings have a class
    notes = json.loads((whole.run / "notes.json").read_text(encoding="utf-8"))
    assert not any("nan" in note for note in notes)


def test_what_labels_came_to_is_counted_against_the_truth() -> None:
    """Of five three are labelled, one of them with none of the classes, and one right."""
    truth = np.array([0, 1, -1, 2, 0])
    epoch = {"labels": np.array([0, 2, 1, -1, -1]), "labelled": 0.6}
    assert methods._came_to(epoch, truth) == {
        "labelled": 0.6,
        "purity": None,
        "right": 0.5,
        "outside": pytest.approx(1 / 3),
    }
    nothing = {"labels": np.full(5, -1), "labelled": 0.0, "purity": 0.4}
    found = methods._came_to(nothing, truth)
    assert found["right"] is None and found["outside"] is None and found["purity"] == 0.4


def test_frames_are_for_networks(whole: Setup) -> None:
    """The others are compared on functionals alone; both have a network of their own kind."""
    part = {
        "features": ("network", "functionals"),
        "methods": ("source-only", "source-network", "nnpm"),
        "statistics": ("corpus",),
        "labels_per_class": (2,),
    }
    setup = like(whole, part, **FRAMES)
    tables = {name: setup.table(name).rows for name in setup.config.corpora}
    found = {(cell.condition, cell.method) for cell in comparison.cells(setup.config, tables)}
    assert found == {
        *(("network", "source-network"), ("network", "nnpm"), ("network", "")),
        *(("functionals", name) for name in (*part["methods"], "")),
    }
    cell = Cell("methods", "third", 3, "lolo", condition="network", method="nnpm")
    told = methods.judge(setup, cell).predictions
    assert set(told["features"]) == {"frames"} and told.height == 2 * 32
    for condition, called in (("network", "source-only"), ("functionals", "source-network")):
        cell = Cell("methods", "third", 3, "lolo", condition=condition, method="source-network")
        assert set(methods.judge(setup, cell).predictions["system"]) == {called}


def test_on_frames_there_is_no_oracle(whole: Setup) -> None:
    part = {"methods": ("nnpm",), "statistics": ("corpus",), "labels_per_class": (0,)}
    for features in (("network", "functionals"), ("functionals", "network")):
        setup = like(whole, part | {"features": features}, **FRAMES)
        tables = {name: setup.table(name).rows for name in setup.config.corpora}
        asked = [c for c in comparison.cells(setup.config, tables) if not c.method]
        told = {c.condition: set(methods.judge(setup, c).predictions["system"]) for c in asked}
        deaf = {"chance", "majority", "speaker-majority"}
        if features[0] == "network":
            assert told == {"network": deaf, "functionals": {"oracle"}}
        else:
            assert told == {"functionals": deaf | {"oracle"}}


def test_tried_out_it_is_small(home: Path, tmp_path: Path) -> None:
    part = ASKED | {"methods": ("source-only", "nnpm", "target-only"), "folds": 4}
    given = config(part | {"features": ("functionals",), "labels_per_class": (0, 1, 2)})
    run(given, home, tmp_path, store=home / "store", fast_dev_run=True)
    told = predictions.read(tmp_path / "predictions.parquet")
    assert set(told["seed"]) <= {0, 3}
    heard = told.filter(pl.col("features") == "functionals")
    assert set(heard["fold"]) == {"1", "2"}
    budgets = set(heard.filter(system="nnpm")["condition"])
    assert budgets == {'{"labels_per_class": 2}'}
