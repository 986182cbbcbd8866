"""How well a network's hidden states give its training corpora away: probes, and its adversary."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from ehsaas.corpora.splits import Fold
from ehsaas.evaluation import predictions
from ehsaas.evaluation.trials import CLASSIFIER, PROBE
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material
from ehsaas.experiments.parts import READABLE
from ehsaas.training import adversarial, batches
from ehsaas.training.adversarial import EMBEDDING, Adversary
from ehsaas.training.batches import Examples

_PROBED_AT_MOST = 2000


def corpora_told(
    network: nn.Module,
    adversary: Adversary | None,
    train: Examples,
    test: Examples,
    data: Material,
    fold: Fold,
    trial: Trial,
) -> pl.DataFrame:
    """Which corpus every test utterance is said to be of: by the domain classifier, by probes.

    A probe is a logistic regression on a part of the network's output for the training utterances
    (2000 of them at most); it is judged, as the domain classifier is, on the test utterances.
    CLAF-SER is read before its language embedding is added (`f_attn`) and after (`f_adapted`);
    other networks at their embedding.

    Args:
        network: trained, takes a `Batch`.
        adversary: what it was trained against, or None.
        train: the training utterances, standardised as they were trained on.
        test: the test utterances, likewise.
        data: what both are of.
        fold: which rows of it both are.
        trial: of the network; `read` joins its condition, and its system is another.
    """
    rows = data.rows[fold.test].with_columns(
        emotion=pl.col("corpus"),
        id=pl.col("corpus") + "/" + pl.col("id"),
        corpus=pl.lit("+".join(sorted(data.corpora))),
    )

    def table(system: str, read: str, said: NDArray[np.int64]) -> pl.DataFrame:
        condition = {**trial.condition, "read": read}
        named = replace(trial, system=system, label_set="corpora", condition=condition)
        return judged(named, rows, [data.corpora[i] for i in said])

    tables = [
        table(PROBE, read, said) for read, said in _probed(network, train, test, trial.system)
    ]
    if adversary is not None:
        said = adversarial.told(adversary, test).get("corpus")
        reads = {one.domain: one.reads for one in adversary.against}
        if said is not None:
            tables.append(table(CLASSIFIER, reads["corpus"], said))
    return predictions.concat(tables)


def _probed(
    network: nn.Module, train: Examples, test: Examples, system: str
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """The corpus of each test utterance as a probe of each part of the network tells it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    parts = [name for name in READABLE[system] if name != EMBEDDING] or [EMBEDDING]
    kept = np.random.default_rng(0).permutation(len(train))[:_PROBED_AT_MOST]
    known = train.take(np.sort(kept))
    for name in parts:
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
        probe.fit(_seen(network, known, name), known.corpus)
        yield name, np.asarray(probe.predict(_seen(network, test, name)), dtype=np.int64)


@torch.no_grad()
def _seen(network: nn.Module, examples: Examples, name: str) -> NDArray[np.float32]:
    """A part (N, D) of what the network makes of some utterances."""
    network.eval()
    found: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    for rows, batch in batches.in_order(examples, 64):
        found.append((rows, adversarial.read(network(batch), name).numpy()))
    values = np.concatenate([part for _, part in found])
    order = np.concatenate([rows for rows, _ in found])
    back = np.empty_like(values)
    back[order] = values
    return back
