"""What tests of several parts share: functions on values, no fixtures."""

import os
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from keras.src.backend.common import global_state as keras_state
from tensorflow.python.eager import context
from tensorflow.python.framework import config as tf_config

from skhybrid._backend import keras, tf

ROOT = Path(__file__).resolve().parents[1]


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


def load_and_price(n_rows=120, seed=0):
    """Return an hourly series: a random walk, and noise beside it."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    return pd.DataFrame({"load": 50 + rng.normal(size=n_rows).cumsum(), "price": rng.uniform(1, 9, n_rows)}, index)
