import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import soundfile

import ehsaas
from ehsaas import audio
from ehsaas.audio import RATE
from ehsaas.cli.clips import clips_of
from ehsaas.cli.terminal import UsageError
from ehsaas.models import classical
from ehsaas.recogniser import save
from ehsaas.serving.runtime import read
from tests.cli.conftest import Type
from tests.conftest import Pair
from tests.export import toys

Made = Callable[[str], Pair]

QUICK: dict[str, Any] = {"hidden": 4, "width": 4}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a perceptron, the quickest to export."""
    folder = tmp_path_factory.mktemp("models") / "small"
    save(toys.recogniser("perceptron", **QUICK), folder)
    return folder


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three that can be used, in a folder of their own."""
    folder = tmp_path_factory.mktemp("recordings")
    for number, clip in enumerate(toys.clips()[1:4]):
        soundfile.write(folder / f"{number}.wav", clip.samples, RATE)
    return folder


def test_a_file_is_written_and_said_to_be_equal(
    typed: Type, model: Path, recordings: Path, tmp_path: Path
) -> None:
    """Bad recordings among those that are compared on are named, each once, and left out."""
    place = tmp_path / "clips"
    place.mkdir()
    for path in recordings.iterdir():
        (place / path.name).symlink_to(path)
    (place / "letter.wav").write_text("Dear sound card, …")
    soundfile.write(place / "silent.wav", np.zeros(RATE), RATE)
    out = tmp_path / "made" / "x.onnx"
    words = ("--clips", place, "--licence", "CC0-1.0", "--program", tmp_path / "new" / "x.pt2")
    (tmp_path / "card.md").write_text("# Was es kann: wütend → Wut\n", encoding="utf-8")
    result = typed("export", model, "-o", out, *words, "--card", tmp_path / "card.md")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{out}\n"
    bad, silent, said = result.stderr.splitlines()
    assert bad.startswith(f"{place / 'letter.wav'}: ")
    assert silent == f"{place / 'silent.wav'}: left out; silent, or shorter than 0.1 s"
    assert said.startswith(f"{out}: 0.") and "on 3 clips of 0.8 to 5.6 s (recordings)" in said
    assert "its graph differs from the recogniser by at most: probabilities " in said
    file = ehsaas.load(out)
    assert file.name == "toy perceptron"
    assert file.card.licence == "CC0-1.0"  # type: ignore[attr-defined]
    assert file.card.about == "# Was es kann: wütend → Wut\n"  # type: ignore[attr-defined]
    assert (tmp_path / "new" / "x.pt2").is_file()


def test_the_licence_is_the_recogniser_s_unless_another_is_given(
    typed: Type, tmp_path: Path
) -> None:
    made = toys.recogniser("perceptron", **QUICK)
    save(replace(made, licence="CC-BY-NC-SA-4.0"), tmp_path / "model")
    out = tmp_path / "x.onnx"
    for words, licence in (((), "CC-BY-NC-SA-4.0"), (("--licence", "CC0-1.0"), "CC0-1.0")):
        result = typed("export", tmp_path / "model", "-o", out, *words)
        assert result.exit_code == 0, result.output
        assert read(out).licence == licence


def test_a_card_that_is_no_text_is_named(typed: Type, model: Path, tmp_path: Path) -> None:
    (tmp_path / "card.md").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "card.md", tmp_path / "none.md"):
        result = typed("export", model, "-o", tmp_path / "x.onnx", "--card", path)
        assert result.exit_code == 2
        assert f"--card {path}: cannot be read as text (" in result.stderr
    assert not (tmp_path / "x.onnx").exists()


def test_export_prints_nothing_but_its_own_lines(model: Path, tmp_path: Path) -> None:
    """Torch's exporter, onnxscript and onnxruntime have much to say otherwise."""
    out = tmp_path / "x.onnx"
    words = (model, "-o", out, "--int8", "--program", tmp_path / "x.pt2")
    command = [sys.executable, "-m", "ehsaas", "export", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}\n"
    line, change = done.stderr.splitlines()
    assert line.startswith(f"{out}: ") and "(sounds made for it)" in line
    assert change.startswith("of 8 bits, it changes a probability there by at most ")


def sizes(path: Path) -> set[int]:
    """Of the axes of a file's constants; 64 is that between feed-forward matrices."""
    return {size for one in onnx.load(path).graph.initializer for size in one.dims}


def test_a_pruned_encoder_is_smaller(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path
) -> None:
    encoder = tmp_path / "encoder"
    made = toys.recogniser("linear-probe", toys.embeddings(encoder), reach=True)
    save(made, tmp_path / "model")
    out = tmp_path / "half.onnx"
    words = ("export", tmp_path / "model", "-o", out, "--prune", 0.5)
    result = typed(*words, "--clips", recordings)
    assert result.exit_code == 0, result.output
    said, changed, sets = result.stderr.splitlines()
    assert "its graph differs from the pruned recogniser by at most: probabilities " in said
    assert changed.startswith("pruned by 50%, it changes a probability there by at most ")
    whole, file = ehsaas.load(tmp_path / "model"), read(out)
    clips = [audio.read(path) for path in recordings.iterdir()]
    gaps = [
        np.abs(whole.hear([clip])[0].probabilities - file.hear([clip])[0].probabilities).max()
        for clip in clips
    ]
    assert float(changed.split()[-1]) == pytest.approx(max(gaps), rel=0.06)
    assert max(gaps) > 1e-3
    assert sets == "it gives no prediction sets: what was calibrated is the recogniser as it was"
    assert (file.card.pruned, file.card.scores, file.card.limits) == (0.5, None, None)
    asked = typed("recognise", recordings, "--model", out, "--coverage", 0.9)
    assert asked.exit_code == 2 and "a pruned recogniser cannot be" in asked.stderr
    assert 64 in sizes(pair(toys.WHISPER).path) and 64 not in sizes(out)
    refused = typed(*words)
    assert refused.exit_code == 2 and "give some (--clips)" in refused.stderr


def test_mistakes_are_one_line_and_leave_no_file(
    typed: Type, model: Path, recordings: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    labels = ["anger", "neutral"] * 4
    fitted = classical.fit("logistic-regression", rng.normal(size=(8, 3)), labels, None, 0)
    fitted.save(tmp_path / "classical")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.wav").write_text("no sound")
    out = tmp_path / "x.onnx"
    for words, message in (
        ((tmp_path / "none",), "no recogniser here"),
        ((tmp_path,), "no recogniser here"),
        ((tmp_path / "classical",), "a classical pipeline"),
        ((tmp_path / "classical",), "stays in Python"),
        ((model, "--int8", "--int8-static"), "--int8 and --int8-static are two ways of the same"),
        ((model, "--int8-static"), "measures activations on recordings: give some (--clips)"),
        ((model, "--prune", 0.5), "pruning listens to recordings"),
        ((model, "--prune", 0.5, "--clips", recordings), "perceptron without a pretrained encoder"),
        ((model, "--prune", 1.5, "--clips", recordings), "expected one between 0 and 1"),
        ((model, "--clips", tmp_path / "none"), "expected a folder of recordings"),
        ((model, "--clips", model), "expected a folder of recordings"),
        ((model, "--program", tmp_path / "x.bin"), "to end in .pt2"),
        ((model, "--program", recordings / "0.wav" / "x.pt2"), "0.wav is no folder"),
    ):
        result = typed("export", *words, "-o", out)
        assert result.exit_code == 2, result.output
        assert message in result.stderr and result.stdout == ""
        assert result.stderr.count("\n") == 1
        assert not out.exists()
    folder = typed("export", model, "-o", recordings)
    assert folder.exit_code == 2 and folder.stderr.startswith(f"{recordings}: is a folder; ")
    assert not [*tmp_path.rglob("*.part")]
    result = typed("export", model, "--clips", tmp_path / "bad", "-o", out)
    assert result.exit_code == 2 and "no recording of it can be used" in result.stderr


def test_recordings_are_drawn_evenly_from_a_folder(tmp_path: Path) -> None:
    for number in range(10):
        sound = np.full(2000 + 100 * number, 0.3) * (-1.0) ** np.arange(2000 + 100 * number)
        soundfile.write(tmp_path / f"{number}.wav", sound, RATE)
    some, left_out = clips_of(tmp_path, "--clips", most=4)
    assert [(len(clip.samples) - 2000) // 100 for clip in some] == [0, 2, 5, 7]
    assert left_out == 0
    assert len(clips_of(tmp_path, "--clips", most=20)[0]) == 10
    with pytest.raises(UsageError, match="--clips .*none: expected a folder"):
        clips_of(tmp_path / "none", "--clips")


def test_help_brings_in_nothing_heavy() -> None:
    """Torch, polars or numpy would be most of half a second."""
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom ehsaas.cli import app\n"
        "for verb in ('export', 'distil', 'recognise'):\n"
        "    assert CliRunner().invoke(app, [verb, '--help']).exit_code == 0\n"
        "print(*sorted({'torch', 'polars', 'sklearn', 'numpy', 'onnx'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--coverage", 0.7),
        ("--timeline",),
        ("--timeline", "--window", 1, "--hop", 0.5, "--coverage", 0.7),
        ("--baseline", "self"),
        ("--baseline", "running"),
        ("--baseline", "FOLDER"),
    ],
    ids=lambda words: " ".join(map(str, words)) or "plain",
)
def test_recognise_says_of_a_file_what_it_says_of_the_folder(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path, words: tuple[object, ...]
) -> None:
    both = pair("attention-bilstm")
    save(both.recogniser, tmp_path / "folder")
    options = [recordings if word == "FOLDER" else word for word in words]

    def judged(model: Path) -> tuple[list[dict[str, Any]], str]:
        result = typed("recognise", recordings, "--model", model, "--format", "json", *options)
        assert result.exit_code == 0, result.output
        found: list[dict[str, Any]] = json.loads(result.stdout)
        return found, result.stderr

    (one, told), (other, also) = judged(tmp_path / "folder"), judged(both.path)
    assert told == also and len(one) == len(other) >= 3
    for a, b in zip(one, other, strict=True):
        assert b["probabilities"] == pytest.approx(a["probabilities"], abs=1e-4)
        assert b["attention"] == pytest.approx(a["attention"], abs=1e-4)
        assert b["extra"] == pytest.approx(a["extra"], rel=1e-3)
        loose = ("probabilities", "attention", "extra")
        assert {k: v for k, v in a.items() if k not in loose} == {
            k: v for k, v in b.items() if k not in loose
        }


def test_a_baseline_for_a_file_that_hears_samples_is_refused(
    typed: Type, pair: Made, recordings: Path
) -> None:
    path = pair("finetuned-speech").path
    for baseline in ("self", "running", recordings):
        result = typed("recognise", recordings, "--model", path, "--baseline", baseline)
        assert result.exit_code == 2 and result.stdout == ""
        assert "hears samples" in result.stderr and "leave --baseline out" in result.stderr


def test_a_window_that_is_too_long_is_one_line(typed: Type, pair: Made, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(toys.clips()[3].samples, 5), RATE)
    path = pair(toys.WHISPER).path
    result = typed("recognise", long, "--model", path, "--timeline", "--window", 20)
    assert result.exit_code in (1, 2) and result.stdout == ""
    assert "windows of 20 s; at most 15 s are heard in one piece" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_damaged_file_is_one_line(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path
) -> None:
    data = bytearray(pair("attention-bilstm").path.read_bytes())
    (tmp_path / "cut.onnx").write_bytes(data[: len(data) // 2])
    for model in (tmp_path / "cut.onnx", tmp_path / "none.onnx"):
        result = typed("recognise", recordings, "--model", model)
        assert result.exit_code == 2 and result.stderr.startswith(f"{model}: ")
        assert result.stderr.count("\n") == 1
