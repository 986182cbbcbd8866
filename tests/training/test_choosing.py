"""What a probe is chosen from, and what is left out to choose."""

from dataclasses import replace

import numpy as np
import pytest

from ehsaas.training import choosing
from ehsaas.training.choosing import ahead, choose, inner_folds, score
from ehsaas.training.vectors import Vectors
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


TEN = np.full((3, 3), 10)


@pytest.mark.parametrize("what", ("languages", "speakers"))
@pytest.mark.parametrize(("last", "there"), [(2, False), (7, True)])
def test_ahead_is_by_more_than_a_standard_error(
    what: choosing.What, last: int, there: bool
) -> None:
    """Both rivals have the higher score; one of them with every speaker, or in every language."""
    first = np.full((3, 3), 5)
    rival = np.array([[7, 7, 7], [7, 7, 7], [last, last, last + 1]])
    assert score(rival, TEN, what) > score(first, TEN, what) == pytest.approx(0.5)
    assert ahead(rival, first, TEN, what) is there
    assert not ahead(first, first, TEN, what)


def test_speakers_are_taken_together_and_languages_each_for_itself() -> None:
    """Unit 0 has half of all utterances; a class that nobody has does not count."""
    counts = np.array([[10, 10, 0], [5, 5, 0], [5, 5, 0]])
    right = np.array([[10, 10, 0], [0, 0, 0], [0, 0, 0]])
    assert score(right, counts, "speakers") == pytest.approx(1 / 2)
    assert score(right, counts, "languages") == pytest.approx(1 / 3)


def test_the_standard_error_of_speakers_leaves_each_out_of_the_whole() -> None:
    """By hand: 0.1 ahead over all; the third speaker has all of class 1 but ten."""
    counts = np.array([[20, 0], [10, 10], [0, 30]])
    first = np.array([[12, 0], [6, 2], [0, 18]])
    second = np.array([[10, 0], [5, 2], [0, 14]])
    assert score(first, counts, "speakers") - score(second, counts, "speakers") == pytest.approx(
        (3 / 30 + 4 / 40) / 2
    )
    without = np.array([(1 / 10 + 4 / 40) / 2, (2 / 20 + 4 / 30) / 2, (3 / 30 + 0 / 10) / 2])
    error = np.sqrt(2 / 3 * ((without - without.mean()) ** 2).sum())
    assert 0 < error < 0.1
    assert ahead(first, second, counts, "speakers")
    few = np.array([[12, 0], [6, 2], [0, 10]])  # now 0 ahead: far less than the error
    assert not ahead(few, second, counts, "speakers")


def test_the_best_of_the_inner_folds_takes_the_place_of_the_first() -> None:
    each = [seeing(4, 5, name="noise"), seeing(0, 1, name="told")]
    chosen = choose(single(), each)
    assert chosen.candidate.name == "told" and chosen.score == max(chosen.scores)
    assert choose(single(), each[::-1]).candidate.name == "told"


def test_what_is_named_for_few_speakers_is_taken_with_few_speakers_only() -> None:
    each = [seeing(4, name="noise"), seeing(0, 1, name="told")]
    few = seeing(5, name="few")
    for speakers, taken in ((2, "few"), (5, "told")):
        chosen = choose(single(speakers=speakers), each, few)
        assert chosen.candidate.name == taken
        assert chosen.how.endswith("what is named for that") == (speakers == 2)
    assert choose(single(speakers=2), each[:1], few).candidate is few
    assert choose(single(3, speakers=3), each, few).candidate is few  # an utterance each
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


def test_utterances_of_unknown_speakers_are_on_neither_side() -> None:
    given = vectors(90, speakers=6)
    assert given.speaker is not None
    unknown = given.speaker == 5
    inner = inner_folds(replace(given, speaker=np.where(unknown, -1, given.speaker)))
    assert len(inner.folds) == choosing.FOLDS
    for train, out in inner.folds:
        assert not unknown[train].any() and not unknown[out].any()
        assert not set(inner.unit[train]) & set(inner.unit[out])


def test_what_is_left_out_is_judged_in_as_many_last_versions_as_is_asked() -> None:
    """Column 0 and 1 tell in the utterances, column 2 and 3 in the last of two other versions."""
    given = vectors(90)
    swapped = [x[:, [2, 3, 0, 1, 4, 5]] for x in given.features]
    both = replace(given, copies=list(zip(given.features, swapped, strict=True)))
    blocks = [np.array([i]) for i in range(COLUMNS)]
    told = [seeing(0, 1, name="as it is"), seeing(0, 1, 2, 3, name="all")]
    alone, last, all_three = (
        choose(Vectors(both, blocks, CLASSES, views=n), told) for n in range(3)
    )
    assert alone.scores[0] - last.scores[0] > 0.1  # the first sees nothing in the last version
    assert all_three.scores[0] - last.scores[0] > 0.05  # and as much in the one before as at first
    assert last.candidate.name == "all"
