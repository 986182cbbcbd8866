"""Results, histories and an attention example → the captioned pictures of a report."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ehsaas.evaluation import enrolled
from ehsaas.evaluation.bars import class_bars, corpus_bars, reliability_diagram
from ehsaas.evaluation.curves import (
    adaptation_curve,
    enrolment_curves,
    labels_curve,
    noise_curves,
    training_curves,
)
from ehsaas.evaluation.diagrams import critical_difference
from ehsaas.evaluation.disturbed import by_corpus, heard, variant_of
from ehsaas.evaluation.figures import attention, confusion_matrix, transfer_matrix
from ehsaas.evaluation.labels_curve import MEAN, labels_curves, labels_table
from ehsaas.evaluation.methods import contests
from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.predictions import WHOLE
from ehsaas.evaluation.ranks import rankings, ranks_table, title
from ehsaas.evaluation.reliability import bins, shown
from ehsaas.evaluation.stated import Stated
from ehsaas.evaluation.tables import Table, class_table, curve_table, matrix_table, trained_on
from ehsaas.evaluation.tongues import language
from ehsaas.evaluation.views import Headline, curves, is_headline, main, matrices, within

PICTURED = 5
"""Methods below which a table of their ranks says as much as a picture."""


@dataclass(frozen=True)
class Picture:
    """A stand-alone SVG, the stem of its file, what it shows, and its figures as a table."""

    name: str
    title: str
    caption: str
    svg: str
    table: Table | None = None


def transfer(results: Sequence[Result], headline: Headline) -> list[Picture]:
    """A matrix for each system and normalisation, the headline's first."""
    first = main(results, headline)
    found = sorted(matrices(results), key=lambda one: (one.system, one.normalisation) != first)
    pictures = []
    for one in found:
        title = f"{one.system} on {one.features}, {one.normalisation} statistics"
        name = _stem("transfer", one.system, one.features, one.normalisation, one.label_set)
        caption = (
            f"UAR, label set {one.label_set}, chance {one.chance:.2f}. Framed: within the corpus,"
            " on new speakers. Paler is nearer to chance; grey is at or below it."
        )
        svg = transfer_matrix(one, name)
        pictures.append(Picture(name, title, caption, svg, matrix_table(one)))
    return pictures


def adaptation(results: Sequence[Result], headline: Headline) -> list[Picture]:
    """A curve for each target and normalisation, the headline's normalisation first."""
    _, normalisation = main(results, headline)
    pictures = []
    for one in sorted(curves(results), key=lambda one: one.normalisation != normalisation):
        target = next(iter(one.series.values()))[0]
        name = _stem("adaptation", one.corpus, one.normalisation, one.label_set)
        title = f"{language(target)} ({one.corpus}), {one.normalisation} statistics"
        speakers = (
            "these speakers only" if target.these_speakers_only else f"{target.speakers} speakers"
        )
        caption = f"Label set {one.label_set}; {len(target.items.ids)} test items, {speakers}."
        svg = adaptation_curve(one, name)
        pictures.append(Picture(name, title, caption, svg, curve_table(one)))
    return pictures


def ranked(results: Sequence[Result], without: bool = False) -> list[Picture]:
    """A critical-difference diagram for each ranking of `PICTURED` methods or more.

    Or of those without labels alone.
    """
    pictures = []
    found = rankings([one for one in contests(results) if not (without and one.labels)])
    for one in (one for one in found if len(one.systems) >= PICTURED):
        name = _stem("ranks", one.features, one.statistics, str(one.labels), one.label_set)
        caption = (
            f"{one.told} Bars on the right join methods that are not told from each other"
            " (Nemenyi, 0.05)."
        )
        svg = critical_difference(one, name)
        pictures.append(Picture(name, title(one), caption, svg, ranks_table(one)))
    return pictures


def labelled(results: Sequence[Result]) -> list[Picture]:
    """UAR against labels a class: the mean over the languages, then each language."""
    pictures = []
    for curve in labels_curves(contests(results)):
        table = labels_table(curve)
        for place in sorted(curve.lines, key=lambda place: (place != MEAN, place)):
            name = _stem("labels", curve.features, curve.label_set, place)
            mean = place == MEAN
            where = "mean of the languages" if mean else f"{curve.languages[place]} ({place})"
            caption = f"On {curve.features}, label set {curve.label_set}. Bands are 95 % intervals."
            svg = labels_curve(curve.lines[place], curve.chance, name, where)
            told = f"{where}, {curve.features}, {curve.label_set}"
            pictures.append(Picture(name, told, caption, svg, table if mean else None))
    return pictures


def beside_page(results: Sequence[Result]) -> list[Picture]:
    """The pictures that lie beside a results page: ranks without labels, means of the curves.

    And those of enrolments.
    """
    ends = f"-{MEAN}"
    return [
        *enrolments(results),
        *(one for one in labelled(results) if one.name.endswith(ends)),
        *ranked(results, without=True),
    ]


def confusions(results: Sequence[Result], headline: Headline) -> list[Picture]:
    """Confusion and per-class figures of the headline: within (strict) and from all others."""
    pictures = []
    for protocol in ("strict", "lolo"):
        for one in sorted(results, key=lambda one: (one.corpus, one.label_set)):
            if one.protocol != protocol or one.condition or not is_headline(one, headline):
                continue
            alike = (other for other in results if is_headline(other, headline))
            several = len({other.features for other in alike if other.system == one.system}) > 1
            on = [one.features] if several else []
            name = _stem("confusion", one.system, *on, protocol, one.corpus, one.label_set)
            kind = "new speakers" if protocol == "strict" else f"from {trained_on(one)}"
            title = f"{language(one)} ({one.corpus}), {kind}"
            caption = (
                f"{one.system}{f' on {one.features}' * several}, {one.normalisation} statistics,"
                f" label set {one.label_set}."
            )
            pictures.append(
                Picture(name, title, caption, confusion_matrix(one, name), class_table(one))
            )
    return pictures


def by_class(results: Sequence[Result], headline: Headline) -> list[Picture]:
    """Recall of each emotion, the headline's, on new speakers and on a random split."""
    found = []
    for one in sorted(results, key=lambda one: (one.corpus, one.protocol != "strict")):
        if one.protocol not in ("strict", "random") or not is_headline(one, headline):
            continue
        name = _stem("classes", one.system, one.protocol, one.corpus, one.label_set)
        kind = "new speakers" if one.protocol == "strict" else "random split"
        title = f"{one.corpus}, {kind}"
        caption = f"{one.system}, {one.normalisation} statistics; the line is their mean, the UAR."
        found.append(Picture(name, title, caption, class_bars(one, name)))
    return found


def compared(results: Sequence[Result], headline: Headline) -> list[Picture]:
    """Accuracy across corpora, the headline's, where there is more than one."""
    own = [
        line
        for line in within(results)
        if is_headline(line.any, headline) and line.label_set == "native"
    ]
    if len(own) < 2:
        return []
    lines = [(line.corpus, line.strict, line.random) for line in own]
    caption = (
        f"{own[0].system}. Bars on a random split say how well voices that were trained on are"
        " recognised; whiskers are 95 % intervals."
    )
    return [Picture("corpora", "Accuracy by corpus", caption, corpus_bars(lines, "corpora"))]


def reliability(stated: Sequence[Stated], headline: Headline) -> list[Picture]:
    """A diagram for each headline result with probabilities, all of its seeds together."""
    found = []
    for one in shown(stated, headline):
        title = f"{one.corpus}, {one.protocol}"
        name = _stem("reliability", one.system, one.protocol, one.corpus, one.label_set)
        own = bins(one.probabilities, one.truth)
        caption = (
            f"{one.system}, {one.normalisation} statistics, label set {one.label_set}; expected"
            f" calibration error {own.error:.3f}. Bars below the dashes: too sure. Paler bars hold"
            " fewer answers; dots stand at the mean of what was stated."
        )
        svg = reliability_diagram(own, name, f"{one.system} on {title}")
        found.append(Picture(name, title, caption, svg))
    return found


def disturbed(results: Sequence[Result]) -> list[Picture]:
    """A picture a noise and tested corpus: UAR against the signal-to-noise ratio."""
    groups: dict[tuple[str, str], dict[str, list[Result]]] = {}
    for one in (one for own in by_corpus(results).values() for one in own):
        if one.condition.get("unit") == "dB SNR":
            key = (one.corpus, str(one.condition["disturbance"]))
            groups.setdefault(key, {}).setdefault(variant_of(one), []).append(one)
    found = []
    for (corpus, noise), series in sorted(
        groups.items(), key=lambda pair: (-pair[0][0].count("+"), pair[0])
    ):
        ordered = {
            name: sorted(points, key=lambda one: float(str(one.condition["level"])))
            for name, points in sorted(series.items(), key=lambda pair: (pair[0] != WHOLE, pair[0]))
        }
        name = _stem("noise", noise, corpus)
        judged = [one for points in series.values() for one in points]
        caption = f"Bands are 95 % intervals. {heard(judged)}"
        svg = noise_curves(ordered, name, noise)
        found.append(Picture(name, f"{noise} on {corpus}", caption, svg))
    return found


def enrolments(results: Sequence[Result]) -> list[Picture]:
    """UAR against seconds of enrolment by kind of speech, a picture a kind of training."""
    found = []
    for trained, own in enrolled.by_training(results).items():
        series = enrolled.curves(own)
        names = ", ".join(sorted({one.corpus for one in own}))
        if series:
            name = _stem("seconds", trained)
            title = f"UAR by seconds of speech given: trained by {trained}"
            caption = f"Mean of {names}; bars are 95 % intervals over speakers."
            svg = enrolment_curves(series, own[0].chance, name, title)
            found.append(Picture(name, title, caption, svg))
    return found


def training(history: Sequence[Mapping[str, Any]], system: str) -> list[Picture]:
    """One picture a protocol, corpus and condition of the headline system: its folds and seeds."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for entry in history:
        if entry["system"] == system and entry["epochs"]:
            changed = entry.get("condition") or {}
            told = " ".join(str(changed[key]) for key in ("variant", "leak") if key in changed)
            key = (str(entry["protocol"]), str(entry["corpus"]), told)
            groups.setdefault(key, []).append(entry)
    pictures = []
    for (protocol, corpus, told), entries in sorted(groups.items()):
        name = _stem("training", system, protocol, corpus, *([told] if told else []))
        n = len(entries)
        caption = f"{n} training{'' if n == 1 else 's'}, faint; their mean, strong."
        seen = [one.get("watched") == "test" for one in entries]
        if any(seen) and not all(seen):
            caption += f" The test part was looked at in {sum(seen)} of them."
        title = f"{corpus}, {protocol}" + (f", {told}" if told else "")
        pictures.append(Picture(name, title, caption, training_curves(entries, name, title)))
    return pictures


def attended(example: Mapping[str, Any] | None) -> list[Picture]:
    """The attention of one utterance, where the run kept one."""
    if example is None:
        return []
    right = example["predicted"] == example["truth"]
    chosen = (
        "The middle one, in length, of the validation clips that were recognised rightly."
        if right
        else "The middle one, in length, of the validation clips; none was recognised rightly."
    )
    caption = (
        f"{chosen} Weight of each frame as a multiple of an even share (dashed), below the log-mel"
        " spectrogram that the network heard."
    )
    title = f"{example['corpus']}: {example['id']}"
    return [Picture("attention", title, caption, attention(example, "attention"))]


def _stem(*parts: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
