"""The folder of a transformers checkpoint for audio classification → an entrant."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.experiments.benchmark import outputs
from ehsaas.experiments.benchmark.entrants import Entrant, digest_of
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.benchmark.outputs import Outputs

_UNUSED = ("masked_spec_embed",)
"""Endings of weights that hearing needs not, and that older checkpoints lack."""

EXTRA = "transformers checkpoints need transformers: pip install 'ehsaas[encoders]'"


def entrant(folder: Path, labels: str | None) -> Entrant:
    """The model in a folder, read from safetensors and nothing else, and from nowhere else.

    Its outputs are what `--labels` says, else what `id2label` of its configuration does.

    Raises:
        BenchmarkError: an output cannot be told for an emotion, the weights are no safetensors or
            not whole, or it does not hear 16 kHz.
        ImportError: transformers is not installed.
    """
    meant = _outputs(folder, labels)
    if not any(folder.glob("*.safetensors")):
        raise BenchmarkError(
            f"{folder}: no weights in safetensors; others can carry programs and are not read:"
            " convert them with `model.save_pretrained(FOLDER)`"
        )
    extractor, network = _loaded(folder)
    if len(meant.emotions) != network.config.num_labels:
        raise BenchmarkError(
            f"{folder}: has {network.config.num_labels} outputs and --labels"
            f" {len(meant.emotions)}; give one an output"
        )
    rate = getattr(extractor, "sampling_rate", RATE)
    if rate != RATE:
        raise BenchmarkError(f"{folder}: hears {rate} Hz; the benchmark's clips have {RATE} Hz")

    def hear(clip: Clip, statistics: Statistics | None) -> NDArray[np.floating]:
        import torch

        heard = extractor(clip.samples, sampling_rate=RATE, return_tensors="pt")
        try:
            with torch.inference_mode():
                found = network(**heard).logits
        except RuntimeError as error:
            told = str(error).splitlines()[0]
            raise BenchmarkError(
                f"{folder}: cannot hear a clip of {clip.duration:.2f} s ({told})"
            ) from error
        return meant(found.numpy(), folder.name)

    name = folder.resolve().name
    return Entrant(
        name=name,
        kind="transformers checkpoint",
        system=name,
        digest=digest_of(folder, labels or ""),
        classes=meant.classes,
        hear=hear,
    )


def _outputs(folder: Path, labels: str | None) -> Outputs:
    if labels is not None:
        return outputs.labels(labels, folder.name)
    path = folder / "config.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8")).get("id2label") or {}
        words = [str(told[key]) for key in sorted(told, key=int)]
    except (ValueError, AttributeError) as error:
        raise BenchmarkError(f"{path}: no configuration of a checkpoint ({error})") from error
    if not words:
        raise BenchmarkError(f"{path}: does not say what the outputs are (id2label); give --labels")
    return outputs.named(words, f"{path} (id2label)")


def _loaded(folder: Path) -> tuple[Any, Any]:
    """What prepares samples, and the network that hears them, no weight of it made up."""
    try:
        import transformers
    except ImportError as error:
        raise ImportError(EXTRA, name="transformers") from error
    from safetensors import SafetensorError

    from ehsaas.models.encoders import quietly

    where, library = str(folder), cast(Any, transformers)
    try:
        with quietly(report=False):
            extractor = library.AutoFeatureExtractor.from_pretrained(where, local_files_only=True)
            network, read = library.AutoModelForAudioClassification.from_pretrained(
                where,
                local_files_only=True,
                use_safetensors=True,
                ignore_mismatched_sizes=True,  # they are told below, by name
                output_loading_info=True,
            )
    except SafetensorError as error:
        files = ", ".join(sorted(one.name for one in folder.glob("*.safetensors")))
        raise BenchmarkError(
            f"{folder}: its weights ({files}) are damaged ({error}); copy or download them again"
        ) from error
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        told = str(error).splitlines()[0]
        raise BenchmarkError(
            f"{folder}: no checkpoint for audio classification ({told})"
        ) from error
    _see_whole(folder, read)
    return extractor, network.eval()


def _see_whole(folder: Path, read: Mapping[str, Any]) -> None:
    """See that the folder had every weight; transformers would fill the others at random."""
    missing = {name for name in read["missing_keys"] if not name.endswith(_UNUSED)}
    unfit = {name for name, *_ in read["mismatched_keys"]}
    wrong = [
        f"weights {what} ({len(names)}: {', '.join(sorted(names)[:3])}{', …' * (len(names) > 3)})"
        for names, what in ((missing - unfit, "are missing"), (unfit, "are of another size"))
        if names
    ]
    if wrong:
        raise BenchmarkError(
            f"{folder}: {' and '.join(wrong)}, so that its answers would be random; give a"
            " checkpoint that was trained for audio classification, with its classifier"
        )
