import json
from pathlib import Path

import pytest

from tests.cli.conftest import Home, Type


def test_a_run_prints_its_report_and_names_the_recogniser(home: Home) -> None:
    assert home.ran.exit_code == 0, home.ran.output
    assert home.ran.stdout == f"{home.run / 'report.html'}\n"
    assert str(home.model) in home.ran.stderr
    assert (home.run / "report.html").is_file()
    assert (home.model / "recogniser.json").is_file()


def test_without_a_recogniser_none_is_named(
    home: Home, typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHSAAS_HOME", str(home.folder / "home"))
    path = tmp_path / "none.yaml"
    path.write_text((home.folder / "small.yaml").read_text() + "recogniser: false\n")
    path.write_text(path.read_text().replace("recogniser: true\n", ""))
    folder = tmp_path / "run"
    words = ("--corpora", home.folder / "corpora", "--fast-dev-run", "-o", folder)
    result = typed("run", path, *words)
    assert result.exit_code == 0, result.output
    assert "recogniser" not in result.stderr and not (folder / "model").exists()


def test_how_to_repeat_names_the_file_that_was_typed(home: Home) -> None:
    command = json.loads((home.run / "environment.json").read_text())["command"]
    typed = home.folder / "small.yaml"
    assert command == f"ehsaas run {typed} --corpora FOLDER --fast-dev-run"


def test_features_are_kept_under_ehsaas_home(home: Home) -> None:
    assert any((home.folder / "home").iterdir())


def test_a_wrong_key_is_one_line_and_exit_code_2(typed: Type, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ncorpora: [emodb]\nepoch: 3\n")
    result = typed("run", path)
    assert result.exit_code == 2
    assert "epoch: unknown key" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_corpus_that_is_not_there_is_named(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("name: mine\ncorpora: [emodb]\n")
    result = typed("run", "mine.yaml")
    assert result.exit_code == 2
    assert "corpus 'emodb' is not there" in result.stderr
    assert "corpora/emodb" in result.stderr


def test_a_tryout_is_not_published(typed: Type, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ncorpora: [emodb]\n")
    result = typed("run", path, "--fast-dev-run", "--results", tmp_path)
    assert result.exit_code == 2
    assert "--results would publish" in result.stderr
    assert sorted(tmp_path.iterdir()) == [path]
