import numpy as np
import pytest

from ehsaas.emotions import NOT_SURE, Estimate
from ehsaas.judging import RecogniserError, settling

CLASSES = ("anger", "neutral", "sadness")


def estimate(*p: float) -> Estimate:
    return Estimate(CLASSES[int(np.argmax(p))], dict(zip(CLASSES, p, strict=True)))


def test_without_a_coverage_nothing_changes() -> None:
    one = estimate(0.5, 0.3, 0.2)
    assert settling(None, CLASSES, None, "ear")(one) is one


def test_the_set_is_what_the_scores_promise() -> None:
    """Of nine scores 0.1 … 0.9, the eighth promises 80 %: classes from 0.2 up."""
    settle = settling(np.arange(1, 10) / 10, CLASSES, 0.8, "ear")
    sure = settle(estimate(0.85, 0.1, 0.05))
    assert (sure.emotion, sure.prediction_set) == ("anger", ("anger",))
    unsure = settle(estimate(0.3, 0.1, 0.6))
    assert (unsure.emotion, unsure.prediction_set) == (NOT_SURE, ("sadness", "anger"))
    assert unsure.probabilities == estimate(0.3, 0.1, 0.6).probabilities


@pytest.mark.parametrize("coverage", (0.0, 1.0, -1.0, 90.0))
def test_a_coverage_is_a_share(coverage: float) -> None:
    with pytest.raises(RecogniserError, match="expected a share between 0 and 1"):
        settling(np.ones(3), CLASSES, coverage, "ear")


@pytest.mark.parametrize(
    ("facts", "advice"),
    [
        ({}, "train it again, or calibrate it on labelled recordings of your own"),
        ({"teacher": {"name": "ear"}}, "a student cannot be; .* trained by `ehsaas run`$"),
        ({"pruned": 0.5}, "a pruned recogniser cannot be; .* trained by `ehsaas run`$"),
    ],
)
def test_who_was_not_calibrated_promises_nothing(facts: dict[str, object], advice: str) -> None:
    with pytest.raises(RecogniserError, match=f"ear was not calibrated, .*: {advice}"):
        settling(None, CLASSES, 0.9, "ear", facts)
