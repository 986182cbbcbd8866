"""Arousal and valence within a language and across: tables, and sentences on what is kept."""

from collections.abc import Sequence

from ehsaas.evaluation.circumplex import AXES, CHANCE, Errors
from ehsaas.evaluation.dimensions import Compared, Span, compared
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.tables import Table

QUESTION = "Does transfer keep arousal and lose valence?"

WORKS = {"lolo": "all other languages", "pair": "one other corpus, mean"}
"""What was trained on, by protocol."""

_READ = (
    "The same predictions, read as high or low arousal (anger, happiness, fear, surprise are high)"
    " and as negative or positive valence (anger, sadness, fear, disgust, boredom are negative);"
    " neutral, in the middle of the circumplex, counts as low and as positive. UAR of the two"
    f" sides, so chance is {CHANCE:.1f} on both. `kept` is the share of the skill above chance"
    " within the language that is left across languages, on the utterances that both judged;"
    " missing where the skill within is not told from none. The last column but one is what"
    " arousal keeps more than valence."
)
_OWN = (
    " `within` is the same system on new speakers of the corpus, with the same classes, or with the"
    " corpus's own where only that was run; the oracle in a comparison of methods."
)
_FIXED = (
    " Means are over the languages within which both axes are told better than by chance; they keep"
    " the languages and resample speakers within each. † marks corpora of fewer than five speakers,"
    " resampled over utterances."
)


def dimension_tables(results: Sequence[Result], system: str) -> list[Table]:
    """What is kept on average, and of one system by language; which errors are made.

    None without results across languages that have some within one beside them.
    """
    found = compared(results)
    means = [one for one in found if len(one.targets) > 1]
    alone = [one for one in found if len(one.targets) == 1 and one.system == system]
    read = _READ + _OWN + _FIXED
    tables = [
        Table("Arousal and valence, within a language and across", read, _HEAD, _lines(means)),
        Table(
            f"Arousal and valence by language: {system}",
            "Read as the table above." if means else read,
            _HEAD,
            _lines(alone),
        ),
        Table(
            "Errors of arousal, of valence, of both",
            "Shares of the utterances judged, averaged over the targets, within the language →"
            " across. `neither` is confusion inside a quarter of the circumplex (anger with fear),"
            " which four classes do not have.",
            ("system", "features", "statistics", "trained on", "right", *_ERRORS),
            tuple((*_how(one)[:4], *_errors(one.errors)) for one in means or alone),
        ),
    ]
    return [table for table in tables if table.body]


_ERRORS = ("arousal only", "valence only", "both", "neither")


_HEAD = (
    *("system", "features", "statistics", "trained on", "tested on"),
    *(f"{axis}, {what}" for axis in AXES for what in ("within", "across", "kept")),
    *("kept, arousal − valence", "within is"),
)


def _lines(found: Sequence[Compared]) -> tuple[tuple[str, ...], ...]:
    return tuple(_line(one) for one in found)


def _how(one: Compared) -> tuple[str, str, str, str, str]:
    tested = ", ".join(one.targets)
    tested = f"mean of {tested}" if len(one.targets) > 1 else tested
    return one.system, one.features, one.normalisation, WORKS[one.protocol], tested


def _line(one: Compared) -> tuple[str, ...]:
    mark = "†" * one.these_only
    cells: list[str] = []
    for axis in AXES:
        cells += [_cell(span, mark) for span in (one.within[axis], one.across[axis])]
        cells.append(_cell(one.kept[axis], mark))
    return (*_how(one), *cells, _cell(one.difference, mark, "+"), one.own)


def _cell(span: Span | None, mark: str = "", sign: str = "") -> str:
    if span is None:
        return ""
    if span.low is None or span.high is None:
        return f"{span.value:{sign}.3f}"
    return f"{span.value:{sign}.3f} [{span.low:{sign}.2f}, {span.high:{sign}.2f}]{mark}"


def _errors(errors: tuple[Errors, Errors]) -> tuple[str, ...]:
    names = ("right", "arousal", "valence", "both", "neither")
    within, across = errors
    return tuple(
        f"{100 * getattr(within, name):.0f} % → {100 * getattr(across, name):.0f} %"
        for name in names
    )


def keeps(results: Sequence[Result], system: str) -> tuple[str, tuple[str, ...]] | None:
    """In how many cases arousal is kept better than valence, and a sentence for each of a system.

    A case is a system by one kind of statistics, from all other languages or from one; None where
    there is none over several languages.
    """
    told = [one for one in compared(results) if len(one.targets) > 1 and one.difference]
    if not told:
        return None
    more = sum(_verdict(one) == _MORE for one in told)
    less = sum(_verdict(one) == _LESS for one in told)
    begins = "Yes" if more == len(told) else "In part" if more else "Not here"
    n = f"{len(told)} {'case' if len(told) == 1 else 'cases'}"
    short = (
        f"{begins}: of {n} (a system by one kind of statistics, from all other languages or from"
        f" one), arousal keeps more of its skill above chance than valence in {more} and less in"
        f" {less}; in {len(told) - more - less} the two are not told apart."
    )
    several = len({one.label_set for one in told}) > 1
    return short, tuple(_said(one, several) for one in told if one.system == system)


_MORE, _LESS, _SAME = "arousal keeps more", "valence keeps more", "the two are not told apart"


def _verdict(one: Compared) -> str:
    span = one.difference
    if span is None or span.low is None or span.high is None:
        return _SAME
    return _MORE if span.low > 0 else _LESS if span.high < 0 else _SAME


def _said(one: Compared, several: bool) -> str:
    """A sentence about one case, which names its label set where there are `several`."""
    asked = f", {one.label_set}" if several else ""
    arousal, valence = one.kept["arousal"], one.kept["valence"]
    source = {"lolo": "all other languages", "pair": "one other corpus"}[one.protocol]
    return (
        f"{one.system} on {one.features}, {one.normalisation} statistics{asked}, from {source},"
        f" {len(one.targets)} languages: {_spoken(arousal)} of the arousal skill above chance is"
        f" kept and {_spoken(valence)} of the valence skill; {_verdict(one)}."
    )


def _spoken(span: Span | None) -> str:
    if span is None:
        return "none"
    value = f"{100 * span.value:.0f} %"
    if span.low is None or span.high is None:
        return value
    return f"{value} ({100 * span.low:.0f} to {100 * span.high:.0f})"
