import xml.etree.ElementTree as ET

import matplotlib as mpl

from ehsaas.evaluation.drawing import FONTS, INK, drawn, inline, standalone, to_svg


def line(name: str) -> str:
    with drawn(height=2) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=INK, marker="o", label="a & b")
        axes.legend()
        return to_svg(figure, name, "a line with a < b")


def test_the_same_figure_gives_the_same_text() -> None:
    assert line("x") == line("x")


def test_ids_of_two_figures_do_not_clash() -> None:
    def ids(svg: str) -> set[str]:
        return {node.attrib["id"] for node in ET.fromstring(svg).iter() if "id" in node.attrib}

    one, other = ids(line("one")), ids(line("other"))
    assert one and not one & other


def test_references_point_at_ids_that_are_there() -> None:
    root = ET.fromstring(line("x"))
    ids = {node.attrib["id"] for node in root.iter() if "id" in node.attrib}
    links = [
        node.attrib["{http://www.w3.org/1999/xlink}href"]
        for node in root.iter()
        if "{http://www.w3.org/1999/xlink}href" in node.attrib
    ]
    assert links
    assert all(link.removeprefix("#") in ids for link in links)


def test_text_is_kept_as_text_in_fonts_that_readers_have() -> None:
    svg = line("x")
    assert "a &amp; b</text>" in svg
    assert f"font-family: {FONTS}" in svg
    assert "<title>a line with a &lt; b</title>" in svg


def test_inline_follows_the_page_and_standalone_has_a_ground() -> None:
    svg = line("x")
    inside = inline(svg)
    assert inside.startswith("<svg ")
    assert INK not in inside and "var(--ink)" in inside
    head = inside[: inside.index(">")]
    assert 'width="' not in head and "viewBox=" in head
    assert 'style="background: #ffffff"' in standalone(svg)
    assert "DOCTYPE" not in svg


def test_matplotlib_is_left_as_it_was() -> None:
    before = dict(mpl.rcParams)
    line("x")
    assert dict(mpl.rcParams) == before
