import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import ehsaas
from ehsaas import digests, shipped
from tests.cli.conftest import Default, Home, Type
from tests.conftest import Pair
from tests.experiments.benchmark.tables import table
from tests.experiments.builders import config, corpus

RIGHT = "tests.experiments.benchmark.tables:right"
LOGITS = "tests.experiments.benchmark.tables:logits"


@pytest.fixture
def corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tables in the folder where they are looked for."""
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "corpora")
    table(tmp_path / "corpora", "second", "ur", higher=1)
    return tmp_path / "corpora"


def test_a_callable_is_ranked_on_all_tables_that_are_there(typed: Type, corpora: Path) -> None:
    result = typed("benchmark", RIGHT)
    assert result.exit_code == 0, result.output
    assert "ranked over German, Urdu" in result.stdout and "1.000" in result.stdout
    assert result.stdout.splitlines()[-1] == "runs/benchmark/leaderboard.html"
    assert result.stderr == ""
    assert Path("runs/benchmark/leaderboard.html").is_file()
    (folder,) = [one for one in Path("runs/benchmark").iterdir() if one.is_dir()]
    names = {"predictions.parquet", "items.csv", "left_out.csv", "results.json"}
    assert {one.name for one in folder.iterdir()} == names
    sha = json.loads((folder / "results.json").read_text())["entry"]["items"]["sha256"]
    assert sha in result.stdout


def test_a_second_model_adds_a_line_and_json_is_the_leaderboard(typed: Type, corpora: Path) -> None:
    typed("benchmark", RIGHT, corpora / "first.parquet", "-o", "board")
    labels = "fear,anger,happiness,neutral,sadness"
    words = ("benchmark", LOGITS, corpora / "first.parquet", "-o", "board", "--labels", labels)
    result = typed(*words, "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told == json.loads(Path("board/leaderboard.json").read_text())
    names = [line["name"] for line in told["boards"][0]["rankings"][0]["lines"]]
    assert sorted(names) == ["logits", "right"]


def test_a_callable_may_lie_in_the_folder_that_one_is_in(typed: Type, corpora: Path) -> None:
    text = "def guess(clip):\n    return {'ang': 0.4, 'hap': 0.3, 'neu': 0.2, 'sad': 0.1}\n"
    Path("a_model_beside.py").write_text(text, encoding="utf-8")
    result = typed("benchmark", "a_model_beside:guess")
    assert result.exit_code == 0, result.output
    assert "0.250" in result.stdout


def test_only_a_callable_is_looked_for_in_the_folder_that_one_is_in(
    typed: Type, corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    typed("benchmark", "nothing")
    assert sys.path == before
    assert typed("benchmark", RIGHT).exit_code == 0
    assert sys.path == [*before, str(Path.cwd())]


def test_a_callable_that_says_no_version_is_asked_again(typed: Type, corpora: Path) -> None:
    """Its file is the same, but what it reads is not."""
    text = "from pathlib import Path\nfrom tests.experiments.benchmark import tables\n"
    text += "def model(clip):\n    return getattr(tables, Path('which').read_text())(clip)\n"
    Path("reading_model.py").write_text(text, encoding="utf-8")
    Path("which").write_text("right", encoding="utf-8")
    assert "1.000" in typed("benchmark", "reading_model:model").stdout
    Path("which").write_text("never_sad", encoding="utf-8")
    result = typed("benchmark", "reading_model:model")
    assert "0.750" in result.stdout and "1.000" not in result.stdout and result.stderr == ""


def test_what_is_taken_from_an_earlier_run_is_said(
    pair: Callable[[str], Pair], typed: Type, corpora: Path
) -> None:
    words = ("benchmark", pair("attention-bilstm").path)
    assert "taken" not in typed(*words).stderr
    said = typed(*words).stderr
    assert said.startswith("taken from an earlier run: first, second (remove runs/benchmark/")


def test_without_jinja2_one_line_says_what_is_missing_before_anything_is_judged(
    typed: Type, corpora: Path
) -> None:
    code = (
        "import sys\nsys.modules.update(jinja2=None, torch=None, transformers=None, sklearn=None)\n"
        "from ehsaas.cli import main\nmain()\n"
    )
    words = [sys.executable, "-c", code, "benchmark", RIGHT]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "reports need jinja2: pip install 'ehsaas[train]'\n"
    assert not Path("runs").exists()


def test_a_recogniser_says_by_digest_what_it_was_trained_on(
    home: Home, typed: Type, tmp_path: Path
) -> None:
    """Its own corpus is refused, and of one that it shares clips with those are left out."""
    own = home.folder / "corpora" / "first.parquet"
    result = typed("benchmark", home.model, own, "-o", tmp_path / "board")
    assert result.exit_code == 2
    assert result.stderr == (
        "small was trained on all 36 recordings of first: there is nothing else to judge; give"
        " other tables\n"
    )
    facts = ehsaas.load(home.model).facts
    assert digests.count(facts["digests"]) == facts["utterances"] == 36
    corpus(tmp_path / "corpora", "other", speakers=2, times=3, seed=1)
    other = tmp_path / "corpora" / "other.parquet"
    result = typed("benchmark", home.model, own, other, "-o", tmp_path / "board")
    assert result.exit_code == 0, result.output
    assert "refused: all 36" in " ".join(result.stdout.split())
    assert result.stderr.startswith("left out: 36 (trained on); ")


def test_an_exported_file_is_judged_without_statistics_where_it_has_none(
    pair: Callable[[str], Pair], typed: Type, corpora: Path
) -> None:
    result = typed("benchmark", pair("attention-bilstm").path, "--format", "json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    kinds = {cell["normalisation"] for cell in told["entries"][0]["cells"]}
    assert kinds == {"source", "corpus"}
    protocols = {cell["language"]: cell["protocol"] for cell in told["entries"][0]["cells"]}
    assert protocols == {"de": "contaminated", "ur": "zero-shot"}  # the toy says `first`
    assert told["boards"][0]["unranked"][0]["cells"] == {}  # it knows no happiness


def test_a_shipped_model_is_entered_by_name(typed: Type, corpora: Path, default: Default) -> None:
    default.ship("CC-BY-4.0")
    result = typed("benchmark", shipped.DEFAULT, "--format", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["entries"][0]["name"] == shipped.DEFAULT


def test_a_recipe_leaves_out_each_language(
    typed: Type, corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHSAAS_HOME", "home")
    small = config(corpora=("first", "second")).model_dump(mode="json")
    Path("small.yaml").write_text(yaml.safe_dump(small), encoding="utf-8")
    result = typed("benchmark", "small.yaml")
    assert result.exit_code == 0, result.output
    assert "small" in result.stdout and "functionals-svm" in result.stdout
    assert "ranked over German, Urdu" in result.stdout


def test_recordings_that_cannot_be_read_are_counted_and_exit_code_1(
    typed: Type, corpora: Path
) -> None:
    (corpora / "first" / "s0_anger.wav").unlink()
    result = typed("benchmark", RIGHT)
    assert result.exit_code == 1
    assert "left out: 1 (cannot be read)" in result.stderr
    assert "1.000" in result.stdout


def test_ctrl_c_leaves_what_is_finished(
    typed: Type, corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from tests.experiments.benchmark.tables import right\nasked = []\n"
        "def model(clip):\n"
        "    asked.append(clip)\n"
        "    if len(asked) == 31:\n        raise KeyboardInterrupt\n"
        "    return right(clip)\n"
    )
    Path("stopped_model.py").write_text(text, encoding="utf-8")
    result = typed("benchmark", "stopped_model:model")
    assert result.exit_code == 130 and result.stderr == "stopped\n"
    assert typed("benchmark", "stopped_model:model").exit_code == 0
    import stopped_model  # type: ignore[import-not-found]

    assert len(stopped_model.asked) == 1 + 24 + 6 + 1 + 24  # what it is asked to learn its keys


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((RIGHT, "--corpora", "none"), "no TABLE, and none in none: make some with `ehsaas prep"),
        (("nothing",), "nothing: no such model; expected a recogniser's folder"),
        ((RIGHT, "none.parquet"), "none.parquet: no such table"),
        ((RIGHT, "--neutral", "bok"), "--neutral bok: no unlabelled utterance has this style"),
        ((LOGITS,), "returned ndarray for a second of noise; expected a mapping"),
        ((LOGITS, "--labels", "anger,wut"), "'wut' cannot be told for an emotion"),
        ((LOGITS, "--labels", "anger,sadness"), "gave outputs of shape (5,)"),
        (("x.yaml", "--labels", "anger,fear"), "a recipe has none"),
        (("x.yaml",), "x.yaml: no such configuration"),
    ],
)
def test_mistakes_are_one_line(
    typed: Type, corpora: Path, words: tuple[str, ...], message: str
) -> None:
    result = typed("benchmark", *words)
    assert result.exit_code == 2
    assert message in result.stderr and result.stderr.count("\n") == 1
    assert not Path("runs/benchmark/leaderboard.json").exists()
