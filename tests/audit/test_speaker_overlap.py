"""Speakers on both sides."""

from ehsaas.audit import audit, speaker_overlap
from tests.audit.tables import EVEN, by_speaker, split, table

KIND = speaker_overlap.KIND


def test_shared_speakers_are_counted_per_fold_and_at_worst() -> None:
    data = table({"a": {"anger": 4}, "b": {"anger": 4}, "c": {"anger": 4}})
    found = audit(
        data,
        split(
            ([4, 5, 6, 7, 8, 9, 10, 11], [0, 1, 2, 3]),
            ([0, 1, 4, 8, 9, 10, 11], [2, 3, 5, 6]),
        ),
    )
    (finding,) = [finding for finding in found.findings if finding.kind == KIND]
    assert finding.severity == "critical"
    assert finding.title == (
        "2 of 2 test speakers are also in training (fold 2, the worst; 1 of 2 folds leak)"
    )
    assert finding.evidence["speakers"] == ["mini:a", "mini:b"]
    assert finding.evidence["folds"] == [
        {"fold": "1", "test_speakers": 1, "also_in_training": 0},
        {"fold": "2", "test_speakers": 2, "also_in_training": 2},
    ]
    assert found.speaker_disjoint == {"mini": False}
    assert found.verdict == "speaker-disjoint: no (mini)"


def test_one_shared_utterance_in_many_is_a_warning() -> None:
    data = table({"a": {"anger": 40}, "b": {"anger": 2}, "c": {"anger": 10}})
    found = audit(data, split(([41, *range(42, 52)], list(range(41)))))
    (finding,) = [finding for finding in found.findings if finding.kind == KIND]
    assert finding.severity == "warning"
    assert finding.evidence["share_of_test_utterances"] == round(1 / 41, 4)


def test_disjoint_speakers_are_no_finding() -> None:
    data = table(EVEN)
    found = audit(data, by_speaker(data))
    assert KIND not in [finding.kind for finding in found.findings]
    assert found.verdict == "speaker-disjoint: yes"


def test_unknown_speakers_are_said_to_be_unknown() -> None:
    data = table(EVEN, speaker=None)
    found = audit(data, split((list(range(72)), list(range(72, 144)))))
    (finding,) = [finding for finding in found.findings if finding.kind == KIND]
    assert finding.severity == "warning" and "unknown" in finding.title
    assert found.speaker_disjoint == {"mini": None}
    assert found.verdict == "speaker-disjoint: unknown (mini)"


def test_speakers_of_other_classes_count_only_when_those_classes_train() -> None:
    data = table({"a": {"anger": 2, "boredom": 2}, "b": {"anger": 2}})
    folds = split(([2, 3, 4, 5], [0, 1]))
    assert audit(data, folds).speaker_disjoint == {"mini": False}
    assert audit(data, folds, classes=["anger"]).speaker_disjoint == {"mini": True}
