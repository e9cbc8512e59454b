"""The linear path learned anew beside networks that stay."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skhybrid import CNNLSTMRegressor, LSTMRegressor, make_windows, recommended


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    load = 10 + 3 * np.sin(np.arange(700) * 2 * np.pi / 12) + rng.normal(size=700)
    return make_windows(load, window_length=36, horizon=range(1, 7), seasons=[12])


@pytest.fixture(scope="module")
def network(data):
    X, y = data
    return recommended(6, 12, epochs=2, filters=4, units=4, random_state=0).fit(X[:600], y[:600])


def trained_weights(network):
    return [weight.numpy() for member in network.members_ for weight in member.model_.trainable_weights]


def test_same_samples_change_nothing(network, data):
    X, y = data
    before = network.predict(X)
    np.testing.assert_array_equal(network.refresh_linear(X[:600], y[:600]).predict(X), before)


def test_later_samples_change_the_path_alone(network, data):
    X, y = data
    before = network.predict(X)
    weights = trained_weights(network)
    share, gate, trees = network.linear_share_, network.gate_, network.boosting_share_
    network.refresh_linear(X, y)
    assert not np.allclose(network.predict(X), before)
    for now, then in zip(
        (network.linear_share_, network.gate_, network.boosting_share_), (share, gate, trees), strict=True
    ):
        np.testing.assert_array_equal(now, then)
    for now, then in zip(trained_weights(network), weights, strict=True):
        np.testing.assert_array_equal(now, then)
    np.testing.assert_array_equal(network.refresh_linear(X[:600], y[:600]).predict(X), before)


def test_path_alone_equals_a_fresh_closed_form_fit(data):
    X, y = data
    windows = X.values
    alone = CNNLSTMRegressor(linear_path="ridge", epochs=0, early_stopping=False, scale_target=False, random_state=0)
    alone.fit(windows[:600], y[:600]).refresh_linear(windows, y)
    ridge = Ridge(alone.linear_penalty_[0]).fit(windows[:, :, 0], y)
    np.testing.assert_allclose(alone.predict(windows), ridge.predict(windows[:, :, 0]), rtol=1e-8)


def test_failure_leaves_the_estimator_as_it_was(network, data):
    X, y = data
    before = network.predict(X)
    with pytest.raises(ValueError, match="NaN"):
        network.refresh_linear(X, np.where(np.arange(len(y))[:, None] == 5, np.nan, y))
    np.testing.assert_array_equal(network.predict(X), before)


def test_only_a_path_in_closed_form_is_refreshed():
    assert not hasattr(LSTMRegressor(), "refresh_linear")
    assert not hasattr(LSTMRegressor(linear_path="trained"), "refresh_linear")
    assert hasattr(LSTMRegressor(linear_path="ridge"), "refresh_linear")
