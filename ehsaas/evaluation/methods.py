"""Results → the comparison of adaptation methods: who was tried with what, on which languages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ehsaas.evaluation.pooled import REFERENCES, Result

SOURCE_ONLY = "source-only"
"""Trained on the other languages and carried over as it is: what every method starts from."""

SOURCE_NETWORK = "source-network"
"""The network of the neural methods, trained on the source alone: what each of them starts from."""

NETWORKS: tuple[str, ...] = (
    *("deep-coral", "mmd", "dann", "supcon", "fine-tuning", "linear-probe", "progressive"),
    *("nnpm", "nnpm memory", "nnpm-balanced", "nnpm-balanced memory"),
)
"""Methods that train that network."""

TARGET_ONLY = "target-only"
ORACLE = "oracle"
"""Trained on the target's labels alone: the few there are, or all of its other speakers'."""

BESIDE: tuple[str, ...] = (TARGET_ONLY, ORACLE)
"""What the methods are read against and cannot be chosen: an oracle has labels that nobody has,
and a model of the target alone carries nothing over; what the methods add to it is printed."""

TOLD = f"{ORACLE}: "
"""Begins the name of a method that was told of the target what nobody knows: it stands beside."""

LABELS = "labels_per_class"
"""Key in the condition: how many labels of each of the target's classes were given."""

PROTOCOL = "lolo"
STATISTICS: tuple[str, ...] = ("none", "source", "corpus", "speaker")
"""What is known of the target, the least first."""


@dataclass(frozen=True)
class Method:
    """What can be chosen: a system, and the statistics by which its features are standardised."""

    system: str
    normalisation: str

    @property
    def knows_speakers(self) -> bool:
        """Whether it has to be told who of the target's speakers is speaking."""
        return self.normalisation == "speaker"

    @property
    def needs(self) -> tuple[int, bool, str]:
        """By this, of methods that do equally well the one that needs least comes first."""
        known = self.normalisation in STATISTICS
        rank = STATISTICS.index(self.normalisation) if known else len(STATISTICS)
        return rank, self.system != SOURCE_ONLY, self.system

    def __str__(self) -> str:
        """`coral (corpus statistics)`."""
        return f"{self.system} ({self.normalisation} statistics)"


@dataclass(frozen=True)
class Contest:
    """Methods on the same features with as many labels a class, each on several targets.

    `cells[method, target]` may lack some; `beside` are target-only and oracle in the same way,
    whatever labels they have, and `deaf[system, target]` what hears nothing.
    """

    label_set: str
    features: str
    labels: int
    targets: tuple[str, ...]
    cells: Mapping[tuple[Method, str], Result]
    beside: Mapping[tuple[Method, str], Result]
    deaf: Mapping[tuple[str, str], Result]

    @property
    def methods(self) -> tuple[Method, ...]:
        """All that were tried, even on some targets only."""
        return tuple(sorted({method for method, _ in self.cells}, key=lambda one: one.needs))

    @property
    def complete(self) -> tuple[Method, ...]:
        """Those with a UAR on every target: only these can be chosen or ranked."""
        return tuple(one for one in self.methods if self.over(one))

    def over(self, method: Method) -> tuple[Result, ...]:
        """Its results, one a target; empty where one is missing or has no UAR."""
        return whole(self.cells, method, self.targets)


def whole(
    cells: Mapping[tuple[Method, str], Result], method: Method, targets: Sequence[str]
) -> tuple[Result, ...]:
    """A method's results on all of these targets; empty where one is missing or has no UAR."""
    found = [cells.get((method, target)) for target in targets]
    kept = tuple(one for one in found if one is not None and one.uar is not None)
    return kept if len(kept) == len(targets) else ()


def budget(result: Result) -> int | None:
    """Labels a class of the target that it was given; None where something else was changed."""
    given = dict(result.condition)
    labels = given.pop(LABELS, 0)
    return None if given else int(labels)


def is_oracle(system: str) -> bool:
    """Whether a system knows what nobody knows of the target: its labels, or of some of it."""
    return system == ORACLE or system.startswith(TOLD)


def is_beside(system: str) -> bool:
    """Whether a system is one that methods are read against and that cannot be chosen."""
    return system in BESIDE or is_oracle(system)


def contests(results: Iterable[Result]) -> list[Contest]:
    """By label set, features and labels a class, where source-only and others were tried.

    That is: where a table holds a comparison of methods at all; other experiments have none.
    """
    asked = [one for one in results if one.protocol == PROTOCOL and budget(one) is not None]
    groups: dict[tuple[str, str], list[Result]] = {}
    for one in asked:
        if one.system not in REFERENCES:
            groups.setdefault((one.label_set, one.features), []).append(one)
    found = []
    for (label_set, features), own in sorted(groups.items()):
        systems = {one.system for one in own if not is_beside(one.system)}
        if SOURCE_ONLY not in systems or len(systems) < 2:
            continue
        deaf = [one for one in asked if one.system in REFERENCES and one.label_set == label_set]
        for labels in sorted({budget(one) or 0 for one in own if not is_beside(one.system)}):
            found.append(_contest(label_set, features, labels, own, deaf))
    return found


def _contest(
    label_set: str, features: str, labels: int, own: Sequence[Result], deaf: Sequence[Result]
) -> Contest:
    tried = [one for one in own if not is_beside(one.system) and budget(one) == labels]
    beside = [
        one
        for one in own
        if is_oracle(one.system) or (one.system == TARGET_ONLY and budget(one) == labels)
    ]
    targets = tuple(sorted({one.corpus for one in tried}))
    return Contest(
        label_set=label_set,
        features=features,
        labels=labels,
        targets=targets,
        cells=_cells(tried),
        beside=_cells([one for one in beside if one.corpus in targets]),
        deaf={(one.system, one.corpus): one for one in deaf if one.corpus in targets},
    )


def _cells(results: Iterable[Result]) -> dict[tuple[Method, str], Result]:
    """By method and target; of several trainings the one on most corpora."""
    ordered = sorted(results, key=lambda one: len(one.train))
    return {(Method(one.system, one.normalisation), one.corpus): one for one in ordered}


def apart(results: Sequence[Result]) -> list[Result]:
    """The results that no comparison of methods shows; all of them where there is none."""
    found = contests(results)
    shown = {
        id(one)
        for contest in found
        for cells in (contest.cells, contest.beside, contest.deaf)
        for one in cells.values()
    }
    return [one for one in results if id(one) not in shown]


def alike(contest: Contest, found: Sequence[Contest], labels: int) -> Contest | None:
    """The contest of the same label set and features with so many labels a class."""
    for one in found:
        if (one.label_set, one.features, one.labels) == (
            contest.label_set,
            contest.features,
            labels,
        ):
            return one
    return None
