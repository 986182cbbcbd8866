"""The usual way from a clip to an answer: librosa's features of a configuration, then PyTorch."""

import librosa
import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas.audio import Clip
from ehsaas.features import FeatureConfig
from ehsaas.models.batch import Batch
from ehsaas.recogniser import Recogniser

YIN_FRAMES = (2048, 640)
"""Frame lengths of librosa's yin: its default, and the shortest that holds two periods of 60 Hz."""


class LibrosaPath:
    """A recogniser's network on what librosa computes in place of its features.

    Args:
        recogniser: of frames.
        yin_frame: samples that librosa's yin looks at.
    """

    def __init__(self, recogniser: Recogniser, yin_frame: int) -> None:
        assert isinstance(recogniser.features, FeatureConfig), "of frames"
        self.config, self.yin_frame = recogniser.features, yin_frame
        self.network, self.statistics = recogniser.network.eval(), recogniser.statistics
        self.classes = recogniser.classes

    def __call__(self, clip: Clip) -> str:
        """The emotion of a clip."""
        x = self.statistics(self.features(clip.samples))
        output = self.network(Batch(torch.from_numpy(x)[None], torch.tensor([len(x)])))
        return self.classes[int(output.logits.softmax(dim=1)[0].argmax())]

    def features(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features (T, D) with librosa, from one transform."""
        config = self.config
        framing = config.framing
        side = (config.n_fft - framing.window) // 2
        spectrum = np.abs(
            librosa.stft(
                np.pad(samples, side),
                n_fft=config.n_fft,
                win_length=framing.window,
                hop_length=framing.hop,
                center=False,
            )
        )
        power = spectrum**2
        T = spectrum.shape[1]
        columns = [self._part(part, samples, spectrum, power)[:, :T] for part in config.parts]
        found: NDArray[np.float32] = np.concatenate(columns).T.astype(np.float32)
        return found

    def _part(
        self,
        part: str,
        samples: NDArray[np.float32],
        spectrum: NDArray[np.float32],
        power: NDArray[np.float32],
    ) -> NDArray[np.floating]:
        """One feature, (dims, T)."""
        config, rate = self.config, self.config.framing.rate
        if part in ("mfcc", "logmel"):
            mel = librosa.feature.melspectrogram(S=power, sr=rate, n_mels=config.n_mels)
            level = librosa.power_to_db(mel, top_db=None)
            if part == "logmel":
                return np.asarray(level)
            orders = [librosa.feature.mfcc(S=level, n_mfcc=config.n_mfcc)]
            for order in range(1, config.deltas + 1):
                orders.append(
                    librosa.feature.delta(orders[0], width=5, order=order, mode="nearest")
                )
            return np.concatenate(orders)
        if part in ("energy", "rms"):
            rms = librosa.feature.rms(
                y=samples,
                frame_length=config.framing.window,
                hop_length=config.framing.hop,
                center=False,
            )
            both = np.concatenate([rms, librosa.amplitude_to_db(rms)])
            return both if part == "energy" else both[:1]
        if part in ("pitch", "f0"):
            f0 = self._pitch(samples)
            return np.stack([f0, f0]) if part == "pitch" else f0[None]
        if part == "chroma":
            return np.asarray(librosa.feature.chroma_stft(S=power, sr=rate, norm=1, tuning=0.0))
        assert part == "contrast", "nothing else is in these configurations"
        return np.asarray(librosa.feature.spectral_contrast(S=spectrum, sr=rate))

    def _pitch(self, samples: NDArray[np.float32]) -> NDArray[np.floating]:
        lead = self.yin_frame // 2 - self.config.framing.window // 2
        padded = np.pad(samples, (max(lead, 0), self.yin_frame))
        return np.asarray(
            librosa.yin(
                padded,
                fmin=self.config.pitch_low,
                fmax=self.config.pitch_high,
                sr=self.config.framing.rate,
                frame_length=self.yin_frame,
                hop_length=self.config.framing.hop,
                center=False,
            )
        )
