"""Pretrained speech encoders: samples (B, N) at 16 kHz → hidden states (B, T, D) of its layers.

A checkpoint is a folder with `config.json` and safetensors weights, or a name on the Hugging Face
Hub, looked for in the local cache first. Layer 0 is what enters the first transformer layer, layer
n what leaves the nth; a final normalisation behind the last layer is left out. Only the layers
asked for are kept and computed. Extra `encoders`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from ehsaas.models.layers import frame_mask
from ehsaas.models.wav2vec import Wav2Vec
from ehsaas.models.whisper import Whisper

Encoder = Whisper | Wav2Vec
"""(samples (B, N), lengths (B,)) → hidden states of its layers, and frame lengths (B,)."""

WAV2VEC = ("wav2vec2", "wavlm", "hubert", "data2vec-audio")
"""Values of `model_type` in `config.json` that share wav2vec 2.0's shape; XLS-R is a `wav2vec2`."""

_FILES = ["config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json"]


class EncoderError(ValueError):
    """An encoder cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder that holds a pretrained speech encoder."""

    name: str
    folder: Path

    @classmethod
    def find(cls, where: str | Path) -> "Checkpoint":
        """The checkpoint in the folder `where`, or the one of that name on the Hub.

        Raises:
            EncoderError: there is none, or none can be fetched.
        """
        folder = Path(where)
        if not folder.is_dir():
            folder = _fetched(str(where))
        if not (folder / "config.json").is_file():
            raise EncoderError(f"{folder}: no encoder here (config.json is missing)")
        if not any(folder.glob("*.safetensors")):
            raise EncoderError(
                f"{folder}: no weights (*.safetensors); other formats can hold programs and are"
                " not read"
            )
        return cls(folder.name if Path(where).is_dir() else str(where), folder)

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """What `config.json` says, and the preprocessor's `do_normalize`.

        Raises:
            EncoderError: it is no JSON object, or of no kind of encoder known here.
        """
        try:
            values = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
            kind = values["model_type"]
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise EncoderError(f"{self.folder}: config.json is damaged ({error})") from error
        if kind not in (*WAV2VEC, "whisper"):
            raise EncoderError(
                f"{self.folder}: an encoder of the kind {kind!r}; known are"
                f" {', '.join((*WAV2VEC, 'whisper'))}"
            )
        file = self.folder / "preprocessor_config.json"
        try:
            said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
            return {**values, "do_normalize": bool(said.get("do_normalize", True))}
        except (ValueError, AttributeError) as error:
            raise EncoderError(f"{file}: damaged ({error})") from error

    @property
    def dims(self) -> int:
        """D, the size of a hidden state."""
        return self._number("d_model" if self._whisper else "hidden_size")

    @property
    def depth(self) -> int:
        """The number of transformer layers."""
        return self._number("encoder_layers" if self._whisper else "num_hidden_layers")

    @cached_property
    def sha256(self) -> str:
        """Digest of the weights, over its files in the order of their names."""
        digest = hashlib.sha256()
        for file in sorted(self.folder.glob("*.safetensors")):
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()

    def load(self, layers: int | None = None) -> Encoder:
        """The encoder in float32, with its first `layers` layers; all where None.

        Raises:
            EncoderError: it has fewer layers, the weights do not fit, or transformers is missing.
        """
        depth = self.depth
        if layers is not None and not 1 <= layers <= depth:
            raise EncoderError(f"{self.name}: layers 1 to {depth} can be had, not {layers}")
        needed()
        try:
            with quietly():
                if self._whisper:
                    return Whisper.from_folder(self.folder, layers or depth)
                normalise = bool(self.config["do_normalize"])
                return Wav2Vec.from_folder(self.folder, layers or depth, normalise=normalise)
        except (OSError, RuntimeError, ValueError, SafetensorError) as error:
            raise EncoderError(f"{self.folder}: the weights cannot be used ({error})") from error

    def _number(self, key: str) -> int:
        value = self.config.get(key)
        if not isinstance(value, int) or value < 1:
            raise EncoderError(f"{self.folder}: config.json says {key} = {value!r}; expected 1 up")
        return value

    @property
    def _whisper(self) -> bool:
        return bool(self.config["model_type"] == "whisper")


def blank(architecture: Mapping[str, Any], layers: int) -> Encoder:
    """An encoder with random weights, of which its first `layers` layers are kept.

    Args:
        architecture: what a checkpoint's `config.json` says.
        layers: at least 1.

    Raises:
        EncoderError: transformers is missing, or nothing can be made of the architecture.
    """
    needed()
    try:
        kind = Whisper if architecture.get("model_type") == "whisper" else Wav2Vec
        return kind.from_architecture(architecture, layers)
    except (TypeError, ValueError, KeyError) as error:
        raise EncoderError(f"no encoder can be made of this config.json ({error})") from error


def hidden_states(
    encoder: Encoder, samples: Tensor, lengths: Tensor, layers: Sequence[int]
) -> tuple[Tensor, Tensor]:
    """Hidden states (B, T, L, D) of some layers, zero behind each clip's end, and frames (B,).

    A batch that the encoder cannot take at once is heard clip by clip: where padding would change
    what it hears, and where a clip is longer than its span, which is then heard in as few equal
    parts as that allows, one after the other. An exported graph takes what it is given at once.

    Args:
        encoder: with at least the layers asked for.
        samples: (B, N) at 16 kHz; what lies behind a clip's end is ignored.
        lengths: (B,) samples of each clip.
        layers: L of them, 0 is what enters the first.
    """
    if torch.compiler.is_exporting() or _at_once(encoder, lengths):
        x, frames = _states(encoder, samples, lengths, layers)
    else:
        clips = [own[:n] for own, n in zip(samples, lengths.tolist(), strict=True)]
        heard = [_whole(encoder, clip, layers) for clip in clips]
        frames = torch.tensor([len(x) for x in heard], device=lengths.device)
        x = nn.utils.rnn.pad_sequence(heard, batch_first=True)
    inside = frame_mask(frames, x.shape[1])
    return torch.where(inside[..., None, None], x, 0.0), frames


def _at_once(encoder: Encoder, lengths: Tensor) -> bool:
    """Whether the encoder can take clips of these lengths (B,) together."""
    uneven = encoder.equal_lengths and len(set(lengths.tolist())) > 1
    return not uneven and int(lengths.max()) <= encoder.span


def _states(
    encoder: Encoder, samples: Tensor, lengths: Tensor, layers: Sequence[int]
) -> tuple[Tensor, Tensor]:
    states, frames = encoder(samples, lengths)
    return torch.stack([states[i] for i in layers], dim=2), frames


def _whole(encoder: Encoder, clip: Tensor, layers: Sequence[int]) -> Tensor:
    """All frames (T, L, D) of one clip (N,)."""
    parts = max(1, -(-len(clip) // encoder.span))
    pieces = [
        _states(encoder, piece[None], torch.tensor([len(piece)], device=clip.device), layers)[0][0]
        for piece in clip.tensor_split(parts)
    ]
    return torch.cat(pieces)


def located(name: str, root: Path | None) -> str:
    """The path of the folder `name` under `root`, or the name itself where there is none.

    Raises:
        EncoderError: there is none, and `name` can be nothing but a path.
    """
    folder = (root / name).resolve() if root is not None else None
    if folder is not None and folder.is_dir():
        return str(folder)
    if folder is not None and name.startswith((".", "/")):
        raise EncoderError(
            f"{name}: no such folder, looked for at {folder}; put config.json and model.safetensors"
            " there, or give another"
        )
    return name


@contextmanager
def quietly(report: bool = True) -> Iterator[None]:
    """Without the bar that transformers draws for every checkpoint it reads.

    Args:
        report: whether it may write down which weights were missing or did not fit; not where the
            caller says so.
    """
    from transformers.utils import logging as told

    logging: Any = told  # it has no types
    drawn, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    if not report:
        logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if drawn:
            logging.enable_progress_bar()


def needed() -> None:
    """See that transformers is there.

    Raises:
        EncoderError: it is not.
    """
    try:
        import transformers  # noqa: F401
    except ImportError as error:
        raise EncoderError(
            "pretrained encoders need transformers: pip install 'ehsaas[encoders]'"
        ) from error


def _fetched(name: str) -> Path:
    """The folder of a Hub checkpoint: from the cache, else downloaded."""
    needed()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        try:
            return Path(snapshot_download(name, allow_patterns=_FILES, local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(snapshot_download(name, allow_patterns=_FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderError(
            f"{name}: no such folder, and no checkpoint of this name in the cache or on the"
            " network; put config.json and model.safetensors into that folder, or give another"
        ) from error
