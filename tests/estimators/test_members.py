"""Several networks in one estimator: what they differ in, their mean, and trainings that fail."""

import signal
import threading
import time
from functools import partial

import numpy as np
import pytest

from skhybrid import DenseClassifier, DenseRegressor, LSTMRegressor
from skhybrid._backend import keras
from skhybrid.estimators import _members
from skhybrid.estimators._members import mean_history, seed_of, settings_of
from tests.estimators.known_ahead import make_known
from tests.helpers import CountsEpochs, assert_same_predictions

small = partial(DenseRegressor, 3, epochs=2, random_state=0)
three = partial(small, n_estimators=3)


@pytest.fixture(scope="module")
def data():
    return make_known()


def predictions_of_each(model, X):
    """Return what each network alone would predict."""
    members, predictions = model.members_, []
    for member in members:
        model.members_ = [member]
        predictions.append(model.predict_proba(X) if hasattr(model, "predict_proba") else model._outputs(X))
    model.members_ = members
    return np.array(predictions)


# The mean


def test_history_of_networks_without_epochs():
    histories = [{"loss": []}, {"loss": [2.0, 1.0], "mae": [4.0, 3.0]}, {"loss": [4.0], "mae": [2.0]}]
    assert mean_history(histories) == {"loss": [3.0, 1.0], "mae": [3.0, 3.0]}


@pytest.mark.parametrize("params", [{"half_life": -1}, {"last_steps": "all"}, {"last_steps": 0}], ids=str)
def test_parameters_of_a_network_are_checked(params):
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter of DenseRegressor must be"):
        settings_of(small(member_params=[params]), 0)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"window_norm": "standard"},
        {"window_norm": "last", "linear_path": "trained"},
        {"window_norm": "last", "linear_path": "ridge", "early_stopping": True},
        {"loss": "quantile", "quantiles": (0.1, 0.5, 0.9)},
    ],
    ids=str,
)
def test_prediction_is_the_mean_of_the_networks(data, parameters):
    X, y = data
    model = three(**parameters).fit(X, y)
    each = predictions_of_each(model, X)
    assert np.abs(np.ptp(each, axis=0)).max() > 1e-3
    got = model.predict_quantiles(X) if "quantiles" in parameters else model.predict(X)[..., None]
    np.testing.assert_allclose(got, each.mean(axis=0), rtol=0, atol=1e-6)
    assert (np.diff(got, axis=-1) > 0).all()
    exported = np.asarray(model.to_keras()([X.values.astype(np.float32), X.ahead]))
    np.testing.assert_allclose(exported.reshape(got.shape), got, rtol=0, atol=1e-5 * y.std())
    assert model.n_parameters_ == 3 * small(**parameters).fit(X, y).n_parameters_


def test_probabilities_are_averaged(data):
    X, y = data
    model = DenseClassifier(3, n_estimators=3, epochs=2, random_state=0).fit(X, y[:, 0] > y[:, 0].mean())
    np.testing.assert_allclose(model.predict_proba(X), predictions_of_each(model, X).mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(
        model.to_keras()([X.values.astype(np.float32), X.ahead]), model.predict_proba(X), atol=1e-6
    )


def test_first_network_is_that_of_a_single_one(data):
    X, y = data
    single, model = small().fit(X, y), three().fit(X, y)
    np.testing.assert_array_equal(predictions_of_each(model, X)[0, ..., 0], single.predict(X))
    assert model.histories_[0] == single.history_
    assert len({seed_of(7, i) for i in range(50)}) == 50
    assert all(0 <= seed_of(2**31 - 2, i) < 2**31 for i in range(50))


def test_histories_are_averaged_over_those_that_go_so_far():
    histories = [{"loss": [1.0, 2.0, 3.0], "val_loss": [1.0, 1.0, 1.0]}, {"loss": [3.0], "val_loss": [5.0]}]
    assert mean_history(histories) == {"loss": [2.0, 2.0, 3.0], "val_loss": [3.0, 1.0, 1.0]}
    assert mean_history(histories[:1]) is histories[0]


def test_each_network_stops_for_itself(data):
    options = {"early_stopping": True, "n_iter_no_change": 2, "learning_rate": 0.03, "epochs": 30}
    model = three(**options, window_norm="last").fit(*data)
    assert len(set(model.best_epochs_)) > 1
    assert model.best_epoch_ == max(model.best_epochs_)
    for history, best in zip(model.histories_, model.best_epochs_, strict=True):
        assert history["val_loss"][best - 1] == min(history["val_loss"])
    assert model.n_epochs_ == max(len(history["loss"]) for history in model.histories_)
    assert model.history_ == mean_history(model.histories_)


# What they differ in


def test_parameters_are_given_out_in_turn(data):
    X, y = data
    model = three(member_params=[{}, {"last_steps": 2, "dense_units": (4, 5)}]).fit(X, y)
    kernels = [member.model_.get_layer("dense_1").kernel.shape for member in model.members_]
    assert kernels == [(8 * 2 + 4 * 6, 3), (2 * 2 + 4 * 6, 4), (8 * 2 + 4 * 6, 3)]
    assert model.member_params[0] == {}
    assert model.dense_units == 3


def test_network_of_other_parameters_is_that_of_an_estimator_with_them(data):
    X, y = data
    differs = {"last_steps": 3, "half_life": 0.2, "activation": "tanh"}
    model = small(member_params=[differs]).fit(X, y)
    assert_same_predictions(model, small(**differs).fit(X, y), X)


def test_settings_leave_the_estimator_as_it_was():
    estimator = small(member_params=[{"last_steps": 3}])
    assert settings_of(estimator, 1).last_steps == 3
    assert estimator.last_steps is None
    assert settings_of(small(), 1).last_steps is None


def test_half_life_weighs_samples_in_training(data):
    """By hand, with a target that is not scaled by weights."""
    X, y = data
    weights = 0.5 ** (np.arange(len(X))[::-1] / (0.3 * len(X)))
    options = {"scale_target": False, "epochs": 3}
    first = small(half_life=0.3, **options).fit(X.values, y)
    assert_same_predictions(first, small(**options).fit(X.values, y, weights), X.values)


# Threads


def test_threads_change_nothing(data):
    options = {"window_norm": "last", "linear_path": "ridge", "early_stopping": True}
    alone, together = (three(n_jobs=n_jobs, **options).fit(*data) for n_jobs in (None, 3))
    assert_same_predictions(alone, together, data[0])
    assert alone.histories_ == together.histories_
    assert alone.engine_ == together.engine_ == "compiled"


class FailsInTheLarger(keras.callbacks.Callback):
    """Fails in a network of many weights, while others take their time."""

    def __init__(self, error, epochs):
        super().__init__()
        self.error = error
        self.epochs = epochs  # the caller's own list

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)
        if self.model.count_params() > 200 and epoch == 3:
            if self.error is None:  # the user interrupts, which reaches the main thread
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            else:
                raise self.error
        time.sleep(0.02)


@pytest.fixture
def interrupts():
    """Interrupts are raised, which tests that run in parallel ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("error", [RuntimeError("fails"), None], ids=["error", "interrupt"])
@pytest.mark.parametrize(("n_jobs", "n_epochs"), [(None, 5), (2, 200)])
def test_failure_in_one_network_leaves_all_as_they_were(data, n_jobs, n_epochs, error):
    X, y = data
    differing = [{"dense_units": 2}, {"dense_units": 20}]
    model = small(n_estimators=2, member_params=differing, window_norm="last", linear_path="ridge", n_jobs=n_jobs)
    model.set_params(warm_start=True).fit(X, y)
    before, state = model.predict(X), [member.model_.get_weights() for member in model.members_]
    histories = [{**history} for history in model.histories_]
    epochs = []
    model.set_params(callbacks=FailsInTheLarger(error, epochs), epochs=n_epochs, loss="mae")
    with pytest.raises(RuntimeError if error else KeyboardInterrupt):
        model.fit(X, y)
    assert max(epochs) < 100  # the other does not train to its end
    time.sleep(0.1)  # in which no thread may train on
    np.testing.assert_array_equal(model.predict(X), before)
    for weights, member in zip(state, model.members_, strict=True):
        for a, b in zip(weights, member.model_.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert model.histories_ == histories
    model.set_params(callbacks=None, epochs=1).fit(X, y)
    assert model.n_epochs_ == 3


# Training on


def test_warm_start_trains_all_on(data):
    X, y = data
    model = three(warm_start=True, window_norm="last", linear_path="ridge").fit(X, y)
    whole = three(epochs=4, window_norm="last", linear_path="ridge").fit(X, y)
    model.fit(X, y)
    assert_same_predictions(model, whole, X)
    assert [len(history["loss"]) for history in model.histories_] == [4, 4, 4]
    assert model.best_epochs_ == [4, 4, 4]


@pytest.mark.parametrize("linear_path", ["trained", "ridge"])
def test_partial_fit_trains_all_by_one_epoch(data, linear_path):
    X, y = data
    model = three(linear_path=linear_path)
    for _ in range(2):
        model.partial_fit(X, y)
    assert_same_predictions(model, three(linear_path=linear_path).fit(X, y), X)


def test_number_of_networks_cannot_change_in_a_warm_start(data):
    model = three(warm_start=True).fit(*data)
    with pytest.raises(ValueError, match="n_estimators must be 3, as in the fit whose network is trained on, but is 2"):
        model.set_params(n_estimators=2).fit(*data)


def test_each_network_has_callbacks_of_its_own(data):
    model = three(callbacks=CountsEpochs()).fit(*data)
    assert [callback.epochs for callback in model.callbacks_] == [[0, 1]] * 3
    assert len(set(map(id, model.callbacks_))) == 3


def test_recurrent_networks_of_one_architecture_share_a_program(data):
    model = LSTMRegressor(2, dense_units=(), n_estimators=2, epochs=1, engine="compiled", random_state=0).fit(*data)
    assert model.engine_ == "compiled"
    assert np.ptp(predictions_of_each(model, data[0]), axis=0).max() > 1e-3


def test_failure_in_one_network_stops_the_others_within_their_epoch(data, monkeypatch):
    has_begun, seen = threading.Event(), []

    def train(model, *_, **__):
        if not has_begun.is_set():
            has_begun.set()
            deadline = time.monotonic() + 30
            while not model.stop_training and time.monotonic() < deadline:
                time.sleep(0.01)
            seen.append(model.stop_training)
        raise RuntimeError("it fails")

    monkeypatch.setattr(_members, "train", train)
    with pytest.raises(RuntimeError, match="it fails"):
        small(n_estimators=2, n_jobs=2).fit(*data)
    assert seen == [True]
