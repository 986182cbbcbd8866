"""Log-mel: frames (B, T, window) → mel bands in dB (B, T, n_mels)."""

from torch import Tensor, nn

from ehsaas.features.framing import Framing
from ehsaas.features.spectrum import PowerSpectrum, decibels, hann, mel_filters


class LogMel(nn.Module):
    """Mel bands of the power spectrum in dB re 1, floor −100 dB (Slaney scale and areas)."""

    filters: Tensor

    def __init__(
        self, framing: Framing, n_fft: int = 512, n_mels: int = 64, exact: bool = False
    ) -> None:
        """Prepare the window and the filters; `exact` as for `PowerSpectrum`."""
        super().__init__()
        self.power = PowerSpectrum(hann(framing.window), n_fft, exact)
        self.register_buffer("filters", mel_filters(framing.rate, n_fft, n_mels), persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """Mel bands in dB, shape (B, T, n_mels)."""
        return self.bands(self.power(frames))

    def bands(self, power: Tensor) -> Tensor:
        """Mel bands in dB of a power spectrum."""
        return decibels(power @ self.filters)
