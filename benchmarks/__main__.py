"""`python -m benchmarks text --data DIR [--peer PATH] [--check]`: measure, print a line a bar, write results."""

import argparse
import importlib
import json
import sys
from pathlib import Path

ENGINES = ("text", "dream", "style", "vae", "gan")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--data", type=Path, required=True, help="folder with texts and pictures")
    parser.add_argument("--peer", type=Path, help="checkout of the project to compare with")
    parser.add_argument("--peer-python", default=sys.executable, help="the Python that can run the peer")
    parser.add_argument("--check", action="store_true", help="exit 1 if a bar does not hold")
    options = parser.parse_args()
    module = importlib.import_module(f"benchmarks.{options.engine}")
    result = module.measure(options.data, options.peer, options.peer_python)
    for bar in result["bars"]:
        print(f"{bar['name']:<58} {bar['figure']:>12.4g}   {bar['bar']:<22} {bar['holds']}", flush=True)
    path = Path(__file__).parent / "results" / f"{options.engine}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    missed = [bar["name"] for bar in result["bars"] if bar["holds"] != "holds"]
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
