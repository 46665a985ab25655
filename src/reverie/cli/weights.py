"""`reverie weights`: the feature networks there are, without loading a backend."""

from typing import Annotated

import typer

from reverie.cli.output import print_json, print_table
from reverie.features.registry import Network, networks


def weights(
    json: Annotated[bool, typer.Option("--json", help="Print the networks as JSON.")] = False,
) -> None:
    """List the feature networks: what they are, their licence, their size, and whether their weights are here."""
    if json:
        print_json([network.describe() for network in networks()])
        return
    print_table(["network", "here", "MB", "licence", "what"], [_row(network) for network in networks()])


def _row(network: Network) -> list[object]:
    where = "ships" if network.kind == "embedded" else "yes"
    licence = network.licence.split(",")[0].split(" (")[0].rstrip(".")
    return [network.name, where if network.found() else "no", round(network.bytes / 1e6), licence, network.what]
