import polars as pl

from ehsaas.evaluation.page import markdown
from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.views import HEADLINE
from tests.evaluation.builders import FOUR, judged, simulated


def rendered(table: pl.DataFrame) -> str:
    return markdown(
        pool(table),
        name="x",
        title="X",
        question="Why?",
        published=[],
        notes=[],
        command="",
        headline=HEADLINE,
        kept=None,
    )


def test_a_figure_has_its_interval_and_its_spread() -> None:
    text = rendered(pl.concat([simulated(0.6, seed=seed) for seed in (0, 1)]))
    assert " {0." in text and " [0." in text
    assert "]†" not in text
    few = rendered(simulated(0.6, corpus="kashmiri_rasa"))
    assert "]† " in few
    assert "{0." not in few


def test_tables_have_as_many_cells_in_every_line() -> None:
    lines = [line for line in rendered(simulated(0.6)).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == 3


def test_collapse_refusal_and_odd_protocols_are_shown() -> None:
    text = rendered(
        pl.concat(
            [
                judged(FOUR * 5, ("anger",) * 20, protocol="emobox"),
                judged(FOUR[:3] * 5, FOUR[:3] * 5, condition='{"share": 0.5}', protocol="heldout"),
            ]
        )
    )
    assert "## Other results" in text
    assert "emobox" in text
    assert "every item is predicted as anger." in text
    assert "share 50%: no uar: no item of sadness in the pool." in text
    assert "refused" in text


def test_a_corpus_s_own_emotions_come_before_fewer() -> None:
    text = rendered(
        pl.concat([simulated(0.6, label_set="four"), simulated(0.5, label_set="native")])
    )
    assert text.index("Label set `native`") < text.index("Label set `four`")
