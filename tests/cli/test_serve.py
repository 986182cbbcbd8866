import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Default, Home, Type


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EHSAAS_MODEL", "EHSAAS_TOKEN", "EHSAAS_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_model_it_serves_the_one_that_is_shipped(
    typed: Type, default: Default, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ehsaas.serving.server import running

    given: list[Any] = []
    monkeypatch.setattr(running, "run", lambda *words: given.extend(words))
    default.ship("free for any use")
    for words in ((), ("--model", "ehsaas-base")):
        done = typed("serve", *words, "--port", 0)
        assert done.exit_code == 0, done.stderr
        assert [*given.pop(0).state.service.judges] == ["ehsaas-base"]
        given.clear()


def test_where_it_is_not_it_says_how_to_get_one(typed: Type, default: Default) -> None:
    done = typed("serve")
    assert done.exit_code == 2 and "not in this copy of the package" in done.stderr
    assert "--model or EHSAAS_MODEL" in done.stderr and done.stderr.count("\n") == 1


def test_a_model_that_is_not_there_is_named(typed: Type, tmp_path: Path) -> None:
    done = typed("serve", "--model", tmp_path / "none.onnx")
    assert done.exit_code == 2 and "no such file" in done.stderr


def test_an_empty_token_is_none(typed: Type, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    done = typed("serve", "--model", "x.onnx", "--token-file", tmp_path / "token")
    assert done.exit_code == 2 and "an empty token" in done.stderr


def test_a_token_that_is_no_text_is_refused(typed: Type, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    done = typed("serve", "--model", "x.onnx", "--token-file", tmp_path / "token")
    assert done.exit_code == 2 and "no text" in done.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        *(("--port", "70000"), ("--queue", "0"), ("--streams", "-1")),
        *(("--max-seconds", "inf"), ("--max-seconds", "1e300"), ("--idle-seconds", "nan")),
        ("--max-bytes", "99999999999999"),
    ],
)
def test_numbers_that_cannot_be_are_refused(typed: Type, wrong: tuple[str, str]) -> None:
    assert typed("serve", "--model", "x.onnx", *wrong).exit_code == 2


def test_environment_and_flags_are_the_same(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHSAAS_PORT", "70000")
    done = typed("serve", "--model", "x.onnx")
    assert done.exit_code == 2 and "EHSAAS_PORT" in done.stderr


def test_models_and_token_become_a_server(
    typed: Type, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ehsaas.serving.server import running

    given: list[Any] = []
    monkeypatch.setattr(running, "run", lambda *words: given.extend(words))
    monkeypatch.setenv("EHSAAS_TOKEN", " the token\n")
    monkeypatch.setenv("EHSAAS_ALLOWED_HOSTS", "One.example two.example")
    model = home.model
    done = typed("serve", "--model", model, "--host", "0.0.0.0", "--port", 0, "--memory", 7)
    assert done.exit_code == 0, done.stderr
    application, settings, _ = given
    assert [*application.state.service.judges] == ["model"]
    assert settings.token.get_secret_value() == "the token"
    assert settings.memory == 7 << 20
    assert settings.allowed_hosts == ("one.example", "two.example")
    assert "the token" not in repr(settings) and "anybody" not in done.stderr
    twice = typed("serve", "--model", model, "--model", model)
    assert twice.exit_code == 2 and "already a model called model" in twice.stderr
    typed("serve", "--model", model, "--host", "0.0.0.0")
    open_to_all = typed("serve", "--model", model, "--host", "0.0.0.0")
    assert "anybody who reaches 0.0.0.0 may ask" in open_to_all.stderr


def test_an_address_that_is_taken_is_said(typed: Type, home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = typed("serve", "--model", home.model, "--port", port)
    assert done.exit_code == 2 and "in use" in done.stderr


def test_help_loads_no_server() -> None:
    code = (
        "from typer.testing import CliRunner\n"
        "from ehsaas.cli import app\n"
        "assert CliRunner().invoke(app, ['serve', '--help']).exit_code == 0\n"
        "import sys; print(*sorted({'fastapi', 'uvicorn', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
