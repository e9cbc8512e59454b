"""What tests of several parts share: functions on values, no fixtures."""

import os
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from keras.src.backend.common import global_state as keras_state
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_get_feature_names_out_error,
    check_global_output_transform_pandas,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
)
from tensorflow.python.eager import context
from tensorflow.python.framework import config as tf_config

from skhybrid._backend import keras, tf

ROOT = Path(__file__).resolve().parents[1]

# Checks of columns and containers that scikit-learn has, but leaves out of `parametrize_with_checks`.
OUTPUT_CHECKS = [
    check_dataframe_column_names_consistency,
    check_get_feature_names_out_error,
    check_global_output_transform_pandas,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
]


def global_state() -> dict[str, Any]:
    """Return what `fit` and `predict` must leave as it is; for some of it there are only private readers."""
    return {
        "numpy": str(np.random.get_state()),  # noqa: NPY002
        "python": random.getstate(),
        "tensorflow": context.global_seed(),
        "determinism": tf_config.is_op_determinism_enabled(),
        "environment": dict(os.environ),
        "keras": str(keras_state.get_global_attribute("global_seed_generator")),
        "floatx": keras.config.floatx(),
        "policy": keras.config.dtype_policy().name,
        "inter": tf.config.threading.get_inter_op_parallelism_threads(),
        "intra": tf.config.threading.get_intra_op_parallelism_threads(),
        "eager": tf.config.functions_run_eagerly(),
    }


def read_table(text, columns, *, below=""):
    """Return the last columns of the first table below a text, by the names of its rows."""
    lines = text[text.index(below) :].splitlines()
    header = next(i for i, line in enumerate(lines) if " ".join(line.split()).endswith(" ".join(columns)))
    end = next((i for i in range(header, len(lines)) if not lines[i].strip()), len(lines))
    cells = [line.rsplit(maxsplit=len(columns)) for line in lines[header + 1 : end]]
    values = [[np.nan if cell == "-" else float(cell) for cell in row[1:]] for row in cells]
    return pd.DataFrame(values, index=[re.split(r"\s{2,}", row[0])[0] for row in cells], columns=columns)


def series(n_rows, n_features=1, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, n_features))


def frame(n_rows, n_features=2, freq="h", seed=0):
    index = pd.date_range("2024-01-01", periods=n_rows, freq=freq, name="time")
    return pd.DataFrame(series(n_rows, n_features, seed), index, columns=[f"x{i}" for i in range(n_features)])


def loop_windows(rows, window_length, stride=1):
    """Cut windows in the plainest way."""
    starts = range(0, len(rows) - window_length + 1, stride)
    return np.array([[rows[start + j] for j in range(window_length)] for start in starts])
