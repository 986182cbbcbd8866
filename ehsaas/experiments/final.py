"""The last cell of a run: one recogniser from all of its corpora, saved; one utterance shown."""

import json
from typing import Any

import numpy as np
import polars as pl

from ehsaas.corpora import splits
from ehsaas.experiments import fitting, material, networks, pretrained
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.protocols import Cell
from ehsaas.features import FeatureConfig
from ehsaas.models.batch import Batch
from ehsaas.recogniser import Recogniser
from ehsaas.training import batches, loop
from ehsaas.training.batches import Examples

TEMPERATURES = np.geomspace(0.5, 5.0, 47)
"""Candidates from which the validation part chooses; 1 leaves the probabilities as they are."""


def recogniser(setup: Setup, cell: Cell) -> Trained:
    """Train on every corpus of the run with their pooled statistics and save `RUN/model`.

    It is judged nowhere itself: what to expect of it in a new language is the `lolo` result under
    `source`, which is trained the same way on one corpus less.
    """
    config = setup.config
    part = config.transfer or config.adaptation or config.within
    data = material.load(setup, config.corpora, part.label_set if part else "native")
    statistics = data.statistics(data.everything, "source")
    network, history, how = networks.train(
        setup, data, statistics, data.everything, cell, hold=True
    )
    held = splits.validation(data.rows, data.everything, cell.seed).validation
    examples = data.examples(held, statistics)
    logits = loop.predict(network, examples)
    made = Recogniser(
        config.heard_by,
        config.system,
        fitting.sizes(config, len(data.corpora)),
        network,
        data.classes,
        statistics,
        temperature=best_temperature(logits, examples.labels),
        name=config.name,
        facts={
            "corpora": list(config.corpora),
            "languages": sorted(data.rows["language"].unique().to_list()),
            "utterances": len(data.features),
            "validation_uar": history.epochs[history.best_epoch].validation_uar,
            **pretrained.facts(config),
        },
    )
    made.save(setup.run / "model")
    shown = _shown(setup, data, made, examples, held)
    (setup.run / "attention.json").write_text(
        json.dumps(shown, ensure_ascii=False), encoding="utf-8"
    )
    told = {
        "system": config.system,
        "train": sorted(config.corpora),
        "corpus": "+".join(sorted(config.corpora)),
        "seed": cell.seed,
        "fold": "",
        "protocol": "recogniser",
        "epochs": networks.epochs(history),
    }
    return Trained(pl.DataFrame(), [told], (how,))


def _shown(
    setup: Setup, data: Material, made: Recogniser, examples: Examples, held: np.ndarray
) -> dict[str, Any]:
    """The attention over the middle one, by length, of the rightly recognised validation clips.

    Nothing where the network has no attention over frames.
    """
    said = loop.predict(made.network, examples).argmax(axis=1)
    right = np.flatnonzero(said == examples.labels)
    candidates = right if len(right) else np.arange(len(said))
    order = np.argsort(examples.lengths[candidates], kind="stable")
    chosen = int(candidates[order[len(order) // 2]])
    batch: Batch = batches.collate(examples, np.array([chosen]))
    output = made.network.eval()(batch)
    if output.attention is None or not isinstance(setup.config.features, FeatureConfig):
        return {}
    row = data.rows.row(int(held[chosen]), named=True)
    names = setup.config.features.names
    mels = [i for i, name in enumerate(names) if name.startswith("logmel")]
    shown = mels or list(range(len(names)))
    raw = data.features[int(held[chosen])][:, shown]
    return {
        "id": row["id"],
        "corpus": row["corpus"],
        "truth": row["emotion"],
        "predicted": data.classes[int(said[chosen])],
        "hop_ms": setup.config.features.hop_ms,
        "logmel": [[round(float(v), 2) for v in frame] for frame in raw],
        "weights": [round(float(w), 6) for w in output.attention[0].detach()],
    }
