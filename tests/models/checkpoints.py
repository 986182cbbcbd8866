"""Tiny random checkpoints of every kind of speech encoder, written as users find them on disk."""

from pathlib import Path
from typing import Any

import torch

TINY: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "conv_dim": (16, 16, 16),
    "conv_stride": (5, 8, 8),
    "conv_kernel": (10, 8, 8),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
"""Sizes of the family of wav2vec 2.0, three convolutions to a frame every 20 ms."""


def write(folder: Path, kind: str, *, seed: int = 0, **changes: Any) -> Path:
    """Write a tiny random checkpoint of `kind` into `folder`.

    Args:
        folder: where it goes.
        kind: wav2vec2, wavlm, hubert, data2vec-audio or whisper; "-large" behind the first three
            is the variant with layer norm everywhere.
        seed: of its weights.
        changes: values of its configuration that differ.
    """
    import transformers

    torch.manual_seed(seed)
    name = kind.removesuffix("-large")
    large = kind.endswith("-large")
    norm = {"feat_extract_norm": "layer" if large else "group", "do_stable_layer_norm": large}
    model: Any
    if name == "whisper":
        sizes = {"d_model": 32, "encoder_layers": 3, "encoder_attention_heads": 4}
        config = transformers.WhisperConfig(
            **(sizes | {"encoder_ffn_dim": 64, "decoder_layers": 1} | changes)
        )
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        model = WhisperEncoder(config)
    elif name == "data2vec-audio":
        model = transformers.Data2VecAudioModel(
            transformers.Data2VecAudioConfig(
                **(TINY | {"conv_pos_kernel_size": 5, "num_conv_pos_embeddings": 2} | changes)
            )
        )
    else:
        parts = {
            "wav2vec2": (transformers.Wav2Vec2Config, transformers.Wav2Vec2Model),
            "wavlm": (transformers.WavLMConfig, transformers.WavLMModel),
            "hubert": (transformers.HubertConfig, transformers.HubertModel),
        }
        settings, kind_of = parts[name]
        model = kind_of(settings(**(TINY | norm | changes)))
    model.eval().save_pretrained(folder)
    return folder
