"""Where a fit stands, written to a folder and read back: safetensors and JSON."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer


def save(
    folder: Path,
    model: nn.Module,
    best: dict[str, Tensor],
    optimiser: Optimizer,
    random: dict[str, Tensor],
    facts: dict[str, Any],
) -> None:
    """Write everything a fit needs to go on, beside the target first, then renamed.

    Args:
        folder: where; an older checkpoint there is replaced.
        model: its present weights.
        best: the best weights so far.
        optimiser: its state.
        random: states of random generators, uint8.
        facts: JSON-ready rest (epoch, history, NumPy generator states).
    """
    aside = folder.with_name(folder.name + ".part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    state = optimiser.state_dict()
    numbers = {f"model/{name}": value for name, value in model.state_dict().items()}
    numbers |= {f"best/{name}": value for name, value in best.items()}
    numbers |= {f"random/{name}": value for name, value in random.items()}
    for index, entry in state["state"].items():
        numbers |= {f"optimiser/{index}/{name}": torch.as_tensor(v) for name, v in entry.items()}
    save_file(
        {name: x.contiguous().clone() for name, x in numbers.items()}, aside / "state.safetensors"
    )
    (aside / "facts.json").write_text(json.dumps({**facts, "groups": state["param_groups"]}))
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def load(
    folder: Path, model: nn.Module, optimiser: Optimizer
) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Any]] | None:
    """Put a checkpoint into `model` and `optimiser`; → (best weights, random states, facts).

    None where there is no whole checkpoint.
    """
    if not (folder / "facts.json").is_file():
        return None
    numbers = load_file(folder / "state.safetensors")
    facts = json.loads((folder / "facts.json").read_text())
    model.load_state_dict(_under(numbers, "model/"))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under(numbers, "optimiser/").items():
        index, key = name.split("/", 1)
        state.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": state, "param_groups": facts.pop("groups")})
    return _under(numbers, "best/"), _under(numbers, "random/"), facts


def _under(numbers: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): x for name, x in numbers.items() if name.startswith(prefix)}
