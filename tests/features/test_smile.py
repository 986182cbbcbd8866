"""openSMILE's functionals: known voices, and the same numbers as the package's own."""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile
import torch
from pydantic import ValidationError

from ehsaas import audio
from ehsaas.features.smile import FeatureSet, Smile, SmileConfig, SmileError
from ehsaas.features.store import FeatureStore
from ehsaas.utterances import UtteranceTable, from_rows
from tests import signals

DIMS: Mapping[FeatureSet, int] = {"egemaps": 88, "compare": 6373, "is09": 384, "is10": 1582}

every = pytest.mark.parametrize("feature_set", get_args(FeatureSet))


@pytest.fixture
def package() -> None:
    pytest.importorskip("opensmile", reason="the package opensmile is not installed")


def of(feature_set: FeatureSet, *clips: signals.Signal) -> torch.Tensor:
    """Functionals (B, D), each clip alone."""
    extract = SmileConfig(feature_set=feature_set).extractor()
    return torch.cat([extract(*signals.batch(clip))[0][:, 0] for clip in clips])


def named(feature_set: FeatureSet, clip: signals.Signal) -> dict[str, float]:
    names = SmileConfig(feature_set=feature_set).names
    return dict(zip(names, of(feature_set, clip)[0].tolist(), strict=True))


@every
def test_one_name_a_number(package: None, feature_set: FeatureSet) -> None:
    config = SmileConfig(feature_set=feature_set)
    clips = signals.batch(signals.voice(150, 0.4), signals.noise(0.2))
    features, lengths = config.extractor()(*clips)
    assert features.shape == (2, 1, len(config.names)) == (2, 1, DIMS[feature_set])
    assert len(set(config.names)) == len(config.names)
    assert features.dtype == torch.float32 and config.dtype == "float32"
    assert lengths.tolist() == [1, 1] and lengths.dtype == torch.int64


@every
def test_the_same_as_the_package(package: None, feature_set: FeatureSet) -> None:
    """To the bit: 0.25 s of a voice has no undefined number, and is not filled up."""
    import opensmile

    kinds = {"egemaps": "eGeMAPSv02", "compare": "ComParE_2016", "is09": "IS09", "is10": "IS10"}
    kind = opensmile.FeatureSet[kinds[feature_set]]
    clip = signals.voice(180, 0.25)
    expected = opensmile.Smile(kind).process_signal(clip, audio.RATE)
    assert SmileConfig(feature_set=feature_set).names == tuple(expected.columns)
    np.testing.assert_array_equal(of(feature_set, clip)[0].numpy(), expected.to_numpy()[0])


def test_pitch_and_level_of_a_voice(package: None) -> None:
    clip = signals.voice(220, 1.0)
    soft, loud = named("egemaps", clip), named("egemaps", 2 * clip)
    assert soft["F0semitoneFrom27.5Hz_sma3nz_amean"] == pytest.approx(36, abs=0.1)
    level = "equivalentSoundLevel_dBp"
    assert loud[level] - soft[level] == pytest.approx(6.02, abs=0.01)


@pytest.mark.parametrize("amplitude", [1.0, 3.0])
def test_full_scale_does_not_wrap_around(package: None, amplitude: float) -> None:
    """A square wave crosses zero as often as a softer one; +1 wrapped to -1 would never."""
    square = np.sign(signals.tone(200, 0.5) + 1e-9).astype(np.float32)
    crossings = [named("is09", a * square)["pcm_zcr_sma_amean"] for a in (0.5, amplitude)]
    assert crossings[1] == pytest.approx(crossings[0], rel=0.01) and crossings[0] > 0.02


@pytest.mark.parametrize("filling", [0.0, 0.9, float("nan")])
def test_padding_changes_nothing_and_a_batch_is_its_clips(package: None, filling: float) -> None:
    clips = signals.voice(120, 0.5), signals.noise(0.3), signals.voice(200, 0.02)
    extract = SmileConfig(feature_set="egemaps").extractor()
    together, _ = extract(*signals.batch(*clips, filling=filling))
    assert torch.equal(together[:, 0], of("egemaps", *clips))


@every
@pytest.mark.parametrize("seconds", [0.0, 1 / 16_000, 0.01, 0.06, 0.3])
def test_short_clips_and_silence_are_finite(
    package: None, feature_set: FeatureSet, seconds: float
) -> None:
    clips = signals.silence(seconds), signals.tone(300, seconds), 1e-30 * signals.noise(0.2)
    assert torch.isfinite(of(feature_set, *clips)).all()


def test_a_short_clip_is_filled_up_with_silence(package: None) -> None:
    clip = signals.tone(300, 0.01)
    filled = np.concatenate([clip, signals.silence(0.09)])
    one, other = of("is10", clip, filled)
    assert torch.equal(one, other) and one.any()


def test_undefined_numbers_are_0(package: None) -> None:
    extract = Smile("egemaps")
    extract.functionals = lambda clip, rate: np.array([[[np.nan], [1.5], [np.inf], [-np.inf]]])
    found, _ = extract(*signals.batch(signals.noise(0.2)))
    assert found.tolist() == [[[0.0, 1.5, 0.0, 0.0]]]


def test_two_threads_hear_what_one_hears(package: None) -> None:
    extract = SmileConfig(feature_set="compare").extractor()
    clips = [signals.batch(signals.voice(100 + 10 * i, 0.15 + 0.02 * i)) for i in range(6)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda clip: extract(*clip)[0], clips))
    assert all(torch.equal(a, extract(*clip)[0]) for a, clip in zip(found, clips, strict=True))


def test_the_store_keeps_them(package: None, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", signals.voice(150, 0.3), audio.RATE, subtype="PCM_16")
    rows = from_rows([{"id": "one", "corpus": "mine", "path": "one.wav"}])
    table, config = UtteranceTable(rows, {"mine": tmp_path}), SmileConfig(feature_set="is09")
    store = FeatureStore(tmp_path / "home")
    first, again = store.get(table, config)[0], store.get(table, config)[0]
    heard = audio.read(tmp_path / "one.wav").samples
    np.testing.assert_array_equal(first, of("is09", heard).numpy())
    np.testing.assert_array_equal(first, again)
    assert store.folder("mine", config) != store.folder("mine", SmileConfig(feature_set="is10"))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(SmileError, match=r"non-commercial research only.*'ehsaas\[opensmile\]'"):
        SmileConfig().extractor()
    with pytest.raises(SmileError):
        _ = SmileConfig().names


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="'egemaps', 'compare', 'is09' or 'is10'"):
        SmileConfig.model_validate({"feature_set": "is11"})
    with pytest.raises(ValidationError):
        SmileConfig.model_validate({"window_ms": 25})
