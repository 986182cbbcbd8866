import re
from pathlib import Path

import pytest

from ehsaas.emotions import NO_SPEECH, NOT_SURE, VOCABULARY
from ehsaas.judging import LONGEST, LOOK, SHORTEST, STEP, WINDOW
from ehsaas.serving.model_file import OUTPUTS

WEB = Path(__file__).parents[2] / "ehsaas" / "serving" / "web"
OWN = sorted(path for path in WEB.iterdir() if path.is_file())
HTML = (WEB / "index.html").read_text(encoding="utf-8")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in OWN if path.suffix == ".js"}


def test_the_page_has_files() -> None:
    assert {"index.html", "style.css", "main.js", "worker.js"} <= {path.name for path in OWN}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_no_file_names_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.findall(r"https?://|['\"(]//", text)


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    assert not re.findall(r"<style|\sstyle=|\son\w+=", HTML)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", HTML))


def test_what_the_page_asks_for_is_there() -> None:
    asked = re.findall(r'(?:src|href)="([^"#]+)"', HTML)
    assert asked and all((WEB / name).is_file() for name in asked)


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_imports_is_there(name: str) -> None:
    for names, file in re.findall(r'import (.+?) from "\./(\S+?)"', SCRIPTS[name], re.S):
        assert (WEB / file).is_file(), file
        for one in re.findall(r"\w+", names.partition("{")[2]):
            assert re.search(rf"export .*\b{one}\b", SCRIPTS[file]), f"{one} of {file}"


def test_every_id_that_a_script_looks_for_is_on_the_page() -> None:
    asked = {one for text in SCRIPTS.values() for one in re.findall(r'find\("([\w-]+)"\)', text)}
    assert asked and not asked - set(re.findall(r'\sid="([\w-]+)"', HTML))


@pytest.mark.parametrize("emotion", [*VOCABULARY, NOT_SURE, NO_SPEECH])
def test_every_emotion_has_a_look(emotion: str) -> None:
    css = (WEB / "style.css").read_text(encoding="utf-8")
    assert f".e-{emotion.replace(' ', '-')} {{" in css
    if emotion in VOCABULARY:
        assert css.count(f"  --{emotion}: #") == 2, "a colour for light and one for dark"


def test_no_two_emotions_look_alike_without_colour() -> None:
    css = (WEB / "style.css").read_text(encoding="utf-8")
    looks = re.findall(r"^\.e-([\w-]+) \{ --c: [^;]+;(.*)\}$", css, re.M)
    assert len(looks) == len(VOCABULARY) + 2
    patterns = [pattern for name, pattern in looks if name != "no-speech"]
    assert len(set(patterns)) == len(patterns)


def test_the_page_judges_by_the_numbers_of_the_judge() -> None:
    numbers = {
        name: float(value)
        for name, value in re.findall(r"export const (\w+) = ([\d.]+);", SCRIPTS["judging.js"])
    }
    ours = {"SHORTEST": SHORTEST, "LONGEST": LONGEST, "WINDOW": WINDOW, "LOOK": LOOK, "STEP": STEP}
    assert numbers == {"RATE": 16_000, **ours}


def test_the_worker_reads_outputs_that_model_files_have() -> None:
    asked = set(re.findall(r"found\.(\w+)\??\.data", SCRIPTS["worker.js"]))
    assert "probabilities" in asked and asked <= set(OUTPUTS)
