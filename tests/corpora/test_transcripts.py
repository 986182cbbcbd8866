"""Whisper's place is taken by engines that say what they are told to; see `Parrot`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import soundfile

from ehsaas import utterances
from ehsaas.audio import RATE, Clip, digest, read
from ehsaas.corpora.asr import (
    Heard,
    LanguageError,
    TranscriptError,
    Window,
)
from ehsaas.corpora.transcripts import Transcribed, transcribe
from ehsaas.utterances import UtteranceTable
from tests import signals
from tests.corpora.asr_models import write_model

PITCHES = (110.0, 150.0, 190.0)


def heard(
    *texts: str, no_speech: float = 0.1, language: str = "ur", sure: float | None = 0.9
) -> Heard:
    return Heard(tuple(Window(text, no_speech) for text in texts), language, sure)


@dataclass
class Parrot:
    """An engine that hears `answer` in every clip, and notes what it was asked."""

    answer: Heard = field(default_factory=lambda: heard(" salaam"))
    loaded: list[tuple[Path, int]] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def __call__(self, folder: Path, workers: int) -> Callable[[Clip, str | None], Heard]:
        self.loaded.append((folder, workers))
        return self._recognise

    def _recognise(self, clip: Clip, language: str | None) -> Heard:
        self.asked.append((digest(clip), language))
        if language == "ks":
            raise LanguageError("the model does not know the language ks")
        if language is not None:
            return Heard(self.answer.windows, language, None)
        return self.answer


@dataclass(frozen=True)
class Place:
    """A model's folder, a home, and a table of three spoken recordings without texts."""

    model: Path
    home: Path
    table: UtteranceTable

    def ask(self, parrot: Parrot, table: UtteranceTable | None = None, **more: Any) -> Transcribed:
        return transcribe(table or self.table, self.model, home=self.home, engine=parrot, **more)

    def with_columns(self, **columns: list[Any]) -> UtteranceTable:
        types = self.table.rows.schema
        series = [pl.Series(name, values, types[name]) for name, values in columns.items()]
        return self.table.keep(self.table.rows.with_columns(series))


def write_clip(path: Path, samples: signals.Signal) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return {
        "id": path.stem,
        "corpus": "mini",
        "path": path.name,
        "duration": len(samples) / RATE,
        "digest": digest(read(path)),
    }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    folder = tmp_path / "mini"
    rows = [
        write_clip(folder / f"{at}.wav", signals.voice(f0, 0.5)) for at, f0 in enumerate(PITCHES)
    ]
    table = UtteranceTable(utterances.from_rows(rows), {"mini": folder})
    return Place(write_model(tmp_path / "model"), tmp_path / "home", table)


def test_texts_and_languages_are_filled_and_nothing_else(place: Place) -> None:
    done = place.ask(Parrot(heard(" salaam", " dost.")))
    assert done.table.rows["text"].to_list() == ["salaam dost."] * 3
    assert done.table.rows["language"].to_list() == ["ur"] * 3
    rest = pl.exclude("text", "language")
    assert done.table.rows.select(rest).equals(place.table.rows.select(rest))
    assert done.table.roots == place.table.roots
    assert (done.filled, done.left_alone) == (3, 0)
    assert (done.silent.height, done.failed.height, dict(done.disagreements)) == (0, 0, {})


def test_a_row_that_has_a_text_is_left_alone(place: Place) -> None:
    parrot = Parrot()
    done = place.ask(parrot, place.with_columns(text=[None, "as published", ""]))
    assert done.table.rows["text"].to_list() == ["salaam", "as published", ""]
    assert done.table.rows["language"].to_list() == ["ur", None, None]
    assert (done.filled, done.left_alone) == (1, 2)
    assert [asked for asked, _ in parrot.asked] == place.table.rows["digest"].to_list()[:1]


def test_a_table_with_all_its_texts_needs_no_model(place: Place) -> None:
    whole = place.with_columns(text=["a", "b", "c"])
    done = transcribe(whole, "no such model", home=place.home)
    assert done.table.rows.equals(whole.rows)
    assert not place.home.exists()


def test_detection_never_overwrites_the_tables_language_but_is_counted(place: Place) -> None:
    parrot = Parrot()
    done = place.ask(parrot, place.with_columns(language=["ks", "ur-PK", None]))
    assert [language for _, language in parrot.asked] == [None] * 3
    assert done.table.rows["language"].to_list() == ["ks", "ur-PK", "ur"]
    assert dict(done.disagreements) == {("ks", "ur"): 1}


def test_the_tables_language_is_told_only_where_the_user_says_so(place: Place) -> None:
    parrot = Parrot()
    table = place.with_columns(language=["en-GB", "und", None])
    done = place.ask(parrot, table, language="table")
    assert [language for _, language in parrot.asked] == ["en", None, None]
    assert done.table.rows["language"].to_list() == ["en-GB", "und", "ur"]
    assert dict(done.disagreements) == {}


def test_a_row_whose_language_the_model_does_not_know_fails_alone(place: Place) -> None:
    table = place.with_columns(language=["ks", "en", "en"])
    done = place.ask(Parrot(), table, language="table")
    assert done.table.rows["text"].to_list() == [None, "salaam", "salaam"]
    assert done.failed.rows() == [("mini", "0", "the model does not know the language ks")]


def test_a_language_of_the_users_is_told_for_every_row(place: Place) -> None:
    parrot = Parrot()
    table = place.with_columns(language=["ks", None, None])
    done = place.ask(parrot, table, language="jv-Latn")
    assert [language for _, language in parrot.asked] == ["jw"] * 3
    assert done.table.rows["language"].to_list() == ["ks", "jv-Latn", "jv-Latn"]
    assert dict(done.disagreements) == {("ks", "jv-Latn"): 1}
    with pytest.raises(LanguageError, match="does not know the language ks"):
        place.ask(parrot, language="ks")


@pytest.mark.parametrize("language", ["Urdu", "tabel", "", "e", "mul"])
def test_a_language_that_is_no_tag_is_refused(language: str, place: Place) -> None:
    with pytest.raises(TranscriptError, match="expected a tag such as ks or en-GB"):
        place.ask(Parrot(), language=language)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (heard(), "no words were heard"),
        (heard(" ...", " ?!"), "no words were heard"),
        (heard(" You", no_speech=0.78), r"no speech, the model says \(probability 0\.78\)"),
        (heard(" Thanks." * 40), "the same over and over"),
        (heard(" bonjour", language="fr", sure=0.3), r"not sure of the language \(fr, .* 0\.30\)"),
    ],
)
def test_what_is_not_believed_is_null_with_the_reason(
    answer: Heard, reason: str, place: Place
) -> None:
    done = place.ask(Parrot(answer))
    assert done.table.rows.equals(place.table.rows)
    assert done.filled == 0
    assert done.silent["reason"].str.contains(reason).to_list() == [True] * 3
    assert done.failed.height == 0


def test_only_the_windows_in_which_somebody_speaks_are_taken(place: Place) -> None:
    windows = (Window(" one", 0.1), Window(" You", 0.9), Window(" two", 0.2))
    done = place.ask(Parrot(Heard(windows, "en", 0.9)))
    assert done.table.rows["text"].to_list() == ["one two"] * 3


@pytest.mark.parametrize(
    "text",
    [
        " مےٚ ڈٔلۍ فلایٹہ منٛز پوٗرٕ پٲٹھۍ مغز تہٕ لٲجم أکس مسٲفرس پیٹھ"
        " کرٛیکھ ییٚلہ نہٕ تٔمۍ میانیہ سیٹہِ لتہٕ لگاونہ بند کرنس انکار کوٚر۔",
        " no no no no",
    ],
)
def test_long_sentences_of_any_script_and_short_repetitions_are_believed(
    text: str, place: Place
) -> None:
    assert place.ask(Parrot(heard(text))).table.rows["text"].to_list() == [text.strip()] * 3


def test_silence_and_clips_too_short_for_words_are_not_given_to_the_model(
    place: Place, tmp_path: Path
) -> None:
    rows = [
        write_clip(tmp_path / "mini" / "silent.wav", signals.silence(1.0)),
        write_clip(tmp_path / "mini" / "short.wav", signals.voice(200, 0.1)),
    ]
    parrot = Parrot()
    done = place.ask(parrot, place.table.keep(utterances.from_rows(rows)))
    assert done.table.rows["text"].to_list() == [None, None]
    assert done.silent.rows() == [
        ("mini", "silent", "no speech: it is silent"),
        ("mini", "short", "0.10 s are too short for words"),
    ]
    assert parrot.asked == []


def test_recordings_that_cannot_be_heard_are_listed_with_the_reason(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "mini" / "0.wav").unlink()
    write_clip(tmp_path / "mini" / "1.wav", signals.voice(300, 0.5))
    done = place.ask(Parrot(), place.with_columns(path=["0.wav", "1.wav", None]))
    assert done.filled == 0
    reasons = dict(done.failed.select("id", "reason").rows())
    assert "no such file" in reasons["0"]
    assert "changed since the table was made" in reasons["1"]
    assert reasons["2"] == "it has no recording"


def test_a_stretch_of_a_recording_is_heard_alone(place: Place) -> None:
    parrot = Parrot()
    table = place.with_columns(start=[0.1] * 3, end=[0.4] * 3, digest=[None] * 3)
    assert place.ask(parrot, table).filled == 3
    stretch = read(table.location("mini", "0.wav"), 0.1, 0.4)
    assert parrot.asked[0][0] == digest(stretch)
    assert len(stretch.samples) == round(0.3 * RATE)


def test_what_was_heard_is_kept_and_the_model_not_loaded_again(place: Place) -> None:
    first, second = Parrot(), Parrot(heard(" something else"))
    told = place.ask(first).table
    assert place.ask(second).table.rows.equals(told.rows)
    assert second.loaded == []
    undigested = place.with_columns(digest=[None] * 3)
    assert place.ask(second, undigested).table.rows["text"].to_list() == ["salaam"] * 3
    assert second.asked == []


def test_other_weights_or_another_language_are_heard_anew(place: Place, tmp_path: Path) -> None:
    place.ask(Parrot())
    other = Parrot(heard(" other"))
    assert place.ask(other, language="ur").table.rows["text"][0] == "other"
    moved = place.model.rename(tmp_path / "moved")
    again = transcribe(place.table, moved, home=place.home, engine=Parrot(heard(" not asked")))
    assert again.table.rows["text"][0] == "salaam"
    weights = write_model(tmp_path / "better", b"WEIGHTS")
    better = transcribe(place.table, weights, home=place.home, engine=other)
    assert better.table.rows["text"][0] == "other"


@pytest.mark.parametrize("damage", [b"", b"{", b'{"windows": 1}', b"\xff\xfe"])
def test_what_is_kept_damaged_is_heard_again(damage: bytes, place: Place) -> None:
    place.ask(Parrot())
    kept = sorted(place.home.rglob("*.json"))
    assert len(kept) == 3
    kept[0].write_bytes(damage)
    parrot = Parrot()
    assert place.ask(parrot).filled == 3
    assert [asked for asked, _ in parrot.asked] == [kept[0].stem]
    assert not list(place.home.rglob("*.part"))


def test_a_stopped_run_goes_on_where_it_stopped(place: Place) -> None:
    parrot = Parrot()

    def stop(done: int, total: int) -> None:
        assert total == 3
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.ask(parrot, progress=stop)
    told: list[tuple[int, int]] = []
    kept = len(list(place.home.rglob("*.json")))
    assert kept >= 2
    assert place.ask(parrot, progress=lambda *done: told.append(done)).filled == 3
    assert told == [(at, 3) for at in range(kept + 1, 4)]
    assert len(parrot.asked) == 3


def test_the_same_recording_twice_is_heard_once(place: Place) -> None:
    parrot = Parrot()
    first = place.table.rows.row(0, named=True)
    twice = place.table.keep(utterances.from_rows([first, first | {"id": "copy"}]))
    assert place.ask(parrot, twice).filled == 2
    assert len(parrot.asked) == 1


def test_more_workers_give_the_same_table(place: Place, tmp_path: Path) -> None:
    class Namer(Parrot):
        def _recognise(self, clip: Clip, language: str | None) -> Heard:
            return heard(f" {digest(clip)}")

    one = place.ask(Namer()).table.rows
    parrot = Namer()
    many = transcribe(place.table, place.model, home=tmp_path / "x", workers=3, engine=parrot)
    assert many.table.rows.equals(one)
    assert one["text"].to_list() == one["digest"].to_list()
    assert parrot.loaded == [(place.model, 3)]


def test_a_folder_without_weights_says_what_to_put_there(place: Place) -> None:
    (place.model / "model.bin").unlink()
    (place.model / "vocabulary.json").unlink()
    with pytest.raises(TranscriptError, match=r"\(model.bin, vocabulary.\* missing\); put model"):
        place.ask(Parrot())


def test_without_faster_whisper_the_error_says_what_to_install(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    for model in (place.model, "base"):
        with pytest.raises(TranscriptError, match=r"pip install 'ehsaas\[asr\]'"):
            transcribe(place.table, model, home=place.home)
