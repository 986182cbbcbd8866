"""Kashmiri Rasa (the published test part): `wavs/KAS_M_ANGER_00007.wav` and `test.txt`."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ehsaas.corpora.card import Card, Corpus, CorpusError, Row, Trap, UnusedError

LABELS = {
    "ANGER": "anger",
    "DISGUST": "disgust",
    "FEAR": "fear",
    "HAPPY": "happiness",
    "SAD": "sadness",
    "SURPRISE": "surprise",
    "CONV": None,
    "BOOK": None,
}
STYLES = {"CONV": "conversation", "BOOK": "book"}
_NAME = re.compile(r"KAS_([MF])_([A-Z]+)_\d+")


def parse(path: PurePosixPath) -> Row:
    """Columns of one file: sex, which is the speaker too, emotion or reading style, number.

    The number is no prompt id (the two speakers' equal numbers carry different texts), so the
    sentence comes from the transcript.
    """
    found = _NAME.fullmatch(path.stem)
    if not found:
        raise UnusedError("the name is not like KAS_M_ANGER_00007 (sex, emotion, number)")
    sex, code = found.groups()
    return {
        "speaker": sex,
        "sex": "male" if sex == "M" else "female",
        "native_emotion": code,
        "style": STYLES.get(code, "emotional"),
    }


def texts(folder: Path) -> Mapping[str, str]:
    """Transcripts by file stem, from `test.txt` (path|speaker id|text) where it is there."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("test.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1):
            parts = line.split("|", 2)
            if len(parts) == 3:
                found[PurePosixPath(parts[0]).stem] = parts[2].strip()
            elif line.strip():
                raise CorpusError(f"{path}, line {number}: expected path|speaker id|text")
    return found


CORPUS = Corpus(
    Card(
        name="kashmiri_rasa",
        title="Rasa, Kashmiri (AI4Bharat), the part published as a test set",
        language="ks",
        labels=LABELS,
        licence="CC BY 4.0",
        citation="P. S. Varadhan, A. Sankar, G. Raju, M. M. Khapra: Rasa: Building expressive"
        " speech synthesis systems for Indian languages in low-resource settings."
        " Interspeech 2024.",
        home="https://huggingface.co/datasets/ai4bharat/Rasa",
        layout="wavs/KAS_M_ANGER_00007.wav, with transcripts in test.txt",
        utterances=666,
        speakers=2,
        traps=(
            Trap(
                "Two speakers, one man and one woman.",
                "440 and 226 clips; a random split puts both on both sides.",
                "Train on one and test on the other; the result speaks of these two voices only.",
            ),
            Trap(
                "There is no neutral emotion.",
                "CONV (163) and BOOK (45, the man alone) are reading styles without an emotion, so"
                " neutral taken from them is confounded with style.",
                "Count them as neutral only where the result says so.",
            ),
            Trap(
                "The emotional sentences also say the emotion.",
                "The texts name it (anger, fear, …), so a text model reads the answer.",
                "Do not take results with text as evidence about the voice.",
            ),
        ),
    ),
    parse,
    texts,
)
