import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import norm
from sklearn.base import clone
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV, KFold

from skhybrid import CNNLSTMRegressor, DenseRegressor, LSTMRegressor, count_builds, make_power_usage, make_windows
from skhybrid._backend import keras
from skhybrid.estimators._quantiles import Pinball, check_quantiles, spread_quantiles

LEVELS = (0.1, 0.5, 0.9)
N = 64
small_dense = partial(DenseRegressor, 4, loss="quantile", quantiles=LEVELS, epochs=2, random_state=0)
small_hybrid = partial(
    CNNLSTMRegressor, 3, units=3, dense_units=2, loss="quantile", quantiles=LEVELS, epochs=2, random_state=0
)


@pytest.fixture(scope="module")
def data():
    """Windows (sample, time, feature) of a walk around 40, and its next value."""
    X, y = make_windows(40 + np.random.default_rng(0).normal(size=N + 6).cumsum(), window_length=6)
    return np.array(X), y


@pytest.fixture(scope="module")
def fitted(data):
    return small_dense().fit(*data)


@pytest.fixture(scope="module")
def fitted_to_two(data):
    X, y = data
    return small_dense().fit(X, np.c_[y, 50 - 3 * y])


# The loss


def test_pinball_by_hand():
    y = np.float32([[5, 5, 5]])
    forecasts = np.float32([[3, 6, 9]])  # 0.1 * 2, 0.5 * 1 and 0.1 * 4
    assert float(Pinball(LEVELS)(y, forecasts)[0]) == pytest.approx((0.2 + 0.5 + 0.4) / 3)


@pytest.mark.parametrize("levels", [(0.5,), LEVELS, (0.05, 0.25, 0.5, 0.99)])
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_pinball_equals_that_of_sklearn(levels, n_outputs):
    rng = np.random.default_rng(0)
    y, forecasts = rng.normal(size=(20, n_outputs)), rng.normal(size=(20, n_outputs, len(levels)))
    losses = Pinball(levels)(
        np.repeat(y, len(levels), axis=1).astype(np.float32), forecasts.reshape(20, -1).astype(np.float32)
    )
    expected = [mean_pinball_loss(y, forecasts[:, :, i], alpha=level) for i, level in enumerate(levels)]
    assert float(np.mean(losses)) == pytest.approx(np.mean(expected), rel=1e-5)


def test_equal_levels_make_equal_losses():
    assert Pinball(LEVELS) == Pinball(LEVELS)
    assert hash(Pinball(LEVELS)) == hash(Pinball(LEVELS))
    assert Pinball(LEVELS) != Pinball((0.2, 0.5, 0.9))


def test_training_loss_is_the_pinball_loss_in_the_scale_of_y():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(N, 6, 1)), np.c_[rng.normal(size=N), rng.exponential(size=N)]
    model = small_dense(learning_rate=1e-12).set_params(epochs=1).fit(X, Y)
    forecasts = model.predict_quantiles(X)
    losses = [
        mean_pinball_loss(Y[:, output], forecasts[:, output, i], alpha=level) / Y[:, output].std()
        for output in range(2)
        for i, level in enumerate(LEVELS)
    ]
    np.testing.assert_allclose(model.history_["loss"], [np.mean(losses)], rtol=1e-5)


# The head


def head(levels, n_outputs):
    inputs = keras.Input((n_outputs * len(levels),))
    return keras.Model(inputs, spread_quantiles(inputs, n_outputs, levels))


def test_head_by_hand():
    x = np.float32([[1, 2, 10, 3, 4]])
    softplus = np.log1p(np.exp([1.0, 2, 3, 4]))
    expected = 10 + np.cumsum([0, *softplus[2:]])
    expected = [10 - softplus[1] - softplus[0], 10 - softplus[1], *expected]
    np.testing.assert_allclose(head((0.1, 0.3, 0.5, 0.7, 0.9), 1)(x), [expected], rtol=1e-6)


@pytest.mark.parametrize("levels", [(0.5,), (0.5, 0.9), (0.1, 0.5), (0.3, 0.5, 0.6, 0.7)], ids=str)
def test_head_passes_the_median_of_each_output_through(levels):
    x = np.random.default_rng(0).normal(size=(5, 3, len(levels))).astype(np.float32)
    quantiles = head(levels, 3)(x.reshape(5, -1)).numpy().reshape(x.shape)
    middle = levels.index(0.5)
    np.testing.assert_array_equal(quantiles[:, :, middle], x[:, :, middle])
    assert (np.diff(quantiles, axis=2) > 0).all()


HEAD = head((0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99), 2)


@settings(max_examples=100)
@given(x=hnp.arrays(np.float32, (3, 14), elements=st.floats(-(2.0**99), 2.0**99, width=32)))
def test_quantiles_never_cross_whatever_the_network_says(x):
    quantiles = HEAD(x).numpy().reshape(3, 2, 7)
    assert (np.diff(quantiles, axis=2) >= 0).all()


# Forecasts


def test_predict_is_the_median(data, fitted, fitted_to_two):
    X, _ = data
    np.testing.assert_array_equal(fitted.predict(X), fitted.predict_quantiles(X)[:, 1])
    np.testing.assert_array_equal(fitted_to_two.predict(X), fitted_to_two.predict_quantiles(X)[:, :, 1])


def test_shapes_are_those_of_y_with_an_axis_for_the_quantiles(data, fitted, fitted_to_two):
    X, y = data
    one_column = small_dense().fit(X, y[:, None])
    shapes = [model.predict_quantiles(X).shape for model in (fitted, one_column, fitted_to_two)]
    assert shapes == [(N, 3), (N, 1, 3), (N, 2, 3)]
    assert [model.n_outputs_ for model in (fitted, one_column, fitted_to_two)] == [1, 1, 2]


def test_scale_of_y_is_undone_for_each_quantile(data, fitted, fitted_to_two):
    X, y = data
    shifted = small_dense().fit(X, 1000 * y + 7).predict_quantiles(X)
    np.testing.assert_allclose(shifted, 1000 * fitted.predict_quantiles(X) + 7, rtol=1e-5)
    by_hand = small_dense(scale_target=False)
    Y = np.c_[y, 50 - 3 * y]
    by_hand.fit(X, (Y - Y.mean(axis=0)) / Y.std(axis=0))
    expected = by_hand.predict_quantiles(X) * Y.std(axis=0)[:, None] + Y.mean(axis=0)[:, None]
    np.testing.assert_allclose(fitted_to_two.predict_quantiles(X), expected, rtol=1e-5)


def test_quantiles_are_learned():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(2000, 1)).astype(float)
    y = rng.normal(size=2000) * (1 + 2 * X[:, 0])  # spreads three times as much where X is 1
    model = small_dense(learning_rate=0.02).set_params(dense_units=(), epochs=40).fit(X, y)
    expected = norm.ppf(LEVELS) * [[1], [3]]
    np.testing.assert_allclose(model.predict_quantiles([[0.0], [1.0]]), expected, atol=0.25)


@pytest.mark.parametrize("levels", [(0.5,), (0.5, 0.8), (0.2, 0.5), [0.1, 0.5, 0.6]], ids=str)
def test_other_levels(data, levels):
    X, y = data
    forecasts = small_dense(quantiles=levels).fit(X, y).predict_quantiles(X)
    assert forecasts.shape == (N, len(levels))
    assert (np.diff(forecasts, axis=1) >= 0).all()


def test_one_median_equals_half_the_absolute_error(data):
    X, y = data
    by_mae = DenseRegressor(4, loss="mae", optimizer="sgd", learning_rate=0.01, epochs=2, random_state=0).fit(X, y)
    by_median = small_dense(quantiles=(0.5,), optimizer="sgd", learning_rate=0.02).fit(X, y)
    np.testing.assert_allclose(by_median.predict(X), by_mae.predict(X), rtol=1e-5)


@pytest.mark.parametrize("window_norm", ["last", "relative", "standard"])
def test_quantiles_follow_the_level_of_the_window(data, window_norm):
    X, y = data
    model = small_hybrid(window_norm=window_norm).fit(X, y)
    factor, shift = (1, 64) if window_norm == "last" else (16, 0)
    forecasts = model.predict_quantiles(X)
    np.testing.assert_allclose(model.predict_quantiles(factor * X + shift), factor * forecasts + shift, rtol=1e-4)
    assert (np.diff(forecasts, axis=1) > 0).all()


def test_window_norm_of_quantiles_equals_normalising_by_hand(data):
    X, y = data
    Y = np.c_[y, y + 1]
    z, y_z = X - X[:, -1:], Y - X[:, -1]
    size = np.sqrt(np.mean(y_z**2))
    plain = small_hybrid(scale_target=False).fit(z / z.std(), y_z / size)
    expected = plain.predict_quantiles(z / z.std()) * size + X[:, -1:]
    np.testing.assert_allclose(small_hybrid(window_norm="last").fit(X, Y).predict_quantiles(X), expected, rtol=1e-5)


# Like every other estimator


def test_weight_zero_is_no_sample(data, fitted):
    X, y = (np.concatenate([a, 10 * a[:5]]) for a in data)
    model = small_dense().fit(X, y, np.repeat([1.0, 0.0], [N, 5]))
    np.testing.assert_array_equal(model.predict_quantiles(X[:N]), fitted.predict_quantiles(X[:N]))


def test_weights_matter(data, fitted):
    X, y = data
    weighted = small_dense().fit(X, y, np.linspace(0.1, 2, N))
    assert np.abs(weighted.predict_quantiles(X) - fitted.predict_quantiles(X)).max() > 1e-4


@pytest.mark.parametrize("estimator", [small_dense, small_hybrid])
def test_compiled_training_equals_keras(data, estimator):
    X, y = data
    compiled, by_keras = (estimator(engine=engine).fit(X, y).predict_quantiles(X) for engine in ("compiled", "keras"))
    np.testing.assert_allclose(compiled, by_keras, rtol=1e-5)


def test_clone_and_pickle(data, fitted):
    X, y = data
    expected = fitted.predict_quantiles(X)
    np.testing.assert_array_equal(clone(fitted).fit(X, y).predict_quantiles(X), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_quantiles(X), expected)


def test_search_over_levels(data):
    grid = {"quantiles": [(0.5,), LEVELS], "dense_units": [2, 4]}
    search = GridSearchCV(small_dense(), grid, cv=KFold(2), scoring="neg_mean_absolute_error").fit(*data)
    levels = search.best_params_["quantiles"]
    assert search.best_estimator_.predict_quantiles(data[0]).shape == (N, len(levels))


def test_equal_levels_share_their_programs(data, fitted):
    X, y = data
    fitted.predict(X)
    before = count_builds()
    small_dense(random_state=1, quantiles=list(LEVELS)).fit(X[:40], y[:40]).predict(X)
    assert count_builds() == before
    small_dense(quantiles=(0.2, 0.5, 0.9)).fit(X, y)
    assert count_builds() > before


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, with NumPy 2
@pytest.mark.parametrize("window_norm", [None, "standard"])
def test_keras_model_gives_all_quantiles(data, window_norm, tmp_path):
    X, y = data
    model = small_hybrid(window_norm=window_norm).fit(X, np.c_[y, y + 1])
    model.to_keras().save(tmp_path / "model.keras")
    outputs = keras.saving.load_model(tmp_path / "model.keras")(X.astype(np.float32))
    np.testing.assert_allclose(outputs, model.predict_quantiles(X), rtol=1e-6, atol=1e-6 * y.std())


def test_early_stopping_watches_the_pinball_loss(data):
    X, y = data
    model = small_dense(early_stopping=True, validation_fraction=0.25).set_params(epochs=1).fit(X, y)
    forecasts = model.predict_quantiles(X[48:])
    losses = [mean_pinball_loss(y[48:], forecasts[:, i], alpha=level) for i, level in enumerate(LEVELS)]
    np.testing.assert_allclose(model.history_["val_loss"], [np.mean(losses) / y[:48].std()], rtol=1e-5)


def test_quantiles_are_offered_with_their_loss_only(data):
    model = DenseRegressor(2, epochs=1).fit(*data)
    assert not hasattr(model, "predict_quantiles")
    assert not hasattr(DenseRegressor(), "predict_quantiles")
    assert hasattr(small_dense(), "predict_quantiles")
    with pytest.raises(AttributeError, match="predict_quantiles"):
        model.predict_quantiles(data[0])


# Held-out time, against the interval that a normal distribution of the errors around the point forecast makes


def pinball(y, forecasts):
    return np.mean([mean_pinball_loss(y, forecasts[:, i], alpha=level) for i, level in enumerate(LEVELS)])


def assert_beats_normal_interval(network, series, window_length, n_training):
    """Compare on all that follows the training samples; the settings were chosen on the last of these."""
    network = partial(
        network, window_norm="last", early_stopping=True, validation_fraction=0.2, n_iter_no_change=5, random_state=0
    )
    X, y = make_windows(series, window_length=window_length)
    training, held_out = slice(n_training), slice(n_training, None)
    point = network().fit(X[training], y[training])
    deviation = np.std(y[training] - point.predict(X[training]))
    interval = point.predict(X[held_out])[:, None] + deviation * norm.ppf(LEVELS)
    model = network(loss="quantile", quantiles=LEVELS).fit(X[training], y[training])
    forecasts = model.predict_quantiles(X[held_out])
    assert pinball(y[held_out], forecasts) < pinball(y[held_out], interval)
    covered = (forecasts[:, 0] <= y[held_out]) & (y[held_out] <= forecasts[:, 2])
    assert 0.75 <= covered.mean() <= 0.85
    assert (np.diff(forecasts, axis=1) >= 0).all()


def test_quantiles_of_power_usage_beat_the_normal_interval():
    # Bursts only go up, and spread the errors of a few hours: a normal distribution covers 92 % instead of 80 %.
    network = partial(LSTMRegressor, 16, epochs=40, learning_rate=0.003)
    assert_beats_normal_interval(network, make_power_usage(100, random_state=0)["load"], 24, 1800)


@pytest.mark.real_data
def test_quantiles_of_electricity_demand_beat_the_normal_interval(shared_data):
    network = partial(DenseRegressor, (32, 32), dropout=0.1, epochs=40, learning_rate=0.001, batch_size=64)
    demand = pd.read_csv(shared_data / "vic_electricity_halfhourly.csv.gz")["demand_mw"]
    assert_beats_normal_interval(network, demand, 48, 37_000)  # two years, and the eleven months that follow


# Errors


@pytest.mark.parametrize(
    "quantiles",
    [None, (), (0.9, 0.5, 0.1), (0.1, 0.9), (0, 0.5), (0.5, 1), (0.5, 0.5), (0.5, 1.5), (0.5, np.nan), ("a", 0.5), "a"],
    ids=repr,
)
def test_wrong_levels_are_refused(quantiles):
    with pytest.raises(
        ValueError, match=r"quantiles must hold rising levels between 0 and 1 with 0.5, .* but is .*; pass for example"
    ):
        check_quantiles(quantiles)


def test_levels_become_a_tuple_of_floats():
    assert check_quantiles(np.array([0.1, 0.5])) == (0.1, 0.5)
    assert {type(level) for level in check_quantiles(np.array([0.1, 0.5]))} == {float}


def test_loss_without_levels_is_refused(data):
    with pytest.raises(ValueError, match=r"quantiles must hold rising levels .* but is None; pass for example"):
        small_dense(quantiles=None).fit(*data)


def test_levels_without_the_loss_are_refused(data):
    with pytest.raises(
        ValueError, match=r"quantiles=\(0.1, 0.5, 0.9\) needs loss='quantile', but loss is 'mse'; pass both, or neither"
    ):
        small_dense(loss="mse").fit(*data)


def test_levels_of_another_kind_are_refused(data):
    with pytest.raises(ValueError, match="The 'quantiles' parameter of DenseRegressor must be"):
        small_dense(quantiles=0.5).fit(*data)
