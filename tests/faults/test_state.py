"""Kind 2, lines 2.6 to 2.9: parameters that are set after a fit, and what remains where training fails."""

import keras
import numpy as np
import pytest

from skhybrid import DenseRegressor, LSTMRegressor, SlidingWindow, WindowedRegressor

W = np.random.default_rng(0).normal(size=(64, 6, 2))
y = 10 * W[:, -1, 0] + W[:, 0, 1]


def outcome(function):
    """Return what a function returns, or the text of its error."""
    try:
        return function()
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def fit(cls=DenseRegressor, **parameters):
    return cls(4, **{"epochs": 1, "random_state": 0, "warm_start": True, **parameters}).fit(W, y)


@pytest.mark.fault("2.6")
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_learning_rate_is_applied(method):
    model = fit().set_params(learning_rate=0.5)
    getattr(model, method)(W, y)
    assert float(model.model_.optimizer.learning_rate) == 0.5


@pytest.mark.fault("2.6")
def test_loss_is_applied():
    model = fit(engine="keras", scale_target=False, batch_size=64)
    errors = np.abs(model.predict(W) - y)
    model.set_params(loss="mae").fit(W, y)
    assert model.history_["loss"][-1] == pytest.approx(errors.mean(), rel=1e-4)


@pytest.mark.fault("2.6")
@pytest.mark.parametrize(
    "change",
    [{"units": 5}, {"dropout": 0.5}, {"optimizer": "sgd"}, {"scale_target": False}, {"random_state": 1}],
    ids=list,
)
def test_what_cannot_be_applied_is_refused_by_name(change):
    model = fit(LSTMRegressor).set_params(**change)
    words = outcome(lambda: model.fit(W, y))
    assert str(words).startswith(f"ValueError: {next(iter(change))} must be ")


@pytest.mark.fault("2.7")
def test_prediction_reads_what_fit_learned():
    model = DenseRegressor(4, epochs=1, random_state=0).fit(W, y)
    expected = model.predict(W)
    assert np.array_equal(model.set_params(window_norm="last").predict(W), expected)


@pytest.mark.fault("2.7")
def test_quantiles_stay_after_another_loss_is_set():
    model = DenseRegressor(4, loss="quantile", quantiles=(0.1, 0.5, 0.9), epochs=1, random_state=0).fit(W, y)
    expected = model.predict_quantiles(W)
    model.set_params(loss="mse", quantiles=None)
    assert np.array_equal(outcome(lambda: model.predict_quantiles(W)), expected)


@pytest.mark.fault("2.7")
def test_windows_are_as_long_as_in_fit():
    rows = W[:, 0]
    window = SlidingWindow(3).fit(rows[:40])
    expected = window.transform(rows[40:])
    assert np.array_equal(window.set_params(window_length=5).transform(rows[40:]), expected)


@pytest.mark.fault("2.8")
def test_warm_start_reaches_the_network_inside():
    rows, target = W[:, 0], W[:, 0, 0]
    model = WindowedRegressor(DenseRegressor(4, epochs=2, random_state=0, warm_start=True), 4).fit(rows, target)
    assert model.fit(rows, target).estimator_.n_epochs_ == 4


@pytest.mark.fault("2.8")
def test_partial_fit_reaches_the_network_inside():
    rows, target = W[:, 0], W[:, 0, 0]
    model = WindowedRegressor(DenseRegressor(4, epochs=1, random_state=0), 4).fit(rows[:40], target[:40])
    trained = outcome(lambda: model.partial_fit(rows[40:], target[40:]).estimator_.n_epochs_)
    assert trained == 2


@pytest.mark.fault("2.9")
@pytest.mark.parametrize("engine", ["auto", "keras"])
def test_diverging_partial_fit_leaves_the_model_as_before(engine):
    model = fit(optimizer="sgd", batch_size=4, engine=engine)
    expected = model.predict(W)
    words = outcome(lambda: model.partial_fit(W, y * np.where(np.arange(64) % 2, 1e30, -1e30)))
    assert "finite loss" in str(words)
    assert np.array_equal(outcome(lambda: model.predict(W)), expected)


class Interrupts(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.fault("2.9")
@pytest.mark.parametrize("engine", ["auto", "keras"])
def test_interrupted_fit_leaves_the_model_as_before(engine):
    model = fit(engine=engine)
    expected = model.predict(W)
    words = outcome(lambda: model.set_params(epochs=4, callbacks=Interrupts()).fit(W, y))
    assert str(words).startswith("KeyboardInterrupt")
    assert np.array_equal(model.predict(W), expected)
