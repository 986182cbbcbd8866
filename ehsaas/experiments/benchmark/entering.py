"""An entrant and items → the folder of an entry; the leaderboard is written again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ehsaas import digests
from ehsaas.evaluation import entries, leaderboard
from ehsaas.experiments.benchmark import entry_folder, judged, standing
from ehsaas.experiments.benchmark.classes import asked
from ehsaas.experiments.benchmark.entrants import Entrant
from ehsaas.experiments.benchmark.entry_folder import Entered
from ehsaas.experiments.benchmark.items import Items
from ehsaas.experiments.benchmark.judged import Bench, Progress
from ehsaas.experiments.benchmark.mistakes import BenchmarkError


def enter_model(entrant: Entrant, items: Items, folder: Path, progress: Progress) -> Entered:
    """Judge the items that the entrant was not trained on, and rank it in the folder.

    What a stopped run had finished, or an earlier one with the same model and items, is not judged
    again; a whole entry of a model that is not `settled` is.

    Raises:
        BenchmarkError: there is nothing to judge, or the entrant gives what it should not.
        PredictionError: the predictions of an earlier run are damaged.
    """
    standings = standing.standings(items, entrant.facts)
    rest, trained_on = standing.unseen(items, entrant.facts)
    _see_some(entrant, items, rest)
    own = folder / entry_folder.folder_name(entrant.name, entrant.digest, items)
    path = own / entries.PREDICTIONS
    if not entrant.settled and (own / entries.RESULTS).is_file():
        (own / entries.RESULTS).unlink()
        path.unlink(missing_ok=True)
    bench = Bench(entrant, rest, standings)
    taken = judged.finished(bench, path)
    judged.judge(bench, path, progress)
    about = entry_folder.about(
        entrant.name, entrant.kind, entrant.system, entrant.digest, entrant.classes
    )
    entry = entry_folder.write(
        own,
        about | {"trained_on": _trained(entrant.facts)},
        items,
        standings,
        (*items.left_out, *trained_on),
    )
    return Entered(entry, leaderboard.rebuild(folder), taken)


def _see_some(entrant: Entrant, items: Items, rest: Items) -> None:
    if not len(rest.table):
        raise BenchmarkError(
            f"{entrant.name} was trained on all {len(items.table)} recordings of"
            f" {', '.join(items.corpora)}: there is nothing else to judge; give other tables"
        )
    if not len(asked(entrant, rest).table):
        raise BenchmarkError(
            f"{entrant.name} knows {', '.join(entrant.classes)}; no two of them are emotions of"
            f" {', '.join(items.corpora)}"
        )


def _trained(facts: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: list(facts[name]) for name in ("corpora", "languages") if facts.get(name)}
    packed = [str(facts[name]) for name in ("digests", "heard") if facts.get(name)]
    return {**told, "digests": sum(map(digests.count, packed))} if packed else told
