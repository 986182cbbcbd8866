"""Classical classifiers: vectors (N, D) and labels → probabilities (N, C); skops files, no pickles.

Standardised features, then one of the five classifiers that studies of emotion in speech use on
openSMILE features. Where those say nothing, the choice is **ours**:

- Linear SVM: C = 0.003, the value of the SVM in every table (`experiments/baselines.py`).
- MLP: no early stopping. The published code stops by a tenth of the training rows, drawn at random:
  their speakers are trained on as well, so that part cannot tell when a new speaker is heard worse.
  Here it stops when the training loss has not fallen by 1e-4 for ten passes, and after 400 at most.
- SVMs give no probabilities. Theirs are the softmax of sklearn's decision values, one a class: the
  winner is that of the SVM, the number beside it is not calibrated. (Platt's scaling would be
  fitted on random folds of the training rows, which share their speakers.)
- The scaler counts every row the same; weights count in the classifier alone.
"""

import os
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import skops.io
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.class_weight import compute_sample_weight

Classifier = Literal["svm-rbf", "linear-svm", "random-forest", "mlp", "logistic-regression"]
CLASSIFIERS: tuple[Classifier, ...] = get_args(Classifier)

FILE = "classical.skops"

TRUSTED = (
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
)
"""What a file may hold beside the types that skops knows to be safe. An optimiser is numbers that
predicting does not use; a tree is compiled code that follows the numbers in it, which `load` checks
for staying inside the tree."""


class ClassicalError(ValueError):
    """A classifier cannot be fitted, used or read; the message says why."""


def pipeline(name: Classifier, seed: int) -> Pipeline:
    """The steps `scale` and `classify`, not fitted; classes are balanced, the MLP's by `fit` alone.

    What `fit` does is to weigh rows. It comes to the same, but for the linear SVM: there sklearn's
    balance weighs the rows of a class against a rest that it leaves as it is.

    Args:
        name: one of `CLASSIFIERS`.
        seed: what the forest, the MLP and the linear SVM draw from; the others draw nothing.

    Raises:
        ClassicalError: there is no such classifier.
    """
    kinds = {
        "svm-rbf": SVC(C=10, kernel="rbf", class_weight="balanced", break_ties=True),
        "linear-svm": LinearSVC(
            C=0.003, class_weight="balanced", dual=True, max_iter=20_000, random_state=seed
        ),
        "random-forest": RandomForestClassifier(500, class_weight="balanced", random_state=seed),
        "mlp": MLPClassifier((256, 128), max_iter=400, random_state=seed),
        "logistic-regression": LogisticRegression(C=0.01, class_weight="balanced", max_iter=500),
    }
    if name not in kinds:
        raise ClassicalError(f"{name!r} is no classifier; known are {', '.join(kinds)}")
    return Pipeline([("scale", StandardScaler()), ("classify", kinds[name])])


@dataclass(frozen=True)
class Classical:
    """A fitted classifier; made by `fit` or `load`."""

    name: Classifier
    pipeline: Pipeline

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of the probabilities."""
        return tuple(str(one) for one in self.pipeline.classes_)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities (N, C) of the vectors X (N, D), columns as `classes`; not calibrated.

        Raises:
            ClassicalError: X is of another size than it was fitted on, or not finite.
        """
        vectors = _vectors(X, self.pipeline.n_features_in_)
        if hasattr(self.pipeline, "predict_proba"):
            return np.asarray(self.pipeline.predict_proba(vectors), dtype=np.float64)
        scores = np.asarray(self.pipeline.decision_function(vectors), dtype=np.float64)
        if scores.ndim == 1:  # of two classes sklearn scores the second only
            scores = np.stack([np.zeros_like(scores), scores], axis=1)
        return np.asarray(softmax(scores, axis=1))

    def save(self, folder: Path) -> None:
        """Write `classical.skops` into `folder`, beside an older one first, then in its place."""
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f"{FILE}.{os.getpid()}.part"
        held = {"name": self.name, "pipeline": self.pipeline}
        skops.io.dump(held, aside, compression=zipfile.ZIP_DEFLATED)
        aside.replace(folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> "Classical":
        """The classifier that was saved in `folder`.

        Raises:
            ClassicalError: there is none, the file is damaged, or it holds something else.
        """
        path = Path(folder) / FILE
        if not path.is_file():
            raise ClassicalError(f"{folder}: no classifier here ({FILE} is missing)")
        try:
            unknown = sorted({*skops.io.get_untrusted_types(file=path)} - {*TRUSTED})
            held: Any = None if unknown else skops.io.load(path, trusted=[*TRUSTED])
            ours = not unknown and _ours(held)
        except Exception as error:  # a damaged file fails in as many ways as it has parts
            raise ClassicalError(f"{path}: the file is damaged ({error!r})") from error
        if unknown:
            raise ClassicalError(f"{path}: not read, since it holds {', '.join(unknown)}")
        if not ours:
            raise ClassicalError(f"{path}: this is no fitted classifier of ours")
        return cls(held["name"], held["pipeline"])


def fit(
    name: Classifier,
    X: ArrayLike,
    y: Sequence[str],
    weights: ArrayLike | None,
    seed: int,
) -> Classical:
    """Fit a classifier.

    Args:
        name: one of `CLASSIFIERS`.
        X: vectors (N, D), finite.
        y: the class of each row, (N,); the order of the classes is that of their names.
        weights: the weight of each row, (N,), above 0: say such that each corpus × class weighs the
            same. They are scaled to a mean of 1 and take the place of the balance of the classes,
            which would count twice otherwise. None: each class weighs the same.
        seed: as for `pipeline`.

    Raises:
        ClassicalError: the shapes do not fit, X or the weights cannot be used, or there are fewer
            than two classes.
    """
    model, vectors, labels = pipeline(name, seed), _vectors(X, None), np.array(y, dtype=np.str_)
    if labels.shape != (len(vectors),):
        raise ClassicalError(f"{len(vectors)} rows of X, but labels of shape {labels.shape}")
    if len(found := np.unique(labels)) < 2:
        raise ClassicalError(
            f"the labels are all {str(found[0])!r}; at least two classes are needed"
        )
    if weights is None:
        weights = compute_sample_weight("balanced", labels)
    if "class_weight" in model["classify"].get_params():
        model.set_params(classify__class_weight=None)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != labels.shape or not (np.isfinite(weights) & (weights > 0)).all():
        raise ClassicalError(
            f"weights must be {len(labels)} numbers above 0, one a row of X; these are of shape"
            f" {weights.shape}, from {weights.min(initial=np.inf)} to"
            f" {weights.max(initial=-np.inf)}"
        )
    with warnings.catch_warnings():
        if name == "mlp":  # its 400 passes are an end as meant as the other
            warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(vectors, labels, classify__sample_weight=weights / weights.mean())
    return Classical(name, model)


def _vectors(X: ArrayLike, dims: int | None) -> NDArray[np.float64]:
    """X as float64 (N, D), D being `dims` where that is known."""
    vectors = np.asarray(X, dtype=np.float64)
    if vectors.ndim != 2 or 0 in vectors.shape or dims not in (None, vectors.shape[1]):
        wanted = f"(N, {dims or 'D'})"
        raise ClassicalError(f"X is of shape {vectors.shape}; expected {wanted}, N at least 1")
    strange = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(strange):
        raise ClassicalError(
            f"{len(strange)} rows of X hold numbers that are not finite, the first is row"
            f" {strange[0]}"
        )
    return vectors


def _ours(held: Any) -> bool:
    """Whether what was read is what `Classical.save` writes."""
    if not isinstance(held, dict) or held.get("name") not in CLASSIFIERS:
        return False
    model, expected = held.get("pipeline"), pipeline(held["name"], 0)
    if not isinstance(model, Pipeline) or not hasattr(model, "classes_"):
        return False
    if [(key, type(step)) for key, step in model.steps] != [
        (key, type(step)) for key, step in expected.steps
    ]:
        return False
    trees = model["classify"].estimators_ if held["name"] == "random-forest" else ()
    return all(_stays_inside(tree.tree_, model.n_features_in_) for tree in trees)


def _stays_inside(tree: Any, dims: int) -> bool:
    """Whether a tree leads from its root down to leaves, and looks at `dims` features only."""
    nodes = np.arange(tree.node_count)
    left, right = tree.children_left, tree.children_right
    leaf = left == -1
    down = (left > nodes) & (left < len(nodes)) & (right > nodes) & (right < len(nodes))
    seen = (tree.feature >= 0) & (tree.feature < dims)
    return bool(len(nodes)) and bool((leaf | (down & seen)).all())
