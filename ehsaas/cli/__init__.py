"""The command line, `ehsaas VERB …`: one file a verb, each thin over one library function."""

import typer

from ehsaas.cli import (
    adapt,
    audit,
    benchmark,
    corpora,
    distil,
    evaluate,
    export,
    fetch,
    listen,
    prepare,
    recognise,
    report,
    run,
    serve,
    transcribe,
)
from ehsaas.cli.terminal import tells_mistakes

app = typer.Typer(
    name="ehsaas",
    help="Emotion in speech across languages, and how far to trust what was recognised.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in (
    corpora.corpora,
    fetch.fetch,
    prepare.prepare,
    transcribe.transcribe,
    audit.audit,
    run.run,
    report.report,
    evaluate.evaluate,
    benchmark.benchmark,
    recognise.recognise,
    listen.listen,
    adapt.adapt,
    distil.distil,
    export.export,
    serve.serve,
):
    app.command(verb.__name__)(tells_mistakes(verb))


def main() -> None:
    """Run the command that was typed; exit 0 all well, 1 some files failed, 2 usage."""
    app()
