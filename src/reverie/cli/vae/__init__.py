"""`reverie vae`: variational autoencoders."""

import typer

from reverie.cli.vae import concept, edit, manifold, reconstruct, report, sample, train, walk

app = typer.Typer(
    name="vae",
    help="Variational autoencoders: learn a space of pictures, make new ones in it, change those you have.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("train")(train.train)
app.command("sample")(sample.sample)
app.command("reconstruct")(reconstruct.reconstruct)
app.command("walk")(walk.walk)
app.command("manifold")(manifold.manifold)
app.command("concept")(concept.concept)
app.command("edit")(edit.edit)
app.command("report")(report.report)
