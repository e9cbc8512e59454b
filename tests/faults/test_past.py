"""Kind 3 and line 4.5: the past of a row, holes in it, and targets that reach into the held-out time.

Lines marked ``new=True`` add a parameter, which the version before does not know.
"""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CalendarFeatures,
    DenseRegressor,
    RollingFeatures,
    SlidingWindow,
    WindowedClassifier,
    WindowedRegressor,
    make_supervised,
    make_windows,
)

ROWS = np.random.default_rng(0).normal(size=(80, 2)).cumsum(axis=0)
HOURS = pd.date_range("2024-03-30", periods=80, freq="h")

# Labels of 80 rows that follow one another, by kind. Those of the first kind count as times already in the old version.
TIMES = {
    "hours": HOURS,
    "zone": HOURS.tz_localize("UTC").tz_convert("Europe/Berlin"),  # a clock change is among them
    "seconds": HOURS.as_unit("s"),
    "periods": pd.period_range("2024-01", periods=80, freq="M"),
    "timedeltas": HOURS - HOURS[0],
    "integers": pd.Index(np.arange(5, 85)),
    "range": pd.RangeIndex(50, 130),
    "floats": pd.Index(np.arange(80) / 4),
}
DAYS = pd.date_range("2024-03-01", periods=80)
TEXTS = {
    "text dates": pd.Index(DAYS.strftime("%Y-%m-%d")),
    "text times": pd.Index(HOURS.strftime("%Y-%m-%d %H:%M")),
    "dates": pd.Index(DAYS.date),
    "categories of times": pd.CategoricalIndex(HOURS),
    "categories of text": pd.CategoricalIndex(DAYS.strftime("%Y-%m-%d")),
    "categories of numbers": pd.CategoricalIndex(np.arange(5, 85)),
}
PARTS = {
    "SlidingWindow": lambda: SlidingWindow(4, flatten=True),
    "RollingFeatures": lambda: RollingFeatures((2, 4), statistics=("mean", "max")),
    "WindowedRegressor": lambda: WindowedRegressor(Ridge(), 4),
    "WindowedClassifier": lambda: WindowedClassifier(GaussianNB(), 4),
}
CUTTERS = {
    "make_supervised": lambda frame: make_supervised(frame, "a"),
    "make_windows": lambda frame: make_windows(frame, "a", window_length=3),
}

by_part = pytest.mark.parametrize("part", PARTS)
by_cutter = pytest.mark.parametrize("cutter", CUTTERS)
by_time = pytest.mark.parametrize("times", TIMES)
by_text = pytest.mark.parametrize("times", TEXTS)
by_label = pytest.mark.parametrize("times", TIMES | TEXTS)


def labelled(times):
    """Return rows with labels of a kind."""
    return pd.DataFrame(ROWS, (TIMES | TEXTS)[times] if isinstance(times, str) else times, ["a", "b"])


def cut(X, start, stop=None):
    """Return a part of the rows; labels that are floats would cut otherwise in pandas 2."""
    return X.iloc[start:stop] if isinstance(X, pd.DataFrame) else X[start:stop]


def target(X):
    return np.asarray(X)[:, 0] > np.median(np.asarray(X)[:, 0])


def fitted(part, X):
    return PARTS[part]().fit(X, target(X))


def answer(model, X):
    """Return the numbers that a fitted part gives for X."""
    method = next(name for name in ("transform", "predict_proba", "predict") if hasattr(model, name))
    return getattr(model, method)(X)


def outcome(function):
    """Return what a function returns, or the text of its error."""
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def warned(function):
    """Return the texts of the UserWarnings of a function, or that of its error."""
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        error = outcome(function)
    return error if isinstance(error, str) else [str(each.message) for each in record if each.category is UserWarning]


def assert_refused(function, words=""):
    text = outcome(function)
    assert isinstance(text, str)
    assert text.startswith("ValueError")
    assert words in text


def assert_counted(function, count):
    """Assert that a function returns with one warning, in which the count stands."""
    texts = warned(function)
    assert isinstance(texts, list)
    assert len(texts) == 1
    assert re.search(rf"\b{count}\b", texts[0])


# --- 3.1 -------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("3.1")
@pytest.mark.parametrize("kind", ["array", "default", "hours", "periods", "floats"])
@by_part
def test_last_rows_are_answered_as_among_all(part, kind):
    X = ROWS if kind == "array" else pd.DataFrame(ROWS) if kind == "default" else labelled(kind)
    model = fitted(part, X)
    whole = answer(model, X)
    tails = np.concatenate([answer(model, cut(X, -k)) for k in range(1, 4)])
    np.testing.assert_allclose(tails, np.concatenate([whole[-k:] for k in range(1, 4)]), rtol=1e-12)


@pytest.mark.fault("3.1")
@pytest.mark.parametrize("as_frame", [True, False])
def test_last_rows_are_predicted_as_among_all_behind_a_scaler(as_frame):
    X = labelled("hours") if as_frame else ROWS
    scaler = StandardScaler().set_output(transform="pandas" if as_frame else "default")
    model = make_pipeline(scaler, SlidingWindow(4, flatten=True), Ridge()).fit(X, ROWS[:, 0])
    np.testing.assert_allclose(model.predict(cut(X, -3)), model.predict(X)[-3:], rtol=1e-9)


# --- 3.2 -------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("3.2")
@pytest.mark.parametrize("dtype", [None, "int64", "float64", "Int64", "Float64", "uint8"])
@by_part
def test_rows_before_the_fitted_numbers_are_refused(part, dtype):
    X = pd.DataFrame(ROWS)
    index = X.index if dtype is None else X.index.astype(dtype)
    model = fitted(part, X.set_axis(index).iloc[40:])
    assert_refused(lambda: answer(model, cut(X, 0, 40)))


@pytest.mark.fault("3.2")
def test_folds_without_a_past_are_refused():
    X = pd.DataFrame(ROWS)
    assert_refused(lambda: cross_val_predict(WindowedRegressor(Ridge(), 4), X, ROWS[:, 0], cv=KFold(2)))


# --- 3.3 -------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("3.3")
@by_text
@by_part
def test_newest_first_is_refused(part, times):
    assert_refused(lambda: fitted(part, labelled(times).iloc[::-1]), "increasing")


@pytest.mark.fault("3.3")
@by_text
@by_part
def test_newest_first_is_refused_after_the_fit(part, times):
    X = labelled(times)
    model = fitted(part, cut(X, 0, 40))
    assert_refused(lambda: answer(model, X.iloc[:39:-1]), "increasing")


@pytest.mark.fault("3.3")
@by_text
@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True, random_state=0)], ids=["blocks", "shuffled"])
def test_folds_that_are_not_in_time_are_refused(cv, times):
    assert_refused(lambda: cross_val_predict(WindowedRegressor(Ridge(), 4), labelled(times), ROWS[:, 0], cv=cv))


@pytest.mark.fault("3.3")
@by_text
def test_holes_among_texts_are_refused(times):
    X = labelled(times).drop(index=labelled(times).index[40])
    assert_refused(lambda: WindowedRegressor(Ridge(), 4).fit(X, X["a"]), "missing")


@pytest.mark.fault("3.3")
@by_text
@by_part
def test_rows_before_the_fitted_texts_are_refused(part, times):
    X = labelled(times)
    model = fitted(part, cut(X, 40))
    assert_refused(lambda: answer(model, cut(X, 0, 40)), "before the fitted data")


@pytest.mark.fault("3.3")
@by_text
@by_part
def test_rows_among_the_fitted_texts_have_their_past(part, times):
    model = fitted(part, labelled(times))
    np.testing.assert_allclose(answer(model, cut(labelled(times), -2)), answer(model, labelled(times))[-2:], rtol=1e-12)


NOT_TIMES = {
    "day first": pd.Index(DAYS.strftime("%d.%m.%Y")),
    "month by name": pd.Index(DAYS.strftime("%d %b %Y")),
    "bools": pd.Index([False, True]),
    "intervals": pd.interval_range(0, 80),
    "missing": pd.Index([None, *DAYS.strftime("%Y-%m-%d")[1:]]),
    "mixed": pd.Index([1, *DAYS.strftime("%Y-%m-%d")[1:]], dtype=object),
    "half a date": pd.Index([*DAYS.strftime("%Y-%m-%d")[:-1], "soon"]),
}


@pytest.mark.fault("3.3")
@pytest.mark.parametrize("labels", NOT_TIMES)
@pytest.mark.parametrize("part", ["SlidingWindow", "RollingFeatures", "make_supervised", "make_windows"])
def test_labels_that_are_not_times_are_refused(part, labels):
    index = NOT_TIMES[labels]
    X = pd.DataFrame(ROWS[: len(index)], index, ["a", "b"])
    cut = {
        **CUTTERS,
        "make_windows": lambda frame: make_windows(frame, "a", window_length=1),
        "SlidingWindow": lambda frame: SlidingWindow(2).fit(frame),
        "RollingFeatures": lambda frame: RollingFeatures((2,)).fit(frame),
    }
    assert_refused(lambda: cut[part](X))


@pytest.mark.fault("3.3")
@pytest.mark.parametrize("times", ["text dates", "text times", "dates", "categories of times", "categories of text"])
def test_calendar_reads_the_index_by_the_same_rule(times):
    X = labelled(times)
    expected = CalendarFeatures(("hour", "dayofyear")).fit_transform(X.set_axis(pd.to_datetime(list(X.index))))
    found = outcome(lambda: CalendarFeatures(("hour", "dayofyear")).fit_transform(X))
    assert np.array_equal(found, expected)


@pytest.mark.fault("3.3")
@pytest.mark.parametrize("times", ["hours", "zone", "seconds"])
@pytest.mark.parametrize("order", ["newest first", "repeated"])
def test_calendar_refuses_an_index_that_is_not_in_order(order, times):
    X = labelled(times)
    rows = np.arange(80)[::-1] if order == "newest first" else np.repeat(np.arange(40), 2)
    assert_refused(lambda: CalendarFeatures(("hour",)).fit(X.iloc[rows]), "increasing")


# --- 3.4 and 3.5 -----------------------------------------------------------------------------------------------------

UNEVEN = np.cumsum(np.random.default_rng(1).integers(1, 4, size=80))  # steps of 1 to 3
IRREGULAR = {
    "times": HOURS[0] + pd.to_timedelta(UNEVEN, unit="min"),
    "zone": (HOURS[0] + pd.to_timedelta(UNEVEN, unit="min")).tz_localize("Europe/Berlin"),
    "timedeltas": pd.to_timedelta(UNEVEN, unit="s"),
    "integers": pd.Index(UNEVEN),
    "floats": pd.Index(UNEVEN / 8),
    "text": pd.Index((HOURS[0] + pd.to_timedelta(UNEVEN, unit="min")).strftime("%Y-%m-%d %H:%M")),
    "business days with a holiday": pd.bdate_range("2024-01-01", periods=81).delete(34),
    "a late row": HOURS[:37].append(HOURS[37:38] + pd.Timedelta("10min")).append(HOURS[38:]),
}


@pytest.mark.fault("3.4")
@pytest.mark.parametrize("times", IRREGULAR)
@by_part
def test_rows_after_a_hole_of_an_irregular_series_are_warned_of(part, times):
    X = pd.DataFrame(ROWS, IRREGULAR[times], ["a", "b"])
    model = fitted(part, cut(X, 0, 38))
    texts = warned(lambda: answer(model, cut(X, 78)))
    assert len(texts) == 1


@pytest.mark.fault("3.4")
@pytest.mark.parametrize("times", IRREGULAR)
def test_no_window_reaches_over_a_hole_of_an_irregular_series(times):
    X = pd.DataFrame(ROWS, IRREGULAR[times], ["a", "b"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        windows = SlidingWindow(4, incomplete="nan").fit(cut(X, 0, 38)).transform(cut(X, 78))
    assert np.isnan(windows[0, :3]).all()


@pytest.mark.fault("3.5")
@by_label
def test_update_after_a_hole_is_warned_of(times):
    X = labelled(times)
    model = fitted("WindowedRegressor", cut(X, 0, 40))
    assert_counted(lambda: model.update(cut(X, 42)), 2)


@pytest.mark.fault("3.5")
def test_update_with_arrays_that_are_known_is_refused():
    model = fitted("WindowedRegressor", ROWS[:40])
    assert_refused(lambda: model.update(ROWS[39:]))
    assert_refused(lambda: model.update(ROWS[:40]))


@pytest.mark.fault("3.5")
@by_time
def test_rows_after_an_update_with_a_hole_keep_their_places(times):
    X = labelled(times)
    model = fitted("WindowedRegressor", cut(X, 0, 40))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.update(cut(X, 42, 43))
        windows = model.read_windows(cut(X, 43, 44)).reshape(4, 2)
    assert windows[2:].tolist() == ROWS[42:44].tolist()
    assert windows[0].tolist() == windows[1].tolist()  # two rows that are not known, and filled alike


# --- 3.6 -------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("3.6")
@pytest.mark.parametrize(
    ("part", "kind"),
    [
        *[("SlidingWindow", kind) for kind in ["array", "default", *TIMES, *TEXTS]],
        *[(part, kind) for part in list(PARTS)[1:] for kind in ["array", "default", "hours"]],
    ],
)
def test_row_without_its_past_is_warned_of(part, kind):
    X = ROWS if kind == "array" else pd.DataFrame(ROWS) if kind == "default" else labelled(kind)
    model = fitted(part, X)
    assert_counted(lambda: answer(model, cut(X, 30, 31)), 1)


@pytest.mark.fault("3.6")
@pytest.mark.parametrize("kind", ["array", "hours"])
@by_part
def test_rows_that_lack_a_part_of_their_past_are_counted(part, kind):
    X = ROWS if kind == "array" else labelled(kind)
    model = fitted(part, X)  # of which the last 6 rows are kept, so that row 77 is the first with its whole past
    assert_counted(lambda: answer(model, cut(X, 75)), 2)


# --- 3.7 and 3.8 -----------------------------------------------------------------------------------------------------


@pytest.mark.fault("3.7")
@pytest.mark.parametrize("order", ["newest first", "shuffled", "repeated"])
@by_label
@by_cutter
def test_rows_that_are_not_in_order_are_not_cut(cutter, times, order):
    rows = {
        "newest first": np.arange(80)[::-1],
        "shuffled": np.random.default_rng(0).permutation(80),
        "repeated": np.repeat(np.arange(40), 2),
    }
    assert_refused(lambda: CUTTERS[cutter](labelled(times).iloc[rows[order]]), "increasing")


@pytest.mark.fault("3.7")
@pytest.mark.parametrize("as_series", [True, False])
@by_label
@by_cutter
def test_holes_are_not_cut_across(cutter, times, as_series):
    X = labelled(times).drop(index=labelled(times).index[20:50])
    X = X[["a"]].squeeze() if as_series else X
    assert_refused(lambda: CUTTERS[cutter](X), "missing")


@pytest.mark.fault("3.7")
def test_targets_are_not_further_ahead_than_the_horizon():
    X = labelled("hours").drop(index=HOURS[20:50])
    assert_refused(lambda: make_supervised(X, "a", horizon=24))
    assert_refused(lambda: make_windows(X, "a", window_length=3, horizon=24))


@pytest.mark.fault("3.8")
@by_cutter
def test_windows_do_not_run_from_one_series_into_the_next(cutter):
    long = pd.concat([labelled("hours")[:5], labelled("hours")[:5] + 100])
    assert_refused(lambda: CUTTERS[cutter](long))
    keyed = pd.concat({"first": labelled("hours")[:5], "second": labelled("hours")[:5] + 100})
    X, y = CUTTERS[cutter](keyed)
    for row, target in zip(np.asarray(X).reshape(len(y), -1), np.asarray(y), strict=True):
        assert (row[::2] < 50).all() == (target < 50)


@pytest.mark.fault("3.8")
@pytest.mark.parametrize("column", ["a", None])
def test_cutting_one_column_takes_several_series_apart_as_well(column):
    alone = labelled("hours")["a"]
    keyed = pd.concat({"first": alone, "second": alone})
    expected, _ = make_windows(alone, window_length=3)
    for data, name in ((keyed, column), (keyed.to_frame(), "a")):
        X, _ = make_windows(data, name, window_length=3)
        np.testing.assert_array_equal(X, np.concatenate([expected, expected]))


# --- 3.9 -------------------------------------------------------------------------------------------------------------

TRADING = pd.DatetimeIndex([t for t in pd.date_range("2024-01-01", periods=1000, freq="5min") if 9 <= t.hour < 10])
CLOSED = {
    "trading hours": TRADING,
    "holidays": pd.bdate_range("2024-12-02", periods=90).delete(slice(16, 24)),
    "a shop": pd.date_range("2024-12-01", periods=60).delete([24, 25, 26, 31]),
    "seasons": pd.date_range("2024-01-01", periods=20).append(pd.date_range("2025-01-01", periods=20)),
}


def closed(times):
    index = CLOSED[times]
    return pd.DataFrame({"a": np.random.default_rng(0).normal(size=len(index))}, index)


@pytest.mark.fault("3.9", new=True)
@pytest.mark.parametrize("times", CLOSED)
@pytest.mark.parametrize("part", PARTS)
def test_rows_are_steps_where_the_user_says_so(part, times):
    X = closed(times)
    first, last = cut(X, 0, 30), cut(X, 30)
    numbered = X.set_axis(np.arange(1, len(X) + 1))
    found = outcome(lambda: answer(PARTS[part]().set_params(freq="rows").fit(first, target(first)), last))
    expected = answer(fitted(part, numbered[:30]), numbered[30:])
    assert np.array_equal(found, expected)


@pytest.mark.fault("3.9", new=True)
@pytest.mark.parametrize("times", CLOSED)
def test_windows_are_cut_by_rows_where_the_user_says_so(times):
    X = closed(times)
    found = outcome(lambda: make_windows(X, window_length=4, horizon=2, freq="rows"))
    expected = make_windows(X["a"].to_numpy(), window_length=4, horizon=2)
    assert np.array_equal(found[0], expected[0])
    rows, y = make_supervised(X, horizon=2, freq="rows")
    assert rows.index.equals(X.index[:-2])
    assert y.tolist() == X["a"][2:].tolist()


@pytest.mark.fault("3.9", new=True)
@pytest.mark.parametrize(
    ("index", "freq"),
    [
        (pd.bdate_range("2024-12-02", periods=90), "B"),
        (pd.date_range("2024-12-02", periods=90, freq=pd.offsets.CustomBusinessDay(holidays=["2024-12-25"])), None),
    ],
)
def test_calendar_of_the_user_knows_which_days_are_missing(index, freq):
    X = pd.DataFrame({"a": np.arange(90.0)}, index)
    freq = freq or index.freq
    assert isinstance(outcome(lambda: WindowedRegressor(Ridge(), 4, freq=freq).fit(X, X["a"])), WindowedRegressor)
    holed = X.drop(index=index[60])
    assert_refused(lambda: WindowedRegressor(Ridge(), 4, freq=freq).fit(holed, holed["a"]), "missing")


# --- 3.10 ------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("3.10", new=True)
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("as_frame", [True, False])
def test_unit_of_numbers_that_are_times(as_frame, unit):
    numbers = HOURS.as_unit(unit).asi8
    X = pd.DataFrame({"time": numbers, "a": ROWS[:, 0]})
    X = X if as_frame else X.to_numpy()
    found = outcome(lambda: CalendarFeatures(("hour", "dayofyear"), time=0, unit=unit).fit_transform(X))
    expected = CalendarFeatures(("hour", "dayofyear")).fit_transform(pd.DataFrame({"a": ROWS[:, 0]}, HOURS))
    assert np.allclose(found, expected) if not isinstance(found, str) else found == ""


@pytest.mark.fault("3.10")
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_seconds_of_far_years_are_refused(dtype, unit):
    X = pd.DataFrame({"time": HOURS.as_unit(unit).asi8.astype(dtype), "a": ROWS[:, 0]})
    assert_refused(lambda: CalendarFeatures(("hour",), time="time").fit_transform(X), "unit=")


# --- 3.11 ------------------------------------------------------------------------------------------------------------


def holed():
    """Return rows, targets and weights; a reading and a target are missing, and what touches them weighs nothing."""
    X, y, weights = ROWS.copy(), ROWS[:, 0].copy(), np.ones(80)
    X[30, 1] = np.nan
    y[50] = np.nan
    weights[[30, 31, 32, 33, 50]] = 0
    return X, y, weights


@pytest.mark.fault("3.11")
@pytest.mark.parametrize("what", ["X", "y", "both"])
@pytest.mark.parametrize("as_frame", [True, False])
def test_weight_zero_excuses_what_is_missing(as_frame, what):
    X, y, weights = holed()
    X, y = (X if what != "y" else ROWS, y if what != "X" else ROWS[:, 0])
    rows = pd.DataFrame(X, HOURS) if as_frame else X
    found = outcome(lambda: WindowedRegressor(Ridge(), 4).fit(rows, y, sample_weight=weights).predict(ROWS[:20]))
    expected = WindowedRegressor(Ridge(), 4).fit(ROWS, ROWS[:, 0], sample_weight=weights).predict(ROWS[:20])
    assert np.shape(found) == (20,), found
    np.testing.assert_allclose(found, expected)


@pytest.mark.fault("3.11")
def test_weight_zero_excuses_a_missing_reading_of_a_classifier():
    X, _, weights = holed()
    model = outcome(lambda: WindowedClassifier(GaussianNB(), 4).fit(X, target(ROWS), sample_weight=weights))
    assert isinstance(model, WindowedClassifier)


class Records(RegressorMixin, BaseEstimator):
    """Keep what it is trained on."""

    def __init__(self, validation_gap=None):
        self.validation_gap = validation_gap

    def fit(self, X, y):
        self.X_, self.y_ = X, y
        return self

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.fault("3.11", new=True)
def test_windows_that_touch_what_is_missing_are_left_out():
    X, y, _ = holed()
    model = outcome(lambda: WindowedRegressor(Records(), 4, missing="drop").fit(X, y))
    assert isinstance(model, WindowedRegressor), model
    kept = [t for t in range(3, 80) if t not in (30, 31, 32, 33, 50)]
    assert np.array_equal(model.estimator_.X_, [ROWS[t - 3 : t + 1].ravel() for t in kept])
    assert model.estimator_.y_.tolist() == ROWS[kept, 0].tolist()
    assert (model.n_left_out_, model.n_training_rows_) == (5, len(kept))


@pytest.mark.fault("3.11", new=True)
def test_estimators_that_take_nan_get_it():
    X, y, _ = holed()
    model = outcome(lambda: WindowedRegressor(HistGradientBoostingRegressor(max_iter=2), 4, missing="drop").fit(X, y))
    assert isinstance(model, WindowedRegressor), model
    assert (model.n_left_out_, model.n_training_rows_) == (1, 76)


@pytest.mark.fault("3.11", new=True)
@pytest.mark.parametrize("cls", [SlidingWindow, RollingFeatures])
def test_transformers_take_what_is_missing(cls):
    X, _, _ = holed()
    first = 4 if cls is SlidingWindow else (4,)
    found = outcome(lambda: np.reshape(cls(first, missing="drop").fit_transform(X), (80, -1)))
    expected = np.reshape(cls(first).fit_transform(ROWS), (80, -1))
    assert np.shape(found) == expected.shape, found
    assert np.allclose(found[34:], expected[34:])
    assert np.allclose(found[:30], expected[:30])


@pytest.mark.fault("3.11", new=True)
def test_cut_windows_leave_out_what_is_missing():
    X, _, _ = holed()
    found = outcome(lambda: make_windows(X, 1, window_length=4, horizon=2, missing="drop"))
    assert len(found) == 2, found
    kept = [t for t in range(3, 78) if t not in (28, 30, 31, 32, 33)]
    assert np.array_equal(found[0], [ROWS[t - 3 : t + 1] for t in kept])
    assert np.array_equal(found[1], [ROWS[t + 2, 1] for t in kept])


# --- 4.5 -------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("4.5", new=True)
@pytest.mark.parametrize(("horizon", "n_ahead"), [(24, 24), (1, 1), (range(1, 25), 24), ((3, 12), 12)], ids=str)
def test_horizon_keeps_targets_out_of_the_later_time(horizon, n_ahead):
    model = outcome(lambda: WindowedRegressor(Records(), 4, horizon=horizon).fit(ROWS, ROWS[:, 0]))
    assert isinstance(model, WindowedRegressor), model
    assert model.n_training_rows_ == 80 - 3 - (n_ahead - 1)
    assert model.estimator_.validation_gap == n_ahead - 1
    assert model.estimator.validation_gap is None


@pytest.mark.fault("4.5", new=True)
def test_final_fit_keeps_the_gap_before_the_validation_rows():
    model = outcome(lambda: WindowedRegressor(Records(), 4, horizon=24, embargo=0).fit(ROWS, ROWS[:, 0]))
    assert isinstance(model, WindowedRegressor), model
    assert (model.n_training_rows_, model.estimator_.validation_gap) == (77, 23)


@pytest.mark.fault("4.5", new=True)
def test_gap_of_the_user_is_kept():
    model = outcome(lambda: WindowedRegressor(Records(5), 4, horizon=24).fit(ROWS, ROWS[:, 0]))
    assert isinstance(model, WindowedRegressor), model
    assert model.estimator_.validation_gap == 5


@pytest.mark.fault("4.5", new=True)
@pytest.mark.parametrize("nested", [False, True])
def test_gap_reaches_the_network(nested):
    network = DenseRegressor(2, epochs=1, early_stopping=True, random_state=0)
    inner = make_pipeline(StandardScaler(), network) if nested else network
    model = outcome(lambda: WindowedRegressor(inner, 4, horizon=24).fit(ROWS, ROWS[:, 0]))
    assert isinstance(model, WindowedRegressor), model
    fitted_network = model.estimator_[-1] if nested else model.estimator_
    assert fitted_network.validation_gap == 23
