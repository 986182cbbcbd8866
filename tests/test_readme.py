"""The README's table of results is what the results page's twin holds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
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


def test_the_readme_s_links_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)", readme)
    assert links and [link for link in links if not (ROOT / link).exists()] == []
