"""Samples (N,) → samples as another room, microphone, line or moment would have given them.

A disturbance is a frozen configuration that is called with samples at 16 kHz and a generator, and
gives samples at 16 kHz; nothing is ever clipped. `DISTURBANCES` are ready ones by name.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from ehsaas.disturbances.channel import MuLaw, Telephone
from ehsaas.disturbances.codec import Codec
from ehsaas.disturbances.disturbance import Disturbance, Samples
from ehsaas.disturbances.gain import Gain
from ehsaas.disturbances.noise import Babble, Hiss, Murmur, Noise, babble_of
from ehsaas.disturbances.reverberation import Reverberation
from ehsaas.disturbances.speed import Speed

Recipe = Annotated[
    Noise | Hiss | Murmur | Telephone | MuLaw | Gain | Speed | Codec | Reverberation,
    Field(discriminator="kind"),
]
"""A disturbance as a configuration may ask for it, told by its `kind`."""

DISTURBANCES: Mapping[str, Disturbance] = MappingProxyType(
    {
        "white noise at 5 dB": Noise(colour="white", snr_db=5),
        "pink noise at 5 dB": Noise(colour="pink", snr_db=5),
        "murmur at 10 dB": Murmur(snr_db=10),
        "hiss": Hiss(deviation=0.002),
        "telephone band": Telephone(),
        "µ-law": MuLaw(),
        "Opus": Codec(format="opus", quality=1.0),
        "MP3": Codec(format="mp3", quality=1.0),
        "room with 0.6 s": Reverberation(rt60_s=0.6),
        "12 dB softer": Gain(db=-12),
        "10 % faster": Speed(factor=1.1),
    }
)

__all__ = [
    "DISTURBANCES",
    "Babble",
    "Codec",
    "Disturbance",
    "Gain",
    "Hiss",
    "MuLaw",
    "Murmur",
    "Noise",
    "Recipe",
    "Reverberation",
    "Samples",
    "Speed",
    "Telephone",
    "babble_of",
]
