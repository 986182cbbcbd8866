"""Folder of recordings → utterance table: one file a corpus, one line each in `CORPORA`."""

from ehsaas.corpora import banglaser, emodb, kashmiri_rasa, ravdess, rendered, tess, urdu
from ehsaas.corpora.card import Card, Corpus, CorpusError, Trap

__all__ = ["CORPORA", "Card", "Corpus", "CorpusError", "Trap"]

CORPORA: dict[str, Corpus] = {
    "banglaser": banglaser.CORPUS,
    "emodb": emodb.CORPUS,
    "kashmiri_rasa": kashmiri_rasa.CORPUS,
    "ravdess": ravdess.CORPUS,
    "tess": tess.CORPUS,
    "urdu": urdu.CORPUS,
    **rendered.CORPORA,
}
