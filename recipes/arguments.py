"""What both recipes take on the command line."""

import argparse
from collections.abc import Sequence
from pathlib import Path


def parse(name: str, words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Trains {name}.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with weights/ and photos/")
    parser.add_argument("--out", type=Path, default=Path("runs") / name, help="where checkpoints go")
    parser.add_argument("--minutes", type=float, default=100, help="how long this sitting trains")
    parser.add_argument("--rate", type=float, default=0.02, help="the learning rate it begins with; it falls to 0")
    parser.add_argument("--forcing", type=float, default=1, help="how often a stage is given the teacher's input")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in --out")
    parser.add_argument("--export", type=Path, metavar="CHECKPOINT", help="only write the weights that ship")
    parser.add_argument("--evaluate", action="store_true", help="only print the figures of the weights that ship")
    return parser.parse_args(words)
