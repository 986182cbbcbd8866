"""Codes of languages → their names in English."""

from collections.abc import Mapping
from types import MappingProxyType

from ehsaas.evaluation.pooled import Result

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "Arabic",
        "bn": "Bangla",
        "cy": "Welsh",
        "de": "German",
        "en": "English",
        "es": "Spanish",
        "fa": "Persian",
        "fr": "French",
        "hi": "Hindi",
        "it": "Italian",
        "ks": "Kashmiri",
        "pa": "Punjabi",
        "pl": "Polish",
        "pt": "Portuguese",
        "sd": "Sindhi",
        "ta": "Tamil",
        "tr": "Turkish",
        "ur": "Urdu",
        "zh": "Chinese",
    }
)


def tongue(code: str) -> str:
    """A language in English where its name is known."""
    return LANGUAGES.get(code.split("-")[0], "not known" if code == "und" else code)


def language(result: Result) -> str:
    """The language in English where we know its name, else its code, else the corpus.

    Corpora taken together may be in several.
    """
    if "+" in result.corpus:
        return "Together"
    code = result.language or result.corpus
    return LANGUAGES.get(code.split("-")[0], code)
