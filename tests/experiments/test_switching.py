"""Joined clips: which utterances are joined, how, and what is said of where attention lies."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
import torch

from ehsaas import utterances
from ehsaas.audio import RATE
from ehsaas.disturbances import Samples
from ehsaas.disturbances.disturbance import power
from ehsaas.evaluation.pooled import pool
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material
from ehsaas.experiments.switching import (
    LEVEL,
    as_rows,
    frames_before,
    joined,
    pairs,
    share,
    spoken,
)
from ehsaas.features import CLAF_FRAME, HeardBy, UtteranceVectorConfig

TRIMMED = CLAF_FRAME.model_copy(update={"hop_ms": 30, "trim_db": 40})
CORPORA = {"emodb": "de", "ravdess": "en", "tess": "en", "urdu": "ur"}


def tone(seconds: float, before: float = 0, after: float = 0, gain: float = 0.3) -> Samples:
    """A tone with silence around it (s)."""
    time = np.arange(round(seconds * RATE)) / RATE
    voice = gain * np.sin(2 * np.pi * 220 * time)
    return np.pad(voice, (round(before * RATE), round(after * RATE))).astype(np.float32)


def material(without: Sequence[tuple[str, str]] = ()) -> Material:
    """Two speakers a corpus, three takes of three emotions; `without` (language, emotion)."""
    rows = [
        {
            "id": f"{speaker}_{emotion}_{take}",
            "corpus": corpus,
            "path": "x.wav",
            "duration": 9.0,
            "rate": RATE,
            "speaker": f"{corpus}:{speaker}",
            "language": language,
            "emotion": emotion,
        }
        for corpus, language in CORPORA.items()
        for speaker in ("a", "b")
        for emotion in ("anger", "neutral", "sadness")
        for take in range(3)
        if (language, emotion) not in without
    ]
    table = utterances.from_rows(rows)
    heard = [np.zeros((50 + 10 * (i % 3), 1), dtype=np.float32) for i in range(len(rows))]
    return Material(table, heard, ("anger", "neutral", "sadness"), tuple(CORPORA), {})


def test_a_join_has_its_gap_between_two_halves() -> None:
    first, second = np.ones(100, dtype=np.float32), np.full(50, 2, dtype=np.float32)
    clip, middle = joined(first, second, 0.2)
    gap = round(0.2 * RATE)
    assert len(clip) == 150 + gap and middle == 100 + gap // 2
    assert (clip[100 : 100 + gap] == 0).all() and clip[-1] == 2


@pytest.mark.parametrize("features", [TRIMMED, CLAF_FRAME, UtteranceVectorConfig()])
def test_a_half_has_no_quiet_ends_and_its_level_is_that_of_the_rest(features: HeardBy) -> None:
    found = spoken(tone(1.0, before=0.8, after=1.2), features)
    assert len(found) / RATE == pytest.approx(1.0, abs=0.06)
    assert np.sqrt(power(found)) == pytest.approx(LEVEL, rel=1e-3)
    middle = found[RATE // 4 : 3 * RATE // 4]  # a level over silence, too, would be louder here
    assert np.sqrt(power(middle)) == pytest.approx(LEVEL, rel=0.03)


def test_the_edge_lies_between_the_halves_in_the_frames_that_are_heard() -> None:
    first, second = (spoken(tone(s, before=1.0, after=0.5), TRIMMED) for s in (0.6, 1.2))
    clip, middle = joined(first, second, 0.2)
    heard, lengths = TRIMMED.extractor()(torch.from_numpy(clip)[None], torch.tensor([len(clip)]))
    assert int(lengths) == int(TRIMMED.framing.frame_lengths(torch.tensor(len(clip))))
    edge = frames_before(middle, clip, TRIMMED)
    rms = heard[0, :, TRIMMED.names.index("rms")]
    silent = torch.nonzero(rms < 1e-4)[:, 0]
    assert int(silent.min()) < edge <= int(silent.max())
    assert (rms[:edge] > 1e-4).sum() == pytest.approx(0.6 / 0.03, abs=2)
    assert (rms[edge:] > 1e-4).sum() == pytest.approx(1.2 / 0.03, abs=2)


def test_ends_that_the_extractor_leaves_out_move_the_edge() -> None:
    clip, middle = joined(tone(0.6, before=0.9), tone(0.6, after=0.3), 0.2)
    kept, cut = (frames_before(middle, clip, one) for one in (CLAF_FRAME, TRIMMED))
    assert kept == pytest.approx(1.6 / 0.010, abs=2)
    assert cut == pytest.approx(0.7 / 0.030, abs=2)


def test_an_even_spread_is_one_share_and_all_of_it_on_the_first_half_more() -> None:
    assert share(np.full(60, 1 / 60), 20) == pytest.approx(1)
    weights = np.zeros(60)
    weights[19] = 1  # the last frame before the edge
    assert share(weights, 20) == pytest.approx(3)
    assert share(weights, 19) == 0


@pytest.mark.parametrize("most", [4, 1000])
def test_the_control_begins_with_the_same_utterances(most: int) -> None:
    data = material(without=[("de", "sadness")])
    found = pairs(data, np.arange(len(data.rows)), most)
    assert set(found) == {(a, b) for a in ("de", "en", "ur") for b in ("de", "en", "ur")}
    emotion = data.rows["emotion"]
    for first in ("de", "en", "ur"):
        control = [pair.first for pair in found[first, first]]
        assert len(control) == len(set(control)) <= most
        for second in ("de", "en", "ur"):
            assert [pair.first for pair in found[first, second]] == control
            assert [emotion[p.second] for p in found[first, second]] == [
                emotion[row] for row in control
            ]
        assert "sadness" not in {emotion[row] for row in control}


def test_second_halves_are_as_long_as_can_be_whatever_their_language() -> None:
    data = material()
    lengths = np.array([len(x) for x in data.features])
    found = pairs(data, np.arange(len(data.rows)), 1000)
    told = {both: lengths[[p.second for p in drawn]] for both, drawn in found.items()}
    for first, second in told:  # every take's length is there in every language
        np.testing.assert_array_equal(told[first, second], told[first, first])
    assert len(set(told["de", "de"].tolist())) == 3


def test_a_pair_is_of_its_languages_and_of_two_speakers_of_the_test_part() -> None:
    data = material()
    test = np.arange(1, len(data.rows), 2)
    for languages, drawn in pairs(data, test, 5).items():
        assert len(drawn) == 5
        for pair in drawn:
            first, second = (data.rows.row(i, named=True) for i in (pair.first, pair.second))
            assert (first["language"], second["language"]) == languages == pair.languages
            assert first["speaker"] != second["speaker"]
            assert {pair.first, pair.second} <= set(test.tolist())


def test_a_pair_of_languages_makes_one_result() -> None:
    data = material()
    tables = []
    for languages, drawn in pairs(data, np.arange(len(data.rows)), 12).items():
        rows = as_rows(data, drawn, [1.5] * len(drawn))
        assert set(rows["duration"]) == {1.5}
        condition = {"joined": "x", "languages": " then ".join(languages)}
        key = ("run", "claf-ser", "strict", "frames", "source", list(CORPORA), "native", 0, "1")
        tables.append(judged(Trial(*key, condition), rows, rows["emotion"].to_list()))
    results = pool(pl.concat(tables))
    corpora = {str(one.condition["languages"]): one.corpus for one in results}
    assert len(results) == len(corpora) == 9
    assert corpora["en then en"] == "ravdess+tess"
    assert corpora["en then de"] == corpora["de then en"] == "emodb+ravdess+tess"
    assert corpora["de then de"] == "emodb"


def test_features_that_keep_quiet_ends_hear_halves_without_them() -> None:
    assert CLAF_FRAME.trim_db is None
    half = spoken(tone(0.5, before=0.5, after=0.5), CLAF_FRAME)
    clip, middle = joined(half, half, 0.2)
    assert frames_before(middle, clip, CLAF_FRAME) == pytest.approx(0.6 / 0.010, abs=4)
