"""Published rows of the twin → a table with our own figures beside them."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from ehsaas.evaluation.pooled import Result
from ehsaas.evaluation.tables import Table, trained_on
from ehsaas.evaluation.views import Headline, is_headline

_WITHIN = ("strict", "random")
_ACROSS = ("pair", "lolo")
_ADAPTED = ("heldout",)


def published_table(
    published: Sequence[Mapping[str, Any]], results: Sequence[Result], headline: Headline
) -> Table:
    """Published rows of the twin with our headline's figures beside them."""
    tested = {one.corpus for one in results}
    published = [_placed(row, tested) for row in published]
    intro = (
        "Protocols differ, so these are neighbours and not opponents; what is known of speakers on"
        " both sides of the published split is named."
    )
    if any(_elsewhere(row) for row in published):
        intro += " Where the last but one column names a corpus, ours is another one than theirs."
    names = {row["test"]: _corpus(row) for row in published}
    return Table(
        "Beside published figures",
        intro,
        (
            "published system",
            "trained on",
            "tested on",
            "protocol",
            "speakers",
            "metric",
            "published",
            "ours, same metric",
            "reference",
        ),
        tuple(
            (
                row["system"],
                "+".join(row["train"]),
                row["test"],
                row["protocol"],
                str(row["condition"].get("leakage", "not stated")),
                row["metric"],
                f"{row['value']:.3f}",
                _beside(row, results, headline, names),
                str(row["condition"].get("reference", "")),
            )
            for row in published
        ),
    )


def _placed(row: Mapping[str, Any], tested: Set[str]) -> Mapping[str, Any]:
    """The row without a corpus of ours to set beside it where its own was tested."""
    if row["test"] not in tested or "ours" not in row["condition"]:
        return row
    condition = {key: value for key, value in row["condition"].items() if key != "ours"}
    return {**row, "condition": condition}


def _beside(
    row: Mapping[str, Any],
    results: Sequence[Result],
    headline: Headline,
    names: Mapping[str, str],
) -> str:
    """Our figures in words, after the name of our corpus where it is another one than theirs."""
    figures = "; ".join(
        f"{_work(one)} {one.measures[row['metric']].value:.3f} ({one.label_set})"
        for one in _matching(row, results, headline, names)
        if row["metric"] in one.measures
    )
    if not _elsewhere(row):
        return figures
    return f"on {_corpus(row)}, another corpus: {figures or 'not run'}"


def _matching(
    row: Mapping[str, Any],
    results: Sequence[Result],
    headline: Headline,
    names: Mapping[str, str],
) -> Iterator[Result]:
    """The headline's results of the same kind of work; `names` are our names of their corpora.

    A row that names its features is compared with the same ones of ours.
    """
    if row.get("features"):
        headline = [{**wanted, "features": str(row["features"])} for wanted in headline]
    wanted = _protocols(row)
    train = [names.get(name, name) for name in row["train"]]
    here = [
        one
        for one in results
        if one.corpus == _corpus(row) and one.protocol in wanted and is_headline(one, headline)
    ]
    most: dict[str, float] = {}
    for one in here:
        most[one.label_set] = max(most.get(one.label_set, 0.0), one.share)
    for one in here:
        if one.protocol == "heldout":
            if one.share and one.share == most[one.label_set] and set(one.condition) == {"share"}:
                yield one
        elif not one.condition and (one.protocol != "pair" or list(one.train) == train):
            yield one


def _protocols(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Our protocols for theirs; one that we do not know goes by whether train is test.

    What stands in brackets behind a name, as in `official (actors 21 to 24)`, is for the reader.
    """
    bare = str(row["protocol"]).split(" (")[0]
    named = bare.lower().replace("_", "-").replace(" ", "-")
    if named in ("within-language", "within-corpus", "combined"):
        return _WITHIN
    if named == "progressive-adaptation":
        return _ADAPTED
    if named in (*_WITHIN, "official"):
        return (named,)
    return _WITHIN if row["train"] == [row["test"]] else _ACROSS


def _work(one: Result) -> str:
    """`strict`, or what was adapted: `heldout, from all others with 80% of its labels,`."""
    if one.protocol != "heldout":
        return one.protocol
    return f"heldout, from {trained_on(one)} with {one.share:.0%} of its labels,"


def _corpus(row: Mapping[str, Any]) -> str:
    return str(row["condition"].get("ours") or row["test"])


def _elsewhere(row: Mapping[str, Any]) -> bool:
    return _corpus(row) != str(row["test"])
