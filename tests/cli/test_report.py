import shutil
from pathlib import Path

from tests.cli.conftest import Home, Type


def test_one_run_s_report_is_rebuilt(home: Home, typed: Type) -> None:
    report = home.run / "report.html"
    before = report.read_bytes()
    report.unlink()
    result = typed("report", home.run)
    assert result.exit_code == 0
    assert result.stdout == f"{report}\n"
    assert report.read_bytes() == before


def test_two_runs_are_set_side_by_side(home: Home, typed: Type, tmp_path: Path) -> None:
    shutil.copytree(home.run, tmp_path / "other")
    page = tmp_path / "both.html"
    result = typed("report", home.run, tmp_path / "other", "-o", page)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{page}\n"
    assert "other" in page.read_text(encoding="utf-8")


def test_a_folder_without_predictions_is_one_line(typed: Type, tmp_path: Path) -> None:
    result = typed("report", tmp_path)
    assert result.exit_code == 2
    assert "no such prediction table" in result.stderr
    assert result.stdout == ""
