"""What the sizing of an experiment costs: a sized run beside one at full size, on one corpus.

    python benchmarks/sizing.py SIZED_RUN FULL_RUN [--corpus urdu] [-o docs/results]

Both are run folders with the same folds; the seeds that both have are compared. Writes
NAME.md and NAME.json, where NAME is the full run's name.
"""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import yaml

from ehsaas.evaluation import predictions, results
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.significance import compare


def main() -> None:
    """Compare two run folders and write the page and its twin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sized", type=Path)
    parser.add_argument("full", type=Path)
    parser.add_argument("--corpus", default="urdu")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = parser.parse_args()
    seeds = sorted(seeds_of(given.sized, given.corpus) & seeds_of(given.full, given.corpus))
    small = result_of(given.sized, given.corpus, seeds)
    full = result_of(given.full, given.corpus, seeds)
    name = str(yaml.safe_load((given.full / "config.yaml").read_text())["name"])
    rows = results.rows([small]) + results.rows([full])
    for row, run in zip(rows, [given.sized] * 4 + [given.full] * 4, strict=True):
        row["headline"] = False
        row["condition"] = {**row["condition"], **size_of(run)}
    text = page(name, given.corpus, (given.sized, small), (given.full, full))
    given.output.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in rows)
    (given.output / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    (given.output / f"{name}.md").write_text(text, encoding="utf-8")
    print(given.output / f"{name}.md")


def chosen(run: Path, corpus: str) -> pl.DataFrame:
    """The strict within-language judgements of the Bi-LSTM, standardised by its training rows."""
    return predictions.read(run / "predictions.parquet").filter(
        system="attention-bilstm", protocol="strict", normalisation="source", corpus=corpus
    )


def seeds_of(run: Path, corpus: str) -> set[int]:
    """The seeds of a run."""
    return set(chosen(run, corpus)["seed"])


def result_of(run: Path, corpus: str, seeds: list[int]) -> Result:
    """The pooled result over these seeds."""
    return pool(chosen(run, corpus).filter(pl.col("seed").is_in(seeds)))[0]


def size_of(run: Path) -> dict[str, Any]:
    """What of the configuration says how large the network and its input are."""
    config = yaml.safe_load((run / "config.yaml").read_text())
    model = config["model"]
    return {
        "hop_ms": config["features"]["hop_ms"],
        "layers": model["layers"],
        "hidden": model["hidden"],
    }


def seconds_of(run: Path, corpus: str) -> float:
    """Median seconds of one strict fold, trained and judged, on one core."""
    found: list[float] = [
        json.loads(path.read_text())["seconds"]
        for path in (run / "cells").glob(f"within__{corpus}__*strict__*.json")
    ]
    return median(found)


def page(name: str, corpus: str, sized: tuple[Path, Result], full: tuple[Path, Result]) -> str:
    """The page in Markdown."""
    test = compare(sized[1], full[1])
    lines = [
        f"# Results: {name}",
        "",
        f"The same recipe on {corpus}, strict folds, standardised by the training rows; seeds"
        f" {', '.join(map(str, sized[1].seeds))} of both runs.",
        "",
        "| frames every | Bi-LSTM | UAR | interval | seconds a fold on one core |",
        "|---|---|---|---|---|",
    ]
    for run, result in (sized, full):
        size, uar = size_of(run), result.measures["uar"]
        interval = "none" if uar.low is None else f"[{uar.low:.3f}, {uar.high:.3f}]"
        lines.append(
            f"| {size['hop_ms']:g} ms | {size['layers']} × {size['hidden']} | {uar.value:.3f}"
            f" | {interval} | {seconds_of(run, corpus):.0f} |"
        )
    limits = "" if test.low is None else f" [{test.low:+.3f}, {test.high:+.3f}]"
    lines += [
        "",
        f"Sized minus full: {test.difference:+.3f}{limits}, p = {test.p:.3f} (paired permutation"
        f" by speaker, {test.items} items).",
        "",
        "Written by `python benchmarks/sizing.py runs/kashmiri_bilstm"
        f" runs/{name}`, from the runs of `experiments/kashmiri_bilstm.yaml` and"
        f" `experiments/{name}.yaml`.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
