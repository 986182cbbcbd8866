"""`python examples/render.py FOLDER`: the rendered speech of `experiments/ehsaas_open.yaml`.

One folder a language, as the corpora `rendered_fa`, `rendered_hi` and `rendered_pa` expect it. The
same command gives the same bytes.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ehsaas.cli import terminal
from ehsaas.corpora.prosody import EMOTIONS
from ehsaas.corpora.rendered import render

LANGUAGES = ("fa", "hi", "pa")
"""None of them is a language that the benchmark's corpora speak."""

VOICES = 8


def main() -> None:
    """Render every emotion that can be, in each language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the corpora lie")
    folder = parser.parse_args().folder
    with terminal.progress() as tell:
        render(
            folder,
            LANGUAGES,
            speakers=VOICES,
            emotions=tuple(EMOTIONS),
            progress=lambda done, total: tell("rendering", done, total),
        )


if __name__ == "__main__":
    main()
