import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import torch
from numpy.typing import NDArray

from ehsaas.features.framing import Framing
from ehsaas.features.lpcc import WHITE, Lpcc, cepstrum, predictor
from ehsaas.features.spectrum import hann, power_spectrum
from tests import signals

WINDOW, N_FFT, ORDER = 400, 512, 12

CLIPS = [signals.noise(0.3), signals.voice(150, 0.4, "i", snr_db=30), signals.voice(220, 0.4)]


def frames_of(clip: signals.Signal) -> torch.Tensor:
    return Framing().frames(torch.from_numpy(clip)[None])


def lags(frames: torch.Tensor) -> NDArray[np.float64]:
    """Autocorrelation of tapered frames, summed directly."""
    tapered = (frames[0] * hann(WINDOW)).double().numpy()
    return np.stack([(tapered[:, : WINDOW - k] * tapered[:, k:]).sum(1) for k in range(ORDER + 1)])


@pytest.mark.parametrize("clip", CLIPS, ids=["noise", "i", "a"])
def test_the_predictor_solves_the_normal_equations(clip: signals.Signal) -> None:
    """SciPy's Toeplitz solver on the same autocorrelation; 1e-5 is a power in float32."""
    frames = frames_of(clip)
    r = lags(frames)
    expected = []
    for column in r.T:
        first = column[:ORDER].copy()
        first[0] *= 1 + WHITE
        expected.append(scipy.linalg.solve_toeplitz(first, column[1:]))
    power = power_spectrum(frames, hann(WINDOW), N_FFT)
    found = predictor(power.double() @ Lpcc(hann(WINDOW), N_FFT, ORDER).to_lags)[0]
    np.testing.assert_allclose(found.numpy(), np.stack(expected), atol=1e-5)


def test_an_autoregressive_process_is_found_again() -> None:
    """x_n = 1.2 x_{n−1} − 0.6 x_{n−2} + e_n, whose autocorrelation obeys the same recursion."""
    a1, a2 = 1.2, -0.6
    r = [1.0, a1 / (1 - a2)]
    for _ in range(2, ORDER + 1):
        r.append(a1 * r[-1] + a2 * r[-2])
    found = predictor(torch.tensor(r, dtype=torch.float64))
    expected = torch.zeros(ORDER, dtype=torch.float64)
    expected[:2] = torch.tensor([a1, a2])
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=0)  # 1e-4 of white noise added


def test_cepstrum_of_one_pole_is_known() -> None:
    """1 / (1 − p/z) has the cepstrum pᵐ / m."""
    a = torch.zeros(ORDER, dtype=torch.float64)
    a[0] = 0.8
    m = torch.arange(1, ORDER + 1, dtype=torch.float64)
    torch.testing.assert_close(cepstrum(a), 0.8**m / m)


def test_cepstrum_is_the_log_spectrum_of_the_model() -> None:
    a = torch.tensor([0.9, -0.5, 0.2, -0.1], dtype=torch.float64)
    _, response = scipy.signal.freqz([1.0], [1.0, *(-a.numpy())], 1024, whole=True)
    expected = np.fft.ifft(np.log(np.abs(response))).real[1:5] * 2
    np.testing.assert_allclose(cepstrum(a).numpy(), expected, atol=1e-9)


def test_level_does_not_change_it_and_silence_is_zero() -> None:
    taper, clip = hann(WINDOW), signals.voice(130, 0.3, snr_db=20)
    lpcc = Lpcc(taper, N_FFT)
    loud = lpcc(power_spectrum(frames_of(clip), taper, N_FFT))
    soft = lpcc(power_spectrum(frames_of(0.25 * clip), taper, N_FFT))
    torch.testing.assert_close(loud, soft, atol=1e-4, rtol=0)  # noise at -90 dB is added to both
    silent = lpcc(power_spectrum(frames_of(signals.silence(0.1)), taper, N_FFT))
    assert (silent == 0).all()


def test_a_pure_tone_is_finite_and_bounded() -> None:
    taper = hann(WINDOW)
    found = Lpcc(taper, N_FFT)(power_spectrum(frames_of(signals.tone(1000, 0.2, 1)), taper, N_FFT))
    assert torch.isfinite(found).all() and found.abs().max() < 20
