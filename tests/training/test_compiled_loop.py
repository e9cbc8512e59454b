"""The loop around a program: epochs, pieces of them, callbacks and validation as `keras.Model.fit` has them."""

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training import batches, compiled_loop, loops
from skhybrid._training.loops import train
from skhybrid._training.program import count_builds
from skhybrid.networks import dense
from tests.helpers import compile_network, largest_difference, linear_network
from tests.training.two_inputs import compiled, make_data

N, BATCH = 40, 16  # the last batch has 8 rows


def with_penalty(input_shape, n_outputs, *, seed):
    layer = keras.layers.Dense(
        n_outputs, kernel_regularizer="l2", kernel_initializer=keras.initializers.GlorotUniform(seed)
    )
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), layer])


def test_history_equals_keras(data):
    ours, reference = (compile_network(with_penalty) for _ in range(2))
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


def root_of_mean(y, p):
    """One number for a batch, whatever it holds."""
    return keras.ops.sqrt(keras.ops.mean((y - p) ** 2))


@pytest.mark.parametrize("is_validated", [False, True])
def test_metrics_equal_keras(data, is_validated, monkeypatch):
    monkeypatch.setattr(loops, "PREDICT_ROWS", 4)  # rows of a batch to validate on
    histories = []
    for engine in ("compiled", "keras"):
        model = compile_network(dense, dense_units=4, dropout=0.3)
        metrics = ["mae", keras.metrics.RootMeanSquaredError(), "accuracy", root_of_mean]
        model.compile("sgd", "mse", metrics=metrics, weighted_metrics=["mae"], run_eagerly=engine == "keras")
        options = {"epochs": 3, "batch_size": BATCH, "seed": 0, "engine": engine}
        validation_rows = np.arange(30, N) if is_validated else None
        histories.append(train(model, data, np.arange(30), validation_rows, **options).history)
    names = ["loss", "mae", "root_mean_squared_error", "accuracy", "root_of_mean", "weighted_mae"]
    assert sorted(histories[0]) == sorted([*names, *(f"val_{name}" for name in names if is_validated)])
    assert histories[0].keys() == histories[1].keys()
    for name, values in histories[1].items():
        np.testing.assert_allclose(histories[0][name], values, rtol=1e-5, err_msg=name)


def test_metrics_do_not_change_training(data):
    plain, measured = (compile_network(dense, dense_units=4, dropout=0.3) for _ in range(2))
    measured.compile("adam", "mse", metrics=["mae"])
    losses = [
        train(m, data, np.arange(N), epochs=2, batch_size=BATCH, seed=0).history["loss"] for m in (plain, measured)
    ]
    assert losses[0] == losses[1]
    assert largest_difference(plain, measured) == 0


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_validation_loss_of_several_batches_equals_keras(data, reduction, monkeypatch):
    monkeypatch.setattr(loops, "PREDICT_ROWS", 4)
    histories = []
    for engine in ("compiled", "keras"):
        model = compile_network(linear_network)
        model.compile("sgd", keras.losses.MeanSquaredError(reduction), run_eagerly=engine == "keras")
        options = {"epochs": 1, "batch_size": BATCH, "seed": 0, "engine": engine}
        histories.append(train(model, data, np.arange(16), np.arange(16, N - 1), **options).history)
    np.testing.assert_allclose(histories[0]["val_loss"], histories[1]["val_loss"], rtol=1e-5)


def test_no_epoch_leaves_no_losses(data):
    model = compile_network(dense, dense_units=4)
    before = model.get_weights()
    assert train(model, data, np.arange(N), epochs=0, batch_size=BATCH, seed=0).history == {"loss": []}
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_pieces_of_an_epoch_do_not_matter(data, monkeypatch):
    whole, pieces = (compile_network(dense, dense_units=4) for _ in range(2))
    train(whole, data, np.arange(N), epochs=2, batch_size=4, seed=5)
    monkeypatch.setattr(batches, "PIECE_VALUES", 2 * 4 * 15)  # two batches of 4 rows
    train(pieces, data, np.arange(N), epochs=2, batch_size=4, seed=5)
    assert largest_difference(whole, pieces) == 0


@pytest.mark.parametrize("is_watched", [False, True])
def test_pieces_of_several_inputs_do_not_matter(is_watched, monkeypatch):
    whole, pieces = (compiled(dropout=0.3, metrics=["mae"]) for _ in range(2))
    data = make_data()
    options = {"epochs": 2, "batch_size": 8, "seed": 5, "callbacks": [keras.callbacks.Callback()] * is_watched}
    expected = train(whole, data, np.arange(N), **options).history
    monkeypatch.setattr(batches, "PIECE_VALUES", 2 * 8 * (12 + 6 + 3 + 1))  # two batches of 8 rows
    history = train(pieces, data, np.arange(N), **options).history
    assert largest_difference(whole, pieces) == 0
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-6)


@pytest.mark.parametrize("piece_values", [1, 3 * N * 15, 10**6])
def test_epochs_in_one_call_equal_epochs_one_by_one(data, piece_values, monkeypatch):
    monkeypatch.setattr(batches, "PIECE_VALUES", piece_values)  # room for no epoch, three, all seven
    unwatched, watched = (compile_network(dense, dense_units=4, dropout=0.2) for _ in range(2))
    options = {"epochs": 7, "batch_size": BATCH, "seed": 0}
    losses = train(unwatched, data, np.arange(N), **options).history["loss"]
    expected = train(watched, data, np.arange(N), callbacks=[keras.callbacks.Callback()], **options).history["loss"]
    np.testing.assert_allclose(losses, expected, rtol=1e-6)
    assert largest_difference(unwatched, watched) == 0


# Callbacks


class Notes(keras.callbacks.Callback):
    """Notes what it is called for."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_begin(self, logs=None):
        self.calls.append(("train begins", sorted(logs or {})))

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append((epoch, "begins", sorted(logs or {})))

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append((epoch, "ends", sorted(logs)))
        self.model.stop_training = epoch == 2

    def on_train_end(self, logs=None):
        self.calls.append(("train ends", sorted(logs)))


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_callbacks_are_called_as_by_keras(data, engine):
    notes, options = Notes(), {"epochs": 9, "initial_epoch": 1, "batch_size": BATCH, "seed": 0}
    model = compile_network(dense, dense_units=4)
    history = train(model, data, np.arange(30), np.arange(30, N), callbacks=[notes], engine=engine, **options).history
    logs = ["loss", "val_loss"]
    assert notes.calls == [
        ("train begins", []),
        (1, "begins", []),
        (1, "ends", logs),
        (2, "begins", []),
        (2, "ends", logs),  # where the callback stops
        ("train ends", logs),
    ]
    assert {name: len(values) for name, values in history.items()} == {"loss": 2, "val_loss": 2}


class StopsAtOnce(keras.callbacks.Callback):
    """Asks to stop while the second epoch runs, as another thread may do."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def test_epoch_ends_where_training_is_to_stop(data, monkeypatch):
    monkeypatch.setattr(compiled_loop, "GROUP", 4)
    monkeypatch.setattr(compiled_loop, "SECONDS", 0)  # one group of batches in a call
    stopped, alone = (compile_network(dense, dense_units=4) for _ in range(2))
    options = {"batch_size": 2, "seed": None, "engine": "compiled"}
    history = train(stopped, data, np.arange(30), epochs=9, callbacks=[StopsAtOnce()], **options).history
    whole = train(alone, data, np.arange(30), epochs=1, **options).history
    seen = train(alone, data, np.arange(8), epochs=2, initial_epoch=1, **options).history
    np.testing.assert_allclose(history["loss"], whole["loss"] + seen["loss"], rtol=1e-6)
    assert largest_difference(stopped, alone) == 0
    after = train(stopped, data, np.arange(30), epochs=3, initial_epoch=2, **options).history
    expected = train(alone, data, np.arange(30), epochs=3, initial_epoch=2, **options).history
    assert after == expected  # the wish to stop is that of one training


class Changes(keras.callbacks.Callback):
    """Changes weights before the second epoch, and the learning rate after it."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.set_weights([w + 1 for w in self.model.get_weights()])

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            self.model.optimizer.learning_rate = 0.1


def test_changes_by_callbacks_are_seen(data):
    models = [compile_network(dense, dense_units=4, optimizer="sgd") for _ in range(2)]
    for model, engine in zip(models, ("compiled", "keras"), strict=True):
        options = {"epochs": 3, "batch_size": BATCH, "seed": 0, "engine": engine}
        train(model, data, np.arange(N), callbacks=[Changes()], **options)
    assert largest_difference(*models) < 1e-5


def test_line_for_each_epoch_is_printed(data, capsys):
    model = compile_network(dense, dense_units=4)
    train(model, data, np.arange(N), epochs=2, batch_size=BATCH, seed=0, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Epoch")] == ["Epoch 1/2", "Epoch 2/2"]
    assert sum("loss: " in line for line in lines) == 2


C = keras.callbacks


def lower(epoch, rate):
    return rate * (1.0, 0.5, 0.1, 2.0)[epoch]


SERVED_CALLBACKS = {
    "schedule": lambda: [C.LearningRateScheduler(lower)],
    "schedule and stopping": lambda: [
        C.LearningRateScheduler(lower),
        C.EarlyStopping("val_loss", patience=1, min_delta=0.05, restore_best_weights=True),
    ],
    "stopping by a metric": lambda: [C.EarlyStopping("val_mae", patience=0, min_delta=10.0, restore_best_weights=True)],
}


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # of NumPy, in Keras' scheduler
@pytest.mark.parametrize("name", SERVED_CALLBACKS)
def test_schedules_and_stopping_equal_keras_and_build_nothing_anew(data, name):
    """A rate that is set anew each epoch is a value that goes into the program, not a part of it."""
    models, histories, options = [], [], {"epochs": 4, "batch_size": BATCH, "seed": 0}
    for engine in ("compiled", "compiled", "keras"):
        model = compile_network(dense, dense_units=4, dropout=0.3)
        model.compile(keras.optimizers.Adam(0.05), "mse", metrics=["mae"], run_eagerly=engine == "keras")
        callbacks, before = SERVED_CALLBACKS[name](), count_builds()
        training = train(model, data, np.arange(30), np.arange(30, N), engine=engine, callbacks=callbacks, **options)
        models.append(model)
        histories.append(training.history)
    ours, again, reference = models
    assert count_builds() == before
    assert largest_difference(ours, again) == 0
    assert largest_difference(ours, reference) < 1e-5
    assert histories[0].keys() == histories[2].keys()
    for key, values in histories[2].items():
        np.testing.assert_allclose(histories[0][key], values, rtol=1e-5, err_msg=key)


class Recompiles(keras.callbacks.Callback):
    """Gives the model another optimizer, which no program serves."""

    def on_train_begin(self, logs=None):
        self.model.optimizer = keras.optimizers.Nadam()


def test_callback_after_which_no_program_serves_is_refused(data):
    model = compile_network(dense, dense_units=4)
    words = "^callbacks must .* but after on_train_begin programs do not serve the optimizer Nadam; pass engine='keras'"
    with pytest.raises(ValueError, match=words):
        train(model, data, np.arange(N), epochs=1, batch_size=BATCH, seed=0, callbacks=[Recompiles()])


class Freezes(keras.callbacks.Callback):
    """Freezes the first layer with weights."""

    def on_train_begin(self, logs=None):
        self.model.layers[2].trainable = False


def test_what_callbacks_freeze_at_the_beginning_is_left_as_it_is(data):
    models = [compile_network(dense, dense_units=4) for _ in range(2)]
    frozen = models[0].layers[2].get_weights()
    for model, engine in zip(models, ("compiled", "keras"), strict=True):
        options = {"epochs": 2, "batch_size": BATCH, "seed": 0, "engine": engine}
        train(model, data, np.arange(N), callbacks=[Freezes()], **options)
    np.testing.assert_array_equal(models[0].layers[2].get_weights()[0], frozen[0])
    assert largest_difference(*models) < 1e-5
