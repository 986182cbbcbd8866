"""Which recogniser a verb uses, and what there is to say of the coverage it is asked for."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ehsaas import shipped
from ehsaas.cli import licence, terminal

if TYPE_CHECKING:
    from ehsaas.judging import Judge


SHIPPED = ", ".join(shipped.MODELS)
"""The models that come with the package, for help texts."""

DEFAULT = f"$EHSAAS_MODEL, or else {shipped.DEFAULT}"
"""What judges where nothing is given, for help texts."""

Model = Annotated[
    str | None,
    typer.Option(
        help=f"A recogniser: one that comes with the package ({SHIPPED}), a folder, or the file"
        f" that `ehsaas export` wrote; default is {DEFAULT}."
    ),
]
"""The option of verbs that judge."""

Given = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help=f"A recogniser: its folder, an exported file, or one that comes with the package"
        f" ({SHIPPED}).",
    ),
]
"""The argument of verbs that have to be told which recogniser."""

Neutral = Annotated[
    list[str] | None,
    typer.Option(
        metavar="STYLE", help="Unlabelled utterances of this style count as neutral. Repeatable."
    ),
]
"""The option of verbs that compare answers with labels."""

Coverage = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Sets that hold the true emotion with this probability, between 0 and 1; where a"
        " set has several, the answer is “not sure”.",
    ),
]
"""The option of verbs that can give prediction sets."""


def see_named(given: str | None) -> None:
    """Refuse an empty name, which an unset variable of the shell gives; None is no name at all.

    Raises:
        UsageError: it is empty.
    """
    if given is not None and not given.strip():
        raise terminal.UsageError(
            "an empty name of a model: is a variable of the shell not set? Give a model, or leave"
            " it out where it is an option"
        )


def named(given: str | None) -> str:
    """The model that was given, that of `EHSAAS_MODEL`, or the default that is shipped.

    Raises:
        UsageError: what was given is empty.
    """
    see_named(given)
    return given or os.environ.get("EHSAAS_MODEL") or shipped.DEFAULT


def opened(given: str | None) -> "Judge":
    """The recogniser that is `named` so; the licence of a shipped one is said once.

    Raises:
        RecogniserError: there is none.
    """
    import ehsaas

    name = named(given)
    judge = ehsaas.load(name)
    if (known := shipped.name_of(name)) is not None:
        licence.tell_once(known, judge)
    return judge


def folder_of(given: str, otherwise: str) -> Path:
    """The folder of a recogniser, for verbs that need more than a model file holds.

    Args:
        given: as it was typed.
        otherwise: what can be done with a file, for the message.

    Raises:
        UsageError: it is a file, or no name at all.
    """
    see_named(given)
    if given in shipped.MODELS or Path(given).is_file():
        raise terminal.UsageError(
            f"{given}: a model file, which can judge and nothing else; give the folder that"
            f" `ehsaas run` saved (RUN/model), or {otherwise}"
        )
    return Path(given)


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
    if facts.get("data") == "languages":
        doubts.append("calibrated on languages that were left out of the training in turn")
    elif facts.get("data") != "target":
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
