"""What `ehsaas adapt` gains on a language that a recogniser never heard.

    python benchmarks/new_language.py MODEL TABLE [-o docs/results] [--neutral STYLE …]

MODEL is a recogniser of `ehsaas run experiments/new_language.yaml`; TABLE is a prepared corpus in
another language. Its speakers are cut into two parts; the recordings of each in turn are given to
`ehsaas adapt` in a folder, without labels, and with ten labels an emotion (three draws); every
recogniser is judged on the other part: by its own statistics, and by those of each tested voice
(`--baseline`). Writes new_language.md, its twin and its prediction table.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from typer.testing import CliRunner

import ehsaas
from ehsaas import audio, utterances
from ehsaas.calibration import Statistics, softmax
from ehsaas.cli import app
from ehsaas.enrolment import enrol
from ehsaas.evaluation import predictions
from ehsaas.evaluation.results import write_page
from ehsaas.experiments.judged import Trial, judged
from ehsaas.recogniser import Recogniser
from ehsaas.training import loop
from ehsaas.training.batches import Examples
from ehsaas.utterances import UtteranceTable

LABELS = 10
"""Labels of each emotion that `ehsaas adapt` is given, where it is given some."""

DRAWS = 3
"""Draws of them."""


@dataclass(frozen=True)
class Heard:
    """Recordings of a language: rows with their class or none, raw features (T, D) of each."""

    table: UtteranceTable
    rows: pl.DataFrame
    features: Sequence[np.ndarray]

    def take(self, rows: np.ndarray) -> "Heard":
        """Some of them."""
        return replace(self, rows=self.rows[rows], features=[self.features[int(i)] for i in rows])


def heard(recogniser: Recogniser, table: UtteranceTable, styles: Sequence[str]) -> Heard:
    """Every recording of a table, heard once."""
    known = utterances.labelled(table.rows, "four", styles).select("id", "emotion")
    rows = table.rows.drop("emotion").join(known, on="id", how="left", maintain_order="left")
    places = table.rows.select("corpus", "path", "start", "end").iter_rows()
    features = [
        recogniser.measure(audio.read(table.location(corpus, path), start, end))
        for corpus, path, start, end in places
    ]
    return Heard(table, rows.select(table.rows.columns), features)


def halves(rows: pl.DataFrame) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Recordings that are adapted to and those that are judged: each half of the speakers once."""
    names = rows["speaker"].unique().sort().to_list()
    for part in range(2):
        own = rows["speaker"].is_in(names[part::2]).to_numpy()
        yield np.flatnonzero(own), np.flatnonzero(~own)


def said(recogniser: Recogniser, given: Heard, trial: Trial, by_voice: bool) -> pl.DataFrame:
    """What a recogniser says of recordings with a class."""
    scales: list[Statistics] = [recogniser.statistics] * len(given.features)
    if by_voice:
        for voice in given.rows["speaker"].unique().to_list():
            own = (given.rows["speaker"] == voice).arg_true().to_list()
            parts = ((given.features[i], float(given.rows["duration"][i]), 1.0) for i in own)
            found = enrol(parts, recogniser.statistics, str(voice))
            assert found is not None, "a voice has recordings"
            for i in own:
                scales[i] = found
    rows = given.rows["emotion"].is_not_null().arg_true().to_list()
    nothing = np.zeros(len(rows), dtype=np.int64)
    scaled = [scales[i](given.features[i]) for i in rows]
    examples = Examples(scaled, nothing, nothing, tuple(map(str, rows)))
    shares = softmax(loop.predict(recogniser.network, examples), recogniser.temperature)
    words = [recogniser.classes[i] for i in shares.argmax(axis=1)]
    return judged(trial, given.rows[rows], words, recogniser.classes, shares)


def adapted(model: Path, given: Heard, labels: dict[int, str], scratch: Path) -> Recogniser:
    """What `ehsaas adapt` makes of a model with recordings in a folder, some of them labelled."""
    folder, out = scratch / "recordings", scratch / "adapted"
    lines = []
    for i, (corpus, path, name, speaker) in enumerate(
        given.rows.select("corpus", "path", "id", "speaker").iter_rows()
    ):
        place = given.table.location(corpus, path)
        own = folder / str(speaker).replace(":", "-")
        own.mkdir(parents=True, exist_ok=True)
        link = own / f"{name}{place.suffix}"
        if not link.exists():
            link.symlink_to(place)
        if i in labels:
            lines.append((str(link.relative_to(folder)), labels[i]))
    words = ["adapt", str(model), str(folder), "--speakers", "folders", "-o", str(out)]
    if labels:
        with (scratch / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([("path", "emotion"), *lines])
        words += ["--labels", str(scratch / "labels.csv")]
    result = CliRunner().invoke(app, words)
    if result.exit_code:
        raise SystemExit(f"ehsaas {' '.join(words)}\n{result.output}")
    made = ehsaas.load(out)
    assert isinstance(made, Recogniser), "a folder holds a recogniser"
    return made


def drawn(given: Heard, seed: int) -> dict[int, str]:
    """`LABELS` labels of each emotion of recordings, by their row."""
    emotion = given.rows["emotion"].to_list()
    generator = np.random.default_rng(seed)
    found: dict[int, str] = {}
    for name in sorted({one for one in emotion if one is not None}):
        own = np.array([i for i, one in enumerate(emotion) if one == name])
        found |= {int(i): name for i in generator.permutation(own)[:LABELS]}
    return found


def measured(model: Path, table: UtteranceTable, styles: Sequence[str]) -> pl.DataFrame:
    """The prediction table: zero-shot, adapted without labels, and with some."""
    plain = ehsaas.load(model)
    assert isinstance(plain, Recogniser), "a folder holds a recogniser"
    everything = heard(plain, table, styles)
    train = [*plain.facts["corpora"]]
    made = []
    for number, (own, tested) in enumerate(halves(everything.rows), 1):
        known, test = everything.take(own), everything.take(tested)
        trial = Trial("new_language", "source-only", "lolo", "embeddings", "source", train, "four")
        trial = replace(trial, fold=str(number))
        speaker = replace(trial, normalisation="speaker")
        made += [said(plain, test, trial, False), said(plain, test, speaker, True)]
        for labels, seed in [(0, 0), *((LABELS, seed) for seed in range(DRAWS))]:
            with tempfile.TemporaryDirectory() as folder:
                given = drawn(known, seed) if labels else {}
                changed = adapted(model, known, given, Path(folder))
            method = str(changed.facts["adapted"]["method"])
            condition = {"labels_per_class": labels} if labels else {}
            named = replace(trial, system=method, condition=condition, seed=seed)
            made.append(said(changed, test, named, False))
            made.append(said(changed, test, replace(named, normalisation="speaker"), True))
    return predictions.concat(made)


def main() -> None:
    """Judge and write the page."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("model", type=Path)
    asked.add_argument("table", type=Path)
    asked.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    asked.add_argument("--neutral", action="append", default=[], metavar="STYLE")
    given = asked.parse_args()
    table = utterances.read(given.table)
    found = measured(given.model, table, given.neutral)
    page = write_page(
        given.output,
        "new_language",
        found,
        title="Results: new_language",
        question=(
            "A recogniser that never heard the language: what is `ehsaas adapt` worth to it,"
            f" without labels and with {LABELS} an emotion?"
        ),
        notes=[
            "Adapted to the recordings of one half of the speakers, judged on the other half, both"
            " ways; of kashmiri_rasa, which has two speakers, each is a half.",
            "`source-only` is the recogniser as it was; the others are what `ehsaas adapt` did with"
            " it, without labels and with some, told which recordings are of one speaker."
            " `source`: by the recogniser's own statistics, which it keeps where it is adapted to"
            " so few voices; the new layer was not fitted to features standardised so, and its"
            " answers to them are fragile: a slightly different fit gives others. `speaker`: by"
            " those of all recordings of the tested voice, as `--baseline` takes them.",
            *(
                f"Recordings in the style {style} count as neutral: there neutral is confounded"
                " with reading style."
                for style in given.neutral
            ),
        ],
        command=f"python benchmarks/new_language.py MODEL {given.table.name}"
        + "".join(f" --neutral {style}" for style in given.neutral),
        headline=({"system": "self-training", "normalisation": "speaker"},),
    )
    print(page.markdown)


if __name__ == "__main__":
    main()
