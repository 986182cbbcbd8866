"""Source only, and what the statistics of the target alone are worth."""

from ehsaas.training.adaptation import Budget, adapt
from tests.training.adaptation.builders import right, settings, share_right, source, target


def test_a_shift_of_the_corpus_is_undone_by_its_statistics() -> None:
    to = target(shift=6)
    found = {by: share_right("source-only", source(), to, by=by) for by in ("source", "corpus")}
    assert found["source"] < 0.5
    assert found["corpus"] > 0.9


def test_a_shift_of_every_voice_is_undone_by_those_of_the_voices() -> None:
    of, to = source(voice=6.0), target(voice=6.0)
    assert share_right("source-only", of, to, by="speaker") > 0.9
    assert share_right("source-only", of, to, by="corpus") < 0.7


def test_what_was_not_adapted_on_is_judged_by_the_same_statistics() -> None:
    done = adapt("source-only", source(), target(shift=6), Budget(), settings())
    assert right(done, target(shift=6, seed=2)) > 0.9
    assert done.said == "trained on the source alone"
