"""The classical grid in a run: tones under every protocol, published features, what is refused."""

import json
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest
from scipy.io import savemat

from ehsaas import utterances
from ehsaas.corpora.prepare import prepare
from ehsaas.evaluation import predictions
from ehsaas.evaluation.metrics import uar
from ehsaas.experiments import classical, groups
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.groups import Vectors
from ehsaas.experiments.material import Setup
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.parts import ClassicalConfig
from ehsaas.experiments.protocols import Cell
from ehsaas.experiments.run import run
from ehsaas.features.smile import SmileError
from ehsaas.models.classical import CLASSIFIERS, Classical, fit
from tests.experiments import builders

GRID: dict[str, Any] = {
    "features": ("functionals",),
    "classifiers": ("svm-rbf", "logistic-regression"),
    "protocols": ("random", "strict", "pair"),
    "label_set": "common",
    "folds": 2,
}
ALONE: dict[str, Any] = {
    "within": None,
    "transfer": None,
    "adaptation": None,
    "recogniser": False,
    "called": "svm-rbf",
}


def config(grid: dict[str, Any], **changes: Any) -> ExperimentConfig:
    return builders.config(**(ALONE | {"classical": grid} | changes))


EMOTIONS = ["anger", "happiness", "neutral"]
"""What the three corpora of tones share."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones; what is neutral in the second corpus is a reading style, and the third has fear."""
    made = builders.corpora(tmp_path_factory.mktemp("classical"))
    changes = {
        "second": {"emotion": "neutral", "style": "book"},
        "third": {"emotion": "sadness", "to": "fear"},
    }
    for name, change in changes.items():
        table = utterances.read(made / f"{name}.parquet")
        chosen = pl.col("emotion") == change["emotion"]
        rows = table.rows.with_columns(
            style=pl.when(chosen).then(pl.lit(change.get("style"), pl.String)),
            emotion=pl.when(chosen).then(pl.lit(change.get("to"), pl.String)).otherwise("emotion"),
        )
        utterances.write(utterances.UtteranceTable(rows, table.roots), made / f"{name}.parquet")
    return made


@pytest.fixture(scope="module")
def tones(folder: Path) -> Setup:
    given = config(GRID | {"save": True}, neutral_styles={"second": ("book",)})
    run(given, folder, folder / "run", store=folder / "store")
    return Setup(given, folder / "run", folder / "store", folder)


@pytest.fixture(scope="module")
def said(tones: Setup) -> pl.DataFrame:
    return predictions.read(tones.run / "predictions.parquet")


def test_every_group_protocol_and_statistics_is_judged(said: pl.DataFrame) -> None:
    heard = said.filter(features="functionals")
    keys = ("system", "protocol", "normalisation", "train", "corpus")
    found = set(heard.select(keys).unique().iter_rows())
    assert found == {
        (system, protocol, by, train, corpus)
        for system in GRID["classifiers"]
        for protocol in GRID["protocols"]
        for by in ("source", "corpus")
        for train in builders.LANGUAGES
        for corpus in builders.LANGUAGES
        if (protocol == "pair") != (train == corpus)
    }
    assert set(said["label_set"]) == {"common"}
    right = heard.filter(protocol="random")
    assert uar(right["truth"].to_list(), right["predicted"].to_list(), EMOTIONS) > 0.9


def test_common_is_what_all_share_with_styles_that_count_as_neutral(said: pl.DataFrame) -> None:
    assert all(set(own["truth"]) == set(EMOTIONS) for _, own in said.group_by("corpus"))
    shares = said.filter(features="functionals").select(f"p_{name}" for name in EMOTIONS)
    np.testing.assert_allclose(shares.sum_horizontal(), 1, atol=1e-5)


def test_what_hears_nothing_comes_once(said: pl.DataFrame) -> None:
    deaf = said.filter(features="none")
    assert set(deaf["system"]) == {"chance", "majority", "speaker-majority"}
    assert deaf.height == 3 * (3 + 3 + 6) * 48  # every corpus is tested whole, by each protocol


def test_within_a_group_its_statistics_change_nothing(said: pl.DataFrame) -> None:
    own = said.filter(features="functionals", protocol="strict").sort("system", "corpus", "id")
    one, other = (own.filter(normalisation=by).drop("normalisation") for by in ("source", "corpus"))
    assert one.equals(other)


@pytest.mark.parametrize("classifier", GRID["classifiers"])
def test_statistics_of_the_corpus_are_z_scores_before_the_pipeline(
    tones: Setup, said: pl.DataFrame, classifier: Any
) -> None:
    source, target = (groups.load(tones, name, "functionals") for name in ("first", "second"))
    scaled = [(one.X - one.mean) / np.where(one.std > 0, one.std, 1) for one in (source, target)]
    model = fit(classifier, scaled[0], source.emotions.tolist(), None, 0)
    expected = model.predict_proba(scaled[1])
    rows = said.filter(
        system=classifier, protocol="pair", normalisation="corpus", train="first", corpus="second"
    )
    assert rows["id"].to_list() == target.rows["id"].to_list()
    found = rows.select(f"p_{name}" for name in model.classes).to_numpy()
    np.testing.assert_allclose(found, expected, atol=1e-3)  # x' is rounded otherwise than z


def test_a_shift_and_a_gain_of_a_group_are_taken_away() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 3))
    one = Vectors(pl.DataFrame(), X, X.mean(axis=0), X.std(axis=0))
    Y = 5 * X - 2
    Y[:, 2] = 7  # a dimension that says nothing there is at the other's mean
    other = Vectors(pl.DataFrame(), Y, Y.mean(axis=0), Y.std(axis=0))
    found = other.in_scale_of(one)
    np.testing.assert_allclose(found[:, :2], X[:, :2], atol=1e-12)
    np.testing.assert_allclose(found[:, 2], X[:, 2].mean(), atol=1e-12)


def test_classifiers_of_whole_groups_are_kept(tones: Setup, said: pl.DataFrame) -> None:
    kept = {path.name for path in (tones.run / "model").iterdir()}
    assert kept == {
        f"{group}-functionals-{name}"
        for group in builders.LANGUAGES
        for name in GRID["classifiers"]
    }
    model = Classical.load(tones.run / "model" / "first-functionals-svm-rbf")
    target = groups.load(tones, "third", "functionals")
    shares = model.predict_proba(target.X)
    rows = said.filter(
        system="svm-rbf", protocol="pair", normalisation="source", train="first", corpus="third"
    )
    assert rows["predicted"].to_list() == [model.classes[i] for i in shares.argmax(axis=1)]


def test_a_reader_is_told(tones: Setup) -> None:
    notes = "\n".join(json.loads((tones.run / "notes.json").read_text(encoding="utf-8")))
    assert "In common, the 16 unlabelled utterances of second in the styles book" in notes
    assert "`strict` on first, second, third: speaker-disjoint folds made here" in notes
    assert "Statistics of the classical grid." in notes
    audits = json.loads((tones.run / "audit.json").read_text(encoding="utf-8"))
    assert {("first", "random"), ("first", "strict")} <= {
        (one["corpus"], one["split"]) for one in audits
    }


def test_only_the_features_of_the_grid_are_computed(tones: Setup) -> None:
    packs = list((tones.store / "features").iterdir())
    assert len(packs) == len(builders.LANGUAGES)


def test_another_seed_is_for_what_draws() -> None:
    given = config(GRID | {"classifiers": ("svm-rbf", "mlp")}, seeds=(3, 4))
    cells = classical.cells(given)
    assert len(cells) == 2 * 3 * 3 and {cell.seed for cell in cells} == {3, 4}
    alone = config(GRID, seeds=(3, 4))
    assert {cell.seed for cell in classical.cells(alone)} == {3}


def test_what_is_saved_without_pairs_has_a_cell_of_its_own(tones: Setup, tmp_path: Path) -> None:
    grid = GRID | {"protocols": ("random",), "save": True, "classifiers": ("logistic-regression",)}
    given = config(grid)
    whole = [cell for cell in classical.cells(given) if cell.protocol == classical.WHOLE]
    assert [cell.corpus for cell in whole] == list(builders.LANGUAGES)
    (tmp_path / "tables").symlink_to(tones.run / "tables")
    setup = Setup(given, tmp_path, tones.store, tones.root)
    assert not classical.grid(setup, whole[0]).height
    assert (tmp_path / "model" / "first-functionals-logistic-regression").is_dir()


def test_a_seed_changes_what_draws(tones: Setup, tmp_path: Path) -> None:
    given = config(GRID | {"classifiers": ("svm-rbf", "mlp")}, seeds=(0, 1))
    (tmp_path / "tables").symlink_to(tones.run / "tables")
    setup = Setup(given, tmp_path, tones.store, tones.root)
    first, second = (
        classical.grid(setup, Cell("classical", "first", seed, "random", condition="functionals"))
        for seed in (0, 1)
    )
    assert set(second["system"]) == {"mlp"} and set(second["seed"]) == {1}
    of_first = first.filter(system="mlp")
    assert of_first["id"].equals(second["id"])  # the same folds
    assert not of_first["p_anger"].equals(second["p_anger"])


def test_a_run_without_opensmile_ends_in_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    given = config(GRID | {"features": ("egemaps",)}, neutral_styles={"second": ("book",)})
    with pytest.raises(SmileError, match=r"pip install 'ehsaas\[opensmile\]'") as caught:
        run(given, folder, tmp_path, store=folder / "store")
    assert "\n" not in str(caught.value)


CODES = {"Anger": 3.0, "Happiness": 1.0, "Sarcasm": -1.0}
SETS = {"is09": ("IS09Emotion funcs", 12), "prosody": ("Prosody funcs", 5)}
PUBLISHED: dict[str, Any] = {
    "features": tuple(SETS),
    "classifiers": ("logistic-regression",),
    "protocols": ("random", "pair"),
    "label_set": "common",
    "folds": 3,
    "published": True,
    "parts": {
        "urdu_syed": {"corpus": "urdu_sindhi", "language": "ur"},
        "sindhi_syed": {"corpus": "urdu_sindhi", "language": "sd"},
    },
}


@pytest.fixture(scope="module")
def syed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mini Urdu–Sindhi: an emotion is a level of every number, and Sindhi is louder by 20."""
    home = tmp_path_factory.mktemp("syed")
    rng = np.random.default_rng(0)
    for language, shift in (("Urdu", 0), ("Sindhi", 20)):
        for code, level in CODES.items():
            for (name, size), i in [(one, i) for one in SETS.values() for i in range(1, 10)]:
                path = home / f"urdu_sindhi/Feats - {language}/{name}/Matfiles/{code}_{i:04}.mat"
                path.parent.mkdir(parents=True, exist_ok=True)
                savemat(path, {"funcs": level + shift + 0.3 * rng.standard_normal((1, size))})
    utterances.write(
        prepare("urdu_sindhi", home / "urdu_sindhi").table, home / "urdu_sindhi.parquet"
    )
    return home


def test_published_features_run_without_recordings_or_speakers(syed: Path, tmp_path: Path) -> None:
    figure = {
        "system": "SVM-RBF on IS09",
        "train": ["urdu_syed"],
        "test": "urdu_syed",
        "protocol": "stratified 5-fold",
        "leakage": "speakers overlap",
        "metric": "uar",
        "value": 0.4961,
        "source": "transfer learning study",
    }
    given = config(PUBLISHED, corpora=("urdu_sindhi",), called=None, published=(figure,))
    report = run(given, syed, tmp_path, store=tmp_path / "store")
    said = predictions.read(tmp_path / "predictions.parquet")
    heard = said.filter(system="logistic-regression")
    found = set(heard.select("protocol", "train", "corpus", "language").unique().iter_rows())
    assert found == {
        ("random", "urdu_syed", "urdu_syed", "ur"),
        ("random", "sindhi_syed", "sindhi_syed", "sd"),
        ("pair", "urdu_syed", "sindhi_syed", "sd"),
        ("pair", "sindhi_syed", "urdu_syed", "ur"),
    }
    assert set(heard["features"]) == set(SETS)
    assert set(said.filter(features="none")["system"]) == {"chance", "majority"}
    assert set(said["truth"]) == {"anger", "happiness", "sarcasm"}
    right = pl.col("truth") == pl.col("predicted")
    pairs = dict(
        heard.filter(protocol="pair").group_by("normalisation").agg(right.mean()).iter_rows()
    )
    assert pairs["corpus"] > 0.9 and pairs["source"] < 0.5  # the shift between the languages
    assert "urdu_syed" in report.read_text(encoding="utf-8")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"protocols": ("strict",)},
            "strict keeps speakers apart, but 27 of 27 utterances of urdu_syed",
        ),
        (
            {"parts": {"hindi": {"corpus": "urdu_sindhi", "language": "hi"}}},
            "no utterances in 'hi'; its languages are sd, ur",
        ),
        ({"published": False, "features": ("functionals",)}, "has no recording"),
        ({"features": ("egemaps",)}, "27 of 27 utterances have no file of the set eGeMAPS"),
    ],
)
def test_what_published_features_cannot_answer_is_said(
    syed: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    given = config(PUBLISHED | {"protocols": ("random",)} | change, corpora=("urdu_sindhi",))
    with pytest.raises(ValueError, match=message):
        run(given, syed, tmp_path, store=tmp_path / "store")


def test_groups_that_share_no_two_emotions_are_named(
    folder: Path, tones: Setup, tmp_path: Path
) -> None:
    table = utterances.read(folder / "first.parquet")
    rows = table.rows.filter(pl.col("emotion") == "anger")
    utterances.write(
        utterances.UtteranceTable(rows, table.roots), tmp_path / "tables" / "first.parquet"
    )
    utterances.write(tones.table("third"), tmp_path / "tables" / "third.parquet")
    setup = Setup(config(GRID, corpora=("first", "third")), tmp_path, tones.store, folder)
    with pytest.raises(ConfigError, match="first, third share anger; at least two"):
        groups.labelled(setup)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ("egemap",)}, "'functionals', 'egemaps', 'compare'"),
        ({"features": ("is09", "is09")}, "is09, is09; name each once"),
        ({"features": ("prosody",)}, "published: true"),
        ({"published": True}, "functionals are computed here"),
        ({"label_set": "native"}, "label_set: common, four or seven"),
        ({"parts": {"x": {"corpus": "frist"}}}, "did you mean 'first'"),
        ({"parts": {"a+b": {"corpus": "first"}}}, "a\\+b"),
        ({"parts": {"third": {"corpus": "first"}}}, "third is a corpus of this experiment"),
        ({"feature": ("is09",)}, "feature"),
    ],
)
def test_what_is_wrong_with_a_grid_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(GRID | change)


def test_a_pair_needs_two_groups() -> None:
    with pytest.raises(ValueError, match="pair needs two groups"):
        config(GRID, corpora=("first",))
    halves = {name: {"corpus": "first", "language": name} for name in ("de", "en")}
    given = config(GRID | {"parts": halves}, corpora=("first",))
    assert list(groups.groups(given)) == ["de", "en"]


def test_an_absent_optional_corpus_takes_its_part_with_it() -> None:
    grid = GRID | {"parts": {"half": {"corpus": "fourth", "language": "de"}}}
    given = config(grid, corpora=("first",), optional=("fourth",))
    assert list(groups.groups(given)) == ["first"]
    assert {cell.protocol for cell in classical.cells(given)} == {"random", "strict"}


def test_the_configuration_knows_every_classifier() -> None:
    (known, _) = get_args(ClassicalConfig.model_fields["classifiers"].annotation)
    assert get_args(known) == CLASSIFIERS
