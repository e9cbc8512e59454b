"""What programs serve, and what is left to Keras for which reason."""

from types import SimpleNamespace

import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training.eligibility import averages_rows, operations_of, why_not, why_not_watched
from skhybrid._training.loops import predict, train
from skhybrid.networks import NETWORKS
from tests.helpers import WatchesBatches

L = keras.layers


class OwnDense(L.Dense):
    pass


def sequential(*layers):
    return keras.Sequential([keras.Input((3,)), *layers, L.Dense(1)])


class OwnMetric(keras.metrics.MeanMetricWrapper):
    pass


class OwnModel(keras.Model):
    def train_step(self, data):
        return super().train_step(data)


class OwnLoss(keras.losses.Loss):
    def call(self, y, p):
        return keras.ops.sqrt(keras.ops.mean((y - p) ** 2))


def identity(x):
    return x


def own_training_step():
    inputs = keras.Input((3,))
    return OwnModel(inputs, L.Dense(1)(inputs))


def adapted():
    layer = L.Normalization()
    layer.adapt(100 * np.arange(12, dtype=np.float32).reshape(4, 3))
    return layer


@pytest.mark.parametrize(
    ("model", "optimizer"),
    [
        (sequential(adapted()), "adam"),
        (sequential(OwnDense(2)), "adam"),
        (sequential(L.Lambda(identity)), "adam"),
        (sequential(L.Dense(2, activation=identity)), "adam"),
        (own_training_step(), "adam"),
        (sequential(), "nadam"),
        (sequential(), keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=2)),
        (sequential(), keras.optimizers.Adam(gradient_accumulation_steps=2)),
    ],
    ids=[
        "adapted",
        "layer",
        "lambda",
        "activation",
        "training step",
        "nadam",
        "overwriting average",
        "accumulation",
    ],
)
def test_what_programs_cannot_do_is_left_to_keras(model, optimizer):
    model.compile(optimizer, "mse")
    assert why_not(model)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9, 3)).astype(np.float32)
    history = train(model, (X, X[:, :1], np.ones(9)), np.arange(9), epochs=1, batch_size=4, seed=0).history
    assert np.isfinite(history["loss"]).all()
    np.testing.assert_allclose(predict(model, X), model.predict_on_batch(X), atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_package_has_a_program(name):
    shapes = {
        "time_distributed_cnn_lstm": (4, 6, 2),
        "conv2d_lstm": (6, 6, 2),
        "conv3d_lstm": (4, 6, 6, 2),
        "lstnet": (30, 1),
    }
    model = NETWORKS[name](shapes.get(name, (6, 2)), 1, seed=0)
    model.compile("adam", "mse")
    assert why_not(model) == ""


# Reasons


def compiled(model, optimizer="adam", loss="mse"):
    model.compile(optimizer, loss)
    return model


def with_two_outputs():
    inputs = keras.Input((3,))
    return keras.Model(inputs, [L.Dense(1)(inputs), L.Dense(1)(inputs)])


def with_two_inputs():
    inputs = keras.Input((3,)), keras.Input((2,))
    return keras.Model(inputs, L.Dense(1)(L.Concatenate()(inputs)))


def measured(*metrics, weighted=()):
    model = sequential()
    model.compile("adam", "mse", metrics=list(metrics), weighted_metrics=list(weighted))
    return model


def with_metric_of_its_own():
    model = compiled(sequential())
    model.extra = keras.metrics.Mean()
    return model


REASONS = {
    "uncompiled": (lambda: sequential(), "it has no loss and no optimizer"),
    "inputs": (lambda: compiled(with_two_inputs()), ""),
    "outputs": (lambda: compiled(with_two_outputs()), "it has more than one output"),
    "layer": (lambda: compiled(sequential(OwnDense(2, name="mine"))), "'mine' has Python code of its own"),
    "layer inside": (
        lambda: compiled(sequential(L.Reshape((3, 1)), L.TimeDistributed(OwnDense(2, name="mine")), L.Flatten())),
        "'mine' has Python code of its own",
    ),
    "activation": (
        lambda: compiled(sequential(L.Dense(2, activation=identity, name="second"))),
        "'second' has Python code of its own",
    ),
    "sparse gradients": (
        lambda: compiled(sequential(L.Embedding(3, 2, name="table"), L.Flatten())),
        "programs do not serve Embedding, which 'table' is",
    ),
    "adapted": (
        lambda: compiled(sequential(L.Normalization(name="scale"))),
        "programs do not serve Normalization, which 'scale' is",
    ),
    "optimizer": (
        lambda: compiled(sequential(), "nadam"),
        "programs do not serve the optimizer Nadam",
    ),
    "loss": (lambda: compiled(sequential(), loss=None), "it has no loss, or several"),
    "losses": (lambda: compiled(sequential(), loss=["mse"]), "it has no loss, or several"),
    "no metrics": (lambda: measured(), ""),
    "metrics": (
        lambda: measured("mae", keras.metrics.RootMeanSquaredError(), "accuracy", identity, weighted=["mae"]),
        "",
    ),
    "metric": (lambda: measured("mae", "AUC"), "programs do not serve the metric AUC"),
    "own metric": (lambda: measured(OwnMetric(identity)), "programs do not serve the metric OwnMetric"),
    "function of Keras": (lambda: measured(keras.losses.dice), "programs do not serve the metric 'dice'"),
    "type of a metric": (
        lambda: measured(weighted=[keras.metrics.MeanAbsoluteError(dtype="float64")]),
        "programs do not serve float64, in which a metric computes",
    ),
    "unknown metric": (lambda: measured("nonsense"), "Keras does not know one of its metrics"),
    "metric of the model": (with_metric_of_its_own, "it has metrics that it was not compiled with"),
    "none": (lambda: compiled(sequential(L.Dense(2, activation="relu"))), ""),
}


@pytest.mark.parametrize(("make", "reason"), REASONS.values(), ids=REASONS)
def test_reason_is_said(make, reason):
    assert why_not(make()) == reason


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (keras.losses.Huber(), True),
        (keras.losses.Huber(reduction="sum"), False),
        (keras.losses.Huber(reduction="mean_with_sample_weight"), False),
        (OwnLoss(), False),  # which may make one number of all rows
    ],
    ids=["mean", "sum", "by weight", "own"],
)
def test_loss_that_averages_rows(loss, expected):
    assert averages_rows(loss) == expected


def test_gpu_is_left_to_keras(monkeypatch):
    model = compiled(sequential())
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    assert why_not(model) == "there is a GPU"


# Callbacks


class OwnTestHook(keras.callbacks.Callback):
    def on_test_batch_begin(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    ("callbacks", "reason"),
    [
        ([], ""),
        ([keras.callbacks.EarlyStopping("loss"), keras.callbacks.Callback()], ""),
        ([keras.callbacks.Callback(), WatchesBatches()], "the callback WatchesBatches wants to see each batch"),
        ([OwnTestHook(), WatchesBatches()], "the callback OwnTestHook wants to see each batch"),
    ],
    ids=["none", "epochs", "training batches", "test batches"],
)
def test_callback_that_watches_batches_is_named(callbacks, reason):
    assert why_not_watched(callbacks) == reason


# Layers within layers


def test_every_layer_comes_once():
    shared = L.Dense(2, name="shared")
    inputs = keras.Input((4, 2), name="inputs")
    both_ways = L.Bidirectional(L.LSTM(2, name="cells"), name="both_ways")
    steps = L.TimeDistributed(shared, name="steps")
    model = keras.Model(inputs, both_ways(steps(steps(inputs))), name="model")
    found = list(operations_of(model))
    names = [layer.name for layer in found]
    assert names[:4] == ["model", "inputs", "steps", "shared"]
    assert sorted(names[4:]) == ["backward_cells", "both_ways", "forward_cells", "lstm_cell", "lstm_cell"]
    assert len({id(layer) for layer in found}) == 9


def test_layers_are_found_in_lists_and_dicts():
    first, second = L.Layer(name="first"), L.Layer(name="second")
    # Not a layer, which would keep a list of its own of all that it is given.
    outer = SimpleNamespace(name="outer", parts=[first, 3], by_name={"a": second, "b": first}, other="text")
    assert [layer.name for layer in operations_of(outer)] == ["outer", "first", "second"]
