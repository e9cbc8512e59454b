import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhybrid import make_supervised, make_windows, sliding_windows
from tests.helpers import frame, loop_windows, series

sizes = st.tuples(st.integers(1, 40), st.integers(1, 3))  # rows, features


# --- sliding_windows -------------------------------------------------------------------------------------------------


@given(sizes, st.integers(1, 12), st.integers(1, 5))
def test_sliding_windows_equals_loop(size, window_length, stride):
    rows = series(*size)
    if len(rows) < window_length:
        with pytest.raises(ValueError, match=f"window_length={window_length} needs at least {window_length} rows"):
            sliding_windows(rows, window_length, stride=stride)
        return
    np.testing.assert_array_equal(
        sliding_windows(rows, window_length, stride=stride), loop_windows(rows, window_length, stride)
    )


def test_sliding_windows_is_a_read_only_view():
    rows = series(100, 2)
    windows = sliding_windows(rows, 10, stride=3)
    assert np.shares_memory(windows, rows)
    assert not windows.flags.writeable


def test_sliding_windows_of_one_dimension():
    assert sliding_windows([1, 2, 3], 2).tolist() == [[[1], [2]], [[2], [3]]]


@pytest.mark.parametrize(
    ("a", "window_length", "stride", "message"),
    [
        ([1.0, 2.0], 9, 1, "window_length=9 needs at least 9 rows, but X has 2; pass a smaller window_length"),
        ([1.0, 2.0], 0, 1, "window_length must be an integer of at least 1, but is 0"),
        ([1.0, 2.0], 1, 1.5, "stride must be an integer of at least 1, but is 1.5"),
        (["a", "b"], 1, 1, "a must hold numbers, but has dtype <U1; encode text"),
        (np.zeros((2, 2, 2)), 1, 1, r"a must be 1-D \(time,\) or 2-D \(time, feature\), but has shape \(2, 2, 2\)"),
        ([], 1, 1, "a must hold at least one row, but has shape"),
    ],
)
def test_sliding_windows_bad_input(a, window_length, stride, message):
    with pytest.raises(ValueError, match=message):
        sliding_windows(a, window_length, stride=stride)


# --- make_windows and make_supervised: one alignment -----------------------------------------------------------------


@given(sizes, st.integers(1, 8), st.integers(1, 6), st.integers(1, 4))
def test_make_windows_equals_loop(size, window_length, horizon, stride):
    rows = series(*size)
    target = rows.shape[1] - 1
    ends = [
        t for t in range(window_length - 1, len(rows), stride) if t + horizon < len(rows)
    ]  # t_i = window_length - 1 + i * stride
    if not ends:
        with pytest.raises(ValueError, match=r"needs at least \d+ rows"):
            make_windows(rows, target, window_length=window_length, horizon=horizon, stride=stride)
        return
    X, y = make_windows(rows, target, window_length=window_length, horizon=horizon, stride=stride)
    np.testing.assert_array_equal(X, [[rows[t - window_length + 1 + j] for j in range(window_length)] for t in ends])
    np.testing.assert_array_equal(y, [rows[t + horizon, target] for t in ends])


@settings(max_examples=25)
@given(st.integers(12, 40), st.integers(1, 3), st.integers(1, 6), st.integers(1, 5), st.integers(1, 4))
def test_make_windows_equals_keras(n_rows, n_features, window_length, horizon, stride):
    rows = series(n_rows, n_features)
    X, y = make_windows(rows, 0, window_length=window_length, horizon=horizon, stride=stride)
    batches = keras.utils.timeseries_dataset_from_array(
        rows,
        rows[window_length - 1 + horizon :, 0],  # Keras' target i belongs to the window that starts at i
        sequence_length=window_length,
        sequence_stride=stride,
        batch_size=None,
    )
    expected_X, expected_y = zip(*batches.as_numpy_iterator(), strict=True)
    np.testing.assert_array_equal(X, expected_X)
    np.testing.assert_array_equal(y, expected_y)


@given(sizes, st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True), st.booleans())
def test_make_supervised_equals_loop(size, horizons, as_pandas):
    rows = series(*size)
    n_samples = len(rows) - max(horizons)
    data = pd.DataFrame(rows) if as_pandas else rows
    if n_samples < 1:
        with pytest.raises(ValueError, match=f"needs at least {max(horizons) + 1} rows"):
            make_supervised(data, 0, horizon=horizons)
        return
    X, y = make_supervised(data, 0, horizon=horizons)
    np.testing.assert_array_equal(X, [rows[t] for t in range(n_samples)])
    np.testing.assert_array_equal(y, [[rows[t + h, 0] for h in horizons] for t in range(n_samples)])


def test_make_supervised_keeps_index_and_names():
    df = frame(5)
    X, y = make_supervised(df, "x1", horizon=2)
    pd.testing.assert_frame_equal(X, df.iloc[:3], check_freq=False)
    pd.testing.assert_series_equal(y, pd.Series(df["x1"].to_numpy()[2:], df.index[:3], name="x1"), check_freq=False)


def test_make_supervised_of_a_series():
    X, y = make_supervised(pd.Series([1.0, 2.0, 4.0], name="load"))
    assert X.columns.tolist() == ["load"]
    assert y.tolist() == [2.0, 4.0]


def test_make_supervised_many_horizons_name_their_columns():
    _, y = make_supervised(frame(5), "x0", horizon=range(1, 3))
    assert y.columns.tolist() == ["x0_t+1", "x0_t+2"]


def test_make_supervised_return_future():
    df = frame(6)
    X, y, future = make_supervised(df, "x0", horizon=[1, 3], return_future=True)
    assert len(X) == len(y) == 3
    pd.testing.assert_frame_equal(future, df.iloc[3:], check_freq=False)


def test_make_supervised_moves_up_what_is_known_in_advance():
    df = pd.DataFrame({"load": [1.0, 2.0, 3.0, np.nan], "holiday": [0, 1, 0, 1]})
    X, y, future = make_supervised(df, "load", horizon=1, known_future=["holiday"], return_future=True)
    assert X.columns.tolist() == ["load", "holiday_t+1"]
    assert X.to_numpy().tolist() == [[1, 1], [2, 0]]
    assert y.tolist() == [2, 3]
    assert future.to_numpy().tolist() == [[3, 1]]


def test_make_supervised_known_future_of_an_array():
    X, _ = make_supervised(np.array([[1, 10], [2, 20], [3, 30], [4, 40]]), 0, horizon=[1, 2], known_future=[1])
    assert X.tolist() == [[1, 20, 30], [2, 30, 40]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": "nope"}, r"target must name columns of data, but 'nope' is not one of \['x0', 'x1'\]"),
        ({}, r"target must name the column to predict, since data has 2: \['x0', 'x1'\]"),
        ({"target": "x0", "horizon": 0}, "horizon must be an integer of at least 1.*but is 0"),
        ({"target": "x0", "horizon": [1, 1]}, r"horizon must be .*several different ones, but is \[1, 1\]"),
        ({"target": "x0", "horizon": []}, r"horizon must be .* but is \[\]"),
        ({"target": "x0", "horizon": 9}, "horizon=9 needs at least 10 rows with a known target, but data has 5"),
        ({"target": "x0", "known_future": ["x0"]}, "known_future must hold columns .* but holds the target 'x0'"),
        (
            {"target": "x0", "known_future": ["x1"], "return_future": True},
            "return_future with known_future needs 1 rows after the last known target.*but data has 0",
        ),
    ],
)
def test_make_supervised_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_supervised(frame(5), **arguments)


def test_make_windows_puts_what_is_known_ahead_beside_the_windows():
    df = pd.DataFrame({"load": [1.0, 2, 3, 4, np.nan, np.nan], "holiday": [0, 1, 0, 1, 1, 0]})
    X, y = make_windows(df, "load", window_length=2, horizon=[2, 1], known_future=["holiday"], seasons=[3])
    assert repr(X) == "Windows(values of shape (1, 2, 2), ahead of shape (1, 2, 2), seasons=(3,))"
    assert X.values.tolist() == [[[1, 0], [2, 1]]]  # in which the past of what is known stays
    assert X.ahead.tolist() == [[[1, 0], [0, 2]]]  # of rows 3 and 2, as y
    assert y.to_numpy().tolist() == [[4, 3]]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "boolean", "Int64"])
def test_make_windows_holds_what_is_known_ahead_as_floats(dtype):
    df = frame(6).astype({"x0": np.float32, "x1": np.float32}).assign(flag=np.arange(6) % 2)
    df["flag"] = df["flag"].astype(dtype)
    X, _ = make_windows(df, "x0", window_length=2, known_future=["flag"])
    assert X.ahead[:, 0, 0].tolist() == [0, 1, 0, 1]
    assert X.ahead.dtype == (np.float32 if dtype == "float32" else np.float64)


@pytest.mark.parametrize("dtype", ["float64", "Int64"])
def test_make_windows_leaves_nan_that_is_known_ahead_or_drops_its_window(dtype):
    df = pd.DataFrame({"load": np.arange(9.0), "flag": pd.array([0, 1, 0, 1, 0, None, 0, 1, 0], dtype=dtype)})
    X, _ = make_windows(df, "load", window_length=2, known_future=["flag"])
    assert np.flatnonzero(np.isnan(X.ahead[:, 0, 0])).tolist() == [3]
    X, y = make_windows(df, "load", window_length=2, known_future=["flag"], missing="drop")
    assert y.index.tolist() == [
        1,
        2,
        3,
        7,
    ]  # those at 5 and 6 hold it, and that at 4 looks ahead at it


def test_make_windows_known_ahead_stay_views():
    rows = np.arange(20.0).reshape(10, 2)
    X, _ = make_windows(rows, 0, window_length=3, known_future=[1])
    assert X.values.strides[0] == X.values.strides[1]  # a row of the data is there once
    assert X.ahead[:, 0, 0].tolist() == rows[3:, 1].tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"known_future": ["x0"]}, "known_future must hold columns .* but holds the target 'x0'"),
        ({"known_future": "x1"}, r"is the text 'x1'; pass \['x1'\]"),
        ({"known_future": ["nope"]}, "known_future must name columns of data, but 'nope' is not one"),
        ({"seasons": 24}, "seasons must hold different lengths, each an integer of at least 2, but is 24"),
    ],
)
def test_make_windows_refuses_what_is_not_known_ahead(options, message):
    with pytest.raises(ValueError, match=message):
        make_windows(frame(9), "x0", window_length=2, **options)


def test_make_windows_counts_seasons_of_uneven_labels_by_row_alone():
    df = frame(9).set_axis(np.cumsum([1, 3, 2] * 3))
    with pytest.raises(ValueError, match=r"seasons=\(4,\) needs rows that are a regular step apart"):
        make_windows(df, "x0", window_length=2, seasons=[4])
    X, _ = make_windows(df, "x0", window_length=2, seasons=[4], freq="rows")
    assert X.ahead[:, 0, 0].tolist() == [2, 3, 0, 1, 2, 3, 0]


def test_make_windows_bad_input():
    with pytest.raises(ValueError, match="window_length=5 needs at least 5 rows and 1 for the horizon, but X has 5"):
        make_windows(np.arange(5.0), window_length=5)


# --- What users bring ------------------------------------------------------------------------------------------------


def flagged():
    index = pd.date_range("2024-01-01", periods=12, freq="h")
    return pd.DataFrame({"load": np.arange(12.0), "holiday": np.arange(12) % 2 == 0}, index)


@pytest.mark.parametrize("dtype", ["bool", "boolean", "Int64", "Float64"])
def test_windows_take_flags_and_nullable_columns_beside_numbers(dtype):
    X, _ = make_windows(flagged().astype({"holiday": dtype}), "load", window_length=2)
    assert X[0].tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("dtype", ["bool", "int64", "datetime64[us]"])
def test_dropped_targets_leave_the_dtype_as_it_is(dtype):
    df = flagged()
    df["target"] = (np.arange(12) % 2).astype(dtype)
    _, y = make_supervised(df.drop(index=df.index[[4, 8]]), "target", freq="h", missing="drop")
    assert (y.dtype, len(y)) == (np.dtype(dtype), 7)


def test_columns_known_in_advance_are_named_apart():
    df = pd.DataFrame({"t": range(4), 1: range(4), "1": range(10, 14)})
    with pytest.raises(ValueError, match="known_future must name different columns"):
        make_supervised(df, "t", known_future=[1, "1"])
    with pytest.raises(ValueError, match="known_future must be a sequence of columns of data, but is the text 't'"):
        make_supervised(df, "t", known_future="t")


@pytest.mark.parametrize(
    "columns", [["a", "a"], [], pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])], ids=["doubled", "none", "levels"]
)
def test_each_column_must_have_a_name_of_its_own(columns):
    data = pd.DataFrame(np.zeros((4, len(columns))), columns=columns)
    with pytest.raises(ValueError, match="data must have one or more columns, each with one name of its own"):
        make_supervised(data, "a")


def test_horizons_may_come_from_a_generator():
    X, y = make_windows(np.arange(6.0), window_length=2, horizon=(h for h in (1, 2)))
    assert (len(X), y.tolist()[0]) == (3, [2, 3])


def test_name_of_what_is_known_ahead_may_not_be_taken():
    df = pd.DataFrame({"load": np.arange(9.0), "hol": np.arange(9) % 2, "hol_t+1": np.ones(9)})
    with pytest.raises(ValueError, match=r"data must not hold columns named as .* but holds \['hol_t\+1'\]; rename"):
        make_supervised(df, "load", known_future=["hol"])


def test_nothing_is_known_ahead():
    for a, b in zip(make_supervised(series(9)), make_supervised(series(9), known_future=None), strict=True):
        np.testing.assert_array_equal(a, b)
