from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ehsaas.audio import Clip
from ehsaas.export.layers import (
    SPARE,
    AttentionByHeads,
    LstmByLength,
    MatrixSpectrum,
    RnnByLength,
    prepared,
)
from ehsaas.features.spectrum import PowerSpectrum, hann, power_spectrum
from ehsaas.judging import LONGEST
from ehsaas.models.claf import Claf
from ehsaas.models.layers import BiLSTM, SelfAttention, frame_mask
from ehsaas.models.whisper import HOP, N_FFT, RATE, Power, Whisper
from tests import signals
from tests.conftest import Pair

LENGTHS = torch.tensor([9, 1, 6])


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def rubbish(x: Tensor, lengths: Tensor, frames: int = 5) -> Tensor:
    """The same clips with large numbers behind their ends, and more of these."""
    longer = torch.cat([x, torch.zeros(len(x), frames, x.shape[2])], dim=1)
    inside = frame_mask(lengths, longer.shape[1])[..., None]
    return torch.where(inside, longer, 100 * drawn(*longer.shape, seed=1))


@pytest.mark.parametrize(
    ("window", "n_fft"),
    [(400, 512), (400, 400), (200, 320), (320, 1024), (200, 225), (200, 211), (200, 226)],
)
def test_a_spectrum_of_matrices_is_that_of_the_fft(window: int, n_fft: int) -> None:
    """Float32: a few units of the last digit of each frame's largest bin."""
    frames = drawn(2, 7, window)
    frames[0, 0] = torch.from_numpy(signals.tone(440, window / 16_000))
    frames[0, 1] = 0.0
    frames[0, 2] = 1.0
    taper = hann(window)
    spectrum = MatrixSpectrum(PowerSpectrum(taper, n_fft))
    expected = power_spectrum(frames, taper, n_fft)
    found = spectrum(frames)
    assert found.shape == (2, 7, n_fft // 2 + 1)
    assert (found >= 0).all() and (found[0, 1] == 0).all()
    loudest = expected.amax(dim=-1, keepdim=True).clamp(min=1e-9)
    assert float(((found - expected) / loudest).abs().max()) < 2e-6


def test_a_tone_stands_in_its_own_bin() -> None:
    """1 kHz, of 16 kHz and 512 points: bin 32, and with this taper its two neighbours."""
    frame = torch.from_numpy(signals.tone(1000, 0.032))[None, None]
    power = MatrixSpectrum(PowerSpectrum(hann(512), 512))(frame)[0, 0]
    assert int(power.argmax()) == 32
    assert float(power[31:34].sum() / power.sum()) > 0.999


def test_whisper_s_own_spectrum() -> None:
    frames = drawn(1, 4, N_FFT)
    power = Power(torch.hann_window(N_FFT))
    torch.testing.assert_close(MatrixSpectrum(power)(frames), power(frames), atol=2e-3, rtol=1e-4)


@pytest.mark.parametrize("layers", (1, 3))
def test_a_lstm_by_length_is_the_bilstm(layers: int) -> None:
    torch.manual_seed(0)
    lstm = BiLSTM(4, 5, layers, 0.5).eval()
    mine = LstmByLength(lstm)
    x = drawn(3, 9, 4)
    inside = frame_mask(LENGTHS, 9)
    found, expected = mine(x, LENGTHS), lstm(x, LENGTHS)
    torch.testing.assert_close(found[inside], expected[inside], atol=1e-6, rtol=1e-5)
    assert (found[~inside] == 0).all()
    padded = mine(rubbish(x, LENGTHS), LENGTHS)[:, :9]
    torch.testing.assert_close(padded, found, atol=0, rtol=0)


def test_an_rnn_by_length_is_the_rnn() -> None:
    torch.manual_seed(0)
    rnn = nn.RNN(4, 5, batch_first=True)
    x = drawn(3, 9, 4)
    torch.testing.assert_close(RnnByLength(rnn)(x)[0], rnn(x)[0], atol=1e-6, rtol=1e-5)


def test_attention_by_heads_is_self_attention() -> None:
    torch.manual_seed(0)
    attention = SelfAttention(8, 2).eval()
    mine = AttentionByHeads(attention)
    x, inside = drawn(3, 9, 8), frame_mask(LENGTHS, 9)
    (z, weights), (own, expected) = mine(x, LENGTHS), attention(x, LENGTHS)
    torch.testing.assert_close(z[inside], own[inside], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(weights, expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(3))
    long, heavy = mine(rubbish(x, LENGTHS), LENGTHS)
    torch.testing.assert_close(long[:, :9][inside], z[inside], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(heavy[:, :9], weights, atol=1e-6, rtol=1e-5)
    assert (heavy[:, 9:] == 0).all()


def test_prepared_leaves_the_original_as_it_is() -> None:
    model = Claf(6, 3, hidden=4, heads=2, dense=8).train()
    made = prepared(model)
    assert isinstance(model.lstm, BiLSTM) and isinstance(model.attention, SelfAttention)
    assert isinstance(made.lstm, LstmByLength) and isinstance(made.attention, AttentionByHeads)
    assert model.training and not made.training


def test_whisper_keeps_the_positions_of_the_longest_clip_alone() -> None:
    import transformers

    sizes: dict[str, Any] = {"d_model": 8, "encoder_layers": 1, "encoder_attention_heads": 2}
    config = transformers.WhisperConfig(**sizes, encoder_ffn_dim=8)
    whole = Whisper.from_architecture(config.to_dict(), 1)
    made = prepared(nn.ModuleDict({"encoder": whole})).get_submodule("encoder")
    assert isinstance(made, Whisper)
    most = len(made.positions.weight)
    assert most < len(whole.positions.weight) == 1500
    samples = torch.zeros(1, round(LONGEST * RATE) + SPARE)
    samples[0, : round(LONGEST * RATE)] = torch.from_numpy(signals.noise(LONGEST))
    lengths = torch.tensor([round(LONGEST * RATE)])
    with torch.no_grad():
        states, frames = made(samples, lengths)
        expected, _ = whole(samples, lengths)
    assert states[0].shape[1] <= most and int(frames) <= most
    assert samples.shape[1] // (2 * HOP) >= most - 2  # nor are there many more than it needs
    n = int(frames)
    np.testing.assert_allclose(states[1][0, :n], expected[1][0, :n], atol=1e-4)


def test_cepstra_of_a_tone_are_as_exact_in_a_file(pair: Callable[[str], Pair]) -> None:
    """The recursion behind them loses digits of a constant that has no more than seven."""
    both = pair("simple-rnn")
    columns = [i for i, name in enumerate(both.recogniser.features.names) if "lpcc" in name]
    clip = Clip(signals.tone(200, 1.0))
    one, other = (judge.measure(clip)[:, columns] for judge in (both.recogniser, both.file))
    np.testing.assert_allclose(other, one, atol=1e-5)
