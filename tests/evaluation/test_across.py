import polars as pl
import pytest

from ehsaas.evaluation.across import Across, combine, gain, mean, signed, written
from ehsaas.evaluation.metrics import MetricError
from ehsaas.evaluation.pooled import Result, pool
from tests.evaluation.builders import FOUR, judged, simulated
from tests.evaluation.contest import rated

THREE = ("emodb", "ravdess", "urdu")


def made(right: tuple[int, ...], system: str = "coral") -> list[Result]:
    return pool(rated(system, "corpus", right, targets=THREE))


def exactly(found: Across, value: float) -> None:
    assert [found.value, found.low, found.high] == pytest.approx([value] * 3)


def test_a_gain_that_every_speaker_has_is_certain() -> None:
    found = gain(list(zip(made((7, 8, 9)), made((5, 5, 5), "source-only"), strict=True)))
    exactly(found, 0.3)
    assert found.up and not found.down
    assert (found.corpora, found.these_only) == (THREE, ())


def test_a_gain_that_one_speaker_has_is_not() -> None:
    plain = rated("source-only", "corpus", (5,), targets=("emodb",))
    better = rated("coral", "corpus", (5,), targets=("emodb",)).with_columns(
        predicted=pl.when(pl.col("speaker") == "emodb_3")
        .then(pl.col("truth"))
        .otherwise(pl.col("predicted"))
    )
    found = gain([(pool(better)[0], pool(plain)[0])])
    # One voice in ten gains 0.5; it is missing from more than a third of the resamples.
    assert found.value == pytest.approx(0.05)
    assert found.low == 0.0 and not found.up


def test_two_languages_are_drawn_apart_from_each_other() -> None:
    both = [pool(simulated(0.6, spread=0.3, corpus=name))[0] for name in ("aa", "bb")]
    alone = [one.uar.high - one.uar.low for one in both if one.uar and one.uar.low and one.uar.high]
    found = mean(both)
    assert found.low is not None and found.high is not None
    # The variance of a mean of two is half: 0.71 of the width, and all of it if drawn alike.
    assert 0.55 < 2 * (found.high - found.low) / sum(alone) < 0.85


def test_what_judged_the_same_corpus_is_drawn_together() -> None:
    one, other = (
        pool(simulated(0.6, spread=0.3, salt=0, train=name, protocol="pair"))[0]
        for name in ("urdu", "ravdess")
    )
    found = combine([(0.5, one), (0.5, other), (-1.0, one)])
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_few_speakers_are_resampled_over_utterances_and_said() -> None:
    found = mean(pool(rated("coral", "corpus", (5, 6), targets=("emodb", "kashmiri_rasa"))))
    assert found.these_only == ("kashmiri_rasa",)
    assert found.value == pytest.approx(0.55)
    assert found.low is not None and found.low < 0.53
    assert written(found).endswith("†") and signed(found).startswith("+0.550 [+0.")
    assert written(None) == signed(None) == ""


def test_seeds_are_averaged_inside_each_resample() -> None:
    seeds = [rated("coral", "corpus", (n,), targets=("urdu",), seed=n) for n in (4, 8)]
    found = mean(pool(pl.concat(seeds)))
    exactly(found, 0.6)


def test_what_cannot_be_averaged_is_refused() -> None:
    with pytest.raises(MetricError, match="no results"):
        combine([])
    (whole,) = pool(rated("coral", "corpus", (5,), targets=("urdu",)))
    part = rated("mmd", "corpus", (5,), targets=("urdu",)).filter(pl.col("speaker") != "urdu_1")
    with pytest.raises(MetricError, match=r"same items of urdu \(480 and 440\)"):
        gain([(whole, pool(part)[0])])
    (lacking,) = pool(judged(FOUR[:3] * 5, FOUR[:3] * 5))
    with pytest.raises(MetricError, match="has no UAR on emodb: no item of sadness"):
        mean([lacking])
