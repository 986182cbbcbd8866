"""Calibrations of languages that were left out → the tables that say which promises were kept."""

from collections.abc import Mapping, Sequence

import numpy as np

from ehsaas.evaluation.bootstrap import FEWEST_SPEAKERS
from ehsaas.evaluation.stated import Stated
from ehsaas.evaluation.tables import Table, condition
from ehsaas.evaluation.trust import (
    OTHERS,
    OWN,
    PROMISES,
    PROTOCOL,
    Kept,
    Trusted,
    error_together,
    trusted,
)
from ehsaas.evaluation.views import Headline, is_headline

SPOKEN = 0.9
"""The promise that sizes, shares and sentences are told of."""

_MANY = 3
"""Ways of doing it from which on a table of them all is worth its place."""


def promise_tables(stated: Sequence[Stated], headline: Headline) -> list[Table]:
    """The headline's languages one by one, and all ways that were tried, the languages together.

    Each label set has a table of its own. None where a table has no probabilities of a language
    that was left out.
    """
    left_out = [one for one in stated if one.protocol == PROTOCOL]
    found = trusted([one for one in left_out if "variant" not in one.condition])
    own = [one for one in found if is_headline(one.stated, headline)]
    by_way: dict[tuple[str, ...], list[Trusted]] = {}
    for one in found:
        by_way.setdefault(_way(one.stated), []).append(one)
    label_sets = sorted({one.stated.label_set for one in own}, key=lambda name: (len(name), name))
    tables = [
        _by_language([one for one in own if one.stated.label_set == name]) for name in label_sets
    ]
    if len(by_way) >= _MANY or (by_way and not own):
        tables.append(_by_way(by_way))
    return tables


def _by_language(found: Sequence[Trusted]) -> Table:
    """Of one system, by one kind of statistics, in one label set."""
    first = found[0].stated
    return Table(
        f"Promises of prediction sets: {first.system}, {first.normalisation} statistics,"
        f" {first.label_set}, languages that were left out",
        "Temperature and threshold are taken from the results on the other languages, or from other"
        " speakers of the same one; the models that were judged on the other languages had the"
        " tested one among their sources, which nobody has of a truly new language. A promise is"
        " the share of utterances whose set is to hold the true emotion, printed is the share whose"
        " set did, with its 95 % interval. Sets of the promise"
        f" {SPOKEN:g}: their size, the share of sets of one emotion (the others are “not"
        f" sure”), and how many of those were right. {_sentence(found)}",
        (
            *("tested on", "calibrated on", "ECE before", "ECE", "Brier before", "Brier"),
            *(f"promise {promise:g}" for promise in PROMISES),
            *("size", "answered", "right of those"),
        ),
        tuple(_line(one) for one in found),
    )


def _line(one: Trusted) -> tuple[str, ...]:
    spoken = one.at(SPOKEN)
    named = condition(one.stated)
    few = len(set(one.stated.speakers.tolist())) < FEWEST_SPEAKERS
    return (
        one.stated.corpus + (f", {named}" if named else ""),
        one.on,
        *(f"{value:.3f}" for value in (*one.error, *one.brier)),
        *(_coverage(kept, few) for kept in one.kept),
        f"{spoken.size:.2f}",
        f"{spoken.answered:.2f}",
        "" if np.isnan(spoken.right) else f"{spoken.right:.2f}",
    )


def _coverage(kept: Kept, few: bool) -> str:
    if kept.low is None or kept.high is None:
        return f"{kept.coverage:.3f}"
    return f"{kept.coverage:.3f} [{kept.low:.2f}, {kept.high:.2f}]{'†' if few else ''}"


def _sentence(found: Sequence[Trusted]) -> str:
    """What a promise of 0.9 came to by each calibration, and the calibration error, in words."""
    said = []
    for on in (OTHERS, OWN):
        values = [one.at(SPOKEN).coverage for one in found if one.on == on]
        if values:
            said.append(
                f"calibrated on {on} it came to between {min(values):.2f} and {max(values):.2f},"
                f" on average {np.mean(np.abs(np.array(values) - SPOKEN)):.3f} away"
            )
    told = [f"A promise of {SPOKEN:g}: {'; '.join(said)}."] if said else []
    others = [one for one in found if one.on == OTHERS]
    if len(others) > 1:
        before, after = error_together(others)
        told.append(
            "ECE of all these languages' utterances in one pool, each calibrated on the others:"
            f" {after:.3f} (before {before:.3f}); the mean of their own is"
            f" {np.mean([one.error[1] for one in others]):.3f}, since some are too sure and some"
            " too modest."
        )
    return " ".join(told)


def _way(one: Stated) -> tuple[str, ...]:
    return one.system, one.features, one.normalisation, condition(one), one.label_set


def _by_way(by_way: Mapping[tuple[str, ...], Sequence[Trusted]]) -> Table:
    return Table(
        f"Promises of prediction sets: the promise {SPOKEN:g} by everything that was tried",
        "Languages that were left out, each weighing the same: the mean over them, and in braces"
        " the lowest and the highest.",
        (
            *("system", "features", "statistics", "condition", "label set", "languages"),
            *("kept, other languages", "kept, own speakers"),
            *("ECE before", "ECE, other languages", "the same in one pool", "ECE, own speakers"),
            *("answered, own speakers", "right of those"),
        ),
        tuple(_way_line(way, by_way[way]) for way in sorted(by_way)),
    )


def _way_line(way: tuple[str, ...], found: Sequence[Trusted]) -> tuple[str, ...]:
    sides = {on: [one for one in found if one.on == on] for on in (OTHERS, OWN)}
    own = sides[OWN]
    return (
        *way,
        str(len({one.stated.corpus for one in found})),
        *(_spread([one.at(SPOKEN).coverage for one in sides[on]]) for on in (OTHERS, OWN)),
        _mean([one.error[0] for one in own or found]),
        _mean([one.error[1] for one in sides[OTHERS]]),
        f"{error_together(sides[OTHERS])[1]:.3f}" if sides[OTHERS] else "",
        _mean([one.error[1] for one in own]),
        _mean([one.at(SPOKEN).answered for one in own]),
        _mean([one.at(SPOKEN).right for one in own]),
    )


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    return f"{np.mean(values):.3f} {{{min(values):.2f}–{max(values):.2f}}}"


def _mean(values: Sequence[float]) -> str:
    """The mean of those that are numbers; empty without any."""
    known = [value for value in values if not np.isnan(value)]
    return f"{np.mean(known):.3f}" if known else ""
