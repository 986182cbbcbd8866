"""What of a pretrained encoder learns: LoRA's small matrices, and at which rates.

Hu et al. 2022: ΔW = (α / r) B A beside some of its matrices, α = 2 r, B = 0 at first.
"""

from collections.abc import Sequence

from torch import nn

from ehsaas.models.encoders import EncoderError


def add(encoder: nn.Module, rank: int, projections: Sequence[str], kind: str) -> None:
    """Put LoRA into `encoder`; nothing else of it learns any more.

    Args:
        encoder: changed in place.
        rank: r, at least 1.
        projections: what the matrices may be called.
        kind: the encoder's `model_type`, for the message.

    Raises:
        EncoderError: the encoder has no such projection, or peft is missing.
    """
    try:
        import peft
    except ImportError as error:
        raise EncoderError("LoRA needs peft: pip install 'ehsaas[encoders]'") from error
    try:
        settings = peft.LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=[*projections])
        peft.inject_adapter_in_model(settings, encoder)
    except ValueError as error:
        raise EncoderError(
            f"LoRA of rank {rank} cannot be put into an encoder of the kind {kind!r} ({error})"
        ) from error
    for name, parameter in encoder.named_parameters():
        parameter.requires_grad_(".lora_" in name)


def groups(
    model: nn.Module, encoder: nn.Module, rate: float, head: float
) -> list[dict[str, object]]:
    """Optimiser groups: what learns of `encoder` at `rate`, all else of `model` at `head`."""
    learning = [p for p in encoder.parameters() if p.requires_grad]
    own = {id(p) for p in encoder.parameters()}
    rest = {"params": [p for p in model.parameters() if id(p) not in own], "lr": head}
    return [{"params": learning, "lr": rate}, rest] if learning else [rest]
