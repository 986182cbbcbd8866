"""Cells of the robustness bench: networks trained clean or noisy, judged on disturbed clips."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from ehsaas import audio
from ehsaas.calibration import Statistics, softmax
from ehsaas.corpora.splits import Fold, IntArray
from ehsaas.disturbances import Codec, Disturbance, Samples, reverberation
from ehsaas.evaluation import predictions
from ehsaas.evaluation.predictions import DENOISED
from ehsaas.experiments import fitting, holdout, material, stored
from ehsaas.experiments.conditions import (
    BABBLE,
    Condition,
    babble,
    conditions,
    drawn,
    made,
    under,
)
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.joint import together
from ehsaas.experiments.judged import Trial, judged
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.networks import LAST, Trained, history_of
from ehsaas.experiments.parts import JointConfig, RobustnessConfig
from ehsaas.experiments.protocols import Cell
from ehsaas.features import HeardBy
from ehsaas.training import loop
from ehsaas.training.batches import Examples


class MissingDenoiserError(RuntimeError):
    """noisereduce is not installed; the message names the extra."""


def network(setup: Setup, cell: Cell) -> Trained:
    """The network of one variant, trained on clean or noisy clips of the training part, kept."""
    setup = setup.of(cell.variant)
    config = setup.config
    data = material.load(setup, cell.corpus.split("+"), "native")
    fold = fold_of(setup, data, cell.fold)
    statistics = data.statistics(fold.train, "source")
    network = fitting.network(config, data.classes, len(data.corpora), cell.seed)
    history, _ = fitting.fit(
        config,
        network,
        data.examples(fold.train, statistics),
        None,
        cell.seed,
        classes=len(data.classes),
        folder=setup.run / "fits" / cell.key,
    )
    numbers = {f"network/{name}": value for name, value in network.state_dict().items()}
    numbers["statistics/mean"] = torch.from_numpy(statistics.mean)
    numbers["statistics/std"] = torch.from_numpy(statistics.std)
    save_file(numbers, setup.run / "cells" / f"{cell.key}.safetensors")
    named = trial(config, data, fold, cell, {"variant": cell.variant})
    return Trained(pl.DataFrame(), [history_of(named, cell, history)], (LAST,))


def judge(setup: Setup, cell: Cell) -> Trained:
    """The networks of all variants and seeds on the test clips under one condition."""
    config = setup.config
    bench = _bench(config)
    data = material.load(setup, cell.corpus.split("+"), "native")
    fold = fold_of(setup, data, cell.fold)
    rows = drawn(fold.test, data.corpus[fold.test], bench.most)
    condition = next(c for c in conditions(bench) if c.name == cell.condition)
    others = b""
    if condition.disturbance == BABBLE:
        others = babble((setup.table(name) for name in bench.babble), bench.voices)
    clips = list(heard(setup, data, rows, made(condition, others)))
    variants = {variant: setup.of(variant).config for variant in ("", *config.variants)}
    settings = {chosen.heard_by for chosen in variants.values()}
    features = {one: features_of(one, clips) for one in settings}
    judged_by = [
        (variant, variant, features[chosen.heard_by]) for variant, chosen in variants.items()
    ]
    if bench.denoise:
        judged_by.append(
            (DENOISED, "", features_of(config.heard_by, [denoised(clip) for clip in clips]))
        )
    tables = []
    for (called, variant, values), seed in product(judged_by, config.seeds):
        kept = replace(cell, kind="robust-network", variant=variant, seed=seed, condition="")
        named = trial(variants[variant], data, fold, kept, {**condition.told, "variant": called})
        tables.append(_said(setup, variants[variant], data, rows, values, kept, named))
    told = predictions.concat([together(table, data.rows) for table in tables])
    return Trained(told, [], (), tuple(_rates(setup, data, rows, condition)))


def _rates(setup: Setup, data: Material, rows: IntArray, condition: Condition) -> Iterator[str]:
    """How many bits a second a codec's files take, where the condition is one."""
    codec = made(condition) if condition.unit == "compression" else None
    if isinstance(codec, Codec):
        bits = [codec.pressed(clip)[1] for clip in heard(setup, data, rows, None)]
        yield (
            f"{condition.disturbance} at compression {condition.level:g} takes"
            f" {np.median(bits) / 1000:.0f} kbit/s (median of the clips)."
        )


def denoised(samples: Samples) -> Samples:
    """Samples after spectral gating by noisereduce (extra `robustness`).

    Raises:
        MissingDenoiserError: noisereduce is not installed.
    """
    noisereduce = _noisereduce()
    if not samples.any():
        return samples
    found = noisereduce.reduce_noise(y=samples, sr=audio.RATE, stationary=True)
    return np.nan_to_num(np.asarray(found, dtype=np.float32))


def check(bench: RobustnessConfig) -> None:
    """See that what the bench disturbs and cleans clips with is installed.

    Raises:
        MissingRoomsError: pyroomacoustics is not.
        MissingDenoiserError: a denoiser is asked for, and noisereduce is not.
    """
    reverberation.rooms()
    if bench.denoise:
        _noisereduce()


def _noisereduce() -> ModuleType:
    try:
        import noisereduce
    except ImportError as error:
        raise MissingDenoiserError(
            "a denoiser in front needs noisereduce: pip install 'ehsaas[robustness]'"
        ) from error
    module: ModuleType = noisereduce
    return module


def _bench(config: ExperimentConfig) -> RobustnessConfig:
    assert config.robustness is not None, "asked for only where there is a robustness part"
    return config.robustness


def fold_of(setup: Setup, data: Material, name: str) -> Fold:
    """The joint strict fold of a name."""
    joint = setup.config.joint or JointConfig()
    folds = holdout.folds(data.rows, "strict", joint, setup.root)
    return next(fold for fold in folds if fold.name == name)


def heard(
    setup: Setup, data: Material, rows: IntArray, through: Disturbance | None
) -> Iterator[Samples]:
    """The clips of some rows, disturbed."""
    tables = {name: setup.table(name) for name in data.corpora}
    for corpus, path, start, end in (
        data.rows[rows].select("corpus", "path", "start", "end").iter_rows()
    ):
        yield under(audio.read(tables[corpus].location(corpus, path), start, end).samples, through)


def features_of(settings: HeardBy, clips: Sequence[Samples]) -> list[np.ndarray]:
    """Features (T, D) of each clip, heard alone."""
    extract = settings.extractor().eval()
    found = []
    with torch.inference_mode():
        for clip in clips:
            values, _ = extract(torch.from_numpy(clip)[None], torch.tensor([len(clip)]))
            found.append(values[0].numpy())
    return found


def _said(
    setup: Setup,
    config: ExperimentConfig,
    data: Material,
    rows: IntArray,
    features: Sequence[np.ndarray],
    kept: Cell,
    named: Trial,
) -> pl.DataFrame:
    """What the network of a `robust-network` cell says of the features of some rows."""
    network, statistics = restored(setup, config, data, kept)
    examples = Examples(
        [statistics(x) for x in features],
        data.labels[rows],
        data.corpus[rows],
        tuple(data.rows["id"][rows]),
    )
    probabilities = softmax(loop.predict(network, examples))
    said = [data.classes[i] for i in probabilities.argmax(axis=1)]
    return judged(named, data.rows[rows], said)


def restored(
    setup: Setup, config: ExperimentConfig, data: Material, kept: Cell
) -> tuple[nn.Module, Statistics]:
    """The network that a `robust-network` cell kept, and the statistics it was trained by."""
    numbers = load_file(setup.run / "cells" / f"{kept.key}.safetensors")
    network = fitting.network(config, data.classes, len(data.corpora), kept.seed)
    prefix = "network/"
    network.load_state_dict(
        {name.removeprefix(prefix): x for name, x in numbers.items() if name.startswith(prefix)}
    )
    mean, std = numbers["statistics/mean"].numpy(), numbers["statistics/std"].numpy()
    return network, Statistics(mean, std, 1, "source")


def trial(
    config: ExperimentConfig, data: Material, fold: Fold, cell: Cell, condition: dict[str, Any]
) -> Trial:
    """What the prediction table says of a judgement under a condition."""
    return Trial(
        config.name,
        config.system,
        "strict",
        stored.kind_of(config),
        "source",
        data.rows["corpus"][fold.train].unique().to_list(),
        "native",
        cell.seed,
        cell.fold,
        {name: value for name, value in condition.items() if value != ""},
    )


def cells(config: ExperimentConfig) -> list[Cell]:
    """The cells of the bench, the networks first.

    Raises:
        MissingRoomsError: pyroomacoustics is not installed.
        MissingDenoiserError: a denoiser is asked for, and noisereduce is not installed.
    """
    if config.robustness is None:
        return []
    check(config.robustness)
    name, fold = "+".join(config.corpora), config.robustness.fold
    networks = [
        Cell("robust-network", name, seed, "strict", fold, "source", variant)
        for seed in config.seeds
        for variant in ("", *config.variants)
    ]
    judges = [
        Cell("robust", name, config.seeds[0], "strict", fold, "source", condition=condition.name)
        for condition in conditions(config.robustness)
    ]
    return [*networks, *judges]
