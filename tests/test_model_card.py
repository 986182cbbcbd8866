"""The card of a model says what the run's table holds, and nothing that it does not."""

import json
from dataclasses import asdict, replace
from typing import Any

import polars as pl
import pytest

from benchmarks.model_card import TERMS
from benchmarks.model_card_page import Data, Facts, page, twin
from ehsaas import shipped
from ehsaas.emotions import LABEL_SETS
from tests.evaluation.builders import FOUR, judged

DATA = Data(
    corpus="urdu",
    title="URDU",
    language="Urdu",
    licence="research only",
    citation="Latif et al. 2018",
    clips=48,
    women=3,
    men=3,
    emotions=FOUR,
    hours=0.04,
)
FACTS = Facts(
    name="ours",
    classes=LABEL_SETS["seven"],
    encoder="an-encoder",
    licence="CC0-1.0",
    purpose="For any use.",
    taken="layers 1 2, C 0.01, 4 steps",
    copies=("telephone", "murmur"),
    command="ehsaas run x.yaml",
    minutes=61.4,
    cores=2,
    processor="a processor",
    data=(DATA, replace(DATA, corpus="emodb", title="EMO-DB", language="German")),
    calibration={"utterances": 96},
)


def said(
    corpus: str, language: str, condition: str = "{}", wrong: int = 1, label_set: str = "four"
) -> pl.DataFrame:
    """Six speakers, each emotion twice; `wrong` of them call happiness anger, and are sure."""
    truth = [name for _ in range(6) for name in FOUR for _ in range(2)]
    answers = [
        "anger" if name == "happiness" and i // 8 < wrong else name for i, name in enumerate(truth)
    ]
    key: dict[str, Any] = {
        "protocol": "lolo",
        "corpus": corpus,
        "language": language,
        "system": "ours",
        "normalisation": "source",
        "label_set": label_set,
        "condition": condition,
    }
    table = judged(truth, answers, [f"s{i // 8}" for i in range(len(truth))], **key)
    return table.with_columns(
        sex=pl.Series([("female", "male")[i // 8 % 2] for i in range(len(truth))]),
        duration=pl.lit(3.0),
        **{
            f"p_{name}": pl.when(pl.col("predicted") == name).then(0.91).otherwise(0.03)
            for name in FOUR
        },
    )


@pytest.fixture(scope="module")
def predictions() -> pl.DataFrame:
    return pl.concat([said("urdu", "ur"), said("emodb", "de", wrong=0)])


def test_the_card_says_how_well_it_does_and_how_it_fails(predictions: pl.DataFrame) -> None:
    card = page(FACTS, predictions)
    assert "### Mean over the languages that were left out: German, Urdu" in card
    assert "| Urdu | urdu | happiness | 0.83 | anger (0.17) | 12 |" not in card  # anger comes first
    assert "happiness | 0.83 | anger (0.17) | 12 |" in card
    assert "| Urdu | urdu/" in card and "| happiness | anger | 0.91 | 0.03 |" in card
    assert "Chosen inside the training part" in card and "layers 1 2, C 0.01, 4 steps" in card
    assert "- URDU: Latif et al. 2018" in card and "Licence: CC0-1.0." in card
    assert "Article 5 (1) f" in card and "in 61 minutes on 2 cores" in card


def test_what_was_not_measured_has_no_table(predictions: pl.DataFrame) -> None:
    card = page(FACTS, predictions)
    assert "What a disturbance costs" not in card and "can be read\n\nNothing was measured." in card
    told = {"disturbance": "hum", "level": 10, "unit": "dB SNR"}
    clean = {"disturbance": "clean", "level": 0}
    disturbed = [
        said("urdu", "ur", json.dumps(condition), wrong)
        for condition, wrong in ((told, 6), (clean, 0))
    ]
    card = page(FACTS, pl.concat([predictions, *disturbed]))
    assert "### What a disturbance costs" in card and "| hum | 10 dB SNR | -0.250 | -0.250" in card


def test_the_twin_has_each_language(predictions: pl.DataFrame) -> None:
    told = json.loads(json.dumps({**asdict(FACTS), **twin(FACTS, predictions)}))
    assert {one["language"]: one["uar"]["value"] for one in told["results"]} == {
        "de": 1.0,
        "ur": pytest.approx(1 - 1 / 6 / 4, abs=1e-4),
    }
    assert {one["test"] for one in told["figures"] if one["metric"] == "mean_uar"} == {
        "all languages"
    }
    assert [one["corpus"] for one in told["mistakes"]] == ["urdu", "urdu"]


def test_how_it_fails_is_told_of_each_clip_once(predictions: pl.DataFrame) -> None:
    """Though it was asked twice: among four emotions, and among all that it knows."""
    among = said("urdu", "ur", wrong=2, label_set="among seven")
    both = pl.concat([predictions, among])
    found = twin(FACTS, both)["mistakes"]
    assert len({one["id"] for one in found}) == len(found) == 3
    card = page(FACTS, both)
    failing = card[card.index("## How it fails") :]
    assert failing.count("| Urdu | urdu | anger |") == 1
    assert "happiness | 0.67 | anger (0.33) | 12 |" in failing
    assert "source statistics, four, languages" in card
    assert "source statistics, among seven, languages" in card


def test_every_shipped_model_has_its_terms() -> None:
    assert set(shipped.MODELS) <= set(TERMS)
    assert "not commercial" in TERMS["ehsaas-base"].licence
