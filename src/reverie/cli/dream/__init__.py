"""`reverie dream`: DeepDream."""

import typer

from reverie.cli.dream import filters, render, sheet, zoom

app = typer.Typer(
    name="dream",
    help="DeepDream: let a network see more of what it sees in a picture.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("render")(render.render)
app.command("filters")(filters.filters)
app.command("sheet")(sheet.sheet)
app.command("zoom")(zoom.zoom)
