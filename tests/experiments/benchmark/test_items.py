import hashlib
from pathlib import Path

import polars as pl
import pytest

from ehsaas.experiments.benchmark.items import items
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.utterances import UtteranceTable
from tests.experiments.benchmark.tables import FOUR, table


def test_the_list_says_exactly_what_is_judged_and_its_digest_is_that_of_its_bytes(
    tmp_path: Path,
) -> None:
    made = items([table(tmp_path, speakers=1)])
    rows = {name: made.rows["digest"][i] for i, name in enumerate(made.rows["id"])}
    lines = [
        f"first,s0_{name},{rows[f's0_{name}']},de,first:s0,female,,,{name}" for name in sorted(FOUR)
    ]
    head = "corpus,id,digest,language,speaker,sex,start,end,label"
    assert made.listed == "\n".join([head, *lines]) + "\n"
    assert made.sha256 == hashlib.sha256(made.listed.encode()).hexdigest()


def test_neither_the_order_of_rows_nor_of_tables_matters(tmp_path: Path) -> None:
    one, two = table(tmp_path), table(tmp_path, "second", "ur", higher=1)
    turned = one.keep(one.rows.reverse())
    assert items([one, two]).sha256 == items([two, turned]).sha256
    assert items([one, two]).sha256 != items([one]).sha256
    relabelled = one.keep(one.rows.with_columns(emotion=pl.lit("fear")))
    assert items([relabelled]).sha256 != items([one]).sha256


@pytest.mark.parametrize("column", ["language", "speaker", "sex", "end"])
def test_whatever_a_figure_rests_on_makes_another_list(column: str, tmp_path: Path) -> None:
    one = table(tmp_path, speakers=2)
    other = {"language": "ur", "speaker": "first:x", "sex": "male", "end": 0.4}[column]
    changed = one.keep(one.rows.with_columns(pl.lit(other).alias(column)))
    assert items([changed]).sha256 != items([one]).sha256


def test_regions_of_a_language_are_one(tmp_path: Path) -> None:
    one, two = table(tmp_path, language="en-GB"), table(tmp_path, "second", "EN_us", higher=1)
    made = items([one, two])
    assert made.languages == ("en",) and len(made.rows.filter(language="en")) == 48


def test_what_cannot_be_read_is_no_item_of_any_model(tmp_path: Path) -> None:
    one = table(tmp_path, speakers=2)
    one.location("first", "s1_anger.wav").unlink()
    told: list[tuple[str, int, int]] = []
    made = items([one], progress=lambda *said: told.append(said))
    assert len(made.table) == 7 and told[-1] == ("reading", 8, 8)
    (gone,) = made.left_out
    assert (gone.id, gone.kind) == ("s1_anger", "cannot be read") and "no such" in gone.why
    for path in (tmp_path / "first").iterdir():
        path.unlink()
    with pytest.raises(BenchmarkError, match="none of the 8 recordings can be used: .*no such"):
        items([one])


def test_another_recording_than_the_table_had_is_left_out(tmp_path: Path) -> None:
    one = table(tmp_path, speakers=2)
    sound = one.location("first", "s0_sadness.wav").read_bytes()
    one.location("first", "s1_anger.wav").write_bytes(sound)
    made = items([one])
    (gone,) = made.left_out
    assert (gone.id, gone.kind) == ("s1_anger", "not the recording of the table")
    assert one.rows.filter(id="s0_sadness")["digest"][0] in gone.why


def test_digests_that_a_table_lacks_are_those_of_what_is_heard(tmp_path: Path) -> None:
    one = table(tmp_path, speakers=1)
    unknown = one.keep(one.rows.with_columns(digest=pl.lit(None, pl.String)))
    assert items([unknown]).sha256 == items([one]).sha256


def test_the_same_recording_is_judged_once_and_the_other_named(tmp_path: Path) -> None:
    one = table(tmp_path, speakers=2)
    path = pl.col("path").replace(one.rows["path"][5], one.rows["path"][2])
    again = pl.col("digest").replace(one.rows["digest"][5], one.rows["digest"][2])
    made = items([one.keep(one.rows.with_columns(path, again))])
    first, second = sorted((one.rows["id"][2], one.rows["id"][5]))
    assert len(made.table) == 7 and first in made.rows["id"].to_list()
    (gone,) = made.left_out
    assert (gone.id, gone.kind, gone.why) == (
        second,
        "duplicate",
        f"the same samples as first/{first}",
    )


def test_utterances_without_emotion_or_recording_are_no_items(tmp_path: Path) -> None:
    one = table(tmp_path, speakers=1, emotions=("anger", None))
    assert items([one]).rows["id"].to_list() == ["s0_anger"]
    read_only = one.keep(one.rows.with_columns(path=pl.lit(None, pl.String)))
    with pytest.raises(BenchmarkError, match="first: no utterance with a recording and an emotion"):
        items([read_only])


def test_a_style_can_count_as_neutral_and_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    one = table(tmp_path, speakers=2, emotions=("anger", None), style="book")
    two = table(tmp_path, "second", "ur", speakers=1, higher=1)
    made = items([one, two], ["book"])
    assert sorted(made.rows.filter(corpus="first")["emotion"]) == ["anger"] * 2 + ["neutral"] * 2
    assert made.neutral == {"first": ("book",)}
    assert made.styles("de") == ("book",) and made.styles("ur") == ()
    assert items([one, two], {"second": ["book"]}).neutral == {}
    with pytest.raises(BenchmarkError, match="--neutral bok: no unlabelled .*; there are book"):
        items([one, two], ["bok"])


def test_a_language_that_is_not_known_is_undetermined(tmp_path: Path) -> None:
    made = items([table(tmp_path, language=None, speakers=1)])
    assert made.languages == ("und",) and made.corpora == ("first",)


def test_tables_without_rows_are_refused() -> None:
    from ehsaas import utterances

    with pytest.raises(BenchmarkError, match="nothing to judge"):
        items([UtteranceTable(utterances.empty())])
