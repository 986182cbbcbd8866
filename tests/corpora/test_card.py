"""Sentence ids made of the words."""

import unicodedata

from ehsaas.corpora.card import sentence_of


def test_equal_words_are_one_sentence_whatever_the_spacing_and_composition() -> None:
    words = "Was für Tüten?"
    same = {sentence_of(form) for form in (words, " Was  für\tTüten? ", _decomposed(words))}
    assert len(same) == 1
    assert sentence_of("Was für Taschen?") not in same


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)
