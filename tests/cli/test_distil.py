from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import soundfile

import ehsaas
from ehsaas.audio import RATE
from ehsaas.export import distil as lessons
from ehsaas.recogniser import load, save
from tests.cli.conftest import Type
from tests.conftest import Pair
from tests.export import toys

Made = Callable[[str], Pair]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for number, clip in enumerate(toys.clips()[:3]):
        soundfile.write(folder / f"{number}.wav", clip.samples, RATE)
    return folder


@pytest.fixture(autouse=True)
def few_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps instead of thousands; how well it learns is seen in tests/export."""
    little = partial(lessons.StudentSettings, steps=2, hidden=4, dense=4, speeds=(1.0,))
    monkeypatch.setattr(lessons, "StudentSettings", little)


def test_a_student_of_a_folder_or_a_file_is_saved_and_judges(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path
) -> None:
    both = pair("attention-bilstm")
    save(replace(both.recogniser, licence="CC0-1.0"), tmp_path / "teacher")
    for teacher, name in ((tmp_path / "teacher", "of-folder"), (both.path, "of-file")):
        out = tmp_path / name
        result = typed("distil", teacher, recordings, "-o", out)
        assert result.exit_code == 0, result.output
        assert result.stdout == f"{out}\n"
        (line,) = result.stderr.splitlines()
        assert "learned what toy attention-bilstm says of 3 recordings (3 s)" in line
        assert line.endswith("what can be calibrated is a recogniser trained by `ehsaas run`")
        student = ehsaas.load(out)
        assert student.name == "toy attention-bilstm-student"
        assert student.facts["teacher"]["name"] == "toy attention-bilstm"
        assert student.licence == {"of-folder": "CC0-1.0", "of-file": "CC-BY-4.0"}[name]
        judged = typed("recognise", recordings, "--model", out)
        assert judged.exit_code == 0, judged.output
        asked = typed("recognise", recordings, "--model", out, "--coverage", 0.9)
        assert asked.exit_code == 2 and "a student cannot be; what can be" in asked.stderr
        assert "adapt" not in asked.stderr + line


def test_the_seed_is_told(typed: Type, pair: Made, recordings: Path, tmp_path: Path) -> None:
    """The same one gives the same student, byte for byte."""
    teacher = pair("attention-bilstm").path
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        typed("distil", teacher, recordings, "-o", tmp_path / name, "--seed", seed)
    a, b, c = ((tmp_path / name / "model.safetensors").read_bytes() for name in "abc")
    assert a == b != c


def test_a_student_can_be_exported(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path
) -> None:
    typed("distil", pair("attention-bilstm").path, recordings, "-o", tmp_path / "student")
    words = ("export", tmp_path / "student", "--clips", recordings, "-o", tmp_path / "x.onnx")
    result = typed(*words)
    assert result.exit_code == 0, result.output
    assert ehsaas.load(tmp_path / "x.onnx").facts == load(tmp_path / "student").facts


def test_a_bad_recording_is_named_and_the_rest_teaches(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path
) -> None:
    place = tmp_path / "clips"
    place.mkdir()
    (place / "good.wav").symlink_to(recordings / "1.wav")
    (place / "bad.wav").write_text("no sound")
    out = tmp_path / "student"
    result = typed("distil", pair("attention-bilstm").path, place, "-o", out)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{place / 'bad.wav'}: ")
    assert "1 recordings" in result.stderr and (out / "recogniser.json").is_file()


def test_mistakes_are_one_line_and_exit_code_2(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path
) -> None:
    teacher = pair("attention-bilstm").path
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").touch()
    for words, message in (
        ((tmp_path / "none", recordings), "no such file or folder"),
        ((tmp_path / "none.onnx", recordings), "no such file"),
        ((teacher, tmp_path / "none"), "expected a folder of recordings"),
        ((teacher, full), "expected a folder of recordings"),
        ((teacher, recordings, "-o", full), "there is something already"),
    ):
        result = typed("distil", *words)
        assert result.exit_code == 2, result.output
        assert message in result.stderr and result.stderr.count("\n") == 1
        assert result.stdout == ""


def test_what_is_saved_knows_nothing_of_the_teacher_s_sets(
    typed: Type, pair: Made, recordings: Path, tmp_path: Path
) -> None:
    both = pair("attention-bilstm")
    facts = {"corpora": ["first"], "calibration": {"utterances": 40}}
    save(replace(both.recogniser, facts=facts), tmp_path / "teacher")
    typed("distil", tmp_path / "teacher", recordings, "-o", tmp_path / "student")
    student = load(tmp_path / "student")
    assert student.scores is None and "calibration" not in student.facts
