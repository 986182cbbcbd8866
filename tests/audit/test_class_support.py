"""Classes with too few test items."""

from ehsaas.audit import Finding, audit, class_support
from ehsaas.corpora.splits import Split
from ehsaas.utterances import UtteranceTable
from tests.audit.tables import EVEN, by_speaker, split, table, together


def findings(
    data: UtteranceTable, folds: Split | None = None, classes: list[str] | None = None
) -> list[Finding]:
    found = audit(data, folds, classes).findings
    return [finding for finding in found if finding.kind == class_support.KIND]


def test_a_class_that_is_asked_for_and_missing_is_critical() -> None:
    (finding,) = findings(table(EVEN), classes=["anger", "sadness", "fear"])
    assert finding.severity == "critical"
    assert finding.title == "no items of fear in the corpus"
    assert finding.evidence["items"] == {"anger": 72, "sadness": 72, "fear": 0}


def test_fewer_than_ten_items_are_a_warning_and_ten_are_enough() -> None:
    (finding,) = findings(table({"a": {"anger": 10, "fear": 9}}))
    assert finding.severity == "warning"
    assert finding.evidence["classes"] == ["fear"]
    assert "fear (9)" in finding.title
    assert "recall by 11 points and UAR by 5.6" in finding.effect


def test_severity_follows_the_pool_not_the_fold() -> None:
    data = table({f"s{i}": {"anger": 4, "sadness": 20} for i in range(6)})
    (finding,) = findings(data, by_speaker(data))
    assert finding.severity == "note"
    assert finding.title.startswith("6 of 6 folds test some class with fewer than 10 items")
    assert finding.evidence["folds"]["1"] == {"anger": 4}
    assert finding.evidence["items"] == {"anger": 24, "sadness": 120}


def test_only_test_items_count_when_a_split_is_given() -> None:
    data = table({"a": {"anger": 20, "sadness": 20}})
    missing, scarce = findings(data, split((list(range(8, 40)), list(range(8)))))
    assert missing.severity == "critical" and missing.evidence["classes"] == ["sadness"]
    assert scarce.severity == "warning" and scarce.evidence["classes"] == ["anger"]
    assert scarce.evidence["items"] == {"anger": 8, "sadness": 0}


def test_a_class_that_no_fold_trains_on_is_critical() -> None:
    data = table({"a": {"anger": 15}, "b": {"anger": 15, "fear": 15}})
    found = findings(data, by_speaker(data))
    gaps = [finding for finding in found if "never trained on" in finding.title]
    assert [finding.severity for finding in gaps] == ["critical"]
    assert gaps[0].evidence["folds"] == {"2": ["fear"]}


def test_training_rows_of_another_corpus_count_as_training() -> None:
    data = together(table(EVEN, "a"), table(EVEN, "b"))
    assert findings(data, split((list(range(144)), list(range(144, 288))))) == []


def test_a_corpus_without_labels_has_nothing_to_score() -> None:
    (finding,) = findings(table(EVEN, emotion=None))
    assert finding.severity == "critical" and finding.title == "no utterance carries an emotion"
