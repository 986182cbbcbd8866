"""CLAF-SER's 34 numbers a frame beside librosa's, and a whole recognition of 3 s.

Part of `python benchmarks/features.py`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import librosa
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.timing import Signal, alternate, with_torch
from ehsaas import audio
from ehsaas.audio import Clip
from ehsaas.calibration import Statistics
from ehsaas.features import CLAF_FRAME
from ehsaas.features.stack import FeatureStack
from ehsaas.models.claf import Claf
from ehsaas.recogniser import Recogniser

CLASSES = ("anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
BATCH = 16
"""Clips of a batch."""
CALLS = 200
"""Recognitions that the percentiles are taken of."""
SECONDS = 3.0
PAPER_MS = (130, 210)
"""What CLAF-SER's paper gives for one utterance, on a machine with a GPU."""


@dataclass(frozen=True)
class FrameTiming:
    """ms a clip of librosa with one frame length of yin, and how many times ours that is."""

    yin_frame: int
    ms: float
    one_by_one: float
    in_batches: float


@dataclass(frozen=True)
class ClafResult:
    """ms a clip of ours, one by one and in batches; a whole recognition in ms."""

    ours_ms: float
    batch_ms: float
    batch: int
    librosa: tuple[FrameTiming, ...]
    recognition_p50_ms: float
    recognition_p95_ms: float
    features_p50_ms: float
    seconds: float
    calls: int


def librosa_frame(clip: Signal, yin_frame: int) -> NDArray[np.float64]:
    """The 34 numbers with librosa, from one transform: (T, 34)."""
    framing = CLAF_FRAME.framing
    n_fft, rate, hop = CLAF_FRAME.n_fft, framing.rate, framing.hop
    side = (n_fft - framing.window) // 2
    spectrum = np.abs(
        librosa.stft(
            np.pad(clip, side), n_fft=n_fft, win_length=framing.window, hop_length=hop, center=False
        )
    )
    power = spectrum**2
    mel = librosa.feature.melspectrogram(S=power, sr=rate, n_mels=CLAF_FRAME.n_mels)
    level = librosa.power_to_db(mel, top_db=None)
    lead = yin_frame // 2 - framing.window // 2
    pitch = librosa.yin(
        np.pad(clip, (lead, yin_frame)),
        fmin=CLAF_FRAME.pitch_low,
        fmax=CLAF_FRAME.pitch_high,
        sr=rate,
        frame_length=yin_frame,
        hop_length=hop,
        center=False,
    )
    T = spectrum.shape[1]
    parts = [
        librosa.feature.mfcc(S=level, n_mfcc=CLAF_FRAME.n_mfcc),
        pitch[None, :T],
        librosa.feature.rms(y=clip, frame_length=framing.window, hop_length=hop, center=False),
        librosa.feature.chroma_stft(S=power, sr=rate, norm=1, tuning=0.0),
        librosa.feature.spectral_contrast(S=spectrum, sr=rate),
    ]
    found: NDArray[np.float64] = np.concatenate(parts).T
    return found


def measure(clips: Sequence[Signal], rounds: int, yin_frames: Sequence[int]) -> ClafResult:
    """Run everything on one core; calls alternate, medians are taken."""
    stack = FeatureStack(CLAF_FRAME).eval()
    taken = alternate(
        clips,
        rounds,
        lambda clip: with_torch(stack, clip),
        *(partial(librosa_frame, yin_frame=frame) for frame in yin_frames),
    )
    ours_ms, *librosa_ms = (1000 * float(np.median(times)) for times in taken)
    batch_ms = _batched(stack, clips, rounds)
    p50, p95, features = recognition()
    return ClafResult(
        ours_ms=ours_ms,
        batch_ms=batch_ms,
        batch=BATCH,
        librosa=tuple(
            FrameTiming(frame, ms, ms / ours_ms, ms / batch_ms)
            for frame, ms in zip(yin_frames, librosa_ms, strict=True)
        ),
        recognition_p50_ms=p50,
        recognition_p95_ms=p95,
        features_p50_ms=features,
        seconds=SECONDS,
        calls=CALLS,
    )


def _batched(stack: FeatureStack, clips: Sequence[Signal], rounds: int) -> float:
    """Median ms a clip in batches of clips of like length."""
    ordered = sorted(clips, key=len)
    groups = [ordered[i : i + BATCH] for i in range(0, len(ordered) - BATCH + 1, BATCH)]
    batches = []
    for group in groups or [ordered]:
        lengths = torch.tensor([len(clip) for clip in group])
        samples = torch.zeros(len(group), int(lengths.max()))
        for row, clip in zip(samples, group, strict=True):
            row[: len(clip)] = torch.from_numpy(clip)
        batches.append((samples, lengths))
    times = []
    with torch.inference_mode():
        for _ in range(rounds + 1):
            start = time.perf_counter()
            for samples, lengths in batches:
                stack(samples, lengths)
            clips_in_all = sum(len(lengths) for _, lengths in batches)
            times.append((time.perf_counter() - start) / clips_in_all)
    return 1000 * float(np.median(times[1:]))


def recognition() -> tuple[float, float, float]:
    """Median and 95th percentile (ms) of recognising 3 s, and the median of its features.

    The weights are random: they change what is said, not how long it takes.
    """
    torch.manual_seed(0)
    dims = len(CLAF_FRAME.names)
    plain = Statistics(np.zeros(dims, np.float32), np.ones(dims, np.float32), 1, "source")
    made = Recogniser(
        *(CLAF_FRAME, {"corpora": 3}, Claf(dims, len(CLASSES), 3)),
        model="claf-ser",
        classes=CLASSES,
        statistics=plain,
    )
    rng = np.random.default_rng(0)
    clip = Clip(0.1 * rng.standard_normal(round(SECONDS * audio.RATE)).astype(np.float32))
    stack = FeatureStack(CLAF_FRAME).eval()
    whole, features = [], []
    for _ in range(CALLS + 10):
        start = time.perf_counter()
        made(clip)
        middle = time.perf_counter()
        with_torch(stack, clip.samples)
        whole.append(middle - start)
        features.append(time.perf_counter() - middle)
    p50, p95 = np.percentile(whole[10:], [50, 95])
    return 1000 * float(p50), 1000 * float(p95), 1000 * float(np.median(features[10:]))


def section(r: ClafResult) -> str:
    """What the page says of it."""
    rows = "\n".join(
        f"| librosa, `yin` with frames of {one.yin_frame} samples | {one.ms:.2f} |"
        f" **{one.one_by_one:.1f}** | **{one.in_batches:.1f}** |"
        for one in r.librosa
    )
    return f"""## CLAF-SER's frame: 13 MFCC, pitch, RMS, 12 chroma, 7 contrasts

librosa's features share one transform a clip; its clips come one by one, as it has no batches.

| 34 numbers a frame | ms a clip | times ours, one by one | times ours, in batches of {r.batch} |
|---|---|---|---|
| ours, one by one | {r.ours_ms:.2f} | 1 | |
| ours, in batches of {r.batch} | {r.batch_ms:.2f} | | 1 |
{rows}

| recognition of a clip of {r.seconds:g} s by CLAF-SER, from samples to emotion | ms |
|---|---|
| median of {r.calls} calls, one core | {r.recognition_p50_ms:.1f} |
| 95th percentile | {r.recognition_p95_ms:.1f} |
| of the median, the features | {r.features_p50_ms:.1f} |
| the paper, an utterance, most of it the features (another machine, with a GPU) | \
{PAPER_MS[0]}–{PAPER_MS[1]} |
"""
