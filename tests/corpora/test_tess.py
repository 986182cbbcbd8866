"""TESS's file names."""

from pathlib import PurePosixPath

import pytest

from ehsaas.corpora.card import UnusedError
from ehsaas.corpora.tess import parse


@pytest.mark.parametrize(
    ("name", "speaker", "word", "code"),
    [
        ("OAF_angry/OAF_back_angry.wav", "OAF", "back", "angry"),
        ("OAF_neutral/OA_bite_neutral.wav", "OAF", "bite", "neutral"),
        ("OAF_Pleasant_surprise/OAF_back_ps.wav", "OAF", "back", "ps"),
        ("YAF_pleasant_surprised/YAF_back_ps.wav", "YAF", "back", "ps"),
        ("yaf_back_pleasant_surprised.wav", "YAF", "back", "ps"),
        ("YAF_sad/YAF_Youth_sad.wav", "YAF", "youth", "sad"),
    ],
)
def test_speaker_word_and_emotion(name: str, speaker: str, word: str, code: str) -> None:
    row = parse(PurePosixPath(name))
    assert (row["speaker"], row["sentence"], row["native_emotion"]) == (speaker, word, code)
    assert (row["sex"], row["text"]) == ("female", f"Say the word {word}")


@pytest.mark.parametrize("name", ["XAF_back_angry.wav", "OAF_angry.wav", "back_angry.wav"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UnusedError, match="OAF_back_angry"):
        parse(PurePosixPath(name))
