import logging
import pickle

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training import batches, loops
from skhybrid._training.batches import Batches
from skhybrid._training.keras_loop import _without_retracing_notices
from skhybrid._training.loops import predict, train
from skhybrid._training.state import get_slots, get_state, set_state
from skhybrid.engine import configure_tensorflow, count_builds
from skhybrid.networks import cnn, cnn_lstm, dense, recurrent

N = 22  # not a multiple of any batch size used here


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 5, 2)).astype(np.float32)
    return X, X[:, -1:, 0] - X[:, 0, 1:], rng.uniform(0.5, 2, size=N)


def compiled(*, seed=0, dropout=0.0, optimizer="adam"):
    model = dense((5, 2), 1, seed=seed, dense_units=4, dropout=dropout)
    model.compile(optimizer=optimizer, loss="mse")
    return model


def weights_of(model):
    return np.concatenate([np.ravel(w) for w in model.get_weights()])


# Batches


def epochs_of(batches, n_epochs):
    """Return the row numbers of each batch, for each epoch; the data are the row numbers."""
    epochs = []
    for _ in range(n_epochs):
        batches.on_epoch_begin()
        epochs.append([batches[i][0].astype(int).tolist() for i in range(len(batches))])
    return epochs


def test_batches_without_seed_keep_the_order():
    batches = Batches((np.arange(10),), np.array([2, 3, 5, 7, 9]), 2)
    assert epochs_of(batches, 2) == [[[2, 3], [5, 7], [9]]] * 2


def test_batches_with_seed_hold_each_row_once_an_epoch():
    rows = np.arange(3, N)
    for epoch in epochs_of(Batches((np.arange(N),), rows, 4, seed=1), 3):
        assert sorted(row for batch in epoch for row in batch) == rows.tolist()


def test_batches_draw_a_new_order_each_epoch():
    first, second, third = epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=1), 3)
    assert first != second
    assert second != third


def test_batches_of_a_later_epoch_follow_from_seed_and_epoch_alone():
    whole = epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=1), 3)
    assert epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=1, epoch=2), 1) == whole[2:]


def test_batches_of_another_seed_have_another_order():
    first, second = (epochs_of(Batches((np.arange(N),), np.arange(N), 4, seed=seed), 1) for seed in (1, 2))
    assert first != second


def test_batches_are_float32():
    batches = Batches((np.arange(6).reshape(3, 2), np.ones(3), np.ones(3, dtype=bool)), np.arange(3), 2)
    assert [part.dtype for part in batches[0]] == [np.float32] * 3


class Watched:
    """Data that notes which rows are read."""

    def __init__(self):
        self.read = []

    def __getitem__(self, rows):
        self.read.append(list(rows))
        return np.zeros(len(rows))


def test_batches_gather_no_more_than_one_batch():
    data = Watched()
    batches = Batches((data,), np.array([0, 4, 8, 900_000]), 2)
    assert data.read == []
    batches[1]
    assert data.read == [[8, 900_000]]


# Training


def train_by_hand(model, data, rows, *, epochs, batch_size, seed):
    """Train by a plain loop over Keras' own single step; return the weighted loss of each epoch."""
    losses = []
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(rows)
        parts = [order[i : i + batch_size] for i in range(0, len(rows), batch_size)]
        loss = 0.0
        for part in parts:
            model.reset_metrics()
            X, y, weights = (a[part] for a in data)
            loss += len(part) * model.train_on_batch(X, y, sample_weight=weights)
        losses.append(loss / len(rows))
    return losses


@pytest.fixture(scope="module")
def trained(data):
    model = compiled()
    history = train(model, data, np.arange(2, N), epochs=3, batch_size=8, seed=4).history
    return model, history


@pytest.fixture(scope="module")
def trained_by_hand(data):
    model = compiled()
    losses = train_by_hand(model, data, np.arange(2, N), epochs=3, batch_size=8, seed=4)
    return model, losses


def test_training_equals_a_plain_loop(trained, trained_by_hand):
    assert not np.allclose(weights_of(trained[0]), weights_of(compiled()), rtol=1e-3)  # it did train
    np.testing.assert_allclose(weights_of(trained[0]), weights_of(trained_by_hand[0]), rtol=1e-5, atol=1e-7)


def test_history_is_the_loss_of_a_plain_loop(trained, trained_by_hand):
    assert list(trained[1]) == ["loss"]
    np.testing.assert_allclose(trained[1]["loss"], trained_by_hand[1], rtol=1e-5)


def test_validation_loss_is_the_weighted_error(data):
    X, y, weights = data
    model = compiled()
    history = train(model, data, np.arange(16), np.arange(18, N), epochs=1, batch_size=8, seed=None).history
    errors = weights[18:] * (model.predict(X[18:], verbose=0) - y[18:])[:, 0] ** 2
    np.testing.assert_allclose(history["val_loss"], [errors.mean()], rtol=1e-5)


def test_training_in_two_parts_equals_one(data, trained):
    model = compiled()
    train(model, data, np.arange(2, N), epochs=1, batch_size=8, seed=4)
    train(model, data, np.arange(2, N), epochs=3, initial_epoch=1, batch_size=8, seed=4)
    np.testing.assert_array_equal(weights_of(model), weights_of(trained[0]))


class Fails(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise RuntimeError("stop here")


def test_callbacks_let_go_of_the_model(data):
    callback = keras.callbacks.EarlyStopping("loss")
    train(compiled(), data, np.arange(N), epochs=1, batch_size=N, seed=None, callbacks=[callback])
    assert callback.model is None
    assert len(pickle.dumps(callback)) < 5000


def test_logger_has_its_filters_back_after_an_error(data):
    before = list(logging.getLogger("tensorflow").filters)
    with pytest.raises(RuntimeError, match="stop here"):
        train(compiled(), data, np.arange(N), epochs=1, batch_size=N, seed=None, callbacks=[Fails()], engine="keras")
    assert logging.getLogger("tensorflow").filters == before


@pytest.mark.parametrize(
    ("message", "n_seen"), [("5 out of the last 5 calls triggered tf.function retracing.", 0), ("Something else.", 1)]
)
def test_logger_holds_back_retracing_notices_only(message, n_seen):
    class Seen(logging.Handler):
        def emit(self, record):
            seen.append(record.getMessage())

    seen, handler, logger = [], Seen(), logging.getLogger("tensorflow")
    logger.addHandler(handler)
    try:
        with _without_retracing_notices():
            logger.warning(message)
    finally:
        logger.removeHandler(handler)
    assert seen == [message] * n_seen


# Prediction


@pytest.mark.parametrize("network", [dense, cnn_lstm])
def test_predict_equals_keras(data, network):
    model = network((5, 2), 1, seed=0)
    np.testing.assert_allclose(predict(model, data[0]), model.predict(data[0], verbose=0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("network", [cnn_lstm, cnn, recurrent, dense])
@pytest.mark.parametrize("n_rows", [1, 2, 23, 25, 33, 100])
def test_prediction_does_not_depend_on_its_company(network, n_rows):
    X = np.random.default_rng(0).normal(size=(200, 5, 2))
    model = network((5, 2), 1, seed=0)
    model.compile("adam", "mse")
    np.testing.assert_array_equal(predict(model, X[:n_rows]), predict(model, X)[:n_rows])


@pytest.mark.parametrize("several_threads", [False, True])
def test_predict_in_parts_equals_predict_at_once(data, several_threads, monkeypatch):
    model = compiled()
    at_once = predict(model, data[0])
    monkeypatch.setattr(loops, "PREDICT_ROWS", 5)
    monkeypatch.setattr(loops, "has_several_threads", lambda: several_threads)
    np.testing.assert_allclose(predict(model, data[0]), at_once, rtol=1e-6, atol=1e-7)


def test_predict_compiles_once_for_any_number_of_rows(data):
    model = compiled()
    predict(model, data[0])
    before = count_builds()
    for n in (1, 3, N):
        predict(model, data[0][:n])
    assert count_builds() == before


def test_predict_sees_later_training(data):
    model = compiled()
    before = predict(model, data[0])
    model.set_weights([w + 1 for w in model.get_weights()])
    assert np.abs(predict(model, data[0]) - before).min() > 0.1


def test_predict_leaves_dropout_out(data):
    model = compiled(dropout=0.5)
    np.testing.assert_array_equal(predict(model, data[0]), predict(model, data[0]))


# State


def test_state_carries_on_an_interrupted_training(data):
    whole, first, second = (compiled(dropout=0.5) for _ in range(3))
    options = {"batch_size": 8, "seed": 4}
    train(whole, data, np.arange(N), epochs=2, **options)
    train(first, data, np.arange(N), epochs=1, **options)
    set_state(second, get_state(first))
    train(second, data, np.arange(N), epochs=2, initial_epoch=1, **options)
    np.testing.assert_array_equal(weights_of(second), weights_of(whole))


def test_training_with_keras_forgets_what_a_program_gathered(data):
    class EachBatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    model = compiled()
    options = {"batch_size": 8, "seed": 4}
    train(model, data, np.arange(N), epochs=1, **options)
    assert get_slots(model) is not None
    train(model, data, np.arange(N), epochs=2, initial_epoch=1, callbacks=[EachBatch()], **options)
    assert get_slots(model) is None


def test_state_is_a_copy():
    model = compiled()
    state = get_state(model)
    before = [a.copy() for a in state["variables"]]
    model.set_weights([w + 1 for w in model.get_weights()])
    for a, b in zip(state["variables"], before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_state_of_another_network_is_refused():
    other = dense((5, 2), 1, seed=0, dense_units=(4, 4))
    other.compile("adam", "mse")
    with pytest.raises(ValueError, match="shape"):
        set_state(other, get_state(compiled()))


# Many epochs in one call


@pytest.mark.parametrize("piece_values", [1, 3 * N * 10, 10**6])
def test_epochs_in_one_call_equal_epochs_one_by_one(data, piece_values, monkeypatch):
    monkeypatch.setattr(batches, "PIECE_VALUES", piece_values)  # room for no epoch, three, all seven
    unwatched, watched = compiled(dropout=0.2), compiled(dropout=0.2)
    options = {"epochs": 7, "batch_size": 8, "seed": 0}
    losses = train(unwatched, data, np.arange(N), **options).history["loss"]
    expected = train(watched, data, np.arange(N), callbacks=[keras.callbacks.Callback()], **options).history["loss"]
    np.testing.assert_allclose(losses, expected, rtol=1e-6)
    np.testing.assert_array_equal(weights_of(unwatched), weights_of(watched))


# The choice of an engine


def test_engines_agree(data):
    models = [compiled() for _ in range(3)]
    for model, engine in zip(models, ("auto", "compiled", "keras"), strict=True):
        train(model, data, np.arange(N), epochs=2, batch_size=8, seed=0, engine=engine)
    by_auto, by_program, by_keras = (predict(model, data[0]) for model in models)
    np.testing.assert_array_equal(by_auto, by_program)
    np.testing.assert_allclose(by_keras, by_program, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predict(models[2], data[0], engine="keras"), by_keras, rtol=1e-5, atol=1e-6)


def test_keras_engine_compiles_no_program(data):
    before = count_builds()
    model = compiled(optimizer=keras.optimizers.SGD(momentum=0.1))
    train(model, data, np.arange(N), epochs=1, batch_size=8, seed=0, engine="keras")
    predict(model, data[0], engine="keras")
    assert count_builds() == before


class WatchesBatches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


def test_compiled_engine_says_why_it_cannot(data):
    options = {"epochs": 1, "batch_size": 8, "seed": 0, "engine": "compiled"}
    with pytest.raises(ValueError, match="WatchesBatches wants to see each batch; pass engine='auto'"):
        train(compiled(), data, np.arange(N), callbacks=[WatchesBatches()], **options)
    model = compiled()
    model.compile("nadam", "mse")
    with pytest.raises(ValueError, match="the optimizer Nadam, or an option of it"):
        train(model, data, np.arange(N), **options)


# What a program may set before TensorFlow starts


def test_threads_and_flags_are_set_before_tensorflow_starts(run_python, tmp_path):
    done = run_python(
        """
        import os, sys
        from skhybrid.engine import configure_tensorflow
        assert "tensorflow" not in sys.modules
        configure_tensorflow(intra_op_threads=1, inter_op_threads=2, xla_flags=["--xla_backend_optimization_level=1"],
                             xla_cache=sys.argv[1])
        import tensorflow as tf
        print(tf.config.threading.get_intra_op_parallelism_threads())
        print(tf.config.threading.get_inter_op_parallelism_threads())
        print(os.environ["XLA_FLAGS"])
        tf.function(lambda x: x * 2 + 1, jit_compile=True)(tf.ones(3))
        """,
        tmp_path,
    )
    assert done.stdout.split() == ["1", "2", "--xla_backend_optimization_level=1"], done.stderr
    assert list(tmp_path.iterdir()), "XLA has kept what it compiled"


def test_settings_come_too_late_once_tensorflow_is_imported():
    with pytest.raises(RuntimeError, match="must be called before TensorFlow is imported, but it already is"):
        configure_tensorflow(intra_op_threads=1)


def test_number_of_threads_is_checked():
    with pytest.raises(ValueError, match="intra_op_threads must be an integer of at least 1, but is 0"):
        configure_tensorflow(intra_op_threads=0)
