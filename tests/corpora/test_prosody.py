import numpy as np
import pytest

from ehsaas.corpora import prosody
from ehsaas.corpora.prosody import Prosody


def test_anger_is_louder_and_faster_than_sadness_in_the_common_tendency() -> None:
    anger, sadness = prosody.EMOTIONS["anger"], prosody.EMOTIONS["sadness"]
    assert anger.loudness > sadness.loudness
    assert anger.tempo > sadness.tempo
    assert anger.pitch > sadness.pitch


def test_without_distance_every_language_has_the_common_tendency() -> None:
    for emotion, common in prosody.EMOTIONS.items():
        assert prosody.of_emotion(emotion, "ur", 0.0) == common


def test_languages_differ_and_the_difference_grows_with_the_distance() -> None:
    near = prosody.of_emotion("anger", "ur", 1.0).pitch - prosody.EMOTIONS["anger"].pitch
    far = prosody.of_emotion("anger", "ur", 2.0).pitch - prosody.EMOTIONS["anger"].pitch
    assert far == pytest.approx(2 * near)
    assert prosody.of_emotion("anger", "ur", 1.0) != prosody.of_emotion("anger", "de", 1.0)


def test_a_language_sounds_the_same_in_every_run() -> None:
    assert prosody.of_emotion("fear", "fa", 1.0) == prosody.of_emotion("fear", "fa", 1.0)


def test_the_sum_adds_each_part() -> None:
    assert Prosody(1, 2, 3, 4) + Prosody(10, 20, 30, 40) == Prosody(11, 22, 33, 44)


def test_variation_is_centred_and_as_wide_as_asked() -> None:
    rng = np.random.default_rng(0)
    pitches = [Prosody(pitch=2.0).varied(rng).pitch for _ in range(4000)]
    assert np.mean(pitches) == pytest.approx(0.0, abs=0.1)
    assert np.std(pitches) == pytest.approx(2.0, rel=0.05)
    assert Prosody(pitch=2.0).varied(rng).loudness == 0.0


def test_an_utterance_varies_around_its_speaker() -> None:
    rng = np.random.default_rng(1)
    assert prosody.of_utterance(rng) != prosody.of_utterance(rng)
    assert prosody.of_speaker(rng) != prosody.of_speaker(rng)
