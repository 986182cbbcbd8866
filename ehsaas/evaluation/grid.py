"""Results → features by classifiers, where a classifier was run on several sets of features."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from ehsaas.evaluation.pooled import REFERENCES, Result
from ehsaas.evaluation.tables import Table

WORKS = {
    "strict": "new speakers of the same corpus",
    "random": "a random split",
    "pair": "another corpus",
    "lolo": "a language left out",
}
"""What is averaged, by the protocol that tests it."""


@dataclass(frozen=True)
class Grid:
    """Mean UAR (over what was tested, `count` of it) of classifiers, by the features they see."""

    protocol: str
    normalisation: str
    label_set: str
    count: int
    chance: float
    cells: dict[tuple[str, str], float]

    @property
    def features(self) -> tuple[str, ...]:
        """Sets of features, the one with the highest mean over its classifiers first."""
        names = dict.fromkeys(features for features, _ in self.cells)
        return tuple(sorted(names, key=lambda name: (-self.mean(name), name)))

    @property
    def systems(self) -> tuple[str, ...]:
        """Classifiers, in the order of their names."""
        return tuple(sorted({system for _, system in self.cells}))

    def mean(self, features: str) -> float:
        """Of one set of features, over the classifiers."""
        return fmean(value for (name, _), value in self.cells.items() if name == features)


def grids(results: Sequence[Result]) -> list[Grid]:
    """One for each protocol, label set and kind of statistics that several sets were run by.

    A classifier that was not run on all of the sets is left out, and so is what was not tested by
    all that stay. Kinds of statistics under which all figures are the same are named together.
    """
    found: dict[tuple[str, str, str], list[Result]] = {}
    for one in results:
        if one.protocol in WORKS and not one.condition and one.system not in REFERENCES:
            found.setdefault((one.protocol, one.label_set, one.normalisation), []).append(one)
    made: list[Grid] = []
    for key in sorted(found, key=_order):
        grid = _grid(*key, found[key])
        if grid is None:
            continue
        for i, before in enumerate(made):
            if grid == replace(before, normalisation=grid.normalisation):
                by = f"{before.normalisation}, {grid.normalisation}"
                made[i] = replace(before, normalisation=by)
                break
        else:
            made.append(grid)
    return made


def _order(key: tuple[str, str, str]) -> tuple[str, int, str]:
    protocol, label_set, normalisation = key
    return label_set, [*WORKS].index(protocol), normalisation


def _grid(
    protocol: str, label_set: str, normalisation: str, results: Sequence[Result]
) -> Grid | None:
    values: dict[tuple[str, str], dict[tuple[str, ...], float]] = {}
    chances: dict[tuple[str, ...], float] = {}
    for one in results:
        if one.uar is not None:
            key = (*one.train, "→", one.corpus)
            values.setdefault((one.features, one.system), {})[key] = one.uar.value
            chances[key] = one.chance
    ran: dict[str, set[str]] = {}
    for features, system in values:
        ran.setdefault(system, set()).add(features)
    sets = set().union(*(own for own in ran.values() if len(own) > 1))
    kept = {key: own for key, own in values.items() if sets and ran[key[1]] == sets}
    tested = set.intersection(*(set(own) for own in kept.values())) if kept else set()
    if not tested:
        return None
    cells = {key: fmean(own[one] for one in tested) for key, own in kept.items()}
    chance = fmean(chances[one] for one in tested)
    return Grid(protocol, normalisation, label_set, len(tested), chance, cells)


def grid_tables(results: Sequence[Result]) -> list[Table]:
    """One table of all grids of a label set; none where nothing was run on several features."""
    found = grids(results)
    return [
        _table(label_set, [one for one in found if one.label_set == label_set])
        for label_set in dict.fromkeys(one.label_set for one in found)
    ]


def _table(label_set: str, own: Sequence[Grid]) -> Table:
    systems = sorted({system for grid in own for system in grid.systems})
    return Table(
        "Features by classifiers",
        f"Mean UAR, label set `{label_set}`, over the corpora tested on, or over the ordered pairs"
        " of them; the features that are best on average over the classifiers come first. A mean"
        " over so few corpora has no interval, and the highest of so many figures is in part luck.",
        ("tested on", "statistics", "features", *systems, "mean", "chance"),
        tuple(line for grid in own for line in _lines(grid, systems)),
    )


def _lines(grid: Grid, systems: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for features in grid.features:
        each = (grid.cells.get((features, system)) for system in systems)
        yield (
            f"{WORKS[grid.protocol]} ({grid.count})",
            grid.normalisation,
            features,
            *("" if value is None else f"{value:.3f}" for value in each),
            f"{grid.mean(features):.3f}",
            f"{grid.chance:.3f}",
        )


def furthest(results: Sequence[Result], normalisation: str) -> tuple[str, tuple[str, ...]] | None:
    """Which features have the highest figure, in a sentence, and one for each grid.

    By one kind of statistics where there is a grid of it; of the work farthest from the training
    part, on average over the classifiers.
    """
    found = grids(results)
    if not found:
        return None
    alike = [one for one in found if normalisation in one.normalisation.split(", ")] or found
    asked = max(alike, key=lambda one: [*WORKS].index(one.protocol))
    first, last = asked.features[0], asked.features[-1]
    over = f"{_counted(len(asked.systems), 'classifier')} and {_counted(asked.count, 'test')}"
    short = (
        f"On {WORKS[asked.protocol]}, by {asked.normalisation} statistics and averaged over {over},"
        f" {first} is highest with a UAR of {asked.mean(first):.2f} and {last} lowest with"
        f" {asked.mean(last):.2f}; chance is {asked.chance:.2f}. Whether they differ is not tested"
        " here."
    )
    return short, tuple(_said(one) for one in found)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _said(grid: Grid) -> str:
    (features, system), value = max(grid.cells.items(), key=lambda cell: (cell[1], cell[0]))
    means = ", ".join(f"{name} {grid.mean(name):.2f}" for name in grid.features)
    tested = WORKS[grid.protocol].capitalize()
    return (
        f"{tested}, {grid.normalisation} statistics: {means}; the highest"
        f" of {len(grid.cells)} is {system} on {features} with {value:.2f}."
    )
