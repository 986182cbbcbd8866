"""Batch → Output(logits, embedding, attention, parts). Sizes and class counts are arguments."""

from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.claf import Claf
from ehsaas.models.finetuned import FineTuned
from ehsaas.models.fusion import Fusion
from ehsaas.models.linear_probe import LinearProbe
from ehsaas.models.memory import Memory
from ehsaas.models.nnpm import Nnpm
from ehsaas.models.perceptron import Perceptron
from ehsaas.models.simple_rnn import SimpleRNN
from ehsaas.models.text_classifier import TextClassifier

MODELS: Mapping[str, type[nn.Module]] = MappingProxyType(
    {
        "attention-bilstm": AttentionBiLSTM,
        "claf-ser": Claf,
        "finetuned-speech": FineTuned,
        "finetuned-text": TextClassifier,
        "fusion": Fusion,
        "linear-probe": LinearProbe,
        "memory": Memory,
        "nnpm": Nnpm,
        "perceptron": Perceptron,
        "simple-rnn": SimpleRNN,
    }
)
