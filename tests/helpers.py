"""What tests of several parts share: functions on values, no fixtures."""

import os
import random
import re
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from keras.src.backend.common import global_state as keras_state
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Lasso, LinearRegression
from sklearn.model_selection import TimeSeriesSplit
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

from skhybrid import CNNLSTMRegressor, compare_models
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


def load_and_price(n_rows=120, seed=0):
    """Return an hourly series: a random walk, and noise beside it."""
    rng = np.random.default_rng(seed)
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    return pd.DataFrame({"load": 50 + rng.normal(size=n_rows).cumsum(), "price": rng.uniform(1, 9, n_rows)}, index)


def make_noise_windows(n_samples=64, n_steps=12, n_features=1):
    """Return windows of noise, and the last difference of the first feature in each."""
    X = np.random.default_rng(0).normal(size=(n_samples, n_steps, n_features))
    return X, X[:, -1, 0] - X[:, -2, 0]


def fit_with_kernel(kernel, n_steps=4, **parameters):
    """Return a fitted hybrid whose only filter has this kernel, (step, feature), and no bias."""
    kernel = np.reshape(kernel, (len(kernel), -1, 1)).astype(float)
    X, y = make_noise_windows(8, n_steps, kernel.shape[1])
    network = CNNLSTMRegressor(1, units=2, dense_units=(), activation=None, epochs=1, random_state=0)
    model = network.set_params(kernel_size=len(kernel), **parameters).fit(X, y)
    model.model_.get_layer("conv_1").set_weights([kernel, np.zeros(1)])
    return model


def legend_texts(ax):
    """Return the texts of the legend of some axes."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def make_plane(n_rows=80, noise=1.0):
    """Return points near a plane, for comparisons of models that need no network."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 3))
    return X, X @ [2.0, -1.0, 0.0] + 10 + noise * rng.normal(size=n_rows)


PLANE_MODELS = {"mean": DummyRegressor(), "linear": LinearRegression(), "lasso": Lasso(0.5)}


def compare_on_plane(models=PLANE_MODELS, X=None, y=None, *, cv=None, baseline="mean", **options):
    """Return a comparison, on a plane where nothing else is given."""
    X, y = make_plane() if X is None else (X, y)
    return compare_models(models, X, y, cv=TimeSeriesSplit(5) if cv is None else cv, baseline=baseline, **options)


class Noisy(RegressorMixin, BaseEstimator):
    """Predicts what its seed says."""

    def __init__(self, scale=1.0, random_state=None):
        self.scale = scale
        self.random_state = random_state

    def fit(self, X, y):
        self.mean_ = np.mean(y) + self.scale * np.random.default_rng(self.random_state).normal()
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


def compile_network(builder, *, seed=1, optimizer="adam", loss="mse", **parameters):
    """Return a compiled network for windows of 6 steps and 2 features, and 2 targets."""
    model = builder((6, 2), 2, seed=seed, **parameters)
    model.compile(optimizer, loss)
    return model


def largest_difference(a, b):
    """Return how far the weights of two models, and all else that training changes, are apart."""
    pairs = zip(a.variables, b.variables, strict=True)
    return max(np.abs(u.numpy().astype(float) - v.numpy()).max() for u, v in pairs)


def outputs_and_gradients(layer, weights, X):
    """Return a layer's outputs, and the gradients of a sum of them in which each counts otherwise."""
    with tf.GradientTape() as tape:
        tape.watch([X, *weights])
        options = {"training": True} if layer._call_has_training_arg else {}
        outputs, _ = layer.stateless_call(weights, [v.value for v in layer.non_trainable_variables], X, **options)
        factors = tf.reshape(tf.cos(tf.range(tf.size(outputs), dtype=tf.float32)), tf.shape(outputs))
        total = tf.reduce_sum(factors * outputs)
    return [outputs, *tape.gradient(total, [X, *weights])]


def assert_layer_equals(fast, layer, shape):
    """Compare outputs and gradients of two layers, of which one is traced with an open number of samples."""
    rng = np.random.default_rng(0)
    X = tf.constant(rng.normal(size=shape), tf.float32)
    for each in (layer, fast):
        each.build(shape)
    weights = [tf.constant(rng.normal(size=v.shape), tf.float32) for v in layer.trainable_variables]
    signature = [tf.TensorSpec([None, *shape[1:]])]  # as in a program
    got = tf.function(lambda X: outputs_and_gradients(fast, weights, X), input_signature=signature)(X)
    for a, b in zip(got, outputs_and_gradients(layer, weights, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


class WatchesBatches(keras.callbacks.Callback):
    """Wants to see each batch, so that Keras' own loop has to train."""

    def on_train_batch_end(self, batch, logs=None):
        pass


def linear_network(input_shape, n_outputs, *, seed):
    """Build a network of one's own: one layer on the flat window."""
    layer = keras.layers.Dense(n_outputs, kernel_initializer=keras.initializers.GlorotUniform(seed))
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), layer])


@contextmanager
def eager_keras():
    """Let Keras' own loop make its steps eagerly: the same numbers, without the seconds that it takes to trace them."""
    tf.config.run_functions_eagerly(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Even though the `tf.config.experimental_run_functions_eagerly`")
            yield
    finally:
        tf.config.run_functions_eagerly(False)


class CountsEpochs(keras.callbacks.Callback):
    """Notes the numbers of the epochs that it sees."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs = [*self.epochs, epoch]  # of its own: a fit would share a list that it appends to


def assert_same_predictions(first, second, X):
    """Compare two fitted estimators bit for bit."""
    np.testing.assert_array_equal(first.predict(X), second.predict(X))


def altered(a, place, value):
    """Return a copy of an array with another value at one place."""
    a = a.copy()
    a[place] = value
    return a


class Follower:
    """A callback of scikit-learn's that notes the tasks of a fit, and asks to stop at the end of some.

    Attributes
    ----------
    begun, ended : list of str
        The tasks by their names and places, from the outermost in: "fit#0/epoch#1".
    places : dict of str to int or None
        For how many tasks inside of it each has places.
    shown : dict of str to tuple
        What was shown at the end of each: X, y, metadata and a fitted estimator.
    is_open : bool
        Whether a fit has begun that has not been taken leave of.
    """

    max_propagation_depth = None

    def __init__(self, stop=()):
        self.stop = stop
        self.begun, self.ended, self.places, self.shown, self.is_open = [], [], {}, {}, False

    def setup(self, estimator, context):
        self.is_open = True

    def teardown(self, estimator, context):
        self.is_open = False

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(path_of(context))
        self.places[path_of(context)] = context.max_subtasks

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.ended.append(path_of(context))
        self.shown[path_of(context)] = (X, y, metadata, fitted_estimator)
        return path_of(context) in self.stop


def path_of(context):
    """Return a task by the names and places of those around it, from the outermost in."""
    own = f"{context.task_name}#{context.task_id}"
    return own if context.parent is None else f"{path_of(context.parent)}/{own}"
