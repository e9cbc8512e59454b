"""Loss, optimizer and callbacks in each form that Keras takes, and copied where a fit would change them."""

from functools import partial

import numpy as np
import pytest

from skhybrid import DenseRegressor
from skhybrid._backend import keras
from skhybrid.estimators._keras_arguments import check_loss, check_optimizer, copy_callbacks
from tests.helpers import CountsEpochs, assert_same_predictions

small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)
keras_on_numpy_2 = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't:DeprecationWarning")


# Loss


def squared_error(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


@pytest.mark.parametrize(
    "loss", ["mean_squared_error", squared_error, keras.losses.MeanSquaredError()], ids=["name", "function", "instance"]
)
def test_loss_in_each_form_is_the_same(data, fitted, loss):
    np.testing.assert_allclose(small_dense(loss=loss).fit(*data).predict(data[0]), fitted.predict(data[0]), rtol=1e-4)


def test_loss_matters(data, fitted):
    assert np.abs(small_dense(loss="mae").fit(*data).predict(data[0]) - fitted.predict(data[0])).max() > 1e-5


@pytest.mark.parametrize("loss", ["mse", squared_error, keras.losses.Huber(0.5)], ids=["name", "function", "instance"])
def test_loss_is_given_on_as_it_is(loss):
    assert check_loss(loss) is loss


# Optimizer


@pytest.fixture(scope="module")
def descended(data):
    return small_dense(optimizer="sgd", learning_rate=0.05).fit(*data)


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": keras.optimizers.SGD, "learning_rate": 0.05},
        {"optimizer": keras.optimizers.SGD(0.05)},
        {"optimizer": "SGD", "learning_rate": keras.optimizers.schedules.PiecewiseConstantDecay([999], [0.05, 1.0])},
    ],
    ids=["class", "instance", "schedule"],
)
def test_optimizer_in_each_form_is_the_same(data, descended, options):
    np.testing.assert_allclose(
        small_dense(**options).fit(*data).predict(data[0]), descended.predict(data[0]), rtol=1e-5
    )


def test_learning_rate_none_is_the_optimizers_own(fitted, descended):
    assert float(fitted.model_.optimizer.learning_rate) == pytest.approx(0.001)
    assert float(descended.model_.optimizer.learning_rate) == pytest.approx(0.05)


def test_optimizer_instance_is_left_as_it_was(data):
    optimizer = keras.optimizers.Adam(0.01)
    model = small_dense(optimizer=optimizer)
    first = model.fit(*data).predict(data[0])
    np.testing.assert_array_equal(model.fit(*data).predict(data[0]), first)
    assert not optimizer.built
    assert int(optimizer.iterations) == 0
    assert model.optimizer is optimizer


@pytest.mark.parametrize("optimizer", ["sgd", "SGD", keras.optimizers.SGD], ids=["name", "Name", "class"])
@pytest.mark.parametrize("learning_rate", [None, 0.1])
def test_class_of_an_optimizer_is_found(optimizer, learning_rate):
    assert check_optimizer(optimizer, learning_rate) is keras.optimizers.SGD


def test_instance_of_an_optimizer_is_copied_with_its_options():
    optimizer = keras.optimizers.SGD(0.25, momentum=0.5, name="mine")
    copied = check_optimizer(optimizer, None)
    assert copied is not optimizer
    assert copied.get_config() == optimizer.get_config()


# Callbacks


def test_callbacks_are_copies_that_keep_their_state(data, fitted):
    counts = CountsEpochs()
    model = small_dense(callbacks=counts).fit(*data)
    assert model.callbacks_[0].epochs == [0, 1]
    assert counts.epochs == []
    assert counts.model is None
    assert_same_predictions(model, fitted, data[0])
    assert model.fit(*data).callbacks_[0].epochs == [0, 1]


def test_callbacks_count_on_in_a_warm_start(data):
    model = small_dense(callbacks=[CountsEpochs()], warm_start=True).fit(*data)
    assert model.fit(*data).callbacks_[0].epochs == [2, 3]


@keras_on_numpy_2
def test_learning_rate_scheduler_is_followed(data, descended):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.05)
    model = small_dense(optimizer="sgd", learning_rate=1.0, callbacks=[scheduler]).fit(*data)
    np.testing.assert_allclose(model.predict(data[0]), descended.predict(data[0]), rtol=1e-5)


@keras_on_numpy_2
def test_reduce_on_plateau_lowers_the_rate(data):
    reduce = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100)
    model = small_dense(learning_rate=0.01, callbacks=[reduce]).set_params(epochs=3).fit(*data)
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.0025)


def test_early_stopping_of_ones_own_stops(data):
    stop = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=100)
    model = small_dense(callbacks=[stop]).set_params(epochs=9).fit(*data)
    assert model.n_epochs_ == 2
    assert (model.callbacks_[0].stopped_epoch, stop.stopped_epoch) == (1, 0)


def test_callbacks_may_be_none_one_or_several():
    first, second = CountsEpochs(), CountsEpochs()
    assert copy_callbacks(None) == copy_callbacks(()) == []
    assert [type(copied) for copied in copy_callbacks(first)] == [CountsEpochs]
    copies = copy_callbacks([first, second])
    assert len(copies) == 2
    assert {id(copied) for copied in copies}.isdisjoint({id(first), id(second)})


# Errors


class NotOurs:
    pass


BAD_ARGUMENTS = [
    (DenseRegressor(loss="mze"), "loss must be the name of a Keras loss, .* but is 'mze'; pass for example 'mse'"),
    (
        DenseRegressor(optimizer="adan"),
        "optimizer must be the name, the class or an instance .* but is 'adan'; pass for",
    ),
    (DenseRegressor(optimizer=NotOurs), "optimizer must be the name, the class or an instance .*NotOurs.*; pass for"),
    (
        DenseRegressor(optimizer=keras.optimizers.RMSprop(), learning_rate=0.1),
        "learning_rate must be None where optimizer is an instance, .* but is 0.1; set .* or pass optimizer='RMSprop'",
    ),
    (
        DenseRegressor(callbacks=["stop"]),
        "callbacks must hold instances of keras.callbacks.Callback, but holds 'stop'; pass",
    ),
    (
        DenseRegressor(callbacks=[CountsEpochs]),
        "callbacks must hold instances of keras.callbacks.Callback, but holds <class",
    ),
]


@pytest.mark.parametrize(
    ("model", "words"), BAD_ARGUMENTS, ids=lambda value: getattr(value, "__class__", value).__name__
)
def test_bad_argument_is_named(data, model, words):
    with pytest.raises(ValueError, match=words):
        model.fit(*data)
