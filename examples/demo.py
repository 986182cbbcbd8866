"""The whole path in a few minutes: an emotion, tables, an audit, the three questions, a report.

    python examples/demo.py                       on speech that is rendered here
    python examples/demo.py --corpora FOLDER      on the real corpora found in FOLDER

The rendered speech comes from a synthesiser whose settings are called emotions. It shows what the
package does, and nothing about people. The real corpora are thinned out so that it ends in minutes.
The first answers are of the model that comes with the package, all others of one trained here.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import typer
from rich.console import Console
from rich.table import Column, Table

import ehsaas
from ehsaas import audio, shipped, utterances
from ehsaas.audit import audit
from ehsaas.audit import render as audit_view
from ehsaas.cli import terminal
from ehsaas.corpora import CORPORA
from ehsaas.corpora.prepare import prepare
from ehsaas.corpora.rendered import render
from ehsaas.evaluation import run_folder
from ehsaas.evaluation.answers import answers
from ehsaas.experiments.config import ExperimentConfig, load
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.run import run
from ehsaas.judging import RecogniserError
from ehsaas.utterances import UtteranceTable

HERE = Path(__file__).resolve().parents[1]
CONFIG = HERE / "experiments" / "demo.yaml"
LANGUAGES = ("de", "en", "fa", "ur")
VOICES, SENTENCES = 9, 6
MOST = 160
"""Utterances of a real corpus that the demonstration uses."""
OUT = Path("runs/demo")
STYLES = {"kashmiri_rasa": ("conversation", "book")}
"""Reading styles that count as neutral where a corpus has no neutral emotion."""

console = Console()


@terminal.tells_mistakes
def main() -> None:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--corpora", type=Path, help="a folder with real corpora, by their names")
    parser.add_argument("--out", type=Path, default=OUT, help="where everything is written")
    given = parser.parse_args()
    began = time.time()
    if given.corpora is None:
        demonstrate_on_rendered(given.out / "rendered")
    else:
        demonstrate_on_real(given.corpora, given.out / "recordings")
    console.print(f"\nThis took {(time.time() - began) / 60:.1f} minutes.")


def demonstrate_on_rendered(out: Path) -> None:
    """Render four languages and run everything on them."""
    begin(render(out / "first", LANGUAGES[:1], speakers=1, sentences=1))
    say("These clips are rendered, too: what is said of them shows that it runs, not how well.")
    step("Rendering speech with eSpeak NG; the emotions are settings of a synthesiser")
    with terminal.progress() as tell:
        files = render(
            out / "speech",
            LANGUAGES,
            speakers=VOICES,
            sentences=SENTENCES,
            progress=lambda done, total: tell("rendering", done, total),
        )
    say(f"{len(files)} clips in {len(LANGUAGES)} languages by {VOICES} voices each")
    demonstrate(load(CONFIG), out / "speech", out, most=len(files))
    say("All this is rendered speech: it shows how the package works, and nothing about people.")


def demonstrate_on_real(corpora: Path, out: Path) -> None:
    """Run everything on the corpora that are there, thinned out.

    Raises:
        ConfigError: none of them is.
    """
    found = [name for name in CORPORA if (corpora / name).is_dir()]
    if not found:
        raise ConfigError(
            f"{corpora}: holds no folder named after a corpus; known are {', '.join(CORPORA)}"
        )
    recordings = {name: audio.recordings_in(corpora / name) for name in found}
    begin([corpora / name / some[0] for name, some in recordings.items() if some])
    changes = {
        "name": "demo_recordings",
        "question": "",
        "corpora": tuple(found),
        "neutral_styles": {name: STYLES[name] for name in found if name in STYLES},
        "notes": (
            f"A demonstration: at most {MOST} utterances of each corpus, a small network, one seed."
            " The figures are far from what the whole corpora give.",
        ),
    }
    demonstrate(load(CONFIG).model_copy(update=changes), corpora, out, MOST)
    say(f"At most {MOST} utterances of each corpus were used; `ehsaas run` takes all of them.")


def begin(clips: Sequence[Path]) -> None:
    """Recognise clips with the model that comes with the package, where it is there."""
    step("The model that comes with the package")
    began = time.perf_counter()
    try:
        recogniser = ehsaas.load()
    except RecogniserError as error:
        say(f"Left out. {error}")
        return
    shown = Table(Column("Clip", overflow="fold"), "Recognised as", "Probabilities", "After, s")
    for path in clips:
        estimate = recogniser(audio.read(path))
        ranked = sorted(estimate.probabilities.items(), key=lambda item: -item[1])
        sure = ", ".join(f"{name} {p:.2f}" for name, p in ranked)
        after = time.perf_counter() - began
        shown.add_row(path.name, estimate.emotion, sure, f"{after:.2f}")
    console.print(shown)
    say("Seconds are from the start, the loading of the model included.")
    if recogniser.licence:
        say(f"Licence of {shipped.DEFAULT}: {recogniser.licence}.")


def demonstrate(config: ExperimentConfig, corpora: Path, out: Path, most: int) -> None:
    """Prepare, audit, run, and recognise clips of speakers that were kept out of it all."""
    step("Recordings → utterance tables")
    held: list[UtteranceTable] = []
    tables = [table_of(config, name, corpora / name, out, most, held) for name in config.corpora]
    step("Audit: what to know before believing a score")
    console.print(audit_view.terminal(audit(utterances.concat(tables))))
    step("The three questions: within a language, across languages, what own data buys back")
    with terminal.progress(lines=True) as tell:
        report = run(config, out / "tables", out / "run", store=out / "features", progress=tell)
    for answer in answers(run_folder.read(out / "run").results):
        console.print(f"\n[bold]{answer.question}[/bold]\n{answer.short}", highlight=False)
    step("The trained recogniser on speakers it has never heard")
    recognise(out / "run" / "model", held)
    step("Where everything is")
    say(f"report       {report.resolve()}")
    say(f"recogniser   {(out / 'run' / 'model').resolve()}")
    say(f"\nOn your own recordings:\n{WHAT_TO_TYPE.format(model=out / 'run' / 'model')}\n")


WHAT_TO_TYPE = """\
  ehsaas recognise RECORDING.wav                (by the model that comes with the package)
  ehsaas recognise RECORDING.wav --model {model}
  ehsaas export {model} -o emotion.onnx
  ehsaas serve --model emotion.onnx             (a server, and its page in a browser)
  ehsaas prepare manifest list.csv --corpus mine --language ks --columns path=file
  ehsaas audit corpora/mine.parquet
  ehsaas run CONFIG.yaml --corpora corpora      (experiments/demo.yaml is an example)
  make demo CORPORA=FOLDER                      (this, on the corpora named by `ehsaas corpora`)"""


def table_of(
    config: ExperimentConfig,
    name: str,
    folder: Path,
    out: Path,
    most: int,
    held: list[UtteranceTable],
) -> UtteranceTable:
    """The table that the run uses; one speaker, where there are four or more, goes to `held`."""
    path = out / "tables" / f"{name}.parquet"
    with terminal.progress() as tell:
        prepared = prepare(
            name, folder, progress=lambda done, total: tell(f"reading {name}", done, total)
        )
    table = prepared.table
    styles = config.neutral_styles.get(name, ())
    rows = utterances.labelled(table.rows, "four", styles).filter(pl.col("speaker").is_not_null())
    speakers = sorted(rows["speaker"].unique())
    kept_out = pl.col("speaker").is_in(speakers[-1:] if len(speakers) > 3 else [])
    if len(speakers) > 3:
        held.append(table.keep(rows.filter(kept_out)))
    kept = rows.filter(~kept_out).select("id").to_series().to_list()
    chosen = table.keep(thinned(table.rows.filter(pl.col("id").is_in(kept)), most))
    utterances.write(chosen, path)
    say(
        f"{name}: {len(table)} utterances of {table.rows['speaker'].n_unique()} speakers,"
        f" {prepared.unused.height} files not used; {len(chosen)} go into the run"
    )
    return chosen


def thinned(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """At most `most` rows at random: the emotions by turns, and within each the speakers."""
    drawn = pl.int_range(pl.len()).shuffle(seed=0).over("speaker", "native_emotion")
    turn = pl.int_range(pl.len()).over("native_emotion")
    ordered = rows.with_columns(drawn_=drawn).sort("drawn_", "id").with_columns(turn_=turn)
    return ordered.sort("turn_", "id").head(most).drop("drawn_", "turn_")


def recognise(model: Path, held: Sequence[UtteranceTable]) -> None:
    """One clip of each emotion of each speaker that was kept out, truth beside estimate."""
    recogniser = ehsaas.load(model)
    shown = Table("Clip", "Meant as", "Recognised as", "How sure")
    right = total = 0
    for table in held:
        for row in table.rows.unique("emotion", keep="first", maintain_order=True).to_dicts():
            estimate = recogniser(audio.read(table.location(row["corpus"], row["path"])))
            sure = max(estimate.probabilities.values(), default=0.0)
            name = f"{row['corpus']}/{row['id']}"
            shown.add_row(name, row["emotion"], estimate.emotion, f"{sure:.2f}")
            right, total = right + (estimate.emotion == row["emotion"]), total + 1
    if not total:
        say("No corpus here has four speakers, so none was kept out.")
        return
    console.print(shown)
    say(f"{right} of {total} as meant; the report says how well it does on many more.")


def step(title: str) -> None:
    """A heading."""
    console.print(f"\n[bold cyan]{title}[/bold cyan]", highlight=False)


def say(text: str) -> None:
    """A line of plain text."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    try:
        main()
    except typer.Exit as stopped:
        sys.exit(stopped.exit_code)
