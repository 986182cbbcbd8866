"""Embeddings: pooled by hand, in windows, from a batch as from single clips."""

from pathlib import Path

import pytest
import torch
from torch import nn

from ehsaas.features.embeddings import EmbeddingConfig, averaged, thirds
from ehsaas.models.encoders import Checkpoint, EncoderError
from tests.models import checkpoints

SAMPLES = torch.randn(2, 16000, generator=torch.Generator().manual_seed(1)) * 0.1
LENGTHS = torch.tensor([16000, 7000])


def frames_of(folder: Path, *layers: int) -> nn.Module:
    config = EmbeddingConfig(encoder=str(folder), layers=layers, pooling="none")
    return config.found().extractor()


def test_pooled_is_mean_and_deviation_of_the_clip_s_own_frames(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path, "whisper")
    config = EmbeddingConfig(encoder=str(folder), layers=(1, 3)).found()
    with torch.no_grad():
        x, frames = config.extractor()(SAMPLES, LENGTHS)
        states, own = Checkpoint.find(folder).load()(SAMPLES[1:, :7000], LENGTHS[1:])
    assert x.shape == (2, 1, len(config.names)) == (2, 1, 128) and frames.tolist() == [1, 1]
    expected = torch.cat([f(states[i][0, : int(own[0])]) for i in (1, 3) for f in (_mean, _std)])
    torch.testing.assert_close(x[1, 0], expected, atol=1e-4, rtol=1e-4)
    assert config.names[0] == "layer1_mean_0" and config.names[-1] == "layer3_std_31"


def _mean(x: torch.Tensor) -> torch.Tensor:
    return x.mean(dim=0)


def _std(x: torch.Tensor) -> torch.Tensor:
    return x.std(dim=0, correction=0)


@pytest.mark.parametrize("kind", ("whisper", "hubert"))
def test_a_batch_is_what_its_clips_are_alone(tmp_path: Path, kind: str) -> None:
    heard = frames_of(checkpoints.write(tmp_path, kind), 0, 2)
    with torch.no_grad():
        x, frames = heard(SAMPLES, LENGTHS)
        alone, own = heard(SAMPLES[1:, :7000], LENGTHS[1:])
    T = int(own[0])
    assert int(frames[1]) == T and not x[1, T:].any()
    torch.testing.assert_close(x[1, :T], alone[0], atol=1e-4, rtol=1e-4)


def test_a_clip_longer_than_the_span_is_heard_to_its_end(tmp_path: Path) -> None:
    heard = frames_of(checkpoints.write(tmp_path, "whisper"), 1)
    half = torch.randn(1, 20 * 16000, generator=torch.Generator().manual_seed(2)) * 0.1
    with torch.no_grad():
        one, _ = heard(half, torch.tensor([half.shape[1]]))
        both, frames = heard(half.repeat(1, 2), torch.tensor([2 * half.shape[1]]))
    assert frames.tolist() == [2000]
    torch.testing.assert_close(both, one.repeat(1, 2, 1))


def test_other_weights_than_before_are_refused(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path, "whisper")
    config = EmbeddingConfig(encoder=str(folder), layers=(1,)).found()
    checkpoints.write(tmp_path, "whisper", seed=1)
    with pytest.raises(EncoderError, match="other weights than these features were made with"):
        config.extractor()


def test_layers_must_be_there_and_in_order(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path, "whisper")
    with pytest.raises(EncoderError, match="layers 0 to 3 can be had, not 4"):
        EmbeddingConfig(encoder=str(folder), layers=(4,)).found()
    with pytest.raises(ValueError, match="each once and in order"):
        EmbeddingConfig(encoder=str(folder), layers=(2, 1)).found()


def test_a_checkpoint_is_found_beside_the_corpora(tmp_path: Path) -> None:
    checkpoints.write(tmp_path / "encoders" / "tiny", "whisper")
    (tmp_path / "corpora").mkdir()
    given = EmbeddingConfig(encoder="../encoders/tiny", layers=(1,))
    found = given.found(tmp_path / "corpora")
    assert found.where == str((tmp_path / "encoders" / "tiny").resolve())
    assert found.encoder == "../encoders/tiny"
    assert str(tmp_path) not in found.model_dump_json()
    assert (found.size, given.size) == (32, None)


def test_frames_are_averaged_within_their_clip() -> None:
    x = torch.arange(10.0).reshape(2, 5, 1)
    x[1, 3:] = 0
    means, frames = averaged(x, torch.tensor([5, 3]), 2)
    assert frames.tolist() == [3, 2]
    assert means[0, :, 0].tolist() == [0.5, 2.5, 4.0]
    assert means[1, :, 0].tolist() == [5.5, 7.0, 0.0]


def test_thirds_are_the_means_of_a_clip_s_own_frames() -> None:
    x = torch.arange(12.0).reshape(2, 6, 1)
    x[1, 1:] = torch.nan
    own = thirds(x, torch.tensor([6, 1]))
    assert own[0, :, 0].tolist() == [0.5, 2.5, 4.5]
    assert own[1, :, 0].tolist() == [6.0, 6.0, 6.0]  # of one frame


def test_names_stand_where_the_values_do(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path, "whisper")
    given = EmbeddingConfig(encoder=str(folder), layers=(0, 2), pooling="mean-std-thirds")
    config = given.found()
    x, _ = config.extractor()(SAMPLES, LENGTHS)
    states, frames = frames_of(folder, 0, 2)(SAMPLES, LENGTHS)
    own = states[1, : int(frames[1])]
    assert x.shape == (2, 1, len(config.names))
    where = config.names.index("layer2_third_0")
    third = own[-(-2 * len(own) // 3) :, 32:]
    torch.testing.assert_close(x[1, 0, where : where + 32], third.mean(dim=0), atol=2e-2, rtol=0)
    where = config.names.index("layer2_std_0")
    torch.testing.assert_close(x[1, 0, where], own[:, 32].std(correction=0), atol=1e-4, rtol=0)


def test_loud_is_the_mean_of_the_loud_frames(tmp_path: Path) -> None:
    """The second half of the clip is 80 dB softer, and not heard."""
    folder = checkpoints.write(tmp_path, "whisper")
    sound = torch.cat([SAMPLES[:1], 0.0001 * SAMPLES[1:]], dim=1)
    lengths = torch.tensor([sound.shape[1]])
    pooled = EmbeddingConfig(encoder=str(folder), layers=(2,), pooling="loud").found()
    both = EmbeddingConfig(encoder=str(folder), layers=(2,), pooling="mean-std-loud").found()
    with torch.no_grad():
        x, _ = pooled.extractor()(sound, lengths)
        whole, _ = both.extractor()(sound, lengths)
        frames, _ = frames_of(folder, 2)(sound, lengths)
    assert pooled.names[0] == "layer2_loud_0" and both.names[-1] == "layer2_loud_31"
    torch.testing.assert_close(x[0, 0], frames[0, :51].mean(dim=0), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(whole[0, 0, -32:], x[0, 0])
    torch.testing.assert_close(whole[0, 0, :32], frames[0].mean(dim=0), atol=1e-4, rtol=1e-4)


def test_a_gain_changes_the_level_alone(tmp_path: Path) -> None:
    folder = checkpoints.write(tmp_path, "whisper")
    without = EmbeddingConfig(encoder=str(folder), layers=(1,), pooling="loud", level_db=-22)
    config = without.model_copy(update={"level": True}).found()
    with torch.no_grad():
        x, _ = config.extractor()(SAMPLES, LENGTHS)
        softer, _ = config.extractor()(0.25 * SAMPLES, LENGTHS)
    assert config.names[-1] == "level" and config.hidden == (32,)
    torch.testing.assert_close(softer[..., :-1], x[..., :-1])
    torch.testing.assert_close(x[..., -1] - softer[..., -1], torch.full((2, 1), 12.0412))
    assert without.found().hidden == ()


def test_a_level_is_known_of_levelled_clips_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="level: for vectors of clips"):
        EmbeddingConfig(encoder="somewhere", pooling="mean", level=True)
