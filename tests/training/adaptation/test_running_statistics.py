from dataclasses import replace

import numpy as np
import pytest

from ehsaas.training.adaptation import AdaptationError, Budget, adapt
from tests.training.adaptation.builders import right, settings, share_right, source, target


def shuffled(count: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).permutation(count)


def test_a_stream_finds_its_way_to_where_the_corpus_lies() -> None:
    to = target(count=300, shift=6)
    done = adapt("running-statistics", source(), to, Budget(), settings(by="source"))
    heard = to.take(shuffled(300))
    assert right(done, heard) > share_right("source-only", source(), to, by="source") + 0.2
    told = done.logits(heard).argmax(axis=1) == heard.labels
    assert told[100:].mean() > 0.85 > told[:5].mean()


def test_only_what_was_heard_before_counts() -> None:
    """The stream that was adapted on does not; the order of what is judged does."""
    given = settings(by="source")
    one = adapt("running-statistics", source(), target(), Budget(), given)
    other = adapt("running-statistics", source(), target(shift=9), Budget(), given)
    heard = target(seed=4, shift=4)
    np.testing.assert_array_equal(one.logits(heard), other.logits(heard))
    order = shuffled(60)
    assert not np.allclose(one.logits(heard)[order], one.logits(heard.take(order)), atol=1e-3)


def test_in_the_limit_it_says_what_the_corpus_s_statistics_say() -> None:
    to = target(count=3000, shift=3, apart=2.0)
    given = settings(by="source")
    running = adapt("running-statistics", source(), to, Budget(), given)
    by_corpus = replace(running, standardise=replace(running.standardise, by="corpus"))
    late = slice(2000, None)
    heard = to.take(shuffled(3000))
    one, other = (done.logits(heard)[late].argmax(axis=1) for done in (running, by_corpus))
    assert (one == other).mean() > 0.97


def test_it_starts_from_the_source_s_statistics() -> None:
    with pytest.raises(AdaptationError, match="start from the source's, not from those by corpus"):
        adapt("running-statistics", source(), target(), Budget(), settings())
