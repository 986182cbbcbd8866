"""How well a network's hidden states give its training corpora away: probes, and its adversary."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from ehsaas.corpora.splits import Fold, IntArray
from ehsaas.evaluation import predictions
from ehsaas.evaluation.trials import CLASSIFIER, PROBE
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material
from ehsaas.training import adversarial, batches
from ehsaas.training.adversarial import EMBEDDING, Adversary
from ehsaas.training.batches import Examples

FOLDS = 5
"""Of the cross-validation of a probe."""

_PROBED: Mapping[str, tuple[str, ...]] = MappingProxyType({"claf-ser": ("f_attn", "f_adapted")})
"""What is probed of a system; of every other its embedding."""


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
            label_set="corpora",
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


def probed(
    network: nn.Module, examples: Examples, names: Sequence[str]
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The corpus (N,) of each utterance as a probe of each part of the network tells it.

    None where a corpus has fewer than two utterances.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = min(FOLDS, int(np.unique(examples.corpus, return_counts=True)[1].min()))
    if folds < 2:
        return
    split = StratifiedKFold(folds, shuffle=True, random_state=0)
    for name in names:
        probe = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, max_iter=500, class_weight="balanced")
        )
        states = seen(network, examples, name)
        said = cross_val_predict(probe, states, examples.corpus, cv=split)
        yield name, np.asarray(said, dtype=np.int64)


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
