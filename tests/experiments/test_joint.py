"""One network for several corpora: what is trained, judged and said of it."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import ehsaas
from ehsaas import audio, utterances
from ehsaas.evaluation import predictions
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.joint import together
from ehsaas.experiments.material import Setup, load
from ehsaas.experiments.run import run
from ehsaas.features.store import FeatureStore
from tests.experiments.builders import config, corpora

CLAF = {
    "system": "claf-ser",
    "model": {"hidden": 4, "heads": 2, "phones": 4, "dense": 8},
    "features": {"like": "claf-frame", "hop_ms": 20},
    "training": {"epochs": 2, "rate": 1e-2, "batch_size": 16, "keep": "last"},
    "adversary": {"against": ("corpus",), "reads": "f_attn"},
    "within": None,
    "transfer": None,
    "adaptation": None,
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = corpora(tmp_path_factory.mktemp("joint"))
    given = config(
        **CLAF,
        joint={"protocols": ("random", "strict", "loco"), "folds": 2, "leaks": ("best-epoch",)},
        variants={"without attention": {"model": {"attention": False}}},
    )
    run(given, folder, folder / "run", store=folder / "store")
    return folder / "run"


def test_every_protocol_variant_and_leak_is_judged(done: Path) -> None:
    said = predictions.read(done / "predictions.parquet").filter(system="claf-ser")
    found = set(said.select("protocol", "condition").unique().iter_rows())
    assert not any("read" in condition for _, condition in found)
    plain, variant = "{}", '{"variant": "without attention"}'
    expected = {(p, c) for p in ("random", "strict", "loco") for c in (plain, variant)}
    assert found == expected | {("random", '{"leak": "best-epoch"}')}


def test_corpora_are_judged_apart_together_and_without_the_largest(done: Path) -> None:
    said = predictions.read(done / "predictions.parquet").filter(
        system="claf-ser", protocol="random", condition="{}"
    )
    counts = dict(said.group_by("corpus").len().iter_rows())
    assert counts["first+second+third"] == sum(counts[c] for c in ("first", "second", "third"))
    (rest,) = [name for name in counts if name.count("+") == 1]
    assert counts[rest] == 2 * counts["first"]


def test_who_is_left_out_is_not_trained_on(done: Path) -> None:
    said = predictions.read(done / "predictions.parquet").filter(protocol="loco")
    assert not said["corpus"].str.contains("+", literal=True).any()
    for corpus, train in said.select("corpus", "train").unique().iter_rows():
        assert corpus not in train.split("+")


def test_it_is_told_how_well_the_corpus_can_be_read(done: Path) -> None:
    said = predictions.read(done / "predictions.parquet").filter(label_set="corpora")
    assert set(said["truth"]) == {"first", "second", "third"}
    assert set(said["protocol"]) == {"random", "strict"}  # nothing to read of a corpus left out
    reads = {
        (system, *(json.loads(condition).get(name, "") for name in ("read", "part")))
        for system, condition in said.select("system", "condition").unique().iter_rows()
    }
    assert reads == {
        ("corpus-probe", "f_attn", ""),
        ("corpus-probe", "f_adapted", ""),
        ("domain-classifier", "f_attn", "training"),
        ("domain-classifier", "f_attn", "test"),
    }


def test_one_corpus_has_no_corpus_to_be_read(tmp_path: Path) -> None:
    folder = corpora(tmp_path)
    given = config(
        **CLAF | {"adversary": {"against": ("speaker",)}},
        corpora=("first", "second"),
        joint={"together": False, "protocols": ("random",)},
        recogniser=False,
    )
    run(given, folder, folder / "run", store=folder / "store", fast_dev_run=True)
    said = predictions.read(folder / "run/predictions.parquet")
    assert "claf-ser" in set(said["system"]) and "corpora" not in set(said["label_set"])


def test_baselines_stand_beside_it(done: Path) -> None:
    said = predictions.read(done / "predictions.parquet")
    assert {"functionals-svm", "chance", "majority"} <= set(said["system"])


def test_curves_show_the_test_part_that_decided_nothing(done: Path) -> None:
    histories = json.loads((done / "history.json").read_text())
    joint = [one for one in histories if one["protocol"] == "random"]
    assert all(len(one["epochs"]) == 2 for one in joint)
    seen = {
        json.dumps(one["condition"]): one["epochs"][-1]["validation_accuracy"] is not None
        for one in joint
    }
    assert seen["{}"] and seen['{"leak": "best-epoch"}']
    assert not seen['{"variant": "without attention"}']  # curves are for the system as it is
    told = {json.dumps(one["condition"]) for one in joint}
    assert told == {"{}", '{"variant": "without attention"}', '{"leak": "best-epoch"}'}
    notes = json.loads((done / "notes.json").read_text())
    assert any("it decides nothing there" in note for note in notes)
    assert any("best epoch by its UAR" in note for note in notes)


def test_the_recogniser_judges_a_clip_of_unknown_language(done: Path) -> None:
    recogniser = ehsaas.load(done / "model")
    clip = audio.read(next((done.parent / "first").glob("*.wav")))
    estimate = recogniser(clip)
    assert estimate.emotion in recogniser.classes
    assert estimate.attention is not None


@pytest.mark.parametrize(
    ("changes", "versions"),
    [({}, 3), ({"copies": ({"kind": "gain", "db": -3},)}, 2)],
    ids=["those of the training", "those asked for"],
)
def test_a_vector_network_runs_on_each_corpus_with_leaking_copies(
    tmp_path: Path, changes: dict[str, object], versions: int
) -> None:
    folder = corpora(tmp_path)
    given = config(
        system="simple-rnn",
        model={"hidden": (8, 8), "dense": 8},
        features="utterance-vector",
        training={
            "epochs": 4,
            "keep": "last",
            "speeds": (1.0, 1.1),
            "disturbed": ({"kind": "hiss", "deviation": 0.002},),
        },
        within=None,
        transfer=None,
        adaptation=None,
        corpora=("first", "second"),
        joint={"together": False, "protocols": ("random",), "leaks": ("copies",)} | changes,
        recogniser=False,
    )
    run(given, folder, folder / "run", store=folder / "store")
    said = predictions.read(folder / "run/predictions.parquet").filter(system="simple-rnn")
    assert set(said["corpus"]) == {"first", "second"} and set(said["features"]) == {"functionals"}
    leaked = said.filter(condition='{"leak": "copies"}', corpus="first")
    honest = said.filter(condition="{}", corpus="first")
    assert leaked.height > (versions - 0.5) * honest.height
    copies = {name.partition("~")[2] for name in leaked["id"]}
    assert copies == {"", *(str(k) for k in range(1, versions))}
    assert not (folder / "run" / "model").exists()
    histories = json.loads((folder / "run/history.json").read_text())
    epochs = {json.dumps(one["condition"]): len(one["epochs"]) for one in histories}
    assert epochs == {"{}": 4, '{"leak": "copies"}': max(1, round(4 / versions))}
    notes = " ".join(json.loads((folder / "run/notes.json").read_text()))
    assert ("gain, db -3.0" if changes else "the versions that training may draw") in notes


def test_every_speaker_has_its_own_statistics_and_few_rows_are_kept(tmp_path: Path) -> None:
    folder = corpora(tmp_path)
    given = config(
        **CLAF,
        corpora=("first", "second"),
        joint={"protocols": ("strict",), "folds": 2, "statistics": ("speaker",), "most": 12},
        recogniser=False,
    )
    run(given, folder, folder / "run", store=folder / "store")
    said = predictions.read(folder / "run/predictions.parquet").filter(
        system="claf-ser", corpus="first"
    )
    assert set(said["normalisation"]) == {"speaker"}
    assert said["truth"].value_counts()["count"].to_list() == [12] * 4

    data = load(Setup(given, folder / "run", folder / "store", folder), ["first"], "native")
    whose = data.rows["speaker"].to_numpy()
    rows = np.flatnonzero(whose == "first:s1")
    own = data.examples(rows, data.standardised_by(rows, "speaker")).features
    everyone = load_all(folder, given)
    mean = np.concatenate(everyone["first:s1"]).mean(axis=0)
    std = np.concatenate(everyone["first:s1"]).std(axis=0)
    np.testing.assert_allclose(own[0], (data.features[rows[0]] - mean) / std, atol=2e-3)


def load_all(folder: Path, given: ExperimentConfig) -> dict[str, list[np.ndarray]]:
    """The features of every utterance of the first corpus, thinned out or not, by speaker."""
    table = utterances.read(folder / "first.parquet")
    stored = FeatureStore(folder / "store").get(table, given.heard_by)
    found: dict[str, list[np.ndarray]] = {}
    for i, name in enumerate(table.rows["speaker"]):
        found.setdefault(name, []).append(np.asarray(stored[i]))
    return found


def test_an_optional_corpus_takes_part_where_it_is_there(tmp_path: Path) -> None:
    folder = corpora(tmp_path)
    given = config(
        **CLAF,
        corpora=("first",),
        optional=("second", "elsewhere"),
        joint={"protocols": ("random",)},
    )
    run(given, folder, folder / "run", store=folder / "store", fast_dev_run=True)
    said = predictions.read(folder / "run/predictions.parquet")
    assert set(said["corpus"]) == {"first", "second", "first+second"}


def test_one_corpus_has_nothing_to_be_taken_together_with() -> None:
    table = pl.DataFrame({"corpus": ["a", "a"], "id": ["1", "2"], "protocol": "random"})
    assert together(table, table).height == 2


def test_a_fold_without_a_corpus_counts_for_all_of_them_together() -> None:
    """Which corpora there are, and which is the largest, is said by all utterances."""
    rows = pl.DataFrame({"corpus": ["a"] * 2 + ["b"] * 5 + ["c"] * 3})
    table = pl.DataFrame({"corpus": ["a", "c"], "id": ["1", "2"], "protocol": "strict"})
    counts = dict(together(table, rows).group_by("corpus").len().iter_rows())
    assert counts == {"a": 1, "c": 1, "a+b+c": 2, "a+c": 2}


def test_corpora_left_out_in_turn_are_not_taken_together() -> None:
    rows = pl.DataFrame({"corpus": ["a"] * 2 + ["b"] * 5 + ["c"] * 3})
    table = pl.DataFrame({"corpus": ["a"], "id": ["1"], "protocol": ["loco"]})
    assert together(table, rows).equals(table)
