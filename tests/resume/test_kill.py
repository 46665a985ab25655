"""Training killed by SIGKILL at random moments, in the middle of saves too, leaves a run that goes on exactly."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the victims are forked")


def killed(folder: Path, kills: int, seed: int) -> dict[str, int]:
    result = subprocess.run(
        [sys.executable, Path(__file__).with_name("killer.py"), folder, str(kills), str(seed)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    seen: dict[str, int] = json.loads(result.stdout.splitlines()[-1])
    assert seen["killed"] >= kills
    return seen


def test_five_kills(tmp_path: Path) -> None:
    killed(tmp_path, 5, seed=1)


@pytest.mark.long
def test_a_hundred_kills(tmp_path: Path) -> None:
    seen = killed(tmp_path, 100, seed=2)
    assert seen["inside_save"] >= 10
