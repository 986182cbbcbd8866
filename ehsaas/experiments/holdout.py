"""The splits of several corpora taken together: random 80/20, strict folds, a corpus left out."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import polars as pl

from ehsaas.corpora import splits
from ehsaas.corpora.splits import Fold, IntArray, Split
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.mistakes import ConfigError
from ehsaas.experiments.parts import JointConfig

SPLIT_SEED = 0
"""Splits are drawn once; the seeds of an experiment vary the training only."""


def folds(rows: pl.DataFrame, protocol: str, config: JointConfig, root: Path) -> tuple[Fold, ...]:
    """The folds of a protocol over all rows.

    Args:
        rows: labelled rows of one or more corpora.
        protocol: `random`, `strict`, `official` or `loco`.
        config: share of the random test part, number of strict folds and their file.
        root: the folder that the fold file is relative to.

    Raises:
        ConfigError: the fold file is missing.
        SplitError: a split cannot be made.
    """
    return _MADE[protocol](rows, config, root)


def random(rows: pl.DataFrame, share: float, seed: int = SPLIT_SEED) -> Fold:
    """One split with `share` of every emotion of every corpus in the test part.

    What is drawn of a corpus does not depend on the other corpora.
    """
    groups = (rows["corpus"] + " " + rows["emotion"]).to_numpy()
    test: list[int] = []
    for group in sorted(set(groups.tolist())):
        generator = np.random.default_rng([seed, zlib.crc32(group.encode())])
        own = generator.permutation(np.flatnonzero(groups == group))
        test += own[: max(1, round(share * len(own)))].tolist()
    return _fold("random", len(rows), np.sort(np.array(test, dtype=np.int64)))


def strict(rows: pl.DataFrame, config: JointConfig, root: Path) -> tuple[Fold, ...]:
    """Every corpus's speaker-disjoint folds, dealt out to at most `config.folds` joint ones.

    Fold i of a corpus is tested in joint fold i modulo their number; a corpus with fewer folds
    trains the others whole, so every utterance is tested once. What a corpus's own folds leave on
    neither side is on neither side of the joint ones.
    """
    own = []
    for corpus in rows["corpus"].unique(maintain_order=True):
        place = np.flatnonzero((rows["corpus"] == corpus).to_numpy())
        folds = speaker_folds(rows[place], corpus, config.strict_folds, config.folds, root).folds
        own.append([Fold(fold.name, place[fold.train], place[fold.test]) for fold in folds])
    count = min(config.folds, max(len(folds) for folds in own))
    return tuple(_dealt(own, j, count) for j in range(count))


def _dealt(own: Sequence[Sequence[Fold]], j: int, count: int) -> Fold:
    """Joint fold `j` of `count`: what is tested in it, and what all that is tested leaves."""
    train, test = [], []
    for folds in own:
        tested = folds[j::count]
        test += [fold.test for fold in tested]
        if tested:
            both = [set(fold.train.tolist()) for fold in tested]
            train.append(np.array(sorted(set.intersection(*both)), dtype=np.int64))
        else:
            train.append(np.unique(np.concatenate([fold.test for fold in folds])))
    return Fold(str(j + 1), np.sort(np.concatenate(train)), np.sort(np.concatenate(test)))


def speaker_folds(
    rows: pl.DataFrame, corpus: str, listed: str | None, count: int, root: Path
) -> Split:
    """The speaker-disjoint folds of one corpus: from a file where it lists it, else made.

    Args:
        rows: of the corpus.
        corpus: its name in the file.
        listed: the file of folds, relative to `root`; None has them made.
        count: folds to make; with fewer speakers, one speaker against the others.
        root: the corpora's folder.

    Raises:
        ConfigError: the file is missing.
        SplitError: the folds cannot be made.
    """
    if listed is not None:
        path = root / listed
        if not path.is_file():
            raise ConfigError(
                f"strict_folds: no file at {listed} beside the corpora; leave it out to have"
                " speaker-disjoint folds made"
            )
        if splits.lists(path, corpus):
            return splits.from_file(rows, path, corpus, allow_missing=True, speaker_disjoint=True)
    if rows["speaker"].n_unique() <= count:
        return splits.leave_one_out(rows, "speaker")
    return splits.speaker_disjoint(rows, count, SPLIT_SEED)


FEWEST = 3
"""Speakers below which a corpus cannot say what differs between them."""


def must_borrow(rows: pl.DataFrame, fold: Fold, config: ExperimentConfig) -> bool:
    """Whether so few speakers of a corpus train that others' utterances are to train along."""
    joint = config.joint
    if joint is None or not joint.borrow or joint.together or len(config.corpora) < 2:
        return False
    return rows["speaker"][fold.train].n_unique() < FEWEST


def official(rows: pl.DataFrame, config: JointConfig) -> tuple[Fold, ...]:
    """The publisher's own parts, or those that the configuration names by their speakers.

    What is for validation is on neither side. None where a corpus has no such parts.
    """
    train, test = [], []
    for corpus in rows["corpus"].unique(maintain_order=True):
        own = pl.col("corpus") == corpus
        parts = config.parts.get(corpus)
        if parts is not None:
            _known(rows.filter(own), corpus, (*parts.test, *parts.validation))
            held = pl.col("speaker").is_in(parts.test)
            kept = ~pl.col("speaker").is_in([*parts.test, *parts.validation])
        else:
            held, kept = pl.col("split") == "test", pl.col("split") == "train"
        test.append(rows.select((own & held).fill_null(False)).to_series().to_numpy())
        train.append(rows.select((own & kept).fill_null(False)).to_series().to_numpy())
    sides = [np.flatnonzero(np.any(side, axis=0)) for side in (train, test)]
    return (Fold("official", *sides),) if all(len(side) for side in sides) else ()


def _known(rows: pl.DataFrame, corpus: str, speakers: Sequence[str]) -> None:
    missing = sorted(set(speakers) - set(rows["speaker"].drop_nulls()))
    if missing:
        raise ConfigError(
            f"joint.parts.{corpus}: no utterance of {', '.join(missing)}; speakers are"
            f" {', '.join(sorted(set(rows['speaker'].drop_nulls()))[:5])}, …"
        )


def _left_out(rows: pl.DataFrame) -> tuple[Fold, ...]:
    names = rows["corpus"].unique(maintain_order=True).to_list()
    place = {name: np.flatnonzero((rows["corpus"] == name).to_numpy()) for name in names}
    return tuple(_fold(name, len(rows), place[name]) for name in names)


def _fold(name: str, count: int, test: IntArray) -> Fold:
    return Fold(name, np.setdiff1d(np.arange(count), test), test)


_MADE: Mapping[str, Callable[[pl.DataFrame, JointConfig, Path], tuple[Fold, ...]]] = (
    MappingProxyType(
        {
            "random": lambda rows, config, root: (random(rows, config.test_share),),
            "strict": strict,
            "official": lambda rows, config, root: official(rows, config),
            "loco": lambda rows, config, root: _left_out(rows),
        }
    )
)
