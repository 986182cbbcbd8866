from typing import Any

from ehsaas.evaluation.labelling import labelling_notes, labelling_table, labellings


def fit(seed: int, right: float | None, corpus: str = "urdu", **changes: Any) -> dict[str, Any]:
    epoch = {"labelled": 0.5, "purity": None, "right": 0.5, "outside": 0.25}
    return {
        "system": "nnpm",
        "features": "embeddings",
        "normalisation": "corpus",
        "train": ["emodb", "ravdess"],
        "corpus": corpus,
        "seed": seed,
        "condition": {},
        "epochs": [],
        "labelling": [epoch, {**epoch, "labelled": 0.8, "right": right}],
        **changes,
    }


def test_epochs_are_means_over_fits() -> None:
    (one,) = labellings([fit(0, 0.6), fit(1, 0.8)])
    assert (one.train, one.corpus, len(one.epochs)) == ("emodb+ravdess", "urdu", 2)
    assert one.epochs[0]["right"] == 0.5
    assert abs((one.epochs[1]["right"] or 0) - 0.7) < 1e-12
    assert one.epochs[1]["purity"] is None


def test_what_no_fit_knows_is_left_open() -> None:
    (one,) = labellings([fit(0, None), fit(1, None)])
    assert one.epochs[1]["right"] is None
    table = labelling_table([fit(0, None)])
    assert table is not None and table.body[1][-2] == ""


def test_fits_with_labels_of_the_target_and_other_histories_tell_nothing() -> None:
    others = [fit(0, 0.6, condition={"labels_per_class": 5}), {"system": "a", "epochs": [1]}]
    assert labellings(others) == [] and labelling_table(others) is None
    assert labelling_notes(others) == []


def test_a_line_an_epoch_and_a_sentence_a_method() -> None:
    history = [fit(0, 0.6), fit(0, 0.9, "emodb")]
    table = labelling_table(history)
    assert table is not None
    assert [line[3:5] for line in table.body[:2]] == [
        ("emodb+ravdess → emodb", "1"),
        ("emodb+ravdess → emodb", "2"),
    ]
    assert labelling_notes(history) == [
        "Pseudo-labels of nnpm (embeddings, corpus statistics) at last: 80% of the recordings had"
        " one, 25% of these of recordings that have none of the classes; of the others were right:"
        " emodb 90%, urdu 60%."
    ]
