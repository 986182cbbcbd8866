"""Anybody's own corpus: tables and folders, and what a person may get wrong in them."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehsaas import utterances
from ehsaas.corpora.prepare import CorpusError, Manifest, Prepared, prepare
from tests.corpora.recordings import write

CLIPS = ("audio/k1.wav", "audio/k2.wav", "audio/k3.wav")


def listed(folder: Path, *lines: str, name: str = "list.csv", **options: Any) -> Prepared:
    """Prepare a corpus `mine` from a table of these lines beside three recordings."""
    write(folder, CLIPS)
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return prepare("mine", folder / name, manifest=Manifest("ks", **options))


def test_a_csv_with_our_names_needs_no_mapping(tmp_path: Path) -> None:
    prepared = listed(
        tmp_path,
        "path,speaker,sex,emotion,arousal,turn,text,language",
        "audio/k1.wav,ali,M,anger,0.5,1,مےٚ پھُٹ دل,",
        "audio/k2.wav,zoon,female,Sadness,,2,مےٚ پھُٹ دل,ur",
        "audio/k3.wav,zoon,f,,,,,",
    )
    rows = utterances.check(prepared.table.rows)
    assert rows["id"].to_list() == ["k1", "k2", "k3"]
    assert rows["speaker"].to_list() == ["mine:ali", "mine:zoon", "mine:zoon"]
    assert rows["sex"].to_list() == ["male", "female", "female"]
    assert rows["emotion"].to_list() == ["anger", "sadness", None]
    assert rows["native_emotion"].to_list() == ["anger", "Sadness", None]
    assert rows["language"].to_list() == ["ks", "ur", "ks"]
    assert (rows["arousal"].to_list(), rows["turn"].to_list()) == ([0.5, None, None], [1, 2, None])
    assert rows["sentence"][0] == rows["sentence"][1]
    assert rows["digest"].null_count() == 0
    assert prepared.table.location("mine", rows["path"][0]) == tmp_path / "audio/k1.wav"
    assert prepared.notes == ("1 of 3 utterances have no emotion; they are unlabelled",)


@pytest.mark.parametrize(("name", "mark"), [("l.csv", ","), ("l.csv", ";"), ("l.tsv", "\t")])
def test_other_names_labels_and_separators_are_mapped(tmp_path: Path, name: str, mark: str) -> None:
    table = [
        ["\ufefffile", "who", "feeling", "room"],
        ["audio\\k1.wav", "1", "žala", "a"],
        ["audio\\k2.wav", "2", "?", "b"],
    ]
    prepared = listed(
        tmp_path,
        *(mark.join(line) for line in table),
        name=name,
        columns={"path": "file", "speaker": "who", "emotion": "feeling", "session": "room"},
        labels={"žala": "anger", "?": None},
    )
    rows = prepared.table.rows
    assert rows["emotion"].to_list() == ["anger", None]
    assert rows["native_emotion"].to_list() == ["žala", "?"]
    assert rows["speaker"].to_list() == ["mine:1", "mine:2"]
    assert rows["session"].to_list() == ["a", "b"]


def test_parquet_and_stretches_of_one_file(tmp_path: Path) -> None:
    write(tmp_path, CLIPS)
    frame = pl.DataFrame(
        {"path": ["audio/k1.wav"] * 2, "start": [0.0, 0.02], "end": [0.02, 0.04], "speaker": [7, 7]}
    )
    frame.write_parquet(tmp_path / "list.parquet")
    rows = prepare("mine", tmp_path / "list.parquet", manifest=Manifest("ks")).table.rows
    assert rows["id"].to_list() == ["k1@0.000", "k1@0.020"]
    assert rows["duration"].to_list() == [0.02, 0.02]
    assert rows["digest"].n_unique() == 2
    assert rows["speaker"].to_list() == ["mine:7", "mine:7"]


def test_equal_stems_in_different_folders_get_ids_with_the_folder(tmp_path: Path) -> None:
    write(tmp_path, ["a/1.wav", "b/1.wav", "b/2.wav"])
    (tmp_path / "list.csv").write_text("path\na/1.wav\nb/1.wav\nb/2.wav\n")
    prepared = prepare("mine", tmp_path / "list.csv", manifest=Manifest("ks"))
    assert prepared.table.rows["id"].to_list() == ["a/1", "b/1", "2"]
    assert prepared.notes[0].startswith("3 of 3 utterances have no speaker")


def test_stretches_of_files_with_equal_stems_get_ids_with_the_folder(tmp_path: Path) -> None:
    write(tmp_path, ["a/1.wav", "b/1.wav"])
    lines = [f"{folder}/1.wav,{start},{start + 0.02}" for folder in "ab" for start in (0, 0.02)]
    (tmp_path / "list.csv").write_text("\n".join(["path,start,end", *lines]))
    rows = prepare("mine", tmp_path / "list.csv", manifest=Manifest("ks")).table.rows
    assert rows["id"].to_list() == ["a/1@0.000", "a/1@0.020", "b/1@0.000", "b/1@0.020"]


def test_files_that_differ_in_their_ending_alone_keep_it(tmp_path: Path) -> None:
    write(tmp_path, ["a/1.wav", "a/1.flac", "a/2.wav"])
    (tmp_path / "list.csv").write_text("path\na/1.wav\na/1.flac\na/2.wav\n")
    rows = prepare("mine", tmp_path / "list.csv", manifest=Manifest("ks")).table.rows
    assert sorted(rows["id"]) == ["2", "a/1.flac", "a/1.wav"]


def test_words_for_missing_are_no_speakers(tmp_path: Path) -> None:
    lines = ("path,speaker,emotion,text,turn", "audio/k1.wav,nan,none,none,3.0")
    rows = listed(tmp_path, *lines, "audio/k2.wav,NA,null,no,").table.rows
    assert rows["speaker"].to_list() == [None, None]
    assert rows["native_emotion"].to_list() == [None, None]
    assert rows["text"].to_list() == ["none", "no"]
    assert rows["turn"].to_list() == [3, None]
    mapped = listed(tmp_path, *lines, labels={"none": "neutral"}).table.rows
    assert mapped["emotion"].to_list() == ["neutral"]


def test_a_column_of_lists_is_named(tmp_path: Path) -> None:
    frame = pl.DataFrame({"path": ["a.wav"], "speaker": [["x", "y"]]})
    frame.write_parquet(tmp_path / "list.parquet")
    with pytest.raises(CorpusError, match=r"the column for 'speaker' holds List\(String\)"):
        prepare("mine", tmp_path / "list.parquet", manifest=Manifest("ks"))


@pytest.mark.parametrize("name", ["../mine", "my corpus", "", "احساس"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CorpusError, match="a corpus cannot be called"):
        prepare(name, tmp_path, manifest=Manifest("ks"))


def test_paths_are_kept_relative_to_the_list_and_in_one_form(tmp_path: Path) -> None:
    lines = ["path", "./audio//k1.wav", f"{tmp_path}/audio/k2.wav", "audio\\k3.wav"]
    paths = listed(tmp_path, *lines).table.rows["path"].to_list()
    assert paths == ["audio/k1.wav", "audio/k2.wav", "audio/k3.wav"]


def test_links_to_recordings_are_kept_as_they_are_named(tmp_path: Path) -> None:
    write(tmp_path / "blobs", ["9f3c.wav"])
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.wav").symlink_to(tmp_path / "blobs" / "9f3c.wav")
    (corpus / "list.csv").write_text(f"path\n{corpus}/a.wav\n")
    (tmp_path / "link").symlink_to(corpus)
    for folder in (corpus, tmp_path / "link"):
        table = prepare("mine", folder / "list.csv", manifest=Manifest("ks")).table
        assert table.rows.select("path", "id").row(0) == ("a.wav", "a")


def test_own_ids_are_kept(tmp_path: Path) -> None:
    rows = listed(tmp_path, "id,path", "x,audio/k1.wav", "y,audio/k2.wav").table.rows
    assert rows["id"].to_list() == ["x", "y"]


def test_files_that_are_missing_or_no_audio_are_listed(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("no audio")
    prepared = listed(tmp_path, "path", "audio/k1.wav", "nowhere.wav", "bad.wav")
    reasons = dict(prepared.unused.iter_rows())
    assert len(prepared.table) == 1
    assert reasons["nowhere.wav"] == "no such file"
    assert reasons["bad.wav"].startswith("not audio")


def test_a_folder_an_emotion(tmp_path: Path) -> None:
    write(tmp_path, ["anger/1.wav", "anger/2.wav", "ali/Sadness/3.wav", "krodh/4.wav", "5.wav"])
    manifest = Manifest("ks", labels={"krodh": "anger"})
    prepared = prepare("mine", tmp_path, manifest=manifest)
    found = dict(prepared.table.rows.select("id", "emotion").iter_rows())
    assert found == {"1": "anger", "2": "anger", "3": "sadness", "4": "anger"}
    assert prepared.unused.rows() == [("5.wav", "lies in no emotion's folder")]
    assert prepared.table.rows["speaker"].null_count() == 4


def test_unknown_labels_are_listed_with_the_nearest_emotion(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as raised:
        listed(tmp_path, "path,emotion", "audio/k1.wav,angry", "audio/k2.wav,xyzzy")
    message = str(raised.value)
    assert "'angry' in 1 rows (nearest: anger)" in message
    assert "'xyzzy' in 1 rows." in message
    write(tmp_path / "folders", ["happy/1.wav"])
    with pytest.raises(CorpusError, match=r"'happy' in 1 rows \(nearest: happiness\)"):
        prepare("mine", tmp_path / "folders", manifest=Manifest("ks"))


@pytest.mark.parametrize(
    ("lines", "options", "says"),
    [
        (["file", "a.wav"], {}, "which column holds the recordings' paths"),
        (["file", "a.wav"], {"columns": {"path": "fille"}}, r"no column 'fille' .*nearest: file"),
        (["path", "a.wav"], {"columns": {"emotoin": "x"}}, r"'emotoin' \(nearest: emotion\)"),
        (["path", "a.wav"], {"labels": {"x": "angr"}}, r"'angr', .* \(nearest: anger\)"),
        (["path,start", "a.wav,soon"], {}, "row 1: start is 'soon', which is not a number"),
        (["path,turn", "a.wav,1.5"], {}, "row 1: turn is '1.5', which is not a whole number"),
        (["path,start", "a.wav,nan"], {}, "row 1: start is 'nan'; give a finite number"),
        (["path,turn", "a.wav,inf"], {}, "row 1: turn is 'inf'; give a finite number"),
        (["path,arousal", "a.wav,3"], {}, r"row 1: arousal is '3'; .* \(x - 3\) / 2 for 1 to 5"),
        (["path", "/elsewhere/a.wav"], {}, "row 1: /elsewhere/a.wav does not lie in"),
        (["path", "C:\\mine\\a.wav"], {}, r"a\.wav is a path of another system"),
        (["path", "audio/.."], {}, "row 1: 'audio/..' is no recording's path"),
        (["path,sex", "a.wav,m", "b.wav,?"], {}, "row 2: sex is '[?]'"),
        (["path,sex", "a.wav,m", ",f"], {}, "row 2: the path is empty"),
        (["path", "audio/k1.wav", "audio/k1.wav"], {}, "1 recordings are listed more than once"),
        (["id,path", "x,a.wav", "x,b.wav"], {}, r"repeat \(x\)"),
        (["id,path", "x,a.wav", ",b.wav"], {}, "1 are empty"),
        (["path"], {}, "names no recordings"),
        (["path,speaker", "a.wav,b,c,d"], {}, "not a CSV file"),
        (["path", "nowhere.wav"], {}, "none of the 1 recordings of mine can be read"),
    ],
)
def test_mistakes_are_named(
    tmp_path: Path, lines: list[str], options: dict[str, Any], says: str
) -> None:
    with pytest.raises(CorpusError, match=says):
        listed(tmp_path, *lines, **options)


def test_other_mistakes_are_named_too(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="'Kashmiri' is not a BCP-47 tag; write ks"):
        prepare("mine", tmp_path, manifest=Manifest("Kashmiri"))
    with pytest.raises(CorpusError, match="give your own another name"):
        prepare("emodb", tmp_path, manifest=Manifest("de"))
    with pytest.raises(CorpusError, match=r"list\.csv: no such file or folder"):
        prepare("mine", tmp_path / "list.csv", manifest=Manifest("ks"))
    with pytest.raises(CorpusError, match="names no recordings"):
        prepare("mine", tmp_path, manifest=Manifest("ks"))
    (tmp_path / "latin.csv").write_bytes("path\nça.wav".encode("latin-1"))
    with pytest.raises(CorpusError, match="UTF-8"):
        prepare("mine", tmp_path / "latin.csv", manifest=Manifest("ks"))
