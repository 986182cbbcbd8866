from typing import Any

import polars as pl

from ehsaas.evaluation.pooled import pool
from ehsaas.evaluation.published import published_table
from ehsaas.evaluation.results import published_row
from ehsaas.evaluation.tables import Table
from ehsaas.evaluation.views import HEADLINE, headline_of
from tests.evaluation.builders import FOUR, judged

RIGHT: dict[str, Any] = {"corpus": "kashmiri_rasa", "train": "kashmiri_rasa"}


def laid_out(protocol: str, train: str = "kashmiri", **more: Any) -> Table:
    """A published row on Kashmiri, beside results of ours whose accuracies all differ."""
    plan = [
        (2, {"protocol": "strict"}),
        (3, {"protocol": "random"}),
        (1, {"protocol": "random", "normalisation": "source"}),
        (4, {"protocol": "heldout", "train": "a+b+c", "condition": '{"share": 0.2}'}),
        (5, {"protocol": "heldout", "train": "a+b+c", "condition": '{"share": 0.8}'}),
        (6, {"protocol": "heldout", "train": "a+b+c", "condition": '{"share": 0.0}'}),
        (7, {"protocol": "heldout", "system": "attention-bilstm target-only"}),
        (8, {"protocol": "pair", "train": "urdu"}),
        (9, {"protocol": "pair", "train": "emodb"}),
        (0, {"protocol": "lolo", "train": "emodb+urdu"}),
    ]
    truth = FOUR * 10
    results = pool(
        pl.concat(
            judged(truth, [*truth[: 4 * n], *(["other"] * (40 - 4 * n))], **(RIGHT | key))
            for n, key in plan
        )
    )
    given = {"system": "x", "train": train, "test": "kashmiri", "protocol": protocol}
    row = published_row({**given, "metric": "accuracy", "value": 0.9, **more})
    return published_table([row], results, HEADLINE)


def beside(table: Table) -> str:
    return table.body[0][table.head.index("ours, same metric")]


def test_our_corpus_of_another_name_is_set_beside_and_said_to_be_another() -> None:
    table = laid_out("within-language", ours="kashmiri_rasa")
    assert beside(table) == (
        "on kashmiri_rasa, another corpus: random 0.300 (four); strict 0.200 (four)"
    )
    assert "ours is another one than theirs" in table.intro
    assert beside(laid_out("within-corpus", ours="kashmiri_rasa")) == beside(table)


def test_a_row_that_names_its_features_is_beside_the_same_ones_of_ours() -> None:
    truth = FOUR * 10
    results = pool(
        pl.concat(
            judged(truth, [*truth[:right], *(["other"] * (40 - right))], **(RIGHT | key))
            for right, key in (
                (10, {"protocol": "random", "features": "egemaps"}),
                (20, {"protocol": "random", "features": "is10"}),
            )
        )
    )
    given = {"system": "x", "test": "kashmiri_rasa", "protocol": "random", "metric": "accuracy"}
    grid = {"classifiers": ["attention-bilstm"], "features": ["egemaps", "is10"]}
    headline = headline_of({"classical": {**grid, "statistics": ["corpus"]}})
    for features, ours in ((None, "0.250"), ("egemaps", "0.250"), ("is10", "0.500")):
        row = published_row({**given, "value": 0.9, "features": features})
        assert beside(published_table([row], results, headline)) == f"random {ours} (four)"


def test_the_headline_of_a_grid_is_that_of_the_system_where_there_is_one() -> None:
    grid = {"classifiers": ["mlp"], "features": ["is09", "is10"], "statistics": ["corpus"]}
    alone = {"system": "mlp", "features": "is09", "normalisation": "corpus"}
    assert headline_of({"system": "linear-probe", "classical": grid}) == (alone,)
    beside_one = {"system": "linear-probe", "transfer": {"pairs": True}, "classical": grid}
    assert headline_of(beside_one) == ({"system": "linear-probe", "normalisation": "source"},)


def test_a_protocol_of_ours_is_beside_that_one_alone() -> None:
    assert beside(laid_out("strict (six folds)", ours="kashmiri_rasa")).endswith(
        "corpus: strict 0.200 (four)"
    )
    assert beside(laid_out("official", ours="kashmiri_rasa")).endswith("corpus: not run")


def test_without_it_only_the_same_name_will_do() -> None:
    table = laid_out("within-language", ours=None)
    assert beside(table) == ""
    assert "another one" not in table.intro
    assert beside(laid_out("within-language", ours="tess")) == "on tess, another corpus: not run"


def test_progressive_adaptation_has_our_largest_share_beside_it() -> None:
    table = laid_out("progressive adaptation", train="urdu", ours="kashmiri_rasa")
    assert beside(table).endswith(": heldout, from all others with 80% of its labels, 0.500 (four)")


def test_other_work_across_corpora_has_the_pair_and_all_others() -> None:
    table = laid_out("zero-shot", train="urdu", ours="kashmiri_rasa")
    assert beside(table).endswith("corpus: lolo 0.000 (four); pair 0.800 (four)")


def test_the_twin_keeps_ours_in_the_condition() -> None:
    given = {"system": "x", "test": "kashmiri", "metric": "uar", "value": 1}
    row = published_row({**given, "ours": "kashmiri_rasa"})
    assert row["condition"] == {"ours": "kashmiri_rasa"}
    assert list(row) == list(published_row(given))
    assert published_row(row) == row
