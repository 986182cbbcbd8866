"""The last cell of a run: one recogniser from all of its corpora, saved; one utterance shown."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from torch import nn

from ehsaas import digests
from ehsaas.calibration import Statistics
from ehsaas.corpora import splits
from ehsaas.corpora.splits.shares import Validation
from ehsaas.evaluation import predictions
from ehsaas.experiments import crossed, fitting, material, networks, pretrained, probes, stored
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.crossed import Asked
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.protocols import Cell
from ehsaas.features import FeatureConfig
from ehsaas.models.batch import Batch
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.reach import Reach, pooled
from ehsaas.recogniser import Recogniser, save
from ehsaas.training import batches, loop, reaching
from ehsaas.training.adaptation.kept import ADAPTABLE, Kept
from ehsaas.training.batches import Examples
from ehsaas.training.calibrating import calibrate, tempered


def recogniser(setup: Setup, cell: Cell) -> Trained:
    """Train on every corpus of the run with their pooled statistics and save `RUN/model`.

    It is judged nowhere itself: what to expect of it in a new language is the `lolo` result under
    `source`, which is trained the same way on one corpus less. By these results it is calibrated,
    too, where there are any, and then trained on everything; else on speakers that are held out.
    """
    config = setup.config
    asked = config.transfer or config.adaptation
    if asked is None:
        label_set = "native" if config.within is None else config.within.label_set
    else:
        label_set = config.learned_labels
    data = material.load(setup, config.corpora, label_set)
    statistics = data.statistics(data.everything, "source")
    languages = crossed.asked(setup, data)
    network, history, how = networks.train(
        setup, data, statistics, data.everything, cell, hold=not languages
    )
    part = splits.validation(data.rows, data.everything, cell.seed)
    examples = data.examples(part.validation, statistics)
    if languages:
        calibrated, calibration = crossed.by_languages(data, languages)
    else:
        calibrated = calibrate(loop.predict(network, examples), examples.labels)
        calibration = _calibration(data, part)
    calibrated = tempered(network, calibrated)
    made = Recogniser(
        config.heard_by,
        fitting.sizes(config, len(data.corpora), data.classes),
        network,
        temperature=calibrated.temperature,
        model=config.system,
        classes=data.classes,
        statistics=statistics,
        name=config.called or config.name,
        facts={
            "corpora": list(config.corpora),
            "languages": sorted(data.rows["language"].unique().to_list()),
            "utterances": len(data.features),
            "digests": digests.pack(data.rows["digest"]),
            **_undigested(data.rows),
            "validation_uar": history.epochs[history.best_epoch].validation_uar,
            "calibration": calibration,
            **pretrained.facts(config),
        },
        scores=calibrated.scores,
        reach=_reach(data, network),
    )
    save(made, setup.run / "model")
    if (kept := _kept(setup.config, data, network)) is not None:
        kept.save(setup.run / "model")
    shown = _shown(setup, data, made, examples, part.validation)
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
    return Trained(_judged(setup, data, languages, network, statistics, cell), [told], (how,))


def _undigested(rows: pl.DataFrame) -> dict[str, list[str]]:
    """The corpora of which some recordings have no digest, where there are any."""
    lacking = sorted(rows.filter(pl.col("digest").is_null())["corpus"].unique())
    return {"undigested": lacking} if lacking else {}


def _judged(
    setup: Setup,
    data: Material,
    languages: Sequence[Asked],
    network: nn.Module,
    statistics: Statistics,
    cell: Cell,
) -> pl.DataFrame:
    """What those say that left out a language, and what of the place probes read from this one."""
    if not languages:
        return pl.DataFrame()
    config = setup.config
    trial = networks.trial_of(setup, cell, "recogniser", config.corpora, config.learned_labels)
    seen = data.examples(data.everything, statistics)
    read = probes.Read(network, data, seen, trial)
    said = crossed.judged_among_all(setup, data, languages)
    channels = stored.versions(config)
    return predictions.concat([said, *probes.corpora(read), *probes.channels(read, channels)])


def _calibration(data: Material, part: Validation) -> dict[str, Any]:
    """What a recogniser says of the utterances that it is calibrated on."""
    rows = data.rows[part.validation]
    return {
        "data": "source",
        "utterances": rows.height,
        "corpora": sorted(rows["corpus"].unique().to_list()),
        "speakers": rows.select("corpus", "speaker").n_unique(),
        "statistics": "source",
        "how": part.how,
    }


def _reach(data: Material, network: nn.Module) -> Reach | None:
    """How far the training data reach in what the network sees; None where it hears samples."""
    if not data.scaled:
        return None
    vectors = np.stack([pooled(one) for one in data.features]).astype(np.float32)
    columns = None
    if isinstance(network, LinearProbe):
        columns = np.flatnonzero(network.head.weight.detach().abs().sum(dim=0).numpy())
        columns = np.setdiff1d(columns, data.hidden)  # how loud a place is says nothing of it
    names, speakers = data.rows["corpus"].to_list(), data.rows["speaker"].to_list()
    return reaching.fit(vectors, names, speakers, columns)


def _kept(config: ExperimentConfig, data: Material, network: nn.Module) -> Kept | None:
    """What is kept of the source, so that the recogniser can be adapted; None where it cannot."""
    if config.system not in ADAPTABLE or not data.scaled:
        return None
    raw = replace(
        data.examples(data.everything, data.own), features=data.features, copies=(), words=()
    )
    assert raw.speaker is not None, "materials say who speaks"
    never = data.rows["corpus"].is_in(list(config.never_by_speaker)).to_numpy()
    source = replace(raw, speaker=np.where(never, -1, raw.speaker))
    own = {data.corpora.index(name): one for name, one in data.own.items()}
    return Kept.of(network, source, own)


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
