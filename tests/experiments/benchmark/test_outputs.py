import numpy as np
import pytest

from ehsaas.calibration import softmax
from ehsaas.emotions import VOCABULARY
from ehsaas.experiments.benchmark import outputs
from ehsaas.experiments.benchmark.mistakes import BenchmarkError


@pytest.mark.parametrize(
    ("word", "emotion"),
    [
        ("ang", "anger"),
        ("HAP", "happiness"),
        (" Neu ", "neutral"),
        ("sad", "sadness"),
        ("fearful", "fear"),
        ("joy", "happiness"),
        ("exc", "excitement"),
        ("calm", "calm"),
        ("other", None),
    ],
)
def test_what_models_call_emotions(word: str, emotion: str | None) -> None:
    assert outputs.emotion_of(word) == emotion


def test_every_emotion_of_ours_is_its_own_word() -> None:
    assert [outputs.emotion_of(name) for name in VOCABULARY] == list(VOCABULARY)
    assert set(outputs.WORDS.values()) == set(VOCABULARY)


def test_probabilities_stay_and_logits_do_not() -> None:
    found = outputs.labels("sad,ang", "it")
    assert found.classes == ("anger", "sadness")
    np.testing.assert_allclose(found([0.2, 0.8], "it"), [0.8, 0.2])
    np.testing.assert_allclose(found([[1.0, 3.0]], "it"), softmax(np.array([3.0, 1.0])), rtol=1e-6)
    np.testing.assert_allclose(found([-0.2, 1.2], "it"), softmax(np.array([1.2, -0.2])), rtol=1e-6)


def test_outputs_of_one_emotion_are_added_and_those_of_none_left_out() -> None:
    found = outputs.labels("happy,joy,-,angry", "it")
    assert found.emotions == ("happiness", "happiness", None, "anger")
    np.testing.assert_allclose(found([0.2, 0.1, 0.4, 0.3], "it"), [0.5, 0.5])
    np.testing.assert_allclose(found([0.0, 0.0, 1.0, 0.0], "it"), [0.5, 0.5])


def test_names_that_are_no_emotions_are_told_with_what_to_write() -> None:
    with pytest.raises(BenchmarkError, match=r"x: 'other', 'LABEL_3' cannot be told") as told:
        outputs.named(["ang", "other", "neu", "LABEL_3"], "x")
    assert "give --labels anger,-,neutral,- " in str(told.value)
    with pytest.raises(BenchmarkError, match="'-' cannot be told"):
        outputs.named(["ang", "-", "sad"], "x")


@pytest.mark.parametrize("text", ["anger", "anger,ang", "-,-,anger"])
def test_fewer_than_two_emotions_are_refused(text: str) -> None:
    with pytest.raises(BenchmarkError, match="two emotions at least"):
        outputs.labels(text, "x")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([0.5, 0.2, 0.3], r"shape \(3,\) for one clip; expected \(2,\)"),
        ([[0.5, 0.5], [0.5, 0.5]], r"shape \(2, 2\)"),
        ([float("nan"), 1.0], "finite numbers"),
        ({"anger": 1.0}, "gave dict; expected numbers"),
        ("words", "gave str; expected numbers"),
    ],
)
def test_what_is_no_answer_is_refused(given: object, why: str) -> None:
    with pytest.raises(BenchmarkError, match=why):
        outputs.labels("anger,sadness", "x")(given, "x")
