import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from pydantic import ValidationError

from ehsaas.export.layers import prepared
from ehsaas.features import FEATURES
from ehsaas.features.stack import FeatureConfig, FeatureStack
from tests import signals


def test_dimensions_and_their_names() -> None:
    stack = FeatureStack(FeatureConfig())
    features, lengths = stack(*signals.batch(signals.voice(150, 1.0)))
    assert features.shape == (1, 98, 188) and lengths.tolist() == [98]
    assert stack.dims == 188 == len(set(stack.names))
    assert stack.names[:1] == ("mfcc_0",) and stack.names[40] == "dmfcc_0"
    assert stack.names[-4:] == ("rms", "log_energy", "log_f0", "voicing")


def test_parts_stand_in_the_order_asked_for() -> None:
    clip = signals.batch(signals.voice(110, 0.5))
    both, _ = FeatureStack(FeatureConfig(parts=("pitch", "energy")))(*clip)
    energy, _ = FeatureStack(FeatureConfig(parts=("energy",)))(*clip)
    torch.testing.assert_close(both[..., 2:], energy)
    # log2(110 / 55) = 1 octave
    torch.testing.assert_close(both[0, 2:-2, 0], torch.ones(44), atol=0.01, rtol=0)


def test_one_spectrum_serves_both_mel_features() -> None:
    clip = signals.batch(signals.noise(0.5))
    config = FeatureConfig(parts=("logmel", "mfcc"), deltas=0, n_mfcc=64)
    features, _ = FeatureStack(config)(*clip)
    logmel, mfcc = features.split(64, dim=-1)
    torch.testing.assert_close(mfcc.square().sum(-1), logmel.square().sum(-1), rtol=1e-4, atol=0)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"parts": ()}, "at least one"),
        ({"parts": ("mfcc", "mfcc")}, "once"),
        ({"window_ms": 40.0}, "raise n_fft"),
        ({"n_mfcc": 65}, "at most n_mels"),
        ({"pitch_low": 300.0, "pitch_high": 200.0}, "below pitch_high"),
        ({"hop_ms": 0.1}, "hop_ms"),
        ({"hopms": 10}, "hopms"),
        ({"parts": ("loudness",)}, "mfcc"),
        ({"parts": ("energy", "rms")}, "one of the two"),
        ({"parts": ("f0", "mfcc", "pitch")}, "one of the two"),
        ({"parts": ("lpcc",), "n_fft": 400, "n_mels": 40}, "n_lpcc"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        FeatureConfig.model_validate(settings)


def test_the_frame_of_claf_ser_has_34_numbers() -> None:
    names = FEATURES["claf-frame"].names
    assert len(names) == 34
    assert names[:1] == ("mfcc_0",) and names[13:16] == ("log_f0", "rms", "chroma_C")
    assert names[-7:] == tuple(f"contrast_{i}" for i in range(7))


def test_f0_and_rms_are_the_first_columns_of_pitch_and_energy() -> None:
    clip = signals.batch(signals.voice(150, 0.5))
    short, _ = FeatureStack(FeatureConfig(parts=("f0", "rms")))(*clip)
    long, _ = FeatureStack(FeatureConfig(parts=("pitch", "energy")))(*clip)
    assert torch.equal(short, long[..., [0, 2]])


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        FeatureConfig().n_mels = 32


EXPORTED = {
    "bilstm": FeatureConfig(parts=("mfcc", "energy", "pitch"), deltas=1),
    "claf": FEATURES["claf-frame"],
    "lpcc": FEATURES["lpcc"],
}


@pytest.mark.parametrize("name", EXPORTED)
def test_exported_is_torch(name: str, tmp_path: Path) -> None:
    """The ONNX file gives the stack's features for clips of any length (float32 rounding in dB)."""
    config = EXPORTED[name]
    assert isinstance(config, FeatureConfig)
    stack = prepared(FeatureStack(config))
    example = signals.batch(signals.voice(120, 1.0))  # a named Dim knows no floor division
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.export.export(
            stack,
            example,
            dynamic_shapes={"samples": {1: torch.export.Dim.DYNAMIC}, "lengths": None},
            prefer_deferred_runtime_asserts_over_guards=True,
        )
        exported = torch.onnx.export(program, dynamo=True, verbose=False)
    assert exported is not None
    exported.save(tmp_path / "stack.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "stack.onnx")
    names = [given.name for given in session.get_inputs()]
    samples, lengths = signals.batch(signals.syllables(200, 2))
    found = session.run(None, dict(zip(names, (samples.numpy(), lengths.numpy()), strict=True)))
    expected, frames = stack(samples, lengths)
    np.testing.assert_allclose(found[0], expected.numpy(), atol=2e-2, rtol=1e-3)
    assert found[1].tolist() == frames.tolist()
