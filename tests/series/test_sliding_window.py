import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhybrid import SlidingWindow, make_supervised
from tests.helpers import frame, loop_windows, series

ROWS_ARE_TIME = {
    "check_methods_sample_order_invariance": "the rows are time steps, so that their order matters",
    "check_methods_subset_invariance": "a window holds the rows before it, which a subset may lack",
}


@parametrize_with_checks(
    [SlidingWindow(3), SlidingWindow(3, flatten=True), SlidingWindow(2, incomplete="nan")],
    expected_failed_checks=lambda estimator: ROWS_ARE_TIME,
)
def test_sliding_window_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("scaler", [None, StandardScaler(), StandardScaler().set_output(transform="pandas")])
@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize("window_length", [1, 2, 7, 24])
def test_sliding_window_is_exact_in_every_fold(scaler, as_frame, window_length):
    df = frame(150)
    X = df if as_frame else df.to_numpy()
    for train, test in TimeSeriesSplit(5).split(X):
        X_train, X_test = (X.iloc[train], X.iloc[test]) if as_frame else (X[train], X[test])
        pipe = make_pipeline(clone(scaler) if scaler else "passthrough", SlidingWindow(window_length))
        in_training = pipe.fit_transform(X_train)
        rows = pipe[0].transform(X) if scaler else X
        expected = loop_windows(np.asarray(rows), window_length)  # expected[i] ends at row i + window_length - 1
        full = slice(window_length - 1, None)
        np.testing.assert_array_equal(pipe.transform(X_test), expected[test - window_length + 1])
        np.testing.assert_array_equal(in_training[full], expected[train[full] - window_length + 1])
        np.testing.assert_array_equal(pipe.transform(X_train), in_training)  # as return_train_score=True asks


class Recorder(Ridge):
    """A regressor that remembers what it was asked."""

    asked = ()

    def predict(self, X):
        Recorder.asked = (*Recorder.asked, X.copy())
        return super().predict(X)


@pytest.mark.parametrize("as_frame", [False, True])
def test_sliding_window_train_scores_see_the_training_windows(as_frame):
    df = frame(60, 1)
    X, y = make_supervised(df if as_frame else df.to_numpy(), None)
    cv = TimeSeriesSplit(3)
    Recorder.asked = ()
    cross_validate(make_pipeline(SlidingWindow(5, flatten=True), Recorder()), X, y, cv=cv, return_train_score=True)
    windows = loop_windows(np.asarray(X), 5).reshape(-1, 5)
    for i, (train, test) in enumerate(cv.split(X)):
        np.testing.assert_array_equal(Recorder.asked[2 * i], windows[test - 4])
        np.testing.assert_array_equal(Recorder.asked[2 * i + 1][4:], windows[train[4:] - 4])


def test_sliding_window_length_is_searchable():
    X, y = make_supervised(frame(80), "x0")
    pipe = make_pipeline(StandardScaler(), SlidingWindow(flatten=True), Ridge())
    search = GridSearchCV(pipe, {"slidingwindow__window_length": [2, 5]}, cv=TimeSeriesSplit(3)).fit(X, y)
    assert search.best_params_["slidingwindow__window_length"] in (2, 5)


@pytest.mark.parametrize("incomplete", ["edge", "nan"])
def test_sliding_window_without_a_past(incomplete):
    window = SlidingWindow(3, incomplete=incomplete)
    first = window.fit_transform([[1.0], [2.0], [3.0]])[0, :, 0]
    unknown = 1.0 if incomplete == "edge" else np.nan
    np.testing.assert_array_equal(first, [unknown, unknown, 1.0])
    assert window.n_incomplete_ == 2


@given(st.integers(0, 29), st.integers(1, 9), st.sampled_from(["edge", "nan"]), st.integers(0, 20))
def test_sliding_window_does_not_see_the_future(t, window_length, incomplete, n_fitted):
    rows = series(50, 2)
    altered = rows.copy()
    altered[n_fitted + t + 1 :] += 100
    window = SlidingWindow(window_length, incomplete=incomplete)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer fitted rows than a window
        window.fit(rows[: max(n_fitted, 1)])
    past = slice(n_fitted, n_fitted + t + 1)
    before, after = (window.transform(a[n_fitted:])[: t + 1] for a in (rows, altered))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(before[:, -1], rows[past])


def test_sliding_window_output_is_a_view():
    windows = SlidingWindow(100).fit_transform(series(5000, 2))
    assert windows.base is not None
    assert windows.strides[0] == windows.strides[1]


def test_sliding_window_flatten_names_its_columns():
    window = SlidingWindow(2, flatten=True).set_output(transform="pandas")
    out = window.fit_transform(frame(4))
    assert out.columns.tolist() == ["x0_t-1", "x1_t-1", "x0_t-0", "x1_t-0"]
    assert out.index.equals(frame(4).index)


def test_sliding_window_in_a_pipeline_with_pandas_output():
    pipe = make_pipeline(StandardScaler(), SlidingWindow(3)).set_output(transform="pandas")
    assert pipe.fit_transform(frame(9)).shape == (9, 3, 2)
    assert not hasattr(pipe[-1], "get_feature_names_out")


def test_sliding_window_keeps_the_dtype():
    assert SlidingWindow(2).fit_transform(series(5).astype(np.float32)).dtype == np.float32
    assert SlidingWindow(2).fit_transform([[1], [2]]).dtype == np.float64


def test_sliding_window_warns_where_no_window_is_complete():
    with pytest.warns(UserWarning, match="window_length=9 is longer than the 4 rows of X"):
        SlidingWindow(9).fit(series(4))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1.0], [np.nan]], r"X must hold finite numbers, but holds NaN \(first in row 1, 1 such values in all\)"),
        ([[np.inf], [1.0]], "X must hold finite numbers, but holds inf"),
        ([["a"], ["b"]], "X must hold numbers, but there is text"),
    ],
)
def test_sliding_window_bad_values(X, message):
    with pytest.raises(ValueError, match=message):
        SlidingWindow(1).fit(X)


def test_sliding_window_of_other_columns():
    with pytest.raises(ValueError, match="X has 3 features, but SlidingWindow is expecting 2 features"):
        SlidingWindow(2).fit(series(5, 2)).transform(series(5, 3))


# --- whose past it is ------------------------------------------------------------------------------------------------


def past_of(window, X):
    """Return the rows in front of the first row of X, as its window holds them."""
    return window.transform(X)[0, :-1, 0].tolist()


def numbers(start, stop, step="h"):
    index = pd.date_range("2024-01-01", periods=stop, freq=step)[start:]
    return pd.DataFrame({"x": np.arange(start, stop, dtype=float)}, index)


@pytest.mark.parametrize("step", ["h", "MS", "W", "B", "30min"])
@pytest.mark.parametrize(
    ("start", "past"),
    [
        (0, [0, 0, 0]),  # the fitted data: the first row is repeated
        (7, [4, 5, 6]),  # inside; the last six rows are kept
        (9, [6, 7, 8]),
        (10, [7, 8, 9]),  # goes on
    ],
)
def test_sliding_window_looks_up_its_past_by_label(step, start, past):
    window = SlidingWindow(4).fit(numbers(0, 10, step))
    assert past_of(window, numbers(start, 14, step)) == past


@pytest.mark.parametrize(("start", "past", "count"), [(3, [3, 3, 3], 3), (5, [4, 4, 4], 2)])
def test_sliding_window_warns_of_a_past_that_is_not_kept(start, past, count):
    window = SlidingWindow(4).fit(numbers(0, 10))
    with pytest.warns(UserWarning, match=f"only the last 6 rows are kept: the windows of {count} of the {14 - start}"):
        assert past_of(window, numbers(start, 14)) == past


def test_sliding_window_warns_of_a_hole_and_keeps_the_known_rows_in_their_places():
    window = SlidingWindow(4).fit(numbers(0, 10))
    with pytest.warns(UserWarning, match="X starts 3 steps after the fitted data ends, so that 2 rows"):
        assert past_of(window, numbers(12, 14)) == [9, 9, 9]
    with pytest.warns(UserWarning, match="windows of 2 of the 2 rows"):
        assert np.isnan(past_of(window.set_params(incomplete="nan").fit(numbers(0, 10)), numbers(12, 14))).all()


def test_sliding_window_warns_where_the_past_is_too_far_away():
    window = SlidingWindow(4).fit(numbers(0, 10))
    with pytest.warns(UserWarning, match="X starts 4 steps after the fitted data ends, so that 3 rows"):
        assert past_of(window, numbers(13, 16)) == [13, 13, 13]


def test_sliding_window_is_cut_where_steps_or_values_are_missing():
    X = numbers(0, 9).drop(index=numbers(0, 9).index[3])
    X.iloc[6] = np.nan
    window = SlidingWindow(2, freq="h", missing="drop")
    with pytest.raises(ValueError, match="steps are missing in its index"):
        SlidingWindow(2, freq="h").fit(X.fillna(0))
    expected = [[0, 0], [0, 1], [1, 2], [np.nan, 4], [4, 5], [5, 6], [np.nan, np.nan], [np.nan, 8]]
    np.testing.assert_array_equal(window.fit_transform(X)[:, :, 0], expected)
    assert window.n_incomplete_ == 4
    with pytest.warns(UserWarning, match="steps or values are missing: the windows of 3 of the 8 rows"):
        np.testing.assert_array_equal(window.transform(X)[:, :, 0], expected)


@pytest.mark.parametrize("context", ["carry", "none"])
def test_sliding_window_context_is_the_users_choice(context):
    window = SlidingWindow(3, context=context).fit(numbers(0, 10))
    expected = {"carry": [8, 9], "none": [0, 0]}
    assert past_of(window, numbers(0, 4)) == expected[context]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (numbers(3, 8).iloc[::-1], "index is not strictly increasing.*TimeSeriesSplit"),
        (numbers(0, 3), "X must not start before the fitted data.*TimeSeriesSplit"),
        (numbers(5, 9).shift(freq="30min"), "lies between fitted labels without being one.*TimeSeriesSplit"),
        (numbers(5, 9).set_axis(range(1, 5)), "X must have an index like the fitted one"),
    ],
)
def test_sliding_window_refuses_labels_out_of_order(X, message):
    window = SlidingWindow(3).fit(numbers(2, 10))
    with pytest.raises(ValueError, match=message):
        window.transform(X)


@pytest.mark.parametrize("cv", [KFold(3), KFold(3, shuffle=True, random_state=0)])
def test_sliding_window_refuses_folds_that_are_not_in_time(cv):
    X, y = make_supervised(frame(60), "x0")
    with pytest.raises(ValueError, match="TimeSeriesSplit"):
        cross_val_predict(make_pipeline(SlidingWindow(3, flatten=True), Ridge()), X, y, cv=cv)


def test_sliding_window_array_that_repeats_its_first_row_is_ambiguous():
    window = SlidingWindow(2).fit([[1.0], [2.0], [1.0], [3.0]])
    with pytest.warns(UserWarning, match=r"occurs more than once.*time index.*context='carry'"):
        assert past_of(window, [[1.0], [5.0]]) == [1.0]
    assert past_of(window, [[4.0], [5.0]]) == [3.0]


def test_sliding_window_array_with_rounding_is_still_the_fitted_data():
    rows = series(20)
    window = SlidingWindow(2).fit(rows)
    assert past_of(window, rows * (1 + 1e-12)) == pytest.approx([rows[0, 0]])


@pytest.mark.parametrize("index", [pd.RangeIndex(10), pd.Index(np.arange(10) * 5), pd.period_range("2024", periods=10)])
def test_sliding_window_other_indices_tell_the_time_too(index):
    df = pd.DataFrame({"x": np.arange(10.0)}, index)
    window = SlidingWindow(3).fit(df.iloc[:6])
    assert past_of(window, df.iloc[6:]) == [4, 5]
    with pytest.warns(UserWarning, match="1 rows between them"):
        assert past_of(window, df.iloc[7:]) == [5, 5]


def test_sliding_window_index_that_only_numbers_the_rows_tells_nothing():
    df = pd.DataFrame({"x": np.arange(10.0)})
    window = SlidingWindow(3).fit(df.iloc[:6])
    assert past_of(window, df.iloc[:6]) == [0, 0]
    assert past_of(window, df.iloc[6:].reset_index(drop=True)) == [4, 5]


def test_sliding_window_ignores_labels_that_do_not_tell_the_time():
    df = pd.DataFrame({"x": np.arange(4.0)}, list("dbca"))
    assert past_of(SlidingWindow(2).fit(df.iloc[:2]), df.iloc[2:]) == [1]


def test_sliding_window_one_row_at_a_time_equals_all_at_once():
    rows = series(30)
    window = SlidingWindow(5).fit(rows[:20])
    together = window.transform(rows[20:])
    grown = [SlidingWindow(5).fit(rows[:t]).transform(rows[t : t + 1])[0] for t in range(20, 30)]
    np.testing.assert_array_equal(together, grown)


# --- real series -----------------------------------------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "time"),
    [("sp500_monthly.csv", "date"), ("vic_electricity_halfhourly.csv.gz", "time_utc"), ("ETTh1.csv.gz", "date")],
)
def test_sliding_window_real_series_are_exact_in_every_fold(shared_data, name, time):
    df = pd.read_csv(shared_data / name, index_col=time, parse_dates=True).select_dtypes("number").iloc[:2000]
    expected = loop_windows(df.to_numpy(dtype=float), 12)
    for train, test in TimeSeriesSplit(4).split(df):
        window = SlidingWindow(12).fit(df.iloc[train])
        np.testing.assert_array_equal(window.transform(df.iloc[test]), expected[test - 11])
