"""A recogniser → one with fewer units: those of a layer that say least are left out.

Of a pretrained encoder the units between the two feed-forward matrices of each layer, of an
attention Bi-LSTM its units. A unit counts by how strongly it is active on given recordings, times
how strongly what follows listens to it (after Molchanov et al. 2017, "Pruning convolutional neural
networks for resource efficient inference", where a gradient stands for the second). Whole units go,
so the file is smaller and faster everywhere. No label is needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ehsaas.audio import Clip
from ehsaas.export.mistakes import ExportError
from ehsaas.models.attention_bilstm import AttentionBiLSTM
from ehsaas.models.layers import BiLSTM
from ehsaas.recogniser import Recogniser

_PAIRS = (("fc1", "fc2"), ("intermediate_dense", "output_dense"))
"""Names of the two feed-forward matrices, in Whisper and in wav2vec 2.0's kin."""


def pruned(recogniser: Recogniser, share: float, clips: Sequence[Clip]) -> Recogniser:
    """The recogniser without the `share` of units that say least on `clips`.

    It says so among its facts (`pruned`, of all units that it ever had), promises no coverage any
    more, and does not know how far its training data reach where its features are others now.

    Args:
        recogniser: with a pretrained encoder, or an attention Bi-LSTM.
        share: between 0 and 1, of the units of every layer.
        clips: recordings of the kind that it is for; no label is looked at.

    Raises:
        ExportError: the share is none, there is no clip, or nothing that can be pruned.
    """
    if not 0 < share < 1:
        raise ExportError(f"a share of {share:g} to prune; expected one between 0 and 1")
    if not clips:
        raise ExportError(
            "pruning listens to recordings, to hear which units speak: give some (--clips)"
        )
    front = deepcopy(recogniser.front or recogniser.features.extractor()).eval()
    network = deepcopy(recogniser.network).eval()
    heard_by = [*_feed_forward(front)]
    pairs = [*heard_by, *_feed_forward(network)]
    if not pairs and not isinstance(network, AttentionBiLSTM):
        raise ExportError(
            f"{recogniser.name} is a {recogniser.model} without a pretrained encoder: pruning knows"
            " encoders and the attention-bilstm; a student is another way to a small file"
        )
    recurrent = [network.lstm] if isinstance(network, AttentionBiLSTM) else []
    with _listening([wide for _, wide in pairs], recurrent) as heard:
        listening = replace(recogniser, front=front, network=network)
        for clip in clips:
            listening.hear([clip])
    for expand, shrink in pairs:
        _narrow_pair(expand, shrink, heard[shrink], share)
    if isinstance(network, AttentionBiLSTM):
        _narrow_lstm(network, heard[network.lstm], share)
    whole = {key: value for key, value in recogniser.facts.items() if key != "calibration"}
    left = (1 - whole.get("pruned", 0.0)) * (1 - share)
    return replace(
        recogniser,
        network=network,
        sizes=_sizes_of(network, recogniser.sizes),
        front=front if heard_by else recogniser.front,
        reach=None if heard_by else recogniser.reach,
        scores=None,
        facts=whole | {"pruned": round(1 - left, 6)},
    )


def _sizes_of(network: nn.Module, sizes: Mapping[str, Any]) -> dict[str, Any]:
    """What `MODELS` has to be told to build the pruned network again."""
    if isinstance(network, AttentionBiLSTM):
        return {**sizes, "hidden": network.lstm.ahead[0].hidden_size}
    wide = [first.out_features for first, _ in _feed_forward(network)]
    if not wide:
        return dict(sizes)
    own = sizes["architecture"]
    name = "encoder_ffn_dim" if own["model_type"] == "whisper" else "intermediate_size"
    return {**sizes, "architecture": {**own, name: wide[0]}}


def _feed_forward(module: nn.Module) -> Iterator[tuple[nn.Linear, nn.Linear]]:
    """(first, second) matrix of every feed-forward block in a module."""
    for part in module.modules():
        for first, second in _PAIRS:
            if hasattr(part, first) and hasattr(part, second):
                yield getattr(part, first), getattr(part, second)


@contextmanager
def _listening(
    wide: Sequence[nn.Linear], recurrent: Sequence[BiLSTM]
) -> Iterator[dict[nn.Module, Tensor]]:
    """Gathers, while the block runs, the mean magnitude of what enters or leaves some modules."""
    heard: dict[nn.Module, Tensor] = {}

    def gather(module: nn.Module, values: Tensor) -> None:
        own = values.detach().abs().flatten(0, -2).mean(dim=0)
        heard[module] = heard.get(module, torch.zeros_like(own)) + own

    hooks = [
        one.register_forward_pre_hook(lambda module, given: gather(module, given[0]))
        for one in wide
    ]
    hooks += [
        one.register_forward_hook(lambda module, given, made: gather(module, made))
        for one in recurrent
    ]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _kept(weight: Tensor, share: float) -> Tensor:
    """Places of the units that stay, in order, of those that count `weight` (K,)."""
    most = max(1, round((1 - share) * len(weight)))
    return weight.topk(most).indices.sort().values


def _narrow_pair(expand: nn.Linear, shrink: nn.Linear, active: Tensor, share: float) -> None:
    kept = _kept(active * shrink.weight.detach().norm(dim=0), share)
    expand.weight = nn.Parameter(expand.weight.detach()[kept])
    if expand.bias is not None:
        expand.bias = nn.Parameter(expand.bias.detach()[kept])
    shrink.weight = nn.Parameter(shrink.weight.detach()[:, kept])
    expand.out_features = shrink.in_features = len(kept)


def _narrow_lstm(network: AttentionBiLSTM, active: Tensor, share: float) -> None:
    """Leave out the same number of units in both directions; one layer is known.

    Raises:
        ExportError: there are several layers.
    """
    lstm = network.lstm
    if len(lstm.ahead) > 1:
        raise ExportError("pruning knows an attention-bilstm of one layer")
    first = lstm.ahead[0]
    assert isinstance(first, nn.LSTM), "a BiLSTM is made of them"
    H = first.hidden_size
    listened = torch.cat((network.attention.score.weight, network.dense.weight)).detach()
    weight = active * listened.norm(dim=0)
    ahead, back = _kept(weight[:H], share), _kept(weight[H:], share)
    small = BiLSTM(first.input_size, len(ahead), 1, lstm.dropout.p)
    for way, kept in (("ahead", ahead), ("back", back)):
        _copy_units(getattr(lstm, way)[0], getattr(small, way)[0], kept)
    network.lstm = small
    both = torch.cat((ahead, H + back))
    for layer in (network.attention.score, network.dense):
        layer.weight = nn.Parameter(layer.weight.detach()[:, both])
        layer.in_features = len(both)


def _copy_units(whole: nn.LSTM, part: nn.LSTM, kept: Tensor) -> None:
    """The weights of some units of a layer; each has four gates."""
    H = whole.hidden_size
    gates = torch.cat([gate * H + kept for gate in range(4)])
    own = {name: value[gates] for name, value in whole.state_dict().items()}
    own["weight_hh_l0"] = own["weight_hh_l0"][:, kept]
    part.load_state_dict(own)
