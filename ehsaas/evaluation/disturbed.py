"""Results on clips that went through something → their tables: disturbances, two languages a clip.

Also what pictures of them need: the way of training that a result is of, and where it stands.
"""

from collections.abc import Mapping, Sequence

from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.significance import change
from ehsaas.evaluation.tables import Table, figure

WHOLE = "as it is"
"""Name of the system without a change, in tables of variants."""
DENOISED = "denoiser in front"
"""And behind a denoiser. No variant can be called like one of these two."""
PLAIN = "clean"


def disturbances(results: Sequence[Result]) -> list[Table]:
    """UAR by disturbance and level, a column a way of training, a table for each tested corpus.

    Of corpora taken together only all of them have a table.
    """
    asked = [one for one in results if "disturbance" in one.condition]
    most = max((one.corpus.count("+") for one in asked), default=0)
    asked = [one for one in asked if one.corpus.count("+") in (0, most)]
    tables = []
    for corpus in sorted({one.corpus for one in asked}, key=lambda name: (-name.count("+"), name)):
        own = [one for one in asked if one.corpus == corpus]
        names = sorted({variant_of(one) for one in own}, key=lambda name: (name != WHOLE, name))
        cells = {(*_place(one), variant_of(one)): one for one in own}
        rows = sorted({_place(one) for one in own}, key=_order)
        tables.append(
            Table(
                f"Disturbed clips: UAR on {corpus}",
                same_clips(own) + _WAYS * (len(names) > 1),
                ("disturbance", "level", *names),
                tuple(
                    (
                        disturbance,
                        f"{level:g} {unit}" if unit else "",
                        *(figure(cells.get((disturbance, level, unit, name))) for name in names),
                    )
                    for disturbance, level, unit in rows
                ),
            )
        )
    return tables


def helped(results: Sequence[Result]) -> Table:
    """What each way of training adds under each disturbance, paired, on all corpora together."""
    asked = [one for one in results if "disturbance" in one.condition]
    most = max((one.corpus.count("+") for one in asked), default=0)
    own = [one for one in asked if one.corpus.count("+") == most]
    whole = {_place(one): one for one in own if variant_of(one) == WHOLE}
    others = {(*_place(one), variant_of(one)): one for one in own if variant_of(one) != WHOLE}
    names = sorted({name for *_, name in others})
    return Table(
        "What helps against disturbed clips",
        f"UAR less that of the network {WHOLE}, on the same clips"
        f" ({', '.join(sorted({one.corpus for one in own}))}), with p of a paired test, not"
        " corrected for the number of cells.",
        ("disturbance", "level", *names),
        tuple(
            (
                place[0],
                f"{place[1]:g} {place[2]}" if place[2] else "",
                *(_gain(others.get((*place, name)), whole[place]) for name in names),
            )
            for place in sorted(whole, key=_order)
            if names
        ),
    )


def _gain(one: Result | None, whole: Result) -> str:
    if one is None:
        return ""
    gain, p = change(one, whole)
    return f"{gain} (p {p if p.startswith('<') else '= ' + p})" if gain else ""


_WAYS = (
    " Networks differ in what they were trained on, the denoiser stands before the one that was"
    " trained plainly."
)


def same_clips(results: Sequence[Result]) -> str:
    """What is heard in every line of disturbed clips."""
    new = all(one.protocol == "strict" for one in results)
    return f"The same clips{' of new speakers' * new} in every line."


def switching(results: Sequence[Result]) -> Table:
    """Joined clips: two languages beside one."""
    asked = [one for one in results if "joined" in one.condition]
    return Table(
        "Two utterances in one clip",
        "Both halves are of one emotion and, as a rule, by different speakers. `switched` joins two"
        " languages, `one language` is the control.",
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
    """The way of training that a disturbed result is of."""
    return str(one.condition.get("variant", WHOLE))


def _place(one: Result) -> tuple[str, float, str]:
    condition: Mapping[str, object] = one.condition
    level = float(str(condition.get("level", 0)))
    return str(condition["disturbance"]), level, str(condition.get("unit", ""))


def _order(place: tuple[str, float, str]) -> tuple[bool, bool, str, float]:
    """The clean clips first, then noises from the softest down, then the rest by level."""
    disturbance, level, unit = place
    noise = unit == "dB SNR"
    return disturbance != PLAIN, not noise, disturbance, -level if noise else level
