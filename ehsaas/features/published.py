"""The published Urdu-Sindhi features: folder, set and utterance ids → float32 (N, D).

Syed et al. published no recordings but five sets of features (doi:10.5281/zenodo.3685274), one
MATLAB file a set and utterance: `Feats - Urdu/IS09Emotion funcs/Matfiles/Anger_0001.mat`. The sets
are told by the name of a folder between the language's and the file.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

LOG = logging.getLogger("ehsaas.features")

SETS: dict[str, str] = {
    "egemaps": "eGeMAPS",
    "compare": "ComParE",
    "is09": "IS09",
    "is10": "IS10",
    "prosody": "Prosody",
}
"""What the name of a set's folder holds; 88, 6373, 384, 1582 and 35 numbers were published."""

_LANGUAGE = re.compile(r"feats\W+(urdu|sindhi)\b.*", re.IGNORECASE)


class PublishedError(ValueError):
    """The published features cannot be read; the message names the file and says why."""


def read(folder: Path, feature_set: str, ids: Sequence[str]) -> NDArray[np.float32]:
    """Features (N, D) of the utterances `ids`, in their order.

    Numbers that are not finite become 0, as in `ehsaas.features.smile`, and are counted in the log.

    Args:
        folder: the folder that holds `Feats - Urdu` and `Feats - Sindhi`, or one of these.
        feature_set: one of `SETS`.
        ids: as in the corpus's table, e.g. `urdu_Anger_0001`; at least one.

    Raises:
        PublishedError: there is no such set, an utterance has no file of it, a file cannot be read
            or holds no vector, or the files' vectors differ in size.
    """
    if feature_set not in SETS:
        raise PublishedError(f"{feature_set!r} is no set; known are {', '.join(SETS)}")
    files = _files(Path(folder), feature_set)
    missing = [one for one in ids if one not in files]
    if missing or not ids:
        raise PublishedError(
            f"{folder}: {len(missing)} of {len(ids)} utterances have no file of the set"
            f" {SETS[feature_set]} ({', '.join(missing[:3])}{', …' if missing[3:] else ''}); files"
            f" are looked for under names like Feats - Urdu/{SETS[feature_set]} funcs/Matfiles"
        )
    paths = [files[one] for one in ids]
    vectors = [_vector(path) for path in paths]
    for path, vector in zip(paths, vectors, strict=True):
        if vector.size != vectors[0].size:
            raise PublishedError(
                f"{path}: {vector.size} numbers, but {vectors[0].size} in {paths[0]}"
            )
    table = np.stack(vectors)
    if strange := int((~np.isfinite(table)).sum()):
        LOG.warning("%s: %d numbers of %s are not finite; 0 is read", folder, strange, feature_set)
    return np.nan_to_num(table, nan=0.0, posinf=0.0, neginf=0.0)


def _files(folder: Path, feature_set: str) -> Mapping[str, Path]:
    """The set's file of each utterance, by id."""
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.mat")):
        parts = path.relative_to(folder.parent).parts[:-1]
        found = [(i, hit[1]) for i, part in enumerate(parts) if (hit := _LANGUAGE.match(part))]
        if path.name.startswith(".") or not found:
            continue
        place, language = found[0]
        if not any(SETS[feature_set].lower() in part.lower() for part in parts[place + 1 :]):
            continue
        name = f"{language.lower()}_{path.stem}"
        if name in files:
            raise PublishedError(
                f"{name} has two files of the set {SETS[feature_set]}: {files[name]} and {path};"
                " keep one"
            )
        files[name] = path
    return files


def _vector(path: Path) -> NDArray[np.float32]:
    """The one numeric array of a file, flattened to (D,)."""
    try:
        held = loadmat(path)
    except NotImplementedError as error:
        raise PublishedError(
            f"{path}: written as MATLAB 7.3 (HDF5), which is not read here; in MATLAB, load it and"
            " save it with '-v7'"
        ) from error
    except Exception as error:  # a damaged file fails in as many ways as it has parts
        raise PublishedError(f"{path}: cannot be read as a MATLAB file ({error!r})") from error
    arrays = {
        name: value
        for name, value in held.items()
        if not str(name).startswith("__")
        and isinstance(value, np.ndarray)
        and value.dtype.kind in "iuf"
    }
    if len(arrays) != 1:
        which = f"{len(arrays)} arrays of numbers ({', '.join(arrays)})" if arrays else "no numbers"
        raise PublishedError(f"{path}: holds {which}; expected one array, the utterance's vector")
    (array,) = arrays.values()
    if not array.size:
        raise PublishedError(f"{path}: holds an empty array; expected the utterance's vector")
    flat: NDArray[np.float32] = array.astype(np.float32).ravel()
    return flat
