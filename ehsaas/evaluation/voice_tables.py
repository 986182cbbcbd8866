"""A system by language, sex and length → tables of text."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ehsaas.evaluation.by_language import DURATIONS, Cell, gap_text
from ehsaas.evaluation.by_voice import Bounded, Mean, Voices, without_neutral
from ehsaas.evaluation.tables import Table, figure
from ehsaas.evaluation.tongues import tongue
from ehsaas.evaluation.views import BASELINE

_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "lolo": "Languages that were left out, by sex and length",
        "strict": "New speakers of the same corpus, by sex and length",
    }
)


def voice_tables(found: Voices) -> list[Table]:
    """The means, and a table for each protocol; what has no rows is left out."""
    tables = [_means_table(found.means)] if found.means else []
    for protocol, title in _TITLES.items():
        own = [one for one in found.cells if one.result.protocol == protocol]
        if own:
            tables.append(_table(f"{title}: {own[0].result.system}", own))
    return tables


def _means_table(means: Sequence[Mean]) -> Table:
    beside = {
        (one.first.label_set, one.first.normalisation): one.uar.value
        for one in means
        if one.first.system == BASELINE
    }
    names = ", ".join(tongue(one.language) for one in means[0].cells)
    return Table(
        f"Mean over the languages that were left out: {names}",
        "Each language weighs the same, and its speakers are resampled on their own. † in some"
        " language the interval speaks for these speakers only.",
        (
            *("system", "features", "statistics", "label set", "mean UAR", "lowest", "highest"),
            *(f"above {BASELINE}", "chance"),
        ),
        tuple(
            (
                *(one.first.system, one.first.features, one.first.normalisation),
                *(one.first.label_set, _mean_text(one), *_ends(one)),
                _above(one, beside.get((one.first.label_set, one.first.normalisation))),
                f"{one.first.chance:.3f}",
            )
            for one in means
        ),
    )


def _mean_text(one: Mean) -> str:
    only = any(cell.result.these_speakers_only for cell in one.cells)
    return f"{_text(one.uar)}{'†' if only else ''}"


def _ends(one: Mean) -> tuple[str, str]:
    """The languages that it is worst and best on."""
    ordered = sorted(one.cells, key=_value)
    return _end(ordered[0]), _end(ordered[-1])


def _end(cell: Cell) -> str:
    return f"{_value(cell):.3f} ({tongue(cell.language)})"


def _value(cell: Cell) -> float:
    assert cell.result.uar is not None, "means are of these"
    return cell.result.uar.value


def _above(one: Mean, beside: float | None) -> str:
    if beside is None or one.first.system == BASELINE:
        return ""
    return f"{one.uar.value - beside:+.3f}"


def _table(title: str, found: Sequence[Cell]) -> Table:
    return Table(
        title,
        "Without neutral: the UAR over the other emotions, of the clips whose emotion they are."
        " Sex gap: UAR of women minus UAR of men, with its interval over speakers. ECE: of the"
        " probabilities as the network states them, before any calibration. By length: the UAR of"
        " clips of so many seconds, and how many they are.",
        (
            *("language", "tested on", "label set", "statistics", "UAR", "without neutral"),
            *("chance", "sex gap", "ECE", *(f"UAR, {name}" for name in DURATIONS)),
            "items (speakers)",
        ),
        tuple(_line(cell) for cell in found),
    )


def _line(cell: Cell) -> tuple[str, ...]:
    one = cell.result
    parts = [cell.by_duration.get(name) for name in DURATIONS]
    other = without_neutral(one)
    return (
        *(tongue(cell.language), one.corpus, f"{one.label_set} ({len(one.classes)})"),
        *(one.normalisation, figure(one)),
        "" if other is None else f"{_text(other)}{'†' if one.these_speakers_only else ''}",
        *(f"{one.chance:.3f}", gap_text(cell.gap)),
        "" if cell.error is None else f"{cell.error:.3f}",
        *("" if part is None else f"{part[0]:.3f} ({part[1]})" for part in parts),
        f"{len(one.items.ids)} ({one.speakers or 'unknown'})",
    )


def _text(one: Bounded) -> str:
    return f"{one.value:.3f}" + ("" if one.low is None else f" [{one.low:.2f}, {one.high:.2f}]")
