import ast
import os

import pytest

import skhybrid
from skhybrid._backend import _default_environment, _without_notices

NOTICES = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1.0 483 port.cc:153] oneDNN custom operations are on.",
    "2025-01-01 10:00:00.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.",
    "E0000 00:00:1.0 483 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error",
    "E0000 00:00:1.0 1 cuda_dnn.cc:8] Unable to register cuDNN factory",
]
ERRORS = [
    "E0000 00:00:1.0 483 somewhere.cc:52] out of memory",
    "2025-01-01 10:00:00.123456: W tensorflow/core/framework/op.cc] something is wrong",
    "Traceback (most recent call last):",
    "I am a user's own line",
    "Invalid license",
]


@pytest.mark.parametrize("line", NOTICES)
def test_notice_is_held_back(capfd, line):
    with _without_notices():
        os.write(2, f"{line}\n".encode())
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("line", ERRORS)
def test_other_line_comes_through(capfd, line):
    with _without_notices():
        os.write(2, f"{NOTICES[0]}\n{line}\n{NOTICES[1]}\n".encode())
    assert capfd.readouterr().err == f"{line}\n"


def test_line_comes_through_before_an_exception(capfd):
    def fail():
        with _without_notices():
            os.write(2, b"the reason\n")
            raise RuntimeError("import failed")

    with pytest.raises(RuntimeError, match="import failed"):
        fail()
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "the reason\nafterwards\n"


def test_process_without_standard_error_may_import(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    with _without_notices():
        reached = True
    assert reached


def test_default_environment_is_set_for_a_while(monkeypatch):
    monkeypatch.delenv("SKHYBRID_TEST", raising=False)
    with _default_environment("SKHYBRID_TEST", "1"):
        assert os.environ["SKHYBRID_TEST"] == "1"
    assert "SKHYBRID_TEST" not in os.environ


def test_default_environment_leaves_the_users_choice(monkeypatch):
    monkeypatch.setenv("SKHYBRID_TEST", "0")
    with _default_environment("SKHYBRID_TEST", "1"):
        assert os.environ["SKHYBRID_TEST"] == "0"
    assert os.environ["SKHYBRID_TEST"] == "0"


# The package


@pytest.fixture(scope="module")
def imported(run_python):
    """What three processes say that only import the package: seconds and loaded modules."""
    code = """
    import sys, time
    start = time.perf_counter()
    import skhybrid
    print([time.perf_counter() - start, sorted(sys.modules)])
    """
    return [ast.literal_eval(run_python(code).stdout) for _ in range(3)]


def test_import_is_fast(imported):
    assert min(seconds for seconds, _ in imported) < 1.5


@pytest.mark.parametrize("module", ["tensorflow", "keras", "scikeras", "matplotlib"])
def test_import_does_not_load(imported, module):
    assert module not in imported[0][1]


def test_data_parts_do_not_load_tensorflow(run_python):
    code = """
    import sys
    from skhybrid import NaiveRegressor, PerStepTransformer, SlidingWindow, SubsequenceReshaper, make_power_usage
    print("tensorflow" in sys.modules)
    """
    assert run_python(code).stdout == "False\n"


def test_dir_lists_the_public_names():
    assert set(skhybrid.__all__) <= set(dir(skhybrid))


@pytest.mark.parametrize("name", skhybrid.__all__)
def test_public_name_is_found(name):
    assert getattr(skhybrid, name).__name__.split(".")[-1] == name


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'skhybrid' has no attribute 'CNNLSTMRegresor'"):
        skhybrid.CNNLSTMRegresor  # noqa: B018


def test_unknown_name_cannot_be_imported():
    with pytest.raises(ImportError, match="cannot import name 'CNNLSTMRegresor'"):
        from skhybrid import CNNLSTMRegresor  # noqa: F401


# A search in one process and one in two; the seven networks that this process trains and the seven that it asks are
# enough for TensorFlow's advice against retracing.
WORK = """
import numpy as np
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skhybrid import *

X = np.random.default_rng(0).normal(size=(24, 1))
pipe = make_pipeline(StandardScaler(), SlidingWindow(3), DenseRegressor(2, epochs=1, random_state=0))
for n_jobs, lengths in [(1, [2, 3]), (2, [2])]:
    grid = {"slidingwindow__window_length": lengths}
    GridSearchCV(pipe, grid, cv=TimeSeriesSplit(2), n_jobs=n_jobs, verbose=0).fit(X, X[:, 0]).predict(X)
CNNLSTMRegressor(2, units=2, epochs=1).fit(X[:, :, None], X[:, 0]).predict(X[:, :, None])
LSTMRegressor(2, epochs=1).fit(X[1:, :, None], X[1:, 0]).predict(X[:, :, None])  # odd: 23 samples, 1 feature
"""


def test_work_is_silent(run_python):
    done = run_python(WORK)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verbose_is_heard_and_a_warning_comes_through(run_python):
    code = """
    import warnings
    import numpy as np
    from skhybrid import DenseRegressor
    import keras

    class Warns(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            warnings.warn("something to know")

    DenseRegressor(2, epochs=1, callbacks=Warns(), verbose=2).fit(np.ones((4, 3)), np.arange(4.0))
    """
    done = run_python(code)
    assert "loss" in done.stdout
    assert "UserWarning: something to know" in done.stderr
