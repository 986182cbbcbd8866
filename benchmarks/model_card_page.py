"""What a run says of its recogniser, as a model card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ehsaas.evaluation.by_language import told
from ehsaas.evaluation.by_voice import voice_figures, voices
from ehsaas.evaluation.disturbed import costs
from ehsaas.evaluation.failures import confusions, mistakes, mistakes_table
from ehsaas.evaluation.markdown import laid_out
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.promises import promise_tables
from ehsaas.evaluation.stated import stated
from ehsaas.evaluation.tables import Table
from ehsaas.evaluation.trials import CHANNELS, CORPORA, told_apart
from ehsaas.evaluation.voice_tables import voice_tables

ALONE = "source"
"""The statistics by which one clip is judged alone."""


@dataclass(frozen=True)
class Data:
    """A corpus that was trained on: what of it, by which licence, and how it is cited."""

    corpus: str
    title: str
    language: str
    licence: str
    citation: str
    clips: int
    women: int
    men: int
    emotions: tuple[str, ...]
    hours: float


@dataclass(frozen=True)
class Facts:
    """What a card says beside figures.

    `purpose` is a sentence on who may use it for what, `licence` what its file says. `taken` is the
    candidate that was chosen, in words; `copies` are what training copies came through. `minutes`
    are those of the whole run.
    """

    name: str
    classes: tuple[str, ...]
    encoder: str
    licence: str
    purpose: str
    taken: str
    copies: tuple[str, ...]
    command: str
    minutes: float
    cores: int
    processor: str
    data: tuple[Data, ...]
    calibration: Mapping[str, Any]


def page(facts: Facts, predictions: pl.DataFrame) -> str:
    """The card."""
    results, stem = pool(predictions), facts.name.replace("-", "_")
    measured = [
        *voice_tables(voices(predictions, facts.name)),
        *promise_tables(stated(predictions), ({"system": facts.name, "normalisation": ALONE},)),
        costs([one for one in results if one.system == facts.name]),
    ]
    left_out = _left_out(facts, predictions)
    failing = [confusions(left_out), mistakes_table(mistakes(left_out))]
    read = [told_apart(results, what) for what in (CORPORA, CHANNELS)]
    return f"""# Model card: {facts.name}

A clip of speech → probabilities of {len(facts.classes)} emotions ({", ".join(facts.classes)}),
arousal and valence from −1 to 1, a set of emotions that holds the acted one with a promised
probability, and "not sure" where that set has several. It is a linear layer on hidden states of
{facts.encoder}, which is frozen; a clip is brought to one level first. It comes with the package as
one ONNX file with weights of 8 bits; the figures below are of the network in 32 bits, and
`docs/results/{stem}_file.md` says what 8 bits change. Arousal and valence are nothing that it
learned of their own: the emotions' signs on Russell's circumplex (anger 1 and −1, neutral 0 and 0,
…), averaged by the probabilities.

```python
import ehsaas
from ehsaas import audio

answer = ehsaas.load("{facts.name}")(audio.read("my.wav"))
```

## What it is for

{facts.purpose} A first labelling of recordings that people then check, a comparison between
systems, a start in a language that has no labelled recordings.

Licence: {facts.licence}. The encoder is OpenAI's Whisper (MIT).

## What it is not for

- **It says nothing of what somebody feels.** Nearly all it was trained on is acted, and it says how
  close a voice comes to that.
- **Deciding over people**: hiring, promotion, dismissal, marks, benefits, credit, policing, border
  control, health. In the European Union, systems that infer emotions of people at work or in
  education institutions are forbidden but for medical and safety reasons (Regulation (EU)
  2024/1689, Article 5 (1) f); other emotion recognition is high-risk (Annex III, 1 c), and those
  exposed to it must be told (Article 50 (3)). Other places have laws of their own. Policing and
  hiring are nothing that it was measured for, whatever a law allows.
- **Lie detection, diagnosis, watching people without their consent**: none of it was measured, and
  nothing here makes it likely to work.
- **Languages, ages and situations unlike the training data** without measuring there first: `ehsaas
  evaluate` and `ehsaas benchmark` do that on labelled recordings of yours. A recording that lies
  far from the training data comes with a warning.

## Data and licences

{_table(_data_table(facts))}

{_citations(facts)}

An utterance is told apart from the emotions of its own corpus alone, and every class of a corpus
weighs the same. A corpus weighs as much as it has clips: if all weighed the same, each speaker of
the one with {min(one.women + one.men for one in facts.data)} of them would weigh most of all.

## Training

```
{facts.command}
```

trains it and everything below in {facts.minutes:.0f} minutes on {facts.cores} cores
({facts.processor}), encoder features that were not in the store yet included.

Chosen inside the training part, by leaving out each of its languages: {facts.taken}. What there was
to choose from was thought of with these corpora in view. Copies of every utterance train along,
through: {", ".join(facts.copies)}.
The temperature and the threshold of the sets come from {facts.calibration["utterances"]}
utterances, each language judged by a network that never heard it.

## How well it does in voices that were not trained on

Where a language was left out, the network was trained anew without any recording of it; `strict` is
the same recipe trained on one corpus and tested on its other speakers. By `source` statistics one
clip is judged alone. By `corpus` and `speaker` it is standardised by all recordings of its corpus
or of its speaker, itself among them, without labels; a corpus in which the speaker gives the
emotion away is standardised by corpus there, too. UAR is the mean of the emotions' recalls. In
`four`, of the probabilities those of anger, happiness, neutral and sadness are kept, and a guess
has 0.25; in `among seven` the answer may be any emotion that it knows, as in use, and those are
judged that are acted there. Intervals are 95 %, over speakers; † says that there are too few
speakers for that, so the interval speaks for these speakers only. Kashmiri's neutral clips are read
and conversational ones, another style than its acted clips: its figure without neutral is the more
honest one.

{_tables(measured)}

## What of the place can be read

{_tables(read)}

## How it fails

{_tables(failing)}

Music, several people at once, and laughter were not measured. A clip of many seconds is judged as
one, so what changes inside it is averaged (`--timeline` cuts it).

## To repeat it

`{facts.command}` trains and judges, `python benchmarks/model_card.py RUN` writes this card and
`{facts.name}.json`, and `ehsaas export RUN/model --int8 --licence "{facts.licence}" --card
docs/models/{facts.name}.md` makes the file.
"""


def twin(facts: Facts, predictions: pl.DataFrame) -> dict[str, Any]:
    """Figures by language, sex and length, means over languages, and examples, as plain values.

    Of results also their UAR; promises and costs are in the card's tables alone.
    """
    heard = voices(predictions, facts.name)
    return {
        "results": [told(cell) for cell in heard.cells],
        "figures": [
            {
                "protocol": one.of.protocol,
                "test": one.of.corpus,
                "label_set": one.of.label_set,
                "normalisation": one.of.normalisation,
                "metric": one.metric,
                "value": round(one.said.value, 4),
                "low": None if one.said.low is None else round(one.said.low, 4),
                "high": None if one.said.high is None else round(one.said.high, 4),
                **one.changes,
            }
            for one in voice_figures(heard)
            if one.of.system == facts.name
        ],
        "mistakes": mistakes(_left_out(facts, predictions)).to_dicts(),
    }


def _left_out(facts: Facts, predictions: pl.DataFrame) -> pl.DataFrame:
    """Each clip of a language that was left out, once, judged alone and undisturbed.

    Among all emotions, as in use, where that was asked.
    """
    found = predictions.filter(
        system=facts.name, protocol="lolo", normalisation=ALONE, condition="{}"
    )
    among = found.filter(pl.col("label_set").str.starts_with("among "))
    return among if among.height else found


def _data_table(facts: Facts) -> Table:
    return Table(
        "",
        "",
        ("corpus", "language", "licence", "clips", "hours", "women", "men", "emotions"),
        tuple(
            (
                *(one.title, one.language, one.licence, str(one.clips), f"{one.hours:.1f}"),
                *(str(one.women), str(one.men), ", ".join(one.emotions)),
            )
            for one in facts.data
        ),
    )


def _citations(facts: Facts) -> str:
    return "\n".join(f"- {one.title}: {one.citation}" for one in facts.data)


def _table(table: Table) -> str:
    return laid_out(table)[2]


def _tables(found: Sequence[Table]) -> str:
    blocks = []
    for title, intro, rows in (laid_out(table) for table in found if table.body):
        blocks += [f"#{title}", intro, rows]
    return "\n\n".join(block for block in blocks if block) or "Nothing was measured."
