"""A recipe (`CONFIG.yaml`) and items → predictions, each language left out of the training once."""

import hashlib
import json
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from ehsaas.evaluation import predictions
from ehsaas.experiments import pretrained
from ehsaas.experiments.benchmark.items import Items
from ehsaas.experiments.benchmark.items import items as items_of
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.compute import Progress
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.mistakes import ConfigError, told
from ehsaas.experiments.run import run, table_of
from ehsaas.utterances import UNNAMED, UtteranceTable

PROTOCOL = "lolo"
BASELINE = "functionals-svm"
"""Run beside every recipe by the experiments, and entered as well."""


def items_for(
    config: ExperimentConfig,
    tables: list[UtteranceTable],
    corpora: Path,
    neutral: tuple[str, ...],
    progress: Progress,
) -> Items:
    """The items that a recipe is judged on.

    Args:
        config: the recipe.
        tables: that were given; without any, those of the corpora that the recipe names.
        corpora: folder of those, tables or recordings.
        neutral: styles that count as neutral; those that the recipe says where there are none.
        progress: told how many recordings were read.

    Raises:
        ConfigError: a corpus is not there.
        BenchmarkError: the items are in one language only, or in ones that are not known, or there
            are none.
    """
    given = tables or [table_of(name, corpora, progress) for name in config.corpora]
    found = items_of(given, neutral or config.neutral_styles, progress)
    nameless = found.rows.filter(pl.col("language").is_in(list(UNNAMED)))
    if nameless.height:
        raise BenchmarkError(
            f"{config.name}: leaving out a language needs to know those of all recordings;"
            f" {nameless.height} of {', '.join(sorted(nameless['corpus'].unique()))} have none of"
            " their own: give other tables, or say the language in their column `language`"
        )
    if len(found.languages) < 2:
        raise BenchmarkError(
            f"{config.name}: leaving out one language needs tables in two at least; these are in"
            f" {', '.join(found.languages)}"
        )
    return found


def reduced(config: ExperimentConfig, items: Items) -> ExperimentConfig:
    """The recipe held to the one question, over the corpora of the items.

    What it is judged in are four emotions; it learns those that it learns by itself.

    Raises:
        ConfigError: what is left of it does not go together.
    """
    statistics = config.transfer.statistics if config.transfer else ("source", "corpus")
    learns = None if config.learned_labels == "four" else config.learned_labels
    kept = config.model_dump() | {
        **{name: None for name in ("within", "adaptation", "joint", "robustness", "switching")},
        **{name: None for name in ("classical", "methods", "enrolment")},
        **{name: () for name in ("optional", "published", "gathers", "notes")},
        "corpora": items.corpora,
        "never_by_speaker": [name for name in config.never_by_speaker if name in items.corpora],
        "neutral_styles": {},
        "variants": {},
        "transfer": {
            "label_set": "four",
            "learns": learns,
            "pairs": False,
            "statistics": statistics,
        },
        "recogniser": False,
    }
    try:
        return ExperimentConfig.model_validate(kept)
    except ValidationError as error:
        raise ConfigError(f"{config.name}: {'; '.join(told(error, ExperimentConfig))}") from error


def digest_of(config: ExperimentConfig, root: Path) -> str:
    """Sha256 of a recipe and of the pretrained encoders that it names.

    Raises:
        EncoderError: one cannot be found.
    """
    about = [config.model_dump(mode="json"), pretrained.digests(config, root)]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def leave_languages_out(
    config: ExperimentConfig,
    items: Items,
    root: Path,
    out: Path,
    store: Path,
    progress: Progress,
) -> pl.DataFrame:
    """Predictions of the recipe and of its baseline on each language, trained on the others.

    Args:
        config: as `reduced` gave it.
        items: to train on and to judge.
        root: folder that the recipe's encoders are relative to.
        out: the run folder; what a stopped run had finished there is not done again.
        store: home of the feature store.
        progress: told what is being done.

    Raises:
        ConfigError: the run folder holds another experiment.
    """
    tables = {name: items.only(items.rows.filter(corpus=name)).table for name in items.corpora}
    run(config, root, out, store=store, tables=tables, progress=progress)
    said = predictions.read(out / "predictions.parquet")
    ours = pl.col("system").is_in([config.name_of_system, BASELINE])
    said = said.filter(ours, pl.col("protocol") == PROTOCOL)
    styled = {language: items.styles(language) for language in items.languages}
    conditions = {
        language: json.dumps({"neutral": ", ".join(styles)} if styles else {})
        for language, styles in styled.items()
    }
    return said.with_columns(condition=pl.col("language").replace_strict(conditions))
