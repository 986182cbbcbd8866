"""The README's figures are what the results pages' twins hold, and its ten lines run."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from ehsaas.audio import RATE
from ehsaas.calibration import Statistics
from ehsaas.features import FeatureConfig
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.recogniser import Recogniser, save

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
TWIN = ROOT / "docs" / "results" / "kashmiri_bilstm.json"

CORPORA = {
    "urdu": "Urdu (`urdu`)",
    "emodb": "German (`emodb`)",
    "ravdess": "English (`ravdess`)",
    "banglaser": "Bangla (`banglaser`)",
    "kashmiri_rasa": "Kashmiri (`kashmiri_rasa`) †",
}


def found(corpus: str, system: str, protocol: str) -> dict[str, Any]:
    """The one row of the twin: UAR on a corpus's own emotions, under corpus statistics."""
    wanted = {
        "source": "ours",
        "test": corpus,
        "train": [corpus],
        "system": system,
        "protocol": protocol,
        "normalisation": "corpus",
        "label_set": "native",
        "metric": "uar",
    }
    rows = json.loads(TWIN.read_text(encoding="utf-8"))
    (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return dict(row)


def figure(row: dict[str, Any]) -> str:
    return f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_readme_s_figures_are_those_of_the_run(corpus: str) -> None:
    cells = [CORPORA[corpus], str(found(corpus, "attention-bilstm", "strict")["labels"])]
    for system in ("attention-bilstm", "functionals-svm"):
        cells += [figure(found(corpus, system, protocol)) for protocol in ("strict", "random")]
    cells.append(f"{1 / found(corpus, 'attention-bilstm', 'strict')['labels']:.2f}")
    line = f"| {' | '.join(cells)} |"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert line in readme.splitlines(), f"the README should have the line:\n{line}"


SHIPPED = {
    "emodb": "German",
    "ravdess": "English",
    "urdu": "Urdu",
    "banglaser": "Bangla",
    "kashmiri_rasa": "Kashmiri †",
    "all languages": "mean",
}


@pytest.mark.parametrize("tested", SHIPPED)
def test_the_shipped_model_s_figures_are_those_of_its_run(tested: str) -> None:
    twin = ROOT / "docs" / "results" / "ehsaas_base.json"
    rows = json.loads(twin.read_text(encoding="utf-8"))
    wanted = {
        "source": "ours",
        "system": "ehsaas-base",
        "protocol": "lolo",
        "test": tested,
        "label_set": "four",
        "metric": "mean_uar" if tested == "all languages" else "uar",
    }
    own = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    cells = []
    for by in ("source", "corpus", "speaker"):
        (row,) = [
            row
            for row in own
            if row["normalisation"] == by and not {"disturbance"} & set(row["condition"])
        ]
        cells.append(figure(row))
    line = f"| {SHIPPED[tested]} | {' | '.join(cells)} |"
    readme = README.read_text(encoding="utf-8")
    assert line in readme.splitlines(), f"the README should have the line:\n{line}"


def test_the_open_model_s_figures_are_those_of_its_run_and_of_the_leaderboard() -> None:
    """One clip alone: three languages as it is, two by networks trained without them."""
    results = ROOT / "docs" / "results"
    board = json.loads((ROOT / "docs" / "benchmark" / "leaderboard.json").read_text("utf-8"))
    (line,) = board["boards"][0]["rankings"][0]["lines"]
    heard = [line["cells"][language]["uar"]["value"] for language in ("de", "en", "ur")]
    left_out = [
        row["value"]
        for corpus in ("banglaser", "kashmiri_rasa")
        for row in json.loads((results / "ehsaas_open.json").read_text("utf-8"))
        if (row["system"], row["protocol"], row["test"]) == ("ehsaas-open", "lolo", corpus)
        and (row["label_set"], row["metric"], row["normalisation"]) == ("four", "uar", "source")
    ]
    readme = README.read_text(encoding="utf-8")
    german, english, urdu = (f"{value:.2f}" for value in heard)
    assert f"{german} (German), {english} (English) and {urdu} (Urdu)" in readme
    assert "without Bangla or Kashmiri, {:.2f} and {:.2f} there".format(*left_out) in readme
    assert f"That is {sum([*heard, *left_out]) / 5:.2f} on average over the five" in readme


def test_the_readme_s_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)", readme)
    assert links and [link for link in links if not (ROOT / link).exists()] == []


def small() -> Recogniser:
    """A recogniser of four emotions with random weights."""
    config = FeatureConfig(parts=("logmel",), hop_ms=20, n_mels=12, n_mfcc=6)
    torch.manual_seed(0)
    return Recogniser(
        config,
        {"hidden": 4, "layers": 1, "dense": 4},
        AttentionBiLSTM(12, 4, hidden=4, layers=1, dense=4),
        model="attention-bilstm",
        classes=("anger", "happiness", "neutral", "sadness"),
        statistics=Statistics(np.zeros(12, np.float32), np.ones(12, np.float32), 1, "source"),
        name="mine",
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_ten_lines_run(tmp_path: Path) -> None:
    """Out of the lab: export, a command, Python and a server, as they stand but for the port."""
    lines = re.search(r"```bash\n(ehsaas export.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert lines is not None and len(lines[1].strip().splitlines()) == 10
    save(small(), tmp_path / "runs" / "mine" / "model")
    time = np.arange(2 * RATE) / RATE
    soundfile.write(tmp_path / "clip.wav", 0.3 * np.sin(2 * np.pi * 200 * time), RATE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "set -e; trap 'kill %1; wait' EXIT\n" + lines[1].replace("8000", port)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "EHSAAS_PORT": port},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout[done.stdout.index('{"model"') :])
    emotion = answer["estimates"][0]["emotion"]
    assert emotion in small().classes
    assert emotion in done.stdout.splitlines(), "Python says the same as the server"
