"""Mini-corpora: short recordings written under the real file names of the published corpora."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

NAMES: dict[str, tuple[str, ...]] = {
    "banglaser": (
        "03-01-01-01-01-01-01.wav",
        "03-01-02-01-02-01-02.wav",
        "03-01-03-02-03-03-34.wav",
        "01-01-04-02-03-01-15.wav",
        "03-01-05-01-01-02-14.wav",
    ),
    "emodb": (
        "wav/03a01Fa.wav",
        "wav/03a01Nc.wav",
        "wav/08a02Wc.wav",
        "wav/09b10La.wav",
        "wav/10a04Ab.wav",
        "wav/16b03Ea.wav",
        "wav/12a05Tb.wav",
    ),
    "kashmiri_rasa": (
        "wavs/KAS_M_ANGER_00007.wav",
        "wavs/KAS_M_SAD_00005.wav",
        "wavs/KAS_F_SAD_00009.wav",
        "wavs/KAS_F_HAPPY_00184.wav",
        "wavs/KAS_F_CONV_00146.wav",
        "wavs/KAS_M_BOOK_00001.wav",
        "wavs/KAS_M_SURPRISE_00490.wav",
        "wavs/KAS_F_FEAR_00002.wav",
        "wavs/KAS_M_DISGUST_00154.wav",
    ),
    "ravdess": (
        "Actor_01/03-01-01-01-01-01-01.wav",
        "Actor_01/03-01-02-02-02-02-01.wav",
        "Actor_02/03-01-05-01-02-01-02.wav",
        "Actor_24/03-01-08-02-01-01-24.wav",
    ),
    "tess": (
        "OAF_angry/OAF_back_angry.wav",
        "OAF_neutral/OA_bite_neutral.wav",
        "OAF_Pleasant_surprise/OAF_back_ps.wav",
        "YAF_pleasant_surprised/YAF_youth_ps.wav",
        "YAF_fear/YAF_mob_fear.wav",
    ),
    "urdu": (
        "Angry/SM1_F1_A01.wav",
        "Angry/SM4_F7_A059.wav",
        "Happy/SF1_F1_H01.wav",
        "Neutral/SM25_F3_N013.wav",
        "Sad/SF10_F2_S02.wav",
    ),
}
"""File names of each corpus as published."""

TEXTS = (
    "testset_bolbosh/wavs/KAS_M_SAD_00005.wav|422|مےٚ پھُٹ  دل",
    "testset_bolbosh/wavs/KAS_F_SAD_00009.wav|423|مےٚ پھُٹ دل ",
    "testset_bolbosh/wavs/KAS_M_ANGER_00007.wav|422|مےٚ آو شرارت",
    "",
)
"""Lines of Kashmiri Rasa's `test.txt`; the two sad clips say the same words."""


def write(folder: Path, names: Sequence[str], rate: int = 16000, seed: int = 0) -> Path:
    """Write 50 to 150 ms of noise under each name, in the format of its ending; return `folder`."""
    generator = np.random.default_rng(seed)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        size = int(generator.uniform(0.05, 0.15) * rate)
        subtype = "OPUS" if path.suffix == ".ogg" else "PCM_16"
        soundfile.write(path, generator.normal(0, 0.1, size), rate, subtype=subtype)
    return folder


def write_corpus(folder: Path, name: str, suffix: str = ".wav") -> Path:
    """A mini-corpus with every file's ending replaced by `suffix`; return `folder`."""
    write(folder, [str(Path(path).with_suffix(suffix)) for path in NAMES[name]])
    if name == "kashmiri_rasa":
        (folder / "test.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    return folder
