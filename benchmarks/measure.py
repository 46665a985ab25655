"""Whole processes, timed and weighed from outside."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Finished:
    """A child process that ended well: wall-clock seconds from its start, peak memory, what it printed."""

    seconds: float
    peak_mb: float
    output: str

    def json(self) -> Any:
        """The last line of the output that is JSON: a progress bar may still have been cleared after it."""
        return json.loads([line for line in self.output.splitlines() if line.startswith(("{", "["))][-1])


def run(command: list[str], cwd: Path | None = None, **environment: str) -> Finished:
    """Runs the command to its end. Raises RuntimeError with its last words if it fails."""
    started = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=cwd, env=os.environ | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    if status != 0:
        raise RuntimeError(f"{command} failed:\n{output[-3000:]}")
    return Finished(seconds, usage.ru_maxrss / 1024, output)


def python(code: str, *arguments: str, interpreter: str = sys.executable, cwd: Path | None = None) -> Finished:
    """Runs a piece of Python in its own process."""
    return run([interpreter, "-c", code, *arguments], cwd=cwd)


def interrupted(engine: str, source: Path, folder: Path, steps: str) -> dict[str, Any]:
    """The same training in one go, and interrupted by Ctrl-C and resumed: how many numbers of the models differ."""
    from reverie import modelfile

    command = [sys.executable, "-m", "reverie", engine, "train"]
    shutil.rmtree(folder, ignore_errors=True)
    run([*command, str(source), "--out", str(folder / "whole"), "--steps", steps, "--quiet"])
    parts = folder / "parts"
    child = subprocess.Popen([*command, str(source), "--out", str(parts), "--steps", steps, "--quiet"])
    while child.poll() is None and not list(parts.glob("checkpoints/*.json")):
        time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    child.wait()
    stopped = json.loads((parts / "run.json").read_text())["outcome"]["step"]
    run([*command, "--resume", str(parts), "--quiet"])
    one, other = (modelfile.read(path / "model.safetensors")[1] for path in (folder / "whole", parts))
    differ = sum(int((one[name] != other[name]).sum()) for name in one)
    return {"differ": differ, "stopped_at": stopped, "steps": int(steps)}


def bar(name: str, figure: float, limit: float, *, at_most: bool = True) -> dict[str, Any]:
    """One line of the result: the figure, the bar it must reach, and whether it does."""
    holds = figure <= limit if at_most else figure >= limit
    return {
        "name": name,
        "figure": figure,
        "bar": f"at {'most' if at_most else 'least'} {limit:.4g}",
        "holds": "holds" if holds else "FALLS SHORT",
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": model[0] if model else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
    }
