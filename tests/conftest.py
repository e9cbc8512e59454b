"""Fixtures shared by all tests."""

import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The processes of a run share the cores, and threads of NumPy and scikit-learn would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from sklearn.utils.estimator_checks import check_sample_weight_equivalence_on_dense_data

# No property test is timed, as a slow or busy machine would break it; and CI draws the same examples in every run.
settings.register_profile(
    "skhybrid",
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.load_profile("skhybrid")


def pytest_collection_finish():
    """Keep the garbage collector from going through all that was imported, and through half-made graphs, over and over.

    With its usual thresholds, a tenth of the time of tests that trace graphs is its own.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


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


@pytest.fixture(scope="session")
def run_check_of_float32() -> Callable[..., None]:
    """Return a function that runs one of scikit-learn's checks on a network that may fail one of them by rounding.

    The check that compares weighted with repeated samples asks for the same predictions to 1e-7, which is one unit in
    the last place of float32. Sums over repeated and over weighted samples round differently, and training amplifies
    that with each step: whether the check passes depends on the processor. So it may fail by its tolerance; the
    networks' tests also run it after a few steps, with a tolerance that rounding can't reach.
    """

    def run(check: Callable[..., None], estimator: object) -> None:
        try:
            check(estimator)
        except AssertionError as error:
            compares_weights = check.func is check_sample_weight_equivalence_on_dense_data
            if compares_weights and "Not equal to tolerance" in str(error):
                pytest.xfail("float32 sums over repeated and over weighted samples round differently")
            raise

    return run
