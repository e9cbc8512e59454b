"""Forecasts of what comes, of rows of a table, and their score; one series and many."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhybrid import (
    CNNLSTMRegressor,
    Forecaster,
    PanelTimeSeriesSplit,
    forecast_scorer,
    make_power_usage,
    pinball,
    recommended,
)
from skhybrid.forecasting._fitting import find_folds
from skhybrid.forecasting._learning import find_gap
from tests.forecasting.oracle import Recorder, RecorderOfWindows
from tests.helpers import Follower

SMALL = {"horizon": 6, "estimator": Ridge(), "window_length": 24}


@pytest.fixture(scope="module")
def load():
    return make_power_usage(20, random_state=0)


def panel_of(n_series=3, n_rows=60):
    """Return series that begin on different days."""
    rng = np.random.default_rng(1)
    frames = {}
    for i in range(n_series):
        days = pd.date_range(f"2024-01-{1 + 3 * i:02}", periods=n_rows, freq="D")
        promotion = rng.integers(0, 2, n_rows)
        sold = 10.0**i * (5 + days.day_of_week.to_numpy() + 2 * promotion + rng.normal(size=n_rows))
        frames[f"shop {i}"] = pd.DataFrame({"sold": sold, "promotion": promotion}, days)
    return pd.concat(frames, names=["shop", "date"])


def coming_rows(frame, n_rows=7, **values):
    """Return the rows after each series of a panel, with values in their columns."""
    parts = {}
    for key, rows in frame.groupby(level=0):
        days = pd.date_range(rows.index[-1][1], periods=n_rows + 1, freq="D")[1:]
        parts[key] = pd.DataFrame(values, days)
    return pd.concat(parts, names=frame.index.names)


# --- forecast and predict are one ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [0, 5])
def test_forecast_equals_the_last_row_of_predict(load, lead):
    model = Forecaster("load", known_future=["temperature"], lead=lead, **SMALL).fit(load[:-40])
    steps = slice(len(load) - 40 + lead, len(load) - 40 + lead + 6)
    forecast = model.forecast(load[["temperature"]].iloc[steps])
    pd.testing.assert_index_equal(forecast.index, load.index[steps], exact="equiv")
    with pytest.warns(UserWarning, match=f"{6 + lead} of 60 rows have no forecast"):  # the last ones: X ends there
        of_rows = model.predict(load.iloc[-60:])[19]
    np.testing.assert_allclose(forecast["forecast"], of_rows)


def test_forecast_starts_after_the_last_known_target(load):
    rows = load.copy()
    rows.loc[rows.index[-6:], "load"] = np.nan  # coming rows, which hold what is known ahead
    model = Forecaster("load", known_future=["temperature"], **SMALL).fit(rows)
    wanted = Forecaster("load", known_future=["temperature"], **SMALL).fit(load[:-6])
    pd.testing.assert_frame_equal(model.forecast(), wanted.forecast(load[["temperature"]][-6:]), check_freq=False)


def test_update_moves_the_origin(load):
    model = Forecaster("load", **SMALL).fit(load[:-40])
    forecasts = [model.update(load.iloc[[i]]).forecast()["forecast"].to_numpy() for i in range(-40, -20)]
    rows = Forecaster("load", **SMALL).fit(load[:-40]).predict(load[-40:-20])
    np.testing.assert_allclose(forecasts, rows)


def test_update_refuses_rows_that_do_not_follow(load):
    model = Forecaster("load", **SMALL).fit(load[:-40])
    with pytest.raises(ValueError, match="X must follow the rows known so far, which end at"):
        model.update(load[-41:-30])


@pytest.mark.parametrize("estimator", [Ridge(), make_pipeline(StandardScaler(), Ridge())])
def test_linear_update_of_a_regression_equals_a_fresh_fit(load, estimator):
    model = Forecaster("load", **{**SMALL, "estimator": estimator}, calendar=None).fit(load[:-40])
    fresh = Forecaster("load", **{**SMALL, "estimator": estimator}, calendar=None).fit(load)
    np.testing.assert_allclose(model.update(load[-40:], adapt="linear").forecast(), fresh.forecast(), rtol=1e-8)


def test_linear_update_learns_the_path_anew_beside_networks_that_stay(load):
    network = recommended(6, 24, epochs=1, min_samples=0, boosting=False, random_state=0)
    model = Forecaster("load", **{**SMALL, "estimator": network}).fit(load[:-40])
    path = model.estimator_.linear_share_.copy()
    again = clone(model).fit(load[:-40])
    model.update(load[-40:], adapt="linear")
    np.testing.assert_array_equal(model.estimator_.linear_share_, path)  # what fit has chosen
    plain = again.update(load[-40:]).forecast()
    assert not np.allclose(model.forecast(), plain)


def test_linear_update_is_refused_without_a_linear_part(load):
    model = Forecaster("load", **{**SMALL, "estimator": Recorder()}, calendar=None).fit(load[:-40])
    with pytest.raises(ValueError, match="adapt='linear' needs an estimator with a linear path in closed form"):
        model.update(load[-40:], adapt="linear")
    assert model.forecast().index[0] == load.index[-40]  # as before


def test_bias_is_the_fading_mean_of_known_errors(load):
    model = Forecaster("load", **SMALL, calendar=None).fit(load[:-60])
    plain = clone(model).fit(load[:-60])
    for start in (-60, -50):
        model.update(load[start : start + 10 or None], adapt="bias")
    forecasts = plain.predict(load[-61:-40])
    total, weight = np.zeros(6), np.zeros(6)
    last = 20  # rows that are known since the fit, whose last one is origin 0
    for origin in range(last - 6 + 1):
        truth = load["load"].to_numpy()[-60 + origin : -60 + origin + 6]
        fades = 0.5 ** ((last - 6 - origin) / 24)
        total += fades * (truth - forecasts[origin])
        weight += fades
    plain.update(load[-60:-40])
    np.testing.assert_allclose(
        model.forecast()["forecast"], plain.forecast()["forecast"] + total / (weight + 24), rtol=1e-9
    )


def test_bias_is_added_to_forecasts_of_rows_once_it_is_known(load):
    model = Forecaster("load", **SMALL, calendar=None, bounds=(0, 53)).fit(load[:-60])
    plain = clone(model).fit(load[:-60])
    model.update(load[-60:-40], adapt="bias")
    added, alone = model.predict(load[-60:]), plain.predict(load[-60:])
    np.testing.assert_array_equal(added[:19], alone[:19])  # made before the last of these errors was known
    np.testing.assert_allclose(added[19], model.forecast()["forecast"])
    assert np.isclose(added[19:], alone[19:])[alone[19:] < 53].mean() < 0.1  # elsewhere both are at the bound
    assert added.max() == 53
    assert model.score(load[-40:]) != plain.update(load[-60:-40]).score(load[-40:])


def test_several_targets_are_columns(load):
    both = Forecaster(["load", "temperature"], **SMALL).fit(load)
    assert both.forecast().columns.tolist() == [("load", "forecast"), ("temperature", "forecast")]
    assert both.predict(load).shape == (len(load), 12)
    X = np.lib.stride_tricks.sliding_window_view(load[["load", "temperature"]].to_numpy(), 24, axis=0)
    X = X.transpose(0, 2, 1).reshape(len(X), -1)
    y = np.stack(
        [load["load"].shift(-k) for k in range(1, 7)] + [load["temperature"].shift(-k) for k in range(1, 7)], 1
    )
    phases = both.estimator_.n_features_in_ - X.shape[1]  # of the day and the week
    assert phases == 23 + 167
    plain = Forecaster(["load", "temperature"], calendar=None, **SMALL).fit(load)
    wanted = Ridge().fit(X[:-6], y[23:-6]).predict(X[-1:]).reshape(2, 6).T
    np.testing.assert_allclose(plain.forecast(), wanted)


def test_scenarios_are_forecast_at_once(load):
    model = Forecaster("load", known_future=["temperature"], **SMALL).fit(load[:-6])
    mild = load[["temperature"]][-6:]
    both = model.forecast({"mild": mild, "cold": mild - 10})
    assert both.index.names == ["scenario", "time"]
    pd.testing.assert_frame_equal(both.loc["cold"], model.forecast(mild - 10), check_freq=False)


def test_forecast_beyond_the_horizon_takes_forecasts_for_known(load):
    model = Forecaster("load", **SMALL).fit(load)
    first = model.forecast()
    rows = first.rename(columns={"forecast": "load"})
    then = clone(model).fit(load).update(rows).forecast()
    np.testing.assert_allclose(model.forecast(n_steps=10)["forecast"], [*first["forecast"], *then["forecast"][:4]])
    assert len(model.forecast(n_steps=4)) == 4


@pytest.mark.parametrize(
    ("options", "obstacle"),
    [
        ({"past": ["temperature"]}, "windows hold"),
        ({"lead": 1}, "lead is set"),
        ({"delay": {"load": 1}}, "delay is set"),
    ],
)
def test_forecast_beyond_the_horizon_is_refused(load, options, obstacle):
    model = Forecaster("load", **SMALL, **options).fit(load)
    with pytest.raises(ValueError, match=f"n_steps must be at most horizon=6 where {obstacle}"):
        model.forecast(n_steps=7)


# --- time ------------------------------------------------------------------------------------------------------------


@given(lead=st.integers(0, 3), delay=st.integers(0, 3), after=st.integers(30, 80), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_no_forecast_depends_on_a_later_row(lead, delay, after, seed):
    rng = np.random.default_rng(seed)
    hours = pd.date_range("2024-01-01", periods=100, freq="h")
    rows = pd.DataFrame(rng.normal(size=(100, 3)), hours, ["y", "past", "known"])
    model = Forecaster(
        "y", **SMALL, past=["past"], known_future=["known"], lead=lead, delay={"y": delay}, calendar=None
    )
    altered = rows.copy()
    altered.iloc[after + 1 :, :2] += 1e6
    altered.iloc[after + 1 + lead + 6 :, 2] += 1e6  # later than what is known ahead at this row
    model.fit(rows[:60])
    with pytest.warns(UserWarning, match="rows have no forecast"):  # the last ones
        before, after_all = model.predict(rows), model.predict(altered)
    np.testing.assert_array_equal(after_all[: after + 1], before[: after + 1])
    assert not np.array_equal(after_all[after + 1 : -10], before[after + 1 : -10])


def test_training_reads_no_row_of_the_test_part(load):
    altered = load.copy()
    altered.iloc[-48:] += 100
    scores = [Forecaster("load", **SMALL).fit(rows[:-48]).estimator_.coef_ for rows in (load, altered)]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("day", ["2024-03-30", "2024-10-26"])
def test_clock_changes_are_exact(day):
    hours = pd.date_range("2024-01-01", "2024-12-31", freq="h", tz="Europe/Berlin")
    rows = pd.DataFrame({"load": hours.hour.to_numpy(dtype=float)}, hours)
    end = pd.Timestamp(f"{day} 20:00", tz="Europe/Berlin")
    model = Forecaster("load", horizon=24, estimator=RecorderOfWindows(), window_length=24).fit(rows[:end])
    forecast = model.forecast()
    assert forecast.index[-1] - end == pd.Timedelta("24h")
    phases = model.estimator_.asked_.ahead[0, :, -2:]  # in the day, and in the week
    np.testing.assert_array_equal(phases[:, 0], forecast.index.hour)
    np.testing.assert_array_equal((phases[1:, 1] - phases[:-1, 1]) % 168, np.diff(forecast.index.hour) % 24)


def test_rows_are_steps_whatever_their_times():
    rng = np.random.default_rng(0)
    days = pd.date_range("2022-01-01", periods=400, freq="D")[np.sort(rng.choice(400, 200, replace=False))]
    rows = pd.DataFrame({"y": np.arange(200.0)}, days)
    model = Forecaster(horizon=3, estimator=Ridge(1e-6), freq="rows", window_length=5).fit(rows)
    with pytest.raises(ValueError, match="future must name the coming 3 steps, since the known rows do not tell"):
        model.forecast()
    coming = pd.DataFrame(index=pd.to_datetime(["2023-06-01", "2023-06-05", "2023-07-01"]))
    forecast = model.forecast(coming)
    assert forecast.index.equals(coming.index)
    np.testing.assert_allclose(forecast["forecast"], [200, 201, 202], atol=1e-3)


def test_trading_days_with_holidays_have_no_seasons():
    days = pd.bdate_range("2022-01-03", periods=300)
    rows = pd.DataFrame({"y": np.arange(300.0)}, days).drop(days[[100, 200]])
    model = Forecaster(horizon=5, estimator=Ridge(1e-6), window_length=5)
    assert model.fit(rows).seasons_ == ()
    calendar = pd.offsets.CustomBusinessDay(holidays=[days[100], days[200], pd.Timestamp("2023-02-28")])
    forecast = model.set_params(freq=calendar).fit(rows).forecast()
    assert forecast.index.equals(pd.DatetimeIndex(["2023-02-27", *pd.bdate_range("2023-03-01", periods=4)]))


@pytest.mark.parametrize(
    ("index", "coming"),
    [
        (pd.date_range("2000-01-31", periods=60, freq="ME"), ["2005-01-31", "2005-02-28"]),
        (pd.period_range("2000Q1", periods=60, freq="Q"), ["2015Q1", "2015Q2"]),
        (pd.date_range("2024-01-01", periods=60, freq="15min", tz="UTC"), ["2024-01-01 15:00Z", "2024-01-01 15:15Z"]),
        (pd.timedelta_range("0s", periods=60, freq="2s"), ["120s", "122s"]),
        (pd.Index(np.arange(100, 160)), [160, 161]),
        (pd.Index(np.arange(0, 30, 0.5)), [30.0, 30.5]),
    ],
)
def test_coming_steps_are_named(index, coming):
    rows = pd.Series(np.arange(60.0), index, name="y")
    forecast = Forecaster(horizon=2, estimator=Ridge(1e-6), window_length=4).fit(rows).forecast()
    assert forecast.index.equals(pd.Index(coming).astype(index.dtype))
    np.testing.assert_allclose(forecast["forecast"], [60, 61], atol=0.2)


def test_origins_at_times_of_the_day(load):
    model = Forecaster("load", horizon=6, estimator=Recorder(), window_length=24, origins="10:00", calendar=None)
    recorder = model.fit(load).estimator_
    newest = load["load"][(load.index.hour == 10) & (load.index >= load.index[23]) & (load.index < load.index[-6])]
    np.testing.assert_array_equal(recorder.X_[:, -1], newest)
    with pytest.raises(ValueError, match="origins must be times of the day such as '10:00', but is"):
        clone(model).set_params(origins="ten").fit(load)


# --- many series -----------------------------------------------------------------------------------------------------

OF_SHOPS = {"horizon": 7, "estimator": Ridge(), "known_future": ["promotion"]}


def test_one_series_of_a_panel_does_not_change_another():
    sales = panel_of()
    model = Forecaster("sold", **OF_SHOPS).fit(sales)
    altered = sales.copy()
    altered.loc["shop 1", "sold"] = altered.loc["shop 1", "sold"].to_numpy() * 3 + 7
    with pytest.warns(UserWarning, match="21 of 180 rows have no forecast"):
        before, after = model.predict(sales), model.predict(altered)
    is_other = sales.index.get_level_values(0) != "shop 1"
    np.testing.assert_array_equal(after[is_other], before[is_other])


def test_forecasts_do_not_depend_on_the_order_of_rows():
    sales = panel_of()
    by_day = sales.sort_index(level=1, kind="stable")
    future = coming_rows(sales, promotion=1)
    forecasts = [Forecaster("sold", **OF_SHOPS).fit(rows).forecast(future) for rows in (sales, by_day)]
    pd.testing.assert_frame_equal(*forecasts)
    assert forecasts[0].index.names == ["shop", "date"]


def test_index_and_columns_are_alike():
    sales, future = panel_of(), coming_rows(panel_of(), promotion=1)
    of_index = Forecaster("sold", **OF_SHOPS).fit(sales).forecast(future)
    of_columns = Forecaster("sold", series="shop", time="date", **OF_SHOPS).fit(sales.reset_index())
    pd.testing.assert_frame_equal(of_columns.forecast(future.reset_index()), of_index)


def test_new_series_is_forecast_from_its_own_rows():
    sales = panel_of()
    old, new = sales.drop("shop 2"), sales.loc[["shop 2"]]
    model = Forecaster("sold", **OF_SHOPS).fit(old)
    model.update(new.iloc[:20])
    forecast = model.forecast(new.iloc[20:27][["promotion"]], series=["shop 2"])
    with pytest.warns(UserWarning, match="7 of 27 rows have no forecast"):
        of_rows = model.fit(old).predict(new.iloc[:27])
    np.testing.assert_allclose(forecast["forecast"], of_rows[19])
    with pytest.raises(ValueError, match="series must name series that are known, but 'shop 9' is not one"):
        model.forecast(series=["shop 9"])


def test_static_columns_and_categories_are_read_once():
    sales = panel_of()
    sales["kind"] = np.where(sales.index.get_level_values(0) == "shop 1", "corner", "market")
    model = Forecaster("sold", horizon=7, estimator=Recorder(), static=["kind"], calendar=None).fit(sales)
    assert model.estimator_.X_.shape[1] == model.window_length_ + 2
    is_corner = model.estimator_.X_[:, -2:].tolist()
    assert sorted(map(tuple, is_corner)) == sorted([(1, 0)] * 47 + [(0, 1)] * 94)


def test_unknown_category_is_forecast_as_the_mean_of_the_known_ones(load):
    sky = np.array(["clear", "clear", "clear", "rain"])[np.arange(len(load)) % 4]
    rows = load.assign(sky=sky)
    model = Forecaster("load", **SMALL, known_future=["sky"], calendar=None).fit(rows)
    coming = pd.DataFrame(index=pd.date_range(load.index[-1], periods=7, freq="h")[1:])
    clear, rain, new = (model.forecast(coming.assign(sky=name))["forecast"] for name in ("clear", "rain", "snow"))
    assert not np.allclose(clear, rain)
    np.testing.assert_allclose(new, 0.75 * clear + 0.25 * rain)


def test_networks_read_what_is_static_at_each_coming_step():
    sales = panel_of()
    sales["area"] = 10.0
    network = CNNLSTMRegressor(epochs=1, filters=2, units=2, kernel_size=2, pool_size=1, random_state=0)
    model = Forecaster("sold", **{**OF_SHOPS, "estimator": network}, static=["area"], window_length=7).fit(sales)
    assert model.estimator_.n_parameters_ > 0
    assert model.forecast(coming_rows(sales, promotion=0)).notna().all().item()


def test_validation_gap_leaves_out_what_is_known_too_late():
    sales = panel_of()
    network = recommended(7, 7, min_samples=10**6)
    model = Forecaster("sold", horizon=7, estimator=network).fit(sales)
    gap = model.estimator_.validation_gap
    assert 3 * 7 - 3 <= gap < 3 * 7  # three series have each seven origins with a target that is not known yet


@given(steps=st.lists(st.integers(0, 20), min_size=1, max_size=40).map(sorted), n_ahead=st.integers(1, 6))
def test_gap_is_the_least_that_keeps_targets_apart(steps, n_ahead):
    def is_enough(gap):
        """Whether, wherever samples are parted, all that are trained on have their targets by then."""
        return all(steps[i] + n_ahead <= steps[b] for b in range(len(steps)) for i in range(b - gap))

    gap = find_gap(np.array(steps), n_ahead)
    assert is_enough(gap)
    assert gap == 0 or not is_enough(gap - 1)


# --- scikit-learn ----------------------------------------------------------------------------------------------------


# The rows of the checks are steps, whose order matters, and a repeated one is a later step; `predict` has a column for
# each step, also where there is one.
ROWS_ARE_TIME = {
    "check_methods_sample_order_invariance": "the rows are time steps, so that their order matters",
    "check_sample_weight_equivalence_on_dense_data": "a repeated row is a later step, not the same row twice",
    "check_regressors_train": "predict returns a column for each step, also of one",
}


@pytest.mark.filterwarnings("ignore:the windows of:UserWarning")  # the checks predict from rows of unknown targets
@parametrize_with_checks(
    [Forecaster(estimator=Ridge(), window_length=1, max_fill=10**6, calendar=None, missing="drop")],
    expected_failed_checks=lambda _: ROWS_ARE_TIME,
)
def test_check_estimator(estimator, check):
    check(estimator)


def test_score_starts_at_the_last_fitted_row(load):
    model = Forecaster("load", **SMALL).fit(load[:-48])
    rows = model.predict(load[-49:-6])  # the last fitted row, and those whose targets lie in the last 48
    truth = np.stack([load["load"].shift(-k)[-49:-6] for k in range(1, 7)], axis=1)
    np.testing.assert_allclose(model.score(load[-48:]), -np.sqrt(((rows - truth) ** 2).mean()))
    np.testing.assert_allclose(model.score(load[-48:][["temperature"]], load["load"][-48:]), model.score(load[-48:]))


def test_target_given_apart_is_the_same(load):
    apart = Forecaster("load", **SMALL, known_future=["temperature"]).fit(load.drop(columns="load"), load["load"])
    together = Forecaster("load", **SMALL, known_future=["temperature"]).fit(load)
    np.testing.assert_array_equal(apart.estimator_.coef_, together.estimator_.coef_)


def test_searches_and_folds_on_frames(load):
    model = Forecaster("load", **SMALL)
    scores = cross_val_score(model, load, cv=TimeSeriesSplit(3))
    wanted = []
    for train, test in TimeSeriesSplit(3).split(load):
        wanted.append(clone(model).fit(load.iloc[train]).score(load.iloc[test]))
    np.testing.assert_allclose(scores, wanted)
    grid = {"estimator__alpha": [0.1, 1e6], "window_length": [12, 24]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(3)).fit(load)
    assert search.best_params_["estimator__alpha"] == 0.1
    assert search.best_estimator_.forecast().shape == (6, 1)


def test_named_errors_are_those_of_the_same_forecasts(load):
    model = Forecaster("load", **SMALL).fit(load[:-48])
    truth, forecasts = model.paired_forecasts(load[-48:])
    assert truth.shape == forecasts.shape == (43, 6)
    np.testing.assert_array_equal(truth[-1], load["load"][-6:])
    table = model.paired_table(load[-48:])
    assert list(table) == ["origin", "step", "time", "y_true", "forecast"]
    assert (table["origin"].iloc[0], table["time"].iloc[0]) == (load.index[-49], load.index[-48])
    np.testing.assert_array_equal(table["forecast"], forecasts.ravel())
    np.testing.assert_allclose(forecast_scorer("mae")(model, load[-48:]), -np.abs(truth - forecasts).mean())
    scores = cross_val_score(Forecaster("load", **SMALL), load, cv=TimeSeriesSplit(2), scoring=forecast_scorer("mae"))
    assert (scores < 0).all()
    by_name = forecast_scorer("pinball", quantile=0.9)(model, load[-48:][["temperature"]], load["load"][-48:])
    np.testing.assert_allclose(by_name, -pinball(truth, forecasts, quantile=0.9))


def test_folds_of_a_panel():
    sales = panel_of()
    model = Forecaster("sold", **OF_SHOPS)
    scores = cross_val_score(model, sales, cv=PanelTimeSeriesSplit(2, test_size=14))
    days = sales.index.get_level_values(1)
    ends = days.max() - pd.Timedelta(days=14) * np.array([2, 1])
    wanted = [
        clone(model).fit(sales[days <= end]).score(sales[(days > end) & (days <= end + pd.Timedelta(days=14))])
        for end in ends
    ]
    np.testing.assert_allclose(scores, wanted)


def test_pickled_forecaster_forecasts_the_same(load):
    model = Forecaster("load", **SMALL, holidays=None).fit(load)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).forecast(), model.forecast())


def test_recommended_forecasts_one_series(load):
    model = Forecaster("load", horizon=6, known_future=["temperature"], random_state=0).fit(load[:-48])
    assert model.window_length_ == 144
    assert model.seasons_ == (24, 168)
    assert "fewer than min_samples" in model.estimator_.engine_
    naive = Forecaster("load", horizon=6, estimator=Ridge(1e9), window_length=24, calendar=None).fit(load[:-48])
    assert model.score(load[-48:]) > 0.9 * naive.score(load[-48:])


@pytest.mark.parametrize(
    ("n_samples", "gap", "n_folds"), [(1000, 23, 4), (73, 47, 1), (100, 40, 3), (20, 0, 4), (9, 8, 1)]
)
def test_fewer_parts_are_held_out_where_there_is_no_room(n_samples, gap, n_folds):
    assert find_folds(n_samples, gap) == n_folds


@pytest.mark.parametrize("options", [{"lead": 5}, {"delay": {"load": 3}}, {"lead": 2, "delay": {"load": 7}}])
def test_recommended_counts_seasons_on_from_the_last_known_row(options):
    hours = pd.date_range("2024-01-01", periods=240, freq="h")
    load = np.random.default_rng(0).normal(size=24)[hours.hour] + np.arange(240) // 24
    rows = pd.DataFrame({"load": load}, hours)
    model = Forecaster("load", horizon=4, calendar=None, random_state=0, **options).fit(rows)
    assert model.estimator_.season_length == 24
    assert model.estimator_.lead == options.get("lead", 0) + options.get("delay", {}).get("load", 0)
    steps = 240 + options.get("lead", 0) + np.arange(4)
    np.testing.assert_allclose(model.forecast()["forecast"], load[steps % 24] + steps // 24, atol=0.05)


def test_targets_known_late_by_unlike_parts_of_a_season_share_none(load):
    model = Forecaster(["load", "temperature"], horizon=2, random_state=0)
    for delays, season_length in ([1, 1], 24), ([1, 25], 24), ([1, 2], None):
        model.set_params(delay=dict(zip(model.target, delays, strict=True))).fit(load[:120])
        assert model.estimator_.season_length == season_length


def test_few_rows_and_a_long_horizon_are_forecast(load):
    model = Forecaster("load", horizon=48, random_state=0).fit(load[-168:])
    assert model.forecast()["forecast"].between(load["load"].min() - 30, load["load"].max() + 30).all()


def test_arrays_are_numbered(load):
    values = load[["load"]].to_numpy()
    model = Forecaster(**SMALL, calendar=None).fit(values[:-6])
    wanted = Forecaster("load", **SMALL, calendar=None).fit(load[:-6])
    np.testing.assert_allclose(model.forecast()["forecast"], wanted.forecast()["forecast"])
    np.testing.assert_allclose(model.predict(values[-6:]), wanted.predict(load[-6:]))
    np.testing.assert_allclose(model.predict(values[:-6]), wanted.predict(load[:-6]))


@pytest.mark.real_data
def test_demand_of_victoria_with_the_weather_known(shared_data):
    rows = pd.read_csv(shared_data / "vic_electricity_halfhourly.csv.gz").iloc[-6000:]
    times = pd.DatetimeIndex(pd.to_datetime(rows["time_utc"], utc=True)).tz_convert("Australia/Melbourne")
    df = rows.set_axis(times)[["demand_mw", "temperature_c", "holiday"]].rename_axis("time")
    known = ["temperature_c", "holiday"]
    model = Forecaster(
        target="demand_mw",
        horizon=48,
        season_length=48,
        known_future=known,
        estimator=make_pipeline(StandardScaler(), RidgeCV(10.0 ** np.arange(-2, 5))),
    )
    backtest = model.backtest(df, test_size=48 * 14, refit=48 * 7, stride=48)
    assert len(backtest.refits) == 2
    without = model.set_params(known_future=()).backtest(df, test_size=48 * 14, refit=48 * 7, stride=48)
    assert backtest.errors()["rmse"].item() < 0.9 * without.errors()["rmse"].item()
    forecast = model.set_params(known_future=known).fit(df[:-48]).forecast(df[known][-48:])
    assert forecast.index.equals(df.index[-48:])


# --- what the target is forecast as ----------------------------------------------------------------------------------


def test_bounds_hold(load):
    low, high = load["load"].quantile([0.4, 0.6])
    forecasts = Forecaster("load", **SMALL, bounds=(low, high)).fit(load).predict(load)
    assert forecasts.min() == low
    assert forecasts.max() == high


def test_transformed_means_are_corrected():
    rng = np.random.default_rng(0)
    values = np.exp(rng.normal(size=4000))  # mean exp(1 / 2), median 1
    model = Forecaster(horizon=1, estimator=Ridge(1e6), window_length=2, target_transform="log1p", calendar=None).fit(
        values
    )
    np.testing.assert_allclose(model.forecast()["forecast"], np.exp(0.5), rtol=0.08)
    boxcox = model.set_params(target_transform="boxcox").fit(values)
    np.testing.assert_allclose(boxcox.forecast()["forecast"], np.exp(0.5), rtol=0.08)


def test_weights_of_rows_are_those_of_their_targets(load):
    weights = np.ones(len(load))
    weights[100:200] = 0
    model = Forecaster("load", **{**SMALL, "estimator": Recorder()}, calendar=None).fit(load, sample_weight=weights)
    origins = np.arange(23, len(load) - 6)
    of_targets = weights[origins[:, None] + 1 + np.arange(6)].mean(axis=1)
    np.testing.assert_allclose(model.estimator_.sample_weight_, of_targets[of_targets > 0])


def test_half_life_halves_weights(load):
    model = Forecaster("load", **{**SMALL, "estimator": Recorder()}, half_life=24).fit(load)
    weights = model.estimator_.sample_weight_
    assert weights[-1] == 1
    np.testing.assert_allclose(weights[-25], 0.5)


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "power"}, "target must name columns of X, but 'power' is not one of"),
        ({"target": None}, "target must name the column to forecast, since X has 3"),
        (
            {"known_future": ["load"]},
            "known_future must not name a column of target, but both name 'load', and what is",
        ),
        ({"static": ["workday"], "past": ["workday"]}, "past must not name a column of static"),
        ({"known_future": "temperature"}, r"known_future must be a list of columns, but is the text 'temperature'"),
        (
            {"static": ["temperature"]},
            "static must name columns that have one value in a series, but 'temperature' has",
        ),
        ({"categorical": ["workday"]}, "categorical must name columns with a role, but 'workday' has none"),
        ({"delay": {"workday": 1}}, r"delay must name columns of target and past, \['load'\], but names 'workday'"),
        ({"delay": {"load": -1}}, "delay must give a number of steps, at least 0"),
        ({"bounds": (1, 0)}, "bounds must be a lower and an upper bound"),
        ({"window_length": 10_000}, "X must hold an origin with a whole window of 10000 steps"),
        ({"holidays": "Atlantis"}, "holidays='Atlantis' must be a country"),
    ],
)
def test_bad_parameters_are_refused(load, options, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(**{"target": "load", **SMALL, **options}).fit(load)


def test_horizon_of_nothing_is_refused(load):
    with pytest.raises(ValueError, match="The 'horizon' parameter of Forecaster must be an int in the range"):
        Forecaster("load", horizon=0).fit(load)


@pytest.mark.parametrize(
    ("future", "message"),
    [
        (
            None,
            r"future must hold \['temperature'\] for the 6 coming steps, 2024-01-21 00:00:00 to 2024-01-21 05:00:00",
        ),
        (slice(0, 4), "future must hold a row for each of the 6 coming steps.* but lacks 2 of them"),
        (slice(1, 9), "future must hold a row for each of the 6 coming steps.* but lacks 1 of them"),
        ("columns", r"future must hold the columns of known_future, \['temperature'\], but lacks"),
        ("nan", "future must hold no NaN in the 6 coming steps.* column 'temperature' has 1"),
        ("zone", "future must have an index like that of the fitted rows"),
    ],
)
def test_bad_future_is_refused(load, future, message):
    model = Forecaster("load", known_future=["temperature"], **SMALL).fit(load)
    coming = pd.DataFrame({"temperature": np.arange(12.0)}, pd.date_range("2024-01-21", periods=12, freq="h"))
    if isinstance(future, slice):
        coming = coming.iloc[future]
    elif future == "columns":
        coming = coming.rename(columns={"temperature": "warmth"})
    elif future == "nan":
        coming.iloc[2] = np.nan
    elif future == "zone":
        coming = coming.tz_localize("UTC")
    with pytest.raises(ValueError, match=message):
        model.forecast(None if future is None else coming)


def test_bad_tables_are_refused(load):
    model = Forecaster("load", **SMALL)
    with pytest.raises(ValueError, match="X must have each time once, but has 2024-01-01 00:00:00 more than once"):
        model.fit(pd.concat([load[:1], load]))
    with pytest.raises(ValueError, match="X must hold the rows of one series in time order"):
        model.fit(load[::-1])
    with pytest.raises(ValueError, match="target 'load' must hold numbers, but is of type"):
        model.fit(load.astype({"load": str}))
    holed = load.drop(load.index[50])
    with pytest.raises(ValueError, match="steps are missing in its index"):
        model.fit(holed)
    with pytest.raises(ValueError, match="X must hold one series, as in fit, but holds many"):
        model.fit(load).predict(panel_of())
    sales = panel_of()
    with pytest.raises(ValueError, match="each time once, but in series 'shop 0' 2024-01-01 00:00:00 is there twice"):
        Forecaster("sold", **OF_SHOPS).fit(pd.concat([sales[:1], sales]))
    fitted = Forecaster("sold", **OF_SHOPS).fit(sales)
    with pytest.raises(
        ValueError, match="future must hold the coming rows of each series, but lacks those of 'shop 2'"
    ):
        fitted.forecast(coming_rows(sales, promotion=1).drop("shop 2"))


def test_times_of_series_must_be_of_one_kind():
    sales = panel_of()
    aware = sales.loc[["shop 1"]].reset_index()
    aware["date"] = aware["date"].dt.tz_localize("UTC")
    with pytest.raises(ValueError, match="X must have times or numbers as second level of its index"):
        Forecaster("sold", **OF_SHOPS).fit(pd.concat([sales.drop("shop 1"), aware.set_index(["shop", "date"])]))


def test_short_and_unknown_series_are_said():
    sales = panel_of()
    old, new = sales.drop("shop 2"), sales.loc[["shop 2"]].iloc[:3]
    future = coming_rows(new, promotion=1)
    model = Forecaster("sold", **OF_SHOPS).fit(old).update(new)
    with pytest.warns(UserWarning, match="1 of 1 series have fewer than min_history=7 steps of series 'shop 2'"):
        assert model.forecast(future, series=["shop 2"]).notna().all(axis=None)
    unknown = Forecaster("sold", **OF_SHOPS).fit(old).update(new.assign(sold=np.nan))
    with pytest.raises(ValueError, match="X must hold a known target of series 'shop 2', but there is none"):
        unknown.forecast(future, series=["shop 2"])


def test_numbers_of_steps_are_checked(load):
    model = Forecaster("load", **SMALL).fit(load)
    with pytest.raises(ValueError, match="n_steps must be an integer of at least 1, but is 0"):
        model.forecast(n_steps=0)
    for name in ("test_size", "refit", "stride", "max_train_size"):
        with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1, but is 0"):
            model.backtest(load, **{"test_size": 30, name: 0})
    with pytest.raises(ValueError, match="adapt must be 'none', 'linear' or 'bias', but is 'all'"):
        model.update(load, adapt="all")
    weighted = Forecaster("load", **SMALL).fit(load[:-9], sample_weight=np.ones(len(load) - 9))
    with pytest.raises(ValueError, match="adapt must be 'none' or 'bias' after a fit with sample_weight"):
        weighted.update(load[-9:], adapt="linear")


def test_holes_are_left_out_and_counted(load):
    holed = load.copy()
    holed.loc[holed.index[100:103], "load"] = np.nan
    model = Forecaster("load", **SMALL, missing="drop").fit(holed.drop(holed.index[300]))
    touched = (3 + 23 + 6) + (23 + 6)  # windows and targets; the missing row is no origin itself
    assert model.n_left_out_ == touched - 3 + 3
    assert model.n_training_samples_ == len(load) - 1 - 23 - 6 - model.n_left_out_


def test_holes_are_refused_in_forecasts_as_well(load):
    model = Forecaster("load", **SMALL).fit(load[:-40])
    with pytest.raises(ValueError, match="X must have no holes where missing='raise', but the windows of 1 of 1"):
        model.update(load[-38:-30]).forecast()


def test_newest_values_may_be_missing_up_to_max_fill(load):
    holed = load.copy()
    holed.loc[holed.index[-3:], "temperature"] = np.nan
    model = Forecaster("load", past=["temperature"], **SMALL, missing="drop", max_fill=3).fit(holed)
    with pytest.warns(UserWarning, match="the windows of 1 of 1 forecasts have missing steps or values"):
        model.forecast()
    with pytest.raises(ValueError, match="max_fill=2 is exceeded: the newest 3 values of 'temperature' up to"):
        model.set_params(max_fill=2).fit(holed).forecast()


# --- scikit-learn's callbacks ----------------------------------------------------------------------------------------


def test_fit_is_shown_down_to_the_epochs(load):
    pytest.importorskip("sklearn.callback")
    network = CNNLSTMRegressor(2, units=2, dense_units=2, epochs=2, random_state=0)
    follower = Follower()
    model = Forecaster("load", **SMALL | {"estimator": network})
    followed = clone(model).set_callbacks(follower).fit(load)
    inside = ["fit#0/fit#0", *(f"fit#0/fit#0/epoch#{i}" for i in range(2))]
    assert follower.begun == ["fit#0", *inside]
    assert sorted(follower.ended) == sorted(follower.begun)
    pd.testing.assert_frame_equal(followed.forecast(), model.fit(load).forecast())
    for held in (followed._as_fitted, followed.estimator_):
        assert not hasattr(held, "_skl_callbacks")


def test_search_over_a_forecaster_is_shown_down_to_the_epochs(load):
    pytest.importorskip("sklearn.callback")
    network = CNNLSTMRegressor(2, units=2, dense_units=2, epochs=1, random_state=0)
    follower = Follower()
    model = Forecaster("load", **SMALL | {"estimator": network})
    GridSearchCV(model, {"window_length": [12, 24]}, cv=TimeSeriesSplit(2)).set_callbacks(follower).fit(load)
    fits = [*(f"fit#0/search#0/fit#{i}" for i in range(4)), "fit#0/fit#1"]
    inside = [path for fit in fits for path in (fit, f"{fit}/fit#0", f"{fit}/fit#0/epoch#0")]
    assert follower.begun == ["fit#0", "fit#0/search#0", *inside]


def test_forecasts_are_scored_where_y_is_given_apart(load):
    callback = pytest.importorskip("sklearn.callback")
    monitor = callback.ScoringMonitor(scoring={"rmse": forecast_scorer("rmse")})
    X, y = load.drop(columns="load"), load["load"]
    model = Forecaster("load", **SMALL).set_callbacks(monitor).fit(X, y)
    assert [row["rmse"] for row in monitor.get_logs().data] == [forecast_scorer("rmse")(model, X, y)]


def test_failed_fit_takes_leave_of_callbacks(load):
    pytest.importorskip("sklearn.callback")
    follower = Follower()
    with pytest.raises(ValueError, match="known_future"):
        Forecaster("load", **SMALL, known_future=["wind"]).set_callbacks(follower).fit(load)
    assert follower.begun == ["fit#0"]
    assert not follower.is_open
