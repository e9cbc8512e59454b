import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhybrid.series import _rolling_statistics
from skhybrid.series._rolling_statistics import STATISTICS, rolling_statistics

n_rows = st.integers(1, 60)
windows = st.integers(1, 80)  # longer than the series as well
shares_of_nan = st.sampled_from([0.0, 0.3, 0.9])
seeds = st.integers(0, 100)


def random_rows(n_rows, *, n_features=2, share_of_nan=0.0, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_rows, n_features))
    rows[rng.random(rows.shape) < share_of_nan] = np.nan
    return rows


def roll_with_pandas(rows, window, statistic):
    rolling = pd.DataFrame(rows).rolling(window, min_periods=1)
    return rolling.std(ddof=0) if statistic == "std" else getattr(rolling, statistic)()


@given(n_rows, windows, windows, shares_of_nan, seeds)
def test_rolling_statistics_equal_pandas(n_rows, window, other_window, share_of_nan, seed):
    rows = random_rows(n_rows, share_of_nan=share_of_nan, seed=seed)
    out = rolling_statistics(rows, (window, other_window), STATISTICS)
    expected = [roll_with_pandas(rows, w, statistic) for w in (window, other_window) for statistic in STATISTICS]
    np.testing.assert_allclose(out, np.hstack(expected), atol=1e-6)  # the squares in pandas' running sums lose digits


@given(n_rows, windows, st.sampled_from([1.0, 1e9]), seeds)
def test_rolling_statistics_equal_loop(n_rows, window, level, seed):
    rows = level + random_rows(n_rows, seed=seed)
    for t, row in enumerate(rolling_statistics(rows, (window,), STATISTICS)):
        seen = rows[max(t - window + 1, 0) : t + 1]
        mean, std, least, greatest = np.split(row, 4)
        np.testing.assert_allclose(mean, seen.mean(axis=0), rtol=1e-14, atol=1e-15)
        np.testing.assert_allclose(std, seen.std(axis=0), rtol=1e-6, atol=1e-16 * level)
        np.testing.assert_array_equal([least, greatest], [seen.min(axis=0), seen.max(axis=0)])


def test_rolling_statistics_order_their_columns_by_window_then_statistic():
    out = rolling_statistics(np.array([[1.0, 10.0], [5.0, 2.0]]), (1, 2), ("max", "mean"))
    assert out.tolist() == [[1, 10, 1, 10, 1, 10, 1, 10], [5, 2, 5, 2, 5, 10, 3, 6]]


@given(windows, shares_of_nan, st.integers(0, 40), st.integers(0, 40), st.sampled_from([0.0, np.nan, 1e12]), seeds)
def test_rolling_statistics_have_the_bits_of_their_window(window, share_of_nan, n_before, n_after, outside, seed):
    seen = random_rows(window, share_of_nan=share_of_nan, seed=seed)
    seen[0] = 1.0
    rows = np.concatenate([np.full((n_before, 2), outside), seen, np.full((n_after, 2), outside)])
    expected = rolling_statistics(seen, (window,), STATISTICS)[-1]
    out = rolling_statistics(rows, (window,), STATISTICS)[n_before + window - 1]
    assert out.tobytes() == expected.tobytes()


@given(n_rows, windows, st.integers(0, 40), seeds)
def test_rolling_statistics_after_unknown_rows_are_those_of_the_start(n_rows, window, n_unknown, seed):
    rows = random_rows(n_rows, seed=seed)
    out = rolling_statistics(np.concatenate([np.full((n_unknown, 2), np.nan), rows]), (window,), STATISTICS)
    np.testing.assert_array_equal(out[n_unknown:], rolling_statistics(rows, (window,), STATISTICS))


def test_rolling_statistics_forget_a_spike():
    rows = random_rows(100)
    spiked = rows.copy()
    spiked[10] = 1e12
    out, expected = (rolling_statistics(x, (7, 24), STATISTICS) for x in (spiked, rows))
    np.testing.assert_array_equal(out[34:], expected[34:])
    assert (out[33] != expected[33]).any()


@pytest.mark.parametrize("centre", [1.0, -1e3, 1e12, 1e300])
def test_rolling_statistics_are_the_same_for_every_centre(centre):
    rows = 5 + random_rows(100, share_of_nan=0.1)
    out = rolling_statistics(rows, (7, 24), STATISTICS, centre=centre)
    np.testing.assert_allclose(out, rolling_statistics(rows, (7, 24), STATISTICS), rtol=1e-10)


def test_rolling_statistics_are_quiet_about_huge_values():
    rows = np.array([[1e160], [1.0], [2.0], [3.0], [4.0]])
    out = rolling_statistics(rows, (3,), ("std",), centre=rows[0])
    np.testing.assert_allclose(out[3:], np.sqrt(2 / 3))
    assert not np.isfinite(out[1:3]).any()


@pytest.mark.parametrize("statistics", [("mean",), ("std",), ("std", "mean"), ("max", "min")])
def test_rolling_statistics_do_not_depend_on_what_else_is_asked_for(statistics):
    rows = random_rows(50, share_of_nan=0.3)
    alone = rolling_statistics(rows, (5,), statistics)
    among = rolling_statistics(rows, (3, 5, 20), STATISTICS).reshape(50, 3, 4, 2)[:, 1]
    np.testing.assert_array_equal(alone, np.hstack([among[:, STATISTICS.index(name)] for name in statistics]))


@pytest.mark.parametrize("share_of_nan", [0.0, 0.3])
def test_rolling_statistics_do_not_depend_on_blocks(share_of_nan, monkeypatch):
    rows = random_rows(100, n_features=3, share_of_nan=share_of_nan)
    whole = rolling_statistics(rows, (2, 5), STATISTICS)
    monkeypatch.setattr(_rolling_statistics, "_VALUES_AT_ONCE", 40)  # 16 rows
    np.testing.assert_array_equal(rolling_statistics(rows, (2, 5), STATISTICS), whole)


def test_rolling_statistics_of_zeros_have_no_sign():
    """Of 0 and -0, the least is either, by the place in memory."""
    rows = np.random.default_rng(0).choice([0.0, -0.0], (200, 1))
    assert not np.signbit(rolling_statistics(rows, (1, 2, 7), STATISTICS)).any()


@pytest.mark.parametrize("windows", [(1,), (3,), (24, 100)])
@pytest.mark.parametrize("share_of_nan", [0.0, 0.5])
def test_rolling_statistics_of_equal_values_have_no_spread(windows, share_of_nan):
    rows = random_rows(60, n_features=1, share_of_nan=share_of_nan)
    rows[~np.isnan(rows)] = 0.1
    rows[0] = 0.1
    out = rolling_statistics(rows, windows, STATISTICS)
    for column, value in zip(out.T, [0.1, 0.0, 0.1, 0.1] * len(windows), strict=True):
        np.testing.assert_allclose(column[~np.isnan(column)], value, rtol=1e-15, atol=0)


def test_rolling_statistics_of_windows_without_known_values_are_nan():
    rows = np.array([[np.nan, 1.0], [np.nan, 2.0], [3.0, np.nan], [np.nan, np.nan], [np.nan, 4.0]])
    out = rolling_statistics(rows, (2,), STATISTICS).reshape(5, 4, 2)
    nan = np.nan
    for j, expected in enumerate(
        [
            [[nan, 1], [nan, 1.5], [3, 2], [3, nan], [nan, 4]],
            [[nan, 0], [nan, 0.5], [0, 0], [0, nan], [nan, 0]],
            [[nan, 1], [nan, 1], [3, 2], [3, nan], [nan, 4]],
            [[nan, 1], [nan, 2], [3, 2], [3, nan], [nan, 4]],
        ]
    ):
        np.testing.assert_array_equal(out[:, j], expected)


def test_rolling_statistics_of_single_rows():
    rows = random_rows(5, share_of_nan=0.2)
    rows[2] = 1.0
    zeros = np.where(np.isnan(rows), np.nan, 0.0)
    np.testing.assert_array_equal(rolling_statistics(rows, (1,), STATISTICS), np.hstack([rows, zeros, rows, rows]))


def test_rolling_statistics_of_windows_longer_than_the_series_are_those_of_all_rows():
    rows = random_rows(5)
    last = rolling_statistics(rows, (1000,), STATISTICS)[-1]
    known = rows.mean(axis=0), rows.std(axis=0), rows.min(axis=0), rows.max(axis=0)
    np.testing.assert_allclose(last, np.concatenate(known), rtol=1e-13)


def test_rolling_statistics_of_float32_are_computed_in_float64():
    rows = random_rows(50).astype(np.float32)
    out = rolling_statistics(rows, (3, 7), STATISTICS)
    assert out.dtype == np.float64
    np.testing.assert_array_equal(out, rolling_statistics(rows.astype(np.float64), (3, 7), STATISTICS))


def test_rolling_statistics_write_those_of_the_last_rows_into_out():
    rows = random_rows(50)
    table = np.zeros((30, 9), np.float32)
    out = rolling_statistics(rows, (3,), STATISTICS, out=table[:, 1:])
    assert np.shares_memory(out, table)
    np.testing.assert_array_equal(table[:, 1:], rolling_statistics(rows, (3,), STATISTICS)[-30:].astype(np.float32))
    assert not table[:, 0].any()


def test_rolling_statistics_need_little_memory_beside_their_result():
    rows = random_rows(200_000, n_features=4)
    tracemalloc.start()
    out = rolling_statistics(rows, (3, 720), STATISTICS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - out.nbytes < 2 * rows.nbytes
