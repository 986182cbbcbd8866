"""Prediction tables made by a rule with a known outcome, for the tests of evaluation."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ehsaas.calibration import softmax
from ehsaas.evaluation.predictions import COLUMNS, check, write

FOUR = ("anger", "happiness", "neutral", "sadness")
SIX = ("anger", "happiness", "sadness", "fear", "disgust", "surprise")
LANGUAGES = {"emodb": "de", "ravdess": "en", "urdu": "ur", "kashmiri_rasa": "ks"}
AUDITED = ("strict", "random")
PUBLISHED = """
published:
  - {system: a paper, train: [urdu], test: urdu, protocol: within-language,
     leakage: split not stated, metric: accuracy, value: 0.97, source: "A. Author 2025"}
"""
SPEAKERS = {"emodb": 10, "ravdess": 24, "urdu": 12, "kashmiri_rasa": 2}


def judged(
    truth: Sequence[str],
    predicted: Sequence[str],
    speakers: Sequence[str | None] | None = None,
    seed: int = 0,
    **key: Any,
) -> pl.DataFrame:
    """A table of items with the given truth and predictions; `key` fills the other columns."""
    n = len(truth)
    fixed: dict[str, Any] = {
        "run": "test",
        "system": "attention-bilstm",
        "protocol": "strict",
        "condition": "{}",
        "features": "frames",
        "normalisation": "corpus",
        "train": "emodb",
        "corpus": "emodb",
        "label_set": "four",
        "language": "de",
        "fold": "0",
        "sex": None,
        "duration": 1.5,
        "digest": None,
    } | key
    columns: dict[str, Any] = {name: [value] * n for name, value in fixed.items()}
    columns |= {
        "seed": [seed] * n,
        "id": [f"u{i:04d}" for i in range(n)],
        "speaker": list(speakers) if speakers is not None else [None] * n,
        "truth": list(truth),
        "predicted": list(predicted),
    }
    return check(pl.DataFrame({name: columns[name] for name in COLUMNS}, schema=dict(COLUMNS)))


def simulated(
    skill: float,
    *,
    classes: Sequence[str] = FOUR,
    corpus: str = "emodb",
    items: int = 240,
    spread: float = 0.0,
    seed: int = 0,
    salt: int = 0,
    **key: Any,
) -> pl.DataFrame:
    """Items of `corpus`, right with probability `skill`, which varies by `spread` over speakers."""
    n_speakers = SPEAKERS.get(corpus, 8)
    truth = [classes[i % len(classes)] for i in range(items)]
    voice = np.random.default_rng(7).permutation(items) % n_speakers
    generator = np.random.default_rng([seed, salt, sum(map(ord, corpus))])
    of_voice = np.clip(skill + spread * np.linspace(-1, 1, n_speakers), 0, 1)
    right = generator.random(items) < of_voice[voice]
    wrong = generator.integers(1, len(classes), items)
    predicted = [
        label if ok else classes[(classes.index(label) + int(shift)) % len(classes)]
        for label, ok, shift in zip(truth, right, wrong, strict=True)
    ]
    speakers = [f"{corpus}_{i}" for i in voice]
    given = {"train": corpus, "language": LANGUAGES.get(corpus, "en")} | key
    return judged(truth, predicted, speakers, seed, corpus=corpus, **given)


def left_out(
    corpus: str, sureness: float, items: int = 1200, folds: int = 0, seed: int = 0, **key: Any
) -> pl.DataFrame:
    """Probabilities that are calibrated at a sureness of 1, too sure above, too modest below."""
    rng = np.random.default_rng([sum(map(ord, corpus)), seed])
    logits = rng.normal(0, 1.5, (items, 4))
    odds = softmax(logits).astype(np.float64)
    truth = [FOUR[rng.choice(4, p=row / row.sum())] for row in odds]
    said = softmax(sureness * logits)
    speaker = np.arange(items) % 12
    given: dict[str, Any] = {"protocol": "lolo", "normalisation": "source", "train": "others"} | key
    table = judged(
        truth,
        [FOUR[i] for i in said.argmax(axis=1)],
        [f"{corpus}_{i}" for i in speaker],
        seed,
        corpus=corpus,
        **given,
    )
    columns = {f"p_{name}": pl.Series(said[:, i]) for i, name in enumerate(FOUR)}
    fold = pl.Series([str(i % folds) for i in speaker] if folds else [""] * items)
    return table.with_columns(fold=fold, **columns)


def experiment(
    corpora: Sequence[str] = tuple(LANGUAGES), seeds: Sequence[int] = (0, 1, 2)
) -> pl.DataFrame:
    """A whole run: within (strict, random), pairs, all others, adaptation; two systems and more."""
    tables = [
        table
        for corpus in corpora
        for seed in seeds
        for table in (
            *_within(corpus, seed),
            *_transfer(corpus, corpora, seed),
            *_adaptation(corpus, corpora, seed),
        )
    ]
    return pl.concat(tables)


def _within(corpus: str, seed: int) -> list[pl.DataFrame]:
    common: dict[str, Any] = {"corpus": corpus, "seed": seed, "spread": 0.12}
    tables = []
    for protocol, gain in (("strict", 0.0), ("random", 0.15)):
        for shift, normalisation in ((0.0, "source"), (0.05, "corpus")):
            tables.append(
                simulated(
                    0.6 + gain + shift,
                    protocol=protocol,
                    normalisation=normalisation,
                    salt=1,
                    **common,
                )
            )
        svm: dict[str, Any] = {"system": "functionals-svm", "features": "functionals"}
        tables.append(simulated(0.55 + gain, protocol=protocol, salt=2, **svm, **common))
        svm["normalisation"] = "source"
        tables.append(simulated(0.52 + gain, protocol=protocol, salt=2, **svm, **common))
        for name, skill in (("chance", 0.25), ("speaker-majority", 0.4)):
            tables.append(
                simulated(
                    skill,
                    protocol=protocol,
                    salt=3,
                    system=name,
                    features="none",
                    normalisation="none",
                    **common,
                )
            )
        only = simulated(0, protocol=protocol, system="majority", normalisation="none", **common)
        tables.append(only.with_columns(predicted=pl.lit("anger")))
    return tables


def _transfer(corpus: str, corpora: Sequence[str], seed: int) -> list[pl.DataFrame]:
    others = [name for name in corpora if name != corpus]
    tables = []
    for normalisation, shift in (("source", 0.0), ("corpus", 0.07)):
        common: dict[str, Any] = {"corpus": corpus, "seed": seed, "normalisation": normalisation}
        for i, source in enumerate(others):
            skill = 0.33 + 0.06 * i + shift
            tables.append(simulated(skill, protocol="pair", train=source, salt=10 + i, **common))
        pooled: dict[str, Any] = {"protocol": "lolo", "train": "+".join(sorted(others))}
        tables.append(simulated(0.45 + shift, salt=20, **pooled, **common))
        if normalisation == "corpus":
            svm: dict[str, Any] = {"system": "functionals-svm", "features": "functionals"}
            tables.append(simulated(0.40, salt=21, **svm, **pooled, **common))
    return tables


def _adaptation(corpus: str, corpora: Sequence[str], seed: int) -> list[pl.DataFrame]:
    others = "+".join(sorted(name for name in corpora if name != corpus))
    common: dict[str, Any] = {"corpus": corpus, "seed": seed, "items": 80, "protocol": "heldout"}
    tables = []
    for i, share in enumerate((0.0, 0.1, 0.2, 0.4, 0.8)):
        condition = json.dumps({"share": share})
        gain = 0.2 * share**0.5
        plan = [("attention-bilstm", 0.5 + gain, others)]
        if share:
            plan.append(("attention-bilstm target-only", 0.33 + 1.5 * gain, corpus))
            plan.append(("attention-bilstm all-unfrozen", 0.46 + gain, others))
            plan.append(("functionals-svm target-only", 0.3 + 1.5 * gain, corpus))
        plan.append(("functionals-svm", 0.45 + gain, others))
        for k, (system, skill, train) in enumerate(plan):
            salt = 30 + 6 * i + k
            tables.append(
                simulated(
                    skill, system=system, train=train, condition=condition, salt=salt, **common
                )
            )
    return tables


def run_folder(
    folder: Path, predictions: pl.DataFrame, question: str = "Does a made-up system work?"
) -> Path:
    """A run folder with every file that a report reads."""
    write(predictions, folder / "predictions.parquet")
    generator = np.random.default_rng(3)
    weights = np.exp(np.sin(np.linspace(0, 9, 120)))
    logmel = generator.normal(size=(120, 40)) + 3 * np.sin(np.linspace(0, 9, 120))[:, None]
    files: dict[str, Any] = {
        "environment.json": {
            "seconds": 93.5,
            "python": "3.11",
            "processor": "a processor",
            "packages": {"numpy": "2.0"},
            "command": "ehsaas run example.yaml",
        },
        "audit.json": [_audit(corpus, split) for corpus in LANGUAGES for split in AUDITED],
        "history.json": [
            {
                "system": "attention-bilstm",
                "train": [corpus],
                "corpus": corpus,
                "seed": seed,
                "fold": "0",
                "protocol": "strict",
                "epochs": [
                    {
                        "epoch": epoch,
                        "loss": 1.4 * 0.9**epoch + 0.05 * seed,
                        "validation_uar": 0.6 - 0.4 * 0.85**epoch + 0.03 * seed,
                    }
                    for epoch in range(1, 15 + seed)
                ],
            }
            for corpus in ("emodb",)
            for seed in (0, 1, 2)
        ],
        "attention.json": {
            "id": "03a01Wa",
            "corpus": "emodb",
            "truth": "anger",
            "predicted": "anger",
            "hop_ms": 20,
            "logmel": logmel.tolist(),
            "weights": (weights / weights.sum()).tolist(),
        },
        "notes.json": ["These predictions are made by a rule & by nobody's <voice>."],
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    config = f"name: example\nquestion: {question}\ncorpora: [{', '.join(LANGUAGES)}]\n"
    (folder / "config.yaml").write_text(config + PUBLISHED, encoding="utf-8")
    return folder


def _audit(corpus: str, split: str) -> dict[str, Any]:
    few = {
        "kind": "few-speakers",
        "severity": "warning" if SPEAKERS[corpus] > 5 else "critical",
        "corpus": corpus,
        "title": f"{SPEAKERS[corpus]} test speakers",
        "evidence": {"speakers": SPEAKERS[corpus], "names": [f"{corpus}_{i}" for i in range(99)]},
        "effect": "An interval over so few speakers says little of other speakers.",
        "advice": "Record more speakers, or claim no more than these.",
    }
    shared = {
        "kind": "speakers-on-both-sides",
        "severity": "critical",
        "corpus": corpus,
        "title": "All test speakers are in training, too",
        "evidence": {"share": 1.0},
        "effect": "The score measures voices that were heard before.",
        "advice": "Split by speaker.",
    }
    return {"corpus": corpus, "split": split, "findings": [few] + [shared] * (split == "random")}
