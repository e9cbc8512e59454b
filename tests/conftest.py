"""Fixtures shared by all tests."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the real series, which lies beside the repository."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real series are not part of the project: there is no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def run_python(tmp_path_factory) -> Callable[..., subprocess.CompletedProcess]:
    """Return a function that runs code in a new Python process, outside of the project's folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "PYTHON"))}

    def run(code: str, *arguments: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)

    return run
