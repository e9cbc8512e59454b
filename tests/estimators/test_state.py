"""What is set between two trainings, and what remains where one fails."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skhybrid import DenseClassifier, DenseRegressor, SequenceRegressor
from skhybrid._backend import keras
from skhybrid.estimators._state import is_same
from tests.helpers import assert_same_predictions, linear_network

small_dense = partial(DenseRegressor, dense_units=4, epochs=2, dropout=0.2, random_state=0, warm_start=True)
over_engines = pytest.mark.parametrize("engine", ["auto", "keras"])


# What is the same

Adam, Huber = keras.optimizers.Adam, keras.losses.Huber


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (16, np.int64(16)),
        ([1, 2], (1, 2)),
        (np.array([0.1, 0.5]), (0.1, 0.5)),
        ({"a": np.ones(2), "b": [1]}, {"b": (1,), "a": np.ones(2)}),
        (keras.initializers.HeNormal(3), keras.initializers.HeNormal(3)),
        (Adam(0.1, beta_1=0.8), Adam(0.1, beta_1=0.8)),
        (partial(linear_network, units=2), partial(linear_network, units=2)),
        (np.random.RandomState(0), np.random.RandomState(1)),
        (np.nan, np.nan),
    ],
)
def test_values_are_the_same(a, b):
    assert is_same(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (16, 32),
        (16, None),
        (16, "16"),
        ((1, 2), (1, 2, 3)),
        ((1, 2), 1),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        (keras.initializers.HeNormal(3), keras.initializers.GlorotNormal(3)),
        (Adam(0.1), Adam(0.2)),
        (Huber(1.0), Huber(2.0)),
        (partial(linear_network, units=2), partial(linear_network, units=3)),
        (lambda: 1, lambda: 1),
        (0, np.random.RandomState(0)),
    ],
)
def test_values_are_different(a, b):
    assert not is_same(a, b)


# What is applied


class SetsRate(keras.callbacks.Callback):
    """Sets the learning rate of each epoch."""

    def __init__(self, rates):
        super().__init__()
        self.rates = rates

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = self.rates[epoch]


@over_engines
def test_learning_rate_is_that_of_the_training(data, engine):
    """As a callback that sets it between the epochs."""
    model = small_dense(engine=engine, epochs=1, learning_rate=0.01).fit(*data).set_params(learning_rate=0.1).fit(*data)
    by_callback = small_dense(engine=engine, callbacks=SetsRate([0.01, 0.1])).fit(*data)
    assert_same_predictions(model, by_callback, data[0])


def test_learning_rate_of_none_is_that_of_a_new_optimizer(data):
    model = small_dense(learning_rate=0.1).fit(*data).set_params(learning_rate=None).partial_fit(*data)
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.001)


def test_learning_rate_that_a_callback_has_set_stays(data):
    model = (
        small_dense(callbacks=SetsRate([0.03, 0.03]))
        .fit(*data)
        .set_params(callbacks=None, batch_size=8)
        .partial_fit(*data)
    )
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.03)


def test_learning_rate_beside_an_optimizer_instance_is_refused(data):
    model = small_dense(optimizer=keras.optimizers.SGD(0.1)).fit(*data).set_params(learning_rate=0.1)
    with pytest.raises(ValueError, match="learning_rate must be None where optimizer is an instance"):
        model.fit(*data)


@pytest.mark.parametrize(
    "engine",
    [
        "auto",
        "keras",
    ],
)
def test_loss_is_that_of_the_training(data, engine):
    X, y = data
    model = small_dense(engine=engine, dropout=0.0, scale_target=False, batch_size=len(X), epochs=1).fit(X, y)
    errors = model.predict(X) - y
    model.set_params(loss="mae").partial_fit(X, y)
    assert model.history_["loss"][1] == pytest.approx(np.abs(errors).mean(), rel=1e-5)
    errors = model.predict(X) - y
    model.set_params(loss=lambda y_true, y_pred: keras.ops.mean((y_pred - y_true) ** 4, axis=-1)).fit(X, y)
    assert model.history_["loss"][2] == pytest.approx((errors**4).mean(), rel=1e-5)


def test_optimizer_goes_on_with_another_loss(data):
    """Its moments are from the first epoch; another scale of the loss leaves Adam's steps as they are."""
    X, y = data
    options = {"engine": "keras", "batch_size": len(X), "dropout": 0.0}
    whole = small_dense(**options).fit(X, y)
    model = small_dense(**options).set_params(epochs=1).fit(X, y)
    model.set_params(loss=lambda y_true, y_pred: keras.ops.mean((y_pred - y_true) ** 2, axis=-1)).fit(X, y)
    np.testing.assert_allclose(model.predict(X), whole.predict(X), rtol=1e-5, atol=1e-6)


def test_loss_that_was_set_later_is_in_a_pickle(data):
    X, y = data
    model = small_dense(engine="keras", epochs=1).fit(X, y).set_params(loss="mae").fit(X, y)
    assert_same_predictions(pickle.loads(pickle.dumps(model)).fit(X, y), model.fit(X, y), X)


def test_samples_of_another_class_weight_count_otherwise(data):
    X, labels = data[0], (data[1] > 0).astype(int)
    model = DenseClassifier(4, epochs=1, random_state=0, warm_start=True).fit(X, labels)
    other = copy.deepcopy(model).set_params(class_weight={0: 9.0}).fit(X, labels)
    assert np.abs(other.predict_proba(X) - model.fit(X, labels).predict_proba(X)).max() > 1e-5
    with pytest.raises(ValueError, match=r"class_weight must name labels of y, \[0, 1\], but names \['x'\]"):
        model.set_params(class_weight={"x": 2.0}).fit(X, labels)


@pytest.mark.parametrize(
    "again",
    [
        lambda model: model.set_params(**copy.deepcopy(model.get_params())),
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
    ],
    ids=["set again", "deepcopy", "pickle"],
)
@pytest.mark.parametrize(
    "options",
    [
        {"loss": Huber(2.0), "optimizer": Adam(0.01), "random_state": np.random.RandomState(0)},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9), "quantiles": [0.1, 0.5, 0.9]},
    ],
    ids=["loss, optimizer, generator", "schedule, list"],
)
def test_equal_parameters_are_not_refused(data, options, again):
    options = {"loss": "quantile"} | options if "quantiles" in options else options
    model = small_dense(engine="keras", epochs=1).set_params(**options).fit(*data)
    assert again(model).fit(*data).n_epochs_ == 2


# What is refused


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"dense_units": 32},
            "dense_units must be 4, as in the fit whose network is trained on, but is 32; set it back",
        ),
        ({"loss": "quantile", "quantiles": (0.5,)}, "loss must be 'mse', as in the fit .* but is 'quantile'"),
        ({"optimizer": "sgd"}, "optimizer must be 'adam', .* or call fit with warm_start=False to start afresh"),
        (
            {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9)},
            "learning_rate must be None, as in the fit",
        ),
        ({"random_state": 1}, "random_state must be 0, as in the fit"),
        ({"loss": "mea"}, "loss must be the name of a Keras loss"),
        ({"batch_size": 0}, "The 'batch_size' parameter of DenseRegressor must be an int"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_refused_parameter_changes_nothing(data, method, change, words):
    model = small_dense().fit(*data)
    expected, before = model.predict(data[0]), dict(vars(model))
    with pytest.raises(ValueError, match=words):
        getattr(model.set_params(**change), method)(*data)
    assert vars(model) == before | change
    np.testing.assert_array_equal(model.predict(data[0]), expected)


@pytest.mark.parametrize(
    ("options", "change"),
    [
        ({"network_params": {"units": 2}}, lambda model: model.network_params.update(units=3)),
        ({"optimizer": Adam(0.01)}, lambda model: setattr(model.optimizer, "learning_rate", 0.1)),
    ],
    ids=["dict", "optimizer"],
)
def test_parameter_that_is_changed_in_place_is_refused(data, options, change):
    model = SequenceRegressor("lstm", epochs=1, warm_start=True).set_params(**options).fit(*data)
    change(model)
    with pytest.raises(ValueError, match=f"{next(iter(options))} must be .*, as in the fit whose network"):
        model.fit(*data)


def test_fit_afresh_takes_all_parameters(data):
    model = small_dense().fit(*data).set_params(dense_units=3, warm_start=False).fit(*data)
    assert_same_predictions(model, small_dense(dense_units=3).fit(*data), data[0])


# What remains where training fails


class Fails(keras.callbacks.Callback):
    """Raises at the end of an epoch, counted from the first of all trainings."""

    def __init__(self, error, epoch):
        super().__init__()
        self.error, self.epoch = error, epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise self.error


def learned(model):
    return {name: value for name, value in vars(model).items() if name.endswith("_")}


FAILURES = {
    "interrupted": ({"callbacks": Fails(KeyboardInterrupt(), 2)}, KeyboardInterrupt, None),
    "error": ({"callbacks": Fails(RuntimeError("full"), 2)}, RuntimeError, "full"),
    "diverged": ({"learning_rate": 1e30}, ValueError, "Training must end with a finite loss, but the loss is nan"),
    "bad callbacks": ({"callbacks": ["stop"]}, ValueError, "callbacks must hold instances"),
    "other loss": ({"loss": "mae", "callbacks": Fails(KeyboardInterrupt(), 2)}, KeyboardInterrupt, None),
}


@over_engines
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("failure", FAILURES)
def test_failed_training_leaves_the_estimator_as_it_was(data, engine, method, failure):
    change, error, words = FAILURES[failure]
    model = small_dense(engine=engine, optimizer="sgd", learning_rate=0.01, batch_size=4).fit(*data)
    parameters, uninterrupted, before = model.get_params(), copy.deepcopy(model), learned(model)
    with pytest.raises(error, match=words):
        getattr(model.set_params(**change), method)(*data)
    assert learned(model) == before
    model.set_params(**parameters)
    assert_same_predictions(model, uninterrupted, data[0])
    assert_same_predictions(model.fit(*data), uninterrupted.fit(*data), data[0])
    assert model.history_ == uninterrupted.history_


def test_training_that_is_interrupted_in_another_engine_leaves_the_estimator_as_it_was(data):
    model = small_dense().fit(*data)
    uninterrupted = copy.deepcopy(model)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(engine="keras", callbacks=Fails(KeyboardInterrupt(), 2)).fit(*data)
    model.set_params(engine="auto", callbacks=None)
    assert_same_predictions(model.fit(*data), uninterrupted.fit(*data), data[0])


@over_engines
@pytest.mark.parametrize("failure", FAILURES)
def test_failed_fit_leaves_nothing(data, engine, failure):
    change, error, words = FAILURES[failure]
    model = small_dense(engine=engine, optimizer="sgd", batch_size=4, warm_start=False).fit(*data)
    for _ in range(2):  # once after a fit, once after nothing
        with pytest.raises(error, match=words):
            model.set_params(epochs=4, **change).fit(*data)
        assert learned(model) == {}
        with pytest.raises(NotFittedError):
            model.predict(data[0])
    changed_back = model.set_params(**small_dense(engine=engine, optimizer="sgd").get_params())
    assert_same_predictions(changed_back.fit(*data), small_dense(engine=engine, optimizer="sgd").fit(*data), data[0])


def test_failed_first_partial_fit_leaves_nothing(data):
    model = small_dense(callbacks=Fails(KeyboardInterrupt(), 0))
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(*data)
    assert learned(model) == {}
