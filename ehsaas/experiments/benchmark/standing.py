"""What a model says it was trained on, and the items → by language what a figure there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ehsaas import digests
from ehsaas.experiments.benchmark.items import TRAINED_ON, Items, LeftOut
from ehsaas.utterances import UNNAMED, primary

ZERO_SHOT = "zero-shot"
SAME_LANGUAGE = "same language"
CONTAMINATED = "contaminated"
ADAPTED = "adapted"
NOT_SAID = "unknown"


@dataclass(frozen=True)
class Standing:
    """How a model stands to one language.

    `protocol` is `zero-shot`, `same language`, `contaminated`, `adapted` (changed after its
    training, by recordings whose language is not known) or `unknown`; `why` says so in a sentence.
    Of `items` in the language `trained_on` were trained on.
    """

    language: str
    corpora: tuple[str, ...]
    protocol: str
    why: str
    items: int
    trained_on: int = 0

    @property
    def left(self) -> int:
        """Items that can be judged."""
        return self.items - self.trained_on


def standings(items: Items, facts: Mapping[str, Any]) -> tuple[Standing, ...]:
    """One for each language.

    Args:
        items: of the benchmark.
        facts: what the model says of itself: `corpora`, `languages` and packed `digests` that it
            was trained on, each where it says so; corpora of which `digests` lacks some
            recordings as `undigested`; what it was `adapted` to, or who its `teacher` is, with
            packed digests of what it `heard` then where `digests` does not hold them.

    Raises:
        DigestError: its digests are damaged.
    """
    seen = _seen(items, facts)
    return tuple(_standing(items, language, facts, seen) for language in items.languages)


def unseen(items: Items, facts: Mapping[str, Any]) -> tuple[Items, tuple[LeftOut, ...]]:
    """The items that the model was not trained on, and the others, by digest.

    Raises:
        DigestError: its digests are damaged.
    """
    trained = pl.col("digest").is_in(list(_seen(items, facts)))
    others = items.rows.filter(trained).select("corpus", "id", "digest").iter_rows()
    why = "the model was trained on it"
    left_out = tuple(LeftOut(c, i, digest, TRAINED_ON, why) for c, i, digest in others)
    return items.only(items.rows.filter(trained.not_().fill_null(True))), left_out


def _seen(items: Items, facts: Mapping[str, Any]) -> frozenset[str]:
    packed = [str(facts[name]) for name in ("digests", "heard") if facts.get(name)]
    return frozenset().union(*(digests.among(items.rows["digest"], one) for one in packed))


def _standing(
    items: Items, language: str, facts: Mapping[str, Any], seen: frozenset[str]
) -> Standing:
    own = items.rows.filter(language=language)
    corpora = tuple(sorted(own["corpus"].unique()))
    n = int(own["digest"].is_in(list(seen)).sum())
    protocol, why = _told(language, own, facts, n)
    return Standing(language, corpora, protocol, why, own.height, n)


def _told(language: str, own: pl.DataFrame, facts: Mapping[str, Any], seen: int) -> tuple[str, str]:
    blind = ", ".join(_blind(own, facts))
    if seen:
        why = f"{seen} of {own.height} recordings were trained on; they are left out"
        return CONTAMINATED, f"{why}, but maybe not all of {blind}" if blind else why
    if blind:
        return CONTAMINATED, (
            f"trained on {blind}; it is not known on which recordings, so none could be left out"
        )
    tongues = {primary(one) for one in facts.get("languages") or ()}
    if language in tongues or _adapted_to(facts) & set(own["corpus"]):
        return SAME_LANGUAGE, "trained on other recordings in this language"
    for fact, how in (("adapted", "adapted to"), ("teacher", "taught with")):
        if fact in facts:
            return ADAPTED, f"{how} recordings whose language is not known"
    if not tongues:
        some = facts.get("corpora") or facts.get("digests")
        what = "in which languages it was trained" if some else "what it was trained on"
        return NOT_SAID, f"does not say {what}"
    if tongues & UNNAMED:
        return NOT_SAID, "trained on recordings whose language is not known, too"
    if language in UNNAMED:
        return NOT_SAID, "the judged recordings' language is not known"
    return ZERO_SHOT, "trained on other languages"


def _blind(own: pl.DataFrame, facts: Mapping[str, Any]) -> list[str]:
    """Corpora that were trained on, of which no digest tells which recordings, or not all."""
    trained, adapted = set(facts.get("corpora") or ()), _adapted_to(facts)
    found = set(own.filter(pl.col("digest").is_null())["corpus"]) & (trained | adapted)
    found |= set(facts.get("undigested") or ()) & set(own["corpus"])
    if not facts.get("digests"):
        found |= trained & set(own["corpus"])
        if not facts.get("heard"):
            found |= adapted & set(own["corpus"])
    return sorted(found)


def _adapted_to(facts: Mapping[str, Any]) -> set[str]:
    """What the corpus that it was adapted to is called, where it was."""
    adapted = facts.get("adapted")
    return {str(adapted["to"])} if isinstance(adapted, Mapping) and "to" in adapted else set()
