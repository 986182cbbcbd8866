"""Recordings → what is said in them: Whisper fills `text` and `language` of an utterance table.

A row that has a text is left alone. What the model heard lies in `HOME/transcripts/`, one small
file for each recording, keyed by the model's weights, the language it was told and the digest of
the samples; what of it is believed is decided anew each time. A text is believed where somebody
seems to speak (Radford et al. 2023, §4.5, but without the exception for confident words: what
Whisper makes up in noise is confident), it does not repeat itself without end, and the language was
told or is sure. `sentence` stays as it is: two takes of a sentence are rarely heard alike.
"""

import hashlib
import re
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter, ValidationError

from ehsaas import audio, utterances
from ehsaas.audio import Clip
from ehsaas.corpora.asr import (
    SETTINGS,
    FasterWhisper,
    Heard,
    LanguageError,
    TranscriptError,
    find_model,
)
from ehsaas.utterances import UtteranceTable

DETECT, TABLE = "detect", "table"
"""Languages that are no language: let the model hear which it is, or take each row's own."""

SHORTEST = 0.2
"""Seconds, about a syllable; in less, Whisper makes words up."""

NO_SPEECH = 0.6
"""Whisper's probability that nobody speaks, above which its words are not believed."""

REPETITIVE = 2.4
"""How far a text may shrink in zlib; the longest Kashmiri sentences reach 1.75, loops 3 to 50."""

SURE = 0.5
"""The probability that a detected language must have."""

_WHISPERS = {"jv": "jw", "nb": "no", "cmn": "zh", "fil": "tl"}  # where it has codes of its own
_NONE = ("und", "mul", "mis", "zxx")  # tags that name no language

Progress = Callable[[int, int], None]
"""Called with (rows done, rows without a text)."""


_HEARD = TypeAdapter(Heard)

Recognise = Callable[[Clip, str | None], Heard]
"""A clip and Whisper's code of its language (None: detect it) → what is heard; many at once."""

Engine = Callable[[Path, int], Recognise]
"""A model's folder and how many clips are recognised at once → the recogniser."""


@dataclass(frozen=True)
class Transcribed:
    """The `table` with its new texts, and what became of every row of it.

    `filled` rows got a text, `left_alone` had one. `silent` (columns corpus, id, reason) holds no
    words that can be believed, `failed` (the same columns) could not be heard at all.
    `disagreements` counts texts by (language of the table, another one that they are in).
    """

    table: UtteranceTable
    filled: int
    left_alone: int
    silent: pl.DataFrame
    failed: pl.DataFrame
    disagreements: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class _Untold:
    """Why a row gets no text."""

    reason: str
    failed: bool = False


Row = dict[str, Any]
Answer = Heard | _Untold


def transcribe(
    table: UtteranceTable,
    model: str | Path,
    *,
    home: Path,
    language: str = DETECT,
    workers: int = 1,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Transcribed:
    """Fill the texts that `table` lacks, and with them the languages that it lacks.

    Args:
        table: rows with recordings; a row with a text is left alone.
        model: a folder with a Whisper of CTranslate2's, or its name (`base`, `Systran/…`).
        home: the user cache; what was heard is kept in `home/transcripts`.
        language: `detect`; `table`, each row's own, detected where it has none; or a BCP-47 tag.
        workers: clips recognised at once, each on one thread; the texts do not depend on it.
        progress: called as rows are done.
        engine: makes the recogniser; None = faster-whisper.

    Raises:
        TranscriptError: there is no such model, it does not know `language`, or faster-whisper is
            needed and missing.
        TableError: the folder of a corpus is not known.
    """
    own = None if language in (DETECT, TABLE) else language
    if own is not None and (not re.fullmatch(r"[a-z]{2,3}(-[\dA-Za-z]+)*", own) or not _code(own)):
        raise TranscriptError(
            f"language {language!r}; expected a tag such as ks or en-GB, {TABLE!r} or {DETECT!r}"
        )
    rows = table.rows.filter(pl.col("text").is_null()).to_dicts()
    answers = _answers(table, rows, model, home, language, workers, progress, engine)
    return _filled(table, rows, answers, own)


@dataclass(frozen=True)
class _Cache:
    """What the model with these weights heard with these settings, by digest and language."""

    folder: Path
    model: str

    def get(self, digest: str, language: str | None) -> Heard | None:
        """None where it is not kept, or damaged."""
        try:
            return _HEARD.validate_json(self._path(digest, language).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def put(self, digest: str, language: str | None, heard: Heard) -> None:
        """Written aside and renamed, so that it is whole whoever else writes it."""
        path = self._path(digest, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{uuid.uuid4().hex}.part")
        aside.write_bytes(_HEARD.dump_json(heard))
        aside.replace(path)

    def _path(self, digest: str, language: str | None) -> Path:
        key = hashlib.sha256(f"{self.model} {sorted(SETTINGS.items())}".encode()).hexdigest()
        return self.folder / f"{key[:16]}-{language or DETECT}" / f"{digest}.json"


def _answers(
    table: UtteranceTable,
    rows: Sequence[Row],
    model: str | Path,
    home: Path,
    language: str,
    workers: int,
    progress: Progress | None,
    engine: Engine | None,
) -> list[Answer]:
    """One for each row: what is kept is taken, and the model loaded only if anything is not."""
    if not rows:
        return []
    folder = find_model(model)
    with (folder / "model.bin").open("rb") as weights:
        cache = _Cache(home / "transcripts", hashlib.file_digest(weights, "sha256").hexdigest())
    told = [_told(row, language) for row in rows]
    answers: dict[int, Answer] = {}
    for at, row in enumerate(rows):
        if row["digest"] is not None and (kept := cache.get(row["digest"], told[at])) is not None:
            answers[at] = kept
    missing = [at for at in range(len(rows)) if at not in answers]
    if not missing:
        return list(answers.values())
    recognise = (engine or FasterWhisper)(folder, workers)

    def one(at: int) -> Answer:
        try:
            return _listen(table, rows[at], told[at], cache, recognise)
        except LanguageError as error:
            if language == TABLE and told[at] is not None:
                return _Untold(str(error), failed=True)
            raise

    with ThreadPoolExecutor(workers) as pool:
        for at, answer in zip(missing, pool.map(one, missing), strict=True):
            answers[at] = answer
            if progress is not None:
                progress(len(answers), len(rows))
    return [answers[at] for at in range(len(rows))]


def _listen(
    table: UtteranceTable, row: Row, told: str | None, cache: _Cache, recognise: Recognise
) -> Answer:
    """What is said in one row's recording, or why that is not known."""
    if row["path"] is None:
        return _Untold("it has no recording", failed=True)
    location = table.location(row["corpus"], row["path"])
    try:
        clip = audio.read(location, row["start"], row["end"])
    except (audio.AudioError, OSError) as error:
        return _Untold(str(error), failed=True)
    digest = audio.digest(clip)
    if row["digest"] not in (None, digest):
        return _Untold(
            f"{location}: changed since the table was made; run `ehsaas prepare` again", failed=True
        )
    if audio.is_silent(clip):
        return _Untold("no speech: it is silent")
    if clip.duration < SHORTEST:
        return _Untold(f"{clip.duration:.2f} s are too short for words")
    heard = cache.get(digest, told)  # the table may have no digest, or the same recording twice
    if heard is None:
        heard = recognise(clip, told)
        cache.put(digest, told, heard)
    return heard


def _filled(
    table: UtteranceTable, rows: Sequence[Row], answers: Sequence[Answer], said: str | None
) -> Transcribed:
    """The table with the texts that are believed; `said` is the language that the user gave."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    silent: list[tuple[str, str, str]] = []
    failed: list[tuple[str, str, str]] = []
    disagreements: Counter[tuple[str, str]] = Counter()
    for row, answer in zip(rows, answers, strict=True):
        name, known = (row["corpus"], row["id"]), row["language"]
        text = _believed(answer) if isinstance(answer, Heard) else answer
        if isinstance(text, _Untold):
            (failed if text.failed else silent).append((*name, text.reason))
            continue
        assert isinstance(answer, Heard)
        language = said or answer.language
        found[name] = (text, known or language)
        if _code(known) not in (None, _code(language)):
            disagreements[known, language] += 1
    whole = table.rows.to_dicts()
    for row in whole:
        if (row["corpus"], row["id"]) in found:
            row["text"], row["language"] = found[row["corpus"], row["id"]]
    return Transcribed(
        table.keep(utterances.from_rows(whole)),
        len(found),
        len(table) - len(rows),
        _listed(silent),
        _listed(failed),
        dict(disagreements.most_common()),
    )


def _believed(heard: Heard) -> str | _Untold:
    """The text, or why there is none."""
    spoken = [window for window in heard.windows if any(map(str.isalnum, window.text))]
    if not spoken:
        return _Untold("no words were heard")
    clear = [window for window in spoken if window.no_speech <= NO_SPEECH]
    if not clear:
        least = min(window.no_speech for window in spoken)
        return _Untold(f"no speech, the model says (probability {least:.2f})")
    if any(_shrinks(window.text) > REPETITIVE for window in clear):
        return _Untold("the model said the same over and over, as it does where it hears no words")
    if heard.probability is not None and heard.probability < SURE:
        return _Untold(
            f"not sure of the language ({heard.language}, probability {heard.probability:.2f});"
            " give it with --language"
        )
    return "".join(window.text for window in clear).strip()


def _shrinks(text: str) -> float:
    """By what factor zlib makes `text` smaller, each letter a byte in whatever script."""
    letters = {letter: at % 256 for at, letter in enumerate(dict.fromkeys(text))}
    plain = bytes(letters[letter] for letter in text)
    return len(plain) / len(zlib.compress(plain))


def _told(row: Row, language: str) -> str | None:
    """What the model is told of a row's language: Whisper's code, or None to detect it."""
    if language == DETECT:
        return None
    return _code(row["language"] if language == TABLE else language)


def _code(tag: str | None) -> str | None:
    """Whisper's code for a BCP-47 tag, `en-GB` → `en`, `jv` → `jw`; None where it names none."""
    primary = tag.split("-")[0].lower() if tag is not None else None
    return None if primary is None or primary in _NONE else _WHISPERS.get(primary, primary)


def _listed(rows: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=dict.fromkeys(("corpus", "id", "reason"), pl.String), orient="row"
    )
