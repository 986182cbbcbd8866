"""Results → arousal and valence: how well each is told, within a language and across languages.

Every emotion lies on a side of both axes of the circumplex, so one confusion is read three ways:
as it is, as high or low arousal, as negative or positive valence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ehsaas.emotions import VOCABULARY
from ehsaas.evaluation.circumplex import AXES, CHANCE, Errors, Sided, sided
from ehsaas.evaluation.methods import ORACLE, is_oracle
from ehsaas.evaluation.metrics import Floats
from ehsaas.evaluation.pooled import REFERENCES, Result

ACROSS: tuple[str, ...] = ("lolo", "pair")


_Key = tuple[str, str, str, str, str]
"""System, features, statistics, protocol, label set."""


@dataclass(frozen=True)
class Span:
    """A figure and the middle 95 % of its resamples, None where there are none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Compared:
    """One system within a language and across languages, on the same utterances.

    `targets` are what it was tested on; several are averaged, with the languages fixed. By axis:
    `within` and `across` are UAR, `kept` is the share of the skill above chance that is left
    across languages; None where there is no skill within that is told from none. `difference` is
    what arousal keeps more than valence. `own` says what the model within a language was.
    """

    system: str
    features: str
    normalisation: str
    protocol: str
    label_set: str
    targets: tuple[str, ...]
    own: str
    these_only: bool
    within: Mapping[str, Span]
    across: Mapping[str, Span]
    kept: Mapping[str, Span | None]
    difference: Span | None
    errors: tuple[Errors, Errors]


def compared(results: Sequence[Result]) -> list[Compared]:
    """For each system and protocol the mean over targets, then each target.

    The mean is over the targets within which both axes are told better than by chance: where a
    corpus has too few speakers to learn from, there is nothing that could be kept or lost.

    Across languages are results of `lolo` and, averaged over the sources, `pair`; within, those
    of the same system on new speakers of the tested corpus, with the same classes where that was
    run, else with the corpus's own; in a comparison of methods, the oracle. Only utterances that
    both judged with the same truth are counted.
    """
    crossing: dict[_Key, dict[str, list[Result]]] = {}
    for one in results:
        apart = one.system in REFERENCES or is_oracle(one.system)
        if one.protocol in ACROSS and not apart and _plain(one):
            key = (one.system, one.features, one.normalisation, one.protocol, one.label_set)
            crossing.setdefault(key, {}).setdefault(one.corpus, []).append(one)
    made = []
    for key, by_target in sorted(crossing.items()):
        owns: dict[str, str] = {}
        drawn: dict[str, Sided] = {}
        for seed, (target, found) in enumerate(sorted(by_target.items())):
            own = _within(results, found[0])
            judged = None if own is None else sided(own, found, seed)
            if own is not None and judged is not None:
                owns[target], drawn[target] = _named(own, found[0]), judged
        several = tuple(target for target, one in drawn.items() if _skilled(one))
        alone = [(target,) for target in drawn]
        for targets in ([several] if len(several) > 1 else []) + alone:
            what = ", ".join(sorted({owns[target] for target in targets}))
            made.append(_compared(key, targets, what, [drawn[target] for target in targets]))
    return made


def _skilled(drawn: Sided) -> bool:
    """Whether the skill within is told from none on both axes."""
    return all(_kept(drawn.values[:, i], drawn.draws, i) for i in range(len(AXES)))


def _plain(one: Result) -> bool:
    """Whether nothing was changed, and all its classes have a place on the circumplex."""
    return set(one.names) <= set(VOCABULARY) and not one.condition


def _within(results: Sequence[Result], one: Result) -> Result | None:
    """The same system on new speakers of the same corpus, or the oracle of the same features."""

    def fits(other: Result) -> bool:
        if (other.corpus, other.features) != (one.corpus, one.features) or not _plain(other):
            return False
        how = (other.system, other.protocol, other.normalisation)
        return how == (one.system, "strict", one.normalisation) or other.system == ORACLE

    def away(other: Result) -> tuple[bool, bool, bool, str]:
        """The nearest first: the same classes, the system itself, the same statistics."""
        return (
            set(other.classes) != set(one.classes),
            other.system == ORACLE,
            other.normalisation != one.normalisation,
            other.normalisation,
        )

    return min(filter(fits, results), key=away, default=None)


def _named(own: Result, one: Result) -> str:
    if own.system == ORACLE:
        return ORACLE
    return "same classes" if set(own.classes) == set(one.classes) else "its own emotions"


def _compared(key: _Key, targets: tuple[str, ...], own: str, drawn: Sequence[Sided]) -> Compared:
    values = np.mean([one.values for one in drawn], axis=0)
    known = [one.draws for one in drawn if one.draws is not None]
    draws = np.mean(known, axis=0) if len(known) == len(drawn) else None
    system, features, normalisation, protocol, label_set = key
    kept = {axis: _kept(values[:, i], draws, i) for i, axis in enumerate(AXES)}
    return Compared(
        system=system,
        features=features,
        normalisation=normalisation,
        protocol=protocol,
        label_set=label_set,
        targets=targets,
        own=own,
        these_only=any(one.unit != "speakers" for one in drawn),
        within={axis: _span(values[0, i], draws, (0, i)) for i, axis in enumerate(AXES)},
        across={axis: _span(values[1, i], draws, (1, i)) for i, axis in enumerate(AXES)},
        kept=kept,
        difference=None if None in kept.values() else _difference(values, draws),
        errors=(_mean([one.errors[0] for one in drawn]), _mean([one.errors[1] for one in drawn])),
    )


def _span(value: float, draws: Floats | None, place: tuple[int, int]) -> Span:
    return _limits(float(value), None if draws is None else draws[:, *place])


def _kept(values: Floats, draws: Floats | None, axis: int) -> Span | None:
    """Skill above chance across over that within; None unless that within is told from none."""
    if draws is None or np.quantile(draws[:, 0, axis], 0.025) <= CHANCE:
        return None
    return _limits(float(_ratio(values)), _ratio(draws[:, :, axis].T))


def _difference(values: Floats, draws: Floats | None) -> Span:
    first, second = (AXES.index(axis) for axis in ("arousal", "valence"))
    value = _ratio(values[:, first]) - _ratio(values[:, second])
    if draws is None:
        return Span(float(value))
    return _limits(float(value), _ratio(draws[:, :, first].T) - _ratio(draws[:, :, second].T))


def _ratio(values: Floats) -> Floats:
    """(across − chance) / (within − chance) of values (2, …), within first."""
    ratio: Floats = (values[1] - CHANCE) / np.maximum(values[0] - CHANCE, 1e-9)
    return ratio


def _limits(value: float, draws: Floats | None) -> Span:
    if draws is None:
        return Span(value)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Span(value, float(low), float(high))


def _mean(errors: Sequence[Errors]) -> Errors:
    fields = ("right", "arousal", "valence", "both", "neither")
    return Errors(*(float(np.mean([getattr(one, name) for one in errors])) for name in fields))
