"""Training and prediction, whichever loop runs: a plain loop over single steps is what they must equal."""

import pickle
from functools import partial

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training import loops
from skhybrid._training.loops import _fill_up, predict, train
from skhybrid._training.state import get_state, set_state
from skhybrid.engine import count_builds
from skhybrid.networks import cnn, cnn_lstm, dense, recurrent
from tests.helpers import WatchesBatches, compile_network, largest_difference
from tests.training.two_inputs import compiled, make_data, rows_of

N, BATCH = 40, 16  # the last batch has fewer rows, of all as of part of them
small_dense = partial(compile_network, dense, dense_units=4)


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
    model = small_dense()
    history = train(model, data, np.arange(2, N), epochs=3, batch_size=BATCH, seed=4).history
    return model, history


@pytest.fixture(scope="module")
def trained_by_hand(data):
    model = small_dense()
    losses = train_by_hand(model, data, np.arange(2, N), epochs=3, batch_size=BATCH, seed=4)
    return model, losses


def test_training_equals_a_plain_loop(trained, trained_by_hand):
    assert largest_difference(trained[0], small_dense()) > 1e-3  # it did train
    assert largest_difference(trained[0], trained_by_hand[0]) < 1e-6


def test_history_is_the_loss_of_a_plain_loop(trained, trained_by_hand):
    assert list(trained[1]) == ["loss"]
    np.testing.assert_allclose(trained[1]["loss"], trained_by_hand[1], rtol=1e-5)


def test_validation_loss_is_the_weighted_error(data):
    X, y, weights = data
    model = small_dense()
    history = train(model, data, np.arange(26), np.arange(28, N), epochs=1, batch_size=BATCH, seed=None).history
    errors = weights[28:] * np.mean((model.predict(X[28:], verbose=0) - y[28:]) ** 2, axis=1)
    np.testing.assert_allclose(history["val_loss"], [errors.mean()], rtol=1e-5)


def test_training_in_two_parts_equals_one(data, trained):
    model = small_dense()
    train(model, data, np.arange(2, N), epochs=1, batch_size=BATCH, seed=4)
    train(model, data, np.arange(2, N), epochs=3, initial_epoch=1, batch_size=BATCH, seed=4)
    assert largest_difference(model, trained[0]) == 0


def test_callbacks_let_go_of_the_model(data):
    callback = keras.callbacks.EarlyStopping("loss")
    train(small_dense(), data, np.arange(N), epochs=1, batch_size=N, seed=None, callbacks=[callback])
    assert callback.model is None
    assert len(pickle.dumps(callback)) < 5000


# Prediction


@pytest.mark.parametrize("network", [dense, cnn_lstm])
def test_predict_equals_keras(data, network):
    model = network((6, 2), 2, seed=0)
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
    model = small_dense()
    at_once = predict(model, data[0])
    monkeypatch.setattr(loops, "PREDICT_ROWS", 5)
    monkeypatch.setattr(loops, "has_several_threads", lambda: several_threads)
    np.testing.assert_allclose(predict(model, data[0]), at_once, rtol=1e-6, atol=1e-7)


def test_predict_compiles_once_for_any_number_of_rows(data):
    model = small_dense()
    predict(model, data[0])
    before = count_builds()
    for n in (1, 3, N):
        predict(model, data[0][:n])
    assert count_builds() == before


def test_predict_sees_later_training(data):
    model = small_dense()
    before = predict(model, data[0])
    model.set_weights([w + 1 for w in model.get_weights()])
    assert np.abs(predict(model, data[0]) - before).min() > 0.1


def test_predict_leaves_dropout_out(data):
    model = small_dense(dropout=0.5)
    np.testing.assert_array_equal(predict(model, data[0]), predict(model, data[0]))


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [(1, [0, 0, 0, 0]), (3, [0, 1, 2, 2]), (4, [0, 1, 2, 3]), (5, [0, 1, 2, 3, 4, 4, 4, 4])],
)
def test_last_row_fills_up(n_rows, expected, monkeypatch):
    monkeypatch.setattr(loops, "ROWS_AT_ONCE", 4)
    np.testing.assert_array_equal(_fill_up(np.arange(n_rows)), expected)


def test_pieces_of_a_prediction_are_full_but_for_the_last():
    assert loops.PREDICT_ROWS % loops.ROWS_AT_ONCE == 0


# Several inputs

Opt, Schedules = keras.optimizers, keras.optimizers.schedules
OPTIMIZERS = {
    "average": lambda: Opt.AdamW(0.01, use_ema=True, ema_momentum=0.8),
    "schedule": lambda: Opt.SGD(Schedules.CosineDecay(0.1, 6), momentum=0.9),
    "clipnorm": lambda: Opt.RMSprop(0.01, clipnorm=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_inputs_train_as_by_keras(name):
    data, models, histories = make_data(), [], []
    for engine in ("compiled", "keras"):
        model = compiled(OPTIMIZERS[name](), "huber", metrics=["mae"], dropout=0.3, run_eagerly=engine == "keras")
        options = {"epochs": 2, "batch_size": BATCH, "seed": 0, "engine": engine}
        histories.append(train(model, data, np.arange(30), np.arange(30, N), **options).history)
        models.append(model)
    assert np.abs(models[0].get_weights()[0] - compiled().get_weights()[0]).max() > 1e-3  # it did train
    assert largest_difference(*models) < 1e-5
    assert histories[0].keys() == histories[1].keys()
    for key, values in histories[1].items():
        np.testing.assert_allclose(histories[0][key], values, rtol=1e-5)
    by_program, by_keras = (
        predict(model, data[0], engine=e) for model, e in zip(models, ("auto", "keras"), strict=True)
    )
    np.testing.assert_allclose(by_program, by_keras, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(by_keras, models[1].predict_on_batch([*data[0]]), rtol=1e-5, atol=1e-6)


def test_two_inputs_train_in_two_parts_as_in_one():
    data, (whole, first, second) = make_data(), (compiled(dropout=0.3, metrics=["mae"]) for _ in range(3))
    options = {"batch_size": BATCH, "seed": 4}
    expected = train(whole, data, np.arange(N), epochs=2, **options).history
    train(first, data, np.arange(N), epochs=1, **options)
    set_state(second, get_state(first))
    history = train(second, data, np.arange(N), epochs=2, initial_epoch=1, **options).history
    assert largest_difference(second, whole) == 0
    assert history == {name: values[1:] for name, values in expected.items()}


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_named_inputs_train_as_those_in_a_list(engine):
    (window, known), *others = make_data()
    models = [compiled("sgd", run_eagerly=engine == "keras", as_dict=as_dict) for as_dict in (False, True)]
    models[1].set_weights(models[0].get_weights())
    for model, inputs in zip(models, ((window, known), (known, window)), strict=True):  # sorted by name
        train(model, (inputs, *others), np.arange(N), epochs=1, batch_size=BATCH, seed=0, engine=engine)
    of_list, of_dict = (
        predict(m, x, engine=engine) for m, x in zip(models, ((window, known), (known, window)), strict=True)
    )
    np.testing.assert_allclose(of_list, of_dict, rtol=1e-6)


@pytest.mark.parametrize("n_rows", [1, 23, 25])
def test_prediction_from_two_inputs_does_not_depend_on_its_company(n_rows):
    inputs, *_ = make_data(100)
    model = compiled()
    np.testing.assert_array_equal(predict(model, rows_of(inputs, slice(n_rows))), predict(model, inputs)[:n_rows])


@pytest.mark.parametrize("several_threads", [False, True])
@pytest.mark.parametrize("engine", ["auto", "keras"])
def test_predict_from_two_inputs_in_parts_equals_predict_at_once(engine, several_threads, monkeypatch):
    inputs, *_ = make_data()
    model = compiled()
    at_once = predict(model, inputs, engine=engine)
    monkeypatch.setattr(loops, "PREDICT_ROWS", 7)
    monkeypatch.setattr(loops, "has_several_threads", lambda: several_threads)
    np.testing.assert_allclose(predict(model, inputs, engine=engine), at_once, rtol=1e-6, atol=1e-7)


# The choice of a loop


def test_engines_agree(data):
    models = [small_dense() for _ in range(3)]
    for model, engine in zip(models, ("auto", "compiled", "keras"), strict=True):
        train(model, data, np.arange(N), epochs=2, batch_size=BATCH, seed=0, engine=engine)
    by_auto, by_program, by_keras = (predict(model, data[0]) for model in models)
    np.testing.assert_array_equal(by_auto, by_program)
    np.testing.assert_allclose(by_keras, by_program, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predict(models[2], data[0], engine="keras"), by_keras, rtol=1e-5, atol=1e-6)


def test_keras_engine_compiles_no_program(data):
    before = count_builds()
    model = small_dense(optimizer=keras.optimizers.SGD(momentum=0.1))
    train(model, data, np.arange(N), epochs=1, batch_size=BATCH, seed=0, engine="keras")
    predict(model, data[0], engine="keras")
    assert count_builds() == before


def test_compiled_engine_says_why_it_cannot(data):
    options = {"epochs": 1, "batch_size": BATCH, "seed": 0, "engine": "compiled"}
    with pytest.raises(ValueError, match="WatchesBatches wants to see each batch; pass engine='auto'"):
        train(small_dense(), data, np.arange(N), callbacks=[WatchesBatches()], **options)
    model = small_dense()
    model.compile("nadam", "mse")
    with pytest.raises(ValueError, match="programs do not serve the optimizer Nadam"):
        train(model, data, np.arange(N), **options)


@pytest.mark.parametrize(
    ("optimizer", "options", "engine"),
    [
        ("adam", {}, "compiled"),
        ("adam", {"engine": "compiled"}, "compiled"),
        ("adam", {"callbacks": [keras.callbacks.Callback()]}, "compiled"),
        ("adam", {"engine": "keras"}, "keras: engine='keras' asks for it"),
        ("adam", {"callbacks": [WatchesBatches()]}, "keras: the callback WatchesBatches wants to see each batch"),
        ("nadam", {}, "keras: programs do not serve the optimizer Nadam"),
    ],
    ids=["auto", "asked for", "watched", "keras", "batches watched", "optimizer"],
)
def test_training_says_which_loop_ran(data, optimizer, options, engine):
    training = train(small_dense(optimizer=optimizer), data, np.arange(N), epochs=1, batch_size=N, seed=0, **options)
    assert training.engine == engine
