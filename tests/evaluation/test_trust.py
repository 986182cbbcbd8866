import numpy as np
import polars as pl
import pytest

from ehsaas.evaluation.promises import promise_tables
from ehsaas.evaluation.stated import Stated, stated
from ehsaas.evaluation.trust import OTHERS, OWN, error_together, fold_of, trusted
from tests.evaluation.builders import FOUR, judged, left_out

ZERO_SHOT = ({"system": "attention-bilstm", "normalisation": "source"},)


def shifted() -> pl.DataFrame:
    """Two languages where the model is too modest, one where it is far too sure."""
    tables = [left_out("de", 0.5), left_out("en", 0.5), left_out("ur", 3.0)]
    return pl.concat(tables)


def by(found: pl.DataFrame) -> dict[tuple[str, str], tuple[float, float, float]]:
    """(corpus, calibrated on) → coverage of the promise 0.9, calibration error before and after."""
    return {
        (one.stated.corpus, one.on): (one.at(0.9).coverage, *one.error)
        for one in trusted(stated(found))
    }


def test_under_shift_a_promise_from_elsewhere_is_not_kept_and_one_s_own_is() -> None:
    found = by(shifted())
    assert found["ur", OTHERS][0] < 0.8  # too sure here, and calibrated where it was too modest
    assert found["de", OTHERS][0] > 0.93
    for corpus in ("de", "en", "ur"):
        coverage, before, after = found[corpus, OWN]
        assert coverage == pytest.approx(0.9, abs=0.02)
        assert after < 0.04 < before
    assert found["ur", OTHERS][2] > 0.1


def test_without_shift_both_are_kept() -> None:
    found = by(pl.concat([left_out(name, 1.0) for name in ("de", "en", "ur")]))
    assert all(value[0] == pytest.approx(0.9, abs=0.025) for value in found.values())


def test_what_is_kept_is_counted_right() -> None:
    """One speaker is right with 0.7, the other wrong with 0.7; each is calibrated on the other."""
    right = judged(FOUR * 5, FOUR * 5, ["a"] * 20, protocol="lolo", normalisation="source")
    wrong = (*FOUR[1:], FOUR[0])
    other = judged(FOUR * 5, wrong * 5, ["b"] * 20, protocol="lolo", normalisation="source")
    table = pl.concat([right, other.with_columns(id="v" + pl.col("id"))])
    table = table.with_columns(
        **{
            f"p_{name}": pl.when(pl.col("predicted") == name).then(0.7).otherwise(0.1)
            for name in FOUR
        }
    )
    (one,) = trusted(stated(table))
    kept = one.at(0.9)
    # by a's rights b gets sets of one, all wrong; by b's wrongs a gets sets of all four
    assert (one.on, kept.coverage, kept.size) == (OWN, 0.5, 2.5)
    assert (kept.answered, kept.right) == (0.5, 0.0)
    assert one.error[0] == pytest.approx(0.2)


def test_folds_of_the_table_are_taken_where_they_keep_speakers_apart() -> None:
    def grouped(table: pl.DataFrame) -> Stated:
        (one,) = stated(table)
        return one

    own = grouped(left_out("de", 1.0, folds=3))
    np.testing.assert_array_equal(fold_of(own), own.folds)
    for table in (left_out("de", 1.0), left_out("de", 1.0).with_columns(fold=pl.col("id"))):
        made = grouped(table)
        groups = fold_of(made)
        assert groups is not None and set(groups.tolist()) == {"0", "1", "2", "3", "4"}
        for speaker in set(made.speakers.tolist()):
            assert len(set(groups[made.speakers == speaker].tolist())) == 1
    alone = left_out("de", 1.0).with_columns(speaker=pl.lit("only"))
    unknown = left_out("de", 1.0).with_columns(speaker=pl.lit(None, pl.String))
    assert fold_of(grouped(alone)) is None and fold_of(grouped(unknown)) is None


def test_other_classes_and_other_ways_calibrate_nothing() -> None:
    table = pl.concat([left_out("de", 1.0), left_out("en", 1.0, normalisation="corpus")])
    assert {one.on for one in trusted(stated(table))} == {OWN}
    assert trusted(stated(left_out("de", 1.0, protocol="strict"))) == []


def test_the_tables_say_which_promises_were_kept() -> None:
    (found,) = promise_tables(stated(shifted()), ZERO_SHOT)
    assert [line[:2] for line in found.body] == [
        (corpus, on) for corpus in ("de", "en", "ur") for on in (OTHERS, OWN)
    ]
    assert {len(line) for line in found.body} == {len(found.head)}
    assert "had the tested one among their sources" in found.intro
    assert "A promise of 0.9: calibrated on other languages it came to between" in found.intro
    others = [one for one in trusted(stated(shifted())) if one.on == OTHERS]
    before, after = error_together(others)
    assert f"each calibrated on the others: {after:.3f} (before {before:.3f})" in found.intro
    assert "[" in found.body[0][7] and "†" not in found.body[0][7]


def test_all_ways_have_a_table_and_variants_none() -> None:
    ways = [
        left_out(corpus, 1.0, items=240, system=system, seed=seed)
        for corpus in ("de", "en")
        for system in ("attention-bilstm", "coral", "nnpm")
        for seed in (0, 1)
    ]
    variant = left_out("de", 1.0, condition='{"variant": "small"}')
    own, every = promise_tables(stated(pl.concat([*ways, variant])), ZERO_SHOT)
    assert len(own.body) == 4
    assert [line[0] for line in every.body] == ["attention-bilstm", "coral", "nnpm"]
    assert {line[5] for line in every.body} == {"2"}
    assert {len(line) for line in every.body} == {len(every.head)}


def test_too_sure_and_too_modest_even_out_in_one_pool() -> None:
    table = pl.concat([left_out("de", 1.6), left_out("en", 0.6), left_out("ur", 1.0)])
    others = [one for one in trusted(stated(table)) if one.on == OTHERS]
    before, after = error_together(others)
    alone = error_together(others[:1])
    assert alone == pytest.approx(others[0].error)
    assert before < np.mean([one.error[0] for one in others])
    assert after < np.mean([one.error[1] for one in others])


def test_no_table_without_probabilities() -> None:
    assert promise_tables(stated(judged(FOUR, FOUR, protocol="lolo")), ZERO_SHOT) == []
