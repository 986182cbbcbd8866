from pathlib import Path

import numpy as np
import pytest
import torch

from ehsaas.export.layers import SPARE
from ehsaas.export.waveform import Distance, Waveform
from ehsaas.judging import AT_ONCE
from ehsaas.serving.model_file import OUTPUTS
from tests.export import toys


def test_outputs_are_those_that_a_model_has() -> None:
    assert {*Waveform(toys.placed()).names} == {*OUTPUTS}
    assert {*Waveform(toys.bilstm()).names} == {*OUTPUTS} - {"dimensions"}
    plain = toys.recogniser("perceptron", hidden=4, width=4)
    assert Waveform(plain).names == ("probabilities", "embedding", "features", "frames")


@pytest.mark.parametrize(
    ("kind", "at_once", "spare"),
    [("wav2vec2", 1, 0), ("data2vec-audio", 1, 0), ("hubert-large", AT_ONCE, SPARE)],
)
def test_where_padding_would_be_heard_clips_are_heard_alone_and_as_they_are(
    tmp_path: Path, kind: str, at_once: int, spare: int
) -> None:
    made = Waveform(toys.recogniser("linear-probe", toys.embeddings(tmp_path, kind)))
    assert (made.at_once, made.spare) == (at_once, spare)


def test_a_distance_is_the_reach_s() -> None:
    reach = toys.bilstm().reach
    assert reach is not None
    features = torch.randn(2, 7, 40, generator=torch.Generator().manual_seed(0)) * 20
    frames = torch.tensor([7, 3])
    found = Distance(reach)(features, frames)
    for i, n in enumerate(frames.tolist()):
        expected = reach.of(features[i, :n].numpy())
        assert float(found[i]) == pytest.approx(expected, rel=1e-4)


def test_what_lies_behind_a_clip_changes_nothing() -> None:
    made = toys.bilstm()
    module, own = Waveform(made).eval(), made.statistics
    statistics = torch.from_numpy(own.mean), torch.from_numpy(own.std)
    (clip,) = toys.clips(5)[1:2]
    n = len(clip.samples)
    samples = torch.zeros(1, n + 5000)
    samples[0, :n] = torch.from_numpy(np.asarray(clip.samples))
    loud = samples.clone()
    loud[0, n:] = 1.0
    with torch.no_grad():
        quiet = module(samples[:, :n], torch.tensor([n]), *statistics)
        padded = module(loud, torch.tensor([n]), *statistics)
    at = module.names.index("probabilities")
    torch.testing.assert_close(padded[at], quiet[at], atol=1e-6, rtol=0)
