"""What every entry of METHODS keeps: shapes, the same again, only labels that were paid for."""

from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pytest
import torch

from ehsaas.evaluation.methods import NETWORKS, ORACLE, SOURCE_NETWORK, SOURCE_ONLY, TARGET_ONLY
from ehsaas.evaluation.results import UNLABELLED
from ehsaas.experiments.parts import MethodName
from ehsaas.models import MODELS
from ehsaas.training import loop
from ehsaas.training.adaptation import (
    METHODS,
    AdaptationError,
    Adapted,
    Budget,
    adapt,
    few_shot,
)
from ehsaas.training.batches import Examples
from tests.training.adaptation.builders import (
    CLASSES,
    DIMS,
    OF_FRAMES,
    TARGET,
    TINY,
    corpus,
    frames,
    settings,
    source,
    target,
)

NEEDY = [name for name, one in METHODS.items() if one.labels == "needed"]
OTHERS = [name for name in METHODS if name not in NEEDY]
NEURAL = [name for name, one in METHODS.items() if one.neural]
FEW = 5
"""Labels a class."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps with few labels: what is seen here does not come with more of them."""
    monkeypatch.setattr(few_shot, "EPOCHS", 2)
    monkeypatch.setattr(few_shot, "STEPS", 10)


def done(
    name: str, of: Examples, to: Examples, labels: int | None = None, seed: int = 0
) -> Adapted:
    """Adapted under the statistics that all its kin can be asked for."""
    method = METHODS[name]
    by = "corpus" if "corpus" in method.statistics else method.statistics[0]
    network = TINY if of.features[0].shape[0] == 1 else OF_FRAMES
    count = labels if labels is not None else FEW * (method.labels == "needed")
    return adapt(name, of, to, Budget(count), settings(network, by=by, seed=seed))


@cache
def logits(name: str, labels: int, seed: int = 0) -> np.ndarray:
    return done(name, source(), target(), labels, seed).logits(target())


@pytest.mark.parametrize("name", METHODS)
def test_a_method_gives_logits_the_same_ones_again(name: str) -> None:
    found = logits(name, FEW)
    assert found.shape == (60, CLASSES) and found.dtype == np.float32
    assert np.isfinite(found).all()
    torch.rand(3)  # whatever else draws from the global generator
    np.testing.assert_array_equal(found, done(name, source(), target(), FEW).logits(target()))


@pytest.mark.parametrize("name", METHODS)
def test_it_says_the_same_from_its_saved_weights(name: str) -> None:
    see_it_can_be_loaded(done(name, source(), target()), target(), DIMS)


@pytest.mark.parametrize("name", NEURAL)
def test_what_trains_a_network_takes_frames(name: str) -> None:
    of, to = frames().joined(frames(index=1, offset=0.2)), frames(index=TARGET)
    see_it_can_be_loaded(done(name, of, to), to, dims=4)


def see_it_can_be_loaded(made: Adapted, to: Examples, dims: int) -> None:
    found = made.logits(to)
    assert found.shape == (len(to), CLASSES) and np.isfinite(found).all()
    again = MODELS[made.model](dims, CLASSES, **made.sizes)
    again.load_state_dict({key: value.clone() for key, value in made.network.state_dict().items()})
    np.testing.assert_array_equal(loop.predict(again, made.standardise(to)), found)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in NEURAL])
def test_what_takes_no_frames_says_so(name: str) -> None:
    assert not METHODS[name].frames
    with pytest.raises(AdaptationError, match="takes one vector an utterance, not frames"):
        done(name, frames(), frames(index=TARGET))


@pytest.mark.parametrize("name", NEEDY)
def test_what_needs_labels_refuses_to_go_without(name: str) -> None:
    with pytest.raises(AdaptationError, match="needs? labels of the target"):
        logits(name, 0)


@pytest.mark.parametrize("name", OTHERS)
def test_without_a_budget_the_labels_of_the_target_are_not_looked_at(name: str) -> None:
    to = target()
    poison = replace(to, labels=np.random.default_rng(0).permutation(to.labels))
    one, other = (done(name, source(), of, labels=0) for of in (to, poison))
    np.testing.assert_array_equal(one.logits(to), other.logits(poison))


@pytest.mark.parametrize("name", METHODS)
def test_labels_change_what_they_are_said_to_change(name: str) -> None:
    few = 2 if name in NEEDY else 0
    changed = not np.array_equal(logits(name, few), logits(name, FEW))
    assert changed == (METHODS[name].labels != "unused")


@pytest.mark.parametrize("name", METHODS)
def test_a_seed_changes_networks_alone(name: str) -> None:
    every = 20  # all labels there are: of fewer a seed would draw others
    count = every if name in NEEDY else 0
    one, other = (logits(name, count, seed) for seed in (0, 1))
    assert np.array_equal(one, other) == (name not in NEURAL)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("by", ("source", "corpus", "speaker"))
def test_it_can_be_had_by_the_statistics_that_it_names(name: str, by: str) -> None:
    how = settings(by=by)
    if by in METHODS[name].statistics:
        made = adapt(name, source(), target(), Budget(), how)
        assert np.isfinite(made.logits(target())).all()
    else:
        with pytest.raises(AdaptationError, match=f"not from those by {by}"):
            adapt(name, source(), target(), Budget(), how)


@pytest.mark.parametrize("name", METHODS)
def test_a_last_batch_of_one_harms_nothing(name: str) -> None:
    """49 labelled utterances in batches of 16, with those of the target 64 and one more."""
    of = corpus(49) if name not in NEEDY else corpus(50)
    made = done(name, of, target())
    assert np.isfinite(made.logits(target())).all()


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("speaker", (None, np.full(60, -1)), ids=("none", "unknown"))
def test_a_source_of_one_corpus_with_unknown_speakers_will_do(
    name: str, speaker: np.ndarray | None
) -> None:
    made = done(name, replace(corpus(), speaker=speaker), target())
    assert np.isfinite(made.logits(target())).all()


@pytest.mark.parametrize("name", [name for name in METHODS if name not in NEURAL])
def test_what_of_the_source_has_no_label_teaches_nothing(name: str) -> None:
    """By the source's statistics it does not even set the scale."""
    lost = replace(corpus(9, index=1, shift=50), labels=np.full(9, -1))
    budget = Budget(FEW * (name in NEEDY))
    one, other = (
        adapt(name, of, target(), budget, settings(by="source"))
        for of in (source(), source().joined(lost))
    )
    np.testing.assert_array_equal(one.logits(target()), other.logits(target()))


def test_the_configuration_knows_every_method() -> None:
    assert get_args(MethodName) == tuple(METHODS)


def written_as(system: str) -> str:
    """The method of a system of a results page, which may be one of its votes."""
    return system.removesuffix(" memory")


def test_the_comparison_knows_every_method_that_trains_a_network() -> None:
    assert {written_as(system) for system in NETWORKS} == {*NEURAL} - {SOURCE_NETWORK}
    assert {SOURCE_NETWORK, SOURCE_ONLY, TARGET_ONLY} <= {*METHODS}
    assert METHODS[SOURCE_ONLY].labels == METHODS[SOURCE_NETWORK].labels == "unused"
    assert METHODS[TARGET_ONLY].labels == "needed" and ORACLE not in METHODS


def test_the_comparison_knows_no_method_that_is_none_or_needs_labels() -> None:
    assert {written_as(system) for system in UNLABELLED} <= {*OTHERS}


@pytest.mark.parametrize("name", OTHERS)
def test_the_comparison_knows_what_hears_other_recordings_of_the_target(name: str) -> None:
    """By the source's statistics, the same recording among others is told otherwise, or is not."""
    same = target(count=1, index=TARGET)
    heard = []
    for others in (target(count=59), target(count=59, shift=3.0, aside=2.0, seed=2)):
        to = others.joined(same)
        made = adapt(name, source(), to, Budget(), settings(by="source"))
        heard.append(made.logits(to)[-1])
    one, other = heard
    assert np.allclose(one, other, atol=1e-5) == (name not in UNLABELLED)


def test_a_method_that_is_none_is_named() -> None:
    with pytest.raises(
        AdaptationError, match="no method is called 'corral'; there are source-only"
    ):
        adapt("corral", source(), target(), Budget(), settings())
