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

    A combination that lacks a figure which others have is left out. Kinds of statistics under which
    all figures are the same are named together.
    """
    found: dict[tuple[str, str, str], list[Result]] = {}
    for one in results:
        if one.protocol in WORKS and not one.condition and one.system not in REFERENCES:
            found.setdefault((one.protocol, one.label_set, one.normalisation), []).append(one)
    made: list[Grid] = []
    for key in sorted(found, key=_order):
        grid = _grid(*key, found[key])
        if grid and made and grid == replace(made[-1], normalisation=grid.normalisation):
            by = f"{made[-1].normalisation}, {grid.normalisation}"
            made[-1] = replace(made[-1], normalisation=by)
        elif grid:
            made.append(grid)
    return made


def _order(key: tuple[str, str, str]) -> tuple[str, int, str]:
    protocol, label_set, normalisation = key
    return label_set, [*WORKS].index(protocol), normalisation


def _grid(
    protocol: str, label_set: str, normalisation: str, results: Sequence[Result]
) -> Grid | None:
    values: dict[tuple[str, str], dict[tuple[str, ...], float]] = {}
    for one in results:
        if one.uar is not None:
            own = values.setdefault((one.features, one.system), {})
            own[(*one.train, "→", one.corpus)] = one.uar.value
    several = {system for _, system in values}
    several = {one for one in several if len([key for key in values if key[1] == one]) > 1}
    if not several:
        return None
    tested = set.union(*(set(values[key]) for key in values if key[1] in several))
    cells = {
        key: fmean(own.values())
        for key, own in values.items()
        if key[1] in several and set(own) == tested
    }
    if not cells:
        return None
    return Grid(protocol, normalisation, label_set, len(tested), results[0].chance, cells)


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


def furthest(results: Sequence[Result]) -> tuple[str, tuple[str, ...]] | None:
    """Which features do best, in a sentence, and one for each protocol and kind of statistics.

    What holds on average over the classifiers, of the work farthest from the training part.
    """
    found = grids(results)
    if not found:
        return None
    hardest = max([*WORKS].index(one.protocol) for one in found)
    asked = [one for one in found if [*WORKS].index(one.protocol) == hardest]
    best = max(asked, key=lambda one: one.mean(one.features[0]))
    first, last = best.features[0], best.features[-1]
    tests = f"{best.count} {'test' if best.count == 1 else 'tests'}"
    short = (
        f"On {WORKS[best.protocol]}, averaged over {len(best.systems)} classifiers and {tests},"
        f" {first} does best with a UAR of {best.mean(first):.2f}"
        f" ({best.normalisation} statistics) and {last} worst with {best.mean(last):.2f};"
        f" chance is {best.chance:.2f}."
    )
    return short, tuple(_said(one) for one in found)


def _said(grid: Grid) -> str:
    (features, system), value = max(grid.cells.items(), key=lambda cell: (cell[1], cell[0]))
    means = ", ".join(f"{name} {grid.mean(name):.2f}" for name in grid.features)
    tested = WORKS[grid.protocol].capitalize()
    return (
        f"{tested}, {grid.normalisation} statistics: {means}; the highest"
        f" of {len(grid.cells)} is {system} on {features} with {value:.2f}."
    )
