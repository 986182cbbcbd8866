"""A recogniser's folder: `model.safetensors` holds its numbers, `recogniser.json` the rest."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ehsaas.calibration import Statistics
from ehsaas.emotions import VOCABULARY
from ehsaas.features import EmbeddingConfig, Told, settings_of
from ehsaas.features.store import VERSION
from ehsaas.judging import RecogniserError
from ehsaas.models import MODELS
from ehsaas.models.encoders import EncoderError
from ehsaas.reach import Reach
from ehsaas.recogniser.network import Recogniser

FORMAT = 1

_REACH = ("columns", "mean", "std", "axes", "centres")
"""The arrays of a `Reach`."""


def save(recogniser: Recogniser, folder: Path) -> None:
    """Write `model.safetensors` and `recogniser.json` into `folder`.

    Raises:
        RecogniserError: its features are computed by what no folder holds.
    """
    if recogniser.front is not None:
        raise RecogniserError(f"{recogniser.name} has a pruned encoder: export it instead")
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {f"network/{k}": v.contiguous() for k, v in recogniser.network.state_dict().items()}
    numbers["statistics/mean"] = torch.from_numpy(recogniser.statistics.mean)
    numbers["statistics/std"] = torch.from_numpy(recogniser.statistics.std)
    if recogniser.scores is not None:
        numbers["calibration/scores"] = torch.from_numpy(recogniser.scores)
    if recogniser.reach is not None:
        numbers |= {
            f"reach/{one}": torch.from_numpy(getattr(recogniser.reach, one)).contiguous()
            for one in _REACH
        }
    save_file(numbers, folder / "model.safetensors")
    features = recogniser.features
    if isinstance(features, EmbeddingConfig):
        features = features.seen_from(folder)
    about = {
        "format": FORMAT,
        "feature_version": VERSION,
        "features": features.model_dump(),
        "model": recogniser.model,
        "sizes": dict(recogniser.sizes),
        "classes": recogniser.classes,
        "statistics": {
            "count": recogniser.statistics.count,
            "name": recogniser.statistics.name,
            "hidden": recogniser.statistics.hidden,
        },
        "temperature": recogniser.temperature,
        "name": recogniser.name,
        "version": recogniser.version,
        "facts": dict(recogniser.facts),
    }
    if recogniser.licence is not None:
        about["licence"] = recogniser.licence
    if recogniser.reach is not None:
        about["reach"] = {"limit": recogniser.reach.limit, "together": recogniser.reach.together}
    text = json.dumps(about, indent=1, ensure_ascii=False)
    (folder / "recogniser.json").write_text(text, encoding="utf-8")


def load(folder: Path) -> Recogniser:
    """Read what `save` wrote.

    Raises:
        RecogniserError: a file is missing or damaged, or was written by a newer format.
        EncoderError: its pretrained encoder does not lie where it was.
    """
    if not (folder / "recogniser.json").is_file():
        raise RecogniserError(
            f"{folder}: no recogniser here (recogniser.json is missing);"
            " `ehsaas run CONFIG.yaml` writes one to RUN/model"
        )
    try:
        about = json.loads((folder / "recogniser.json").read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise RecogniserError(
                f"{folder}: written in format {about['format']}; this version reads {FORMAT}"
            )
        if about["feature_version"] != VERSION:
            raise RecogniserError(
                f"{folder}: trained on features of version {about['feature_version']}; this"
                f" release computes version {VERSION}: train it again"
            )
        numbers = load_file(folder / "model.safetensors")
        features = settings_of(about["features"])
        if isinstance(features, Told):
            raise RecogniserError(f"{folder}: it reads texts, and a recogniser hears")
        if isinstance(features, EmbeddingConfig):
            features = features.beside(folder)
        classes = tuple(c for c in about["classes"] if c in VOCABULARY)
        network = MODELS[about["model"]](
            dims=len(features.names), classes=len(classes), **about["sizes"]
        )
        prefix = "network/"
        network.load_state_dict(
            {k.removeprefix(prefix): v for k, v in numbers.items() if k.startswith(prefix)}
        )
        statistics = Statistics(
            numbers["statistics/mean"].numpy(),
            numbers["statistics/std"].numpy(),
            about["statistics"]["count"],
            about["statistics"]["name"],
            hidden=tuple(int(i) for i in about["statistics"].get("hidden", ())),
        )
        if {statistics.mean.shape, statistics.std.shape} != {(len(features.names),)}:
            raise RecogniserError(f"{folder}: the statistics do not fit the features")
        return Recogniser(
            features,
            about["sizes"],
            network,
            float(about["temperature"]),
            model=about["model"],
            classes=classes,
            statistics=statistics,
            name=about["name"],
            version=about["version"],
            facts=about["facts"],
            scores=numbers["calibration/scores"].numpy()
            if "calibration/scores" in numbers
            else None,
            reach=_reach(numbers, about["reach"]) if "reach" in about else None,
            licence=_licence(about),
        )
    except (RecogniserError, EncoderError):
        raise
    except (KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError) as error:
        raise RecogniserError(f"{folder}: the recogniser is damaged ({error})") from error


def _licence(about: Mapping[str, Any]) -> str | None:
    """Of the weights; None where nobody said, as in every folder of before.

    Raises:
        ValueError: what is said is no text.
    """
    licence = about.get("licence")
    if licence is not None and not isinstance(licence, str):
        raise ValueError(f"licence: expected text, got {licence!r}")
    return licence


def _reach(numbers: Mapping[str, Tensor], about: Mapping[str, Any]) -> Reach:
    arrays = {one: numbers[f"reach/{one}"].numpy() for one in _REACH}
    return Reach(**arrays, limit=float(about["limit"]), together=float(about["together"]))
