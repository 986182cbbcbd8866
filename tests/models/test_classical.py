"""Classical classifiers: one suite over all of them, and files that hold nothing else."""

import collections
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from ehsaas.models import classical
from ehsaas.models.classical import CLASSIFIERS, Classical, ClassicalError, Classifier, fit

WORDS = ("anger", "happiness", "sadness")
PIPELINE = classical.pipeline

every = pytest.mark.parametrize("name", CLASSIFIERS)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forest of 20 trees and an MLP of 16 units, so that the suite is fast."""

    def fewer(name: Classifier, seed: int) -> Pipeline:
        model = PIPELINE(name, seed)
        less: dict[str, dict[str, Any]] = {
            "random-forest": {"classify__n_estimators": 20},
            "mlp": {"classify__hidden_layer_sizes": (16,), "classify__learning_rate_init": 0.02},
        }
        return model.set_params(**less.get(name, {}))

    monkeypatch.setattr(classical, "pipeline", fewer)


def clouds(
    counts: tuple[int, ...], apart: float = 4.0, seed: int = 0
) -> tuple[NDArray[np.float64], list[str]]:
    """`counts` points of each class around centres `apart`, in 6 dimensions of unlike scales."""
    draw = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    X = draw.normal(size=(len(labels), 6)) + apart * np.eye(6)[labels]
    return X * 10.0 ** np.arange(-2, 4), [WORDS[i] for i in labels]


def said(model: Classical, X: NDArray[np.float64]) -> list[str]:
    return [model.classes[i] for i in model.predict_proba(X).argmax(axis=1)]


def recall(model: Classical, X: NDArray[np.float64], y: list[str], word: str) -> float:
    return float(np.mean([a == b for a, b in zip(said(model, X), y, strict=True) if b == word]))


@every
def test_clear_classes_are_learnt_and_rows_sum_to_1(name: Classifier) -> None:
    X, y = clouds((30, 30, 30), apart=6)
    model = fit(name, X, y, None, seed=0)
    new, truth = clouds((20, 20, 20), apart=6, seed=1)
    probabilities = model.predict_proba(new)
    assert model.classes == WORDS and model.name == name
    assert probabilities.shape == (60, 3) and probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (probabilities >= 0).all()
    assert np.mean([a == b for a, b in zip(said(model, new), truth, strict=True)]) > 0.9


@every
@pytest.mark.parametrize("classes", [2, 3])
def test_the_likeliest_class_is_the_one_that_sklearn_says(name: Classifier, classes: int) -> None:
    X, y = clouds((25, 20, 15)[:classes], apart=1.5)
    model = fit(name, X, y, None, seed=0)
    new, _ = clouds((40, 40, 40)[:classes], apart=1.5, seed=1)
    assert said(model, new) == list(model.pipeline.predict(new))


@every
def test_shuffled_labels_give_chance(name: Classifier) -> None:
    X, y = clouds((60, 60, 60))
    shuffled = [str(word) for word in np.random.default_rng(3).permutation(y)]
    new, truth = clouds((60, 60, 60), seed=1)
    model = fit(name, X, shuffled, None, seed=0)
    uar = np.mean([recall(model, new, truth, word) for word in WORDS])
    assert uar == pytest.approx(1 / 3, abs=0.2)


@every
def test_the_same_seed_gives_the_same_numbers(name: Classifier) -> None:
    X, y = clouds((20, 20, 20), apart=1)
    one, again, other = (fit(name, X, y, None, seed).predict_proba(X) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    if name in ("random-forest", "mlp"):
        assert not np.array_equal(one, other)


@every
def test_without_weights_a_rare_class_counts_as_much_as_a_frequent_one(name: Classifier) -> None:
    X, y = clouds((150, 15), apart=1.0)
    balanced, plain = fit(name, X, y, None, 0), fit(name, X, y, [1.0] * len(y), 0)
    new, truth = clouds((200, 200), apart=1.0, seed=1)
    rare = [recall(model, new, truth, "happiness") for model in (balanced, plain)]
    assert rare[0] > rare[1] + 0.03


@every
def test_weights_take_the_place_of_the_balance_and_their_scale_is_nothing(name: Classifier) -> None:
    X, y = clouds((60, 20, 40), apart=1.5)
    counts = collections.Counter(y)
    weights = np.array([7.0 / counts[word] for word in y])
    balanced, weighted = fit(name, X, y, None, 0), fit(name, X, y, weights, 0)
    np.testing.assert_allclose(balanced.predict_proba(X), weighted.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("name", ["svm-rbf", "random-forest", "logistic-regression"])
def test_classes_are_balanced_once_as_sklearn_does_it(name: Classifier) -> None:
    """Not the MLP, which it cannot balance, nor the linear SVM, whose rest it leaves as it is."""
    X, y = clouds((60, 20, 40), apart=1.5)
    model = fit(name, X, y, None, seed=0)
    theirs = Classical(name, classical.pipeline(name, 0).fit(X, y))
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), atol=1e-6)


@every
def test_rows_of_hardly_any_weight_are_hardly_learnt(name: Classifier) -> None:
    """A cloud of its own place is labelled so by the heavy rows, otherwise by the light ones."""
    X, y = clouds((40, 40))
    wrong = ["anger" if word == "happiness" else "happiness" for word in y]
    heavy = np.r_[np.ones(80), np.full(80, 1e-6)]
    twice, labels = np.concatenate([X, X]), [*y, *wrong]
    for weights, expected in ((heavy, y), (heavy[::-1], wrong)):
        assert said(fit(name, twice, labels, weights, 0), X) == expected


@every
def test_a_saved_classifier_is_the_one_that_is_read(name: Classifier, tmp_path: Path) -> None:
    X, y = clouds((20, 20, 20), apart=1.5)
    model = fit(name, X, y, None, seed=0)
    for _ in range(2):  # an older one is replaced
        model.save(tmp_path / "new")
    read = Classical.load(tmp_path / "new")
    assert (read.name, read.classes) == (name, WORDS)
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))
    assert [path.name for path in (tmp_path / "new").iterdir()] == [classical.FILE]


def refused(folder: Path) -> str:
    with pytest.raises(ClassicalError) as caught:
        Classical.load(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_with_other_types_is_refused(tmp_path: Path) -> None:
    for held in ({"name": "mlp", "pipeline": Path("x")}, {"name": collections.ChainMap}):
        skops.io.dump(held, tmp_path / classical.FILE)
        assert "not read, since it holds " in refused(tmp_path)


def test_a_file_with_something_else_is_refused(tmp_path: Path) -> None:
    X, y = clouds((9, 9))
    unfitted = classical.pipeline("svm-rbf", 0)
    bare = Pipeline([("scale", StandardScaler())]).fit(X)
    for held in (
        {"name": "svm-rbf", "pipeline": unfitted},
        {"name": "svm-rbf", "pipeline": bare},
        {"name": "svm-rbf", "pipeline": fit("linear-svm", X, y, None, 0).pipeline},
        {"name": "tree", "pipeline": fit("svm-rbf", X, y, None, 0).pipeline},
        {"name": "svm-rbf", "pipeline": "none"},
        ["svm-rbf"],
    ):
        skops.io.dump(held, tmp_path / classical.FILE)
        assert refused(tmp_path).endswith("this is no fitted classifier of ours")


@pytest.mark.parametrize(
    ("field", "value"), [("right_child", 99), ("left_child", 0), ("feature", 6)]
)
def test_a_tree_that_leads_outside_itself_is_refused(
    tmp_path: Path, field: str, value: int
) -> None:
    model = fit("random-forest", *clouds((20, 20)), None, seed=0)
    tree = model.pipeline["classify"].estimators_[3].tree_
    state = tree.__getstate__()
    state["nodes"] = state["nodes"].copy()
    state["nodes"][field][0] = value
    tree.__setstate__(state)
    model.save(tmp_path)
    assert refused(tmp_path).endswith("this is no fitted classifier of ours")


def test_a_damaged_or_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: no classifier here (classical.skops is missing)"
    fit("svm-rbf", *clouds((9, 9)), None, seed=0).save(tmp_path)
    path = tmp_path / classical.FILE
    whole = path.read_bytes()
    for damaged in (b"", b"a pickle", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        assert refused(tmp_path).startswith(f"{path}: the file is damaged")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "{}")
    assert refused(tmp_path).startswith(f"{path}: the file is damaged")


def test_what_cannot_be_fitted_is_said() -> None:
    X, y = clouds((5, 5))
    cases: tuple[tuple[tuple[Any, Any, Any], str], ...] = (
        ((X[0], y, None), r"shape \(6,\); expected \(N, D\)"),
        ((X[:0], [], None), r"shape \(0, 6\)"),
        ((X, y[1:], None), r"10 rows of X, but labels of shape \(9,\)"),
        ((X, ["anger"] * 10, None), "all 'anger'; at least two classes"),
        ((X, y, [1.0] * 9), r"weights must be 10 numbers above 0.* shape \(9,\)"),
        ((X, y, [0.0] + [1.0] * 9), "from 0.0 to 1.0"),
        ((np.where(X == X[3, 2], np.nan, X), y, None), "1 rows of X .* the first is row 3"),
    )
    for given, message in cases:
        with pytest.raises(ClassicalError, match=message):
            fit("svm-rbf", *given, 0)
    with pytest.raises(ClassicalError, match="'tree' is no classifier; known are svm-rbf, linear"):
        fit("tree", X, y, None, seed=0)  # type: ignore[arg-type]


def test_vectors_of_another_size_are_refused() -> None:
    X, y = clouds((5, 5))
    model = fit("svm-rbf", X, y, None, seed=0)
    with pytest.raises(ClassicalError, match=r"shape \(10, 5\); expected \(N, 6\)"):
        model.predict_proba(X[:, 1:])


def test_the_sizes_of_the_recipe() -> None:
    """Of the real pipelines, not of the small ones of this suite."""
    sizes = {name: PIPELINE(name, 5)["classify"].get_params() for name in CLASSIFIERS}
    assert (sizes["svm-rbf"]["C"], sizes["svm-rbf"]["kernel"]) == (10, "rbf")
    assert sizes["random-forest"]["n_estimators"] == 500
    assert sizes["mlp"]["hidden_layer_sizes"] == (256, 128) and not sizes["mlp"]["early_stopping"]
    logistic = sizes["logistic-regression"]
    assert (logistic["C"], logistic["max_iter"]) == (0.01, 500)
    balanced = [name for name, size in sizes.items() if size.get("class_weight") == "balanced"]
    assert balanced == ["svm-rbf", "linear-svm", "random-forest", "logistic-regression"]
