"""Where a fit stands, written to one safetensors file and read back."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

NAME = "state.safetensors"


def save(
    folder: Path,
    model: nn.Module,
    best: dict[str, Tensor],
    optimiser: Optimizer,
    random: dict[str, Tensor],
    facts: dict[str, Any],
) -> None:
    """Write everything a fit needs to go on as one file, beside the target first, then renamed.

    Args:
        folder: where `state.safetensors` goes; an older one there is replaced.
        model: its present weights.
        best: the best weights so far.
        optimiser: its state.
        random: states of random generators, uint8.
        facts: JSON-ready rest (epoch, history, NumPy generator states).
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = optimiser.state_dict()
    numbers = {f"model/{name}": value for name, value in model.state_dict().items()}
    numbers |= {f"best/{name}": value for name, value in best.items()}
    numbers |= {f"random/{name}": value for name, value in random.items()}
    for index, entry in state["state"].items():
        numbers |= {f"optimiser/{index}/{name}": torch.as_tensor(v) for name, v in entry.items()}
    told = json.dumps({**facts, "groups": state["param_groups"]})
    aside = folder / f"{NAME}.{os.getpid()}.part"
    kept = {name: x.contiguous().clone() for name, x in numbers.items()}
    save_file(kept, aside, metadata={"facts": told})
    aside.replace(folder / NAME)


def load(
    folder: Path, model: nn.Module, optimiser: Optimizer
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Any]] | None:
    """Put a checkpoint into `model` and `optimiser`; → (best weights, random states, facts).

    None where there is no checkpoint.
    """
    if not (folder / NAME).is_file():
        return None
    with safe_open(folder / NAME, framework="pt") as opened:
        facts = json.loads(opened.metadata()["facts"])
        numbers = {name: opened.get_tensor(name) for name in opened.keys()}
    model.load_state_dict(_under(numbers, "model/"))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under(numbers, "optimiser/").items():
        index, key = name.split("/", 1)
        state.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": state, "param_groups": facts.pop("groups")})
    return _under(numbers, "best/"), _under(numbers, "random/"), facts


def _under(numbers: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): x for name, x in numbers.items() if name.startswith(prefix)}
