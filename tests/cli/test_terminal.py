import io
import sys
from pathlib import Path

import pytest
import typer

from ehsaas.audio import AudioError
from ehsaas.cli import terminal


def code_of(verb: object) -> int:
    """The exit code with which a verb that goes wrong ends."""
    with pytest.raises(typer.Exit) as raised:
        terminal.tells_mistakes(verb)()  # type: ignore[arg-type]
    return raised.value.exit_code


def raising(error: BaseException) -> object:
    def verb() -> None:
        raise error

    return verb


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (AudioError("a.wav: empty"), "a.wav: empty"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "x.csv: No such file"),
        (OSError("the disk is gone"), "the disk is gone"),
        (ModuleNotFoundError("…", name="torch"), "torch is not installed: pip install 'ehsaas[t"),
        (
            ImportError("reports need jinja2: pip install 'ehsaas[train]'"),
            "reports need jinja2: pip",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    error: Exception, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(raising(error)) == 2
    told = capsys.readouterr()
    assert told.err.startswith(line)
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_an_interrupt_is_one_line_and_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a defect of ours"),
        BrokenPipeError(),
        ModuleNotFoundError("…", name="ehsaas.nothing"),
        ImportError("cannot import name 'x'"),
    ],
)
def test_our_own_defects_keep_their_traceback(error: Exception) -> None:
    with pytest.raises(type(error)):
        terminal.tells_mistakes(raising(error))()  # type: ignore[arg-type]


class Watched(io.StringIO):
    """A stderr that somebody watches."""

    def isatty(self) -> bool:
        return True


def test_progress_goes_to_a_watched_stderr_and_leaves_stdout_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched()
    monkeypatch.setattr(sys, "stderr", watched)
    with terminal.progress() as tell:
        tell("reading", 1, 4)
        tell("writing", 0, 0)
        print("a result")
        tell("reading", 4, 4)
    assert capsys.readouterr().out == "a result\n"
    assert "reading" in watched.getvalue()


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.progress() as tell:
        tell("reading", 1, 4)
    assert capsys.readouterr() == ("", "")


def test_what_takes_long_tells_lines_where_nobody_watches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with terminal.progress(lines=True) as tell:
        for done in range(1, 4):
            tell("reading", done, 3)
        for done in range(21):
            tell("training", done, 20)
    out, err = capsys.readouterr()
    assert out == ""
    steps = [f"training: {done} of 20" for done in range(2, 21, 2)]
    assert err.splitlines() == ["reading …", "training …", *steps]


def test_home_is_ehsaas_home_or_the_user_s_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EHSAAS_HOME", str(tmp_path))
    assert terminal.home() == tmp_path
    monkeypatch.delenv("EHSAAS_HOME")
    assert terminal.home().name == "ehsaas"
