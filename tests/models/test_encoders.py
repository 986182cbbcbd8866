"""Speech encoders: padding changes nothing, truncation changes nothing, errors say what to do."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from ehsaas.models.encoders import Checkpoint, EncoderError
from ehsaas.models.whisper import Whisper
from tests.models import checkpoints

INVARIANT = ("whisper", "wav2vec2-large", "wavlm-large", "hubert-large")
EVEN = ("wav2vec2", "wavlm", "hubert", "data2vec-audio")
LENGTHS = torch.tensor([16000, 5120, 9999, 1600])


def clips() -> torch.Tensor:
    """Four clips of noise, with noise behind their ends, too."""
    return torch.randn(4, 16000, generator=torch.Generator().manual_seed(1)) * 0.1


@pytest.mark.parametrize("kind", INVARIANT)
def test_a_clip_in_a_batch_is_what_it_is_alone(tmp_path: Path, kind: str) -> None:
    encoder = Checkpoint.find(checkpoints.write(tmp_path, kind)).load()
    samples = clips()
    with torch.no_grad():
        states, frames = encoder(samples, LENGTHS)
        for i, n in enumerate(LENGTHS.tolist()):
            alone, own = encoder(samples[i : i + 1, :n], LENGTHS[i : i + 1])
            T = int(own[0])
            assert int(frames[i]) == T == alone[0].shape[1]
            for one, many in zip(alone, states, strict=True):
                torch.testing.assert_close(many[i, :T], one[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", (*INVARIANT, *EVEN))
def test_the_first_layers_are_those_of_the_whole(tmp_path: Path, kind: str) -> None:
    checkpoint = Checkpoint.find(checkpoints.write(tmp_path, kind))
    one = torch.tensor([8000])
    with torch.no_grad():
        whole, _ = checkpoint.load()(clips()[:1], one)
        first, _ = checkpoint.load(2)(clips()[:1], one)
    assert (len(whole), len(first)) == (4, 3)
    assert whole[0].shape[2] == checkpoint.dims == 32
    for a, b in zip(whole, first, strict=False):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kind", EVEN)
def test_where_padding_would_be_heard_lengths_must_be_equal(tmp_path: Path, kind: str) -> None:
    encoder = Checkpoint.find(checkpoints.write(tmp_path, kind)).load()
    with pytest.raises(ValueError, match="one length at a time"):
        encoder(clips(), LENGTHS)


def test_whisper_is_what_transformers_makes_of_a_clip_of_30_s(tmp_path: Path) -> None:
    from transformers import WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    folder = checkpoints.write(tmp_path, "whisper")
    samples = torch.randn(1, 480000, generator=torch.Generator().manual_seed(1)) * 0.1
    theirs: Any = WhisperEncoder.from_pretrained(folder)
    heard: Any = WhisperFeatureExtractor
    mel = heard()(samples[0].numpy(), sampling_rate=16000, return_tensors="pt")
    encoder = Checkpoint.find(folder).load()
    with torch.no_grad():
        expected = theirs.eval()(mel.input_features).last_hidden_state
        states, frames = encoder(samples, torch.tensor([480000]))
        ours = theirs.layer_norm(states[-1])
    assert frames.tolist() == [1500]
    torch.testing.assert_close(ours, expected, atol=1e-3, rtol=1e-3)  # theirs: float32 spectrogram


def test_whisper_padded_to_30_s_gives_the_frames_of_the_clip(tmp_path: Path) -> None:
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    folder = checkpoints.write(tmp_path, "whisper")
    padded = Whisper(WhisperEncoder.from_pretrained(folder), 3, padded=True).eval()
    long = torch.zeros(1, 480000)
    long[:, :16000] = clips()[:1]
    with torch.no_grad():
        states, frames = padded(clips()[:1], torch.tensor([16000]))
        expected, _ = padded(long, torch.tensor([480000]))
    assert frames.tolist() == [50] and states[0].shape[1] == 1500
    torch.testing.assert_close(states[-1], expected[-1])


@pytest.mark.parametrize("kind", ("whisper", "wav2vec2-large"))
def test_a_clip_longer_than_the_span_is_refused(tmp_path: Path, kind: str) -> None:
    encoder = Checkpoint.find(checkpoints.write(tmp_path, kind)).load(1)
    with pytest.raises(ValueError, match=r"31\.0 s; at most 30 s"):
        encoder(torch.zeros(1, 31 * 16000), torch.tensor([31 * 16000]))


@pytest.mark.parametrize("kind", ("whisper", "wav2vec2-large"))
def test_silence_and_10_ms_are_finite(tmp_path: Path, kind: str) -> None:
    encoder = Checkpoint.find(checkpoints.write(tmp_path, kind)).load()
    for samples in (torch.zeros(1, 16000), torch.zeros(1, 160)):
        with torch.no_grad():
            states, frames = encoder(samples, torch.tensor([samples.shape[1]]))
        assert int(frames[0]) >= 1 and all(bool(x.isfinite().all()) for x in states)


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"config\.json is missing"):
        Checkpoint.find(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(EncoderError, match="no weights"):
        Checkpoint.find(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(EncoderError, match="'bert'; known are wav2vec2, wavlm"):
        Checkpoint.find(tmp_path).load()
    (tmp_path / "config.json").write_text('{"model_type": "whisper"}')
    with pytest.raises(EncoderError, match="encoder_layers = None; expected 1 up"):
        Checkpoint.find(tmp_path).load(1)
    (tmp_path / "config.json").write_text('{"model_type": "whisper", "encoder_layers": 1}')
    with pytest.raises(EncoderError, match="weights cannot be used"):
        Checkpoint.find(tmp_path).load(1)


def test_layers_that_are_not_there_are_refused(tmp_path: Path) -> None:
    checkpoint = Checkpoint.find(checkpoints.write(tmp_path, "hubert"))
    with pytest.raises(EncoderError, match="layers 1 to 3 can be had, not 4"):
        checkpoint.load(4)


def test_a_name_that_is_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="no checkpoint of this name"):
        Checkpoint.find("nobody/nothing-at-all")


@pytest.mark.parametrize("kind", ("whisper", "wavlm"))
def test_weights_that_are_not_whole_are_refused(tmp_path: Path, kind: str) -> None:
    folder = checkpoints.write(tmp_path, kind)
    kept = {
        k: v for k, v in load_file(folder / "model.safetensors").items() if "layers.0." not in k
    }
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"weights cannot be used \(\d+ weights are missing"):
        Checkpoint.find(folder).load()


def test_threads_that_share_an_encoder_do_not_mix_their_states(tmp_path: Path) -> None:
    encoder = Checkpoint.find(checkpoints.write(tmp_path, "wav2vec2-large")).load()
    generator = torch.Generator().manual_seed(4)
    given = [0.1 * torch.randn(1, 4000 + 37 * i, generator=generator) for i in range(40)]

    def heard(samples: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            states: tuple[torch.Tensor, ...] = encoder(samples, torch.tensor([samples.shape[1]]))[0]
            return states[-1]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(heard, given))
    assert all(torch.equal(heard(x), y) for x, y in zip(given, together, strict=True))
