"""All recordings of a run's corpora, those without a class too, and the parts of a target."""

import numpy as np
import polars as pl
import pytest

from ehsaas.experiments import pretrained
from ehsaas.experiments.material import Setup
from ehsaas.experiments.parts import MethodsConfig
from ehsaas.experiments.recordings import load, parts
from ehsaas.experiments.run import run
from tests.experiments import compared
from tests.experiments.compared import ASKED, config, like

LITTLE = ASKED | {
    "features": ("network", "functionals"),
    "methods": ("source-only",),
    "statistics": ("corpus",),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    home = compared.tables(tmp_path_factory.mktemp("recordings"))
    run(config(LITTLE), home, home / "run", store=home / "store")
    return Setup(pretrained.found(config(LITTLE), home), home / "run", home / "store", home)


def asked(setup: Setup) -> MethodsConfig:
    assert setup.config.methods is not None
    return setup.config.methods


def test_a_target_is_cut_between_speakers(whole: Setup) -> None:
    """Who has none of the classes is adapted on, and never judged."""
    data = load(whole, "four", "network")
    for index, corpus in enumerate(whole.config.corpora):
        target = data.take(np.flatnonzero(data.examples.corpus == index))
        folds = parts(whole, target, corpus, asked(whole))
        voices = target.rows["speaker"].to_numpy()
        judged = [set(voices[fold.test]) for fold in folds]
        assert [fold.name for fold in folds] == ["1", "2"] and not judged[0] & judged[1]
        for fold in folds:
            assert not set(voices[fold.train]) & set(voices[fold.test])
            assert len(fold.train) + len(fold.test) == len(voices)
            assert "second:s9" not in voices[fold.test]
        if corpus == "third":  # one speaker adapts, the other is judged, and the other way round
            assert judged == [{"third:s0"}, {"third:s1"}]
            assert set(voices[folds[0].train]) == {"third:s1"}


def test_published_folds_are_dealt_out(whole: Setup) -> None:
    """Four of them to three parts: the first and the last are judged together."""
    path = whole.root / "folds.csv"
    rows = whole.table("first").rows
    listed = rows.select("corpus", "id", fold=pl.col("speaker").str.slice(-1).cast(pl.Int64) + 1)
    listed.write_csv(path)
    setup = like(whole, {"folds": 3, "strict_folds": path.name})
    data = load(setup, "four", "functionals")
    target = data.take(np.flatnonzero(data.examples.corpus == 0))
    folds = parts(setup, target, "first", asked(setup))
    voices = target.rows["speaker"].to_numpy()
    assert [sorted(v[-1] for v in set(voices[fold.test])) for fold in folds] == [
        ["0", "3"],
        ["1"],
        ["2"],
    ]


def test_all_recordings_are_there_and_set_the_scale(whole: Setup) -> None:
    data = load(whole, "four", "functionals")
    assert data.classes == ("anger", "happiness", "neutral", "sadness")
    assert data.rows.height == 64 + 64 + 32
    assert (data.examples.labels == -1).sum() == 5 == data.rows["emotion"].null_count()
    assert len(data.judged) == 155
    own = data.examples.take(np.flatnonzero(data.examples.corpus == 1))
    X = np.concatenate(own.features)
    np.testing.assert_allclose(data.statistics[1].mean, X.mean(axis=0), rtol=1e-4, atol=1e-4)
    speaker = data.examples.speaker
    assert speaker is not None
    assert (speaker[data.examples.corpus == 0] == -1).all()  # never by speaker
    assert [len(set(speaker[data.examples.corpus == i])) for i in (1, 2)] == [5, 2]
    assert not set(speaker[data.examples.corpus == 1]) & set(speaker[data.examples.corpus == 2])


def test_the_columns_of_the_first_candidate_are_heard(whole: Setup) -> None:
    """Layers 1 and 2 of three, means and deviations without those of the thirds."""
    data = load(whole, "four", "network")
    blocks = pretrained.blocks(whole.config.heard_by)
    first = pretrained.candidates(whole.config.heard_by, whole.config.model)[0]  # type: ignore[arg-type]
    assert data.examples.features[0].shape == (1, sum(len(blocks[i]) for i in first.blocks))
    assert len(first.blocks) < len(blocks)
