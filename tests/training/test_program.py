"""Programs: the same results as Keras' own training, and built once for all fits of a network."""

import gc
import random
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import joblib
import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training import cache, fast_recurrence
from skhybrid._training.cache import clear_caches, program_of
from skhybrid._training.eligibility import why_not
from skhybrid._training.loops import predict, train
from skhybrid._training.program import Graph, count_builds
from skhybrid.networks import NETWORKS, cnn, cnn_lstm, dense, recurrent, time_distributed_cnn_lstm

L = keras.layers
N, SHAPE, BATCH = 40, (6, 2), 16  # the last batch has 8 rows


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, *SHAPE)).astype(np.float32)
    return X, rng.normal(size=(N, 2)).astype(np.float32), rng.uniform(0, 2, size=N).astype(np.float32)


def with_batch_normalization(input_shape, n_outputs, *, seed):
    kernel = keras.initializers.GlorotUniform(seed)
    convolution = L.Conv1D(4, 3, strides=2, use_bias=False, kernel_initializer=kernel)
    layers = [convolution, L.BatchNormalization(), L.Flatten(), L.Dense(n_outputs, kernel_initializer=kernel)]
    return keras.Sequential([keras.Input(input_shape), *layers])


def with_penalty(input_shape, n_outputs, *, seed):
    layer = L.Dense(n_outputs, kernel_regularizer="l2", kernel_initializer=keras.initializers.GlorotUniform(seed))
    return keras.Sequential([keras.Input(input_shape), L.Flatten(), layer])


def with_frozen_layer(input_shape, n_outputs, *, seed):
    model = dense(input_shape, n_outputs, seed=seed, dense_units=4)
    model.layers[2].trainable = False
    return model


def build(builder, *, seed=1, optimizer="adam", loss="mse", **parameters):
    model = builder(SHAPE, 2, seed=seed, **parameters)
    model.compile(optimizer, loss)
    return model


def train_with_keras(model, data, epochs, batch_size=BATCH):
    """Train in the plainest way, batch by batch."""
    for epoch in range(epochs):
        order = np.random.default_rng([5, epoch]).permutation(np.arange(N))
        for start in range(0, N, batch_size):
            X, y, w = (a[order[start : start + batch_size]] for a in data)
            model.train_on_batch(X, y, sample_weight=w)


def largest_difference(a, b):
    pairs = zip(*([*m.trainable_variables, *m.non_trainable_variables] for m in (a, b)), strict=True)
    return max(np.abs(u.numpy().astype(float) - v.numpy()).max() for u, v in pairs)


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
    "gru": (recurrent, {"cell": "gru", **SMALL}),
    "simple_rnn": (recurrent, {"cell": "simple_rnn", **SMALL}),
    "cnn": (cnn, {"filters": 4, "dense_units": 4}),
    "dense": (dense, {"dense_units": 4}),
    "batch normalization": (with_batch_normalization, {"optimizer": "sgd"}),
    "penalty": (with_penalty, {}),
    "frozen layer": (with_frozen_layer, {}),
    "mae": (dense, {"dense_units": 4, "loss": "mae"}),
    "Huber": (dense, {"dense_units": 4, "loss": keras.losses.Huber(0.5)}),
    "sum of losses": (dense, {"dense_units": 4, "loss": keras.losses.MeanSquaredError(reduction="sum")}),
    "own function": (dense, {"dense_units": 4, "loss": cubed_error}),
}
OPTIMIZERS = {
    **{name: name for name in ("sgd", "rmsprop", "adamw", "adamax", "adagrad", "adadelta", "ftrl", "lion")},
    "momentum": keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "schedule": keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
    "amsgrad, clipped": keras.optimizers.Adam(amsgrad=True, clipvalue=0.01),
    "clipped as a whole": keras.optimizers.SGD(global_clipnorm=0.01),
}


def fresh(optimizer):
    return optimizer if isinstance(optimizer, str) else optimizer.from_config(optimizer.get_config())


@pytest.mark.parametrize("case", CASES)
def test_training_equals_keras(data, case):
    builder, parameters = CASES[case]
    ours, reference = (build(builder, **parameters) for _ in range(2))
    assert program_of(ours) is not None
    train_with_keras(reference, data, epochs=3)
    train(ours, data, np.arange(N), epochs=3, batch_size=BATCH, seed=5)
    assert largest_difference(ours, reference) < 1e-5
    np.testing.assert_allclose(predict(ours, data[0]), reference.predict_on_batch(data[0]), atol=1e-5)


@pytest.mark.parametrize("n_cores", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_training_of_large_layers_equals_keras(data, bidirectional, n_cores, monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_LSTM", 0)
    monkeypatch.setattr(joblib, "cpu_count", lambda: n_cores)
    clear_caches()  # small ones of the same description
    ours, again, reference = (build(cnn_lstm, filters=4, bidirectional=bidirectional, **SMALL) for _ in range(3))
    train_with_keras(reference, data, epochs=2, batch_size=13)  # the last batch has 1 row, and half of it none
    for model in (ours, again):
        train(model, data, np.arange(N), epochs=2, batch_size=13, seed=5)
    assert largest_difference(ours, reference) < 1e-5
    assert largest_difference(ours, again) == 0
    np.testing.assert_allclose(predict(ours, data[0][:1]), reference.predict_on_batch(data[0][:1]), atol=1e-5)
    clear_caches()


def test_program_for_one_core_does_not_serve_several(monkeypatch):
    programs = []
    for n_cores in (1, 2, 1):
        monkeypatch.setattr(joblib, "cpu_count", lambda n_cores=n_cores: n_cores)
        programs.append(program_of(build(dense, dense_units=4)))
    assert programs[0] is programs[2] is not programs[1]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_with_any_optimizer_equals_keras(data, name):
    ours, reference = (build(dense, dense_units=4, optimizer=fresh(OPTIMIZERS[name])) for _ in range(2))
    assert program_of(ours) is not None
    train_with_keras(reference, data, epochs=3)
    train(ours, data, np.arange(N), epochs=3, batch_size=BATCH, seed=5)
    assert largest_difference(ours, reference) < 1e-5


@pytest.mark.parametrize("callbacks", [(), (keras.callbacks.Callback(),)], ids=["unwatched", "watched"])
def test_training_ends_with_averaged_weights_where_keras_does(data, callbacks):
    optimizers = [keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8) for _ in range(2)]
    ours, reference = (build(dense, dense_units=4, optimizer=optimizer) for optimizer in optimizers)
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


def test_history_equals_keras(data):
    ours, reference = (build(with_penalty) for _ in range(2))
    history = train(ours, data, np.arange(30), np.arange(30, N), epochs=2, batch_size=BATCH, seed=None).history
    X, y, w = data
    expected = reference.fit(
        X[:30],
        y[:30],
        sample_weight=w[:30],
        validation_data=(X[30:], y[30:], w[30:]),
        shuffle=False,
        epochs=2,
        batch_size=BATCH,
        verbose=0,
    ).history
    assert history.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(history[name], expected[name], rtol=1e-5)


def test_pieces_of_an_epoch_do_not_matter(data, monkeypatch):
    whole, pieces = (build(dense, dense_units=4) for _ in range(2))
    train(whole, data, np.arange(N), epochs=2, batch_size=4, seed=5)
    monkeypatch.setattr("skhybrid._training.batches.PIECE_VALUES", 2 * 4 * 12)  # two batches
    train(pieces, data, np.arange(N), epochs=2, batch_size=4, seed=5)
    assert largest_difference(whole, pieces) == 0


# One program for many fits


def count_new_builds(function):
    before = count_builds()
    function()
    return count_builds() - before


def fit_some(data, n_rows=N, batch_size=BATCH, **parameters):
    model = build(cnn, filters=3, dense_units=3, **parameters)
    train(model, data, np.arange(n_rows), epochs=1, batch_size=batch_size, seed=0)
    predict(model, data[0][:n_rows])


def test_seed_rate_length_and_batch_size_share_a_program(data):
    clear_caches()

    def fit_all():
        fit_some(data)
        fit_some(data, seed=2)
        fit_some(data, n_rows=33, batch_size=7)
        fit_some(data, optimizer=keras.optimizers.Adam(0.1))

    assert count_new_builds(fit_all) == 2  # one to train, one to predict


@pytest.mark.parametrize(
    "other",
    [{"activation": "tanh"}, {"loss": "mae"}, {"optimizer": "sgd"}, {"optimizer": keras.optimizers.Adam(beta_1=0.5)}],
    ids=["activation", "loss", "optimizer", "constant of the optimizer"],
)
def test_what_shapes_the_result_gets_its_own_program(data, other):
    fit_some(data)
    assert program_of(build(cnn, filters=3, dense_units=3)) is not program_of(
        build(cnn, filters=3, dense_units=3, **other)
    )


def test_losses_of_one_name_are_told_apart(data):
    def make(power):
        def loss(y, p):
            return keras.ops.mean(keras.ops.abs(y - p) ** power, axis=-1)

        return loss

    first, second = (build(dense, dense_units=4, loss=make(power)) for power in (1, 2))
    for model in (first, second):
        train(model, data, np.arange(N), epochs=1, batch_size=BATCH, seed=0)
    assert largest_difference(first, second) > 1e-4


def test_counted_names_share_a_program():
    def unnamed():
        model = keras.Sequential([keras.Input((3,)), L.Dense(2), L.Dense(1)])
        model.compile("sgd", "mse")
        return program_of(model)

    assert unnamed() is unnamed()


def test_program_holds_no_weights():
    program = program_of(build(cnn_lstm))
    assert program.network.variables
    assert all(variable._value is None for variable in program.network.variables)


@pytest.mark.parametrize("is_shared_out", [False, True])
@pytest.mark.parametrize("is_optimized", [False, True])
def test_graph_knows_what_its_function_takes_from_outside(is_shared_out, is_optimized):
    outside = tf.constant([1.0, 2.0])
    options = {"is_shared_out": is_shared_out, "is_optimized": is_optimized}
    add = Graph(lambda a: a + outside, tf.TensorSpec([2]), **options)
    np.testing.assert_array_equal(add(tf.constant([10.0, 20.0])), [11, 22])


def test_programs_are_bounded(monkeypatch):
    monkeypatch.setattr(cache, "MAX_PROGRAMS", 2)
    for units in (5, 6, 7):
        program_of(build(dense, dense_units=units))
        assert 1 <= len(cache._PROGRAMS) <= 2
    clear_caches()
    assert len(cache._PROGRAMS) == 0


@pytest.mark.parametrize(
    ("builder", "large"),
    [(dense, False), (cnn, False), *product((cnn_lstm, recurrent, time_distributed_cnn_lstm), (False, True))],
)
def test_forgotten_programs_leave_no_graph(builder, large, monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_LSTM", 0 if large else fast_recurrence.LARGE_LSTM)
    clear_caches()
    shape = (2, 3, 2) if builder is time_distributed_cnn_lstm else SHAPE
    model = builder(shape, 2, seed=0)
    model.compile("adam", "mse")
    X, y = np.zeros((N, *shape), np.float32), np.zeros((N, 2), np.float32)
    train(model, (X, y, y[:, 0] + 1), np.arange(N), np.arange(4), epochs=1, batch_size=BATCH, seed=0)
    predict(model, X)
    program = program_of(model)
    graphs = [weakref.ref(graph._concrete.graph) for graph in (program.train, program.evaluate, program.forward)]
    assert all(graph() is not None for graph in graphs)
    del model, program
    clear_caches()
    for _ in range(3):  # what has a finalizer goes in a later round
        gc.collect()
    assert [graph() for graph in graphs] == [None] * 3


def test_kernels_of_forgotten_programs_are_freed(monkeypatch):
    n_freed = []
    monkeypatch.setattr(cache, "forget_kernels", lambda: n_freed.append(1))
    monkeypatch.setattr(cache, "MAX_PROGRAMS", 4)
    clear_caches()
    assert len(n_freed) == 1
    for units in range(1, 10):
        program_of(build(dense, dense_units=units))
    assert len(n_freed) == 1 + 2  # two are kept of five, so the fifth and the eighth are one too many


def test_forgotten_programs_go_on_in_their_threads(data, monkeypatch):
    monkeypatch.setattr(cache, "MAX_PROGRAMS", 2)

    def fit(units):
        model = build(dense, dense_units=units)
        train(model, data, np.arange(N), epochs=3, batch_size=4, seed=0)
        return np.array([predict(model, data[0]) for _ in range(20)])

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, range(1, 9)))
    np.testing.assert_array_equal(together, [fit(units) for units in range(1, 9)])


def test_threads_share_a_program_and_stay_right(data):
    def fit(seed):
        model = build(cnn_lstm, seed=seed, filters=3, **SMALL, dropout=0.2)
        train(model, data, np.arange(N), epochs=2, batch_size=4, seed=seed)
        return predict(model, data[0])

    clear_caches()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, range(8)))
    np.testing.assert_array_equal(together, [fit(seed) for seed in range(8)])


# What is left to Keras


class OwnDense(L.Dense):
    pass


def sequential(*layers):
    return keras.Sequential([keras.Input((3,)), *layers, L.Dense(1)])


class OwnModel(keras.Model):
    def train_step(self, data):
        return super().train_step(data)


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
        (sequential(), keras.optimizers.Adam(clipnorm=1.0)),
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
        "clipnorm",
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
    shapes = {"time_distributed_cnn_lstm": (4, 6, 2), "conv2d_lstm": (6, 6, 2), "conv3d_lstm": (4, 6, 6, 2)}
    model = NETWORKS[name](shapes.get(name, (6, 2)), 1, seed=0)
    model.compile("adam", "mse")
    assert why_not(model) == ""


@pytest.mark.parametrize("cell", ["lstm", "gru", "simple_rnn"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_building_a_program_draws_nothing(cell, bidirectional):
    model = build(recurrent, cell=cell, bidirectional=bidirectional, units=3)
    clear_caches()
    before = random.getstate()
    assert program_of(model) is not None
    assert random.getstate() == before
