"""Loss and optimizer in each form that Keras takes, and copied where a fit would change them."""

from functools import partial

import numpy as np
import pytest

from skhybrid import DenseRegressor
from skhybrid._backend import keras
from skhybrid.estimators._keras_arguments import check_loss, check_optimizer, is_mean_absolute

small_dense = partial(DenseRegressor, 4, epochs=2, random_state=0)


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


MEAN_ABSOLUTE = [keras.losses.mean_absolute_error, keras.losses.MeanAbsoluteError()]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(loss, True) for loss in ("mae", "MAE", "mean_absolute_error", *MEAN_ABSOLUTE)]
    + [(loss, False) for loss in ("mse", "huber", "mape", squared_error, keras.losses.MeanSquaredError())],
)
def test_mean_absolute_error_is_known_in_each_form(loss, expected):
    assert is_mean_absolute(loss) is expected


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


def test_what_weight_decay_leaves_out_is_kept(data):
    def largest_weight(name):
        optimizer = keras.optimizers.AdamW(0.001, weight_decay=500)
        optimizer.exclude_from_weight_decay(var_names=[name])
        model = small_dense(optimizer=optimizer).fit(*data)
        return max(np.abs(weights).max() for weights in model.model_.get_weights())

    assert largest_weight("kernel") > 0.5
    assert largest_weight("bias") < 0.5


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
]


@pytest.mark.parametrize(
    ("model", "words"), BAD_ARGUMENTS, ids=lambda value: getattr(value, "__class__", value).__name__
)
def test_bad_argument_is_named(data, model, words):
    with pytest.raises(ValueError, match=words):
        model.fit(*data)
