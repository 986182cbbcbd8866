import pytest

from ehsaas.corpora import CORPORA
from tests.cli.conftest import Type


def test_every_corpus_is_listed(typed: Type) -> None:
    result = typed("corpora")
    assert result.exit_code == 0
    assert all(f" {name} " in result.stdout for name in CORPORA)
    assert "ehsaas prepare manifest" in result.stdout


@pytest.mark.parametrize("name", CORPORA)
def test_a_card_shows_licence_layout_and_every_trap(name: str, typed: Type) -> None:
    result = typed("corpora", name)
    card = CORPORA[name].card
    assert result.exit_code == 0
    assert str(card.licence) in result.stdout
    assert card.layout in result.stdout
    assert result.stdout.count("Trap:") == len(card.traps)


def test_an_unknown_corpus_is_refused_with_those_known(typed: Type) -> None:
    result = typed("corpora", "urdoo")
    assert result.exit_code == 2
    assert "no corpus 'urdoo'; known are banglaser, emodb" in result.stderr
