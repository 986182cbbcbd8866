"""What the benchmark of compression measured → the rows of its twin, and its page."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from ehsaas.evaluation.pooled import Result, pool
from ehsaas.evaluation.results import rows
from ehsaas.evaluation.significance import Comparison, compare

BESIDE = {"student-int8": "student"}
"""What a form is compared with where that is not float32."""

MOST = 0.01
"""The UAR that weights of 8 bits may cost."""

FORMS = {
    "torch": "PyTorch, the recogniser as it was saved",
    "float32": "the exported file",
    "int8": "weights of 8 bits; what they multiply is scaled row by row, or by the clip (LSTM)",
    "int8-static": "weights and activations of 8 bits, most scales from 60 training recordings",
    "pruned": "a quarter of the units left out by what 60 training recordings say, not retrained",
    "student": "a Bi-LSTM of 64 units taught by the float32 file on the training recordings,"
    " without their labels",
    "student-int8": "the student with weights of 8 bits",
}


def twin(table: pl.DataFrame, files: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The twin's rows; those of UAR also have the file's size, speed, and paired difference."""
    found = pool(table)
    by_form = {(one.system, one.corpus, _form(one)): one for one in found}
    made = []
    for row in rows(found):
        form = str(row["condition"]["variant"])
        if row["metric"] not in ("uar", "accuracy"):
            continue
        if row["metric"] == "uar":
            own = [
                one
                for one in files
                if (one["system"], one["corpus"], one["form"]) == (row["system"], row["test"], form)
            ]
            row |= {
                "bytes": max(one["size"] for one in own),
                "p50_ms": round(float(np.median([one["p50_ms"] for one in own])), 2),
                **_difference(by_form, str(row["system"]), str(row["test"]), form),
            }
        made.append(row)
    return made


def _form(result: Result) -> str:
    return str(result.condition["variant"])


def _difference(
    by_form: Mapping[tuple[str, str, str], Result], system: str, corpus: str, form: str
) -> dict[str, Any]:
    """A form's UAR minus that of what it was made of, on the same recordings."""
    if form in ("torch", "float32"):
        beside = "torch"
    else:
        beside = BESIDE.get(form, "float32")
    if form == beside:
        return {}
    found: Comparison = compare(by_form[system, corpus, form], by_form[system, corpus, beside])
    return {
        "beside": beside,
        "difference": round(found.difference, 4),
        "difference_low": None if found.low is None else round(found.low, 4),
        "difference_high": None if found.high is None else round(found.high, 4),
        "p": round(found.p, 4),
        "unit": found.unit,
    }


def page(twin_rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a page."""
    lines = "\n".join(_line(row) for row in twin_rows if row["metric"] == "uar")
    said = "\n".join(f"- **{name}**: {text}." for name, text in FORMS.items())
    return f"""# Results: compression

What do int8, pruning and a small student cost, and what do they save?

`python benchmarks/compression.py --corpora FOLDER --run FOLDER`: on every strict fold (speakers
apart) a recogniser is trained as its experiment says, exported in every form, and each *file*
judges the recordings of the fold's test speakers, from the waveform. UAR with its 95 % interval;
the difference is to what the form was made of, on the same recordings, with the interval of a
paired bootstrap{_by(twin_rows)}. Sizes are the largest of the folds; the time is the median of a
clip of 3 s on one core, beside other work: [latency](latency.md) has times that can be compared.

| system | corpus | emotions | form | MB | ms | UAR | difference, points | beside |
|---|---|---|---|---|---|---|---|---|
{lines}

{_verdict(twin_rows)}

{said}

`whisper-base` is the first four layers of the encoder and a logistic regression of a setting named
before (`alone` in `experiments/transfer.yaml`); `attention-bilstm`, `claf-ser` and `simple-rnn` are
those of `kashmiri_bilstm.yaml`, `claf_ser.yaml` (without its adversary: there is one corpus) and
`rnn.yaml`, one seed, by the statistics of the training part.

JSON twin: [compression.json](compression.json), predictions:
[compression.parquet](compression.parquet).
"""


def _verdict(twin_rows: Sequence[Mapping[str, Any]]) -> str:
    """Whether the files of 8 bits lose no more than they may, and which do."""
    small = [row for row in twin_rows if row["condition"]["variant"] == "int8"]
    lost = {
        f"{row['system']} on {row['test']}": row["difference"]
        for row in small
        if row["metric"] == "uar"
    }
    over = [f"{name} ({100 * by:+.1f})" for name, by in lost.items() if by < -MOST]
    met = f"**not met** by {', '.join(over)}" if over else f"met by all {len(lost)}"
    return f"The goal that a file of 8 bits (int8) loses at most {100 * MOST:g} point: {met}."


def _by(twin_rows: Sequence[Mapping[str, Any]]) -> str:
    units = sorted({str(row["unit"]) for row in twin_rows if "unit" in row})
    return f" ({', '.join(units)})" if units else ""


def _line(row: Mapping[str, Any]) -> str:
    form = row["condition"]["variant"]
    size = f"{row['bytes'] / 1e6:.2f}" if row["bytes"] else "–"
    low, high = row["low"], row["high"]
    interval = "" if low is None else f" [{low:.3f}, {high:.3f}]"
    cells = [row["system"], row["test"], str(row["labels"]), form, size, f"{row['p50_ms']:.1f}"]
    cells += [f"{row['value']:.3f}{interval}", _points(row), str(row.get("beside", ""))]
    return f"| {' | '.join(cells)} |"


def _points(row: Mapping[str, Any]) -> str:
    if "difference" not in row:
        return ""
    low, high = row["difference_low"], row["difference_high"]
    interval = "" if low is None else f" [{100 * low:+.1f}, {100 * high:+.1f}]"
    return f"{100 * row['difference']:+.1f}{interval}"
