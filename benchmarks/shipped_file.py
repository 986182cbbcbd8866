"""Is a model's file as good as the network it was made of? Both on a corpus that neither knows.

    python benchmarks/shipped_file.py RUN TABLE [--file FILE] [--most N] [-o docs/results]

RUN/model is the recogniser, FILE what `ehsaas export --int8` made of it (the one that is shipped
under its name, unless said otherwise), TABLE a prepared table of recordings that it was not trained
on; `--most` of them are drawn. Writes NAME_file.md, its twin and its prediction table.
"""

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import polars as pl

from ehsaas import load, shipped, utterances
from ehsaas.cli import terminal
from ehsaas.evaluation import predictions
from ehsaas.evaluation.results import write_page
from ehsaas.experiments import config as configuration
from ehsaas.experiments import stored
from ehsaas.experiments.conditions import drawn
from ehsaas.experiments.evaluate import evaluate
from ehsaas.judging import Judge
from ehsaas.utterances import UtteranceTable

FORMS = ("float32", "int8")
"""What the recogniser's weights are, and the file's."""


def judged_by(judges: Sequence[Judge], table: UtteranceTable) -> pl.DataFrame:
    """What the recogniser and its file say of the same clips, by `precision` in the condition.

    Args:
        judges: one for each of `FORMS`.
        table: utterances with their recordings.
    """
    found = []
    for form, judge in zip(FORMS, judges, strict=True):
        with tempfile.TemporaryDirectory() as folder, terminal.progress() as tell:
            evaluate(judge, table, Path(folder), progress=tell)
            said = predictions.read(Path(folder) / "predictions.parquet")
        told = [
            json.dumps({**json.loads(one), "precision": form}, sort_keys=True)
            for one in said["condition"]
        ]
        found.append(said.with_columns(condition=pl.Series(told, dtype=pl.String)))
    return predictions.concat(found)


def difference(said: pl.DataFrame) -> str:
    """How often the two agree on a clip judged alone, and how far their probabilities lie apart."""
    alone = said.filter(normalisation="source").sort("id")
    whole, small = (
        alone.filter(pl.col("condition").str.contains(f'"precision": "{form}"')) for form in FORMS
    )
    columns = [name for name in said.columns if name.startswith(predictions.PROBABILITY)]
    apart = np.abs(whole.select(columns).to_numpy() - small.select(columns).to_numpy())
    equal = np.mean(whole["predicted"].to_numpy() == small["predicted"].to_numpy())
    return (
        f"One clip judged alone: of {whole.height} clips both say the same of {100 * equal:.1f} %;"
        f" a probability differs by {np.nanmean(apart):.3f} on average, at most by"
        f" {np.nanmax(apart):.2f}."
    )


def main() -> None:
    """Judge by both and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="the run that trained it")
    parser.add_argument("table", type=Path, help="a prepared table that it was not trained on")
    parser.add_argument("--file", type=Path, help="default: the shipped one of its name")
    parser.add_argument("--most", type=int, default=700, help="clips (default: %(default)s)")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = parser.parse_args()
    recogniser = load(given.run / "model")
    file = load(given.file or shipped.file_of(recogniser.name))
    table = utterances.read(given.table)
    (corpus,) = table.rows["corpus"].unique()
    if corpus in recogniser.facts["corpora"]:
        parser.error(
            f"{recogniser.name} was trained on {corpus}; give a corpus that it never heard"
        )
    some = drawn(np.arange(len(table)), np.zeros(len(table), np.int64), given.most)
    heard = stored.kind_of(configuration.load(given.run / "config.yaml"))
    said = judged_by([recogniser, file], table.keep(table.rows[some])).with_columns(
        system=pl.lit(recogniser.name), features=pl.lit(heard)
    )
    page = write_page(
        given.output,
        f"{recogniser.name.replace('-', '_')}_file",
        said,
        title=f"The file of {recogniser.name}, and the network it was made of",
        question="What does it cost that the file has weights of 8 bits?",
        notes=[
            difference(said),
            f"{corpus} trained neither; where another corpus of its language did, that is no"
            " language left out.",
        ],
        command=shlex.join(["python", "benchmarks/shipped_file.py", "RUN", f"{corpus}.parquet"]),
        headline=({"system": recogniser.name, "normalisation": "source"},),
    )
    print(page.markdown)


if __name__ == "__main__":
    main()
