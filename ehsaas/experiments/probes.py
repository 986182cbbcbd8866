"""How well corpus and channel can be read from what a network sees and says: by probes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from ehsaas.calibration import softmax
from ehsaas.corpora.splits import Fold, IntArray
from ehsaas.evaluation import predictions
from ehsaas.evaluation.trials import CHANNELS, CLASSIFIER, CORPORA, PROBE
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.training import adversarial, batches, loop
from ehsaas.training.adversarial import EMBEDDING, Adversary
from ehsaas.training.batches import Examples

FOLDS = 5
"""Of the cross-validation of a probe."""

_PROBED: Mapping[str, tuple[str, ...]] = MappingProxyType({"claf-ser": ("f_attn", "f_adapted")})
"""What is probed of a system; of every other its embedding."""

ANSWERS = "answers"
TRUTH = "true emotion"
AS_RECORDED = "as recorded"
ITEMS = 1000
"""Of how many utterances the channel is probed."""


@dataclass(frozen=True)
class Fitted:
    """A network after its training, what it was trained against, and the utterances of both parts.

    `adversary` is None where nothing was to be hidden.
    """

    network: nn.Module
    adversary: Adversary | None
    train: Examples
    test: Examples


def corpora_told(
    fitted: Fitted, config: ExperimentConfig, data: Material, fold: Fold, trial: Trial
) -> pl.DataFrame:
    """Which corpus each utterance is said to be of: by the domain classifier, and by probes.

    A probe is a logistic regression on a part of the network's output, cross-validated inside the
    test part, so that its voices are on both sides and only the corpus is to be found. CLAF-SER is
    probed before its language embedding is added (`f_attn`) and after (`f_adapted`), other networks
    at their embedding, and each where the adversary of `config` reads. The domain classifier is
    judged on the part that it was trained on and on the test part.

    Args:
        fitted: the network; its test part has at least two corpora, all in the training part.
        config: of the experiment, without a variant.
        data: what the utterances are of.
        fold: which rows of it they are.
        trial: of the network; `read` joins its condition, and its system is another.
    """

    def table(
        system: str, condition: Mapping[str, str], rows: IntArray, said: NDArray[np.int64]
    ) -> pl.DataFrame:
        named = replace(
            trial,
            system=system,
            label_set=CORPORA,
            condition={**trial.condition, **condition},
        )
        told = data.rows[rows].with_columns(
            emotion=pl.col("corpus"),
            id=pl.col("corpus") + "/" + pl.col("id"),
            corpus=pl.lit("+".join(sorted(data.corpora))),
        )
        return judged(named, told, [data.corpora[i] for i in said])

    tables = [
        table(PROBE, {"read": read}, fold.test, said)
        for read, said in probed(fitted.network, fitted.test, parts(config))
    ]
    if fitted.adversary is not None:
        for name, rows, examples in (
            ("training", fold.train, fitted.train),
            ("test", fold.test, fitted.test),
        ):
            for one in fitted.adversary.against:
                if one.domain == "corpus":
                    said = adversarial.told(fitted.adversary, examples)["corpus"]
                    condition = {"read": one.reads, "part": name}
                    tables.append(table(CLASSIFIER, condition, rows, said))
    return predictions.concat(tables)


def parts(config: ExperimentConfig) -> list[str]:
    """The parts of a system's output that are probed."""
    named = [*_PROBED.get(config.system, (EMBEDDING,))]
    if config.adversary is not None:
        named.append(config.adversary.reads)
    return list(dict.fromkeys(named))


@dataclass(frozen=True)
class Read:
    """A recogniser, its training data and examples (with their copies), and what tables say of it.

    Probes read what the network sees where it looks (`embedding`), its probabilities (`answers`)
    and, for what the emotion alone gives away, the label (`true emotion`).
    """

    network: nn.Module
    data: Material
    examples: Examples
    trial: Trial

    def states(self, examples: Examples) -> dict[str, NDArray[np.floating]]:
        """What is read of some of the examples, an array (N, D) each."""
        embedding = seen(self.network, examples, EMBEDDING)
        if isinstance(self.network, LinearProbe):
            embedding = embedding[:, self.network.head.weight.detach().abs().sum(dim=0) > 0]
        return {
            EMBEDDING: embedding,
            ANSWERS: softmax(loop.predict(self.network, examples)),
            TRUTH: np.eye(len(self.data.classes))[examples.labels],
        }

    def table(
        self, label_set: str, read: str, rows: pl.DataFrame, truth: pl.Expr, said: Sequence[str]
    ) -> pl.DataFrame:
        """What a probe said of some rows, all corpora as one."""
        whole = pl.lit("+".join(sorted(self.data.corpora)))
        condition = {**self.trial.condition, "read": read}
        named = replace(self.trial, system=PROBE, label_set=label_set, condition=condition)
        return judged(named, rows.with_columns(emotion=truth, corpus=whole), said)


def corpora(of: Read) -> Iterator[pl.DataFrame]:
    """Which corpus each utterance is of, as probes tell it; nothing of one corpus alone."""
    rows = of.data.rows.with_columns(id=pl.concat_str("corpus", "id", separator="/"))
    for read, values in of.states(of.examples).items():
        if (said := _told(values, of.examples.corpus)) is not None:
            names = [of.data.corpora[i] for i in said]
            yield of.table(CORPORA, read, rows, pl.col("corpus"), names)


def channels(of: Read, copies: Sequence[str]) -> Iterator[pl.DataFrame]:
    """What each version of `ITEMS` utterances came through, as probes tell it.

    All versions of one are on the same side of the cross-validation.

    Args:
        of: the recogniser.
        copies: what each copy came through, in their order; nothing is told without any.
    """
    some = of.data.everything[:: -(-len(of.data.everything) // ITEMS)]
    names = (AS_RECORDED, *copies)
    versions = [_version(of.examples, some, i) for i in range(-1, len(copies))]
    each = [of.states(one) for one in versions]
    channel = np.repeat(np.arange(len(names)), len(some))
    column = pl.Series("channel", [names[i] for i in channel])
    rows = pl.concat([of.data.rows[some]] * len(names)).with_columns(column)
    rows = rows.with_columns(id=pl.concat_str("corpus", "id", "channel", separator="/"))
    for read in each[0]:
        values = np.concatenate([states[read] for states in each])
        if (said := _told(values, channel, np.tile(some, len(names)))) is not None:
            yield of.table(CHANNELS, read, rows, pl.col("channel"), [names[i] for i in said])


def _version(examples: Examples, rows: IntArray, which: int) -> Examples:
    """Some utterances in one of their copies; the first of them is 0, and −1 they themselves."""
    own = examples.take(rows)
    if which < 0:
        return own
    return replace(own, features=[copies[which] for copies in own.copies])


def probed(
    network: nn.Module, examples: Examples, names: Sequence[str]
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The corpus (N,) of each utterance as a probe of each part of the network tells it.

    Nothing where a corpus has fewer than two utterances, or there is but one.
    """
    for name in names:
        states = seen(network, examples, name)
        said = _told(states, examples.corpus)
        if said is not None:
            yield name, said


def _told(
    states: NDArray[np.floating], labels: IntArray, groups: IntArray | None = None
) -> NDArray[np.int64] | None:
    """The label (N,) that a cross-validated probe reads from each state (N, D).

    None where a label has fewer than two, or there is but one. States of one group are on the same
    side.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    present, counts = np.unique(labels, return_counts=True)
    folds = min(FOLDS, int(counts.min()))
    if folds < 2 or len(present) < 2:
        return None
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    split = kind(folds, shuffle=True, random_state=0)
    probe = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.1, max_iter=500, class_weight="balanced")
    )
    said = cross_val_predict(probe, states, labels, cv=split, groups=groups)
    return np.asarray(said, dtype=np.int64)


@torch.no_grad()
def seen(network: nn.Module, examples: Examples, name: str) -> NDArray[np.float32]:
    """A part (N, D) of what the network makes of some utterances."""
    network.eval()
    found: list[NDArray[np.float32]] = []
    order: list[IntArray] = []
    for rows, batch in batches.in_order(examples, 64):
        found.append(adversarial.read(network(batch), name).numpy())
        order.append(rows)
    values = np.concatenate(found)
    back = np.empty_like(values)
    back[np.concatenate(order)] = values
    return back
