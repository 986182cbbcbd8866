"""Cells of the code-switching bench: two utterances of one emotion joined inside one clip.

The halves are of two languages, or, as the control, of one. They are by different speakers, are
without quiet ends, have the same level, and a stretch of silence lies between them. The first
halves of both kinds are the same utterances, so that the emotions are the same, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch

from ehsaas import audio
from ehsaas.calibration import softmax
from ehsaas.disturbances import Samples
from ehsaas.disturbances.disturbance import power
from ehsaas.evaluation import predictions
from ehsaas.experiments import material, robustness
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.holdout import SPLIT_SEED
from ehsaas.experiments.judged import judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.parts import SwitchingConfig
from ehsaas.experiments.protocols import Cell
from ehsaas.features import FeatureConfig, HeardBy, UtteranceVectorConfig
from ehsaas.features.ends import loud_span
from ehsaas.features.framing import Framing
from ehsaas.models.batch import Batch

LEVEL = 0.05
"""RMS amplitude that each half is brought to."""
TRIM_DB = 40.0
"""Frames at either end of a half that lie this far below its loudest 0.1 s are left out, where the
features do not say how far."""


@dataclass(frozen=True)
class Pair:
    """Two rows to join, and the languages that they are of."""

    first: int
    second: int
    languages: tuple[str, str]


def judge(setup: Setup, cell: Cell) -> Trained:
    """What the plain network says of joined clips, and where in them its attention lies."""
    config = setup.config
    switching = _switching(config)
    data = material.load(setup, cell.corpus.split("+"), "native")
    fold = robustness.fold_of(setup, data, cell.fold)
    kept = Cell("robust-network", cell.corpus, cell.seed, "strict", cell.fold, "source")
    network, statistics = robustness.restored(setup, config, data, kept)
    extract = config.heard_by.extractor().eval()
    tables, shares = [], {}
    for languages, drawn in pairs(data, fold.test, switching.pairs).items():
        said, odds, ends, seconds = [], [], [], []
        for pair in drawn:
            first, second = (spoken(clip, config.heard_by) for clip in _clips(setup, data, pair))
            clip, middle = joined(first, second, switching.gap_s)
            seconds.append(len(clip) / audio.RATE)
            with torch.inference_mode():
                x, _ = extract(*_alone(clip))
                values = torch.from_numpy(statistics(x[0].numpy()))
                output = network.eval()(Batch(values[None], torch.tensor([len(values)])))
            odds.append(softmax(output.logits.numpy())[0])
            said.append(data.classes[int(odds[-1].argmax())])
            if output.attention is not None:
                edge = frames_before(middle, clip, config.heard_by)
                ends.append(share(output.attention[0].numpy(), edge))
        kind = "switched" if languages[0] != languages[1] else "one language"
        told = {"joined": kind, "languages": " then ".join(languages), "gap_s": switching.gap_s}
        rows = as_rows(data, drawn, seconds)
        trial = robustness.trial(config, data, fold, cell, told)
        tables.append(judged(trial, rows, said, data.classes, np.array(odds)))
        if ends:
            shares[" then ".join(languages)] = float(np.mean(ends))
    return Trained(predictions.concat(tables), [], (), tuple(_attended(shares, cell.seed)))


def _attended(shares: dict[str, float], seed: int) -> Iterator[str]:
    for languages, share in sorted(shares.items()):
        yield (
            f"Joined clips, {languages} (seed {seed}): the first half gets {share:.2f} times the"
            " attention that an even spread would give it."
        )


def pairs(data: Material, test: np.ndarray, most: int) -> dict[tuple[str, str], list[Pair]]:
    """Joins of one emotion each, by two speakers, for every ordered pair of languages.

    The joins that begin in a language have the same first halves, whatever the second language
    is: at most `most`, drawn from the utterances that have a partner in every language. A
    language without such utterances begins no join. The partners of one first half are those that
    are nearest in length, in what the network hears of them, to one that is drawn.
    """
    rows = data.rows[test].with_columns(heard=pl.Series([len(data.features[i]) for i in test]))
    languages = sorted(rows["language"].drop_nulls().unique())
    found: dict[tuple[str, str], list[Pair]] = {}
    for first in languages:
        generator = np.random.default_rng(SPLIT_SEED)
        own = np.flatnonzero((rows["language"] == first).fill_null(False).to_numpy())
        drawn = 0
        for index in generator.permutation(own):
            partners = _partners(rows, int(index), languages, generator)
            if len(partners) < len(languages):
                continue
            for second, partner in partners.items():
                pair = Pair(int(test[index]), int(test[partner]), (first, second))
                found.setdefault((first, second), []).append(pair)
            drawn += 1
            if drawn == most:
                break
    return found


def _partners(
    rows: pl.DataFrame, index: int, languages: Sequence[str], generator: np.random.Generator
) -> dict[str, int]:
    """A row of the same emotion by another speaker in each of the languages that have one."""
    own = rows.row(index, named=True)
    alike = (rows["emotion"] == own["emotion"]) & (rows["speaker"] != own["speaker"])
    fits = {
        language: np.flatnonzero((alike & (rows["language"] == language)).fill_null(False))
        for language in languages
    }
    fits = {name: generator.permutation(those) for name, those in fits.items() if len(those)}
    if not fits:
        return {}
    heard = rows["heard"].to_numpy()
    drawn = heard[generator.choice(fits[str(generator.choice(sorted(fits)))])]
    return {
        language: int(those[np.abs(heard[those] - drawn).argmin()])
        for language, those in fits.items()
    }


def joined(first: Samples, second: Samples, gap_s: float) -> tuple[Samples, int]:
    """Two clips with silence between them, and where the middle of the silence lies (samples)."""
    gap = np.zeros(round(gap_s * audio.RATE), dtype=np.float32)
    return np.concatenate([first, gap, second]), len(first) + len(gap) // 2


def spoken(samples: Samples, features: HeardBy) -> Samples:
    """What lies between a clip's quiet ends, at the level of every half."""
    framing = _framing(features)
    wanted = features.trim_db if isinstance(features, FeatureConfig) else None
    first, frames = loud_span(*_alone(samples), framing, wanted or TRIM_DB)
    start = int(first) * framing.hop
    return _level(samples[start : start + int(frames - 1) * framing.hop + framing.window])


def frames_before(middle: int, clip: Samples, features: HeardBy) -> int:
    """How many of the frames that the network hears of a clip have their centre before `middle`.

    What is levelled can have ends that are quiet beside the other half: they are left out, too.
    """
    framing = _framing(features)
    samples, lengths = _alone(clip)
    first, frames = 0, int(framing.frame_lengths(lengths))
    if isinstance(features, FeatureConfig) and features.trim_db is not None:
        first, frames = map(int, loud_span(samples, lengths, framing, features.trim_db))
    centres = (first + np.arange(frames)) * framing.hop + framing.window / 2
    return int((centres < middle).sum())


def share(attention: np.ndarray, edge: int) -> float:
    """Attention on the first `edge` frames, as a multiple of an even share."""
    return float(attention[:edge].sum() / max(edge / len(attention), 1e-9))


def _framing(features: HeardBy) -> Framing:
    if isinstance(features, UtteranceVectorConfig):
        features = features.frames
    return features.framing if isinstance(features, FeatureConfig) else Framing()


def _alone(samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
    """A clip as a batch of one: samples (1, N) and lengths (1,)."""
    return torch.from_numpy(samples)[None], torch.tensor([len(samples)])


def _level(samples: Samples) -> Samples:
    own = np.sqrt(power(samples))
    return samples * np.float32(LEVEL / own) if own else samples


def _clips(setup: Setup, data: Material, pair: Pair) -> Iterator[Samples]:
    for row in (pair.first, pair.second):
        named: dict[str, Any] = data.rows.row(row, named=True)
        table = setup.table(named["corpus"])
        path = table.location(named["corpus"], named["path"])
        samples = audio.read(path, named["start"], named["end"]).samples
        yield np.ascontiguousarray(samples, dtype=np.float32)


def as_rows(data: Material, drawn: Sequence[Pair], seconds: Sequence[float]) -> pl.DataFrame:
    """The rows of the first halves, named after both; the speaker is the first half's.

    The corpus is all that the joins are from, so that they make one result.

    Args:
        data: the rows that were joined.
        drawn: the joins of one pair of languages.
        seconds: length of each join in s.
    """
    first = data.rows[[pair.first for pair in drawn]]
    second = data.rows[[pair.second for pair in drawn]]
    corpora = sorted({*first["corpus"], *second["corpus"]})
    ends = [half["corpus"] + "/" + half["id"] for half in (first, second)]
    return first.with_columns(
        id=ends[0] + "|" + ends[1],
        corpus=pl.lit("+".join(corpora)),
        duration=pl.Series(list(seconds), dtype=pl.Float64),
    )


def _switching(config: ExperimentConfig) -> SwitchingConfig:
    assert config.switching is not None, "asked for only where there is a switching part"
    return config.switching


def cells(config: ExperimentConfig) -> list[Cell]:
    """One cell a seed; the networks are those of the robustness bench."""
    if config.switching is None or config.robustness is None:
        return []
    name, fold = "+".join(config.corpora), config.robustness.fold
    return [Cell("switching", name, seed, "strict", fold, "source") for seed in config.seeds]
