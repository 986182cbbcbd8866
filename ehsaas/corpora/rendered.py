"""Rendered speech: `rendered_de/spk01m/de_spk01m_s05_anger.wav` → speaker, sentence 5, emotion.

Nobody feels anything here: the voices are a synthesiser's and the emotions are settings of it (see
`prosody.py`). It stands in for recordings where there are none, in tests and in `make demo`; a
figure measured on it says nothing about people. `render` writes the files; each language is
a corpus of its own.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ehsaas.corpora import prosody
from ehsaas.corpora.card import Card, Corpus, Row, Trap, UnusedError
from ehsaas.corpora.espeak import STEPS_AN_OCTAVE, Engine, RenderError

SENTENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bn": (
            "ট্রেন সকাল সাতটায় ছাড়ে।",
            "বইটা টেবিলের উপর আছে।",
            "আমরা কাল স্টেশনে দেখা করব।",
            "ঘরের জানালাটা খোলা আছে।",
            "রান্নাঘরে তিনটা চেয়ার আছে।",
            "সে আজ বাজারে যাচ্ছে।",
            "চিঠিটা সোমবার এসেছে।",
            "নীল বোতলে জল আছে।",
        ),
        "de": (
            "Der Zug fährt um sieben Uhr ab.",
            "Das Buch liegt auf dem Tisch.",
            "Wir treffen uns morgen am Bahnhof.",
            "Das Fenster im Zimmer ist offen.",
            "In der Küche stehen drei Stühle.",
            "Sie geht heute auf den Markt.",
            "Der Brief kam am Montag an.",
            "Das Wasser ist in der blauen Flasche.",
        ),
        "en": (
            "The train leaves at seven o'clock.",
            "The book is lying on the table.",
            "We will meet at the station tomorrow.",
            "The window of the room is open.",
            "There are three chairs in the kitchen.",
            "She is going to the market today.",
            "The letter arrived on Monday.",
            "The water is in the blue bottle.",
        ),
        "fa": (
            "قطار ساعت هفت می‌رود.",
            "کتاب روی میز است.",
            "فردا در ایستگاه هستیم.",
            "پنجرهٔ اتاق باز است.",
            "سه صندلی در آشپزخانه است.",
            "او امروز به بازار می‌رود.",
            "نامه روز دوشنبه رسید.",
            "آب در بطری آبی است.",
        ),
        "hi": (
            "गाड़ी सुबह सात बजे जाती है।",
            "किताब मेज़ पर रखी है।",
            "हम कल स्टेशन पर मिलेंगे।",
            "कमरे की खिड़की खुली है।",
            "रसोई में तीन कुर्सियाँ हैं।",
            "वह आज बाज़ार जा रही है।",
            "चिट्ठी सोमवार को आई थी।",
            "पानी नीली बोतल में है।",
        ),
        "pa": (
            "ਗੱਡੀ ਸਵੇਰੇ ਸੱਤ ਵਜੇ ਜਾਂਦੀ ਹੈ।",
            "ਕਿਤਾਬ ਮੇਜ਼ ਉੱਤੇ ਪਈ ਹੈ।",
            "ਅਸੀਂ ਕੱਲ੍ਹ ਸਟੇਸ਼ਨ 'ਤੇ ਮਿਲਾਂਗੇ।",
            "ਕਮਰੇ ਦੀ ਖਿੜਕੀ ਖੁੱਲ੍ਹੀ ਹੈ।",
            "ਰਸੋਈ ਵਿੱਚ ਤਿੰਨ ਕੁਰਸੀਆਂ ਹਨ।",
            "ਉਹ ਅੱਜ ਬਾਜ਼ਾਰ ਜਾ ਰਹੀ ਹੈ।",
            "ਚਿੱਠੀ ਸੋਮਵਾਰ ਨੂੰ ਆਈ ਸੀ।",
            "ਪਾਣੀ ਨੀਲੀ ਬੋਤਲ ਵਿੱਚ ਹੈ।",
        ),
        "ur": (
            "گاڑی صبح سات بجے جاتی ہے۔",
            "کتاب میز پر رکھی ہے۔",
            "ہم کل اسٹیشن پر ملیں گے۔",
            "کمرے کی کھڑکی کھلی ہے۔",
            "باورچی خانے میں تین کرسیاں ہیں۔",
            "وہ آج بازار جا رہی ہے۔",
            "چٹھی پیر کو آئی تھی۔",
            "پانی نیلی بوتل میں ہے۔",
        ),
    }
)
"""What is said, the same eight things in each language, none of them about a feeling."""

VARIANTS: tuple[str, ...] = (
    *("m1", "f1", "m2", "f2", "m3", "f3", "m4", "f4"),
    *("m7", "f5", "m8", "Annie", "klatt", "Andrea", "klatt3", "linda"),
)
"""eSpeak's voice variants, men and women by turns: speaker 1 is the first."""
_NAME = re.compile(r"([a-z]{2})_(spk\d\d([mf]))_s(\d\d)_([a-z]+)")
_WORDS_PER_MINUTE = 165
_LEVEL_DBFS = -28.0
_NOISE_DBFS = -64.0


def parse(path: PurePosixPath) -> Row:
    """Columns of one file, from its name."""
    found = _NAME.fullmatch(path.stem)
    if not found:
        raise UnusedError("the name is not like de_spk01m_s05_anger (language, voice, sentence, …)")
    language, speaker, sex, sentence, emotion = found.groups()
    said = SENTENCES.get(language, ())
    if not 1 <= int(sentence) <= len(said):
        raise UnusedError(f"nothing is rendered as sentence {sentence} in {language!r}")
    return {
        "speaker": speaker,
        "sex": "male" if sex == "m" else "female",
        "native_emotion": emotion,
        "sentence": f"s{sentence}",
        "text": said[int(sentence) - 1],
        "style": "rendered",
    }


def _corpus(language: str) -> Corpus:
    return Corpus(
        Card(
            name=f"rendered_{language}",
            title=f"Speech rendered with eSpeak NG ({language})",
            language=language,
            labels={emotion: emotion for emotion in prosody.EMOTIONS},
            licence="made on this machine; no rights of others",
            citation=None,
            home="https://github.com/espeak-ng/espeak-ng",
            layout=f"spk01m/{language}_spk01m_s05_anger.wav",
            traps=(
                Trap(
                    "Nobody speaks here: the emotions are settings of a synthesiser.",
                    "Pitch, range, rate and loudness are drawn around made-up tendencies.",
                    "Use it to try things out; a figure measured on it says nothing about people.",
                ),
            ),
        ),
        parse,
    )


CORPORA: Mapping[str, Corpus] = MappingProxyType(
    {f"rendered_{language}": _corpus(language) for language in SENTENCES}
)
"""One corpus a language."""


def render(
    folder: Path,
    languages: Sequence[str] = ("de", "en", "fa", "ur"),
    speakers: int = 8,
    sentences: int = 8,
    emotions: Sequence[str] = ("anger", "happiness", "neutral", "sadness"),
    seed: int = 0,
    distance: float = 1.0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write `rendered_de/spk01m/de_spk01m_s05_anger.wav` …, 22 050 Hz, 16 bit; return the files.

    The same arguments give the same bytes, file by file.

    Args:
        folder: where to; one folder a language, called after its corpus, is made in it.
        languages: some of `SENTENCES`.
        speakers: voices a language, at most 16; men and women by turns.
        sentences: how many of the eight sentences each voice says in each emotion.
        emotions: some of `prosody.EMOTIONS`.
        seed: of the speakers' and the utterances' variation.
        distance: how far the languages lie apart in how an emotion sounds; 0 is not at all.
        progress: called with (files written, files in all).

    Raises:
        RenderError: an unknown language or emotion, too many voices or sentences, or no eSpeak NG.
    """
    _check(languages, speakers, sentences, emotions)
    written: list[Path] = []
    total = len(languages) * speakers * sentences * len(emotions)
    for language in languages:
        engine = Engine()
        try:
            for number in range(1, speakers + 1):
                voice = _Voice(engine, language, number, seed)
                for emotion, sentence in product(emotions, range(sentences)):
                    how = prosody.of_emotion(emotion, language, distance)
                    written.append(_write(folder, voice, sentence, emotion, how))
                    if progress:
                        progress(len(written), total)
        finally:
            engine.close()
    return written


class _Voice:
    """One speaker of one language: a variant of eSpeak's, with habits of its own."""

    def __init__(self, engine: Engine, language: str, number: int, seed: int) -> None:
        sex = "m" if number % 2 else "f"
        self.name = f"spk{number:02d}{sex}"
        self.language, self.rate = language, engine.rate
        self._engine = engine
        self._voice = f"{language}+{VARIANTS[number - 1]}"
        self._rng = np.random.default_rng([seed, crc32(language.encode()), number])
        self._habit = prosody.of_speaker(self._rng)

    def say(self, text: str, emotion: prosody.Prosody) -> NDArray[np.float64]:
        """The samples (N,) of one rendition, float64 in [-1, 1]."""
        how = emotion + self._habit + prosody.of_utterance(self._rng)
        spoken = self._engine.say(
            text,
            self._voice,
            words_per_minute=_within(_WORDS_PER_MINUTE * np.exp(how.tempo), 80, 450),
            pitch=_within(50 + how.pitch * STEPS_AN_OCTAVE / 12, 0, 99),
            pitch_range=_within(50 * np.exp(how.span), 0, 99),
        )
        samples = spoken / 32768.0
        level = _amplitude(_LEVEL_DBFS + how.loudness) / np.sqrt(np.mean(samples**2))
        noise = self._rng.normal(0.0, _amplitude(_NOISE_DBFS), len(samples))
        clipped: NDArray[np.float64] = np.clip(samples * level + noise, -1.0, 1.0)
        return clipped


def _amplitude(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))


def _within(value: float, low: int, high: int) -> int:
    return int(np.clip(round(float(value)), low, high))


def _write(folder: Path, voice: _Voice, sentence: int, emotion: str, how: prosody.Prosody) -> Path:
    """Let a voice say one sentence into its file; return the file."""
    import soundfile

    name = f"{voice.language}_{voice.name}_s{sentence + 1:02d}_{emotion}.wav"
    path = folder / f"rendered_{voice.language}" / voice.name / name
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = voice.say(SENTENCES[voice.language][sentence], how)
    soundfile.write(path, samples, voice.rate, subtype="PCM_16")
    return path


def _check(
    languages: Sequence[str], speakers: int, sentences: int, emotions: Sequence[str]
) -> None:
    for what, given, known in (
        ("language", languages, SENTENCES),
        ("emotion", emotions, prosody.EMOTIONS),
    ):
        strange = [name for name in given if name not in known]
        if strange:
            raise RenderError(
                f"cannot render the {what} {', '.join(strange)}; known are {', '.join(known)}"
            )
    for what, count, most in (
        ("speakers", speakers, len(VARIANTS)),
        ("sentences", sentences, len(next(iter(SENTENCES.values())))),
    ):
        if not 1 <= count <= most:
            raise RenderError(f"{count} {what} were asked for; it can be 1 to {most}")
