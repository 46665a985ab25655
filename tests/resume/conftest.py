import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def trainee() -> ModuleType:
    """The module trainee.py."""
    if "trainee" not in sys.modules:
        spec = importlib.util.spec_from_file_location("trainee", Path(__file__).with_name("trainee.py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules["trainee"] = module
    return sys.modules["trainee"]
