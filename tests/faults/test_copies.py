"""Copies that were not equal: a loss, an optimizer, a callback or fitted rows, each by clone, pickle or deepcopy."""

import copy
import pickle
import threading

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhybrid import DenseRegressor, SlidingWindow

X = np.random.default_rng(0).normal(size=(40, 6, 2))
y = 10 * X[:, -1, 0] + X[:, 0, 1]
COPIES = {
    "clone": lambda model: clone(model),
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}
copies = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())


def dense(**options):
    return DenseRegressor(3, epochs=2, random_state=0, **options)


def outcome(function):
    """Return what a function returns, or the error that it raises as text."""
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


class Scaled(keras.losses.Loss):
    """A loss of the user's."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


class Huber(Scaled):
    """One of the name of Keras' own."""


class Halves(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of the user's, without `get_config`."""

    def __call__(self, step):
        return 0.5 / (1 + keras.ops.cast(step, "float32"))


class Reports(keras.callbacks.Callback):
    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


class Holds(keras.callbacks.Callback):
    def __init__(self, thing):
        super().__init__()
        self.thing = thing


def value_of(loss):
    return float(loss(np.zeros((1, 1)), np.full((1, 1), 5.0)))


@pytest.mark.fault("2.1")
@copies
def test_delta_of_huber_is_kept(copied):
    again = outcome(lambda: value_of(copied(dense(loss=keras.losses.Huber(2.0))).loss))
    assert again == value_of(keras.losses.Huber(2.0))


@pytest.mark.fault("2.1")
def test_search_compares_deltas_of_huber():
    losses = [keras.losses.Huber(delta) for delta in (0.001, 10.0)]
    search = GridSearchCV(dense(engine="keras"), {"loss": losses}, cv=[(range(20), range(20, 40))], refit=False)
    first, second = search.fit(X, y).cv_results_["mean_test_score"]
    assert first != second


@pytest.mark.fault("2.2")
@copies
@pytest.mark.parametrize("cls", [Scaled, Huber])
def test_loss_of_the_users_is_itself(cls, copied):
    def copy_loss():
        loss = copied(dense(loss=cls(3.0))).loss
        return type(loss), value_of(loss)

    assert outcome(copy_loss) == (cls, 75.0)


@pytest.mark.fault("2.3")
@copies
def test_exclusion_from_weight_decay_is_kept(copied):
    optimizer = keras.optimizers.AdamW(1e-6, weight_decay=5e5)
    optimizer.exclude_from_weight_decay(var_names=["kernel"])

    def largest_weight():
        model = copied(dense(optimizer=optimizer, engine="keras")).fit(X, y)
        return max(np.abs(weights).max() for weights in model.model_.get_weights())

    largest = outcome(largest_weight)
    assert isinstance(largest, float | np.floating)
    assert largest > 0.3


@pytest.mark.fault("2.3")
def test_exclusion_of_variables_of_another_model_is_refused():
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_list=[keras.Variable(0.0)])
    assert "pass var_names" in str(outcome(lambda: dense(optimizer=optimizer, engine="keras").fit(X, y)))


@pytest.mark.fault("2.3")
@copies
def test_schedule_of_the_users_is_kept(copied):
    model = dense(optimizer=keras.optimizers.SGD(Halves()), engine="keras")
    assert outcome(lambda: copied(model).fit(X, y).n_epochs_) == 2


@pytest.mark.fault("2.4")
def test_fit_reports_to_the_caller():
    epochs = []
    dense(callbacks=[Reports(epochs)]).fit(X, y)
    assert epochs == [0, 1]


@pytest.mark.fault("2.4")
def test_cross_validation_reports_to_the_caller():
    epochs = []
    model = make_pipeline(FunctionTransformer(), dense(callbacks=[Reports(epochs)]))
    cross_val_score(model, X, y, cv=KFold(2))
    assert epochs == [0, 1, 0, 1]


@pytest.mark.fault("2.4")
def test_callback_may_hold_what_cannot_be_copied():
    model = clone(dense(callbacks=[Holds(None)])).set_params(callbacks=[Holds(threading.Lock())])
    assert outcome(lambda: clone(model).fit(X, y).n_epochs_) == 2


@pytest.mark.fault("2.5")
@pytest.mark.parametrize("copied", [COPIES["deepcopy"], COPIES["pickle"]], ids=["deepcopy", "pickle"])
def test_model_with_a_csv_logger_is_copied(tmp_path, copied):
    model = dense(callbacks=[keras.callbacks.CSVLogger(tmp_path / "log.csv")]).fit(X, y)
    again = outcome(lambda: copied(model).predict(X).tolist())
    assert again == model.predict(X).tolist()


@pytest.mark.fault("2.5")
@pytest.mark.parametrize("copied", [COPIES["deepcopy"], COPIES["pickle"]], ids=["deepcopy", "pickle"])
def test_what_cannot_be_copied_is_named(copied):
    model = dense(callbacks=[Holds(threading.Lock())])
    assert "Holds.thing is or holds a _thread.lock" in str(outcome(lambda: copied(model)))


def kinds_in(value):
    """Return the packages of all that a fitted estimator is made of, as its state shows them."""
    if isinstance(value, dict):
        return set().union(*map(kinds_in, value.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(kinds_in, value))
    package = type(value).__module__.partition(".")[0]
    return kinds_in(value.__getstate__()) if package == "skhybrid" else {package}


@pytest.mark.fault("2.10")
def test_state_of_fitted_rows_is_plain():
    frame = pd.DataFrame(X[:, 0], index=pd.date_range("2024", periods=40, freq="h"))
    assert kinds_in(SlidingWindow(3).fit(frame)) <= {"builtins", "numpy"}
