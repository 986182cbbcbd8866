"""What every verb shares: results to stdout, messages to stderr, mistakes as one line, progress."""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

SOME_FAILED = 1
USAGE = 2
INTERRUPTED = 130
TRAINING = "training"
"""What `ehsaas.experiments` calls its longest part when it tells how far it is."""

Tell = Callable[[str, int, int], None]
"""Called with (what is being done, steps done, steps in all; 0 in all = not known)."""


class UsageError(ValueError):
    """The command cannot be carried out as it was typed; the message says what to type."""


def say(message: str) -> None:
    """One message to stderr."""
    typer.echo(message, err=True)


def tells_mistakes(verb: Callable[..., None]) -> Callable[..., None]:
    """`verb`, with a user's mistake told in one line and exit code 2 instead of a traceback.

    The errors that are defined in this package are written for the user, and so are those of the
    file system. Anything else is a defect of ours and keeps its traceback.
    """

    @functools.wraps(verb)
    def told(*args: Any, **options: Any) -> None:
        try:
            verb(*args, **options)
        except KeyboardInterrupt:
            say("stopped")
            raise typer.Exit(INTERRUPTED) from None
        except ImportError as error:
            told = str(error)
            if "pip install" not in told:
                if type(error) is ImportError or str(error.name).startswith("ehsaas"):
                    raise
                told = f"{error.name} is not installed: pip install 'ehsaas[train]'"
            say(told)
            raise typer.Exit(USAGE) from error
        except BrokenPipeError:
            raise
        except OSError as error:
            say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            raise typer.Exit(USAGE) from error
        except (ValueError, RuntimeError) as error:
            if not type(error).__module__.startswith("ehsaas."):
                raise
            say(str(error))
            raise typer.Exit(USAGE) from error

    return told


@contextmanager
def progress(lines: bool = False) -> Iterator[Tell]:
    """Bars on stderr while the block runs, one for each thing told; none where nobody watches.

    With `lines`, for what takes long, a stderr that is no terminal gets a line at each new thing,
    and while training one at every tenth.
    """
    if not sys.stderr.isatty():
        yield _in_lines() if lines else lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Elapsed())
    console = Console(stderr=True)
    # Left to itself, rich would send what is printed to stdout meanwhile to stderr.
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bars:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield tell


def _in_lines() -> Tell:
    told: dict[str, int] = {}

    def tell(what: str, done: int, total: int) -> None:
        tenth = 10 * done // total if total and what == TRAINING else 0
        if tenth <= told.get(what, -1):
            return
        told[what] = tenth
        say(f"{what}: {done} of {total}" if tenth else f"{what} …")

    return tell


def home() -> Path:
    """Where features are kept: `EHSAAS_HOME`, or the user's cache folder."""
    from platformdirs import user_cache_dir

    return Path(os.environ.get("EHSAAS_HOME") or user_cache_dir("ehsaas"))


def pairs(options: list[str], name: str) -> dict[str, str]:
    """`["ours=theirs", …]` as a dictionary.

    Raises:
        UsageError: an entry has no `=`.
    """
    wrong = [text for text in options if "=" not in text]
    if wrong:
        raise UsageError(f"{name} {wrong[0]}: expected two names with = between them")
    return dict(text.split("=", 1) for text in options)
