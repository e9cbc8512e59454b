"""How windows are read: which features are normalised, which steps read, what targets are relative to."""

from functools import partial

import numpy as np
import pytest

from skhybrid import DenseRegressor, LSTMClassifier, LSTMRegressor, NaiveRegressor
from tests.estimators.known_ahead import SEASON, make_known, make_rows
from tests.helpers import assert_same_predictions

small = partial(DenseRegressor, 3, activation="tanh", epochs=2, random_state=0)


@pytest.fixture(scope="module")
def data():
    X, y = make_known(n_features=3, known=(), seasons=(SEASON,))
    return np.array(X.values), y


# Seasons


@pytest.mark.parametrize("season_length", [1, 3, SEASON])
@pytest.mark.parametrize("channel", [0, 1])
def test_seasonal_targets_are_what_the_naive_forecast_leaves(data, channel, season_length):
    X = data[0]
    series = make_rows(70, 3)[8:, channel]
    y = np.stack([series[i : i + 4] for i in range(len(X))])
    model = small(window_norm="seasonal", season_length=season_length, target_channel=channel).fit(X, y)
    naive = NaiveRegressor("seasonal", season_length=season_length, horizon=range(1, 5))
    forecast = naive.fit(X[..., channel], y).predict(X[..., channel])
    z = X - X[:, -1:]
    z /= z.std(axis=(0, 1))
    size = np.sqrt(np.mean((y - forecast) ** 2))
    plain = small(scale_target=False).fit(z, (y - forecast) / size)
    np.testing.assert_allclose(model.predict(X), plain.predict(z) * size + forecast, rtol=0, atol=2e-5 * y.std())
    exported = model.to_keras()(X.astype(np.float32))
    np.testing.assert_allclose(exported, model.predict(X), rtol=0, atol=1e-5 * y.std())


def test_horizon_longer_than_a_season_repeats_it():
    X, y = make_known(n_steps=8, known=(), seasons=(SEASON,))
    model = small(window_norm="seasonal", season_length=3).fit(X.values, y)
    output = model.model_.get_layer("output")
    output.set_weights([0 * w for w in output.get_weights()])
    expected = X.values[:, [5, 6, 7, 5, 6, 7, 5, 6], 0]
    np.testing.assert_allclose(model.predict(X.values), expected, atol=1e-6)


def test_season_of_one_step_is_the_last_value(data):
    assert_same_predictions(
        small(window_norm="seasonal", season_length=1).fit(*data), small(window_norm="last").fit(*data), data[0]
    )


# Features


@pytest.mark.parametrize("window_norm", ["last", "relative", "standard", "seasonal"])
def test_other_features_are_left_alone(window_norm):
    X, y = make_known(n_features=3, level=12)
    X = X.values
    options = {"window_norm": window_norm, "season_length": 3}
    model = small(norm_channels=[0], **options).fit(X, y)
    # By hand: the treated feature as a normalisation of all treats it, the others as they are.
    location = {"standard": X.mean(axis=1, keepdims=True)}.get(window_norm, X[:, -1:])
    scale = {"standard": X.std(axis=1, keepdims=True), "relative": X[:, -1:]}.get(window_norm, 1)
    z = (X - location) / scale
    read = np.concatenate([z[..., :1] / z[..., 0].std(), X[..., 1:]], axis=2).reshape(len(X), -1)
    (kernel, bias), (last_kernel, last_bias) = (
        model.model_.get_layer(name).get_weights() for name in ("dense_1", "output")
    )
    outputs = np.tanh(read @ kernel + bias) @ last_kernel + last_bias
    base = X[:, 5 + np.arange(4) % 3, 0] if window_norm == "seasonal" else location[:, :, 0]
    of_target = np.reshape(scale[:, 0, 0], (-1, 1)) if np.ndim(scale) else 1
    size = np.sqrt(np.mean(((y - base) / of_target) ** 2))
    np.testing.assert_allclose(model.predict(X), outputs * size * of_target + base, rtol=0, atol=1e-5 * y.std())


def test_all_features_by_position_are_all(data):
    first, second = (small(window_norm="last", norm_channels=c).fit(*data) for c in (None, [2, 0, 1]))
    assert_same_predictions(first, second, data[0])


def test_constant_flag_does_not_lose_its_value(data):
    X, y = data[0].copy(), data[1]
    X[:, :, 2] = np.arange(len(X))[:, None] % 2
    treated, left = (small(window_norm="last", norm_channels=c).fit(X, y) for c in (None, [0, 1]))
    other = X.copy()
    other[:, :, 2] = 1 - other[:, :, 2]
    np.testing.assert_array_equal(treated.predict(other), treated.predict(X))
    assert (left.predict(other) != left.predict(X)).any(axis=1).all()


# Steps


@pytest.mark.parametrize("window_norm", [None, "last"])
def test_network_reads_the_newest_steps(data, window_norm):
    X, y = data
    model = small(last_steps=3, window_norm=window_norm).fit(X, y)
    assert model.model_.get_layer("dense_1").kernel.shape == (9, 3)
    older = X.copy()
    older[:, :5] += 7
    np.testing.assert_array_equal(model.predict(older), model.predict(X))
    newer = X.copy()
    newer[:, 5] += 7
    assert (model.predict(newer) != model.predict(X)).any(axis=1).all()


def test_newest_steps_alone_are_the_same_network(data):
    X, y = data
    expected = small().fit(X[:, -3:], y).predict(X[:, -3:])
    np.testing.assert_array_equal(small(last_steps=3).fit(X, y).predict(X), expected)


def test_linear_path_reads_all_steps(data):
    X, y = data
    model = small(last_steps=3, window_norm="last", linear_path="trained").fit(X, y)
    older = X.copy()
    older[:, 0] += 7
    assert (model.predict(older) != model.predict(X)).all()


def test_classifier_reads_the_newest_steps_too(data):
    X, y = data
    labels = y[:, 0] > y[:, 0].mean()
    model = LSTMClassifier(2, last_steps=2, epochs=1, random_state=0).fit(X, labels)
    older = X.copy()
    older[:, :6] += 7
    np.testing.assert_array_equal(model.predict_proba(older), model.predict_proba(X))


def test_sequence_that_ends_early_is_not_cut(data):
    """Its newest steps are not at the end of the array."""
    X, y = data[0].copy(), data[1]
    X[::2, -3:] = np.nan
    model = LSTMRegressor(2, n_estimators=2, member_params=[{}, {"last_steps": 4}], epochs=1)
    with pytest.raises(ValueError, match="last_steps=4 needs sequences of equal length"):
        model.fit(X, y)
