import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_regressor
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import TimeSeriesSplit, cross_val_score
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from skhybrid import make_windows
from skhybrid.series.naive import NaiveRegressor


@parametrize_with_checks([NaiveRegressor(), NaiveRegressor("mean")])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", [check_dataframe_column_names_consistency, check_param_validation])
def test_scikit_learn_checks_beyond_the_list(check):
    check("NaiveRegressor", NaiveRegressor())


def windows_and_targets(series, n_steps, horizons):
    """Windows that end at each t with a full history and all targets, by a plain loop."""
    X, y = [], []
    for t in range(n_steps - 1, len(series) - max(horizons)):
        X.append(series[t - n_steps + 1 : t + 1])
        y.append([series[t + h] for h in horizons])
    return np.array(X)[:, :, np.newaxis], np.array(y)


X_HAND = np.array([[[1.0], [2.0], [4.0], [7.0]], [[5.0], [3.0], [2.0], [2.0]]])  # (window, time, feature)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("last", [[7.0, 7.0, 7.0], [2.0, 2.0, 2.0]]),
        ("seasonal", [[2.0, 4.0, 7.0], [3.0, 2.0, 2.0]]),
        ("mean", [[3.5, 3.5, 3.5], [3.0, 3.0, 3.0]]),
        ("drift", [[9.0, 11.0, 13.0], [1.0, 0.0, -1.0]]),
    ],
)
@pytest.mark.parametrize("dtype", [float, np.float32, int, np.uint8])
def test_forecasts_by_hand(strategy, expected, dtype):
    naive = NaiveRegressor(strategy, season_length=3, horizon=[1, 2, 3]).fit(X_HAND.astype(dtype), np.zeros((2, 3)))
    forecast = naive.predict(X_HAND.astype(dtype))
    assert forecast.dtype == np.float64
    np.testing.assert_array_equal(forecast, expected)


@pytest.mark.parametrize(("column", "horizon"), list(enumerate([1, 2, 3, 4, 7])))
@pytest.mark.parametrize("strategy", ["last", "seasonal", "mean", "drift"])
def test_int_horizon_is_one_column_of_many(strategy, column, horizon):
    one = NaiveRegressor(strategy, season_length=3, horizon=horizon).fit(X_HAND, np.zeros(2))
    many = NaiveRegressor(strategy, season_length=3, horizon=[1, 2, 3, 4, 7]).fit(X_HAND, np.zeros((2, 5)))
    assert one.predict(X_HAND).shape == (2,)
    np.testing.assert_array_equal(one.predict(X_HAND), many.predict(X_HAND)[:, column])


@pytest.mark.parametrize("horizon", [1, 3])
def test_last_is_the_shifted_series(horizon):
    series = np.random.default_rng(0).normal(size=40)
    X, y = windows_and_targets(series, 5, [horizon])
    forecast = NaiveRegressor(horizon=horizon).fit(X, y[:, 0]).predict(X)
    np.testing.assert_array_equal(forecast, series[4:-horizon])


@pytest.mark.parametrize("horizon", range(1, 9))
def test_seasonal_is_the_latest_same_season_value(horizon):
    season_length, n_steps = 4, 6
    series = np.random.default_rng(0).normal(size=40)
    X, y = windows_and_targets(series, n_steps, [horizon])
    expected = []
    for t in range(n_steps - 1, len(series) - horizon):
        source = t + horizon
        while source > t:
            source -= season_length
        expected.append(series[source])
    naive = NaiveRegressor("seasonal", season_length=season_length, horizon=horizon).fit(X, y[:, 0])
    np.testing.assert_array_equal(naive.predict(X), expected)


def test_seasonal_repeats_a_periodic_series_without_error():
    series = np.tile([3.0, 1.0, 4.0, 1.0, 5.0], 8)
    X, y = windows_and_targets(series, 5, range(1, 13))
    naive = NaiveRegressor("seasonal", season_length=5, horizon=range(1, 13)).fit(X, y)
    np.testing.assert_array_equal(naive.predict(X), y)


def test_drift_continues_a_line_without_error():
    X, y = windows_and_targets(np.arange(0.0, 60.0, 2.0), 4, [1, 5])
    np.testing.assert_allclose(NaiveRegressor("drift", horizon=[1, 5]).fit(X, y).predict(X), y, rtol=1e-12)


def test_season_of_one_is_last():
    y = np.zeros(2)
    seasonal, last = NaiveRegressor("seasonal").fit(X_HAND, y), NaiveRegressor().fit(X_HAND, y)
    np.testing.assert_array_equal(seasonal.predict(X_HAND), last.predict(X_HAND))


@pytest.mark.parametrize("strategy", ["last", "seasonal", "mean", "drift"])
@pytest.mark.parametrize("shape", [(6, 24), (6, 4, 3, 2)], ids=["2-D", "4-D"])
def test_shapes_agree(strategy, shape):
    X = np.random.default_rng(0).normal(size=(6, 12, 2))
    naive = NaiveRegressor(strategy, season_length=5, target_channel=1, n_features=2)
    expected = clone(naive).fit(X, np.zeros(6)).predict(X)
    forecast = clone(naive).fit(X.reshape(shape), np.zeros(6)).predict(X.reshape(shape))
    np.testing.assert_array_equal(forecast, expected)


@pytest.mark.parametrize(("target_channel", "expected"), [(0, [3.0]), (1, [30.0])])
def test_target_channel(target_channel, expected):
    X = np.array([[[1.0, 10.0], [3.0, 30.0]]])
    naive = NaiveRegressor(target_channel=target_channel).fit(X, [0.0])
    np.testing.assert_array_equal(naive.predict(X), expected)


def test_mean_of_float32_is_summed_in_float64():
    X = np.array([[2.0**24, 1.0, 1.0, 2.0**24]], dtype=np.float32)
    np.testing.assert_array_equal(NaiveRegressor("mean").fit(X, [0.0]).predict(X), [2.0**23 + 0.5])


def test_drift_of_unsigned_integers_may_fall():
    X = np.array([[5, 2]], dtype=np.uint8)
    np.testing.assert_array_equal(NaiveRegressor("drift").fit(X, [0.0]).predict(X), [-1.0])


def test_fit_learns_nothing_from_values():
    fitted_elsewhere = NaiveRegressor("mean").fit(X_HAND + 100, np.full(2, 100.0))
    np.testing.assert_array_equal(fitted_elsewhere.predict(X_HAND), [3.5, 3.0])


def test_sequence_of_one_horizon_gives_a_column():
    assert NaiveRegressor(horizon=[2]).fit(X_HAND, np.zeros((2, 1))).predict(X_HAND).shape == (2, 1)


def test_horizon_as_array_clones_and_fits():
    naive = clone(NaiveRegressor(horizon=np.array([1, 2])))
    assert naive.fit(X_HAND, np.zeros((2, 2))).predict(X_HAND).shape == (2, 2)


def test_column_vector_y_warns_for_int_horizon():
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        NaiveRegressor().fit(X_HAND, np.zeros((2, 1)))


@pytest.mark.parametrize(
    ("horizon", "y", "words"),
    [
        (1, np.zeros((2, 3)), r"horizon=1 asks for 1 output.*y has 3;.*range\(1, 4\)"),
        ([1, 2], np.zeros(2), r"horizon=\[1, 2\] asks for 2 output.*y has 1"),
        ([1, 2], np.zeros((2, 3)), r"horizon=\[1, 2\] asks for 2 output.*y has 3"),
    ],
)
def test_fit_refuses_y_that_does_not_match_horizon(horizon, y, words):
    with pytest.raises(ValueError, match=words):
        NaiveRegressor(horizon=horizon).fit(X_HAND, y)


@pytest.mark.parametrize("horizon", [[], [0], [1, 1], [1.5], ["a"]])
def test_fit_refuses_horizon(horizon):
    with pytest.raises(ValueError, match="horizon must be an integer of at least 1, or several different ones"):
        NaiveRegressor(horizon=horizon).fit(X_HAND, np.zeros(2))


def test_fit_refuses_windows_shorter_than_the_season():
    with pytest.raises(ValueError, match=r"season_length=24 with horizon=1 needs .* at least 24 steps.* n_steps=4"):
        NaiveRegressor("seasonal", season_length=24).fit(X_HAND, np.zeros(2))


def test_fit_names_the_horizon_that_reaches_back_furthest():
    with pytest.raises(ValueError, match=r"season_length=7 with horizon=8 needs .* at least 7 steps"):
        NaiveRegressor("seasonal", season_length=7, horizon=[6, 8]).fit(X_HAND, np.zeros((2, 2)))


def test_season_longer_than_window_is_fine_where_the_horizon_reaches_it():
    naive = NaiveRegressor("seasonal", season_length=24, horizon=[24, 22]).fit(X_HAND, np.zeros((2, 2)))
    np.testing.assert_array_equal(naive.predict(X_HAND), [[7.0, 2.0], [2.0, 3.0]])


def test_fit_refuses_drift_of_one_step():
    with pytest.raises(ValueError, match=r"strategy='drift' needs windows of at least 2 steps.* n_steps=1"):
        NaiveRegressor("drift").fit(X_HAND[:, :1], np.zeros(2))


def test_fit_refuses_missing_channel():
    with pytest.raises(ValueError, match=r"target_channel=1 needs windows of at least 2 features.* have 1"):
        NaiveRegressor(target_channel=1).fit(X_HAND, np.zeros(2))


def test_fit_refuses_columns_that_do_not_divide():
    with pytest.raises(ValueError, match="n_features=3 does not divide the 4 columns"):
        NaiveRegressor(n_features=3).fit(X_HAND[:, :, 0], np.zeros(2))


def test_fit_refuses_video():
    with pytest.raises(ValueError, match=r"2-D .* 3-D .* 4-D .* samples of shape \(1, 1, 1, 1\)"):
        NaiveRegressor().fit(np.zeros((2, 1, 1, 1, 1)), np.zeros(2))


@pytest.mark.parametrize("shape", [(2, 5, 1), (2, 4, 2), (2, 4)])
def test_predict_refuses_another_shape(shape):
    with pytest.raises(ValueError, match=r"samples of shape \(4, 1\) as in fit"):
        NaiveRegressor().fit(X_HAND, np.zeros(2)).predict(np.zeros(shape))


X_GAPS = np.array([[[np.nan], [np.nan], [1.0], [3.0]], [[1.0], [2.0], [3.0], [4.0]]])


@pytest.mark.parametrize(("strategy", "expected"), [("last", [3.0, 4.0]), ("mean", [2.0, 2.5])])
def test_leading_nan_that_is_not_needed(strategy, expected):
    naive = NaiveRegressor(strategy).fit(X_GAPS, np.zeros(2))
    np.testing.assert_array_equal(naive.predict(X_GAPS), expected)


@pytest.mark.parametrize("strategy", ["seasonal", "drift"])
def test_predict_refuses_missing_needed_values(strategy):
    naive = NaiveRegressor(strategy, season_length=4).fit(X_GAPS, np.zeros(2))
    with pytest.raises(ValueError, match=f"strategy='{strategy}' needs values that are missing .* in 1 of 2 windows"):
        naive.predict(X_GAPS)


@pytest.mark.parametrize("strategy", ["last", "seasonal", "mean", "drift"])
def test_predict_refuses_windows_without_values(strategy):
    naive = NaiveRegressor(strategy).fit(X_HAND, np.zeros(2))
    with pytest.raises(ValueError, match=r"missing .* in 2 of 2 windows"):
        naive.predict(np.full_like(X_HAND, np.nan))


def test_nan_in_another_channel_does_not_matter():
    X = np.concatenate([X_HAND, np.full_like(X_HAND, np.nan)], axis=2)
    np.testing.assert_array_equal(NaiveRegressor().fit(X, np.zeros(2)).predict(X), [7.0, 2.0])


def test_fit_refuses_inf():
    with pytest.raises(ValueError, match="X must hold finite numbers, but holds inf"):
        NaiveRegressor().fit(np.full((2, 4, 1), np.inf), np.zeros(2))


def test_data_frames():
    X = pd.DataFrame(X_HAND[:, :, 0], columns=["t-3", "t-2", "t-1", "t-0"])
    naive = NaiveRegressor().fit(X, pd.Series([1.0, 2.0]))
    assert naive.feature_names_in_.tolist() == ["t-3", "t-2", "t-1", "t-0"]
    assert naive.n_features_in_ == 4
    np.testing.assert_array_equal(naive.predict(X), [7.0, 2.0])


@pytest.mark.parametrize(("horizon", "multi_output"), [(1, False), ([1, 2], True)])
def test_tags(horizon, multi_output):
    tags = get_tags(NaiveRegressor(horizon=horizon))
    assert is_regressor(NaiveRegressor(horizon=horizon))
    assert tags.target_tags.multi_output is multi_output
    assert tags.target_tags.single_output is not multi_output
    assert not tags.input_tags.allow_nan  # that is about tables; windows may start with NaN
    assert tags.regressor_tags.poor_score


def test_cross_validated_error_of_last_is_the_step():
    X, y = windows_and_targets(np.arange(30.0), 3, [2])
    scores = cross_val_score(
        NaiveRegressor(horizon=2), X, y[:, 0], cv=TimeSeriesSplit(3, gap=1), scoring="neg_mean_absolute_error"
    )
    np.testing.assert_array_equal(scores, [-2.0, -2.0, -2.0])


def test_what_is_known_ahead_is_not_used():
    X, y = make_windows(np.arange(30.0) % 5, window_length=6, horizon=[1, 2], seasons=[5])
    model = NaiveRegressor("seasonal", season_length=5, horizon=[1, 2]).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), y)
