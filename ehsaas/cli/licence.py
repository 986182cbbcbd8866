"""What the licence of a shipped model forbids → a notice on stderr, once for each user."""

import hashlib
from typing import TYPE_CHECKING

from ehsaas import shipped
from ehsaas.cli import terminal

if TYPE_CHECKING:
    from ehsaas.judging import Judge


def tell_once(name: str, judge: "Judge") -> None:
    """Say what a shipped model may be used for, unless it is known to be free (`shipped.FREE`).

    It is remembered in the user's folder; where that cannot be written it is said each time.

    Args:
        name: of the model, in `shipped.MODELS`.
        judge: the model.
    """
    if name in shipped.FREE:
        return
    notice = _notice(name, judge.licence, judge.facts.get("corpora", ()))
    digest = hashlib.sha256(notice.encode("utf-8")).hexdigest()[:16]
    told = terminal.home() / "licences" / f"{name}-{digest}.txt"
    try:
        if told.is_file():
            return
        told.parent.mkdir(parents=True, exist_ok=True)
        told.write_text(notice + "\n", encoding="utf-8")
    except OSError:  # a home that cannot be written is no reason to judge nothing
        terminal.say(notice)
    else:
        terminal.say(f"{notice} This is said once.")


def _notice(name: str, licence: str | None, corpora: tuple[str, ...]) -> str:
    """Two lines: what it may be used for and what it was trained on, and what else there is."""
    trained = f" It was trained on {', '.join(corpora)}." if corpora else ""
    free = shipped.free()
    if free is None:
        other = (
            "`ehsaas run` trains one for any use by experiments/ehsaas_open.yaml of the source"
            " repository."
        )
    else:
        other = f"For any use there is {free} (--model {free})."
    return f"Licence of {name}: {licence or 'not said in its file'}.{trained}\n{other}"
