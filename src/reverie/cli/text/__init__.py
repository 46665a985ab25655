"""`reverie text`: language models."""

import typer

from reverie.cli.text import report, temperatures, train, write

app = typer.Typer(
    name="text",
    help="Language models: learn from text, write more of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("train")(train.train)
app.command("write")(write.write)
app.command("temperatures")(temperatures.temperatures)
app.command("report")(report.report)
