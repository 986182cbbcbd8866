import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from ehsaas.evaluation.report import ReportError, write_report
from tests.evaluation.builders import FOUR, judged, left_out, run_folder
from tests.evaluation.contest import comparison, rated


class Page(HTMLParser):
    """What a browser would fetch, which ids there are, which links point inside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.inside: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("href", "xlink:href") and (value or "").startswith("#"):
                self.inside.append((value or "")[1:])
            elif name in ("src", "href", "xlink:href", "srcset", "action", "data", "poster"):
                self.fetched.append(value or "")


def test_the_report_loads_nothing(reported: Path) -> None:
    text = (reported / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert [link[:22] for link in page.fetched] == ["data:image/png;base64,"]
    assert not {"script", "link", "iframe", "img"} & set(page.tags)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    # The only addresses are the names of the XML name spaces.
    assert set(re.findall(r"https?://[^\"' <)]+", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_every_id_is_there_once_and_every_inner_link_leads_somewhere(reported: Path) -> None:
    page = Page((reported / "report.html").read_text(encoding="utf-8"))
    assert len(page.ids) == len(set(page.ids))
    assert set(page.inside) <= set(page.ids)


def test_the_report_holds_every_section(reported: Path) -> None:
    text = (reported / "report.html").read_text(encoding="utf-8")
    for words in (
        "Does a made-up system work?",
        "How much does data of the target language buy back?",
        "What the audit found",
        "2 test speakers",
        "Within one language",
        "Across languages",
        "What data of the target language buys",
        "By emotion",
        "Paired tests",
        "Beside published figures",
        "split not stated",
        "Training curves",
        "results in UAR, accuracy, weighted and macro F1",
        "ehsaas run example.yaml",
        "1.6 minutes",
        "numpy 2.0",
        "To cite:",
    ):
        assert words in text, words
    assert "nobody&#39;s &lt;voice&gt;" in text
    assert "prefers-color-scheme: dark" in text
    assert "characters in audit.json" in text


def test_a_finding_that_splits_share_is_told_once(reported: Path) -> None:
    text = (reported / "report.html").read_text(encoding="utf-8")
    assert text.count("<span>2 test speakers") == 1
    assert "split: strict, random" in text


def test_figures_and_metrics_lie_beside(reported: Path) -> None:
    names = {path.stem for path in (reported / "figures").glob("*.svg")}
    assert {"transfer-attention-bilstm-frames-corpus-four", "attention"} <= names
    assert "adaptation-urdu-corpus-four" in names
    assert "confusion-attention-bilstm-strict-emodb-four" in names
    assert "training-attention-bilstm-strict-emodb" in names
    metrics = json.loads((reported / "metrics.json").read_text(encoding="utf-8"))
    assert set(metrics) == {"rows", "details", "tests"}
    assert {row["source"] for row in metrics["rows"]} == {"ours"}
    detail = metrics["details"][0]
    assert sum(map(sum, detail["confusion"])) == 80 * len(detail["seeds"])
    assert len(detail["per_seed"]["uar"]) == 2
    assert {test["question"] for test in metrics["tests"]}
    assert all(test["p_holm"] >= test["p"] for test in metrics["tests"])


def test_writing_it_again_gives_the_same_and_drops_old_figures(tmp_path: Path) -> None:
    run = tmp_path
    judged(FOUR * 5, FOUR * 5).write_parquet(run / "predictions.parquet")
    (run / "figures").mkdir()
    (run / "figures" / "old.svg").write_text("<svg/>")
    before = write_report(run).read_bytes()
    assert not (run / "figures" / "old.svg").exists()
    assert write_report(run).read_bytes() == before


def test_predictions_alone_are_enough(tmp_path: Path) -> None:
    judged(FOUR * 5, ("anger",) * 20).write_parquet(tmp_path / "predictions.parquet")
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "1 warning: a system has collapsed" in text
    assert "every item is predicted as anger" in text
    assert "What the audit found" not in text
    assert "1: 1 with an interval<" in text
    assert "On a random split, a system that does not beat" in text


def test_results_without_an_interval_are_counted(tmp_path: Path) -> None:
    rare = judged([*FOUR[:3] * 40, "sadness"], ["anger"] * 121, [f"s{i}" for i in range(121)])
    refused = judged(FOUR[:3] * 5, FOUR[:3] * 5, protocol="random")
    pl.concat([rare, refused]).write_parquet(tmp_path / "predictions.parquet")
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "1 refused, as a class has no item" in text
    assert "each with an interval" not in text


def test_many_warnings_are_folded(tmp_path: Path) -> None:
    tables = [
        judged(FOUR * 2, ("anger",) * 8, protocol="pair", train=f"corpus{i}") for i in range(8)
    ]
    pl.concat(tables).write_parquet(tmp_path / "predictions.parquet")
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "8 warnings" in text
    assert "<summary>Show all</summary>" in text


def test_a_folder_without_predictions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"predictions\.parquet: no such prediction table"):
        write_report(tmp_path)


def test_notes_are_text_with_code_in_backticks(tmp_path: Path) -> None:
    judged(FOUR * 3, FOUR * 3).write_parquet(tmp_path / "predictions.parquet")
    (tmp_path / "notes.json").write_text(json.dumps(["`strict` is <b>bold</b>."]))
    text = write_report(tmp_path).read_text(encoding="utf-8")
    assert "<code>strict</code> is &lt;b&gt;bold&lt;/b&gt;." in text


def test_a_comparison_of_methods_has_a_section_and_pictures(tmp_path: Path) -> None:
    both = [comparison(), comparison(features="functionals").filter(pl.col("system") != "chance")]
    both += [rated(name, "corpus", (4,) * 4, labels=5) for name in ("mmd", "dann")]
    run = run_folder(tmp_path / "methods", pl.concat(both))
    write_report(run)
    text = (run / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert {"methods", "dimensions"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.inside) <= set(page.ids)
    names = {path.stem for path in (run / "figures").glob("*.svg")}
    assert {
        "ranks-embeddings-corpus-5-four",
        "labels-functionals-four-mean",
        "labels-functionals-four-urdu",
        "confusion-self-training-embeddings-lolo-urdu-four",
    } <= names
    assert not any(name.startswith("transfer-") for name in names)
    few = {name for name in names if name.startswith("ranks-")}  # of four methods a table will do
    assert few == {"ranks-embeddings-corpus-5-four"}


def test_stated_probabilities_have_a_section(tmp_path: Path) -> None:
    table = pl.concat([left_out(name, 1.0, items=240) for name in ("emodb", "urdu")])
    run = run_folder(tmp_path, table.with_columns(normalisation=pl.lit("corpus")))
    text = write_report(run).read_text(encoding="utf-8")
    assert '<a href="#trust">' in text and '<h2 id="trust">' in text
    assert "Can the probabilities be believed?" in text and "Promises of prediction sets" in text
    drawn = {path.name for path in (run / "figures").glob("reliability-*.svg")}
    assert drawn == {
        f"reliability-attention-bilstm-lolo-{name}-four.svg" for name in ("emodb", "urdu")
    }


def test_without_probabilities_there_is_no_such_section(reported: Path) -> None:
    assert 'id="trust"' not in (reported / "report.html").read_text(encoding="utf-8")
