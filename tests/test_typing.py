"""What type checkers and editors see of the package, by a script such as a user has."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skhybrid
from tests.stubs import STUBS

SCRIPT = """
import numpy as np
from skhybrid import CNNLSTMRegressor, LSTMClassifier, SequenceRegressor, WindowedRegressor

X, y = np.ones((20, 6, 1)), np.arange(20.0)
reveal_type(CNNLSTMRegressor)
model = CNNLSTMRegressor(8, kernel_size=(3, 3), epochs=1)
reveal_type(model.fit(X, y))
reveal_type(model.predict(X))
reveal_type(model.score(X, y))
reveal_type(model.history_)
reveal_type(model.n_epochs_)
reveal_type(model.n_parameters_)
reveal_type(model.n_outputs_)
reveal_type(model.engine_)
reveal_type(model.input_shape_)
reveal_type(model.sample_shape_)
reveal_type(model.kernel_size)
reveal_type(LSTMClassifier(4).fit(X, y).predict_proba(X))
reveal_type(LSTMClassifier(4).classes_)
SequenceRegressor("gru", network_params={"units": 4})
CNNLSTMRegressor(kernel_sise=3)
CNNLSTMRegressor(8, 3)
CNNLSTMRegressor(epochs="many")
LSTMClassifier(target_channel=1)
WindowedRegressor(model, windowlength=3)
"""
ARRAY = "numpy.ndarray[tuple[Any, ...], numpy.dtype[numpy.float64]]"


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What mypy says of each line of the script, {code: text}."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--follow-imports=silent",
            "--no-error-summary",
            "--cache-dir=cache",
            "script.py",
        ],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(Path(skhybrid.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stderr == ""
    lines = SCRIPT.splitlines()
    found = re.findall(r"^script.py:(\d+): \w+: (.*)$", done.stdout, re.MULTILINE)
    return {lines[int(number) - 1]: text for number, text in reversed(found)}  # the first of each line


def revealed(said, expression):
    return re.fullmatch(r'Revealed type is "(.*)"', said[f"reveal_type({expression})"])[1]


def test_constructor_has_its_parameters(said):
    signature = revealed(said, "CNNLSTMRegressor")
    assert signature.startswith(
        "def (filters: int | tuple[int, ...] =, *, kernel_size: int | tuple[int, ...] | str =, "
    )
    assert signature.endswith("phase_offsets: bool =) -> skhybrid.estimators.regressors.CNNLSTMRegressor")
    assert "epochs: int =, batch_size: int =, " in signature


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("model.fit(X, y)", "skhybrid.estimators.regressors.CNNLSTMRegressor"),
        ("model.predict(X)", ARRAY),
        ("model.score(X, y)", "float"),
        ("model.history_", "dict[str, list[float]]"),
        ("model.n_epochs_", "int"),
        ("model.n_parameters_", "int"),
        ("model.n_outputs_", "int"),
        ("model.engine_", "str"),
        ("model.input_shape_", "tuple[int, ...]"),
        ("model.sample_shape_", "tuple[int, ...]"),
        ("model.kernel_size", "int | tuple[int, ...] | str"),
        ("LSTMClassifier(4).fit(X, y).predict_proba(X)", ARRAY),
        ("LSTMClassifier(4).classes_", "numpy.ndarray[tuple[Any, ...], numpy.dtype[Any]]"),
    ],
)
def test_attribute_has_its_type(said, expression, expected):
    assert revealed(said, expression) == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("CNNLSTMRegressor(kernel_sise=3)", 'Unexpected keyword argument "kernel_sise" for "CNNLSTMRegressor"'),
        ("CNNLSTMRegressor(8, 3)", 'Too many positional arguments for "CNNLSTMRegressor"'),
        ('CNNLSTMRegressor(epochs="many")', 'Argument "epochs" to "CNNLSTMRegressor" has incompatible type "str"'),
        ("LSTMClassifier(target_channel=1)", 'Unexpected keyword argument "target_channel" for "LSTMClassifier"'),
        ("WindowedRegressor(model, windowlength=3)", 'Unexpected keyword argument "windowlength"'),
    ],
)
def test_wrong_parameter_is_an_error(said, line, words):
    assert said[line].startswith(words)


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.name)
def test_editors_read_what_is_made_at_import(path):
    assert path.read_text() == STUBS[path], "run `python -m tests.stubs` and commit what it writes"


def test_stub_names_each_parameter_with_its_text():
    text = next(text for path, text in STUBS.items() if path.name == "regressors.pyi")
    start = text.index("class CNNLSTMRegressor(")
    text = text[start : text.index("class LSTMRegressor(")]
    assert '\n    kernel_size : int, tuple of int or "auto", default=3\n        Steps a filter sees at once;' in text
    assert "\n        kernel_size: int | tuple[int, ...] | str = 3,\n" in text


def test_right_call_is_no_error(said):
    assert 'SequenceRegressor("gru", network_params={"units": 4})' not in said
