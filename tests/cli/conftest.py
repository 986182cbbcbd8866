"""A trained recogniser and its run, made once through the command line itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from ehsaas import shipped
from ehsaas.cli import app
from tests.conftest import Pair
from tests.experiments.builders import config, corpus
from tests.serving.cards import changed

Type = Callable[..., Result]


@pytest.fixture(scope="session")
def typed() -> Type:
    """What comes of `ehsaas WORD…`; stdout and stderr are kept apart."""

    def run(*words: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], input=stdin)

    return run


@dataclass(frozen=True)
class Home:
    """`folder` holds `corpora/first` and its table, `small.yaml`, and the run in `run`."""

    folder: Path
    ran: Result

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def model(self) -> Path:
        return self.run / "model"

    @property
    def clips(self) -> Path:
        return self.folder / "corpora" / "first"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, typed: Type) -> Home:
    folder = tmp_path_factory.mktemp("cli")
    corpus(folder / "corpora", "first", speakers=3, times=3)
    small = config(
        corpora=("first",),
        within={"folds": 2, "protocols": ("strict",), "label_set": "four"},
        transfer=None,
        adaptation=None,
    )
    (folder / "small.yaml").write_text(yaml.safe_dump(small.model_dump(mode="json")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EHSAAS_HOME", str(folder / "home"))
        words = ("run", folder / "small.yaml", "--corpora", folder / "corpora")
        ran = typed(*words, "--fast-dev-run", "-o", folder / "run")
    return Home(folder, ran)


@dataclass(frozen=True)
class Default:
    """Where shipped models are looked for, empty until one is shipped; `home` is the user's."""

    folder: Path
    home: Path
    pair: Pair

    def ship(self, licence: str | None) -> Path:
        """Put a small model there, under the name of the default."""
        made = changed(self.pair, self.folder, licence=licence)
        return made.rename(self.folder / shipped.MODELS[shipped.DEFAULT])


@pytest.fixture()
def default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pair: Callable[[str], Pair]
) -> Default:
    made = Default(tmp_path / "shipped", tmp_path / "home", pair("attention-bilstm"))
    made.folder.mkdir()
    monkeypatch.setattr(shipped, "FOLDER", made.folder)
    monkeypatch.setenv("EHSAAS_HOME", str(made.home))
    monkeypatch.delenv("EHSAAS_MODEL", raising=False)
    return made
