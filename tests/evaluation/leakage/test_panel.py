"""Leaks among several series: what is found in one order of the rows is found in any, as in one series."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, TimeSeriesSplit

from skhybrid import PanelTimeSeriesSplit, WindowedRegressor, check_leakage, make_supervised
from skhybrid.evaluation.leakage._data import Given

RNG = np.random.default_rng(0)
LENGTHS = {"a": (0, 90), "b": (10, 70), "c": (25, 50)}
HOURS = pd.date_range("2024-01-01", periods=100, freq="h")
LOADS = pd.concat(
    {
        key: pd.DataFrame({"load": np.sin(np.arange(n) / 3) + RNG.normal(size=n)}, HOURS[start : start + n])
        for key, (start, n) in LENGTHS.items()
    }
)
SERIES = RNG.permutation(LOADS.index.get_level_values(0))  # whose row comes next
MIXED = np.empty(len(LOADS), dtype=int)
for key in LENGTHS:
    MIXED[key == SERIES] = np.flatnonzero(LOADS.index.get_level_values(0) == key)
ORDERS = {"series by series": LOADS, "time by time": LOADS.sort_index(level=1), "mixed": LOADS.iloc[MIXED]}
CV = PanelTimeSeriesSplit(3)

by_order = pytest.mark.parametrize("order", ["series by series", "time by time", "mixed"])
by_prepare = pytest.mark.parametrize("prepares", [False, True])


def shift(data, horizon=3):
    return make_supervised(data, "load", horizon=horizon)


def find(model, data, prepare=shift, cv=CV, prepares=True):
    """Return the leaks by kind."""
    given = (data,) if prepares else prepare(data)
    report = check_leakage(model, *given, cv=cv, prepare=prepare if prepares else None)
    return {leak.kind: leak.message for leak in report.findings}


@by_order
@by_prepare
def test_no_leak_with_an_embargo(order, prepares):
    assert find(WindowedRegressor(Ridge(), 4, horizon=3), ORDERS[order], prepares=prepares) == {}


@by_order
@by_prepare
def test_targets_in_the_test_period_are_found(order, prepares):
    found = find(WindowedRegressor(Ridge(), 4), ORDERS[order], prepares=prepares)
    assert [*found] == ["horizon"]
    assert "PanelTimeSeriesSplit(gap=2), or take WindowedRegressor(embargo=2)" in found["horizon"]
    assert find(Ridge(), ORDERS[order], cv=PanelTimeSeriesSplit(3, gap=2), prepares=prepares) == {}


@by_order
def test_scaling_by_all_rows_is_found(order):
    assert "preparation" in find(Ridge(), ORDERS[order], lambda data: shift(data - data.mean()))


@by_order
def test_what_series_share_at_one_time_is_no_leak(order):
    def beside_others(data):
        return shift(data.assign(mean=data.groupby(level=1)["load"].transform("mean")))

    assert find(WindowedRegressor(Ridge(), 2, horizon=3), ORDERS[order], beside_others) == {}


@by_order
def test_target_as_a_feature_is_found(order):
    def with_target(data):
        X, y = shift(data)
        return X.assign(follows=3 * y), y

    assert "target feature" in find(Ridge(), ORDERS[order], with_target, prepares=False)


@pytest.mark.parametrize(("cv", "order"), [(TimeSeriesSplit(3), "series by series"), (KFold(3), "time by time")])
def test_folds_out_of_time_are_found(cv, order):
    found = find(Ridge(), ORDERS[order], cv=cv, prepares=False)
    assert "split with PanelTimeSeriesSplit" in found["order"]


@by_order
def test_look_ahead_is_found(order):
    class Ahead(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return X.groupby(level=0)["load"].transform(lambda load: load.shift(-1).fillna(0)).to_numpy()

    assert "look-ahead" in find(Ahead(), ORDERS[order], prepares=False)


@by_order
def test_horizon_is_read_within_each_series(order):
    X, y = shift(ORDERS[order], horizon=5)
    assert Given(X, y).horizon == 5
    assert Given(X.to_numpy(), y).horizon == 5


@by_order
def test_held_test_rows_are_found_in_the_order_given(order):
    X, y = shift(ORDERS[order])

    class Holds(RegressorMixin, BaseEstimator):
        def __init__(self, values=None, late=()):
            self.values = values
            self.late = late

        def fit(self, X, y):
            self.mean_ = np.mean(self.values[list(self.late)])
            return self

        def predict(self, X):
            return np.full(len(X), self.mean_)

    time = X.index.get_level_values(1)
    kinds = [
        find(Holds(np.arange(float(len(X))), tuple(np.flatnonzero(late))), X, lambda data: (data, y), prepares=False)
        for late in (time > time.max() - pd.Timedelta("3h"), time < HOURS[10])
    ]
    assert ["held rows" in each for each in kinds] == [True, False]
