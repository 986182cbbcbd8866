"""Speaker–emotion confounding."""

import polars as pl
import pytest

from ehsaas.audit import Finding, audit, speaker_emotion
from ehsaas.utterances import UtteranceTable
from tests.audit.tables import EVEN, table


def findings(data: UtteranceTable) -> list[Finding]:
    return [finding for finding in audit(data).findings if finding.kind == speaker_emotion.KIND]


def test_the_oracle_says_each_speakers_most_frequent_emotion() -> None:
    data = table({"a": {"anger": 3, "sadness": 1}, "b": {"sadness": 2, "happiness": 2}})
    answers = speaker_emotion.oracle(data.rows).to_list()
    assert answers == ["anger"] * 4 + ["happiness"] * 4


def test_the_sides_of_valence_have_an_oracle_too() -> None:
    rows = pl.DataFrame(
        {"speaker": [*"aaab", "b"], "emotion": ["positive", "negative"] * 2 + ["positive"]}
    )
    assert speaker_emotion.oracle(rows).to_list() == ["positive"] * 3 + ["negative"] * 2


def test_its_uar_is_the_evidence() -> None:
    """anger 18/20, sadness 15/20: a mean recall of 0.825."""
    data = table({"a": {"anger": 18, "sadness": 5}, "b": {"anger": 2, "sadness": 15}})
    (finding,) = findings(data)
    assert finding.evidence["speaker_oracle_uar"] == 0.825
    assert finding.evidence["chance"] == 0.5
    assert 0.5 < finding.evidence["oracle_uar_with_shuffled_labels"] < 0.7
    assert finding.evidence["speakers_with_one_emotion"] == 0
    assert finding.severity == "critical"
    assert "0.825" in finding.title and "0.825" in finding.effect


def test_speakers_with_one_emotion_are_named_largest_first() -> None:
    mix = {"a": {"anger": 9}, "b": {"sadness": 30}, "c": {"anger": 9, "sadness": 9}}
    (finding,) = findings(table(mix))
    assert finding.evidence["largest"] == {
        "speaker": "mini:b",
        "utterances": 30,
        "emotion": "sadness",
    }
    assert finding.evidence["speakers_with_one_emotion"] == 2
    assert "2 of 3 speakers have one emotion only" in finding.title
    assert "mini:b (30 utterances, all sadness)" in finding.title


@pytest.mark.parametrize(
    ("own", "severity"), [(19, "critical"), (17, "critical"), (14, "warning"), (12, "note")]
)
def test_severity_follows_the_gain_over_shuffled_labels(own: int, severity: str) -> None:
    mix = {
        "a": {"anger": own * 5, "sadness": 100 - own * 5},
        "b": {"anger": 100 - own * 5, "sadness": own * 5},
    }
    (finding,) = findings(table(mix))
    assert finding.severity == severity


def test_balanced_speakers_and_single_utterances_are_no_finding() -> None:
    """Someone who spoke once has one emotion by necessity: luck, not confounding."""
    assert findings(table(EVEN)) == []
    once = {f"s{i}": {"anger" if i % 2 else "sadness": 1} for i in range(40)}
    assert findings(table(once)) == []


def test_one_emotion_or_no_speakers_leave_nothing_to_confound() -> None:
    assert findings(table({"a": {"anger": 5}, "b": {"anger": 5}})) == []
    assert findings(table(EVEN, speaker=None)) == []


def test_one_single_emotion_speaker_among_many_is_a_note() -> None:
    (finding,) = findings(table({**EVEN, "last": {"anger": 6}}))
    assert finding.severity == "note"
    assert finding.evidence["single_emotion_speakers"][0]["speaker"] == "mini:last"


def test_rows_without_a_speaker_are_left_out() -> None:
    data = table({"a": {"anger": 18, "sadness": 2}, "b": {"anger": 2, "sadness": 18}})
    known = pl.when(pl.col("speaker") == "mini:a").then("speaker")
    assert findings(UtteranceTable(data.rows.with_columns(speaker=known))) == []
