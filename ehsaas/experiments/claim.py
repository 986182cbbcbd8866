"""A run folder and the configuration that it is of."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.mistakes import ConfigError

PROSE = ("question", "notes", "published", "gathers")
"""What of a configuration no prediction depends on; a run goes on when it has changed."""


def claim(config: ExperimentConfig, out: Path, digests: Mapping[str, str]) -> None:
    """Write configuration and encoders into the run folder, or check that they are those there.

    What `PROSE` names may be another than it was, and is written anew.

    Raises:
        ConfigError: the folder holds a run of another configuration, or with other encoders.
    """
    about = {"encoders.yaml": dict(digests), "config.yaml": config.model_dump(mode="json")}
    texts = {
        out / name: yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
        for name, values in about.items()
        if values
    }
    for path, text in texts.items():
        begun = (out / "config.yaml").is_file()
        if begun and (not path.is_file() or not _alike(path.read_text(encoding="utf-8"), text)):
            held = "with other encoders" if path.stem == "encoders" else "of another configuration"
            raise ConfigError(
                f"{out} holds a run {held}; give another folder with -o, or remove it"
            )
    for name in ("cells", "fits", "tables"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            aside = path.with_suffix(f".{os.getpid()}.part")
            aside.write_text(text, encoding="utf-8")
            aside.replace(path)


def _alike(first: str, second: str) -> bool:
    """Whether two YAML files say the same but for prose."""
    told = [yaml.safe_load(text) for text in (first, second)]
    return first == second or all(
        told[0].get(name) == told[1].get(name) for name in {*told[0], *told[1]} if name not in PROSE
    )
