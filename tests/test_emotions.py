"""The vocabulary, its label sets, and the answer given for a stretch of audio."""

import json
from types import MappingProxyType

import pytest

from ehsaas.emotions import LABEL_SETS, VOCABULARY, Estimate, in_order, to_label_set


@pytest.mark.parametrize(
    ("emotion", "four", "seven"),
    [
        ("anger", "anger", "anger"),
        ("excitement", "happiness", "happiness"),
        ("calm", None, None),
        ("fear", None, "fear"),
        ("boredom", None, None),
    ],
)
def test_label_sets_keep_merge_and_drop(emotion: str, four: str | None, seven: str | None) -> None:
    assert to_label_set(emotion, "four") == four
    assert to_label_set(emotion, "seven") == seven
    assert to_label_set(emotion, "native") == emotion


def test_unlabelled_stays_unlabelled() -> None:
    assert to_label_set(None, "four") is None


def test_label_sets_are_of_the_vocabulary() -> None:
    for name, emotions in LABEL_SETS.items():
        assert {to_label_set(emotion, name) for emotion in VOCABULARY} == {*emotions, None}


def test_unknown_emotions_and_sets_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown emotion 'rage'; the vocabulary is anger"):
        to_label_set("rage", "four")
    with pytest.raises(ValueError, match="unknown label set 'five'; known sets are four"):
        to_label_set("anger", "five")


def test_order_is_the_vocabularys() -> None:
    assert in_order(["sadness", "anger", "sadness"]) == ("anger", "sadness")
    assert in_order({"fear", "neutral"}) == ("neutral", "fear")


def test_order_leaves_out_what_is_no_emotion() -> None:
    assert in_order(["rage", "anger"]) == ("anger",)
    assert in_order(["rage"]) == ()


def test_an_estimate_becomes_json() -> None:
    estimate = Estimate("anger", {"anger": 0.75, "sadness": 0.25}, ("anger",), warnings=("short",))
    plain = json.loads(json.dumps(estimate.to_dict()))
    assert plain["emotion"] == "anger"
    assert plain["probabilities"] == {"anger": 0.75, "sadness": 0.25}
    assert (plain["prediction_set"], plain["warnings"]) == (["anger"], ["short"])
    assert plain["attention"] is None


def test_an_estimate_of_read_only_mappings_becomes_plain() -> None:
    given = MappingProxyType({"anger": 1.0})
    plain = Estimate("anger", given, warnings=("odd",), extra=MappingProxyType({"k": 1})).to_dict()
    assert json.loads(json.dumps(plain))["probabilities"] == {"anger": 1.0}
    assert (plain["extra"], plain["warnings"]) == ({"k": 1}, ("odd",))
