"""The vocabulary, its label sets, and the answer given for a stretch of audio."""

import json
from types import MappingProxyType

import pytest

from ehsaas.emotions import (
    CIRCUMPLEX,
    LABEL_SETS,
    SIDES,
    VOCABULARY,
    Estimate,
    in_order,
    side_of,
    to_label_set,
)


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
        assert {to_label_set(emotion, name) for emotion in VOCABULARY} - {None} == {*emotions}


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


def test_every_emotion_has_a_place_on_the_circumplex() -> None:
    assert set(CIRCUMPLEX) == set(VOCABULARY)
    for place in CIRCUMPLEX.values():
        assert {place.arousal, place.valence} <= {-1, 0, 1}


@pytest.mark.parametrize(
    ("emotion", "arousal", "valence"),
    [
        ("anger", "high", "negative"),
        ("happiness", "high", "positive"),
        ("sadness", "low", "negative"),
        ("neutral", "low", "positive"),
        ("fear", "high", "negative"),
        ("disgust", "low", "negative"),
        ("surprise", "high", "positive"),
        ("boredom", "low", "negative"),
        ("calm", "low", "positive"),
    ],
)
def test_emotions_lie_on_sides(emotion: str, arousal: str, valence: str) -> None:
    assert (side_of(emotion, "arousal"), side_of(emotion, "valence")) == (arousal, valence)


def test_the_four_classes_are_two_by_two_on_both_axes() -> None:
    for axis, sides in SIDES.items():
        found = [side_of(emotion, axis) for emotion in LABEL_SETS["four"]]
        assert sorted(found) == sorted(sides * 2)


def test_what_is_no_emotion_or_no_axis_has_no_side() -> None:
    with pytest.raises(ValueError, match="unknown emotion 'joy'; the vocabulary is anger"):
        side_of("joy", "valence")
    with pytest.raises(ValueError, match="unknown axis 'power'; the axes are arousal, valence"):
        side_of("anger", "power")
