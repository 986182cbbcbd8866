"""Leaks, variants and what the corpus can be read from: tables, and pictures of all trials."""

import json
from collections.abc import Sequence

import pytest

from ehsaas.evaluation import pictures
from ehsaas.evaluation.bars import class_bars, corpus_bars
from ehsaas.evaluation.curves import noise_curves, training_curves
from ehsaas.evaluation.disturbed import variant_of
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.predictions import WHOLE, concat
from ehsaas.evaluation.results import rows
from ehsaas.evaluation.trials import hindsight, trial_tables
from ehsaas.evaluation.views import headline_of, others
from tests.evaluation import builders
from tests.evaluation.test_curves import texts

HEADLINE = headline_of({"system": "claf-ser", "joint": {"statistics": ["source"]}})


def test_every_trial_has_its_table_and_none_is_left_for_the_others(
    trials: Sequence[Result],
) -> None:
    titles = [table.title for table in trial_tables(trials)]
    assert titles == [
        "Accuracy, as the field prints it",
        "A corpus that was not trained on",
        "One thing changed at a time",
        "How well the corpus can be read",
        "Disturbed clips: UAR on emodb",
        "What helps: change of UAR on emodb",
        "Two utterances in one clip",
    ]
    assert others(trials) == []


def test_what_a_random_split_and_a_leak_add_stands_beside_strict(trials: Sequence[Result]) -> None:
    table = trial_tables(trials)[0]
    (line,) = table.body
    assert "random, copies" in table.head
    strict, random, leaked = (float(line[i].split()[0]) for i in (3, 4, 5))
    assert strict < random < leaked
    assert float(line[-1]) == pytest.approx(random - strict, abs=1e-3)


def test_a_variant_is_compared_with_the_system_as_it_is(trials: Sequence[Result]) -> None:
    whole, changed = trial_tables(trials)[2].body
    assert whole[2:5] == ("claf-ser", "source", WHOLE) and whole[7:] == ("", "")
    assert changed[4] == "without attention" and float(changed[7]) < -0.1
    assert changed[8] == "< 0.001" or float(changed[8]) < 0.05


def test_the_choice_stands_beside_the_best_in_hindsight() -> None:
    skills = {
        "emodb": {"": 0.5, "layer 1": 0.7, "layer 2": 0.3},
        "urdu": {"": 0.6, "layer 1": 0.2, "layer 2": 0.4},
    }
    made = [
        builders.simulated(
            skill,
            corpus=corpus,
            protocol="lolo",
            condition=json.dumps({"variant": variant} if variant else {}),
            salt=salt,
        )
        for corpus, variants in skills.items()
        for salt, (variant, skill) in enumerate(variants.items())
    ]
    table = hindsight(pool(concat(made)))
    emodb, urdu, mean = table.body
    assert [line[0] for line in table.body] == ["emodb", "urdu", "mean, one for all"]
    assert (emodb[4], urdu[4], mean[4]) == ("layer 1", "layer 2", "layer 1")
    assert float(emodb[6]) < 0 < float(urdu[6])
    chosen = (float(emodb[3]) + float(urdu[3])) / 2
    assert float(mean[3]) == pytest.approx(chosen, abs=2e-3)
    assert hindsight(pool(concat(made[:1]))).body == ()


def test_what_each_modality_contributes_stands_by_variant() -> None:
    told = [{}, {"modality": "speech alone"}, {"modality": "text alone"}]
    made = [
        builders.simulated(
            skill,
            protocol="strict",
            condition=json.dumps({**condition, **variant}, sort_keys=True),
            salt=salt,
        )
        for variant in ({}, {"variant": "gated"})
        for salt, (skill, condition) in enumerate(zip((0.8, 0.8, 0.1), told, strict=True))
    ]
    results = pool(concat(made))
    (table,) = (one for one in trial_tables(results) if one.title.startswith("What each modality"))
    assert [line[4:6] for line in table.body] == [
        (variant, given)
        for variant in (WHOLE, "gated")
        for given in ("speech and text", "speech alone", "text alone")
    ]
    for both, speech, text in (table.body[:3], table.body[3:]):
        assert both[-2:] == ("", "")
        assert abs(float(speech[-2])) < 0.15 and float(text[-2]) < -0.4
    assert others(results) == []


def test_how_well_the_corpus_can_be_read_stands_by_variant(trials: Sequence[Result]) -> None:
    table = trial_tables(trials)[3]
    assert table.head[2:] == (
        *("statistics", "variant", "probe of f_attn", "classifier reads"),
        *("classifier, training part", "classifier, test part", "chance"),
    )
    assert [line[2:4] for line in table.body] == [
        ("corpus", WHOLE),
        ("corpus", "without attention"),
        ("source", WHOLE),
        ("source", "without attention"),
    ]
    corpus, _, whole, changed = (float(line[4].split()[0]) for line in table.body)
    assert corpus < 0.4 < whole < 0.75 < changed
    assert {line[5] for line in table.body} == {"f_adapted"}
    assert {line[-1] for line in table.body} == {"0.333"}


def test_only_the_plain_result_is_the_headline(trials: Sequence[Result]) -> None:
    chosen = [row for row in rows(trials, HEADLINE) if row["headline"]]
    assert {row["protocol"] for row in chosen} == {"strict", "random", "loco"}
    assert all(not row["condition"] for row in chosen)


def test_pictures_of_trials(trials: Sequence[Result]) -> None:
    (noise,) = pictures.disturbed(trials)
    shown = texts(noise.svg)
    assert {WHOLE, "noisy", "chance", "white noise, dB signal to noise"} <= set(shown)
    strict, random = pictures.by_class(trials, HEADLINE)
    assert strict.title == "emodb, new speakers" and random.title == "emodb, random split"
    assert pictures.compared(trials, HEADLINE) == []  # one corpus is no comparison


def test_a_noise_curve_has_its_points_in_order(trials: Sequence[Result]) -> None:
    points = [one for one in trials if one.condition.get("unit") and variant_of(one) == WHOLE]
    svg = noise_curves({WHOLE: points}, "n", "white noise")
    assert {"20", "10", "0"} <= set(texts(svg))


def test_class_bars_print_the_recall_of_each_emotion(trials: Sequence[Result]) -> None:
    one = next(r for r in trials if r.protocol == "strict" and not r.condition)
    shown = texts(class_bars(one, "c"))
    for detail in one.details:
        assert detail.name in shown and f"{detail.recall:.2f}" in shown


def test_corpus_bars_leave_out_what_was_not_run(trials: Sequence[Result]) -> None:
    one = next(r for r in trials if r.protocol == "strict" and not r.condition)
    shown = texts(corpus_bars([("emodb", one, None), ("tess", None, None)], "c"))
    assert {"emodb", "tess", "new speakers (strict)"} <= set(shown)
    assert "random split" not in shown


def test_training_curves_show_loss_and_accuracy_of_training_and_test() -> None:
    epochs = [
        {
            "epoch": i + 1,
            "loss": 2.0 / (i + 1),
            "accuracy": 0.2 * i,
            "validation_uar": 0.1 * i,
            "validation_loss": 2.1 / (i + 1),
            "validation_accuracy": 0.15 * i,
        }
        for i in range(4)
    ]
    shown = texts(training_curves([{"epochs": epochs, "watched": "test"}], "t", "emodb, random"))
    assert {"training", "test", "loss", "accuracy", "epoch"} <= set(shown)
