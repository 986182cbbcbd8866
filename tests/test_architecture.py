"""Who may import whom: the arrows of the design, read from the source, with the wrong one named."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "ehsaas"
LEAVES = (
    *("emotions", "utterances", "audio", "calibration", "enrolment", "reach", "timeline"),
    *("digests", "judging"),
)
ROOT = "ehsaas"  # the package's own __init__.py

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "emotions": LEAVES,
    "utterances": LEAVES,
    "audio": LEAVES,
    "calibration": LEAVES,
    "reach": LEAVES,
    "enrolment": LEAVES,
    "timeline": LEAVES,
    "digests": LEAVES,
    "judging": LEAVES,
    "shipped": ("judging",),
    "corpora": LEAVES,
    "disturbances": LEAVES,
    "models": (),
    "features": (*LEAVES, "models.encoders", "models.text_encoders"),
    "recogniser": (*LEAVES, "features", "models"),
    "evaluation": LEAVES,
    "audit": (*LEAVES, "evaluation", "corpora.splits"),
    "training": (*LEAVES, "models", "features", "evaluation.metrics"),
    "experiments": (
        *(
            *LEAVES,
            "corpora",
            "disturbances",
            "models",
            "features",
            "recogniser",
            "evaluation",
            "audit",
        ),
        "training",
    ),
    "export": (
        *(*LEAVES, "features", "models", "recogniser", "training"),
        *("serving.model_file", "serving.runtime"),
    ),
    "serving": LEAVES,
    "__main__": ("cli",),
    ROOT: (*LEAVES, "recogniser", "serving.runtime", "shipped"),
}
"""Each room and what it may import beside itself; `cli` may import everything."""

SHARED: dict[str, tuple[str, ...]] = {
    "corpora": (
        *(
            "card",
            "measure",
            "prepare",
            "manifest",
            "listing",
            "ids",
            "espeak",
            "prosody",
            "fetch",
            "unpack",
            "asr",
        ),
        *("splits", "splits.folds", "splits.fold_files", "splits.grouping", "splits.shares"),
    ),
    "disturbances": ("disturbance",),
    "models": (
        *("batch", "layers", "encoders", "wav2vec", "whisper", "linear_probe"),
        *("text_encoders", "lora", "attention_bilstm", "perceptron"),
    ),
    "training": (
        *("batches", "loop", "losses", "augment", "checkpoint", "adversarial_noise"),
        *("vectors", "choosing", "alignment", "priors", "adversarial", "progressive"),
        *("adaptation.axes", "adaptation.class_balance", "adaptation.linear"),
        "adaptation.multilabels",
        *("adaptation.neural", "adaptation.standardising", "adaptation.task"),
        *("adaptation.few_shot", "adaptation.source_only"),
    ),
}
"""Files of a room that its parsers, systems or methods share; all its other files are siblings."""

PICKLES = ("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal")
PICKLING_CALLS = ("torch.load", "torch.save", "joblib.load", "joblib.dump")


def source_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    """`ehsaas/audit/subject.py` → `audit.subject`; `ehsaas/__init__.py` → `ehsaas`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or ROOT


def our_modules() -> set[str]:
    return {module_of(path) for path in source_files()}


def imports(tree: ast.Module, path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of everything imported anywhere in a file."""
    package = ["ehsaas", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def ours(name: str, modules: set[str]) -> str | None:
    """The module of ours that an imported name belongs to, e.g. `corpora.splits`, or None."""
    if name.split(".")[0] != "ehsaas":
        return None
    inner = name.split(".")[1:]
    while inner and ".".join(inner) not in modules:
        inner = inner[:-1]
    return ".".join(inner) or ROOT


def wrong_arrows(path: Path, source: str) -> list[str]:
    """One message for each import in a file of ours that the table does not have."""
    importer, modules = module_of(path), our_modules()
    room, _, file = importer.partition(".")
    found = []
    for line, name in imports(ast.parse(source), path):
        target = ours(name, modules)
        if target is None or room == "cli":
            continue
        target_room, _, target_file = target.partition(".")
        where = f"{path.relative_to(PACKAGE.parent)}:{line}: {importer} → {target}"
        if target_room != room:
            allowed = MAY_IMPORT.get(room, ())
            if not any(target == one or target.startswith(f"{one}.") for one in allowed):
                found.append(f"{where}: {room} may import {', '.join(allowed) or 'no other room'}")
        elif room in SHARED and file and file not in SHARED[room] and target_file != file:
            within = target_file.startswith(f"{file}.")  # a package lists what it holds
            if target_file and target_file not in SHARED[room] and not within:
                shared = ", ".join(SHARED[room])
                found.append(f"{where}: siblings do not import each other; shared are {shared}")
    return found


def pickling(path: Path, source: str) -> list[str]:
    """One message for each way in which a file of ours could write or read a pickle."""
    tree = ast.parse(source)
    found = [
        f"{path.name}:{line}: imports {name}"
        for line, name in imports(tree, path)
        if name.split(".")[0] in PICKLES or name in PICKLING_CALLS
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in PICKLING_CALLS:
            found.append(f"{path.name}:{node.lineno}: uses {ast.unparse(node)}")
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                found.append(f"{path.name}:{node.value.lineno}: allows pickle")
    return found


@pytest.mark.parametrize("path", source_files(), ids=module_of)
def test_a_file_imports_only_rooms_on_its_left(path: Path) -> None:
    assert wrong_arrows(path, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", source_files(), ids=module_of)
def test_nothing_is_pickled(path: Path) -> None:
    assert pickling(path, path.read_text(encoding="utf-8")) == []


def test_every_room_is_in_the_table() -> None:
    rooms = {module.split(".")[0] for module in our_modules()}
    assert rooms <= {*MAY_IMPORT, "cli"}


def test_no_file_is_named_after_nothing() -> None:
    nameless = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [path.name for path in source_files() if path.stem in nameless] == []


@pytest.mark.parametrize(
    ("file", "source", "arrow"),
    [
        ("models/rnn.py", "from ehsaas.features import stack", "models.rnn → features"),
        ("audio/x.py", "import ehsaas.corpora.card", "audio.x → corpora.card: audio may"),
        ("audit/x.py", "from ehsaas.corpora.prepare import prepare", "audit.x → corpora.prepare"),
        ("evaluation/x.py", "def f():\n    from ..training import loop", "evaluation.x → training"),
        (
            "training/x.py",
            "if TYPE_CHECKING:\n    import ehsaas.experiments.run",
            "experiments.run",
        ),
        ("features/x.py", "from ehsaas.cli import app", "features.x → cli: features may"),
        ("corpora/published/a.py", "from . import emodb", "published.emodb: siblings do not"),
        ("training/x.py", "from .supervised import fit", "training.supervised: siblings do not"),
        ("recogniser.py", "from ehsaas import load", "recogniser → ehsaas"),
    ],
)
def test_the_check_finds_a_wrong_arrow(file: str, source: str, arrow: str) -> None:
    (message,) = wrong_arrows(PACKAGE / file, source)
    assert arrow in message
    assert f"ehsaas/{file}:" in message


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("audit/x.py", "from ehsaas.corpora.splits import Split\nfrom ehsaas import utterances"),
        ("corpora/published/a.py", "from ehsaas.corpora.card import Card\nimport numpy as np"),
        ("cli/x.py", "import ehsaas\nfrom ehsaas.experiments.run import run"),
        ("__init__.py", "from ehsaas.recogniser import Recogniser"),
    ],
)
def test_the_check_lets_a_right_arrow_pass(file: str, source: str) -> None:
    assert wrong_arrows(PACKAGE / file, source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "import torch\ntorch.load('x')",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
    ],
)
def test_the_check_finds_pickle(source: str) -> None:
    assert len(pickling(PACKAGE / "x.py", source)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import ehsaas",
        "from typer.testing import CliRunner\n"
        "from ehsaas.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0",
    ],
    ids=["import ehsaas", "ehsaas --help"],
)
def test_nothing_heavy_comes_in_before_it_is_needed(code: str) -> None:
    ask = "import sys; print(*sorted({'torch', 'polars', 'sklearn', 'numpy'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{ask}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
