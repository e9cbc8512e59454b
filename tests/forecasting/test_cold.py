"""Forecasts of series without any rows of their own."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from skhybrid import CNNLSTMRegressor, Forecaster, make_sales
from tests.forecasting.oracle import Recorder

OF_SHOPS = {"horizon": 3, "window_length": 7, "known_future": ["promotion"], "static": ["area"], "calendar": None}


def shops(n_shops=6, n_days=60):
    """Return sales that area and promotion tell without error."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=n_days, freq="D", name="date")
    frames = {}
    for i in range(n_shops):
        area, promotion = 100.0 * (i + 1), rng.integers(0, 2, n_days)
        frames[f"shop {i}"] = pd.DataFrame(
            {"sold": 5 + 0.3 * area + 7 * promotion, "promotion": promotion, "area": area}, days
        )
    return pd.concat(frames, names=["shop"])


def coming(names, area, n_days=3):
    """Return the rows of some shops after those of `shops`."""
    days = pd.date_range("2024-03-01", periods=n_days, freq="D", name="date")
    frame = pd.DataFrame({"promotion": [0, 1, 1, 0][:n_days], "area": area}, days)
    return pd.concat(dict.fromkeys(names, frame), names=["shop"])


def test_new_series_is_forecast_from_what_it_is_and_what_is_known():
    sales = shops()
    model = Forecaster("sold", estimator=LinearRegression(), cold_start=True, **OF_SHOPS).fit(sales)
    forecast = model.forecast(coming(["shop 1", "new"], 250.0), series=["shop 1", "new"])
    new = forecast.loc["new"]
    np.testing.assert_allclose(new["forecast"], [80, 87, 87])
    assert new.index.tolist() == list(pd.date_range("2024-03-01", periods=3))
    assert forecast["cold_start"].tolist() == [False] * 3 + [True] * 3
    assert model.forecast(coming([*(f"shop {i}" for i in range(6)), "new"], 9.0)).loc["new"].shape == (3, 2)
    assert len(model.forecast(coming(["new"], 9.0), n_steps=2, series=["new"])) == 2
    once = coming(["new"], [np.nan, np.nan, np.nan, 250.0], 4)  # beyond the horizon
    np.testing.assert_allclose(model.forecast(once, series=["new"])["forecast"], [80, 87, 87])


def test_other_forecasts_stay_as_they_are():
    sales = shops()
    future = coming([f"shop {i}" for i in range(6)], 1.0)
    with_new = Forecaster("sold", estimator=Ridge(), cold_start=True, **OF_SHOPS).fit(sales).forecast(future)
    without = Forecaster("sold", estimator=Ridge(), **OF_SHOPS).fit(sales).forecast(future)
    pd.testing.assert_frame_equal(with_new[["forecast"]], without)


def test_model_of_new_series_sees_no_past():
    sales = shops()
    model = Forecaster("sold", estimator=Recorder(), cold_start=True, past=["promotion"], **OF_SHOPS).fit(sales)
    cold = model._memory.cold
    X, y = cold.estimator.X_, cold.estimator.y_
    assert len(np.unique(X[:, :14], axis=0)) == 1  # the windows
    np.testing.assert_allclose(X[0, :2], [sales["sold"].mean(), sales["promotion"].mean()])
    np.testing.assert_allclose(y, 5 + 0.3 * X[:, -1:] + 7 * X[:, 14:17])  # in the units of the target
    assert len(X) == 6 * (60 - 3)  # all origins with known targets
    areas = X[np.flatnonzero(np.diff(X[:, -1], prepend=0)), -1]  # series by series, in another order
    assert len(areas) == 6
    assert not (np.diff(areas) > 0).all()


def test_rows_without_a_known_target_are_coming_ones():
    sales = shops()
    new = coming(["new"], 250.0, 4).assign(sold=np.nan)
    model = Forecaster("sold", estimator=LinearRegression(), cold_start=True, **OF_SHOPS)
    of_update = model.fit(sales).update(new).forecast(series=["new"])
    np.testing.assert_allclose(of_update["forecast"], [80, 87, 87])
    of_fit = model.fit(pd.concat([sales, new])).forecast(series=["new"])
    np.testing.assert_allclose(of_fit["forecast"], [80, 87, 87])
    later = new.iloc[:1].assign(sold=80.0)
    with pytest.warns(UserWarning, match="1 of 1 series have fewer than min_history=7 steps of series 'new'"):
        assert not model.update(later).forecast(coming(["new"], 250.0, 4), series=["new"])["cold_start"].any()


def test_first_step_to_forecast_does_not_depend_on_lead():
    model = Forecaster("sold", estimator=LinearRegression(), cold_start=True, lead=2, **OF_SHOPS).fit(shops())
    new = model.forecast(coming(["new"], 250.0), series=["new"])
    np.testing.assert_allclose(new["forecast"], [80, 87, 87])
    assert new.index[0] == ("new", pd.Timestamp("2024-03-01"))


def test_transformed_target_is_in_its_units():
    sales = shops()
    model = Forecaster("sold", estimator=Ridge(1e-3), cold_start=True, target_transform="log1p", bounds=(0, 90))
    new = model.set_params(**OF_SHOPS).fit(sales).forecast(coming(["new"], 250.0), series=["new"])
    assert new["forecast"].between(60, 90).all()


def test_networks_and_what_is_recommended_read_static_columns():
    sales = shops(4, 40)
    network = CNNLSTMRegressor(epochs=1, filters=2, units=2, kernel_size=2, pool_size=1, random_state=0)
    for estimator in (network, None):
        model = Forecaster("sold", estimator=estimator, cold_start=True, random_state=0, **OF_SHOPS).fit(sales)
        small, large = (
            model.forecast(coming(["new"], area), series=["new"])["forecast"].to_numpy() for area in (100.0, 400.0)
        )
        assert not np.allclose(small, large)
    np.testing.assert_allclose(large, [125, 132, 132], rtol=0.02)  # a ridge alone, as samples are few


def test_new_shops_of_simulated_sales_are_forecast_better_than_by_the_mean():
    sales = make_sales(20, 90, random_state=0)
    old, new = sales.loc[:"shop 15"], sales.loc["shop 16":]
    first = pd.concat([rows.iloc[:7] for _, rows in new.groupby(level=0)])
    model = Forecaster("sold", horizon=7, estimator=Ridge(), static=["area"], bounds=(0, None), cold_start=True)
    made = model.fit(old).forecast(first.drop(columns="sold"), series=list(first.index.unique(0)))["forecast"]
    error, of_mean = (np.abs(made - first["sold"]), np.abs(old["sold"].mean() - first["sold"]))
    assert error.mean() < 0.8 * of_mean.mean()


@pytest.mark.parametrize(
    ("future", "options", "message"),
    [
        (
            coming(["new"], 1.0).assign(area=[1.0, 2.0, 1.0]),
            {},
            "static must name columns that have one value in a series, but 'area' has",
        ),
        (coming(["new"], 1.0).drop(columns="area"), {}, r"future must hold the columns of static of series 'new'"),
        (coming(["new"], 1.0, 2), {}, "future must hold a row for each of the 3 coming steps of series 'new'"),
        (coming(["new"], 1.0).drop(columns="promotion"), {}, "future must hold the columns of known_future"),
        (coming(["new"], 1.0), {"n_steps": 4}, "n_steps must be at most horizon=3 where series such as 'new' have no"),
        (coming(["new"], 1.0), {"series": ["other"]}, "series must name series that are known, but 'other' is not one"),
    ],
)
def test_bad_coming_rows_are_refused(future, options, message):
    model = Forecaster("sold", estimator=Ridge(), cold_start=True, **OF_SHOPS).fit(shops())
    with pytest.raises(ValueError, match=message):
        model.forecast(future, **{"series": ["new"], **options})


def test_new_series_is_refused_without_cold_start():
    model = Forecaster("sold", estimator=Ridge(), **OF_SHOPS).fit(shops())
    with pytest.raises(ValueError, match="future must name series that are known, but 'new' is not one of the 6"):
        model.forecast(coming([*(f"shop {i}" for i in range(6)), "new"], 1.0))
    model.update(coming(["new"], 1.0).assign(sold=np.nan))
    with pytest.raises(ValueError, match="X must hold a known target of series 'new', but there is none"):
        model.forecast(series=["new"])


@pytest.mark.parametrize("names", [["shop 1", "new"], ["new"]])
def test_new_series_has_no_intervals_and_this_is_said(names):
    model = Forecaster("sold", estimator=LinearRegression(), cold_start=True, intervals=0.8, **OF_SHOPS).fit(shops())
    with pytest.warns(UserWarning, match="1 series without rows of their own, such as 'new', have no intervals"):
        forecast = model.forecast(coming(names, 250.0), series=names)
    assert list(forecast.columns) == ["forecast", "lower_80", "upper_80", "cold_start"]
    assert forecast.loc["new", ["lower_80", "upper_80"]].isna().all(axis=None)
    assert forecast.loc[names[:-1], ["lower_80", "upper_80"]].notna().all(axis=None)


def test_cold_start_is_refused_where_nothing_could_tell_series_apart():
    sales = shops()
    model = Forecaster("sold", estimator=Ridge(), cold_start=True, **OF_SHOPS)
    with pytest.raises(ValueError, match="cold_start=True needs a table of many series"):
        model.fit(sales.loc["shop 1"])
    with pytest.raises(ValueError, match="cold_start=True needs columns to tell a series without rows from others"):
        model.set_params(static=(), known_future=()).fit(sales)
    with pytest.raises(ValueError, match="cold_start=True needs one target, or an estimator that learns all of them"):
        model.set_params(target=["sold", "promotion"], static=["area"], estimator=None).fit(sales)
