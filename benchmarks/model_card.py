"""`python benchmarks/model_card.py RUN`: the card of a recogniser, from the run that trained it.

It writes `docs/models/NAME.md`, for people and for `ehsaas export --card`, and `NAME.json`, for
programs. Every figure in it is of `RUN/predictions.parquet`.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import polars as pl
import yaml

from benchmarks.model_card_page import Data, Facts, page, twin
from ehsaas import utterances
from ehsaas.corpora import CORPORA
from ehsaas.evaluation import predictions
from ehsaas.evaluation.tongues import tongue
from ehsaas.experiments.config import load
from ehsaas.experiments.stored import versions
from ehsaas.training.probe import TAKEN

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Terms:
    """What a model's file says of its licence, and a sentence on who may use it for what."""

    licence: str
    purpose: str


TERMS: Mapping[str, Terms] = MappingProxyType(
    {
        "ehsaas-base": Terms(
            "for research that is not commercial (LicenseRef-ehsaas-base)",
            "For research that is not commercial: some of its corpora allow no more.",
        ),
        "ehsaas-open": Terms(
            "CC-BY-4.0",
            "For any use: its corpora allow that, where their makers are named.",
        ),
    }
)


def facts_of(run: Path) -> Facts:
    """What the card says of a run beside its figures."""
    about = json.loads((run / "model" / "recogniser.json").read_text(encoding="utf-8"))
    machine = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    return Facts(
        name=about["name"],
        classes=tuple(about["classes"]),
        encoder=Path(config["features"]["encoder"]).name,
        licence=TERMS[about["name"]].licence,
        purpose=TERMS[about["name"]].purpose,
        taken=chosen(run),
        copies=tuple(versions(load(run / "config.yaml"))),
        command=machine["command"],
        minutes=machine["seconds"] / 60,
        cores=machine["cores"],
        processor=machine.get("processor") or machine["machine"],
        data=tuple(data_of(run, name, config) for name in config["corpora"]),
        calibration=about["facts"]["calibration"],
    )


def chosen(run: Path) -> str:
    """The candidate that the recogniser took, in words."""
    (cell,) = (run / "cells").glob("recogniser__*.json")
    (how,) = json.loads(cell.read_text(encoding="utf-8"))["notes"]
    return str(how).rpartition(TAKEN)[2]


def data_of(run: Path, corpus: str, config: dict[str, Any]) -> Data:
    """What of a corpus was trained on."""
    card = CORPORA[corpus].card
    rows = utterances.read(run / "tables" / f"{corpus}.parquet").rows
    styles = config["neutral_styles"].get(corpus, ())
    label_set = config["transfer"]["learns"] or config["transfer"]["label_set"]
    rows = utterances.labelled(rows, label_set, styles)
    speakers = rows.group_by("speaker").agg(pl.col("sex").first())["sex"]
    return Data(
        corpus=corpus,
        title=card.title,
        language=tongue(card.language),
        licence=card.licence or "not stated",
        citation=card.citation or "no publication",
        clips=rows.height,
        women=int((speakers == "female").sum()),
        men=int((speakers == "male").sum()),
        emotions=tuple(sorted(rows["emotion"].unique())),
        hours=float(rows["duration"].sum()) / 3600,
    )


def main() -> None:
    """Write the card and its twin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a run that left out languages")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "models")
    given = parser.parse_args()
    facts, table = facts_of(given.run), predictions.read(given.run / "predictions.parquet")
    given.output.mkdir(parents=True, exist_ok=True)
    path = given.output / f"{facts.name}.md"
    path.write_text(page(facts, table), encoding="utf-8")
    told = {**asdict(facts), **twin(facts, table)}
    text = json.dumps(told, ensure_ascii=False, indent=1)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
