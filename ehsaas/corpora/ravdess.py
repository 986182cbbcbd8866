"""RAVDESS speech, English: `Actor_07/03-01-05-02-01-02-07.wav` → seven fields, actor last."""

import re
from pathlib import PurePosixPath

from ehsaas.corpora.card import Card, Corpus, Row, Trap, UnusedError

LABELS = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
MODALITIES = {"01": "audio and video", "02": "video only", "03": "audio only"}
INTENSITIES = {"01": "normal", "02": "strong"}
STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
_NAME = re.compile(r"-".join([r"(\d\d)"] * 7))


def parse(path: PurePosixPath) -> Row:
    """Columns of one file: modality, channel, emotion, intensity, statement, repetition, actor."""
    found = _NAME.fullmatch(path.stem)
    if not found:
        raise UnusedError("the name is not seven two-digit fields, like 03-01-05-02-01-02-07")
    modality, channel, emotion, intensity, statement, repetition, actor = found.groups()
    if modality != "03":
        raise UnusedError(
            f"modality {modality} ({MODALITIES.get(modality, 'unknown')}); only 03, audio, is used"
        )
    if channel != "01":
        what = "sung, not spoken" if channel == "02" else "an unknown channel"
        raise UnusedError(f"vocal channel {channel} is {what}; only 01, speech, is used")
    known = intensity in INTENSITIES and statement in STATEMENTS and repetition in ("01", "02")
    if not known or not 1 <= int(actor) <= 24:
        raise UnusedError(
            "RAVDESS has intensities, statements and repetitions 01 and 02, and actors 01 to 24"
        )
    return {
        "speaker": actor,
        "sex": "male" if int(actor) % 2 else "female",
        "native_emotion": emotion,
        "intensity": INTENSITIES[intensity],
        "sentence": statement,
        "text": STATEMENTS[statement],
        "style": "acted",
    }


CORPUS = Corpus(
    Card(
        name="ravdess",
        title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), speech",
        language="en",
        labels=LABELS,
        licence="CC BY-NC-SA 4.0",
        citation="S. R. Livingstone, F. A. Russo: The Ryerson Audio-Visual Database of Emotional"
        " Speech and Song (RAVDESS). PLoS ONE 13(5): e0196391, 2018.",
        home="https://zenodo.org/records/1188976",
        layout="Actor_07/03-01-05-02-01-02-07.wav",
        utterances=1440,
        speakers=24,
        traps=(
            Trap(
                "Two recordings are one.",
                "Actor_07: 03-01-03-01-02-01-07 and 03-01-03-01-02-02-07 are byte-identical.",
                "Keep both on one side of a split, or drop one.",
            ),
            Trap(
                "Two sentences in all, the same for every emotion.",
                "Text carries nothing about the emotion.",
                "Do not judge text models here.",
            ),
        ),
    ),
    parse,
)
