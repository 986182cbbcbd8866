"""Exact duplicates."""

from ehsaas.audit import Finding, audit, duplicates
from ehsaas.corpora.splits import Split
from ehsaas.utterances import UtteranceTable
from tests.audit.tables import EVEN, split, table, together


def copied(digests: dict[int, str], corpus: str = "mini") -> UtteranceTable:
    return table(EVEN, corpus, digest=[digests.get(i, f"{corpus}{i}") for i in range(144)])


def findings(data: UtteranceTable, folds: Split | None = None) -> list[Finding]:
    found = audit(data, folds).findings
    return [finding for finding in found if finding.kind == duplicates.KIND]


def test_a_pair_within_a_speaker_is_a_note_with_its_ids() -> None:
    (finding,) = findings(copied({0: "x", 1: "x"}))
    assert finding.severity == "note"
    assert finding.evidence["groups"] == [
        {
            "ids": ["u0", "u1"],
            "speakers": ["mini:s0", "mini:s0"],
            "emotions": ["anger", "anger"],
            "straddles": False,
        }
    ]
    assert finding.evidence["straddling"] is None
    assert "u0 = u1), within one speaker" in finding.title


def test_a_pair_on_one_side_stays_a_note_and_on_both_is_graver() -> None:
    data = copied({0: "x", 1: "x"})
    (apart,) = findings(data, split((list(range(2, 144)), [0, 1])))
    assert apart.severity == "note" and "none straddle" in apart.title
    (few,) = findings(data, split(([0, 143], list(range(1, 143)))))
    assert few.severity == "warning" and "1 straddles" in few.title
    assert few.evidence["share_of_test_utterances"] == round(1 / 142, 4)
    (many,) = findings(data, split((list(range(1, 100)), [0, 143])))
    assert many.severity == "critical"
    assert many.evidence["groups"][0]["straddles"] is True


def test_one_recording_under_two_speakers_or_labels_is_a_warning() -> None:
    (speakers,) = findings(copied({0: "x", 24: "x"}))
    assert speakers.severity == "warning"
    assert speakers.evidence["across_speakers"] == 1
    (labels,) = findings(copied({0: "x", 12: "x"}))
    assert labels.severity == "warning"
    assert labels.evidence["contradictory_labels"] == 1
    assert "1 with contradictory emotions" in labels.title
    assert "cannot be answered rightly" in labels.effect


def test_many_sets_are_counted_and_the_first_are_shown() -> None:
    (finding,) = findings(copied({i: f"x{i // 2}" for i in range(10)}))
    assert finding.evidence["sets"] == 5 and finding.evidence["clips"] == 10
    assert finding.title.startswith("5 sets of identical recordings (10 clips: u0 = u1;")
    assert "…" in finding.title and "each within one speaker" in finding.title


def test_copies_in_another_corpus_are_found_from_both() -> None:
    found = findings(together(copied({0: "x"}, "a"), copied({3: "x"}, "b")))
    assert [finding.corpus for finding in found] == ["a", "b"]
    assert found[0].evidence["groups"][0]["ids"] == ["u0", "b/u3"]


def test_unknown_speakers_are_not_taken_for_one() -> None:
    data = table(EVEN, digest=["x", "x", *map(str, range(142))], speaker=None)
    (finding,) = findings(data)
    assert "some of unknown speakers" in finding.title


def test_missing_digests_are_said() -> None:
    (finding,) = findings(table(EVEN, digest=None))
    assert finding.severity == "note"
    assert finding.evidence == {"without_digest": 144, "rows": 144}


def test_no_duplicates_are_no_finding() -> None:
    assert findings(table(EVEN)) == []
