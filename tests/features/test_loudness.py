"""Loudness: what pauses, gains and other clips of a batch change of it, and what they do not."""

import pytest
import torch

from ehsaas.features.loudness import level, levelled, loudness, powers

HOP = 320


def tone(seconds: float, amplitude: float = 0.1) -> torch.Tensor:
    at = torch.arange(round(16000 * seconds)) / 16000
    return amplitude * torch.sin(2 * torch.pi * 1000 * at)


def level_of(samples: torch.Tensor) -> float:
    lengths = torch.tensor([len(samples)])
    return float(level(powers(samples[None], lengths, HOP), lengths // HOP + 1))


def test_a_tone_s_level_is_its_power_and_a_pause_lowers_it_by_nothing() -> None:
    sound = tone(1.0)
    paused = torch.cat([sound, torch.zeros(32000)])
    assert level_of(sound) == pytest.approx(0.005, rel=0.02)
    assert level_of(paused) == pytest.approx(level_of(sound), rel=0.02)


def test_loud_frames_are_those_of_the_sound() -> None:
    sound = torch.cat([tone(1.0), 0.001 * tone(1.0), 0.1 * tone(1.0)])  # 60 and 20 dB below
    lengths = torch.tensor([48000])
    found = loudness(powers(sound[None], lengths, HOP), lengths // HOP + 1, 35.0)[0]
    assert found[:49].min() > 0.999 and found[52:99].max() < 0.001 and found[102:150].min() > 0.999


def test_no_frame_is_loud_by_a_hair() -> None:
    """Two tones 35 dB apart: where the gate lies a frame counts half, and 1 % moves it little."""
    sound = torch.cat([tone(1.0), 10 ** (-35 / 20) * tone(1.0)])
    lengths = torch.tensor([32000])
    half, more = (
        loudness(powers(given[None], lengths, HOP), lengths // HOP + 1, 35.0)[0, 52:99].mean()
        for given in (sound, torch.cat([sound[:16000], 1.01 * sound[16000:]]))
    )
    assert float(half) == pytest.approx(0.5, abs=0.02) and 0 < float(more - half) < 0.03


def test_of_silence_all_frames_are_loud_and_it_stays_silent() -> None:
    silence, lengths = torch.zeros(1, 8000), torch.tensor([8000])
    assert loudness(powers(silence, lengths, HOP), lengths // HOP + 1, 35.0).min() > 0.999
    samples, found = levelled(silence, lengths, -22.0, HOP)
    assert not samples.any() and float(found) == pytest.approx(-100)


@pytest.mark.parametrize("amplitude", (0.001, 0.1, 1.0))
def test_every_clip_is_brought_to_the_level_asked_for(amplitude: float) -> None:
    sound, lengths = tone(1.0, amplitude)[None], torch.tensor([16000])
    samples, found = levelled(sound, lengths, -22.0, HOP)
    assert 10 * torch.log10(torch.tensor(level_of(samples[0]))) == pytest.approx(-22, abs=1e-3)
    expected = 20 * torch.log10(torch.tensor(amplitude)) - 3.01
    assert float(found) == pytest.approx(float(expected), abs=0.1)


def test_what_lies_behind_a_clip_s_end_is_ignored() -> None:
    sound = tone(1.0)
    batch = torch.stack([torch.cat([sound, torch.ones(8000)]), tone(1.5)])
    samples, found = levelled(batch, torch.tensor([16000, 24000]), -22.0, HOP)
    alone, own = levelled(sound[None], torch.tensor([16000]), -22.0, HOP)
    torch.testing.assert_close(samples[0, :16000], alone[0])
    torch.testing.assert_close(found[:1], own)
