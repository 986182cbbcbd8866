"""What a probe is best fitted with where one speaker trains and all others are tested.

    python benchmarks/one_speaker.py RUN [--corpora FOLDER] [--on CORPUS …] [-o docs/results]

RUN is the folder of a run of a linear probe, whose configuration, tables and stored features are
used; FOLDER is the corpora's folder (default ../shared/corpora), which the encoder's may be
relative to. Each speaker of each CORPUS trains once, alone; every candidate is tested on all other
speakers of that corpus, on the emotions that the speaker has. Writes one_speaker.md and
one_speaker.json. What is on top is named in the configuration as `model.alone`.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np

from ehsaas.cli.terminal import home
from ehsaas.evaluation.metrics import uar
from ehsaas.experiments import config, material, pretrained
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


def measured(
    data: Material, by: str, candidates: Sequence[Candidate], setup: Setup
) -> dict[str, float]:
    """Mean UAR of each candidate over the speakers of a corpus, each of which trains alone."""
    blocks = pretrained.blocks(setup.config.features)
    speakers = data.rows["speaker"].to_numpy()
    found: dict[str, list[float]] = {one.name: [] for one in candidates}
    for who in np.unique(speakers):
        own, others = np.flatnonzero(speakers == who), np.flatnonzero(speakers != who)
        if len(classes := np.unique(data.labels[own])) < LEAST:
            continue
        others = others[np.isin(data.labels[others], classes)]
        scale = data.standardised_by(own, by)
        tested = np.concatenate(data.examples(others, scale).features)
        vectors = Vectors(data.examples(own, scale), blocks, len(data.classes))
        for alike in one_fit_each(candidates):
            rows = vectors.rows(np.arange(len(own)), alike[0].copies)
            seen = tested[:, vectors.columns(alike[0])]
            fits = vectors.fits(rows, alike[0], [one.steps for one in alike])
            for one, fit in zip(alike, fits, strict=True):
                found[one.name].append(uar(data.labels[others], fit.said(seen), classes))
    return {name: fmean(values) for name, values in found.items()}


def page(rows: Sequence[Row], first: str, command: str) -> str:
    """The page of the best candidates, and of the one that stands first in the configuration."""
    heads = list(rows[0].uar)
    shown = [*rows[:SHOWN], *(row for row in rows[SHOWN:] if row.candidate == first)]
    lines = [
        "# One speaker trains",
        "",
        "Mean UAR over speakers: each trains alone, and all others of the same corpus are tested."
        f" The best of {len(rows)} candidates, and the one that stands first in the configuration.",
        "",
        f"| candidate | mean | {' | '.join(heads)} |",
        "|---" * (len(heads) + 2) + "|",
        *(_line(row) for row in shown),
        "",
        f"Written by `{command}`.",
        "",
    ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    figures = [row.mean, *row.uar.values()]
    return f"| {row.candidate} | {' | '.join(f'{one:.3f}' for one in figures)} |"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--on", nargs="+", default=["emodb", "ravdess"])
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = parser.parse_args()
    asked = pretrained.found(config.load(given.run / "config.yaml"), given.corpora)
    if not isinstance(asked.model, ProbeConfig):
        raise SystemExit(f"{given.run}: {asked.system} is no linear probe")
    candidates = pretrained.candidates(asked.features, asked.model)
    setup = Setup(asked, given.run, home(), given.corpora)
    found: dict[str, dict[str, float]] = {}
    for corpus in given.on:
        data = material.load(setup, [corpus], "native", "frames")
        for by in ("source", "speaker"):
            print(f"{corpus}, {by} statistics …", flush=True)
            found[f"{corpus}, {by}"] = measured(data, by, candidates, setup)
    rows = [
        Row(
            one.name,
            fmean(each[one.name] for each in found.values()),
            {k: v[one.name] for k, v in found.items()},
        )
        for one in candidates
    ]
    rows.sort(key=lambda row: -row.mean)
    command = f"python benchmarks/one_speaker.py runs/{asked.name} --on {' '.join(given.on)}"
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "one_speaker.md").write_text(page(rows, candidates[0].name, command), "utf-8")
    twin = [asdict(row) for row in rows]
    (given.output / "one_speaker.json").write_text(json.dumps(twin, indent=1) + "\n", "utf-8")
    print(given.output / "one_speaker.md")


if __name__ == "__main__":
    main()
