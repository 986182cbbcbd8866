"""Which recogniser a verb uses, and what there is to say of the coverage it is asked for."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas.cli import terminal

if TYPE_CHECKING:
    from ehsaas.judging import Judge


Model = Annotated[
    Path | None,
    typer.Option(
        help="A recogniser: its folder, or the file that `ehsaas export` wrote; default is"
        " $EHSAAS_MODEL."
    ),
]
"""The option of verbs that judge."""

Coverage = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Sets that hold the true emotion with this probability, between 0 and 1; where a"
        " set has several, the answer is “not sure”.",
    ),
]
"""The option of verbs that can give prediction sets."""


def named(given: Path | None) -> Path:
    """The model that was given, or that of `EHSAAS_MODEL`.

    Raises:
        UsageError: neither was.
    """
    if given is not None:
        return given
    if os.environ.get("EHSAAS_MODEL"):
        return Path(os.environ["EHSAAS_MODEL"])
    raise terminal.UsageError(
        "no model: give one with --model or EHSAAS_MODEL; `make demo` trains one (on"
        " rendered speech), `ehsaas run CONFIG.yaml` writes one to RUN/model"
    )


def see_coverage(
    recogniser: "Judge", coverage: float | None, baseline: str | None, looks: str = ""
) -> None:
    """See that sets can be given, and say once where their promise may not hold.

    Args:
        recogniser: that gives them.
        coverage: that was asked for.
        baseline: that was asked for.
        looks: what short looks are judged for; nothing where whole recordings are.

    Raises:
        UsageError: it can give none.
    """
    from ehsaas.judging import RecogniserError

    if coverage is None:
        return
    try:
        recogniser.settles(coverage)
    except RecogniserError as error:
        raise terminal.UsageError(f"--coverage {coverage:g}: {error}") from error
    facts = recogniser.facts.get("calibration", {})
    doubts = []
    if facts.get("data") != "target":
        among = ", ".join(facts.get("corpora", ())) or "what the model was trained on"
        doubts.append(
            f"calibrated on {facts.get('utterances', 'some')} recordings of"
            f" {among}: it holds for recordings like those, not for another language"
            " (`ehsaas adapt --labels` calibrates on your own)"
        )
    elif (whom := facts.get("for", "other voices")) != "other voices":
        doubts.append(f"calibrated for {whom}")
    if facts.get("statistics") == "speaker":
        if baseline is None:
            doubts.append("calibrated by the statistics of each speaker (--baseline gives them)")
    elif baseline is not None:
        doubts.append("not calibrated with --baseline")
    if looks:
        doubts.append(f"calibrated on whole recordings, not on the short looks of {looks}")
    if doubts:
        terminal.say(f"--coverage {coverage:g} is a promise that was {'; '.join(doubts)}")
