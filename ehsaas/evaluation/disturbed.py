"""Results on clips that went through something → their tables: disturbances, two languages a clip.

`by_corpus`, `variant_of` and `heard` say the same to the pictures.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.predictions import PLAIN, WHOLE
from ehsaas.evaluation.significance import Comparison, change, holm_over
from ehsaas.evaluation.tables import Table, figure, probability

Place = tuple[str, float, str]
"""A disturbance, its level, and the level's unit."""

SPOKEN_OF: Place = ("white noise", 5.0, "dB SNR")
"""The place of which a sentence says what helps."""


def by_corpus(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The results on disturbed clips by what was tested, all corpora together first.

    Of corpora taken together only all of them are kept.
    """
    asked = [one for one in results if "disturbance" in one.condition]
    most = max((one.corpus.count("+") for one in asked), default=0)
    names = {one.corpus for one in asked if one.corpus.count("+") in (0, most)}
    ordered = sorted(names, key=lambda name: (-name.count("+"), name))
    return {name: [one for one in asked if one.corpus == name] for name in ordered}


def disturbances(results: Sequence[Result]) -> list[Table]:
    """UAR by disturbance and level, a column a network, a table for each tested corpus."""
    tables = []
    for corpus, own in by_corpus(results).items():
        names = sorted({variant_of(one) for one in own}, key=lambda name: (name != WHOLE, name))
        cells = {(_place(one), variant_of(one)): one for one in own}
        tables.append(
            Table(
                f"Disturbed clips: UAR on {corpus}",
                heard(own) + _WAYS * (len(names) > 1),
                ("disturbance", "level", *names),
                tuple(
                    (*_named(place), *(figure(cells.get((place, name))) for name in names))
                    for place in sorted({_place(one) for one in own}, key=_order)
                ),
            )
        )
    return tables


_WAYS = (
    " Networks differ in what they were trained on, the denoiser stands before the one that was"
    " trained plainly."
)


def helped(results: Sequence[Result]) -> list[Table]:
    """What each way of training adds under each disturbance, paired, for each tested corpus."""
    tables = []
    for corpus, own in by_corpus(results).items():
        places = sorted({_place(one) for one in own}, key=_order)
        cells = {(_place(one), variant_of(one)): one for one in own}
        columns = {
            name: _column([(cells.get((at, name)), cells.get((at, WHOLE))) for at in places])
            for name in sorted({variant_of(one) for one in own} - {WHOLE})
        }
        if columns:
            told = (
                {name: column[places.index(SPOKEN_OF)] for name, column in columns.items()}
                if (SPOKEN_OF in places)
                else {}
            )
            tables.append(
                Table(
                    f"What helps: change of UAR on {corpus}",
                    f"Against the network {WHOLE}, on the same clips, with the interval of the"
                    " difference, and p of a paired test after Holm over the column." + _best(told),
                    ("disturbance", "level", *columns),
                    tuple(
                        (*_named(at), *(_gain(column[row]) for column in columns.values()))
                        for row, at in enumerate(places)
                    ),
                )
            )
    return tables


def costs(results: Sequence[Result]) -> Table:
    """What each disturbance costs a language that was left out, and all of them on average."""
    asked = [one for one in results if one.protocol == "lolo" and variant_of(one) == WHOLE]
    own = {
        name: {_place(one): one for one in found}
        for name, found in by_corpus(asked).items()
        if "+" not in name
    }
    every = sorted({place for found in own.values() for place in found}, key=_order)
    body = []
    for place in (place for place in every if place[0] != PLAIN):
        tests = [change(found.get(place), _clean(found)) for found in own.values()]
        known = [test.difference for test in tests if test is not None]
        mean = f"{np.mean(known):+.3f}" if len(known) == len(own) else ""
        body.append((*_named(place), mean, *(_change(test) for test in tests)))
    return Table(
        "What a disturbance costs in a language that was left out",
        "Change of UAR against the same clips without it, one clip judged alone, with the interval"
        " of the difference; the mean is over the languages, each weighing the same.",
        ("disturbance", "level", "mean", *own),
        tuple(body),
    )


def _clean(found: Mapping[Place, Result]) -> Result | None:
    return next((one for place, one in found.items() if place[0] == PLAIN), None)


def _change(test: Comparison | None) -> str:
    if test is None:
        return ""
    between = "" if test.low is None else f" [{test.low:+.2f}, {test.high:+.2f}]"
    return f"{test.difference:+.3f}{between}"


def _column(pairs: Sequence[tuple[Result | None, Result | None]]) -> list[Comparison | None]:
    """The comparisons of one column, corrected together."""
    tests = [change(one, whole) for one, whole in pairs]
    corrected = iter(holm_over([test for test in tests if test is not None]))
    return [None if test is None else next(corrected) for test in tests]


def _best(told: Mapping[str, Comparison | None]) -> str:
    """What helps most at the place that is spoken of."""
    found = {name: test for name, test in told.items() if test is not None}
    if not found:
        return ""
    name = max(found, key=lambda name: found[name].difference)
    where = " ".join(_named(SPOKEN_OF))
    return f" Most at {where}: {name}, {_gain(found[name])}."


def _gain(test: Comparison | None) -> str:
    if test is None:
        return ""
    p = probability(test.p if test.adjusted is None else test.adjusted)
    return f"{_change(test)} (p {p if p.startswith('<') else '= ' + p})"


def heard(results: Sequence[Result]) -> str:
    """Which clips stand behind every line."""
    new = all(one.protocol == "strict" for one in results)
    clips = max(len(one.items.ids) for one in results)
    voices = max(one.speakers for one in results)
    return (
        f"The same {clips} clips of {voices}{' new' * new} speakers in every line; chance is"
        f" {results[0].chance:.3f}."
    )


def switching(results: Sequence[Result]) -> Table:
    """Joined clips: two languages beside one."""
    asked = [one for one in results if "joined" in one.condition]
    return Table(
        "Two utterances in one clip",
        "Both halves are of one emotion, by different speakers and at one level, with a short"
        " silence between them; the network is the one that was trained plainly. `switched` joins"
        " two languages, `one language` is the control: the same first halves, with second halves"
        " of nearly the same length. Intervals resample the speakers of first halves.",
        ("joined", "languages", "corpora", "accuracy", "UAR", "clips"),
        tuple(
            (
                *(str(one.condition["joined"]), str(one.condition["languages"]), one.corpus),
                *(figure(one, "accuracy"), figure(one), str(len(one.items.ids))),
            )
            for one in sorted(
                asked, key=lambda one: (one.condition["joined"], one.condition["languages"])
            )
        ),
    )


def variant_of(one: Result) -> str:
    """What was changed in the network, or put before it."""
    return str(one.condition.get("variant", WHOLE))


def _place(one: Result) -> Place:
    condition: Mapping[str, object] = one.condition
    level = float(str(condition.get("level", 0)))
    return str(condition["disturbance"]), level, str(condition.get("unit", ""))


def _named(place: Place) -> tuple[str, str]:
    disturbance, level, unit = place
    return disturbance, f"{level:g} {unit}" if unit else ""


def _order(place: Place) -> tuple[bool, bool, str, float]:
    """Clean clips first, then noises, the softest first, then the rest by level."""
    disturbance, level, unit = place
    noise = unit == "dB SNR"
    return disturbance != PLAIN, not noise, disturbance, -level if noise else level
