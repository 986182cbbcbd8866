import numpy as np
import pytest

from benchmarks.unlike_training import TRIED, Clips, Row, languages, page, told
from ehsaas.reach import Reach

LINE = Reach(
    columns=np.array([0]),
    mean=np.zeros(1, np.float32),
    std=np.ones(1, np.float32),
    axes=np.ones((1, 1), np.float32),
    centres=np.zeros((1, 1), np.float32),
    limit=2.0,
    together=1.0,
)


def test_clips_are_counted_and_folders_go_by_their_mean() -> None:
    """60 clips at 0 by one speaker, 20 at 3 by another: a quarter is far, most folders are not."""
    vectors = np.array([[0.0]] * 60 + [[3.0]] * 20, np.float32)
    speakers = np.array(["near"] * 60 + ["far"] * 20, dtype=object)
    row = told(LINE, vectors, speakers, ("x", "as it is", "urdu"))
    assert (row.clips, row.clip) == (80, 0.25)
    assert 0 < row.ten < 0.5  # four of ten at 3 are a mean above 1
    assert row.fifty is not None and row.fifty < row.ten
    assert row.ten_of_one == 0.5
    few = told(LINE, vectors[:20], speakers[:20], ("x", "as it is", "urdu"))
    assert few.fifty is None


def test_a_corpus_far_from_the_others_is_told_and_the_page_says_so() -> None:
    rng = np.random.default_rng(0)
    home = {"one": 0.0, "two": 1.0, "moon": 50.0}
    corpus = np.repeat(np.array([*home], dtype=object), 120)
    vectors = rng.normal(0, 1, (360, 3)).astype(np.float32)
    vectors[:, 0] += np.array([home[name] for name in corpus], np.float32)
    speaker = np.array([f"s{i % 12}" for i in range(360)], dtype=object)
    clips = Clips("toy", vectors, corpus, speaker, None)
    rows = languages(clips, lambda name: [other for other in home if other != name])
    assert len(rows) == 3 * len(TRIED)
    (moon,) = [row for row in rows if (row.part, row.what) == ("as it is", "moon")]
    assert (moon.clip, moon.ten, moon.ten_of_one) == (1.0, 1.0, 1.0)
    rows += [Row("toy", "unseen speakers", "one", 9, 0.06, 0.05, None, None)]
    rows += [Row("toy", "channel", "MP3", 9, 0.5, 0.75, None, 0.625)]
    text = page(rows, "python x")
    assert "| MP3 | 9 | 0.500 | 0.750 |  | 0.625 |" in text
    assert "0.06 of the clips and 0.05 of such folders are taken for one." in text
    assert "| moon | 120 | 1.000 | 1.000 | 1.000 | 1.000 |" in text


@pytest.mark.parametrize("part", TRIED)
def test_everything_tried_has_a_line(part: str) -> None:
    row = Row("toy", "as it is", "one", 9, 0.5, 0.5, None, None)
    rows = [Row("toy", name, "one", 9, 0.5, 0.5, None, None) for name in TRIED]
    rows += [Row("toy", "unseen speakers", "one", 9, 0.1, 0.1, None, None), row]
    assert f"| {part} | 0.500 |" in page(rows, "python x")
