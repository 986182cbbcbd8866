import numpy as np
import pytest
from sklearn import metrics as reference

from ehsaas.evaluation.metrics import (
    Counts,
    MetricError,
    accuracy,
    collapse,
    confusion,
    counts,
    macro_f1,
    per_class,
    uar,
    uar_of,
    weighted_f1,
)

TRUTH = list("aaaabbbccd")
CALLED = list("aaabbbacdd")
CLASSES = list("abcd")


def test_uar_is_the_mean_of_recalls() -> None:
    assert uar(TRUTH, CALLED, CLASSES) == pytest.approx((3 / 4 + 2 / 3 + 1 / 2 + 1) / 4)


def test_metrics_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    truth = generator.choice(list("abcde"), 400, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    called = np.where(generator.random(400) < 0.6, truth, generator.choice(list("abcde"), 400))
    classes = list("abcde")
    # Both are the same few divisions in float64, so they differ by rounding only.
    assert uar(truth, called, classes) == pytest.approx(
        reference.balanced_accuracy_score(truth, called), rel=1e-12
    )
    assert accuracy(truth, called) == pytest.approx(
        reference.accuracy_score(truth, called), rel=1e-12
    )
    for ours, average in ((weighted_f1, "weighted"), (macro_f1, "macro")):
        expected = reference.f1_score(truth, called, average=average)
        assert ours(truth, called, classes) == pytest.approx(expected, rel=1e-12)
    table = reference.precision_recall_fscore_support(truth, called, labels=classes)
    for i, one in enumerate(per_class(truth, called, classes)):
        assert (one.precision, one.recall, one.f1, one.support) == pytest.approx(
            tuple(column[i] for column in table)
        )
    np.testing.assert_array_equal(
        confusion(truth, called, classes), reference.confusion_matrix(truth, called, labels=classes)
    )


def test_integer_labels_work_as_names_do() -> None:
    assert uar([0, 0, 1, 1], np.array([0, 1, 1, 1]), range(2)) == pytest.approx(0.75)


def test_a_class_without_items_is_refused_by_name() -> None:
    with pytest.raises(MetricError, match="no UAR: no item of e among 10"):
        uar(TRUTH, CALLED, [*CLASSES, "e"])
    with pytest.raises(MetricError, match="no macro F1"):
        macro_f1(TRUTH, CALLED, [*CLASSES, "e"])
    with pytest.raises(MetricError, match="per-class"):
        per_class(TRUTH, CALLED, [*CLASSES, "e"])


def test_a_prediction_outside_the_classes_is_wrong_but_counts() -> None:
    assert uar(["a", "b"], ["a", "z"], ["a", "b"]) == pytest.approx(0.5)


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(MetricError, match="the truth holds d"):
        uar(TRUTH, CALLED, list("abc"))
    with pytest.raises(MetricError, match=r"\(10,\) true labels came with \(9,\)"):
        accuracy(TRUTH, CALLED[:-1])
    with pytest.raises(MetricError, match="no items"):
        accuracy([], [])
    with pytest.raises(MetricError, match="predictions hold z"):
        confusion(["a"], ["z"], ["a"])
    with pytest.raises(MetricError, match="came with"):
        confusion(["a"], ["a", "a"], ["a"])


def test_a_class_never_predicted_has_no_precision() -> None:
    _, second = per_class(list("aab"), list("aaa"), list("ab"))
    assert (second.precision, second.recall, second.f1) == (None, 0.0, 0.0)


def test_collapse_to_one_class_is_named() -> None:
    found = collapse(TRUTH, ["b"] * 10, CLASSES)
    assert found is not None
    assert (found.kind, found.classes) == ("one class", ("b",))
    assert "every item is predicted as b" in found.text


def test_a_class_never_predicted_is_named() -> None:
    found = collapse(list("abcd"), list("aaab"), CLASSES)
    assert found is not None
    assert (found.kind, found.classes) == ("never predicted", ("c", "d"))
    assert found.text == "c, d are never predicted"


def test_no_collapse_where_all_is_well_or_only_one_class_is_there() -> None:
    assert collapse(TRUTH, CALLED, CLASSES) is None
    assert collapse(["a", "a"], ["a", "a"], CLASSES) is None


def test_counts_add_up_over_parts() -> None:
    whole = counts(TRUTH, CALLED, CLASSES)
    parts = [counts(TRUTH[i::2], CALLED[i::2], CLASSES) for i in (0, 1)]
    summed = Counts(*(sum(getattr(p, n) for p in parts) for n in ("support", "called", "hits")))
    assert uar_of(summed) == pytest.approx(float(uar_of(whole)))
