"""Intervals of targets that are often at a bound of theirs: counted by hand, and as wide as they say."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skhybrid import ConformalIntervals, Forecaster, make_sales
from skhybrid.forecasting._conformal import Bounds
from skhybrid.forecasting._edges import Edges, learn_edges, one_sided
from skhybrid.forecasting._error_size import Made

KNOWN = ["promotion", "price"]


def made_of(truth, series):
    """Return forecasts of which only the truth and its series are read."""
    n, horizon = np.shape(truth)
    nothing = np.zeros((n, horizon))
    bounds, phases = np.zeros((n, horizon, 1, 2)), np.zeros((n, horizon, 0), dtype=int)
    return Made(nothing, np.array(truth), bounds, np.arange(n), nothing, phases, (), np.array(series), np.ones(n))


def test_shares_are_counted_for_each_series():
    made = made_of([[0, 1], [0, np.nan], [5, 9], [np.nan, np.nan]], [0, 0, 2, 1])
    limits, shares = learn_edges(made, (0, 9))
    assert limits.tolist() == [0, 9]
    of_all = [2 / 5, 1 / 5]  # also of the series without a known truth, and of those that are new
    np.testing.assert_allclose(shares, [[2 / 3, 0], of_all, [0, 1 / 2], of_all])
    limits, shares = learn_edges(made, (None, 9))
    assert limits.tolist() == [-np.inf, 9]
    assert (shares[:, 0] == 0).all()


def test_interval_starts_at_the_bound_where_the_truth_is_there_often_enough():
    edges = Edges(np.array([0.0, 9.0]), np.array([[0.3, 0.0], [0.05, 0.3], [0.0, 0.0], [0.3, 0.3]]))
    lower, upper = np.array([1.0, 2.0, 3.0, 4.0]), np.array([8.0, 7.0, 6.0, 5.0])  # two levels, each with its half
    found = Bounds(*(np.broadcast_to(side, (5, 1, 4)) for side in (lower, upper)))
    joined = edges.join(np.array([0, 1, 2, 3, 7]), found, np.array([0.1, 0.025]))
    at_lower, as_it_is = [[0, 0], [6, 5]], [[1, 2], [8, 7]]
    at_each = [[3, 0], [9, 5]]  # often enough at the upper bound for both levels, at the lower one for the second
    expected = [at_lower, at_each, as_it_is, at_lower, at_lower]
    np.testing.assert_array_equal(np.stack(joined, axis=1)[:, :, 0], expected)


def test_one_sided_intervals_miss_on_a_side_what_the_others_miss_in_all():
    np.testing.assert_allclose(one_sided((0.5, 0.8, 0.95)), [0.0, 0.6, 0.9])


@pytest.fixture(scope="module")
def sales():
    """Sales of twelve shops, 0 on 30 to 80 % of the days."""
    return make_sales(12, 500, kind="intermittent", random_state=0)[["sold", *KNOWN]]


def fit_before(sales, n_days, **options):
    """Return a forecaster that has learned from all but the last days, and when these begin."""
    times = sales.index.get_level_values(1)
    first = times.unique().sort_values()[-n_days]
    model = Forecaster("sold", horizon=7, estimator=Ridge(10), known_future=KNOWN, intervals=(0.8, 0.95), **options)
    return model.fit(sales[times < first]), first


def coverage_of_shops(model, rows, level):
    truth, bounds = model.paired_intervals(rows, level=level)
    inside = (bounds[:, :, 0] <= truth) & (truth <= bounds[:, :, 1])
    return inside.reshape(12, -1).mean(axis=1), bounds


@pytest.mark.parametrize(("level", "off"), [(0.8, 0.08), (0.95, 0.04)])
def test_intervals_of_intermittent_sales_hold_what_they_say(sales, level, off):
    model, first = fit_before(sales, 140, bounds=(0, None))
    shares, bounds = coverage_of_shops(model, sales[sales.index.get_level_values(1) >= first], level)
    assert np.mean(np.abs(shares - level) <= off) >= 0.9
    assert (bounds[:, :, 0] == 0).all()  # never a little above it, where all days without a sale are missed


def test_upper_bound_is_an_edge_as_well(sales):
    turned = sales.assign(sold=-sales["sold"])
    model, first = fit_before(turned, 140, bounds=(None, 0))
    shares, bounds = coverage_of_shops(model, turned[turned.index.get_level_values(1) >= first], 0.8)
    assert np.mean(np.abs(shares - 0.8) <= 0.08) >= 0.9
    assert (bounds[:, :, 1] == 0).all()


@pytest.fixture(scope="module")
def parts(sales):
    """Sales alone: the rows to learn from, and the last sixty days."""
    times = sales.index.get_level_values(1)
    first = times.unique().sort_values()[-60]
    return sales.loc[times < first, ["sold"]], sales.loc[times >= first, ["sold"]]


def make_forecaster(**options):
    return Forecaster("sold", horizon=7, estimator=Ridge(10), **{"intervals": 0.8, **options})


def test_bound_that_is_never_met_changes_nothing(parts):
    learned, coming = parts
    plain, bounded = (
        make_forecaster(bounds=limits).fit(learned).predict_interval(coming) for limits in (None, (-9, None))
    )
    np.testing.assert_array_equal(np.maximum(plain, -9), bounded)


def test_symmetric_intervals_stay_symmetric(parts):
    model = make_forecaster(bounds=(0, None), intervals=ConformalIntervals(0.8, symmetric=True)).fit(parts[0])
    forecast = model.forecast()
    inside = forecast["lower_80"] > 0
    assert inside.any()
    middle = (forecast["lower_80"] + forecast["upper_80"]) / 2
    np.testing.assert_allclose(middle[inside], forecast["forecast"][inside])


def test_later_rows_move_no_bound(parts):
    """Nor do zeros that come later make an interval start there."""
    model = make_forecaster(bounds=(0, None)).fit(parts[0])
    coming, altered = parts[1], parts[1].copy()
    times = coming.index.get_level_values(1)
    is_later = times > times.unique()[20]
    altered.loc[is_later, "sold"] = 0
    before, after = (model.predict_interval(rows) for rows in (coming, altered))
    np.testing.assert_array_equal(before[~is_later], after[~is_later])
    assert (before[is_later] != after[is_later]).any()


def test_new_series_takes_the_share_of_all(parts):
    learned, coming = parts
    is_new = learned.index.get_level_values(0) == "shop 03"
    model = make_forecaster(bounds=(0, None)).fit(learned[~is_new])
    model.update(learned[is_new])
    assert (model.forecast().loc["shop 03", "lower_80"] == 0).all()
    assert (model.predict_interval(coming)[..., 0] == 0).all()
