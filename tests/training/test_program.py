"""Programs: the same results as Keras' own training of the same network."""

import random

import joblib
import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training import fast_recurrence
from skhybrid._training.cache import clear_caches, program_of
from skhybrid._training.loops import predict, train
from skhybrid._training.program import Graph
from skhybrid.networks import cnn_lstm, dense, recurrent, time_distributed_cnn_lstm
from tests.helpers import compile_network, eager_keras, largest_difference
from tests.training.two_inputs import compiled, make_data

L = keras.layers
N, BATCH = 40, 16  # the last batch has 8 rows


def with_frozen_layer(input_shape, n_outputs, *, seed):
    model = dense(input_shape, n_outputs, seed=seed, dense_units=4)
    model.layers[2].trainable = False
    return model


def train_with_keras(model, data, epochs, batch_size=BATCH):
    """Train in the plainest way, batch by batch."""
    for epoch in range(epochs):
        order = np.random.default_rng([5, epoch]).permutation(np.arange(N))
        for start in range(0, N, batch_size):
            X, y, w = (a[order[start : start + batch_size]] for a in data)
            with eager_keras():
                model.train_on_batch(X, y, sample_weight=w)


def cubed_error(y, p):
    return keras.ops.mean(keras.ops.abs(y - p) ** 3, axis=-1)


SMALL = {"units": 4, "dense_units": 4}
CASES = {
    "cnn_lstm": (cnn_lstm, {"filters": 4, **SMALL}),
    "cnn_lstm, valid, pooled": (cnn_lstm, {"filters": 4, "padding": "valid", "pool_size": 2, **SMALL}),
    "cnn_lstm, same": (cnn_lstm, {"filters": 4, "padding": "same", "kernel_size": 4, **SMALL}),
    "cnn_lstm, dropout": (cnn_lstm, {"filters": 4, "dropout": 0.5, **SMALL}),
    "cnn_lstm, stacked, both ways, attention": (
        cnn_lstm,
        {"filters": (4, 2), "units": (4, 3), "dense_units": (), "bidirectional": True, "attention": True},
    ),
    "lstm": (recurrent, {"cell": "lstm", **SMALL}),
    "frozen layer": (with_frozen_layer, {}),
    "own function": (dense, {"dense_units": 4, "loss": cubed_error}),
}


@pytest.mark.parametrize("case", CASES)
def test_training_equals_keras(data, case):
    builder, parameters = CASES[case]
    ours, reference = (compile_network(builder, **parameters) for _ in range(2))
    assert program_of(ours) is not None
    train_with_keras(reference, data, epochs=3)
    train(ours, data, np.arange(N), epochs=3, batch_size=BATCH, seed=5)
    assert largest_difference(ours, reference) < 1e-5
    np.testing.assert_allclose(predict(ours, data[0]), reference.predict_on_batch(data[0]), atol=1e-5)


@pytest.mark.parametrize("n_cores", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_training_of_large_layers_equals_keras(data, bidirectional, n_cores, monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_RECURRENCE", 0)
    monkeypatch.setattr(joblib, "cpu_count", lambda: n_cores)
    clear_caches()  # small ones of the same description
    ours, again, reference = (
        compile_network(cnn_lstm, filters=4, bidirectional=bidirectional, **SMALL) for _ in range(3)
    )
    train_with_keras(reference, data, epochs=2, batch_size=13)  # the last batch has 1 row, and half of it none
    for model in (ours, again):
        train(model, data, np.arange(N), epochs=2, batch_size=13, seed=5)
    assert largest_difference(ours, reference) < 1e-5
    assert largest_difference(ours, again) == 0
    np.testing.assert_allclose(predict(ours, data[0][:1]), reference.predict_on_batch(data[0][:1]), atol=1e-5)
    clear_caches()


@pytest.mark.parametrize("callbacks", [(), (keras.callbacks.Callback(),)], ids=["unwatched", "watched"])
def test_training_ends_with_averaged_weights_where_keras_does(data, callbacks):
    optimizers = [keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8) for _ in range(2)]
    ours, reference = (compile_network(dense, dense_units=4, optimizer=optimizer) for optimizer in optimizers)
    assert program_of(ours) is not None
    for _ in range(2):  # the second training goes on from the averages
        train_with_keras(reference, data, epochs=3)
        last = [variable.numpy() for variable in reference.trainable_variables]
        reference.optimizer.finalize_variable_values(reference.trainable_variables)
        train(ours, data, np.arange(N), epochs=3, batch_size=BATCH, seed=5, callbacks=callbacks)
        assert largest_difference(ours, reference) < 1e-5
    assert max(np.abs(a - b.numpy()).max() for a, b in zip(last, ours.trainable_variables, strict=True)) > 1e-3


def test_nested_windows_train_like_keras(data):
    nested = (data[0].reshape(N, 3, 2, 2), *data[1:])
    models = [time_distributed_cnn_lstm((3, 2, 2), 2, seed=1, filters=4, kernel_size=2, **SMALL) for _ in range(2)]
    for model in models:
        model.compile("adam", "mse")
    train_with_keras(models[1], nested, epochs=2)
    train(models[0], nested, np.arange(N), epochs=2, batch_size=BATCH, seed=5)
    assert largest_difference(*models) < 1e-5


# Several inputs


@pytest.mark.parametrize("n_cores", [1, 2])
def test_training_of_large_layers_on_two_inputs_equals_keras(n_cores, monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_RECURRENCE", 0)
    monkeypatch.setattr(joblib, "cpu_count", lambda: n_cores)
    clear_caches()
    data, models = make_data(), []
    for engine in ("compiled", "keras"):
        model = compiled(metrics=["mae"], run_eagerly=engine == "keras")
        options = {"epochs": 1, "batch_size": 13, "seed": 5, "engine": engine}
        train(model, data, np.arange(30), np.arange(30, N), **options)
        models.append(model)
    assert largest_difference(*models) < 1e-5
    np.testing.assert_allclose(*(predict(model, data[0]) for model in models), atol=1e-5)
    clear_caches()


def starting_from_a_state():
    """Build an LSTM of the known inputs that starts from the last state of another, which reads the window."""
    window, known = keras.Input((6, 2)), keras.Input((3, 2))
    _, *state = L.LSTM(4, return_state=True)(window)
    return keras.Model([window, known], L.Dense(3)(L.LSTM(4)(known, initial_state=state)))


def nested_by_names():
    """Build a network whose layer is a model of named inputs."""
    inputs = {"window": keras.Input((6, 2), name="window"), "known": keras.Input((3, 2), name="known")}
    joined = keras.Model(inputs, L.Concatenate(axis=1)([*inputs.values()]))
    outer = [keras.Input((6, 2)), keras.Input((3, 2))]
    return keras.Model(outer, L.Dense(3)(L.GRU(4)(joined(dict(zip(inputs, outer, strict=True))))))


@pytest.mark.parametrize("make", [starting_from_a_state, nested_by_names])
def test_inputs_that_meet_in_other_ways_train_as_by_keras(make):
    data, models = make_data(), [make() for _ in range(2)]
    models[1].set_weights(models[0].get_weights())
    for model, engine in zip(models, ("compiled", "keras"), strict=True):
        model.compile("adam", "mse", run_eagerly=engine == "keras")
        train(model, data, np.arange(N), epochs=2, batch_size=BATCH, seed=5, engine=engine)
    for ours, theirs in zip(models[0].trainable_variables, models[1].trainable_variables, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-5)


# What a program holds


def test_program_holds_no_weights():
    program = program_of(compile_network(cnn_lstm))
    assert program.network.variables
    assert all(variable._value is None for variable in program.network.variables)


@pytest.mark.parametrize("is_shared_out", [False, True])
@pytest.mark.parametrize("is_optimized", [False, True])
def test_graph_knows_what_its_function_takes_from_outside(is_shared_out, is_optimized):
    outside = tf.constant([1.0, 2.0])
    options = {"is_shared_out": is_shared_out, "is_optimized": is_optimized}
    add = Graph(lambda a: a + outside, tf.TensorSpec([2]), **options)
    np.testing.assert_array_equal(add(tf.constant([10.0, 20.0])), [11, 22])


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_building_a_program_draws_nothing(cell, bidirectional):
    model = compile_network(recurrent, cell=cell, bidirectional=bidirectional, units=3)
    clear_caches()
    before = random.getstate()
    assert program_of(model) is not None
    assert random.getstate() == before
