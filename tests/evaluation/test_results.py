import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ehsaas.evaluation import results as module
from ehsaas.evaluation.predictions import PredictionError
from ehsaas.evaluation.results import Page, published_row, rebuild, summarise, write_page
from tests.evaluation.builders import FOUR, judged, left_out, simulated
from tests.evaluation.contest import TARGETS, comparison, rated

KEYS = [
    "source",
    "headline",
    "system",
    "train",
    "test",
    "protocol",
    "features",
    "normalisation",
    "target_data",
    "condition",
    "label_set",
    "labels",
    "metric",
    "value",
    "low",
    "high",
    "seeds",
    "items",
]
PAPER = {
    "system": "attention Bi-LSTM",
    "train": "urdu",
    "test": "urdu",
    "protocol": "within-language",
    "leakage": "split not stated",
    "metric": "accuracy",
    "value": "0.97",
    "source": "Kashmiri study",
}


@pytest.fixture(scope="module")
def written(predictions: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of the whole experiment, its rows shuffled and with a probability."""
    table = predictions.sample(fraction=1.0, shuffle=True, seed=1)
    return page(tmp_path_factory.mktemp("page"), table.with_columns(p_anger=pl.lit(0.123456)))


def page(folder: Path, predictions: pl.DataFrame) -> Page:
    return write_page(
        folder,
        "example",
        predictions,
        title="An example",
        question="Does a made-up system work?",
        published=[PAPER],
        notes=["A note."],
        command="ehsaas run example.yaml",
    )


def test_rows_have_the_twins_keys_and_every_metric() -> None:
    rows = summarise(simulated(0.6))
    assert [list(row) for row in rows] == [KEYS] * 4
    assert [row["metric"] for row in rows] == ["uar", "accuracy", "weighted_f1", "macro_f1"]
    first = rows[0]
    assert first["source"] == "ours"
    assert first["headline"] is True
    assert (first["train"], first["test"]) == (["emodb"], "emodb")
    assert (first["labels"], first["seeds"], first["items"]) == (4, 1, 240)
    assert first["low"] < first["value"] < first["high"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ({}, "labelled"),
        ({"train": "urdu", "normalisation": "source"}, "none"),
        ({"train": "urdu", "normalisation": "corpus"}, "unlabelled"),
        ({"train": "urdu", "condition": '{"share": 0.1}'}, "labelled"),
        ({"train": "urdu", "normalisation": "none", "condition": '{"share": 0.0}'}, "none"),
        ({"train": "urdu", "condition": '{"labels_per_class": 5}'}, "labelled"),
        ({"train": "urdu", "normalisation": "source", "system": "target-only"}, "labelled"),
        ({"train": "urdu", "normalisation": "source", "system": "oracle"}, "labelled"),
        ({"train": "urdu", "normalisation": "corpus", "system": "oracle: nnpm"}, "labelled"),
        ({"train": "urdu", "normalisation": "source", "system": "coral"}, "unlabelled"),
        ({"train": "urdu", "normalisation": "source", "system": "source-only"}, "none"),
        ({"train": "urdu", "normalisation": "source", "system": "supcon"}, "none"),
    ],
)
def test_target_data_says_what_was_given(key: dict[str, str], expected: str) -> None:
    assert summarise(simulated(0.6, **key))[0]["target_data"] == expected  # type: ignore[arg-type]


def test_a_refused_metric_has_no_row() -> None:
    rows = summarise(judged(FOUR[:3] * 5, FOUR[:3] * 5))
    assert [row["metric"] for row in rows] == ["accuracy", "weighted_f1"]


def test_published_rows_keep_the_keys_and_name_leakage_and_reference() -> None:
    row = published_row(PAPER)
    assert list(row) == KEYS
    assert (row["source"], row["headline"], row["value"]) == ("published", False, 0.97)
    assert row["train"] == ["urdu"]
    assert row["condition"] == {"leakage": "split not stated", "reference": "Kashmiri study"}
    assert published_row({**PAPER, "metric": "macro-F1"})["metric"] == "macro_f1"
    assert published_row({**PAPER, "train": ["a", "b"]})["train"] == ["a", "b"]
    again = published_row({**row})
    assert again == row
    with pytest.raises(ValueError, match="lacks metric, value"):
        published_row({"system": "x", "test": "urdu"})


def test_the_page_answers_and_lays_out_everything(written: Page) -> None:
    text = written.markdown.read_text(encoding="utf-8")
    for heading in (
        "# An example",
        "**How well does it work within one language?**",
        "## Notes",
        "## Within one language",
        "## Transfer: attention-bilstm on frames, corpus statistics, four",
        "## Adaptation to Urdu (urdu)",
        "## Beside published figures",
        "## Paired test: progressive adaptation",
        "## How the figures are made",
        "ehsaas run example.yaml",
        "rebuilt from `example.parquet`",
    ):
        assert heading in text, heading
    assert "| split not stated | accuracy | 0.970 | random 0." in text
    twin = json.loads(written.twin.read_text(encoding="utf-8"))
    assert {row["source"] for row in twin} == {"ours", "published"}
    assert all(list(row) == KEYS for row in twin)


def test_page_and_twin_are_rebuilt_identically(tmp_path: Path, written: Page) -> None:
    assert written.parquet is not None
    again = rebuild(Path(shutil.copy(written.parquet, tmp_path)))
    assert again.markdown.parent == tmp_path
    assert again.markdown.read_bytes() == written.markdown.read_bytes()
    assert again.twin.read_bytes() == written.twin.read_bytes()


def test_probabilities_make_sections_that_are_rebuilt_identically(tmp_path: Path) -> None:
    """Though the table that is kept has three digits of them."""
    table = pl.concat([left_out(name, 1.0, items=240) for name in ("emodb", "urdu")])
    written = page(tmp_path, table.with_columns(normalisation=pl.lit("corpus")))
    text = written.markdown.read_text(encoding="utf-8")
    assert "## Can the probabilities be believed?" in text
    assert "## Promises of prediction sets: attention-bilstm, corpus statistics" in text
    assert "| urdu | other languages | 0." in text
    assert written.parquet is not None
    (tmp_path / "again").mkdir()
    again = rebuild(Path(shutil.copy(written.parquet, tmp_path / "again")))
    assert again.markdown.read_text(encoding="utf-8") == text


def test_the_parquet_is_small(written: Page, predictions: pl.DataFrame) -> None:
    assert written.parquet is not None
    assert written.parquet.stat().st_size < predictions.height


def test_probabilities_go_before_the_table_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = simulated(0.6).with_columns(p_anger=pl.Series(np.random.default_rng(0).random(240)))
    whole = page(tmp_path / "whole", table).parquet
    assert whole is not None
    assert "p_anger" in pl.read_parquet(whole).columns
    monkeypatch.setattr(module, "LARGEST", whole.stat().st_size - 100)
    without = page(tmp_path / "less", table).parquet
    assert without is not None
    assert "p_anger" not in pl.read_parquet(without).columns
    monkeypatch.setattr(module, "LARGEST", 100)
    written = page(tmp_path / "less", table)
    assert written.parquet is None
    assert not without.exists()
    assert "too large to lie here" in written.markdown.read_text(encoding="utf-8")
    assert sorted(path.name for path in (tmp_path / "less").iterdir()) == [
        "example.json",
        "example.md",
    ]


def test_probabilities_of_languages_that_were_left_out_go_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a large page still says whether they can be believed across languages."""
    across = left_out("emodb", 1.0, items=240)
    within = across.with_columns(protocol=pl.lit("strict"))
    disturbed = across.with_columns(condition=pl.lit('{"disturbance": "babble"}'))
    table = pl.concat([across, within, disturbed])
    whole = page(tmp_path / "whole", table).parquet
    assert whole is not None
    monkeypatch.setattr(module, "LARGEST", whole.stat().st_size - 100)
    parquet = page(tmp_path / "less", table).parquet
    assert parquet is not None
    known = pl.read_parquet(parquet).filter(pl.col("p_anger").is_not_null())
    assert known["protocol"].unique().to_list() == ["lolo"] and known.height == across.height
    assert known["condition"].unique().to_list() == ["{}"]


def test_a_twin_that_would_be_too_large_holds_fewer_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = page(tmp_path, simulated(0.6)).twin
    every = json.loads(twin.read_text(encoding="utf-8"))
    size = twin.stat().st_size
    for largest, metrics in ((size - 10, ("uar", "accuracy")), (size // 3, ("uar",))):
        monkeypatch.setattr(module, "LARGEST", largest)
        kept = json.loads(page(tmp_path / "less", simulated(0.6)).twin.read_text(encoding="utf-8"))
        left = [row for row in every if row["source"] != "ours" or row["metric"] in metrics]
        assert kept == left and len(kept) < len(every)


def test_only_what_write_page_wrote_is_rebuilt(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="no such prediction table"):
        rebuild(tmp_path / "absent.parquet")
    other = tmp_path / "other.parquet"
    simulated(0.5).write_parquet(other)
    with pytest.raises(PredictionError, match="holds no results page"):
        rebuild(other)


def test_a_page_carries_others_and_follows_them(tmp_path: Path) -> None:
    def wrote(name: str, skill: float, gathers: tuple[str, ...] = ()) -> Page:
        return write_page(
            tmp_path, name, simulated(skill), title=name, question="?", gathers=gathers
        )

    whole = wrote("whole", 0.6, ("part", "absent"))
    assert "Not run yet: there is no `part.md`" in whole.markdown.read_text()
    wrote("part", 0.8)
    text = whole.markdown.read_text()
    assert "\n## part\n" in text and "\n### Within one language" in text
    assert "there is no `part.md`" not in text and "there is no `absent.md`" in text
    assert text.count("How the figures are made") == 1
    twin = json.loads(whole.twin.read_text())
    part = json.loads((tmp_path / "part.json").read_text())
    carried = [row for row in twin if row["condition"].get("run") == "part"]
    kept = [row["value"] for row in part if row["metric"] in ("uar", "weighted_f1")]
    assert len(kept) == 2 and [row["value"] for row in carried] == kept
    assert len(twin) == len(part) + 2 and not any(row["headline"] for row in carried)
    wrote("part", 0.3)  # another run of it
    assert json.loads(whole.twin.read_text()) != twin
    before = whole.markdown.read_text()
    assert whole.parquet is not None
    rebuild(whole.parquet)
    assert whole.markdown.read_text() == before
    whole.markdown.write_text("")
    rebuild(tmp_path / "part.parquet")  # and what carries it
    assert whole.markdown.read_text() == before
    assert "rebuilt from `whole.parquet`, `part.md` and `part.json`" in before
    for name, gathers, why in (
        ("whole", ("whole",), "gathers itself"),
        ("part", ("other",), "is gathered by whole"),
        ("over", ("whole",), "the page whole gathers others"),
    ):
        with pytest.raises(ValueError, match=why):
            wrote(name, 0.5, gathers)


def test_of_what_hears_nothing_chance_alone_is_carried(tmp_path: Path) -> None:
    deaf = [simulated(0.25, system=name) for name in ("chance", "majority")]
    page(tmp_path, pl.concat([simulated(0.6), *deaf]))
    whole = write_page(
        tmp_path, "whole", simulated(0.5), title="w", question="?", gathers=["example"]
    )
    rows = json.loads(whole.twin.read_text())
    own = [row for row in rows if row["source"] == "ours" and "run" in row["condition"]]
    carried = [(row["system"], row["metric"]) for row in own]
    assert sorted(carried) == [
        ("attention-bilstm", "uar"),
        ("attention-bilstm", "weighted_f1"),
        ("chance", "uar"),
    ]


def test_a_gathered_page_brings_its_published_figures(tmp_path: Path) -> None:
    page(tmp_path, simulated(0.6))
    whole = write_page(
        tmp_path, "whole", simulated(0.5), title="w", question="?", gathers=["example"]
    )
    rows = json.loads(whole.twin.read_text())
    assert [row["condition"]["run"] for row in rows if row["source"] == "published"] == ["example"]


def test_of_a_comparison_the_headline_is_what_was_chosen_on_other_languages() -> None:
    rows = [row for row in summarise(comparison()) if row["headline"]]
    assert sorted(row["test"] for row in rows if row["metric"] == "uar") == list(TARGETS)
    assert {(row["system"], row["normalisation"]) for row in rows} == {("self-training", "speaker")}
    assert {(row["protocol"], row["target_data"]) for row in rows} == {("lolo", "unlabelled")}
    assert all(row["condition"] == {} for row in rows)
    assert {row["metric"] for row in rows} == {"uar", "accuracy"}


def test_a_comparison_is_a_page_with_pictures_and_is_rebuilt_identically(tmp_path: Path) -> None:
    more = rated("mmd", "corpus", (4,) * 4)  # a fifth, so that ranks are drawn
    wrote = page(tmp_path / "first", pl.concat([comparison(), more]))
    text = wrote.markdown.read_text(encoding="utf-8")
    for words in (
        "**Which adaptation method, when?** On embeddings,",
        "## The method chosen on the other languages",
        "## What was chosen for which language",
        "## What labels of the target buy: embeddings, four",
        "## Methods on embeddings, 5 labels a class, four",
        "## Ranks of methods: embeddings, corpus statistics, no labels, four",
        "![mean of the languages, embeddings, four](example-labels-embeddings-four-mean.svg)",
        "](example-ranks-embeddings-corpus-0-four.svg)",
    ):
        assert words in text, words
    for words in ("## Transfer:", "## Other results", "## Features by classifiers"):
        assert words not in text, words
    assert [path.name for path in wrote.pictures] == [
        "example-labels-embeddings-four-mean.svg",
        "example-ranks-embeddings-corpus-0-four.svg",
    ]
    assert wrote.parquet is not None
    (tmp_path / "again").mkdir()
    again = rebuild(Path(shutil.copy(wrote.parquet, tmp_path / "again")))
    for one, other in zip(
        (wrote.markdown, wrote.twin, *wrote.pictures),
        (again.markdown, again.twin, *again.pictures),
        strict=True,
    ):
        assert one.read_bytes() == other.read_bytes()
