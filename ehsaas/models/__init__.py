"""Batch → Output(logits, embedding, attention, parts). Sizes and class counts are arguments."""

from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

from ehsaas.models.attention_bilstm import AttentionBiLSTM

MODELS: Mapping[str, type[nn.Module]] = MappingProxyType({"attention-bilstm": AttentionBiLSTM})
