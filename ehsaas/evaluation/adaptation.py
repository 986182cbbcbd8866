"""Adaptation curves → what labels of the target buy, and where they buy more on their own."""

from collections.abc import Sequence

from ehsaas.evaluation.pooled import Measure, Result
from ehsaas.evaluation.significance import Comparison
from ehsaas.evaluation.tongues import language
from ehsaas.evaluation.views import TARGET_ONLY, Curve, curves
from ehsaas.evaluation.wording import changed, doubt, heard, how_many, in_brackets, paired

SPOKEN_SHARE = 0.2
"""The share of target utterances that the sentences speak of, or the nearest that was run."""


def adaptation(ours: Sequence[Result], system: str) -> tuple[str, tuple[str, ...]] | None:
    """The answer in one sentence and a sentence a language, or None without such results."""
    detail: list[str] = []
    gains: list[tuple[float, Comparison | None]] = []
    over: dict[str, tuple[float, Comparison | None]] = {}
    used = 0.0
    for curve in curves(ours):
        adapted = {one.share: one for one in series(curve, system) if one.uar}
        alone = {one.share: one for one in series(curve, system + TARGET_ONLY) if one.uar}
        shares = sorted(share for share in adapted if share > 0)
        if not shares or _uar(curve.zero_shot) is None:
            continue
        used = min(shares, key=lambda share: abs(share - SPOKEN_SHARE))
        gain = _difference(adapted[used], curve.zero_shot)
        more = _difference(adapted[used], alone.get(used))
        detail.append(_adapted(curve, adapted, alone, used))
        gains += [gain] if gain else []
        over |= {f"{curve.corpus} ({curve.label_set})": more} if more else {}
    if not detail:
        return None
    values = [value for value, _ in gains]
    did = changed(
        sum(values) / len(values),
        "gains {} of UAR over no labels",
        "loses {} of UAR against no labels",
        "changes the UAR by less than a point against no labels",
    )
    tests = how_many([test for _, test in gains], "a gain", "a loss")
    short = (
        f"With {used:.0%} of a language's training utterances labelled, adaptation {did},"
        f" on average over {len(gains)} {'language' if len(gains) == 1 else 'languages'}"
        f"{in_brackets(tests)}{_against_alone(over)}."
    )
    return short, tuple(detail)


def _against_alone(over: dict[str, tuple[float, Comparison | None]]) -> str:
    """What adaptation has over the same labels alone, and where the labels alone are better."""
    if not over:
        return ""
    mean = sum(value for value, _ in over.values()) / len(over)
    text = "; that is " + changed(
        mean,
        "{} more than the same labels give alone",
        "{} less than the same labels give alone",
        "what the same labels give alone",
    )
    tests = how_many([test for _, test in over.values()])
    text += in_brackets(tests)
    beaten = [name for name, (value, _) in over.items() if value < 0]
    if beaten:
        text += (
            f". Target-only beats adaptation on {len(beaten)} of {len(over)}: {', '.join(beaten)}"
        )
    return text


def series(curve: Curve, system: str) -> list[Result]:
    """One system's results on a curve, in order of the share."""
    return [one for points in curve.series.values() for one in points if one.system == system]


def _difference(
    first: Result | None, second: Result | None
) -> tuple[float, Comparison | None] | None:
    one, other = _uar(first), _uar(second)
    return (one.value - other.value, paired(first, second)) if one and other else None


def _adapted(
    curve: Curve, adapted: dict[float, Result], alone: dict[float, Result], used: float
) -> str:
    zero, own = curve.zero_shot, alone.get(used)
    assert zero and zero.uar
    text = (
        f"With {used:.0%} of {language(adapted[used])}'s training utterances ({curve.corpus}):"
        f" {heard(adapted[used])}, from {zero.uar.value:.2f} with none"
        f"{doubt(paired(adapted[used], zero))}"
    )
    if own and own.uar:
        text += f"; the same utterances alone give {own.uar.value:.2f}{_beaten(adapted[used], own)}"
    most = max(adapted)
    last, last_own = _uar(adapted[most]), alone.get(most)
    if most > used and last:
        text += f". With {most:.0%}: {last.value:.2f}"
        if last_own and last_own.uar:
            text += f", alone {last_own.uar.value:.2f}{_beaten(adapted[most], last_own)}"
    return text + "."


def _beaten(adapted: Result, alone: Result) -> str:
    """Says so where the same labels alone are better, and where the two are not told apart."""
    found = _difference(adapted, alone)
    if found is None:
        return ""
    value, test = found
    return (", so target-only beats adaptation here" if value < 0 else "") + doubt(test)


def _uar(result: Result | None) -> Measure | None:
    return result.uar if result else None
