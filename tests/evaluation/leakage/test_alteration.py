import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhybrid import make_windows
from skhybrid.evaluation.leakage._alteration import (
    MAX_LAG,
    alter_rows,
    as_table,
    feature_names,
    find_horizon,
    find_missing_rows,
    find_moved,
    find_pairs,
    lags_within,
    take_rows,
)
from tests.helpers import load_and_price


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1.0, 2.0, 4.0]), [1.0, 9.0, 7.0]),
        (np.array([1, 2, 4, 1], dtype=np.float32), [1, 9, 7, 10]),
        (np.array([5.0, 5.0, 5.0]), [5.0, 10.0, 10.0]),
        (np.array([3, 5, 9]), [3, 9, 3]),
        (np.array([0.0, 1.0, 1.0]), [0.0, 0.0, 0.0]),
        (np.array([True, False, True]), [True, True, False]),
        (np.array(["a", "b", "c"]), ["a", "c", "a"]),
        (np.arange(100, dtype=np.uint8) + 100, [100, *([255] * 99)]),
        (pd.Series(["a", "b", "b"], dtype="category"), ["a", "a", "a"]),
        (pd.Series([1, 2, 3], dtype="Int64"), [1, 3, 1]),
        (pd.Series(pd.date_range("2024", periods=3)), list(pd.date_range("2024", periods=3))),
    ],
)
def test_altered_values(values, expected):
    altered = alter_rows(values, slice(1, None))
    assert altered.dtype == values.dtype
    assert list(altered) == expected


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=20, unique=True), st.integers(0, 19))
def test_altered_numbers_leave_their_range(values, start):
    values = np.array(values)
    altered = alter_rows(values, slice(start, None))
    np.testing.assert_array_equal(altered[:start], values[:start])
    assert (altered[start:] > values.max()).all()


def test_altered_windows_are_those_of_each_feature():
    X = np.stack([np.arange(12.0).reshape(4, 3), np.full((4, 3), 7.0)], axis=2)  # (window, time, feature)
    altered = alter_rows(X, np.array([1, 3]))
    np.testing.assert_array_equal(altered[[0, 2]], X[[0, 2]])
    np.testing.assert_array_equal(altered[[1, 3], :, 0], 2 * 11 - X[[1, 3], :, 0] + 11)
    np.testing.assert_array_equal(altered[[1, 3], :, 1], np.full((2, 3), 14.0))


def test_horizon_of_windows_and_of_several_targets_is_read_from_x():
    X, y = make_windows(load_and_price(), "load", window_length=5, horizon=[1, 4])
    steps = np.arange(len(X))
    assert find_horizon(X, y, steps) == 4
    assert find_horizon(X.reshape(len(X), -1), y, steps) == 4
    assert find_horizon(X[:, :, 1:], y, steps) is None


def test_altered_frame_keeps_columns_and_other_rows():
    df = pd.DataFrame({"load": [1.0, 2.0, 4.0], "price": [1.0, 2.0, 4.0], "day": ["a", "b", "a"]})
    altered = alter_rows(df, slice(2, None), keep=["price"])
    assert altered.iloc[2].to_list() == [7.0, 4.0, "b"]
    pd.testing.assert_frame_equal(altered.iloc[:2], df.iloc[:2])
    assert df.iloc[2].to_list() == [4.0, 4.0, "a"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pd.DataFrame({"a": [1], "b": [2]}), ["a", "b"]),
        (pd.Series([1], name="a"), ["a"]),
        (np.zeros((2, 3)), [0, 1, 2]),
        (np.zeros((2, 5, 3)), [0, 1, 2]),
        (np.zeros(2), [0]),
    ],
)
def test_feature_names(data, expected):
    assert feature_names(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (pd.DataFrame({"x": [1.0, 2.0], "day": ["b", "a"], "flag": [True, False]}), [[1, 0, 0], [2, 1, 1]]),
        (pd.Series(["a", None]), [[0], [np.nan]]),
        (np.arange(8.0).reshape(2, 2, 2), [[2, 3], [6, 7]]),  # the last step of each window
    ],
)
def test_as_table(data, expected):
    np.testing.assert_array_equal(as_table(data), expected)


def test_take_rows_keeps_labels():
    df = pd.DataFrame({"a": [1, 2, 3]}, index=list("xyz"))
    assert list(take_rows(df, [2, 0]).index) == ["z", "x"]
    assert take_rows(df.to_numpy(), [2, 0]).ravel().tolist() == [3, 1]


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0], "b": ["x", "y", None, "z"]}),
        np.array([[[1.0, 2.0]], [[np.nan, 2.0]], [[1.0, np.nan]], [[1.0, 2.0]]]),
    ],
    ids=["frame", "windows"],
)
def test_find_missing_rows(data):
    assert find_missing_rows(data).tolist() == [False, True, True, False]


def test_find_moved_names_rows_and_features():
    before = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": ["x", "y", "z"]})
    after = pd.DataFrame({"a": [1.0, 2.5, np.nan], "b": ["x", "y", "other"]})
    assert find_moved(before, after).tolist() == [[False, False], [True, False], [False, True]]
    assert not find_moved(before, before).any()


@pytest.mark.parametrize(("dtype", "found"), [(np.float32, False), (np.float64, True)])
def test_find_moved_allows_for_rounding(dtype, found):
    values = np.array([1.0, 2.0, 3.0], dtype=dtype)
    assert find_moved(values, values * dtype(1 + 1e-6)).any() == found


def test_find_moved_sees_columns_that_come_and_go():
    X = np.zeros((3, 2))
    assert find_moved(X, X[:, :1]).all()


@pytest.mark.parametrize("lag", [1, 3])
def test_find_horizon_by_hand(lag):
    past = np.random.default_rng(0).normal(size=(40, 1))
    assert find_horizon(past[:-lag], past[lag:], np.arange(40 - lag)) == lag


def test_find_horizon_counts_steps():
    past = np.random.default_rng(0).normal(size=40)
    steps = np.delete(np.arange(37), [4, 5, 20])  # rows that were left out
    assert find_horizon(past[steps][:, None], past[steps + 3], steps) == 3
    assert find_horizon(past[steps][:, None], past[steps + 3], np.arange(34)) is None


def test_find_horizon_needs_rows_to_compare():
    steps = 2 * np.arange(20)  # between no two rows lies an odd number of steps
    assert find_horizon(np.arange(20.0)[:, None], -np.arange(20.0), steps) is None


def test_find_pairs_by_hand():
    earlier, later = find_pairs(np.array([0, 1, 2, 5, 7]), 2)
    assert (earlier.tolist(), later.tolist()) == ([0, 3], [2, 4])
    assert [part.tolist() for part in find_pairs(np.array([0, 1]), 3)] == [[], []]


@pytest.mark.parametrize(("steps", "n_lags"), [([0], 0), ([3, 4], 1), ([2, 3, 11], 5), ([0, 5000], MAX_LAG)])
def test_lags_within_reach_over_half_of_the_steps(steps, n_lags):
    assert lags_within(np.array(steps)).tolist() == list(range(1, n_lags + 1))
