"""What a probe is best fitted with where one speaker trains and all others are tested.

    python benchmarks/one_speaker.py RUN [--corpora FOLDER] [--on CORPUS …] [-o docs/results]

RUN is the folder of a run of a linear probe, whose configuration, tables and stored features are
used; FOLDER is the corpora's folder (default ../shared/corpora), which the encoder's may be
relative to. Each speaker of each CORPUS trains once, alone; every candidate is tested on all other
speakers of that corpus, on the emotions that the speaker has. What stands first in the
configuration is tried with the utterances of the run's other corpora beside the speaker's, too.
Writes one_speaker.md and one_speaker.json. What is on top is named in the configuration as
`model.alone`.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np

from ehsaas.cli.terminal import home
from ehsaas.corpora.splits import Fold
from ehsaas.evaluation.metrics import uar
from ehsaas.experiments import config, material, pretrained
from ehsaas.experiments.joint import beside
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.training.vectors import Candidate, Vectors, one_fit_each

LEAST = 3
"""Emotions that a speaker has to have to be trained on."""

SHOWN = 10
"""Candidates on the page; the twin has all of them."""


@dataclass(frozen=True)
class Row:
    """One candidate: its mean UAR over speakers, by corpus and statistics, and their mean."""

    candidate: str
    mean: float
    uar: dict[str, float]
    borrows: bool = False


def measured(
    data: Material, lent: Material | None, by: str, candidates: Sequence[Candidate], setup: Setup
) -> dict[str, float]:
    """Mean UAR of each candidate over the speakers of a corpus, each of which trains alone.

    With the utterances of other corpora beside its own where they are `lent`, which then weigh as
    much as its own.
    """
    blocks = pretrained.blocks(setup.config.features)
    speakers = data.rows["speaker"].to_numpy()
    found: dict[str, list[float]] = {one.name: [] for one in candidates}
    for who in np.unique(speakers):
        own, others = np.flatnonzero(speakers == who), np.flatnonzero(speakers != who)
        if len(classes := np.unique(data.labels[own])) < LEAST:
            continue
        fold = Fold(str(who), own, others[np.isin(data.labels[others], classes)])
        fold, whole = (fold, data) if lent is None else beside(fold, data, lent)
        scale = whole.standardised_by(fold.train, by)
        tested = np.concatenate(whole.examples(fold.test, scale).features)
        train = whole.examples(fold.train, scale)
        train = replace(train, corpus=np.minimum(train.corpus, 1))
        vectors = Vectors(train, blocks, len(data.classes))
        for alike in one_fit_each(candidates):
            rows = vectors.rows(np.arange(len(train)), alike[0].copies)
            seen = tested[:, vectors.columns(alike[0])]
            fits = vectors.fits(rows, alike[0], [one.steps for one in alike])
            for one, fit in zip(alike, fits, strict=True):
                said = fit.said(seen)
                found[one.name].append(uar(data.labels[fold.test], said, classes))
        print(f"{who} …", end=" ", flush=True)
    print()
    return {name: fmean(values) for name, values in found.items()}


def ranked(found: Mapping[str, Mapping[str, float]], borrows: bool = False) -> list[Row]:
    """A row for each candidate, the best on average first; `found` is by place, then candidate."""
    names = next(iter(found.values()))
    rows = [
        Row(name, fmean(own.values()), own, borrows)
        for name in names
        for own in [{place: each[name] for place, each in found.items()}]
    ]
    return sorted(rows, key=lambda row: -row.mean)


def page(alone: Sequence[Row], borrowing: Sequence[Row], command: str) -> str:
    """The page of the best candidates, of what stands first, and of that with other corpora."""
    heads = list(alone[0].uar)
    first = borrowing[0].candidate
    shown = [*alone[:SHOWN], *(row for row in alone[SHOWN:] if row.candidate == first)]
    lines = [
        "# One speaker trains",
        "",
        "Mean UAR over speakers: each trains alone, and all others of the same corpus are tested."
        f" The best of {len(alone)} candidates, what stands first in the configuration, and that"
        " with the utterances of the other corpora beside the speaker's own.",
        "",
        f"| candidate | trains on | mean | {' | '.join(heads)} |",
        "|---" * (len(heads) + 3) + "|",
        *(_line(row) for row in [*shown, *borrowing]),
        "",
        f"Written by `{command}`.",
        "",
    ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    figures = [row.mean, *row.uar.values()]
    where = "the speaker and other corpora" if row.borrows else "the speaker"
    return f"| {row.candidate} | {where} | {' | '.join(f'{one:.3f}' for one in figures)} |"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--on", nargs="+", default=["emodb", "ravdess"])
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = parser.parse_args()
    try:
        asked = pretrained.found(config.load(given.run / "config.yaml"), given.corpora)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    if not isinstance(asked.model, ProbeConfig):
        raise SystemExit(f"{given.run}: {asked.system} is no linear probe")
    if unknown := [name for name in given.on if name not in asked.corpora]:
        raise SystemExit(
            f"{', '.join(unknown)}: not in that run; it has {', '.join(asked.corpora)}"
        )
    candidates = pretrained.candidates(asked.features, asked.model)
    setup = Setup(asked, given.run, home(), given.corpora)
    found: dict[str, dict[str, float]] = {}
    borrowed: dict[str, dict[str, float]] = {}
    for corpus in given.on:
        data = material.load(setup, [corpus], "native", "frames")
        others = [name for name in asked.corpora if name != corpus]
        lent = material.load(setup, others, "native", "frames")
        for by in ("source", "speaker"):
            print(f"{corpus}, {by} statistics …", flush=True)
            place = f"{corpus}, {by}"
            found[place] = measured(data, None, by, candidates, setup)
            borrowed[place] = measured(data, lent, by, candidates[:1], setup)
    alone, borrowing = ranked(found), ranked(borrowed, borrows=True)
    command = f"python benchmarks/one_speaker.py runs/{asked.name} --on {' '.join(given.on)}"
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "one_speaker.md").write_text(page(alone, borrowing, command), "utf-8")
    twin = [asdict(row) for row in [*alone, *borrowing]]
    (given.output / "one_speaker.json").write_text(json.dumps(twin, indent=1) + "\n", "utf-8")
    print(given.output / "one_speaker.md")


if __name__ == "__main__":
    main()
