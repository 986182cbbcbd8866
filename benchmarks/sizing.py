"""What the sizing of an experiment costs: a sized run beside one at full size, on one corpus.

    python benchmarks/sizing.py SIZED_RUN FULL_RUN [--corpus urdu] [-o docs/results]

Both are run folders with the same folds; the seeds and the normalisations that both have are
compared. Writes NAME.md and NAME.json, where NAME is the full run's name.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import yaml

from ehsaas.evaluation import predictions, results
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.significance import compare

NORMALISATIONS = ("source", "corpus")
CORPUS = "urdu"


@dataclass(frozen=True)
class Pair:
    """Both runs' results under one normalisation, over the seeds that both have."""

    sized: Result
    full: Result


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare two run folders and write the page and its twin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sized", type=Path)
    parser.add_argument("full", type=Path)
    parser.add_argument("--corpus", default=CORPUS)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = parser.parse_args(arguments)
    pairs = pairs_of(given.sized, given.full, given.corpus)
    if not pairs:
        parser.error(
            f"{given.sized} and {given.full} share no seed of strict attention-bilstm results on"
            f" {given.corpus}; give two finished runs that both have one"
        )
    name = str(yaml.safe_load((given.full / "config.yaml").read_text())["name"])
    twin = [
        {**row, "headline": False, "condition": {**row["condition"], **size_of(run)}}
        for pair in pairs
        for run, result in ((given.sized, pair.sized), (given.full, pair.full))
        for row in results.rows([result])
    ]
    text = page(name, given.corpus, given.sized, given.full, pairs)
    given.output.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in twin)
    (given.output / f"{name}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    (given.output / f"{name}.md").write_text(text, encoding="utf-8")
    print(given.output / f"{name}.md")


def pairs_of(sized: Path, full: Path, corpus: str) -> list[Pair]:
    """A pair for each normalisation that both runs have with a seed in common."""
    found = []
    for normalisation in NORMALISATIONS:
        small, large = (chosen(run, corpus, normalisation) for run in (sized, full))
        seeds = set(small["seed"]) & set(large["seed"])
        if seeds:
            kept = [pool(rows.filter(pl.col("seed").is_in(seeds)))[0] for rows in (small, large)]
            found.append(Pair(*kept))
    return found


def chosen(run: Path, corpus: str, normalisation: str) -> pl.DataFrame:
    """The strict within-language judgements of the Bi-LSTM."""
    return predictions.read(run / "predictions.parquet").filter(
        system="attention-bilstm", protocol="strict", normalisation=normalisation, corpus=corpus
    )


def size_of(run: Path) -> dict[str, Any]:
    """What of the configuration says how large the network and its input are."""
    config = yaml.safe_load((run / "config.yaml").read_text())
    model = config["model"]
    return {
        "hop_ms": config["features"]["hop_ms"],
        "layers": model["layers"],
        "hidden": model["hidden"],
    }


def seconds_of(run: Path, corpus: str) -> str:
    """Median seconds of one strict fold, all that is trained and judged in it; or `not kept`."""
    found: list[float] = [
        json.loads(path.read_text())["seconds"]
        for path in (run / "cells").glob(f"within__{corpus}__*strict__*.json")
    ]
    return f"{median(found):.0f}" if found else "not kept"


def page(name: str, corpus: str, sized: Path, full: Path, pairs: Sequence[Pair]) -> str:
    """The page in Markdown."""
    lines = [
        f"# Results: {name}",
        "",
        f"The same recipe on {corpus}, strict folds, at two sizes.",
        "",
        "| statistics | frames every | Bi-LSTM | seeds | UAR | interval | seconds a fold |",
        "|---|---|---|---|---|---|---|",
    ]
    for pair in pairs:
        lines += [row(sized, corpus, pair.sized), row(full, corpus, pair.full)]
    lines += ["", *(f"- {difference(pair)}" for pair in pairs), ""]
    options = "" if corpus == CORPUS else f" --corpus {corpus}"
    lines += [
        "The full size was not tuned: it has the sized run's recipe, so the difference is what the"
        " size alone costs, and not what a recipe of its own could reach.",
        "",
        "Seconds are the median over folds, with both statistics where a fold trains both, under"
        " the load that each run had on its machine; they are no timing of one beside the other.",
        "",
        f"Written by `python benchmarks/sizing.py runs/{sized.name} runs/{full.name}{options}`.",
        "",
    ]
    return "\n".join(lines)


def row(run: Path, corpus: str, result: Result) -> str:
    """One run under one normalisation as a line of the table."""
    size, uar = size_of(run), result.uar
    value = f"{uar.value:.3f}" if uar else f"no UAR: {result.refused['uar']}"
    interval = "none"
    if uar and uar.low is not None:
        interval = f"[{uar.low:.3f}, {uar.high:.3f}]"
    seeds = ", ".join(map(str, result.seeds))
    return (
        f"| {result.normalisation} | {size['hop_ms']:g} ms | {size['layers']} × {size['hidden']}"
        f" | {seeds} | {value} | {interval} | {seconds_of(run, corpus)} |"
    )


def difference(pair: Pair) -> str:
    """What the sizing costs under one normalisation, with its paired test."""
    named = f"{pair.sized.normalisation} statistics"
    if not (pair.sized.uar and pair.full.uar):
        return f"{named}: no difference, as a UAR was refused."
    test = compare(pair.sized, pair.full)
    limits = "" if test.low is None else f" [{test.low:+.3f}, {test.high:+.3f}]"
    return (
        f"{named}: sized minus full {test.difference:+.3f}{limits}, p = {test.p:.3f} (paired"
        f" permutation, {test.unit}, {test.items} items)."
    )


if __name__ == "__main__":
    main()
