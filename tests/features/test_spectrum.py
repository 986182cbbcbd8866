import librosa
import numpy as np
import torch

from ehsaas.features.spectrum import decibels, hann, mel_filters, power_spectrum


def test_a_tone_stands_in_its_own_bin() -> None:
    t = torch.arange(400) / 16_000
    power = power_spectrum(torch.sin(2 * torch.pi * 1000 * t)[None, None], hann(400), 512)
    assert power.shape == (1, 1, 257)
    assert power.argmax() == 1000 * 512 / 16_000


def test_energy_is_kept_by_the_transform() -> None:
    frame = torch.randn(1, 1, 400, generator=torch.Generator().manual_seed(0))
    power = power_spectrum(frame, torch.ones(400), 512)[0, 0]
    both_sides = 2 * power.sum() - power[0] - power[-1]
    torch.testing.assert_close(both_sides / 512, frame.square().sum())


def test_mel_filters_are_librosas() -> None:
    for bands in (40, 64, 128):
        theirs = librosa.filters.mel(sr=16_000, n_fft=1024, n_mels=bands)
        ours = mel_filters(16_000, 1024, bands).numpy().T
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_mel_filters_below_the_knee_are_librosas() -> None:
    theirs = librosa.filters.mel(sr=1600, n_fft=256, n_mels=8)
    np.testing.assert_allclose(mel_filters(1600, 256, 8).numpy().T, theirs, atol=1e-7)


def test_gain_two_is_six_decibels_and_nothing_is_minus_a_hundred() -> None:
    level = decibels(torch.tensor([1.0, 4.0, 0.0]))
    torch.testing.assert_close(level, torch.tensor([0.0, 6.0206, -100.0]))
