"""What a probe is chosen from, and what is left out to choose."""

from dataclasses import replace

import numpy as np
import pytest

from ehsaas.training import choosing
from ehsaas.training.choosing import Inner, choose, inner_folds
from ehsaas.training.vectors import Candidate, Vectors
from tests.training.builders import CLASSES, COLUMNS, seeing, vectors


def single(count: int = 90, **more: int) -> Vectors:
    """Blocks are single columns."""
    return Vectors(vectors(count, **more), [np.array([i]) for i in range(COLUMNS)], CLASSES)


def test_one_thing_is_chosen_after_the_other() -> None:
    """What differs from the best so far on two axes at once is not fitted."""
    names = {(0, 0): "noise", (0, 1): "never", (1, 0): "told", (1, 1): "told, C 10"}
    each = [
        seeing(*((0, 1) if a else (4, 5)), name=name, C=10.0 if b else 0.1, at=(a, b))
        for (a, b), name in names.items()
    ]
    chosen = choose(single(), each)
    assert len(chosen.scores) == 3
    assert chosen.candidate.at[0] == 1


def recognised(monkeypatch: pytest.MonkeyPatch, tables: dict[str, list[list[int]]]) -> None:
    """Candidates of these names recognise so many utterances of each unit and class."""

    def right(given: Vectors, alike: list[Candidate], inner: Inner) -> list[np.ndarray]:
        return [np.array(tables[one.name]) for one in alike]

    monkeypatch.setattr(choosing, "_right", right)


@pytest.mark.parametrize("languages", (1, 3))
@pytest.mark.parametrize(("last", "taken"), [(2, "first"), (7, "rival")])
def test_the_first_is_left_for_what_is_ahead_by_a_standard_error(
    monkeypatch: pytest.MonkeyPatch, languages: int, last: int, taken: str
) -> None:
    """Both rivals have the higher score; one of them with every speaker, or in every language."""
    units = 3
    first = [[5, 5, 5]] * units
    rival = [[7, 7, 7], [7, 7, 7], [last, last, last + 1]]
    recognised(monkeypatch, {"first": first, "rival": rival})
    given = single(90, speakers=units, languages=languages)
    chosen = choose(given, [seeing(0, name="first"), seeing(1, name="rival")])
    assert chosen.scores[1] > chosen.scores[0] == pytest.approx(0.5)
    assert chosen.candidate.name == taken


def test_speakers_are_taken_together_and_languages_each_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unit 0 has half of all utterances; a figure is over all speakers, or a mean of languages."""
    unit = np.repeat([0, 1, 2], (30, 15, 15))
    together = replace(vectors(60), speaker=unit)
    apart = replace(vectors(60), language=unit)
    recognised(monkeypatch, {"a": [[10, 10, 10], [0, 0, 0], [0, 0, 0]], "b": [[0, 0, 0]] * 3})
    each = [seeing(0, name="a"), seeing(1, name="b")]
    for given, score in ((together, 1 / 2), (apart, 1 / 3)):
        chosen = choose(Vectors(given, [np.array([0])] * 2, CLASSES), each)
        assert chosen.scores == pytest.approx((score, 0))


def test_the_standard_error_is_that_of_a_mean_over_languages() -> None:
    """Where every unit counts for itself the jackknife is the usual formula."""
    counts = np.full((4, 3), 10)
    first = np.array([[9, 8, 7], [5, 5, 5], [6, 7, 8], [4, 4, 4]])
    second = np.array([[5, 5, 5], [6, 5, 4], [5, 6, 7], [1, 1, 1]])
    differences = (first - second).mean(axis=1) / 10
    expected = differences.std(ddof=1) / 2
    found = choosing._standard_error(first, second, counts, "languages")
    assert found == pytest.approx(expected)


def test_what_is_named_for_few_speakers_is_taken_with_few_speakers_only() -> None:
    each = [seeing(4, name="noise"), seeing(0, 1, name="told")]
    few = seeing(5, name="few")
    for speakers, taken in ((2, "few"), (5, "told")):
        chosen = choose(single(speakers=speakers), each, few)
        assert chosen.candidate.name == taken
        assert chosen.how.endswith("what is named for that") == (speakers == 2)
    assert choose(single(speakers=2), each[:1], few).candidate is few
    assert choose(single(speakers=2), each).candidate is each[0]


@pytest.mark.parametrize("languages", (1, 3))
def test_nobody_is_on_both_sides_inside(languages: int) -> None:
    given = vectors(90, speakers=7, languages=languages)
    inner = inner_folds(given)
    who = given.speaker if languages == 1 else given.language
    assert len(inner.folds) == (choosing.FOLDS if languages == 1 else 3) and who is not None
    for train, out in inner.folds:
        assert not set(who[train]) & set(who[out])
    assert sorted(np.concatenate([out for _, out in inner.folds])) == list(range(90))


def test_utterances_of_unknown_language_are_no_language() -> None:
    given = vectors(90, languages=3)
    assert given.language is not None
    part = replace(given, language=np.where(given.language == 2, -1, given.language))
    assert inner_folds(part).what == "speakers"
    given = vectors(120, languages=4)
    assert given.language is not None
    unknown = given.language == 3
    inner = inner_folds(replace(given, language=np.where(unknown, -1, given.language)))
    assert inner.what == "languages" and len(inner.folds) == 3
    assert all(unknown[train].sum() == unknown.sum() for train, _ in inner.folds)
