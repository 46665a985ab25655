"""`reverie text write`: new text from a model, shown as it is written."""

from typing import Annotated, Any

import typer

from reverie.cli.output import print_json
from reverie.cli.text.options import Model, TrainingText


def write(
    model: Model,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="How the text begins.")],
    length: Annotated[int, typer.Option(help="Characters to write.")] = 400,
    temperature: Annotated[float, typer.Option(help="High: surprising; low: predictable; 0: greedy.")] = 0.8,
    top_k: Annotated[int, typer.Option(help="Draw from the k likeliest tokens; 0: from all.")] = 0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest tokens that make up p.")] = 1.0,
    min_p: Annotated[float, typer.Option(help="Drop tokens less likely than this share of the likeliest.")] = 0.0,
    repetition_penalty: Annotated[float, typer.Option(help="Above 1: tokens already there lose out.")] = 1.0,
    beam: Annotated[int, typer.Option(help="Beam search over this many texts instead of drawing.")] = 1,
    stop: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="Stop before this text. May be given again.")
    ] = None,
    no_copy: Annotated[
        int | None, typer.Option(metavar="N", help="Never copy more than N characters of the training text.")
    ] = None,
    training_text: TrainingText = None,
    samples: Annotated[int, typer.Option(metavar="COUNT", min=1, help="How many texts to write.")] = 1,
    seed: Annotated[int, typer.Option(help="Same seed, same text.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the texts as JSON.")] = False,
) -> None:
    """Continue a prompt. The text appears as it is written, the prompt first."""
    import reverie

    writer = reverie.open(model, "text")
    options: dict[str, Any] = {
        "length": length,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "min_p": min_p,
        "repetition_penalty": repetition_penalty,
        "stop": tuple(stop or ()),
        "no_copy": no_copy,
        "training_text": training_text,
        "seed": seed,
    }
    if json:
        written = writer.write_many([prompt] * samples, beam=beam, **options)
        print_json({"prompt": prompt, "seed": seed, "texts": written})
    elif samples == 1 and beam == 1:
        pieces = writer.stream(prompt, **options)  # complains of a wrong value before anything is printed
        print(prompt, end="", flush=True)
        for piece in pieces:
            print(piece, end="", flush=True)
        print()
    elif samples == 1:
        print(prompt + writer.write(prompt, beam=beam, **options))
    else:
        for number, text in enumerate(writer.write_many([prompt] * samples, beam=beam, **options), start=1):
            print(f"--- {number} of {samples} ---\n{prompt}{text}\n")
