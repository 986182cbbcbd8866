"""Audit → a table for the terminal, or Markdown for a report."""

from collections.abc import Mapping
from types import MappingProxyType

from rich.console import Group
from rich.table import Column, Table
from rich.text import Text

from ehsaas.audit.finding import SEVERITIES, Audit, Finding

_STYLES: Mapping[str, str] = MappingProxyType(
    {"critical": "bold red", "warning": "yellow", "note": "cyan"}
)


def terminal(audit: Audit) -> Group:
    """The findings as a table that rich can print, under a heading and over the verdict."""
    table = Table("Severity", "Corpus", Column("Finding", overflow="fold"), show_lines=True)
    for finding in audit.findings:
        severity = Text(finding.severity, _STYLES[finding.severity])
        table.add_row(severity, Text(finding.corpus), _told(finding))
    tables = [table] if audit.findings else []
    return Group(Text(heading(audit), "bold"), *tables, *(Text(line) for line in closing(audit)))


def _told(finding: Finding) -> Text:
    """Title, effect and advice below each other: columns of prose do not fit 80 characters."""
    return Text("\n").join(
        [Text(finding.title, "bold"), Text(finding.effect), Text(f"→ {finding.advice}", "green")]
    )


def markdown(audit: Audit) -> str:
    """The findings as Markdown: a heading line, a list, the verdict."""
    items = [_item(finding) for finding in audit.findings]
    return "\n\n".join([f"**{heading(audit)}**", *(["\n".join(items)] if items else [])]) + (
        "\n\n" + "  \n".join(closing(audit)) + "\n"
    )


def heading(audit: Audit) -> str:
    """What was audited, e.g. `Audit of urdu: 400 utterances, split strict`."""
    split = f", split {audit.split}" if audit.split else ", no split"
    return f"Audit of {', '.join(audit.corpora)}: {audit.rows} utterances{split}"


def closing(audit: Audit) -> list[str]:
    """How many findings of which severity, the corpora without any, and the verdict."""
    clean = [corpus for corpus in audit.corpora if not audit.of(corpus)]
    looked = ", ".join(audit.checks)
    nothing = [f"Nothing found in {', '.join(clean)} (looked for {looked})."] if clean else []
    return [*([_tally(audit)] if audit.findings else []), *nothing, audit.verdict]


def _tally(audit: Audit) -> str:
    severities = [finding.severity for finding in audit.findings]
    counted = [f"{severities.count(name)} {name}" for name in SEVERITIES if name in severities]
    return "Findings: " + ", ".join(counted) + "."


def _item(finding: Finding) -> str:
    return (
        f"- **{finding.severity}** · {finding.corpus}: {finding.title}."
        f" {finding.effect} *{finding.advice}*"
    )
