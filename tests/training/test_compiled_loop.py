"""The loop around a program: epochs, pieces of them, callbacks and validation as `keras.Model.fit` has them."""

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training import batches
from skhybrid._training.loops import train
from skhybrid.networks import dense
from tests.helpers import compile_network, largest_difference

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


def test_pieces_of_an_epoch_do_not_matter(data, monkeypatch):
    whole, pieces = (compile_network(dense, dense_units=4) for _ in range(2))
    train(whole, data, np.arange(N), epochs=2, batch_size=4, seed=5)
    monkeypatch.setattr(batches, "PIECE_VALUES", 2 * 4 * 12)  # two batches
    train(pieces, data, np.arange(N), epochs=2, batch_size=4, seed=5)
    assert largest_difference(whole, pieces) == 0


@pytest.mark.parametrize("piece_values", [1, 3 * N * 12, 10**6])
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
