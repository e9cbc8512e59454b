"""The setting that needs no choices, on whatever series there are."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    WindowedRegressor,
    Windows,
    make_supervised,
    make_windows,
    recommended,
)
from tests.estimators.known_ahead import SEASON, make_known, make_rows
from tests.helpers import assert_same_predictions

H = 4
tiny = partial(recommended, H, SEASON, filters=2, units=2, epochs=2, n_estimators=1, min_samples=0, random_state=0)
in_time = TimeSeriesSplit(2, test_size=20, gap=H - 1)


@pytest.fixture(scope="module")
def data():
    return make_known(130)


@pytest.fixture(scope="module")
def fitted(data):
    """Two networks, on windows with what is known ahead."""
    return tiny(n_estimators=2).fit(*data)


def assert_forecasts(model, X, y):
    """A forecast is finite, and better than the last value's season is wide."""
    forecast = model.predict(X)
    assert forecast.shape == y.shape
    assert np.isfinite(forecast).all()
    assert np.sqrt(np.mean((forecast - y) ** 2)) < y.std()


# Few samples


@pytest.mark.parametrize("n_samples", [129, 130])
def test_few_samples_are_left_to_the_linear_path(data, n_samples):
    X, y = (part[:n_samples] for part in make_known(141))
    assert len(y) == n_samples
    model = tiny(min_samples=130, n_estimators=2, n_iter_no_change=2).fit(X, y)
    if n_samples == 130:
        assert model.engine_ == "compiled"
        assert min(len(history["loss"]) for history in model.histories_) == 2
        return
    assert model.engine_ == "none: the linear path forecasts alone, as samples are fewer than min_samples=130"
    assert model.best_epochs_ == [0, 0]
    assert model.history_ == model.refit_history_ == {"loss": []}
    assert not model.gate_.any()
    alone = tiny(epochs=0, min_samples=0, n_estimators=2).fit(X, y)
    assert_same_predictions(model, alone, X)
    assert alone.engine_ == "none: the linear path forecasts alone, as epochs is 0"
    assert_same_predictions(model, pickle.loads(pickle.dumps(model)), X)
    exported = np.asarray(model.to_keras()([X.values.astype(np.float32), X.ahead]))
    np.testing.assert_allclose(exported, model.predict(X), rtol=0, atol=1e-5 * y.std())


def test_quantiles_of_few_samples_are_the_networks(data):
    model = tiny(loss="quantile", quantiles=(0.1, 0.5, 0.9), min_samples=500).fit(*data)
    assert model.engine_ == "compiled"
    assert model.best_epoch_ > 0


def test_samples_of_weight_zero_are_not_counted(data):
    X, y = data
    model = tiny(min_samples=len(y)).fit(X, y, sample_weight=np.arange(len(y)) > 0)
    assert model.best_epochs_ == [0]


# Parameters


def test_every_call_returns_the_same_and_another_estimator():
    first, second = recommended(24, (24, 168)), recommended(24, (24, 168))
    assert first is not second
    assert first.get_params() == second.get_params()
    assert type(first) is CNNLSTMRegressor
    assert not hasattr(first, "members_")


def test_series_do_not_differ_in_what_is_set():
    """But for the season, and for segments where the horizon is of several seasons, or of one step."""
    first, second, third, fourth = (
        recommended(*of_series).get_params() for of_series in ((24, 24), (96, (24, 168)), (7,), (1, 7))
    )
    names = [name for name in first if len({repr(p[name]) for p in (first, second, third)}) > 1]
    assert names == ["season_length", "segment_length"]
    assert [name for name in first if fourth[name] != third[name]] == ["decoder", "season_length", "segment_length"]


@pytest.mark.parametrize(
    ("horizon", "seasons", "season_length", "segment_length"),
    [
        (24, 24, 24, 24),
        (24, (24, 168), 24, 24),
        (24, (168, 24), 24, 24),
        (48, 24, 24, 48),
        (49, 24, 24, 24),
        (5, (), None, 5),
        (np.int64(5), np.int64(2), 2, 2),
        (5, np.array([7, 30]), 7, 5),
    ],
    ids=str,
)
def test_seasons_and_segments(horizon, seasons, season_length, segment_length):
    model = recommended(horizon, seasons)
    assert (model.season_length, model.segment_length) == (season_length, segment_length)


def test_parameters_are_set_otherwise():
    model = recommended(5, 7, random_state=3, epochs=0, segment_length=1)
    expected = recommended(5, 7).get_params() | {"random_state": 3, "epochs": 0, "segment_length": 1}
    assert model.get_params() == expected
    with pytest.raises(TypeError, match="unexpected keyword argument 'season'"):
        recommended(5, season=7)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0,), "horizon must be an integer of at least 1, but is 0; pass"),
        (("4",), "horizon must be an integer of at least 1, but is '4'"),
        ((4, 1), r"seasons must hold different lengths, each an integer of at least 2, but is \[1\]; pass"),
        ((4, (24, 24)), r"seasons must hold different lengths, .* but is \(24, 24\)"),
        ((4, 24.0), "seasons must hold different lengths, .* but is 24.0"),
        ((4, None), r"seasons must hold .* but is None; pass for example seasons=\(24, 168\), or \(\) for none"),
    ],
    ids=str,
)
def test_wrong_horizon_or_season_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        recommended(*given)


# What it is fitted to


def test_windows_with_what_is_known_ahead(data, fitted):
    assert_forecasts(fitted, *data)
    assert fitted.kernel_size_ == 1  # of 8 steps, which hold one season
    assert fitted.linear_share_.shape == (2 * 4 * 4,)  # weights, lengths and bases
    assert fitted.gate_.shape == (2, H)


@pytest.mark.parametrize("sizes", [(1e6, 1e-6), (1e-6, 1e6)], ids=str)
def test_plain_windows_in_any_units(data, sizes):
    values, y = data[0].values * np.array(sizes), data[1] * sizes[0]
    model, expected = tiny().fit(values, y), tiny().fit(data[0].values, data[1])
    assert_forecasts(model, values, y)
    np.testing.assert_allclose(
        model.predict(values), sizes[0] * expected.predict(data[0].values), rtol=0, atol=1e-3 * y.std()
    )


@pytest.mark.parametrize("is_1d", [True, False])
def test_one_step(data, is_1d):
    X, y = data
    y = y[:, 0] if is_1d else y[:, :1]
    model = recommended(1, SEASON, **tiny.keywords).fit(X.values, y)
    assert_forecasts(model, X.values, y)


def test_horizon_of_several_seasons_is_cut_into_seasons():
    X, y = make_known(160, n_steps=15, window_length=24)
    model = recommended(15, SEASON, **tiny.keywords | {"linear_lengths": 1}).fit(X, y)
    assert_forecasts(model, X, y)
    assert model.kernel_size_ == SEASON
    assert model.segment_length == SEASON


@pytest.mark.parametrize(("window_length", "n_lengths", "n_bases"), [(1, 1, 2), (5, 3, 3)])
def test_windows_of_less_than_a_season(window_length, n_lengths, n_bases):
    X, y = make_known(130, window_length=window_length)
    model = tiny().fit(X, y)
    assert_forecasts(model, X, y)
    assert model.linear_share_.shape == (2 * n_lengths * n_bases,)  # without the bases that the window does not hold


def test_without_a_season(data):
    X, y = data[0].values, data[1]
    model = recommended(H, **tiny.keywords).fit(X, y)
    assert_forecasts(model, X, y)
    assert model.kernel_size_ == 1


@pytest.mark.parametrize("n_windows", [1, 5, 12])
def test_too_few_windows_are_refused_in_one_sentence(data, n_windows):
    words = (
        f"of {n_windows} samples validation_fraction=0.15, validation_folds=4 and a gap of 3 leave .*; "
        "pass more samples, another validation_fraction, fewer validation_folds or a smaller validation_gap.$"
    )
    with pytest.raises(ValueError, match=words):
        tiny().fit(data[0][:n_windows], data[1][:n_windows])


@pytest.mark.parametrize("n_windows", [13])
def test_few_windows_are_enough(data, n_windows):
    model = tiny().fit(data[0][:n_windows], data[1][:n_windows])
    assert np.isfinite(model.predict(data[0])).all()


@pytest.mark.parametrize("level", [0.0, 1e6])
def test_constant_series_stays_where_it_is(level):
    X, y = make_windows(np.full(80, level), window_length=8, horizon=range(1, H + 1), seasons=[SEASON])
    model = tiny().fit(X, y)
    np.testing.assert_allclose(model.predict(X), level, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 1e6])
def test_constant_feature_tells_nothing(data, value):
    values, y = data[0].values.astype(float), data[1]
    values[..., 1] = value
    model = tiny().fit(values, y)
    assert_forecasts(model, values, y)


def test_windows_that_start_before_the_series_are_left_out(data):
    values, y = data[0].values.copy(), data[1].copy()
    values[0, :5], values[1, :2] = np.nan, np.nan
    model = tiny().fit(values, y)
    assert np.isfinite(model.predict(values)).all()
    y[:2] += 1e3
    assert_same_predictions(model, tiny().fit(values, y), values)


@pytest.mark.parametrize("options", [{"loss": "mae"}, {"loss": "quantile", "quantiles": (0.1, 0.5, 0.9)}], ids=str)
def test_other_losses(data, options):
    X, y = data
    model = tiny(**options).fit(X, y)
    assert_forecasts(model, X, y)
    if "quantiles" in options:
        assert (np.diff(model.predict_quantiles(X), axis=-1) > 0).all()


@pytest.mark.parametrize(("loss", "expected"), [("mse", "mean"), ("mae", "median")])
def test_each_loss_forecasts_what_is_least_by_it(loss, expected):
    """Sales on a third of the days: of absolute errors nearly nothing is least, of squared ones the mean."""
    rng = np.random.default_rng(0)
    sales = np.where(rng.random(500) < 0.35, rng.exponential(3, 500), 0)
    X, y = make_windows(sales, window_length=16, horizon=range(1, H + 1))
    model = tiny(loss=loss, epochs=20).fit(X[:400], y[:400])
    forecast = model.predict(X[400 + H :])
    mean = sales.mean()
    assert np.abs(forecast - (mean if expected == "mean" else 0)).mean() < 0.3 * mean


def test_without_epochs_it_is_the_linear_path(data):
    X, y = data
    model = tiny(epochs=0).fit(X, y)
    assert model.best_epochs_ == [0]
    np.testing.assert_array_equal(
        model.predict(X), model._target.decode(model._linear.predict(model._read_as_fitted(X)), X.values)[..., 0]
    )
    assert_forecasts(model, X, y)


def test_newest_rows_are_learned_from(data):
    X, y = data
    altered = y.copy()
    altered[-1] += 1
    assert np.abs(tiny().fit(X, y).predict(X) - tiny().fit(X, altered).predict(X)).max() > 1e-4


# As scikit-learn's estimators


def test_clone_and_pickle(data, fitted):
    (X, y), model = data, fitted
    assert clone(model).get_params() == model.get_params()
    assert_same_predictions(model, pickle.loads(pickle.dumps(model)), X)
    assert_same_predictions(model, clone(model).fit(X, y), X)


def test_keras_model_without_trees(data):
    X, y = data
    model = tiny(n_estimators=2, boosting=False).fit(X, y)
    exported = np.asarray(model.to_keras()([X.values.astype(np.float32), X.ahead]))
    np.testing.assert_allclose(exported, model.predict(X), rtol=0, atol=1e-5 * y.std())


def test_parameters_are_searched(data):
    grid = {"validation_folds": [1, 3]}
    search = GridSearchCV(tiny(epochs=1, linear_lengths=1), grid, cv=in_time, error_score="raise").fit(*data)
    assert search.best_params_["validation_folds"] in (1, 3)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_behind_a_scaler_in_cross_validation(data):
    scores = cross_val_score(
        make_pipeline(StandardScaler(), tiny(epochs=1, n_features=2)),
        data[0].values.reshape(-1, 16),
        data[1],
        cv=in_time,
    )
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


def make_frame(n_rows=140):
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    return pd.DataFrame(make_rows(n_rows), index, columns=["load", "heat"])


def windowed(**parameters):
    options = {"horizon": range(1, H + 1), "seasons": [SEASON], "known_future": ["heat"], "embargo": 0}
    return WindowedRegressor(tiny(**parameters), 8, **options)


def test_on_rows_whose_next_steps_are_known_in_part():
    X, y = make_supervised(make_frame(), "load", horizon=range(1, H + 1), known_future=["heat"])
    model = windowed().fit(X, y)
    forecast = model.predict(X)
    assert forecast.shape == y.shape
    known, targets = make_windows(
        make_frame(), "load", window_length=8, horizon=range(1, H + 1), known_future=["heat"], seasons=[SEASON]
    )
    # What is known ahead is read for each coming step, not once more in the window.
    known = Windows(known.values[:, :, :1], known.ahead, seasons=known.seasons)
    expected = tiny().fit(known, targets).predict(known)  # of other numbers of rows at once
    np.testing.assert_allclose(forecast[-len(known) :], expected, rtol=0, atol=1e-9)


def test_on_rows_in_cross_validation():
    X, y = make_supervised(make_frame(), "load", horizon=range(1, H + 1), known_future=["heat"])
    cv = TimeSeriesSplit(2, test_size=20)
    scores = cross_val_score(windowed(epochs=1), X, y, cv=cv, error_score="raise")
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
