"""Which step of our NNPM fails: one step changed at a time, and some done by an oracle.

    python benchmarks/nnpm_ablation.py RUN [--corpora FOLDER] [--cells FOLDER] [-o docs/results]
        [--features network|functionals …] [--seeds SEED …]

RUN is the folder of a finished `ehsaas run experiments/adaptation.yaml`, whose tables and settings
are taken; its features come from the store (`EHSAAS_HOME`). Every language is left out in turn, and
every variant is adapted to the recordings of one part of its speakers, without labels, and judged
on the other. What is done is kept in the folder of cells and not done again. Writes
nnpm_ablation.md, its twin and its prediction table.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import polars as pl
import torch
from torch import Tensor

from ehsaas.cli import terminal
from ehsaas.corpora.splits import IntArray
from ehsaas.evaluation import predictions
from ehsaas.evaluation.across import signed
from ehsaas.evaluation.choice import paired_gain
from ehsaas.evaluation.labelling import labelling_notes, labellings
from ehsaas.evaluation.methods import TOLD, contests, whole
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.results import Page, write_page
from ehsaas.experiments import methods, pretrained, recordings
from ehsaas.experiments.config import load
from ehsaas.experiments.material import Setup
from ehsaas.experiments.methods import Here
from ehsaas.experiments.protocols import Cell
from ehsaas.training import adaptation
from ehsaas.training.adaptation import (
    Adapted,
    Budget,
    Ground,
    Task,
    multilabels,
    nnpm,
    source_network,
)
from ehsaas.training.adaptation.multilabels import Labeller, Multilabels
from ehsaas.training.adaptation.nnpm import Recipe
from ehsaas.training.adaptation.task import UNKNOWN

NAME = "nnpm_ablation"
RIGHT = f"{TOLD}nnpm, right labels"
"""Begins the names of those whose labels no vote gives."""

History = list[dict[str, Any]]


def right(truth: IntArray, asked: Labeller | None = None) -> Labeller:
    """A labeller that says the true class, which nobody can have: an oracle.

    The positives are the candidates of that class, or where there is none all of it in the memory.

    Args:
        truth: classes (M,) of the recordings, −1 for none.
        asked: labels only those that this one would; all that have a class where None.
    """

    def told(similarity: Tensor, among: Tensor, values: Tensor, classes: int) -> Multilabels:
        label = torch.from_numpy(truth)
        purity = torch.ones(len(truth))
        if asked is not None:
            found = asked(similarity, among, values, classes)
            purity = found.purity
            label = torch.where(found.label != UNKNOWN, label, UNKNOWN)
        same = values[None, :] == label[:, None]
        near = multilabels.candidates(similarity) & same
        positives = torch.where(near.any(dim=1)[:, None], near, same)
        return Multilabels(positives, torch.where(same.any(dim=1), label, UNKNOWN), purity)

    return told


@dataclass(frozen=True)
class Variant:
    """One way to adapt: a labeller, which may be told the truth (M,), and the weight of its loss.

    `classes_only` leaves recordings of none of the classes out of the target; `memory` judges the
    memory's vote, too. Without a labeller it is the network of the source alone.
    """

    labeller: Callable[[IntArray], Labeller] | None
    weight: float = 1.0
    classes_only: bool = False
    memory: bool = False


def by(labeller: Labeller) -> Callable[[IntArray], Labeller]:
    """A labeller that is told nothing."""
    return lambda truth: labeller


VARIANTS: Mapping[str, Variant] = {
    "source-only": Variant(None),
    "nnpm": Variant(by(multilabels.labels), memory=True),
    "nnpm without mutual neighbours": Variant(by(partial(multilabels.labels, mutual=False))),
    "nnpm, nobody left out": Variant(by(partial(multilabels.labels, pure=0.0))),
    "nnpm, purer labels": Variant(by(partial(multilabels.labels, pure=0.8))),
    "nnpm at a fifth of the weight": Variant(by(multilabels.labels), weight=0.2),
    "nnpm-balanced": Variant(by(multilabels.balanced), memory=True),
    "nnpm-balanced at a fifth of the weight": Variant(by(multilabels.balanced), weight=0.2),
    f"{TOLD}nnpm, only recordings of the classes": Variant(
        by(multilabels.labels), classes_only=True
    ),
    RIGHT: Variant(lambda truth: right(truth, multilabels.labels), memory=True),
    f"{RIGHT} for all": Variant(right, memory=True),
}


@dataclass
class Target:
    """A language left out, and its source, which is standardised only where something is to do."""

    here: Here
    grounds: dict[int, Ground] = field(default_factory=dict)

    def judged(self, name: str, seed: int) -> tuple[pl.DataFrame, History]:
        """What a variant says of the target, part by part, and what its labels came to."""
        variant, here = VARIANTS[name], self.here
        settings = here.settings("corpus", seed)
        if seed not in self.grounds:
            self.grounds = {seed: Ground(here.source.examples, settings)}
        weight = variant.weight * settings.network.peak
        settings = replace(settings, network=replace(settings.network, peak=weight))
        made, histories = [], []
        for fold in here.folds:
            known = here.target.take(fold.train)
            if variant.classes_only:
                known = known.take(known.judged)
            hidden = adaptation.hidden(known.examples, Budget(0), seed)
            done = _adapted(variant, Task(self.grounds[seed], hidden, settings), known)
            trial = here.trial(name, "corpus", seed, 0, fold)
            made.append(here.said(done, trial, fold))
            histories += methods.history(trial, here.cell, done, known)
        return predictions.concat(made), histories


def _adapted(variant: Variant, task: Task, known: recordings.Recordings) -> Adapted:
    if variant.labeller is None:
        return source_network.adapt(task)
    done = nnpm.adapt_by(task, Recipe(variant.labeller(known.examples.labels)))
    return done if variant.memory else replace(done, votes={})


def targets(setup: Setup, features: str) -> Iterator[Target]:
    """Every language of a run that others can be carried to."""
    part = setup.config.methods
    assert part is not None, "seen before"
    data = recordings.load(setup, part.label_set, features)
    for corpus in setup.config.corpora:
        cell = Cell("methods", corpus, 0, "lolo", condition=features, method="nnpm")
        for here in methods.placed(setup, cell, data):
            if here.train:
                yield Target(here)


def measured(
    setup: Setup, kept: Path, features: Sequence[str], seeds: Sequence[int]
) -> tuple[pl.DataFrame, History]:
    """The prediction table and the histories of all cells; those in `kept` are not done again."""
    kept.mkdir(parents=True, exist_ok=True)
    made: list[pl.DataFrame] = []
    histories: History = []
    for one in features:
        for target in targets(setup, one):
            for seed in seeds:
                for name in VARIANTS:
                    about = (one, target.here.cell.corpus, str(seed), name)
                    table, history = _once(kept, about, partial(target.judged, name, seed))
                    made.append(table)
                    histories += history
    return predictions.concat(made), histories


def _once(
    kept: Path, about: tuple[str, ...], judge: Callable[[], tuple[pl.DataFrame, History]]
) -> tuple[pl.DataFrame, History]:
    """What lies in `kept`, or is judged now and put there, the table last."""
    plain = ("".join(c if c.isalnum() or c == "_" else "-" for c in word) for word in about)
    path = kept / f"{'.'.join(plain)}.parquet"
    if not path.is_file():
        begun = time.perf_counter()
        table, history = judge()
        path.with_suffix(".json").write_text(json.dumps(history), encoding="utf-8")
        aside = path.with_suffix(".part")
        table.write_parquet(aside)
        aside.replace(path)
        print(f"{', '.join(about)}: {time.perf_counter() - begun:.1f} s", flush=True)
    return pl.read_parquet(path), json.loads(path.with_suffix(".json").read_text("utf-8"))


def purities(history: History) -> list[str]:
    """For each features a sentence: the mean purity of each variant's vote in its last epoch."""
    groups: dict[str, dict[str, list[float]]] = {}
    for one in labellings(history):
        value = one.epochs[-1]["purity"]
        if value is not None and not one.system.startswith(RIGHT):
            groups.setdefault(one.features, {}).setdefault(one.system, []).append(value)
    return [
        f"Mean purity of the vote ({features}), labelled or not, in the last epoch: "
        + ", ".join(f"`{name}` {fmean(values):.2f}" for name, values in own.items())
        + "."
        for features, own in groups.items()
    ]


def against(table: pl.DataFrame, plain: str = "nnpm") -> list[str]:
    """For each features a sentence: what each variant gains over the plain one, on average."""
    found = []
    for contest in contests(pool(table)):
        every = {**contest.cells, **contest.beside}
        over = {
            one.system: whole(every, one, contest.targets)
            for one in dict.fromkeys(method for method, _ in every)
        }
        gains = {
            name: gain
            for name, results in sorted(over.items())
            if name != plain and (gain := paired_gain(results, over.get(plain, ()))) is not None
        }
        ordered = sorted(gains.items(), key=lambda pair: -pair[1].value)
        if ordered:
            found.append(
                f"Mean UAR against `{plain}` ({contest.features}), paired: "
                + ", ".join(f"`{name}` {signed(gain)}" for name, gain in ordered)
                + "."
            )
    return found


def written(folder: Path, table: pl.DataFrame, history: History, command: str) -> Page:
    """The results page, its twin and its prediction table."""
    oracles = "; ".join(f"`{name}`" for name in VARIANTS if name.startswith(TOLD))
    return write_page(
        folder,
        NAME,
        table,
        title=f"Results: {NAME}",
        question=(
            "Our reconstruction of NNPM does not beat training on the source alone, without labels:"
            " which of its steps fails?"
        ),
        notes=[
            "NNPM is a reconstruction from its abstract; `nnpm` is as reconstructed, and every"
            " other variant changes what its name says. `source-only` is the same network without"
            " the target's loss (λ = 0), not the probe of the comparison of methods.",
            "Adapted to the recordings of one part of a language's speakers, all of them, judged on"
            " the other part, both ways; by the corpus's statistics, without labels. `memory`: by"
            " the vote of the memory and not by the network's own last layer.",
            f"What begins with `{TOLD.strip()}` uses what nobody has and can be chosen by nobody:"
            f" {oracles}. The first knows which recordings have one of the classes. `right labels`"
            " gives those that `nnpm` would label their true class, and leaves those of none of the"
            " classes out; `for all` labels every recording of a class so. Their positives are the"
            " candidates of that class, or all of it in the memory where no candidate is.",
            "`nobody left out`: whatever the purity of the vote (0 for 0.5); who has no mutual"
            " neighbours of the class still is. `purer labels`: 0.8 for 0.5. `a fifth of the"
            " weight`: λ rises to a fifth of what it rises to.",
            *against(table),
            *labelling_notes(history),
            *purities(history),
        ],
        command=command,
    )


def main() -> None:
    """Adapt, judge and write the page."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("run", type=Path, metavar="RUN")
    asked.add_argument("--corpora", type=Path, default=Path("corpora"))
    asked.add_argument("--cells", type=Path, default=Path("runs") / NAME)
    asked.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    asked.add_argument("--features", action="append", choices=("network", "functionals"))
    asked.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    given = asked.parse_args()
    config = pretrained.found(load(given.run / "config.yaml"), given.corpora)
    if config.methods is None:
        raise SystemExit(f"{given.run} compares no methods; run experiments/adaptation.yaml")
    config = config.model_copy(update={"name": NAME})
    setup = Setup(config, given.run, terminal.home(), given.corpora)
    features = given.features or ["network", "functionals"]
    table, history = measured(setup, given.cells, features, given.seeds)
    command = f"python benchmarks/nnpm_ablation.py RUN --seeds {' '.join(map(str, given.seeds))}"
    command += "".join(f" --features {one}" for one in given.features or ())
    print(written(given.output, table, history, command).markdown)


if __name__ == "__main__":
    main()
