"""A recipe and items → the entries of it and its baseline; the leaderboard is written again."""

from pathlib import Path

from ehsaas.emotions import LABEL_SETS
from ehsaas.evaluation import entries, leaderboard, predictions
from ehsaas.experiments.benchmark import entry_folder, recipe
from ehsaas.experiments.benchmark.entry_folder import Entered
from ehsaas.experiments.benchmark.items import Items
from ehsaas.experiments.benchmark.judged import Progress
from ehsaas.experiments.benchmark.standing import Standing
from ehsaas.experiments.config import ExperimentConfig


def enter_recipe(
    config: ExperimentConfig,
    items: Items,
    root: Path,
    folder: Path,
    store: Path,
    progress: Progress,
) -> Entered:
    """Leave out each language of the items in turn, and rank recipe and baseline in the folder.

    Args:
        config: the recipe.
        items: as `recipe.items_for` gave them.
        root: folder that the recipe's encoders are relative to.
        folder: of the entries.
        store: home of the feature store.
        progress: told what is being done.

    Raises:
        ConfigError: the recipe cannot be run on these items.
    """
    only = recipe.reduced(config, items)
    digest = recipe.digest_of(only, root)
    own = folder / entry_folder.folder_name(config.name, digest, items)
    taken = ("what is done in its folder `run`",) if (own / "run").is_dir() else ()
    said = recipe.leave_languages_out(only, items, root, own / "run", store, progress)
    standings = [_standing(items, language) for language in items.languages]
    base = folder / entry_folder.folder_name(recipe.BASELINE, recipe.BASELINE, items)
    made = []
    for where, name, system, kind, of in (
        (own, config.name, config.name_of_system, "recipe", digest),
        (base, recipe.BASELINE, recipe.BASELINE, "baseline", entry_folder.sha(recipe.BASELINE)),
    ):
        part = said.filter(system=system)
        if part.height:
            predictions.write(part, where / entries.PREDICTIONS)
            about = entry_folder.about(name, kind, system, of, LABEL_SETS["four"])
            trained = {"trained_on": {"corpora": ["all of the other languages"]}}
            made.append(
                entry_folder.write(where, about | trained, items, standings, items.left_out)
            )
    return Entered(made[0], leaderboard.rebuild(folder), taken)


def _standing(items: Items, language: str) -> Standing:
    rows = items.rows.filter(language=language)
    corpora = tuple(sorted(rows["corpus"].unique()))
    return Standing(
        language, corpora, recipe.PROTOCOL, "trained without this language", rows.height
    )
