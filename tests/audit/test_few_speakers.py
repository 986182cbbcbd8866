"""Too few speakers for the claim."""

import polars as pl
import pytest

from ehsaas.audit import Finding, audit, few_speakers
from ehsaas.corpora.splits import Split
from ehsaas.utterances import UtteranceTable
from tests.audit.tables import by_speaker, split, table


def findings(data: UtteranceTable, folds: Split | None = None) -> list[Finding]:
    found = audit(data, folds).findings
    return [finding for finding in found if finding.kind == few_speakers.KIND]


@pytest.mark.parametrize(
    ("speakers", "severity"), [(1, "critical"), (2, "critical"), (3, "warning"), (4, "warning")]
)
def test_severity_follows_the_number_of_speakers(speakers: int, severity: str) -> None:
    (finding,) = findings(table({f"s{i}": {"anger": 10} for i in range(speakers)}))
    assert finding.severity == severity
    assert finding.evidence["test_speakers"] == speakers
    assert len(finding.evidence["speakers"]) == speakers


def test_five_speakers_are_enough() -> None:
    data = table({f"s{i}": {"anger": 10} for i in range(5)})
    assert findings(data) == []
    assert findings(data, by_speaker(data)) == []


def test_test_speakers_count_pooled_over_folds() -> None:
    data = table({f"s{i}": {"anger": 10} for i in range(8)})
    (finding,) = findings(data, split((list(range(20, 80)), list(range(20)))))
    assert finding.title == "only 2 speakers in all test parts together (mini:s0, mini:s1)"
    assert "these 2 speakers only" in finding.effect


def test_unknown_speakers_are_said_and_do_not_hide_that_there_are_few() -> None:
    data = table({f"s{i}": {"anger": 10} for i in range(2)})
    some = data.rows.with_columns(speaker=pl.when(pl.col("id") != "u3").then("speaker"))
    few, unknown = findings(UtteranceTable(some))
    assert unknown.severity == "warning"
    assert unknown.evidence == {"items_without_speaker": 1, "items": 20}
    assert few.severity == "critical" and few.title.startswith("only 2 known speakers")


def test_many_unknown_speakers_may_be_many_people() -> None:
    data = table({f"s{i}": {"anger": 10} for i in range(2)})
    some = data.rows.with_columns(speaker=pl.when(pl.col("id") > "u3").then("speaker"))
    (finding,) = findings(UtteranceTable(some))
    assert "items_without_speaker" in finding.evidence
