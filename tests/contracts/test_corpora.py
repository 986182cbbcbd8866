"""What every entry of CORPORA keeps: its card, its file names, the table that comes of them."""

from pathlib import Path

import pytest

from ehsaas import utterances
from ehsaas.corpora import CORPORA
from ehsaas.corpora.prepare import CorpusError, prepare
from ehsaas.emotions import VOCABULARY
from tests.corpora.recordings import NAMES, write, write_corpus

PUBLISHED = sorted(name for name in CORPORA if not name.startswith("rendered"))


def test_every_published_corpus_has_a_mini_corpus() -> None:
    assert sorted(NAMES) == PUBLISHED


@pytest.mark.parametrize("name", CORPORA)
def test_the_card_is_complete(name: str) -> None:
    card = CORPORA[name].card
    assert card.name == name
    assert {emotion for emotion in card.labels.values() if emotion} <= set(VOCABULARY)
    for words in (card.title, card.language, card.licence, card.home, card.layout):
        assert words
    assert card.home is None or card.home.startswith("http")
    for trap in card.traps:
        assert trap.what and trap.measured and trap.advice


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_figures_traps_and_citation_are_given(name: str) -> None:
    card = CORPORA[name].card
    assert card.citation and card.utterances and card.speakers and card.traps


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".WAV"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_mini_corpus_becomes_a_table(name: str, suffix: str, tmp_path: Path) -> None:
    prepared = prepare(name, write_corpus(tmp_path / name, name, suffix))
    rows = utterances.check(prepared.table.rows)
    assert sorted(rows["id"]) == sorted(Path(path).stem for path in NAMES[name])
    assert prepared.unused.is_empty()
    assert rows["corpus"].unique().to_list() == [name]
    assert rows["language"].unique().to_list() == [CORPORA[name].card.language]
    assert rows["speaker"].str.starts_with(f"{name}:").all()
    assert rows["rate"].unique().to_list() == [16000]
    assert rows["duration"].is_between(0.04, 0.16).all()
    assert rows["digest"].n_unique() == rows.height
    for needed in ("sex", "native_emotion", "style"):
        assert rows[needed].null_count() == 0
    for row in rows.iter_rows(named=True):
        assert row["emotion"] == CORPORA[name].card.labels[row["native_emotion"]]
        assert prepared.table.location(name, row["path"]).is_file()
    assert prepared.notes == (
        f"{name} as published has {CORPORA[name].card.utterances} utterances;"
        f" {len(NAMES[name])} are here",
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_strangers_and_unreadable_files_are_listed_with_reasons(name: str, tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, name)
    write(folder, ["stranger.wav", "copy/" + Path(NAMES[name][0]).name, "._03a01Fa.wav"])
    (folder / "README.md").write_text("not audio")
    (folder / NAMES[name][1]).write_bytes(b"not audio either")
    prepared = prepare(name, folder)
    reasons = dict(prepared.unused.iter_rows())
    shadowed = [path for path in reasons if "same name" in reasons[path]]
    assert len(prepared.table) == len(NAMES[name]) - 1
    assert set(reasons) == {"stranger.wav", NAMES[name][1], *shadowed}
    assert len(shadowed) == 1
    assert "the name is not" in reasons["stranger.wav"]
    assert reasons[NAMES[name][1]].startswith("not audio that can be read")


@pytest.mark.parametrize("name", CORPORA)
def test_a_folder_of_something_else_is_refused_with_the_layout(name: str, tmp_path: Path) -> None:
    write(tmp_path, ["holiday.wav"])
    with pytest.raises(CorpusError) as raised:
        prepare(name, tmp_path)
    assert CORPORA[name].card.layout in str(raised.value)
    assert "holiday.wav" in str(raised.value)
