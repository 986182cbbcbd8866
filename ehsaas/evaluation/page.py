"""Results → the Markdown of a results page."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ehsaas.evaluation import gathering
from ehsaas.evaluation.answers import answers
from ehsaas.evaluation.bootstrap import FEWEST_SPEAKERS, RESAMPLES
from ehsaas.evaluation.by_voice import Voices
from ehsaas.evaluation.choice import headline as chosen
from ehsaas.evaluation.dimension_tables import dimension_tables
from ehsaas.evaluation.families import families
from ehsaas.evaluation.grid import grid_tables
from ehsaas.evaluation.markdown import laid_out
from ehsaas.evaluation.method_tables import method_tables
from ehsaas.evaluation.methods import apart
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.promises import promise_tables
from ehsaas.evaluation.published import published_table
from ehsaas.evaluation.reliability import reliability_table
from ehsaas.evaluation.stated import Stated
from ehsaas.evaluation.tables import (
    curve_table,
    family_table,
    matrix_table,
    results_table,
    warnings,
    within_tables,
)
from ehsaas.evaluation.trials import trial_tables
from ehsaas.evaluation.views import Headline, curves, main, matrices, others, within
from ehsaas.evaluation.voice_tables import voice_tables

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
    stated: Sequence[Stated] = (),
    heard: Voices | None = None,
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
    pictures: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The page without its chapters.

    Args:
        results: what the page tells.
        stated: the probabilities of those that have some.
        heard: the system that is spoken of, by language, sex and length.
        name: its stem.
        title: its heading.
        question: what the experiment asked.
        published: rows of the twin.
        notes: what a reader must know.
        command: how to repeat it.
        headline: which results are the choice made without test data.
        kept: the name of the Parquet file, or None.
        gathers: names of the pages that follow as chapters.
        pictures: files that lie beside the page, with their titles.
    """
    headline = chosen(results, headline)
    rest = apart(results)
    blocks = [f"# {title}", question]
    for answer in answers(results, headline):
        detail = "\n".join(f"- {sentence}" for sentence in answer.detail)
        blocks += [f"**{answer.question}** {answer.short}", detail]
    if notes:
        blocks += ["## Notes", "\n".join(f"- {note}" for note in notes)]
    blocks += [f"![{shown}]({file})" for file, shown in pictures.items()]
    told = [
        *method_tables(results),
        *grid_tables(rest),
        *(voice_tables(heard) if heard else []),
        *within_tables(within(rest)),
        *(matrix_table(matrix) for matrix in matrices(rest)),
        *dimension_tables(results, main(results, headline)[0]),
        *(curve_table(curve) for curve in curves(rest)),
        *trial_tables(rest),
        *([results_table(odd, "Other results")] if (odd := others(rest)) else []),
        *([believed] if (believed := reliability_table(stated, headline)) else []),
        *promise_tables(stated, headline),
        *([published_table(published, results, headline)] if published else []),
        *(family_table(family) for family in families(rest, headline)),
    ]
    for table in told:
        blocks += laid_out(table)
    found = "\n".join(f"- {text}" for text in warnings(results))
    blocks += ["## Collapsed or refused", found] if found else []
    blocks += ["## How the figures are made", "\n".join(f"- {line}" for line in METHOD)]
    every = "Every metric of a system is a row"
    if len(rest) < len(results):
        every = "UAR and accuracy of every method are rows"
    blocks += _repeat(name, command, kept, gathers, every)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _repeat(
    name: str, command: str, kept: str | None, gathers: Sequence[str], every: str
) -> list[str]:
    blocks = ["## To repeat it"]
    if command:
        blocks.append(f"```\n{command}\n```")
    rows = f"{every} of `{name}.json`."
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
