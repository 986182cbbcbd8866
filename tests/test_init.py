"""The package's front door."""

import sys
from pathlib import Path

import pytest

import ehsaas


def test_without_torch_loading_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [one for one in sys.modules if one.startswith("ehsaas.recogniser")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delattr(ehsaas, "recogniser", raising=False)
    with pytest.raises(ImportError, match=r"torch is not installed.*pip install 'ehsaas\[train\]'"):
        ehsaas.load(tmp_path)
