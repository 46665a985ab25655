"""`reverie gan`: generative adversarial networks."""

import typer

from reverie.cli.gan import edit, invert, report, sample, train, walk

app = typer.Typer(
    name="gan",
    help="Adversarial networks: learn to make pictures like yours, find real ones again, change them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("train")(train.train)
app.command("sample")(sample.sample)
app.command("walk")(walk.walk)
app.command("invert")(invert.invert)
app.command("edit")(edit.edit)
app.command("report")(report.report)
