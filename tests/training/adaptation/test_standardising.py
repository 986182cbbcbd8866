"""Whose statistics standardise: of the source, a corpus, a voice, a stream."""

from dataclasses import replace

import numpy as np
import pytest

from ehsaas.calibration import Statistics
from ehsaas.enrolment import STRENGTH
from ehsaas.training.adaptation.standardising import VOICED, Standardiser
from ehsaas.training.adaptation.task import matrix
from ehsaas.training.batches import Examples
from tests.training.adaptation.builders import DIMS, corpus, source, target


def fitted(by: str, of: Examples | None = None) -> Standardiser:
    return Standardiser.fit(of or source(), by, {})  # type: ignore[arg-type]


def see_standard(X: np.ndarray) -> None:
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(X.std(axis=0), 1, atol=1e-5)


def test_by_the_source_everything_is_in_the_scale_of_what_is_labelled_there() -> None:
    lost = replace(corpus(30, index=1, shift=50), labels=np.full(30, -1))
    standardise = fitted("source", source().joined(lost))
    see_standard(matrix(standardise(source())))
    far = matrix(standardise(target(shift=10)))
    assert far[:, 0].mean() > 2


def test_by_corpus_every_corpus_has_its_own_without_a_label() -> None:
    nameless = replace(target(shift=10), labels=np.full(60, -1))
    found = fitted("corpus")(source().joined(nameless))
    for index in (0, 1, 9):
        see_standard(matrix(found.take(np.flatnonzero(found.corpus == index))))


def test_statistics_that_are_known_are_taken_and_not_those_of_what_is_heard() -> None:
    known = Statistics(np.full(DIMS, 3, np.float32), np.full(DIMS, 2, np.float32), 1, "corpus 9")
    standardise = Standardiser.fit(source(), "corpus", {9: known})
    found = matrix(standardise(target()))
    np.testing.assert_allclose(found, (matrix(target()) - 3) / 2, rtol=1e-6)


def test_those_of_the_target_are_kept_for_what_comes_later() -> None:
    standardise = fitted("corpus").knowing(target())
    part = target().take(np.arange(7))
    np.testing.assert_array_equal(matrix(standardise(part)), matrix(standardise(target()))[:7])


def test_by_speaker_a_shift_of_each_voice_is_undone() -> None:
    plain, moved = target(), target(voice=20.0)
    np.testing.assert_allclose(
        matrix(fitted("speaker")(plain)), matrix(fitted("speaker")(moved)), atol=1e-4
    )
    assert np.abs(matrix(fitted("corpus")(plain)) - matrix(fitted("corpus")(moved))).max() > 0.5


@pytest.mark.parametrize("count", (VOICED - 1, VOICED))
def test_a_voice_of_few_recordings_has_its_corpus_s(count: int) -> None:
    heard = target(speakers=1)
    rare = np.arange(60) < count
    heard = replace(heard, speaker=np.where(rare, 7, 8))
    by_voice, by_corpus = (matrix(fitted(by)(heard)) for by in ("speaker", "corpus"))
    assert np.array_equal(by_voice[rare], by_corpus[rare]) == (count < VOICED)
    see_standard(by_voice[~rare])


@pytest.mark.parametrize("speaker", (None, np.full(60, -1)), ids=("none", "unknown"))
def test_who_is_not_known_has_the_corpus_s(speaker: np.ndarray | None) -> None:
    heard = replace(target(voice=5.0), speaker=speaker)
    see_standard(matrix(fitted("speaker")(heard)))


def stream(x: np.ndarray) -> Examples:
    n = len(x)
    rows = [*x[:, None, :].astype(np.float32)]
    ids = tuple(map(str, range(n)))
    return Examples(rows, np.full(n, -1), np.full(n, 9), ids, seconds=np.full(n, STRENGTH))


def test_a_stream_begins_as_the_source_and_takes_in_what_was_judged() -> None:
    """By hand: mean 0 and deviation 1 are known; with one recording they count for one half."""
    known = Statistics(np.zeros(1, np.float32), np.ones(1, np.float32), 1, "source")
    found = matrix(Standardiser("running", known)(stream(np.array([[21.0], [0.0], [3.0]]))))
    second = (0 - 21 / 2) / np.sqrt(1 / 2)
    third = (3 - 2 / 3 * 21 / 2) / np.sqrt(2 / 3 * (21 / 2) ** 2 + 1 / 3)
    np.testing.assert_allclose(found[:, 0], [21, second, third], rtol=1e-5)


def test_a_stream_has_to_know_how_long_its_recordings_are() -> None:
    with pytest.raises(ValueError, match="go by seconds, and these utterances have none"):
        replace(fitted("running"), by="running")(replace(target(), seconds=None))


def test_what_is_standardised_already_stays() -> None:
    heard = target(shift=3)
    assert fitted("none")(heard) is heard


def test_a_stream_does_not_know_what_comes_later() -> None:
    standardise = replace(fitted("running"), by="running")
    long, short = target(shift=3), target(shift=3).take(np.arange(20))
    np.testing.assert_array_equal(matrix(standardise(long))[:20], matrix(standardise(short)))


def test_in_the_limit_a_stream_has_the_statistics_of_its_corpus() -> None:
    x = 5 + 3 * np.random.default_rng(0).standard_normal((20_000, 2))
    known = Statistics(np.zeros(2, np.float32), np.ones(2, np.float32), 1, "source")
    running = matrix(Standardiser("running", known)(stream(x)))
    own = matrix(Standardiser("corpus", known)(stream(x)))
    late = slice(15_000, None)
    np.testing.assert_allclose(running[late], own[late], atol=0.05)
    assert np.abs(running[:5] - own[:5]).max() > 0.5
