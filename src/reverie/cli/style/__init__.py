"""`reverie style`: neural style transfer."""

import typer

from reverie.cli.style import apply, film, sheet, texture, train, transfer

app = typer.Typer(
    name="style",
    help="Neural style transfer: repaint a photo in the style of a painting.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("transfer")(transfer.transfer)
app.command("train")(train.train)
app.command("apply")(apply.apply)
app.command("film")(film.film)
app.command("sheet")(sheet.sheet)
app.command("texture")(texture.texture)
