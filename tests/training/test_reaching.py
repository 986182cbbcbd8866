import numpy as np
import pytest

from ehsaas.training import reaching
from ehsaas.training.reaching import fit, folds

D = 12


def recorded(corpus: int, speakers: int, each: int, seed: int) -> np.ndarray:
    """Vectors of a corpus that lies 20 along an axis of its own; speakers spread by 1 around it."""
    rng = np.random.default_rng([corpus, seed])
    home = np.eye(D)[corpus] * 20
    voices = rng.normal(0, 1, (speakers, 1, D))
    vectors: np.ndarray = home + voices + rng.normal(0, 1, (speakers, each, D))
    return vectors.reshape(-1, D).astype(np.float32)


SPEAKERS, EACH = 20, 30
NAMES = [f"s{i}" for i in range(SPEAKERS) for _ in range(EACH)]
VECTORS = np.concatenate([recorded(corpus, SPEAKERS, EACH, 0) for corpus in (0, 1)])
CORPORA = ["first"] * len(NAMES) + ["second"] * len(NAMES)


def test_unseen_speakers_are_near_and_another_corpus_is_far() -> None:
    reach = fit(VECTORS, CORPORA, NAMES * 2)
    assert reach is not None
    unseen = np.concatenate([recorded(corpus, 40, EACH, 1) for corpus in (0, 1)])
    assert (reach.distance(unseen) > reach.limit).mean() == pytest.approx(0.05, abs=0.04)
    by_speaker = reach.distance(unseen).reshape(80, EACH).mean(axis=1)
    assert (by_speaker > reach.together).mean() == pytest.approx(0.05, abs=0.07)
    assert (reach.distance(recorded(2, 20, EACH, 1)) > reach.limit).mean() > 0.99
    between = recorded(0, 20, EACH, 1) / 2 + recorded(1, 20, EACH, 1) / 2
    assert (reach.distance(between) > reach.limit).mean() > 0.95  # a corpus is not their mean


def test_only_the_columns_that_are_seen_count() -> None:
    reach = fit(VECTORS, CORPORA, NAMES * 2, columns=np.array([0, 1, 5]))
    assert reach is not None and reach.columns.tolist() == [0, 1, 5]
    near = VECTORS.copy()
    near[:, 7] += 100
    np.testing.assert_array_equal(reach.distance(near), reach.distance(VECTORS))


def test_too_many_columns_are_thinned_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "COLUMNS", 4)
    reach = fit(VECTORS, CORPORA, NAMES * 2)
    assert reach is not None and reach.columns.tolist() == [0, 3, 7, 11]


def test_fewer_utterances_than_columns_are_enough() -> None:
    rng = np.random.default_rng(0)
    wide = rng.normal(0, 1, (40, 200)).astype(np.float32)
    reach = fit(wide, ["one"] * 40, [f"s{i % 8}" for i in range(40)])
    assert reach is not None and reach.axes.shape == (200, 7)  # for 30 in each turn
    assert (reach.distance(wide + 5) > reach.limit).all()


def test_columns_that_never_move_stay_finite() -> None:
    still = np.concatenate([VECTORS, np.ones((len(VECTORS), 2), np.float32)], axis=1)
    reach = fit(still, CORPORA, NAMES * 2)
    assert reach is not None and np.isfinite(reach.distance(still)).all()


@pytest.mark.parametrize("speakers", [[None] * 40, ["one"] * 40], ids=["unknown", "one"])
def test_without_speakers_to_leave_out_there_is_none(speakers: list[str | None]) -> None:
    assert fit(VECTORS[:40], ["first"] * 40, speakers) is None


def test_speakers_are_whole_in_a_turn_and_every_corpus_is_in_every_turn() -> None:
    corpus = np.array(CORPORA, dtype=object)
    speaker = np.array([f"{c}/{s}" for c, s in zip(CORPORA, NAMES * 2, strict=True)], dtype=object)
    turn = folds(corpus, speaker)
    for name in set(speaker.tolist()):
        assert len(set(turn[speaker == name].tolist())) == 1
    for name in set(corpus.tolist()):
        assert set(turn[corpus == name].tolist()) == set(range(reaching.FOLDS))


def test_few_speakers_never_put_what_was_trained_on_out_of_reach() -> None:
    """Two that are each the other's mirror leave nothing along the axes of one to the other."""
    vectors = np.zeros((40, 2), np.float32)
    vectors[:20, 0] = np.linspace(-1, 1, 20)
    vectors[20:, 1] = np.linspace(-1, 1, 20)
    reach = fit(vectors, ["one"] * 40, ["a"] * 20 + ["b"] * 20, axes=1)
    assert reach is not None
    assert reach.limit >= 1 and reach.together >= 1
    assert reach.distance(vectors).mean() <= reach.together
