"""Enrolment in a run: who is judged by what, on small corpora of tones and by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from ehsaas.calibration import Statistics
from ehsaas.enrolment import enrol
from ehsaas.evaluation.pooled import pool
from ehsaas.experiments import enrolment
from ehsaas.experiments.config import load
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.record import CHOOSING
from ehsaas.experiments.run import run
from ehsaas.experiments.voices import Voices
from ehsaas.models.batch import Batch
from ehsaas.models.linear_probe import LinearProbe
from tests.experiments.encoded import config, judged

PART = {"seconds": (1, 2, 40), "parts": 2, "draws": 2, "strengths": (1, 4)}
ONE: dict[str, Any] = {
    "layers": ((1, 2),),
    "thirds": (False,),
    "copies": (False,),
    "steps": (20,),
}


@pytest.fixture(scope="module")
def said(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    given = config(
        enrolment=PART, model=ONE, training={"keep": "last"}, never_by_speaker=("third",)
    )
    out = tmp_path_factory.mktemp("enrolment") / "run"
    table = judged(given, folder, out)
    notes = json.loads((out / "notes.json").read_text(encoding="utf-8"))
    assert sum("the training data count for" in note for note in notes) == 4
    assert CHOOSING not in notes  # there was one candidate
    assert "UAR by seconds of speech given: trained by speaker" in (out / "report.html").read_text()
    return table


def test_every_kind_is_judged_on_the_same_clips(said: pl.DataFrame) -> None:
    """All 64 of each corpus; sexes are not known, and nobody has 40 seconds."""
    assert set(said["corpus"]) == {"first", "second"}
    assert set(said["protocol"]) == {"lolo"}
    assert set(said.filter(corpus="first")["train"]) == {"second+third"}
    found = set()
    for one in pool(said):
        assert len(one.items.ids) == 64
        told = dict(one.condition)
        found.add((told["enrolment"], told.get("seconds"), told.get("strength"), len(one.seeds)))
    drawn = {
        (kind, float(seconds), strength, 2)
        for kind in ("mixed", "neutral", "emotional", "anger", "sadness")
        for seconds in (1, 2)
        for strength in (None, 0.0)
    }
    ways = {("running", None, strength, 2) for strength in (None, 0.0)}
    ways |= {("self", None, strength, 1) for strength in (None, 0.0)}
    some = {one for one in drawn if one[:2] in {("mixed", 1.0), ("emotional", 2.0)}}
    assert some | ways | {("none", 0.0, None, 1)} <= found
    assert found <= drawn | ways | {("none", 0.0, None, 1)}


def test_training_statistics_are_told_apart_from_a_speaker_s(said: pl.DataFrame) -> None:
    none = said.filter(pl.col("condition").str.contains('"none"'))
    assert set(none["normalisation"]) == {"source"}
    rest = said.filter(~pl.col("condition").str.contains('"none"'))
    assert set(rest["normalisation"]) == {"speaker"}
    trained = {json.loads(one)["trained"] for one in said["condition"]}
    assert trained == {"source", "speaker"}


def test_an_enrolment_needs_a_probe_and_speakers(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="needs three corpora, two of them not in never_by_speaker"
    ):
        config(enrolment=PART, model=ONE, never_by_speaker=("second", "third"))
    with pytest.raises(ValueError, match="write system: linear-probe"):
        config(**{"system": "attention-bilstm", "features": "mfcc", "model": {}}, enrolment=PART)


def test_a_corpus_without_enough_clips_of_a_voice_is_named(folder: Path, tmp_path: Path) -> None:
    given = config(enrolment={"parts": 5}, model=ONE, training={"keep": "last"})
    with pytest.raises(ConfigError, match="no speaker of first has 5 clips of each of anger"):
        run(given, folder, tmp_path, store=folder / "store")


def test_the_experiment_of_the_repository_asks_for_it() -> None:
    given = load(Path(__file__).resolve().parents[2] / "experiments" / "enrolment.yaml")
    assert enrolment.targets(given) == ["emodb", "ravdess", "banglaser", "kashmiri_rasa"]
    assert len(enrolment.cells(given)) == 8


def by_hand() -> Voices:
    """Two women and a man, of each emotion four clips of 2 s; `a`'s first two are one recording."""
    emotions = [name for name in ("anger", "happiness", "neutral", "sadness") for _ in range(4)]
    rows = [
        {
            "id": f"{who}{i}",
            "digest": "same" if who == "a" and i < 2 else f"{who}{i}",
            "speaker": who,
            "sex": sex,
            "emotion": emotion,
            "duration": 2.0,
        }
        for who, sex in (("a", "female"), ("b", "female"), ("c", "male"))
        for i, emotion in enumerate(emotions)
    ]
    table = pl.DataFrame(rows)
    N = table.height
    return Voices(
        "hand",
        table,
        np.zeros((N, 2), np.float32),
        np.repeat(np.arange(4), 4)[np.arange(N) % 16],
        table["emotion"].to_numpy().astype(np.str_),
        np.arange(N) % 4,
        2,
    )


def test_what_is_judged_is_never_given_nor_is_a_copy_of_it() -> None:
    heard = by_hand()
    for kind in ("mixed", "emotional", "anger", "neutral"):
        offers = heard.offers(kind, 6.0, 0)
        judged_once = np.sort(np.concatenate([one.judged for one in offers]))
        np.testing.assert_array_equal(judged_once, np.arange(48))
        for one in offers:
            assert len(set(heard.speaker[one.judged])) == 1
            assert set(heard.speaker[one.given]) == set(heard.speaker[one.judged])
            assert not set(heard.digests[one.given]) & set(heard.digests[one.judged])
            wanted = {
                "mixed": {"anger", "happiness", "neutral", "sadness"},
                "emotional": {"anger", "happiness", "sadness"},
            }.get(kind, {kind})
            assert set(heard.native[one.given]) <= wanted
            assert heard.seconds[one.given].sum() == 6 or kind == "anger"


def test_less_speech_is_the_first_of_more_and_draws_differ() -> None:
    heard = by_hand()
    little, much = heard.offers("mixed", 4.0, 0), heard.offers("mixed", 10.0, 0)
    for few, many in zip(little, much, strict=True):
        np.testing.assert_array_equal(few.given, many.given[:2])
    other = heard.offers("mixed", 10.0, 1)
    assert any(set(a.given) != set(b.given) for a, b in zip(much, other, strict=True))


def test_a_wrong_speaker_is_of_the_sex_asked_for() -> None:
    heard = by_hand()
    for one in heard.offers("same sex", 4.0, 0):
        (own,), (other,) = set(heard.speaker[one.judged]), set(heard.speaker[one.given])
        assert {own, other} == {"a", "b"}
    for one in heard.offers("other sex", 4.0, 0):
        speakers = {*heard.speaker[one.judged], *heard.speaker[one.given]}
        assert "c" in speakers and len(speakers) == 2
    assert heard.reached("same sex", 4.0) == 0.0  # there is no other man
    assert heard.reached("other sex", 4.0) == 1.0


def test_how_much_is_reached() -> None:
    """Of 4 clips of anger of 2 s three are not judged, but for `a` two where a copy is."""
    heard = by_hand()
    assert heard.reached("neutral", 6.0) == 1.0
    assert heard.reached("neutral", 12.0) == 0.5
    assert heard.reached("anger", 6.0) == pytest.approx((2 * 4 / 6 + 10) / 12)


def test_a_probe_says_what_its_network_does_on_the_columns_that_it_sees() -> None:
    """Bounded as the network is, a hidden column among them; the first column is not seen."""
    rng = np.random.default_rng(0)
    network = LinearProbe(5, 4, bound=1.0)
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(rng.normal(size=(4, 5))))
        network.head.weight[:, 0] = 0
    X = rng.normal(1, 3, (200, 5)).astype(np.float32)
    source = Statistics(X.mean(axis=0), X.std(axis=0), 200, "source").hiding((3,))
    probe = enrolment.Probe(network, source, "source", {})
    np.testing.assert_array_equal(probe.columns, [1, 2, 3, 4])
    own = enrol([(X[:5, 1:], 20.0, 1.0)], probe.source, "given")
    whole = enrol([(X[:5], 20.0, 1.0)], source, "given")
    assert own is not None and whole is not None
    lengths = torch.ones(200, dtype=torch.int64)
    for cut, full in ((None, source), (own, whole)):
        z = torch.from_numpy(full(X))
        said = network(Batch(z[:, None], lengths)).logits.argmax(dim=1).numpy()
        np.testing.assert_array_equal(probe(X[:, 1:], cut), said)
        unbound = (z @ network.head.weight.T + network.head.bias).argmax(dim=1).numpy()
        assert (unbound != said).any()


def test_all_of_a_speaker_is_the_judged_and_the_rest() -> None:
    offers = list(by_hand().everything())
    assert [len(one.given) for one in offers] == [16, 16, 16]
    np.testing.assert_array_equal(offers[1].judged, np.arange(16, 32))


def test_it_goes_on_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    given = config(
        enrolment={"seconds": (1,), "parts": 2, "kinds": ("mixed",), "trained": ("source",)},
        model=ONE,
        training={"keep": "last"},
    )
    run(given, folder, tmp_path, store=folder / "store", fast_dev_run=True)
    (one, *_) = sorted((tmp_path / "cells").glob("enrolment*.json"))
    before = one.stat().st_mtime_ns
    run(given, folder, tmp_path, store=folder / "store", fast_dev_run=True)
    assert one.stat().st_mtime_ns == before
