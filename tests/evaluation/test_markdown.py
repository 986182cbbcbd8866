from ehsaas.evaluation.markdown import laid_out
from ehsaas.evaluation.tables import Table


def test_a_table_is_heading_sentence_and_rows() -> None:
    table = Table("A title", "How to read it.", ("x", "y"), (("1", "a|b"),))
    assert laid_out(table) == [
        "## A title",
        "How to read it.",
        "| x | y |\n| --- | --- |\n| 1 | a/b |",
    ]
