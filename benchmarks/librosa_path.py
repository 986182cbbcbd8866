"""The usual way from a clip to an answer: librosa's features of a configuration, then PyTorch."""

from typing import Any

import librosa
import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.audio import Clip
from ehsaas.features import FeatureConfig
from ehsaas.models.batch import Batch
from ehsaas.recogniser import Recogniser

YIN_FRAME = 2048
"""The default frame length of librosa's yin."""

YIN_SHORT = 640
"""The shortest that holds two periods of 60 Hz."""


class LibrosaPath:
    """A recogniser's network on what librosa computes in place of its features.

    Args:
        recogniser: of frames.
        careful: one transform for all features and the shortest frames for the pitch; otherwise
            each feature is asked of the samples, and yin has its default, as it is mostly written.
    """

    def __init__(self, recogniser: Recogniser, careful: bool) -> None:
        assert isinstance(recogniser.features, FeatureConfig), "of frames"
        self.config, self.careful = recogniser.features, careful
        self.yin_frame = YIN_SHORT if careful else YIN_FRAME
        self.network, self.statistics = recogniser.network.eval(), recogniser.statistics
        self.classes = recogniser.classes

    def __call__(self, clip: Clip) -> str:
        """The emotion of a clip."""
        x = self.statistics(self.features(clip.samples))
        output = self.network(Batch(torch.from_numpy(x)[None], torch.tensor([len(x)])))
        return self.classes[int(output.logits.softmax(dim=1)[0].argmax())]

    def features(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features (T, D) with librosa."""
        side = (self.config.n_fft - self.config.framing.window) // 2
        padded = np.pad(samples, side)
        given: dict[str, Any] = {"y": padded}
        if self.careful:
            given = {"spectrum": np.abs(librosa.stft(padded, **self._frames))}
            given["power"] = given["spectrum"] ** 2
        columns = [self._part(part, samples, given) for part in self.config.parts]
        T = min(part.shape[1] for part in columns)
        joined = np.concatenate([part[:, :T] for part in columns])
        found: NDArray[np.float32] = joined.T.astype(np.float32)
        return found

    @property
    def _frames(self) -> dict[str, Any]:
        framing = self.config.framing
        return {
            "n_fft": self.config.n_fft,
            "win_length": framing.window,
            "hop_length": framing.hop,
            "center": False,
        }

    def _part(
        self, part: str, samples: NDArray[np.float32], given: dict[str, Any]
    ) -> NDArray[np.floating]:
        """One feature, (dims, T)."""
        rate = self.config.framing.rate
        own = {"S": given["power"]} if self.careful else {"y": given["y"], **self._frames}
        if part == "logmel":
            return np.asarray(self._logmel(own))
        if part == "mfcc":
            return self._mfcc(own)
        if part in ("energy", "rms"):
            return self._energy(samples, part)
        if part in ("pitch", "f0"):
            f0 = self._pitch(samples)
            return np.stack([f0, f0]) if part == "pitch" else f0[None]
        if part == "chroma":
            return np.asarray(librosa.feature.chroma_stft(**own, sr=rate, norm=1, tuning=0.0))
        assert part == "contrast", "nothing else is in these configurations"
        own = {"S": given["spectrum"]} if self.careful else own
        return np.asarray(librosa.feature.spectral_contrast(**own, sr=rate))

    def _logmel(self, own: dict[str, Any]) -> NDArray[np.floating]:
        mel = librosa.feature.melspectrogram(
            **own, sr=self.config.framing.rate, n_mels=self.config.n_mels
        )
        return np.asarray(librosa.power_to_db(mel, top_db=None))

    def _mfcc(self, own: dict[str, Any]) -> NDArray[np.floating]:
        level = self._logmel(own)
        orders = [librosa.feature.mfcc(S=level, n_mfcc=self.config.n_mfcc)]
        for order in range(1, self.config.deltas + 1):
            orders.append(librosa.feature.delta(orders[0], width=5, order=order, mode="nearest"))
        return np.concatenate(orders)

    def _energy(self, samples: NDArray[np.float32], part: str) -> NDArray[np.floating]:
        framing = self.config.framing
        rms = librosa.feature.rms(
            y=samples, frame_length=framing.window, hop_length=framing.hop, center=False
        )
        return np.concatenate([rms, librosa.amplitude_to_db(rms)]) if part == "energy" else rms

    def _pitch(self, samples: NDArray[np.float32]) -> NDArray[np.floating]:
        lead = self.yin_frame // 2 - self.config.framing.window // 2
        return np.asarray(
            librosa.yin(
                np.pad(samples, (max(lead, 0), self.yin_frame)),
                fmin=self.config.pitch_low,
                fmax=self.config.pitch_high,
                sr=self.config.framing.rate,
                frame_length=self.yin_frame,
                hop_length=self.config.framing.hop,
                center=False,
            )
        )
