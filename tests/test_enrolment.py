from dataclasses import replace

import numpy as np
import pytest

from ehsaas.calibration import Statistics
from ehsaas.enrolment import FAR, Running, Watched, distance, enrol

D = 40
SOURCE = Statistics(np.full(D, 2, np.float32), np.full(D, 3, np.float32), 1000, "source")
RANDOM = np.random.default_rng(0)
CLIPS = [
    (RANDOM.normal(5, 2, (frames, D)).astype(np.float32), seconds, 1.0)
    for frames, seconds in ((1, 2.5), (30, 4.0), (7, 1.5))
]
WHOLE = np.concatenate([features for features, _, _ in CLIPS]).astype(np.float64)


def test_mean_and_variance_are_shrunk_by_the_seconds() -> None:
    found = enrol(CLIPS, SOURCE, "zoya", strength=2.0)
    assert found is not None
    w = 8.0 / (8.0 + 2.0)
    np.testing.assert_allclose(found.mean, w * WHOLE.mean(0) + (1 - w) * 2, rtol=1e-5)
    np.testing.assert_allclose(found.std**2, w * WHOLE.var(0) + (1 - w) * 9, rtol=1e-5)
    assert (found.count, found.clips, found.seconds, found.name) == (38, 3, 8.0, "zoya")
    assert found.whose == "zoya (3 clips, 8.0 s)" and found.warnings == ()
    assert SOURCE.whose == "source"


def test_without_shrinkage_they_are_those_of_the_speech_and_of_nothing_there_are_none() -> None:
    found = enrol(CLIPS, SOURCE, "zoya", strength=0)
    assert found is not None
    np.testing.assert_allclose(found.mean, WHOLE.mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.std, WHOLE.std(0), rtol=1e-5)
    assert enrol([], SOURCE, "nobody") is None


def test_one_vector_has_a_deviation() -> None:
    found = enrol(CLIPS[:1], SOURCE, "zoya", strength=2.5)
    assert found is not None
    np.testing.assert_allclose(found.std, np.sqrt(9 / 2), rtol=1e-6)


def test_a_stream_equals_all_at_once_whatever_the_order() -> None:
    so_far = Running(SOURCE, "zoya")
    assert so_far.statistics is None
    for features, seconds, share in CLIPS[::-1]:
        so_far.hear(features, seconds, share)
    found, whole = so_far.statistics, enrol(CLIPS, SOURCE, "zoya")
    assert found is not None and whole is not None
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-6)
    np.testing.assert_allclose(found.std, whole.std, rtol=1e-6)
    assert (found.clips, found.seconds) == (whole.clips, pytest.approx(whole.seconds))


def test_what_is_heard_twice_in_halves_counts_once() -> None:
    halves, once = Running(SOURCE), Running(SOURCE)
    for features, seconds, _ in CLIPS:
        once.hear(features, seconds)
        for _ in range(2):
            halves.hear(features, seconds, 0.5)
    assert halves.statistics is not None and once.statistics is not None
    np.testing.assert_allclose(halves.statistics.std, once.statistics.std, rtol=1e-6)
    assert halves.statistics.seconds == pytest.approx(8.0) and halves.statistics.clips == 3
    halves.hear(CLIPS[0][0], 2.5, 0.0)
    assert halves.statistics.seconds == pytest.approx(8.0)


def test_after_a_half_life_what_was_heard_counts_for_half() -> None:
    """Vectors of 0, then of 1, 4 s each: weights ½ and 1, so the mean is 2/3, of 6 s."""
    forgetting = Running(SOURCE, strength=0, half_life=4.0)
    for value in (0.0, 1.0):
        forgetting.hear(np.full((1, D), value), 4.0)
    assert forgetting.statistics is not None
    np.testing.assert_allclose(forgetting.statistics.mean, 2 / 3, rtol=1e-6)
    np.testing.assert_allclose(forgetting.statistics.std**2, 2 / 9, rtol=1e-5)
    assert forgetting.statistics.seconds == pytest.approx(6.0)


@pytest.mark.parametrize(("strength", "half_life"), [(-1.0, None), (4.0, 0.0)])
def test_what_makes_no_sense_is_refused(strength: float, half_life: float | None) -> None:
    with pytest.raises(ValueError, match="expected 0 or more seconds"):
        Running(SOURCE, "zoya", strength, half_life)


def test_little_speech_is_said_to_be() -> None:
    found = enrol(CLIPS[:1], SOURCE, "zoya")
    assert found is not None
    (warning,) = found.warnings
    assert warning == "2.5 s of speech are little for a baseline; give at least 5 s"


def given(seconds: float) -> Statistics:
    plain = Statistics(np.zeros(D, np.float32), np.ones(D, np.float32), 10, "zoya")
    return replace(plain, clips=10, seconds=seconds)


def test_clips_of_another_voice_are_found_far_once_there_are_enough() -> None:
    """A shift of one deviation: 1 / (1/6 + 1/10) = 3.75 times what chance makes of it."""
    watched = Watched(given(30.0))
    for n in range(1, 7):
        watched.hear(np.ones((1, D)), 3.0)
        assert watched.warnings == ((FAR,) if n == 6 else ())
    assert distance(np.ones(D), 6, 10) == pytest.approx(3.75)


def test_clips_of_the_same_voice_lie_near() -> None:
    watched = Watched(given(30.0))
    for _ in range(12):
        watched.hear(RANDOM.normal(size=(1, D)), 3.0)
    assert watched.warnings == ()


def test_frames_and_little_speech_are_not_watched() -> None:
    for features, seconds in ((np.ones((2, D)), 30.0), (np.ones((1, D)), 19.0)):
        watched = Watched(given(seconds))
        for _ in range(12):
            watched.hear(features, 3.0)
        assert watched.warnings == ()


def test_warnings_of_the_speech_given_stay() -> None:
    assert Watched(replace(given(30.0), warnings=("little",))).warnings == ("little",)


def test_what_is_hidden_says_the_more_the_more_was_heard() -> None:
    usual = replace(SOURCE, std=SOURCE.std.copy()).hiding((7,))
    assert usual.std[7] == 3000 and usual.std[6] == 3 and usual.hidden == (7,)
    few, many = (
        enrol([(WHOLE.astype(np.float32), seconds, 1.0)], usual, "zoya", strength=2.0)
        for seconds in (0.5, 200.0)
    )
    assert few is not None and many is not None
    assert few.mean[7] == many.mean[7] == pytest.approx(WHOLE[:, 7].mean(), rel=1e-5)
    w = 0.2
    assert few.std[7] == pytest.approx(np.sqrt(w * WHOLE[:, 7].var() + (1 - w) * 9) / w, rel=1e-5)
    assert many.std[7] == pytest.approx(WHOLE[:, 7].std(), rel=0.02)
    plain = enrol([(WHOLE.astype(np.float32), 0.5, 1.0)], SOURCE, "zoya", strength=2.0)
    assert plain is not None
    np.testing.assert_array_equal(np.delete(few.std, 7), np.delete(plain.std, 7))
