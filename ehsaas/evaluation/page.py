"""Results → the Markdown of a results page."""

from collections.abc import Mapping, Sequence
from typing import Any

from ehsaas.evaluation import gathering
from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.bootstrap import FEWEST_SPEAKERS, RESAMPLES
from ehsaas.evaluation.families import families
from ehsaas.evaluation.grid import grid_tables
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.published import published_table
from ehsaas.evaluation.tables import (
    Table,
    curve_table,
    family_table,
    matrix_table,
    results_table,
    warnings,
    within_tables,
)
from ehsaas.evaluation.trials import trial_tables
from ehsaas.evaluation.views import Headline, curves, matrices, others, within

METHOD: tuple[str, ...] = (
    "UAR is the mean of the classes' recalls, computed once a seed over the pooled out-of-fold"
    " predictions; fold scores are not averaged. With several seeds the figure is their mean, and"
    " the seeds' lowest and highest stand in braces {}.",
    f"Intervals [low, high] are 95 %, from {RESAMPLES} bootstrap resamples of test speakers,"
    " seeds averaged inside each. A resample that misses a class is drawn again. With few speakers"
    " such an interval is rather too narrow than too wide.",
    f"† fewer than {FEWEST_SPEAKERS} test speakers, or speakers unknown: resampled over"
    " utterances, so the interval speaks for these speakers only.",
    "Paired tests swap the two systems' answers speaker by speaker (utterance by utterance where"
    " marked †); p is two-sided, and Holm's correction runs over each family.",
    "The sentences of the answers go by single paired tests at 0.05, not corrected; the corrected p"
    " stands in the tables of paired tests.",
    "`speaker-majority` is an oracle: it reads the labels it is tested on and says of every"
    " speaker what that speaker has most. It shows how much the speaker alone gives away.",
    "With `corpus` statistics, features are standardised by all recordings of the tested corpus,"
    " the tested ones included; their labels are not used. With `speaker` statistics, by all"
    " recordings of the same speaker, likewise.",
    "`random` lets speakers be on both sides of the split; it is printed to compare with"
    " published figures, not to be believed. Accuracy is what the field calls WA.",
)


def markdown(
    results: Sequence[Result],
    *,
    name: str,
    title: str,
    question: str,
    published: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
    command: str,
    headline: Headline,
    kept: str | None,
    gathers: Sequence[str] = (),
    pictures: Sequence[tuple[str, str]] = (),
) -> str:
    """The page without its chapters.

    Args:
        results: what the page tells.
        name: its stem.
        title: its heading.
        question: what the experiment asked.
        published: rows of the twin.
        notes: what a reader must know.
        command: how to repeat it.
        headline: which results are the choice made without test data.
        kept: the name of the Parquet file, or None.
        gathers: names of the pages that follow as chapters.
        pictures: title and file of each.
    """
    blocks = [f"# {title}", question]
    for answer in answers(results, headline):
        detail = "\n".join(f"- {sentence}" for sentence in answer.detail)
        blocks += [f"**{answer.question}** {answer.short}", detail]
    if notes:
        blocks += ["## Notes", "\n".join(f"- {note}" for note in notes)]
    blocks += [f"![{title}]({file})" for title, file in pictures]
    laid_out = [
        *grid_tables(results),
        *within_tables(within(results)),
        *(matrix_table(matrix) for matrix in matrices(results)),
        *(curve_table(curve) for curve in curves(results)),
        *trial_tables(results),
        *([results_table(rest, "Other results")] if (rest := others(results)) else []),
        *([published_table(published, results, headline)] if published else []),
        *(family_table(family) for family in families(results, headline)),
    ]
    for table in laid_out:
        blocks += [f"## {table.title}", table.intro, _table(table)]
    found = "\n".join(f"- {text}" for text in warnings(results))
    blocks += ["## Collapsed or refused", found] if found else []
    blocks += ["## How the figures are made", "\n".join(f"- {line}" for line in METHOD)]
    blocks += _repeat(name, command, kept, gathers)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _repeat(name: str, command: str, kept: str | None, gathers: Sequence[str]) -> list[str]:
    blocks = ["## To repeat it"]
    if command:
        blocks.append(f"```\n{command}\n```")
    rows = f"Every metric of a system is a row of `{name}.json`."
    if not kept:
        rows += " The prediction table is too large to lie here (1 MB or more)."
    else:
        rows += f" This page and that file are rebuilt from `{kept}`"
        rows += "".join(f", `{one}.md` and `{one}.json`" for one in gathers)
        rows += " by `ehsaas.evaluation.results.rebuild`."
    if gathers:
        rows += (
            " What follows are chapters from experiments of their own, by their own settings; of"
            f" what hears in these `{name}.json` has {' and '.join(gathering.CARRIED)}, of chance"
            f" {gathering.CARRIED[0]}; their own files have the rest."
        )
    return [*blocks, rows]


def _table(table: Table) -> str:
    lines = [table.head, ("---",) * len(table.head), *table.body]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
