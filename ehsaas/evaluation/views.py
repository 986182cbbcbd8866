"""Results → what the page and the report lay out: within, transfer matrix, adaptation curves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ehsaas.emotions import LABEL_SETS
from ehsaas.evaluation.pooled import REFERENCES, Result

Headline = Sequence[Mapping[str, str]]
"""Which results are the choice made without test data: a result is one if it has all the values
of one mapping, e.g. `({"system": "claf-ser", "normalisation": "source"},)`."""

HEADLINE: Headline = ({"system": "attention-bilstm", "normalisation": "corpus"},)
BASELINE = "functionals-svm"
TARGET_ONLY = " target-only"
ALL_UNFROZEN = " all-unfrozen"
OTHERS = "all others"
"""Name of the matrix row that is trained on all other corpora together."""


@dataclass(frozen=True)
class Within:
    """One system trained and tested inside one corpus, by both protocols; None was not run."""

    label_set: str
    corpus: str
    system: str
    features: str
    normalisation: str
    strict: Result | None
    random: Result | None

    @property
    def any(self) -> Result:
        """One of the two, for what both share."""
        found = self.strict or self.random
        assert found is not None
        return found

    @property
    def added(self) -> float | None:
        """What the random split adds to the UAR."""
        if not (self.strict and self.random and self.strict.uar and self.random.uar):
            return None
        return self.random.uar.value - self.strict.uar.value


@dataclass(frozen=True)
class Matrix:
    """Transfer of one system: `cells[source, target]`; the diagonal is strict, within.

    The source `OTHERS`, where it was run, is all corpora but the target. `deaf[system, target]`
    are the systems that hear nothing, on the same items.
    """

    label_set: str
    system: str
    features: str
    normalisation: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    cells: Mapping[tuple[str, str], Result]
    deaf: Mapping[tuple[str, str], Result]
    chance: float


@dataclass(frozen=True)
class Curve:
    """Adaptation to one target: `series[name]` are results in order of the share of labels used.

    `deaf` are the systems that hear nothing, on the same items.
    """

    label_set: str
    corpus: str
    normalisation: str
    series: Mapping[str, tuple[Result, ...]]
    zero_shot: Result | None
    deaf: tuple[Result, ...]
    chance: float

    def title(self, name: str) -> str:
        """The series' name; one of fewer seeds than the others says of how many it is."""
        most = max(len(one.seeds) for points in self.series.values() for one in points)
        own = min(len(one.seeds) for one in self.series[name])
        deterministic = name.startswith(BASELINE)
        few = own < most and not deterministic
        return f"{name} ({own} {'seed' if own == 1 else 'seeds'})" if few else name


_OF_NETWORKS = ("within", "transfer", "adaptation", "joint", "robustness")
"""Parts of a configuration that a network is trained for."""


def headline_of(config: Mapping[str, Any]) -> Headline:
    """The headline of a run by its configuration: its own system and the first statistics.

    Of a grid of classifiers that runs alone it is the first set of features.
    """
    grid = config.get("classical")
    if grid and not any(config.get(part) for part in _OF_NETWORKS):
        return (
            {
                "system": str(config.get("called") or grid["classifiers"][0]),
                "features": str(grid["features"][0]),
                "normalisation": str(grid["statistics"][0]),
            },
        )
    system = str(config.get("called") or config.get("system") or HEADLINE[0]["system"])
    joint = config.get("joint") or {}
    if system == HEADLINE[0]["system"] and not joint:
        return HEADLINE
    statistics = next(iter(joint.get("statistics") or ("source",)))
    features = config.get("features")
    kind = features.get("kind") if isinstance(features, Mapping) else None
    statistics = "none" if kind in ("samples", "tokens") else statistics
    return ({"system": system, "normalisation": str(statistics)},)


class Tried(Protocol):
    """What was tried, be it known by its answers or by its probabilities."""

    @property
    def condition(self) -> Mapping[str, Any]:
        """What it was tried under."""


def is_headline(result: Tried, headline: Headline = HEADLINE) -> bool:
    """Whether `result` is the choice made without test data, and made on purpose of nothing else.

    What was changed to see what that does (a variant, a leak, a disturbance) is none.
    """
    return set(result.condition) <= {"share"} and any(
        all(str(getattr(result, name)) == value for name, value in wanted.items())
        for wanted in headline
    )


def main(results: Sequence[Result], headline: Headline = HEADLINE) -> tuple[str, str]:
    """System and normalisation to speak of first: the headline, else the first that hears."""
    hearing = [one for one in results if one.system not in REFERENCES] or list(results)
    chosen = [one for one in hearing if is_headline(one, headline)] or hearing
    return (chosen[0].system, chosen[0].normalisation) if chosen else ("", "")


def spoken_of(results: Iterable[Result], headline: Headline = HEADLINE) -> list[Result]:
    """The results but for those of a system of the headline on other features than it names."""
    seen = _seen(headline)
    return [one for one in results if one.features in seen.get(one.system, (one.features,))]


def named(system: str, headline: Headline = HEADLINE) -> str:
    """The system, `on` the features that the headline names for it."""
    seen = _seen(headline).get(system)
    return f"{system} on {' or '.join(sorted(seen))}" if seen else system


def _seen(headline: Headline) -> dict[str, set[str]]:
    """The features that a headline names, by the system it names them for."""
    seen: dict[str, set[str]] = {}
    for wanted in headline:
        if "features" in wanted and "system" in wanted:
            seen.setdefault(wanted["system"], set()).add(wanted["features"])
    return seen


def within(results: Iterable[Result]) -> list[Within]:
    """Strict and random side by side, by label set, corpus, system, features, normalisation."""
    found: dict[tuple[str, str, str, str, str], dict[str, Result]] = {}
    for one in results:
        if _place(one) == "within":
            key = (one.label_set, one.corpus, one.system, one.features, one.normalisation)
            found.setdefault(key, {})[one.protocol] = one
    ordered = sorted(found, key=lambda key: (key[:2], _rank(key[2]), key[3:]))
    return [
        Within(*key, strict=found[key].get("strict"), random=found[key].get("random"))
        for key in ordered
    ]


def matrices(results: Sequence[Result]) -> list[Matrix]:
    """One matrix for each label set, system, features and normalisation carried across corpora."""
    crossing = [one for one in results if _place(one) == "transfer"]
    keys = {_carried(one): one.chance for one in crossing}
    ordered = sorted(keys, key=lambda key: (key[0], _rank(key[1]), key[2:]))
    return [_matrix(results, key, keys[key]) for key in ordered]


def _carried(one: Result) -> tuple[str, str, str, str]:
    return one.label_set, one.system, one.features, one.normalisation


def _matrix(results: Sequence[Result], key: tuple[str, str, str, str], chance: float) -> Matrix:
    cells: dict[tuple[str, str], Result] = {}
    label_set, *how = key
    for one in results:
        if [one.system, one.features, one.normalisation] != how or one.condition:
            continue
        mine = one.label_set == label_set
        if one.protocol == "strict" and (mine or _same_classes(one, label_set)):
            if mine or (one.corpus, one.corpus) not in cells:
                cells[one.corpus, one.corpus] = one
        elif mine and one.protocol in ("pair", "lolo"):
            source = one.train[0] if len(one.train) == 1 else OTHERS
            cells["+".join(one.train) if one.protocol == "pair" else source, one.corpus] = one
    crossed = {target for source, target in cells if source != target}
    named = {source for source, _ in cells} - {OTHERS}
    targets = tuple(sorted(crossed | (named & {target for _, target in cells})))
    pooled = (OTHERS,) if any(source == OTHERS for source, _ in cells) else ()
    sources = tuple(sorted(named)) + pooled
    deaf: dict[tuple[str, str], Result] = {}
    for one in _deaf(results, ("pair", "lolo"), label_set):
        if one.corpus in crossed:
            deaf.setdefault((one.system, one.corpus), one)
    return Matrix(*key, sources=sources, targets=targets, cells=cells, deaf=deaf, chance=chance)


def _deaf(results: Iterable[Result], protocols: Collection[str], label_set: str) -> list[Result]:
    """What hears nothing in these protocols, best known first; all others before a source."""
    found = [
        one
        for one in results
        if one.system in REFERENCES and one.protocol in protocols and one.label_set == label_set
    ]
    return sorted(found, key=lambda one: (_rank(one.system), one.protocol != "lolo", one.train))


def _same_classes(one: Result, label_set: str) -> bool:
    """Whether a corpus's own emotions are those of the label set, so that figures compare."""
    return set(one.classes) == set(LABEL_SETS.get(label_set, ()))


def curves(results: Sequence[Result]) -> list[Curve]:
    """One curve for each label set, target and normalisation of the protocol `heldout`."""
    found: dict[tuple[str, str, str], list[Result]] = {}
    for one in results:
        if _place(one) == "adaptation":
            found.setdefault((one.label_set, one.corpus, one.normalisation), []).append(one)
    deaf = {
        (label_set, corpus): tuple(
            one for one in _deaf(results, ("heldout",), label_set) if one.corpus == corpus
        )
        for label_set, corpus, _ in found
    }
    return [_curve(key, found[key], deaf[key[:2]]) for key in sorted(found)]


def _curve(key: tuple[str, str, str], results: Sequence[Result], deaf: tuple[Result, ...]) -> Curve:
    ordered = sorted(results, key=lambda one: (_rank(one.system), one.train, one.share))
    series: dict[str, list[Result]] = {}
    for one in ordered:
        siblings = [other for other in results if other.system == one.system]
        name = series_name(one.system)
        if len({other.features for other in siblings}) > 1:
            name += f" on {one.features}"
        if len({other.train for other in siblings}) > 1:
            name += f" from {'+'.join(one.train)}"
        series.setdefault(name, []).append(one)
    at_zero = [one for one in ordered if one.share == 0 and not one.system.endswith(TARGET_ONLY)]
    return Curve(
        *key,
        series={name: tuple(points) for name, points in series.items()},
        zero_shot=at_zero[0] if at_zero else None,
        deaf=deaf,
        chance=results[0].chance,
    )


def others(results: Iterable[Result]) -> list[Result]:
    """What none of the views above shows; nothing is dropped silently."""
    return [one for one in results if _place(one) == "other"]


_TRIALS = {"leak", "variant", "disturbance", "joined", "read", "modality", "enrolment"}
"""Conditions whose results have tables of their own."""


def _place(one: Result) -> str:
    """The view that shows `one`: within, transfer, adaptation, trial, other, or chance (a line)."""
    conditions = set(one.condition)
    if conditions & _TRIALS or one.protocol == "loco":
        return "trial"
    if one.protocol in ("strict", "random") and not conditions:
        return "within"
    known = one.protocol in ("pair", "lolo") and not conditions
    if known or (one.protocol == "heldout" and conditions <= {"share"}):
        if one.system in REFERENCES:
            return "chance"
        return "transfer" if known else "adaptation"
    return "other"


def series_name(system: str) -> str:
    """What a curve is called: `attention-bilstm target-only` → `target only`.

    A variant of another system keeps that one's name: `functionals-svm target only`.
    """
    ours = HEADLINE[0]["system"]
    for ending, name in ((TARGET_ONLY, "target only"), (ALL_UNFROZEN, "all unfrozen")):
        if system.endswith(ending):
            whose = system.removesuffix(ending)
            return name if whose == ours else f"{whose} {name}"
    return "progressive" if system == ours else system


def _rank(system: str) -> tuple[int, str]:
    """The headline system and its variants first, what hears nothing last."""
    if system in REFERENCES:
        return 2 + REFERENCES[::-1].index(system), system
    return (0 if system.startswith(HEADLINE[0]["system"]) else 1), system
