"""Run folder → what a report reads from it; a file that a run did not write is empty here."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ehsaas.evaluation import predictions
from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.stated import Stated, stated


class ReportError(ValueError):
    """A run folder lacks what a report needs; the message says what."""


@dataclass(frozen=True)
class RunFiles:
    """The files of one run, read. `fingerprint` tells this table of predictions from any other."""

    name: str
    results: Sequence[Result]
    stated: Sequence[Stated]
    config: Mapping[str, Any]
    config_text: str
    environment: Mapping[str, Any]
    audits: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    attention: Mapping[str, Any] | None
    notes: Sequence[str]
    fingerprint: str


def read(run: Path) -> RunFiles:
    """Read a run folder.

    Raises:
        ReportError: there are no predictions, or a file is not YAML or JSON of the right kind.
    """
    table = run / "predictions.parquet"
    try:
        judged = predictions.read(table)
        results = pool(judged)
    except predictions.PredictionError as error:
        raise ReportError(str(error)) from error
    config = run / "config.yaml"
    text = config.read_text(encoding="utf-8") if config.is_file() else ""
    values = _parsed(config, text)
    return RunFiles(
        name=str(values.get("name") or run.resolve().name),
        results=results,
        stated=stated(judged),
        config=values,
        config_text=text,
        environment=_json(run / "environment.json", {}),
        audits=_json(run / "audit.json", []),
        history=_json(run / "history.json", []),
        attention=_json(run / "attention.json", {}) or None,
        notes=_json(run / "notes.json", []),
        fingerprint=hashlib.sha256(table.read_bytes()).hexdigest()[:12],
    )


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ReportError(f"{path}: not YAML ({error})") from error
    return values if isinstance(values, dict) else {}


def _json(path: Path, absent: Any) -> Any:
    """The content of a JSON file, which must be of the kind of `absent`, what is taken without."""
    if not path.is_file():
        return absent
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReportError(f"{path}: not JSON ({error}); run the experiment again") from error
    if content is not None and not isinstance(content, type(absent)):
        raise ReportError(
            f"{path}: holds a {type(content).__name__}, expected a {type(absent).__name__}"
        )
    return absent if content is None else content
