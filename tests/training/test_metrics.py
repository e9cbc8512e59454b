"""The metrics of a model: what is summed over batches, what it means, and which metrics are the same."""

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training.metrics import Metrics, describe_metrics


def measured(*metrics, weighted=(), n_outputs=2):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(n_outputs)])
    model.compile("adam", "mse", metrics=list(metrics), weighted_metrics=list(weighted))
    return model


@pytest.fixture
def batch():
    """Targets, outputs and weights of four rows."""
    y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]], np.float32)
    outputs = np.array([[3.0, 0.0], [0.0, 2.0], [0.0, 1.0], [1.0, 0.0]], np.float32)
    return y, outputs, np.array([2.0, 0.0, 1.0, 0.0], np.float32)


def test_sums_of_batches_are_the_metrics_of_all_rows(batch):
    metrics = Metrics(measured("mae", keras.metrics.RootMeanSquaredError(name="rmse"), "accuracy", weighted=["mse"]))
    parts = [metrics.sum(*(a[rows] for a in batch)) for rows in (slice(3), slice(3, None))]
    assert metrics.read(np.sum(parts, axis=0)) == pytest.approx(
        {"mae": 5 / 8, "rmse": np.sqrt(7 / 8), "accuracy": 3 / 4, "mse": (2 * 2 + 1 * 1) / 3}
    )


def test_no_metrics_are_no_sums(batch):
    for model in (measured(), measured(n_outputs=1)):
        metrics = Metrics(model)
        assert metrics.n_sums == 0
        assert metrics.sum(*batch) == []
        assert metrics.read([]) == {}


def test_names_are_those_of_keras(batch):
    metrics = Metrics(measured("mae", "mean_absolute_error", "mae", weighted=["mae"]))
    assert list(metrics.read(metrics.sum(*batch))) == ["mae", "mean_absolute_error", "mae_1", "weighted_mae"]


def half_error(y, p):
    return keras.ops.mean(keras.ops.abs(y - p), axis=-1) / 2


PAIRS = {
    "none": (measured(), measured("mae")),
    "class": (measured("mae"), measured("mse")),
    "number": (measured("mae"), measured("mae", "mae")),
    "order": (measured("mae", "mse"), measured("mse", "mae")),
    "weights": (measured("mae"), measured(weighted=["mae"])),
    "option": (
        measured(keras.metrics.BinaryAccuracy(threshold=0.5)),
        measured(keras.metrics.BinaryAccuracy(threshold=0.4)),
    ),
    "function": (measured(half_error), measured(keras.losses.mean_absolute_error)),
    "accuracy": (measured("accuracy"), measured("accuracy", n_outputs=1)),
}


@pytest.mark.parametrize(("first", "second"), PAIRS.values(), ids=PAIRS)
def test_metrics_that_differ_are_told_apart(first, second):
    assert describe_metrics(first) != describe_metrics(second)


SAME = {
    "none": (measured(), measured(n_outputs=1)),
    "names": (measured("mae", "accuracy"), measured("mean_absolute_error", keras.metrics.CategoricalAccuracy("a"))),
    "options": (
        measured(keras.metrics.TopKCategoricalAccuracy(1, name="a")),
        measured(keras.metrics.TopKCategoricalAccuracy(k=1)),
    ),
    "function": (measured(half_error), measured(keras.metrics.MeanMetricWrapper(half_error))),
}


@pytest.mark.parametrize(("first", "second"), SAME.values(), ids=SAME)
def test_metrics_that_do_not_differ_are_the_same(first, second):
    assert describe_metrics(first) == describe_metrics(second)
    hash(describe_metrics(first))
