"""The utterance table: what it refuses, and that what is written comes back."""

from pathlib import Path

import polars as pl
import pytest

from ehsaas import utterances
from ehsaas.utterances import COLUMNS, TableError, UtteranceTable, check, concat, from_rows

ROW = {"id": "a", "corpus": "one", "path": "a.wav", "duration": 1.5, "emotion": "anger"}


def table(*rows: dict[str, object]) -> pl.DataFrame:
    return from_rows([ROW | row for row in rows])


def test_missing_columns_are_null_and_types_hold() -> None:
    rows = table({}, {"id": "b", "turn": 3, "start": 0.5, "end": 1.0})
    assert rows.schema == dict(COLUMNS)
    assert rows["speaker"].to_list() == [None, None]
    assert rows["turn"].to_list() == [None, 3]
    assert check(utterances.empty()).height == 0


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"sped": 1}], "unknown columns sped"),
        ([{"id": None}], "column 'id' has 1 nulls"),
        ([{"corpus": None}], "column 'corpus' has 1 nulls"),
        ([{}, {}], "1 ids come more than once in their corpus, first one/a"),
        ([{"emotion": "rage"}], "column 'emotion' holds rage; known values are anger"),
        ([{"sex": "w"}], "column 'sex' holds w; known values are female, male"),
        ([{"duration": 0.0}], "1 rows last no time, first one/a"),
        ([{"duration": float("nan")}], "1 rows last no time"),
        ([{"start": 2.0, "end": 2.0}], "1 rows last no time"),
        ([{"start": -1.0}], "1 rows last no time"),
        ([{"arousal": 4.0}], r"'arousal' lies outside -1 to 1 in 1 rows, first 4 in one/a; resc"),
        ([{"valence": float("nan")}], "'valence' lies outside"),
        ([{"duration": "long"}], "does not fit its column"),
    ],
)
def test_what_breaks_the_contract_is_refused(rows: list[dict[str, object]], says: str) -> None:
    with pytest.raises(TableError, match=says):
        table(*rows)


def test_the_same_id_in_two_corpora_is_two_utterances() -> None:
    assert table({}, {"corpus": "two"}).height == 2


def test_missing_added_and_mistyped_columns_are_named() -> None:
    with pytest.raises(TableError, match="missing: digest; not known: mood"):
        check(table({}).drop("digest").with_columns(mood=pl.lit("x")))
    with pytest.raises(TableError, match="column 'turn' holds String; expected Int64"):
        check(table({}).with_columns(pl.col("turn").cast(pl.String)))


def test_written_tables_come_back_with_their_folders(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/table.parquet"
    rows = table({}, {"corpus": "two", "text": "مےٚ پھُٹ دل"})
    utterances.write(UtteranceTable(rows, {"one": tmp_path, "two": Path("/far")}), path)
    again = utterances.read(path)
    assert again.rows.equals(rows)
    assert len(again) == 2
    assert again.location("one", "a.wav") == tmp_path / "a.wav"
    moved = utterances.read(path, root=Path("/elsewhere"))
    assert moved.location("two", "x/a.wav") == Path("/elsewhere/x/a.wav")


def test_a_table_of_other_making_has_no_folders(tmp_path: Path) -> None:
    table({}).write_parquet(tmp_path / "plain.parquet")
    with pytest.raises(TableError, match="folder of corpus 'one' is not known; run `ehsaas pre"):
        utterances.read(tmp_path / "plain.parquet").location("one", "a.wav")


def test_reading_names_the_file_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none.parquet: no such table; make one with"):
        utterances.read(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("not a table")
    with pytest.raises(TableError, match=r"text.parquet: not an utterance table"):
        utterances.read(tmp_path / "text.parquet")
    pl.DataFrame({"id": ["a"]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(TableError, match=r"other.parquet: .*missing: corpus, path"):
        utterances.read(tmp_path / "other.parquet")


def test_tables_are_joined_and_clashes_refused() -> None:
    one = UtteranceTable(table({}), {"one": Path("1")})
    two = UtteranceTable(table({"corpus": "two"}), {"two": Path("2")})
    both = utterances.concat([one, two])
    assert (len(both), dict(both.roots)) == (2, {"one": Path("1"), "two": Path("2")})
    assert len(utterances.concat([])) == 0
    with pytest.raises(TableError, match="more than once"):
        utterances.concat([one, one])


def test_one_corpus_in_two_folders_is_refused_and_in_one_folder_joined() -> None:
    first = UtteranceTable(table({}), {"one": Path("1")})
    second = UtteranceTable(table({"id": "b"}), {"one": Path("1")})
    assert len(utterances.concat([first, second])) == 2
    elsewhere = UtteranceTable(second.rows, {"one": Path("2")})
    with pytest.raises(TableError, match="corpus 'one' lies in 1 for one table and in 2 for"):
        utterances.concat([first, elsewhere])


@pytest.mark.parametrize("noted", ["{broken", "[1]", '{"one": 3}'])
def test_damaged_folders_in_the_metadata_are_named(tmp_path: Path, noted: str) -> None:
    path = tmp_path / "t.parquet"
    table({}).write_parquet(path, metadata={"ehsaas.roots": noted})
    with pytest.raises(TableError, match=r"t.parquet: the corpora's folders .* damaged"):
        utterances.read(path)
    assert utterances.read(path, root=tmp_path).location("one", "a.wav") == tmp_path / "a.wav"


def test_keep_holds_the_folders() -> None:
    both = UtteranceTable(table({}, {"id": "b"}), {"one": Path("1")})
    kept = both.keep(both.rows.head(1))
    assert (len(kept), kept.roots) == (1, both.roots)


def test_label_sets_choose_and_rename_rows() -> None:
    rows = table(
        {},
        {"id": "b", "emotion": "excitement"},
        {"id": "c", "emotion": "boredom"},
        {"id": "d", "emotion": None, "style": "book"},
        {"id": "e", "emotion": None},
    )
    assert utterances.labelled(rows, "four")["emotion"].to_list() == ["anger", "happiness"]
    native = utterances.labelled(rows, "native")
    assert native["emotion"].to_list() == ["anger", "excitement", "boredom"]
    styled = utterances.labelled(rows, "four", ["book", "conversation"])
    assert styled["id"].to_list() == ["a", "b", "d"]
    assert styled["emotion"].to_list() == ["anger", "happiness", "neutral"]
    with pytest.raises(ValueError, match="unknown label set"):
        utterances.labelled(rows, "five")


def test_classes_come_in_the_vocabularys_order() -> None:
    rows = table({}, {"id": "b", "emotion": "sadness"}, {"id": "c", "emotion": None})
    assert utterances.classes(rows) == ("anger", "sadness")


def test_tables_whose_columns_stand_in_another_order_are_joined() -> None:
    one = from_rows([{"id": "a", "corpus": "x"}])
    other = from_rows([{"id": "b", "corpus": "x"}]).select(reversed(list(COLUMNS)))
    joined = concat([UtteranceTable(one), UtteranceTable(other)])
    assert joined.rows["id"].to_list() == ["a", "b"]
    assert joined.rows.columns == list(COLUMNS)


def test_the_primary_subtag_is_the_language() -> None:
    assert utterances.primary("deu-AT") == "de" and utterances.primary("kmr") == "kmr"
    tags = ("en", "en-GB", "EN_us", "zh-Hans-CN", None)
    assert [utterances.primary(tag) for tag in tags] == ["en", "en", "en", "zh", "und"]
    rows = utterances.without_regions(pl.DataFrame({"language": tags}))
    assert rows["language"].to_list() == ["en", "en", "en", "zh", "und"]
