"""Intervals of forecasters: against what is calibrated by hand, and without any look ahead."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    ConformalIntervals,
    Forecaster,
    WindowedRegressor,
    forecast_scorer,
    interval_scorer,
    make_power_usage,
    make_sales,
    pinball,
    recommended,
)

SMALL = {"horizon": 6, "estimator": Ridge(), "window_length": 12, "season_length": 5, "intervals": (0.5, 0.8)}
BOUNDS = ["lower_50", "upper_50", "lower_80", "upper_80"]


@pytest.fixture(scope="module")
def load():
    return make_power_usage(12, random_state=0)


def calibrated_by_hand(model, rows):
    """Return truth and forecasts of the last three eighths, each from the rows up to its origin."""
    n, horizon = len(rows), model.horizon
    truth, forecasts = [], []
    for k in (3, 2, 1):
        first, stop = n - 1 - n * k // 8, n - 1 - n * (k - 1) // 8
        fitted = clone(model).set_params(intervals=None).fit(rows[: first + 1])
        for origin in range(first, stop):
            forecasts.append(fitted.predict(rows[: origin + 1])[-1])
            known = rows["load"].to_numpy()[origin + 1 : origin + 1 + horizon]
            truth.append(np.append(known, np.full(horizon - len(known), np.nan)))
    return np.array(truth), np.array(forecasts)


@pytest.mark.parametrize("options", [{}, {"scale": False, "adaptive": False}, {"symmetric": True}])
def test_intervals_are_those_calibrated_by_hand(load, options):
    intervals = ConformalIntervals((0.5, 0.8), **options)
    model = Forecaster("load", **SMALL).set_params(intervals=intervals)
    forecast = model.fit(load[["load"]]).forecast()
    by_hand = clone(intervals).set_params(season_length=5).fit(*calibrated_by_hand(model, load[["load"]]))
    # Its next row is made 5 steps later, in the same phase.
    expected = by_hand.predict_interval(forecast[["forecast"]].T.to_numpy())[0].reshape(6, 4)
    np.testing.assert_allclose(forecast[BOUNDS], expected, rtol=1e-9)
    np.testing.assert_allclose(model.predict_interval(load[["load"]])[-1].reshape(6, 4), expected, rtol=1e-9)


@pytest.mark.parametrize(("lead", "stride", "refit"), [(0, 1, None), (2, 3, None), (0, 3, 10)])
def test_backtest_equals_a_loop(load, lead, stride, refit):
    model = Forecaster("load", known_future=["temperature"], lead=lead, **SMALL)
    rows, n_ahead = load[["load", "temperature"]], lead + 6
    table = model.backtest(rows, test_size=40, refit=refit, stride=stride).forecasts
    first, fitted_at, found = len(rows) - 41, None, []
    for origin in range(first, len(rows) - n_ahead, stride):
        if fitted_at is None or (refit and (origin - first) // refit > (fitted_at - first) // refit):
            fitted, fitted_at, known = clone(model).fit(rows[: origin + 1]), origin, origin
        if origin > known:
            fitted.update(rows[known + 1 : origin + 1])
            known = origin
        coming = rows[["temperature"]].iloc[origin + 1 + lead : origin + 1 + n_ahead]
        found.append(fitted.forecast(coming)[["forecast", *BOUNDS]])
    np.testing.assert_allclose(table[["forecast", *BOUNDS]], pd.concat(found), rtol=1e-9)


@given(st.integers(0, 3), st.sampled_from([None, {"load": 2}]), st.integers(1, 30), st.integers(0, 9))
@settings(max_examples=15)
def test_no_bound_depends_on_a_later_row(lead, delay, after, seed):
    rows = make_power_usage(8, random_state=seed)[["load"]]
    model = Forecaster("load", lead=lead, delay=delay, **SMALL).fit(rows[:150])
    before = model.predict_interval(rows[150:])
    altered = rows[150:].copy()
    altered.iloc[after:] += 50
    np.testing.assert_array_equal(model.predict_interval(altered)[:after], before[:after])


def test_rows_may_be_steps_whatever_their_times():
    times = pd.date_range("2024-01-01", periods=300, freq="h")
    kept = times[np.sort(np.random.default_rng(0).choice(300, 200, replace=False))]
    rows = make_power_usage(13, random_state=0)[["load"]][:200]
    uneven, even = rows.set_axis(kept), rows.reset_index(drop=True)
    results = []
    for table in (uneven, even):
        model = (
            Forecaster("load", freq="rows" if table is uneven else None, **SMALL)
            .fit(table[:150])
            .update(table[150:170])
        )
        forecast = model.forecast(pd.DataFrame(index=kept[170:176]) if table is uneven else None)
        results.append((forecast.to_numpy(), model.predict_interval(table[170:])))
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected)


def test_errors_move_bounds_once_they_are_known(load):
    model = Forecaster("load", **SMALL).fit(load[["load"]][:200])
    rows = load[["load"]][200:240]
    doubled = rows.copy()
    doubled.iloc[20] += 100
    delayed = Forecaster("load", delay={"load": 3}, **SMALL).fit(load[["load"]][:200])
    for fitted, late in ((model, 0), (delayed, 3)):
        widths = [np.diff(fitted.predict_interval(X), axis=-1) for X in (rows, doubled)]
        moved = np.flatnonzero(np.abs(widths[0] - widths[1]).max(axis=(1, 2, 3)) > 1e-9)
        assert moved[0] == 20 + late


class Ramp(RegressorMixin, BaseEstimator):
    """Forecasts the last value of a window, and keeps the largest target of each fit for all to see."""

    largest: list[float] = []  # of all clones

    def fit(self, X, y):
        self.largest.append(float(np.max(y)))
        return self

    def predict(self, X):
        return np.repeat(X[:, -1:], 6, axis=1)


def test_calibration_rows_take_no_part_in_the_fits_before_them():
    rows = pd.DataFrame({"y": np.arange(160.0)})
    Ramp.largest.clear()
    Forecaster("y", **{**SMALL, "estimator": Ramp(), "calendar": None}).fit(rows)
    assert Ramp.largest == [159.0, 99.0, 119.0, 139.0]


class Drifting(RegressorMixin, BaseEstimator):
    """Forecasts 0, and says of it that it forecasts quantiles."""

    quantiles = (0.1, 0.5, 0.9)

    def fit(self, X, y):
        self.n_outputs_ = y.shape[1]
        return self

    def predict(self, X):
        return np.zeros((len(X), self.n_outputs_))

    def predict_quantiles(self, X):
        return np.broadcast_to([-1.0, 0.0, 2.0], (len(X), self.n_outputs_, 3))


def test_intervals_start_from_the_quantiles_of_the_estimator():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"y": rng.normal(size=400)})
    plain = ConformalIntervals(0.8, scale=False, adaptive=False)
    model = Forecaster("y", **{**SMALL, "estimator": make_pipeline(StandardScaler(), Drifting()), "intervals": plain})
    forecast = model.fit(rows).forecast()
    n = len(rows)
    origins = np.arange(n - 1 - n * 3 // 8, n - 1)
    for step in (1, 6):
        known = rows["y"].to_numpy()[(origins + step)[origins + step < n]]
        place = int(np.ceil((len(known) + 1) * 0.9)) - 1
        row = forecast.iloc[step - 1]
        np.testing.assert_allclose(row["lower_80"], -1 - np.sort(-1 - known)[place])
        np.testing.assert_allclose(row["upper_80"], 2 + np.sort(known - 2)[place])
    assert model.predict_quantiles(rows).shape == (400, 6, 3)
    y_true, quantiles = model.paired_quantiles(rows[300:])
    for level, column in ((0.1, 0), (0.9, 2)):
        found = forecast_scorer("pinball", quantile=level)(model, rows[300:])
        assert found == pytest.approx(-pinball(y_true, quantiles[..., column], quantile=level))
    np.testing.assert_array_equal(model.predict_quantiles(rows)[0, 0], [-1, 0, 2])
    with pytest.raises(
        ValueError, match=r"intervals of 0.7 need the quantiles 0.15, 0.85, but the estimator forecasts"
    ):
        clone(model).set_params(intervals=0.7).fit(rows)


def test_quantiles_of_networks_pass_through_windows_and_forecasters(load):
    network = recommended(6, 24, random_state=0).set_params(
        loss="quantile",
        quantiles=(0.1, 0.5, 0.9),
        epochs=1,
        n_estimators=1,
        validation_folds=1,
    )
    rows = load[["load"]]
    model = Forecaster("load", horizon=6, estimator=make_pipeline(network), window_length=24).fit(rows)
    found = model.predict_quantiles(rows)
    np.testing.assert_allclose(found[-5:, :, 1], model.predict(rows)[-5:])
    windowed = WindowedRegressor(make_pipeline(StandardScaler(), Ridge()), 12)
    assert not hasattr(windowed, "predict_quantiles")
    y = rows["load"].shift(-1).fillna(0)
    small = CNNLSTMRegressor(loss="quantile", quantiles=(0.1, 0.5, 0.9), epochs=1, units=4, random_state=0)
    windowed = WindowedRegressor(make_pipeline(StandardScaler(), small), 12).fit(rows, y)
    assert windowed.predict_quantiles(rows).shape == (len(rows), 3)
    np.testing.assert_array_equal(windowed.predict_quantiles(rows)[:, 1], windowed.predict(rows))


def test_several_targets_have_bounds_each(load):
    model = Forecaster(["load", "temperature"], **SMALL).fit(load[["load", "temperature"]])
    forecast = model.forecast()
    assert list(forecast.columns) == [
        (target, name) for target in ("load", "temperature") for name in ["forecast", *BOUNDS]
    ]
    alone = Forecaster("load", past=["temperature"], **SMALL).fit(load[["load", "temperature"]]).forecast()
    np.testing.assert_allclose(forecast["load"], alone, rtol=1e-6)
    assert model.predict_interval(load[["load", "temperature"]]).shape == (len(load), 12, 2, 2)
    paths = model.forecast_paths(n_paths=7)
    assert paths.shape == (6, 14)
    assert paths["load"].shape == (6, 7)


def test_bounds_and_transforms_hold_for_intervals_and_paths(load):
    rows = load[["load"]] - load["load"].min() + 0.1
    model = Forecaster("load", bounds=(5, 30), target_transform="log1p", **SMALL).fit(rows)
    forecast, paths = model.forecast(), model.forecast_paths(n_paths=50, random_state=0)
    for frame in (forecast, paths):
        assert (frame >= 5).all(axis=None)
        assert (frame <= 30).all(axis=None)
    assert (forecast["lower_80"] <= forecast["lower_50"]).all()
    assert (forecast["upper_50"] <= forecast["upper_80"]).all()


def test_joint_intervals_hold_all_steps(load):
    model = Forecaster("load", **SMALL).fit(load[["load"]])
    apart, joint = model.forecast(), model.forecast(joint=True)
    assert (joint["upper_80"] - joint["lower_80"] > apart["upper_80"] - apart["lower_80"]).all()
    largest = np.sort(np.abs(model._memory.bands.calibrations[0].shapes.values).max(axis=1))
    low, high = (largest[int(np.ceil((len(largest) + 1) * level)) - 1] for level in (0.5, 0.8))
    reach = joint[["upper_50", "upper_80"]].sub(joint["forecast"], axis=0)
    np.testing.assert_allclose(reach["upper_80"] / reach["upper_50"], high / low)
    with pytest.raises(ValueError, match="joint=True needs intervals"):
        Forecaster("load", **{**SMALL, "intervals": None}).fit(load[["load"]]).forecast(joint=True)


def test_no_intervals_beyond_the_horizon(load):
    model = Forecaster("load", **SMALL).fit(load[["load"]])
    with pytest.warns(UserWarning, match="Beyond the horizon of 6 steps there are no intervals"):
        forecast = model.forecast(n_steps=9)
    assert forecast[BOUNDS].notna().all(axis=1).tolist() == [True] * 6 + [False] * 3


def test_errors_before_a_linear_update_are_those_of_forecasts_made_before(load):
    rows = load[["load"]]
    model, other = (Forecaster("load", **SMALL).fit(rows[:200]) for _ in range(2))
    model.update(rows[200:230], adapt="linear")
    other.update(rows[200:230])
    for fitted in (model, other):
        [issued] = fitted._memory.bands.issued.values()
        np.testing.assert_array_equal(issued.origins, np.arange(199, 229))
    np.testing.assert_array_equal(
        *(next(iter(fitted._memory.bands.issued.values())).values for fitted in (model, other))
    )
    model.update(rows[230:235])
    [issued] = model._memory.bands.issued.values()
    np.testing.assert_array_equal(issued.origins, np.arange(199, 234))


def test_bias_moves_bounds_with_the_forecast(load):
    rows = load[["load"]]
    model = Forecaster("load", **{**SMALL, "intervals": ConformalIntervals((0.5, 0.8), adaptive=False)}).fit(rows[:200])
    still = clone(model).fit(rows[:200]).update(rows[200:230])
    moved = model.update(rows[200:230], adapt="bias").forecast()
    change = moved["forecast"] - still.forecast()["forecast"]
    assert change.abs().max() > 1e-3
    # Their sizes depend on the level of the forecast.
    assert ((moved["lower_80"] < moved["forecast"]) & (moved["forecast"] < moved["upper_80"])).all()


def test_panel_covers_each_shop_and_takes_new_ones():
    sales = make_sales(12, 300, kind="linear", random_state=0)[["sold", "promotion"]]
    keys = sales.index.get_level_values(0)
    model = Forecaster(
        "sold", horizon=7, estimator=Ridge(), window_length=14, known_future=["promotion"], intervals=0.8
    )
    old = sales[keys != keys[-1]]
    backtest = model.backtest(old, test_size=84)
    table = backtest.forecasts
    inside = (table["lower_80"] <= table["y_true"]) & (table["y_true"] <= table["upper_80"])
    assert abs(inside.mean() - 0.8) < 0.03
    assert (inside.groupby(table["series"]).mean() - 0.8).abs().max() < 0.1
    times = sales.index.get_level_values(1).unique()
    new = sales[(keys == keys[-1]) & (sales.index.get_level_values(1) > times[-50])]
    model.fit(old[old.index.get_level_values(1) <= times[-20]])
    model.update(new[new.index.get_level_values(1) <= times[-20]])
    coming = sales[["promotion"]][sales.index.get_level_values(1) > times[-20]]
    forecast = model.forecast(coming)
    assert np.isfinite(forecast).all(axis=None)
    widths = (forecast["upper_80"] - forecast["lower_80"]).groupby(level=0).mean()
    sizes = sales["sold"].groupby(level=0).mean()
    assert (widths / sizes).max() < 4 * (widths / sizes).min()


def test_one_series_moves_no_forecast_of_another():
    sales = make_sales(4, 200, kind="linear", random_state=0)[["sold"]]
    keys = sales.index.get_level_values(0)
    model = Forecaster("sold", horizon=7, estimator=LinearRegression(), window_length=14, intervals=0.8).fit(sales)
    forecast = model.forecast()
    later = sales.tail(1).set_axis(pd.MultiIndex.from_tuples([(keys[-1], sales.index[-1][1] + pd.Timedelta("1D"))]))
    updated = model.update(later.rename_axis(sales.index.names)).forecast()
    np.testing.assert_array_equal(updated.loc[keys[0], "forecast"], forecast.loc[keys[0], "forecast"])


def test_too_few_rows_are_said(load):
    with pytest.raises(
        ValueError, match=r"intervals are calibrated on forecasts .* the first 17 times, .* intervals=None"
    ):
        Forecaster("load", **SMALL).fit(load[["load"]][:26])
    with pytest.warns(UserWarning, match="too few to calibrate intervals of 0.99"):
        forecast = Forecaster("load", **{**SMALL, "intervals": 0.99}).fit(load[["load"]][:160]).forecast()
    assert np.isfinite(forecast).all(axis=None)


def test_intervals_in_searches_and_scores(load):
    model = Forecaster("load", **SMALL)
    scores = cross_val_score(model, load[["load"]], cv=TimeSeriesSplit(2), scoring=interval_scorer(0.8))
    assert (scores < 0).all()
    search = GridSearchCV(
        model.set_params(intervals=ConformalIntervals(0.8)),
        {"intervals__symmetric": [False, True]},
        cv=TimeSeriesSplit(2),
        scoring=interval_scorer(0.8),
    ).fit(load[["load"]])
    assert search.cv_results_["mean_test_score"].std() > 0
    with pytest.raises(ValueError, match=r"level must be one of the levels of intervals, \(0.8,\), but is 0.9"):
        interval_scorer(0.9)(search.best_estimator_, load[["load"]])


def test_without_intervals_there_are_no_methods_for_them(load):
    model = Forecaster("load", **{**SMALL, "intervals": None}).fit(load[["load"]])
    assert not any(hasattr(model, name) for name in ("predict_interval", "forecast_paths", "predict_quantiles"))
    with pytest.raises(ValueError, match="levels must hold different shares between 0 and 1"):
        Forecaster("load", **{**SMALL, "intervals": 80}).fit(load[["load"]])
