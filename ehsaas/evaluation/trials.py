"""Results under a condition → their tables: leaks, variants, disturbances, two languages a clip."""

from collections.abc import Mapping, Sequence

from ehsaas.evaluation.pooled import REFERENCES, Result
from ehsaas.evaluation.significance import compare, same_items
from ehsaas.evaluation.tables import Table, figure

WHOLE = "as it is"
"""Name of the system without a change, in tables of variants."""
DENOISED = "denoiser in front"
"""And behind a denoiser. No variant can be called like one of these two."""
PLAIN = "clean"
PROBE = "corpus-probe"
CLASSIFIER = "domain-classifier"
"""Systems whose answers, and whose truth, are corpora; `read` in their condition says of what."""


def trial_tables(results: Sequence[Result]) -> list[Table]:
    """Every table that there are results for."""
    found = [
        published_way(results),
        left_out(results),
        variants(results),
        corpora_read(results),
        *disturbances(results),
        switching(results),
    ]
    return [table for table in found if table.body]


def published_way(results: Sequence[Result]) -> Table:
    """Accuracy as the field prints it: one random split, with and without leaks, and strict."""
    asked = [
        one
        for one in results
        if one.protocol in ("random", "strict")
        and set(one.condition) <= {"leak"}
        and one.system not in REFERENCES
    ]
    leaks = sorted({str(one.condition["leak"]) for one in asked if one.condition})
    lines: dict[tuple[str, str, str], dict[str, Result]] = {}
    for one in asked:
        key = (one.corpus, one.system, one.normalisation)
        lines.setdefault(key, {})[str(one.condition.get("leak", one.protocol))] = one
    joint = any("+" in one.corpus for one in asked)
    kept = {key: line for key, line in lines.items() if joint or leaks}
    return Table(
        "Accuracy, as the field prints it",
        "`random` is one split of utterances; speakers are on both sides of it, so it says how well"
        " voices that were trained on are recognised. `strict` tests on speakers that were not."
        + _LEAKS
        * bool(leaks),
        (
            *("corpus", "system", "statistics", "accuracy, strict", "accuracy, random"),
            *(f"random, {leak}" for leak in leaks),
            "random adds",
        ),
        tuple(
            (
                *key,
                figure(line.get("strict"), "accuracy"),
                figure(line.get("random"), "accuracy"),
                *(figure(line.get(leak), "accuracy") for leak in leaks),
                _added(line.get("random"), line.get("strict"), "accuracy"),
            )
            for key, line in sorted(kept.items())
        ),
    )


_LEAKS = (
    " Two ways to a better figure that is not true stand beside it: `copies` makes altered copies"
    " of every clip before the split, so that a copy of a test clip is trained on; `best-epoch`"
    " keeps the epoch that the test part likes best."
)


def left_out(results: Sequence[Result]) -> Table:
    """Each corpus left out in turn."""
    asked = [one for one in results if one.protocol == "loco" and not one.condition]
    return Table(
        "A corpus that was not trained on",
        "Each corpus is left out in turn; its language may be among those that were trained on.",
        ("tested on", "system", "statistics", "UAR", "accuracy", "chance"),
        tuple(
            (
                *(one.corpus, one.system, one.normalisation),
                *(figure(one), figure(one, "accuracy"), f"{one.chance:.3f}"),
            )
            for one in sorted(asked, key=lambda one: (one.corpus, one.system))
        ),
    )


def variants(results: Sequence[Result]) -> Table:
    """A system with one thing changed, beside the system as it is, on the same items."""
    asked = [one for one in results if set(one.condition) == {"variant"}]
    body: list[tuple[str, ...]] = []
    for key in sorted({_work(one) for one in asked}):
        own = [one for one in asked if _work(one) == key]
        whole = next((one for one in results if _work(one) == key and not one.condition), None)
        if whole is not None:
            body.append((key[1], key[0], WHOLE, figure(whole), "", ""))
        for one in sorted(own, key=lambda one: str(one.condition["variant"])):
            change, p = _against(one, whole)
            name = str(one.condition["variant"])
            body.append((key[1], key[0], name, figure(one), change, p))
    return Table(
        "One thing changed at a time",
        "Change and p are paired, on the same items, against the system as it is; p is not"
        " corrected for the number of lines.",
        ("tested on", "protocol", "variant", "UAR", "change", "p"),
        tuple(body),
    )


def corpora_read(results: Sequence[Result]) -> Table:
    """How well the corpus can be read from each variant's hidden states."""
    lines: dict[tuple[str, str, str, str], list[Result]] = {}
    for one in results:
        if "read" in one.condition:
            key = (one.corpus, one.protocol, one.normalisation, variant_of(one))
            lines.setdefault(key, []).append(one)
    states = sorted(
        {_read(one) for found in lines.values() for one in found if one.system == PROBE}
    )
    return Table(
        "How well the corpus can be read",
        _CORPORA_READ,
        (
            *("tested on", "protocol", "statistics", "variant"),
            *(f"probe of {state}" for state in states),
            *("classifier reads", "classifier, training part", "classifier, test part", "chance"),
        ),
        tuple(
            (
                *key,
                *(figure(_only(found, PROBE, read=state)) for state in states),
                next((_read(one) for one in found if one.system == CLASSIFIER), ""),
                figure(_only(found, CLASSIFIER, part="training")),
                figure(_only(found, CLASSIFIER, part="test")),
                f"{found[0].chance:.3f}",
            )
            for key, found in sorted(lines.items(), key=_as_it_is_first)
        ),
    )


_CORPORA_READ = (
    "UAR over the corpora. A probe is a logistic regression on what the network makes of the test"
    " clips, cross-validated among them: what it can tell is left to be read. The classifier is the"
    " one that the network was trained against; at or below chance it was fooled, which does not"
    " mean that nothing is left. `f_adapted` is given the corpus, as an embedding that is added."
)


def _read(one: Result) -> str:
    return str(one.condition["read"])


def _only(found: Sequence[Result], system: str, **condition: str) -> Result | None:
    """The result of a system under a condition, if there is one."""
    asked = (
        one
        for one in found
        if one.system == system and condition.items() <= dict(one.condition).items()
    )
    return next(asked, None)


def _as_it_is_first(line: tuple[tuple[str, ...], object]) -> tuple[object, ...]:
    *place, variant = line[0]
    return (*place, variant != WHOLE, variant)


def disturbances(results: Sequence[Result]) -> list[Table]:
    """UAR by disturbance and level, a column a way of training, a table for each tested corpus."""
    asked = [one for one in results if "disturbance" in one.condition]
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


def _work(one: Result) -> tuple[str, ...]:
    return one.protocol, one.corpus, one.system, one.normalisation


def _against(one: Result, whole: Result | None) -> tuple[str, str]:
    if whole is None or not (one.uar and whole.uar) or not same_items(one, whole):
        return "", ""
    test = compare(one, whole)
    return f"{test.difference:+.3f}", "< 0.001" if test.p < 0.001 else f"{test.p:.3f}"


def _added(random: Result | None, strict: Result | None, metric: str) -> str:
    if random is None or strict is None:
        return ""
    if metric not in random.measures or metric not in strict.measures:
        return ""
    return f"{random.measures[metric].value - strict.measures[metric].value:+.3f}"
