"""Forecasts as they would have been made, against a loop of fit and forecast, origin by origin."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import Ridge

from skhybrid import DenseRegressor, Forecaster, make_power_usage
from tests.forecasting.test_forecaster import OF_SHOPS, SMALL, panel_of
from tests.helpers import Follower


@pytest.fixture(scope="module")
def load():
    return make_power_usage(12, random_state=0)


def loop_of(model, rows, test_size, refit, stride, max_train_size=None):
    """Return the forecasts of each origin of one series, in the plainest way."""
    first, n_ahead = len(rows) - test_size - 1, model.lead + model.horizon
    forecasts, fitted_at = [], None
    for origin in range(first, len(rows) - n_ahead, stride):
        if fitted_at is None or (refit is not None and (origin - first) // refit > (fitted_at - first) // refit):
            begin = 0 if max_train_size is None else max(origin + 1 - max_train_size, 0)
            fitted, fitted_at, known = clone(model).fit(rows[begin : origin + 1]), origin, origin
        if origin > known:
            fitted.update(rows[known + 1 : origin + 1])
            known = origin
        coming = rows[list(model.known_future)].iloc[origin + 1 + model.lead : origin + 1 + n_ahead]
        forecasts.append(fitted.forecast(coming if len(model.known_future) else None)["forecast"].to_numpy())
    return np.array(forecasts)


@pytest.mark.parametrize("refit", [None, 1, 10])
@pytest.mark.parametrize(("stride", "max_train_size"), [(1, None), (3, 100)])
@pytest.mark.parametrize("lead", [0, 2])
def test_backtest_equals_a_loop(load, refit, stride, max_train_size, lead):
    model = Forecaster("load", known_future=["temperature"], lead=lead, **SMALL)
    backtest = model.backtest(load, test_size=30, refit=refit, stride=stride, max_train_size=max_train_size)
    wanted = loop_of(model, load, 30, refit, stride, max_train_size)
    table = backtest.forecasts
    np.testing.assert_allclose(table["forecast"].to_numpy().reshape(wanted.shape), wanted, rtol=1e-9)
    np.testing.assert_array_equal(table["y_true"], load["load"].loc[table["time"]])
    assert (table["time"] - table["origin"] == table["step"] * pd.Timedelta("1h")).all()
    assert table["step"].unique().tolist() == list(range(1 + lead, 7 + lead))
    n_blocks = {None: 1, 1: len(wanted), 10: len(np.unique(np.arange(0, len(wanted) * stride, stride) // 10))}
    assert len(backtest.refits) == n_blocks[refit]


def test_backtest_of_a_fitted_forecaster_is_the_same(load):
    model = Forecaster("load", **SMALL)
    unfitted = model.backtest(load, test_size=30, refit=12)
    coefficients = model.fit(load).estimator_.coef_.copy()
    fitted = model.backtest(load, test_size=30, refit=12)
    pd.testing.assert_frame_equal(fitted.forecasts, unfitted.forecasts)
    np.testing.assert_array_equal(model.estimator_.coef_, coefficients)


class FailsOnTheThirdFit(RegressorMixin, BaseEstimator):
    """A ridge of which the third fit is interrupted."""

    n_fits = 0

    def fit(self, X, y):
        type(self).n_fits += 1
        if type(self).n_fits == 3:
            raise KeyboardInterrupt
        self.ridge_ = Ridge().fit(X, y)
        return self

    def predict(self, X):
        return self.ridge_.predict(X)


def test_interrupted_backtest_goes_on(load, tmp_path):
    FailsOnTheThirdFit.n_fits = 0
    model = Forecaster("load", **{**SMALL, "estimator": FailsOnTheThirdFit()})
    with pytest.raises(KeyboardInterrupt):
        model.backtest(load, test_size=48, refit=12, checkpoint=tmp_path)
    resumed = model.backtest(load, test_size=48, refit=12, checkpoint=tmp_path)
    assert FailsOnTheThirdFit.n_fits == 3 + 2  # two are not fitted again, and the third is
    again = model.backtest(load, test_size=48, refit=12, checkpoint=tmp_path)
    at_once = Forecaster("load", **SMALL).backtest(load, test_size=48, refit=12)
    for other in (resumed, again):
        pd.testing.assert_frame_equal(other.forecasts, at_once.forecasts)
    altered = load + 1
    assert not np.allclose(
        model.backtest(altered, test_size=48, refit=12, checkpoint=tmp_path).forecasts["forecast"],
        at_once.forecasts["forecast"],
    )


def test_backtest_is_shown_down_to_the_epochs(load, tmp_path):
    pytest.importorskip("sklearn.callback")
    follower = Follower()
    model = Forecaster("load", **SMALL | {"estimator": DenseRegressor(2, epochs=2, random_state=0)})
    shown = clone(model).set_callbacks(follower).backtest(load, test_size=24, refit=12, checkpoint=tmp_path)
    inside = [
        path
        for fit in ("backtest#0/refit#0", "backtest#0/refit#1")
        for path in (fit, f"{fit}/fit#0", f"{fit}/fit#0/epoch#0", f"{fit}/fit#0/epoch#1")
    ]
    assert follower.begun == ["backtest#0", *inside]
    assert sorted(follower.ended) == sorted(follower.begun)
    assert (follower.places["backtest#0"], follower.is_open) == (2, False)
    pd.testing.assert_frame_equal(shown.forecasts, model.backtest(load, test_size=24, refit=12).forecasts)
    again = Follower()  # what is finished is not fitted again
    model.set_callbacks(again).backtest(load, test_size=24, refit=12, checkpoint=tmp_path)
    assert again.ended == ["backtest#0/refit#0", "backtest#0/refit#1", "backtest#0"]
    assert not hasattr(model, "estimator_")


def test_backtest_of_a_panel_equals_that_of_its_rows_known_by_then():
    sales = panel_of()
    days = sales.index.get_level_values(1)
    last = days.max()
    backtest = Forecaster("sold", **OF_SHOPS).backtest(sales, test_size=14, refit=7)
    assert backtest.refits.tolist() == [last - pd.Timedelta(days=14), last - pd.Timedelta(days=7)]
    for origin in backtest.refits:
        known = sales[days <= origin]
        model = Forecaster("sold", **OF_SHOPS).fit(known)
        forecast = model.forecast(sales[days > origin][["promotion"]], series=["shop 2"])
        made = backtest.forecasts.query("origin == @origin and series == 'shop 2'")
        np.testing.assert_allclose(made["forecast"], forecast["forecast"])
    # The others end three and six days earlier.
    n_origins = backtest.forecasts.groupby("series")["origin"].nunique()
    assert n_origins.tolist() == [2, 5, 8]


def test_errors_are_those_of_groups(load):
    backtest = Forecaster("load", **SMALL).backtest(load, test_size=30)
    table = backtest.forecasts
    error = table["forecast"] - table["y_true"]
    of_all = backtest.errors().iloc[0]
    np.testing.assert_allclose(of_all["rmse"], np.sqrt((error**2).mean()))
    np.testing.assert_allclose(of_all["wape"], error.abs().sum() / table["y_true"].abs().sum())
    np.testing.assert_allclose(of_all["bias"], error.mean())
    scale = np.sqrt((load["load"].iloc[:-30].diff(24) ** 2).mean())
    np.testing.assert_allclose(of_all["rmsse"], of_all["rmse"] / scale)
    of_hours = backtest.errors("hour")
    np.testing.assert_allclose(of_hours.loc[7, "mae"], error.abs()[table["time"].dt.hour == 7].mean())
    assert backtest.errors(["step", "hour"]).index.names == ["step", "hour"]
    with pytest.raises(ValueError, match="by must name columns of the forecasts"):
        backtest.errors("weather")
    assert "Backtest of 25 origins, fitted 1 times: RMSE" in repr(backtest)


def test_plot_draws_each_time_once(load):
    display = Forecaster("load", **SMALL).backtest(load, test_size=30).plot(ax=Figure().subplots())
    truth, forecast = display.lines_
    np.testing.assert_array_equal(truth.get_ydata(), load["load"].iloc[-30:])
    assert np.isfinite(forecast.get_ydata()).all()
    assert [text.get_text() for text in display.ax_.texts] == [f"block {i}" for i in range(5)]


@pytest.mark.parametrize("test_size", [5, 288])
def test_test_part_must_hold_a_horizon_and_leave_rows(load, test_size):
    with pytest.raises(ValueError, match="test_size must be at least the 6 steps up to the last one forecast"):
        Forecaster("load", **SMALL).backtest(load, test_size=test_size)
