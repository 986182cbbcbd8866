"""Cells of left-out languages in noise, over a line, at other levels: one clip judged alone.

The networks are those of the `pooled` cells. What speaks in the background of a language are
speakers of the other corpora.
"""

from dataclasses import replace

from ehsaas.evaluation import predictions
from ehsaas.experiments import material, networks
from ehsaas.experiments.conditions import BABBLE, Condition, babble, made
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.material import Setup
from ehsaas.experiments.networks import Trained
from ehsaas.experiments.protocols import MIXED, Cell
from ehsaas.experiments.robustness import features_of, heard

CONDITIONS = (
    Condition(predictions.PLAIN, 0, ""),
    Condition(BABBLE, 10, "dB SNR"),
    Condition("pink noise", 10, "dB SNR"),
    Condition("telephone band", 0, ""),
    Condition("µ-law", 0, ""),
    Condition("Opus", 1.0, "compression"),
    Condition("MP3", 1.0, "compression"),
    Condition("level", -12, "dB"),
    Condition("level", 12, "dB"),
)
VOICES = 6
"""Speakers that babble at once."""


def cells(config: ExperimentConfig, crossing: list[str]) -> list[Cell]:
    """A cell for each language and condition, where the configuration asks for them."""
    if config.transfer is None or not config.transfer.disturbed:
        return []
    by = MIXED if config.mixed else "source"
    return [
        Cell("left-out-disturbed", corpus, seed, normalisation=by, condition=condition.name)
        for corpus in crossing
        for seed in config.seeds
        for condition in CONDITIONS
    ]


def judge(setup: Setup, cell: Cell) -> Trained:
    """The network that never heard a language, on its clips under one condition."""
    config = setup.config
    condition = next(one for one in CONDITIONS if one.name == cell.condition)
    data = material.load(setup, config.corpora, config.learned_labels)
    sources, test = data.foreign(cell.corpus), data.rows_of(cell.corpus)
    others = b""
    if condition.disturbance == BABBLE:
        others = babble((setup.table(name) for name in sources), VOICES)
    clips = list(heard(setup, data, test, made(condition, others)))
    found = features_of(config.heard_by, clips)
    features = list(data.features)
    for row, values in zip(test, found, strict=True):
        features[row] = values
    source = data.statistics(data.rows_of(*sources), "source")
    network = networks.pooled_network(setup, data, cell.corpus, cell.seed, cell.normalisation)
    trial = networks.trial_of(setup, cell, "lolo", sources, config.cross_labels)
    trial = replace(trial, normalisation="source", condition=condition.told)
    table = networks.judge(network, replace(data, features=features), test, source, trial)
    return Trained(table, [])
