"""A table of text → its blocks of Markdown."""

from ehsaas.evaluation.tables import Table


def laid_out(table: Table) -> list[str]:
    """Heading, sentence and table."""
    lines = [table.head, ("---",) * len(table.head), *table.body]
    rows = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in one)} |" for one in lines)
    return [f"## {table.title}", table.intro, rows]
