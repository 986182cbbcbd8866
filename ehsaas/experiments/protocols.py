"""The three questions as cells: what is trained and judged, piece by piece, and on which split."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import polars as pl

from ehsaas.corpora import splits
from ehsaas.corpora.splits import Fold, Split
from ehsaas.experiments import holdout
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.holdout import SPLIT_SEED
from ehsaas.utterances import primary


@dataclass(frozen=True)
class Cell:
    """The smallest piece of a run that is computed, stored and never computed again.

    `kind` is one of `within`, `reference` (within, on the emotions that cross languages), `pair`,
    `pooled`, `adaptation`, `joint`, each of these with `-baselines`, `classical`, `enrolment`,
    `methods` or `recogniser`; `corpus` is the one that is tested (for `pair` and `pair-baselines`:
    the one that is trained on; for `joint`: all that are trained on together, joined with `+`; for
    `classical`: the group).
    `variant` is one of the configuration's, `leak` a way to a figure that is too good, `condition`
    what the tested clips went through, or for `classical` and `methods` the set of features.
    `method` is the adaptation method of `methods`.
    """

    kind: str
    corpus: str
    seed: int = 0
    protocol: str = ""
    fold: str = ""
    normalisation: str = ""
    variant: str = ""
    leak: str = ""
    condition: str = ""
    method: str = ""

    @property
    def key(self) -> str:
        """A file name that tells this cell from every other.

        What may be empty between others that may be is written `name=value`, and characters that
        no file name should have as `%` and their number.
        """
        told = {name: value for name, value in asdict(self).items() if value != ""}
        return "__".join(
            f"{name}={_UNFIT.sub(_numbered, value)}" if name in _BY_NAME else str(value)
            for name, value in told.items()
        )


MIXED = "mixed"
"""The statistics of a cell whose network learns under several kinds, and is judged by each."""

BORROWED = "borrowed"
"""The condition of networks that other corpora's utterances train along with."""

_BY_NAME = ("variant", "leak", "condition", "method")
_UNFIT = re.compile(r'[%_/\\:*?"<>|\x00-\x1f]')


def _numbered(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def cells(
    config: ExperimentConfig,
    tables: Mapping[str, pl.DataFrame],
    crossed: Mapping[str, pl.DataFrame],
    root: Path,
) -> list[Cell]:
    """Every cell of an experiment, those that others depend on first.

    A corpus takes part in transfer and adaptation where there is one in another language.

    Args:
        config: the experiment.
        tables: labelled rows of each corpus, in the label set of the within-language question.
        crossed: the same in the label set that crosses languages.
        root: the folder that `strict_folds` is relative to.
    """
    across = crossing(config, tables)
    return [
        *_pooled(config, across),
        *_adaptation(config, across),
        *_pairs(config, across),
        *_references(config, tables, {name: crossed[name] for name in across}, root),
        *_within(config, tables, root),
        *_joint(config, tables, root),
        *([Cell("recogniser", "+".join(config.corpora))] if config.recogniser else []),
    ]


def crossing(config: ExperimentConfig, tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """The corpora of a run of which there is one in another language, whatever the regions."""
    tongues = {name: set(map(primary, rows["language"])) for name, rows in tables.items()}
    return [
        name
        for name in config.corpora
        if any(not tongues[name] & other for other in tongues.values())
    ]


def label_set(config: ExperimentConfig, cell: Cell) -> str:
    """The label set of a `within` or a `reference` cell."""
    assert config.within is not None, "asked for only where there is a within part"
    return config.cross_labels if cell.kind.startswith("reference") else config.within.label_set


def _within(
    config: ExperimentConfig, tables: Mapping[str, pl.DataFrame], root: Path
) -> Iterator[Cell]:
    if config.within is None:
        return
    for corpus in config.corpora:
        for protocol in config.within.protocols:
            yield Cell("within-baselines", corpus, protocol=protocol)
            for fold in within_split(config, tables[corpus], corpus, protocol, root).folds:
                for seed in config.seeds:
                    yield Cell("within", corpus, seed, protocol, fold.name)


def _references(
    config: ExperimentConfig,
    tables: Mapping[str, pl.DataFrame],
    crossed: Mapping[str, pl.DataFrame],
    root: Path,
) -> Iterator[Cell]:
    """What transfer is measured against: the corpus's own model, on new speakers, same emotions.

    One seed; none where the corpus's own emotions are those that cross languages.
    """
    if config.transfer is None or config.within is None or "strict" not in config.within.protocols:
        return
    for corpus, rows in crossed.items():
        if set(rows["emotion"]) != set(tables[corpus]["emotion"]):
            yield Cell("reference-baselines", corpus, protocol="strict")
            for fold in within_split(config, rows, corpus, "strict", root).folds:
                yield Cell("reference", corpus, config.seeds[0], "strict", fold.name)


def _pairs(config: ExperimentConfig, crossing: list[str]) -> Iterator[Cell]:
    if config.transfer is None or not config.transfer.pairs:
        return
    for corpus in crossing:
        yield Cell("pair-baselines", corpus)
        for seed in config.seeds:
            yield Cell("pair", corpus, seed)


def _pooled(config: ExperimentConfig, crossing: list[str]) -> Iterator[Cell]:
    asked: Sequence[str] = ()
    if config.transfer is not None and config.transfer.pooled:
        asked = config.transfer.statistics if config.scaled else ("none",)
        asked = (MIXED,) if config.mixed else asked
    for corpus in crossing:
        if asked:
            yield Cell("pooled-baselines", corpus)
            for seed in config.seeds:
                yield from (
                    Cell("pooled", corpus, seed, normalisation=by, variant=variant)
                    for by in asked
                    for variant in ("", *config.variants)
                )
        if config.adaptation is not None and "corpus" not in asked:
            for seed in config.seeds:
                yield Cell("pooled", corpus, seed, normalisation="corpus")


def _adaptation(config: ExperimentConfig, crossing: list[str]) -> Iterator[Cell]:
    if config.adaptation is None:
        return
    for corpus in crossing:
        yield Cell("adaptation-baselines", corpus)
        for seed in config.seeds:
            yield Cell("adaptation", corpus, seed)


def _joint(
    config: ExperimentConfig, tables: Mapping[str, pl.DataFrame], root: Path
) -> Iterator[Cell]:
    if config.joint is None:
        return
    groups = [config.corpora] if config.joint.together else [(name,) for name in config.corpora]
    for group in groups:
        name, rows = "+".join(group), pl.concat([tables[corpus] for corpus in group])
        for protocol in config.joint.protocols:
            if protocol == "loco" and len(group) < 2:
                continue
            folds = holdout.folds(rows, protocol, config.joint, root)
            if folds:
                yield Cell("joint-baselines", name, protocol=protocol)
            for fold in folds:
                for seed, statistics, variant in product(
                    config.seeds, _asked(config, group), ("", *config.variants)
                ):
                    cell = Cell("joint", name, seed, protocol, fold.name, statistics, variant)
                    yield cell
                    if holdout.must_borrow(rows, fold, config):
                        yield replace(cell, condition=BORROWED)
        for leak, seed, statistics in product(
            config.joint.leaks, config.seeds, _asked(config, group)
        ):
            yield Cell("joint", name, seed, "random", "random", statistics, "", leak)


def _asked(config: ExperimentConfig, group: Sequence[str]) -> list[str]:
    """The statistics of joint training that say anything of a group of corpora."""
    assert config.joint is not None, "asked for only where there is a joint part"
    if not config.scaled:
        return ["none"]
    if config.mixed:
        return [MIXED]
    without = set(group) <= set(config.never_by_speaker)
    return [by for by in config.joint.statistics if not (without and by == "speaker")]


def folds_made(config: ExperimentConfig, root: Path) -> list[str]:
    """Corpora whose `strict` folds are made here, because no file of folds lists them."""
    asked = (config.within, config.joint, config.classical)
    files = {part.strict_folds for part in asked if part is not None and "strict" in part.protocols}
    return [
        corpus
        for corpus in config.corpora
        if any(name is None or not splits.lists(root / name, corpus) for name in files)
    ]


def within_split(
    config: ExperimentConfig, rows: pl.DataFrame, corpus: str, protocol: str, root: Path
) -> Split:
    """The folds of the within-language question for one corpus.

    `strict` takes the folds of the configured file where it has the corpus, and otherwise
    `folds` speaker-disjoint ones (one speaker against the others where there are fewer speakers).
    `random` has as many as `strict` but never more than `folds`, so that it does not win by a
    larger training part.

    Raises:
        ConfigError: the configured file is missing.
        SplitError: the split cannot be made.
    """
    assert config.within is not None, "asked for only where there is a within part"
    if protocol == "random":
        k = config.within.folds
        if "strict" in config.within.protocols:
            k = min(k, len(within_split(config, rows, corpus, "strict", root).folds))
        return splits.random_stratified(rows, k, SPLIT_SEED)
    return holdout.speaker_folds(
        rows, corpus, config.within.strict_folds, config.within.folds, root
    )


def held_out(config: ExperimentConfig, rows: pl.DataFrame) -> Fold:
    """The one speaker-disjoint target test part of the adaptation question."""
    assert config.adaptation is not None, "asked for only where there is an adaptation part"
    return splits.hold_out_speakers(rows, config.adaptation.test_share, SPLIT_SEED)
