"""A saved recogniser and a table → what it makes of the same clips disturbed, in a run folder."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from ehsaas.audio import Clip
from ehsaas.disturbances import reverberation
from ehsaas.emotions import Estimate
from ehsaas.evaluation import predictions
from ehsaas.evaluation.report import write_report
from ehsaas.experiments.conditions import Condition, babble, conditions, drawn, made, under
from ehsaas.experiments.evaluate import (
    Asked,
    EvaluationError,
    Progress,
    as_judged,
    condition_of,
    corpora_of,
    known_to,
    notes_on,
    read,
    refuse_another,
    write_about,
)
from ehsaas.experiments.holdout import SPLIT_SEED
from ehsaas.experiments.parts import RobustnessConfig
from ehsaas.judging import Judge
from ehsaas.utterances import UtteranceTable

NO_BABBLE = "Babble noise is left out: it needs a table of other speakers (--babble TABLE)."
_HOW = (
    "Each clip was judged alone, by the statistics of the recogniser's training data. What a"
    " disturbance makes louder than full scale was judged as it is, neither clipped nor scaled"
    " down, as on the robustness bench; read from a file, it would be one or the other."
)


class Loud(Clip):
    """A clip that may be louder than full scale, so that +10 dB are 10 dB of any recording."""

    def __post_init__(self) -> None:
        """Let every level pass: the samples are those of a checked clip, disturbed."""


def evaluate_disturbed(
    recogniser: Judge,
    table: UtteranceTable,
    out: Path,
    *,
    babblers: UtteranceTable | None = None,
    most: int = 300,
    neutral_styles: Sequence[str] = (),
    say: Callable[[str], None] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Judge the same utterances, each clip alone, under every condition of the robustness bench.

    Args:
        recogniser: from `ehsaas.load`.
        table: utterances of one or more corpora, with their recordings.
        out: the run folder to write.
        babblers: utterances of other speakers, who babble; without them, nobody does.
        most: utterances of a corpus at most, drawn at random.
        neutral_styles: styles of unlabelled utterances that count as neutral.
        say: told, before a clip is heard, what was drawn and what is left out.
        progress: told how many clips were judged.

    Returns:
        The path of the report.

    Raises:
        EvaluationError: nothing can be judged, `out` holds another run, or those who are to babble
            are judged or cannot be heard.
        MissingRoomsError: pyroomacoustics is not installed.
    """
    reverberation.rooms()
    corpora = corpora_of(table)
    asked = Asked(
        f"{recogniser.name} on {corpora}, disturbed",
        f"How well does {recogniser.name} recognise emotion in {corpora}, clean and disturbed?",
        "ehsaas evaluate MODEL TABLE --disturbed",
    )
    refuse_another(out, asked.name)
    known = known_to(recogniser, table, neutral_styles)
    rows = _drawn(known, most)
    others = () if babblers is None else (corpora_of(babblers),)
    bench = RobustnessConfig(most=most, babble=others, denoise=False)
    noise = b"" if babblers is None else _noise(babblers, table, bench.voices)
    told = list(_told(known, rows, bench, babblers))
    if say is not None:
        for line in told:
            say(line)
    found = read(table, rows, progress)
    tables = []
    for under_it, every in _said(recogniser, found.clips, conditions(bench), noise, progress):
        for corpus, own in found.by_corpus():
            condition = under_it.told | condition_of(recogniser, corpus, neutral_styles)
            said = [every[i] for i in own]
            tables.append(as_judged(recogniser, "source", found.rows[own], said, condition))
    left_out = len(table) - known.height + len(found.unread)
    notes = [
        *notes_on(recogniser, table, left_out, neutral_styles),
        *(*told, _HOW),
        *found.unread,
    ]
    predictions.write(predictions.concat(tables), out / "predictions.parquet")
    write_about(out, recogniser, table.keep(found.rows), asked, notes)
    return write_report(out)


def _drawn(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    corpus = rows["corpus"].rank("dense").to_numpy()
    return rows[drawn(np.arange(rows.height), corpus, most)]


def _noise(babblers: UtteranceTable, table: UtteranceTable, voices: int) -> bytes:
    """Babble of people who are not judged; a corpus's unknown speakers count as one."""
    whose = ["corpus", "speaker"]
    both = babblers.rows.join(table.rows, on=whose, how="semi", nulls_equal=True)
    if both.height:
        corpus, speaker = both.select(whose).row(0)
        raise EvaluationError(
            f"babble: {speaker or f'an unknown speaker of {corpus}'} is judged; let the speakers of"
            " another table babble"
        )
    recorded = babblers.keep(babblers.rows.filter(pl.col("path").is_not_null()))
    try:
        return babble([recorded], voices)
    except ValueError as error:
        raise EvaluationError(f"babble: {error}") from error


def _told(
    known: pl.DataFrame,
    rows: pl.DataFrame,
    bench: RobustnessConfig,
    babblers: UtteranceTable | None,
) -> Iterator[str]:
    """What was drawn and who babbles, a line each."""
    for corpus, n in rows.group_by("corpus", maintain_order=True).len().iter_rows():
        of = (known["corpus"] == corpus).sum()
        if n < of:
            yield f"{n} of {of} utterances of {corpus} were drawn at random (seed {SPLIT_SEED})."
    if babblers is None:
        yield NO_BABBLE
    else:
        n = babblers.rows.select("corpus", "speaker").n_unique()
        people = f"{n} speaker{'' if n == 1 else 's'} of {corpora_of(babblers)}"
        yield f"Babble is {bench.voices} voices at once, strung together from clips of {people}."


def _said(
    recogniser: Judge,
    clips: Sequence[Clip],
    wanted: Sequence[Condition],
    noise: bytes,
    progress: Progress | None,
) -> Iterator[tuple[Condition, list[Estimate]]]:
    """One condition after the other; no more than one disturbed clip is held at a time."""
    done = 0
    for condition in wanted:
        through = made(condition, noise)
        said: list[Estimate] = []
        for clip in clips:
            said.append(recogniser(Loud(under(clip.samples, through), clip.rate)))
            done += 1
            if progress:
                progress("judging", done, len(wanted) * len(clips))
        yield condition, said
