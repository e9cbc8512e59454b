import re
from dataclasses import replace

import numpy as np
import pytest

from skhybrid.series._timeline import Past, Timeline, lay_out

NAN = np.nan


def column(*values):
    return np.array(values, dtype=float)[:, None]


def line(*values, **options):
    return line_of(column(*values), **options)


def line_of(rows, at=slice(None), n_before=2, n_unborn=0):
    """Return rows on a line of steps, of which nothing is known before; windows do not need their numbers."""
    return Timeline(rows, at, n_before, n_unborn, np.full(rows.shape[1], NAN), np.empty(0, dtype=int), rows[0])


def past(*values, steps_back=None, steps=(0, 1), start=9):
    """Return a past of the rows `values`, which end just before the first row of X unless `steps_back` says more."""
    steps_back = range(len(values), 0, -1) if steps_back is None else steps_back
    return Past(column(*values), np.array(steps_back, dtype=int), np.array(steps), start, column(NAN)[0], column(0)[0])


# --- lay_out ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("past", "expected", "n_unborn"),
    [
        (past(3, 4), [3, 4, 5, 6], 0),
        (past(1, 2, 3, 4), [3, 4, 5, 6], 0),  # no more rows than are asked for
        (past(4), [NAN, 4, 5, 6], 0),  # row 3 was there, but is not kept
        (past(4, start=1), [NAN, 4, 5, 6], 1),  # before row 4 there was nothing
        (past(start=0), [NAN, NAN, 5, 6], 2),
        (past(3, 4, steps_back=[3, 2]), [4, NAN, 5, 6], 0),  # a hole between the past and X
        (past(3, 4, steps_back=[4, 3]), [NAN, NAN, 5, 6], 0),
        (past(3, 4, steps=(0, 2)), [3, 4, 5, NAN, 6], 0),  # a hole in X
    ],
)
def test_lay_out_puts_rows_on_their_steps(past, expected, n_unborn):
    line = lay_out(past, column(5, 6), 2)
    np.testing.assert_array_equal(line.rows[:, 0], expected)
    np.testing.assert_array_equal(line.rows[2:][line.at][:, 0], [5, 6])
    assert (line.n_before, line.n_unborn) == (2, n_unborn)


@pytest.mark.parametrize(("gap", "n_missing"), [(1, 0), (3, 2), (4, 2), (999, 2)])
def test_lay_out_cuts_holes_that_no_window_crosses(gap, n_missing):
    line = lay_out(past(3, 4, steps=(0, gap)), column(5, 6), 2)
    np.testing.assert_array_equal(line.rows[:, 0], [3, 4, 5, *[NAN] * n_missing, 6])
    np.testing.assert_array_equal(line.rows[2:][line.at][:, 0], [5, 6])


@pytest.mark.parametrize("gap", [1, 3, 999])
def test_lay_out_numbers_rows_from_the_first_known_one(gap):
    assert lay_out(past(3, 4, steps=(0, gap), start=7), column(5, 6), 2).numbers.tolist() == [7, 7 + gap]


def test_lay_out_needs_no_past():
    assert lay_out(past(4), column(5, 6), 0).rows[:, 0].tolist() == [5, 6]


@pytest.mark.parametrize("known", [past(), past(3, 4)])
def test_lay_out_keeps_the_dtype(known):
    known = replace(known, rows=known.rows.astype(np.float32), older=known.older.astype(np.float32))
    assert lay_out(known, column(5, 6).astype(np.float32), 2).rows.dtype == np.float32


# --- touches_unknown -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "unborn", "missing"),
    [
        (line(1, 2, 3, 4, 5), [0, 0, 0], [0, 0, 0]),
        (line(NAN, 2, 3, 4, 5), [0, 0, 0], [1, 0, 0]),
        (line(1, 2, NAN, 4, 5, 6), [0, 0, 0, 0], [1, 1, 1, 0]),
        (line(NAN, NAN, 3, 4, 5, n_unborn=2), [1, 1, 0], [0, 0, 0]),
        (line(NAN, NAN, 3, 4, 5, n_unborn=1), [1, 0, 0], [1, 1, 0]),
        (line(1, 2, 3, NAN, 5, 6, 7, at=np.array([0, 2, 3, 4])), [0, 0, 0, 0], [0, 1, 1, 0]),
    ],
)
def test_touches_unknown_looks_at_the_window_of_each_row(line, unborn, missing):
    assert line.touches_unknown(unborn=True, missing=False).tolist() == [bool(i) for i in unborn]
    assert line.touches_unknown(unborn=False).tolist() == [bool(i) for i in missing]
    assert line.touches_unknown(unborn=True).tolist() == [bool(i or j) for i, j in zip(unborn, missing, strict=True)]
    assert not line.touches_unknown(unborn=False, missing=False).any()


def test_touches_unknown_takes_one_nan_of_a_row():
    rows = np.array([[1, 2], [NAN, 2], [3, 4.0]])
    assert line_of(rows, n_before=1).touches_unknown(unborn=False).tolist() == [True, True]


# --- windows and born ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "windows", "born"),
    [
        (line(1, 2, 3, n_before=1), [[1, 2], [2, 3]], [1, 2, 3]),
        (line(NAN, 3, 4, n_before=1, n_unborn=1), [[3, 3], [3, 4]], [3, 3, 4]),
        (line(NAN, 2, 3, n_before=1), [[2, 2], [2, 3]], [NAN, 2, 3]),
        (line(1, NAN, 3, n_before=1), [[1, 1], [3, 3]], [1, NAN, 3]),  # each window is filled by itself
        (line(1, NAN, NAN, 4, n_before=1), [[1, 1], [1, 1], [4, 4]], [1, NAN, NAN, 4]),  # or by what was before
        (line(NAN, NAN, 3, NAN, n_unborn=1, n_before=2), [[3, 3, 3], [3, 3, 3]], [NAN, NAN, 3, NAN]),
    ],
)
def test_windows_are_filled_forward_and_only_at_their_start_backward(line, windows, born):
    np.testing.assert_array_equal(line.windows()[:, :, 0], windows)
    np.testing.assert_array_equal(line.born()[:, 0], born)


def test_each_column_is_filled_on_its_own():
    rows = np.array([[1, NAN], [NAN, 2], [3, NAN]])
    assert line_of(rows).windows().tolist() == [[[1, 2], [1, 2], [3, 2]]]


def test_windows_without_a_known_value_hold_the_last_one_before():
    known = past(1, NAN, NAN, steps=(0, 1, 2), start=9)
    windows = lay_out(known, column(NAN, 5, NAN), 1).windows()
    assert windows[:, :, 0].tolist() == [[1, 1], [5, 5], [5, 5]]
    older = replace(known, rows=column(NAN, NAN), steps_back=np.array([2, 1]), older=column(7)[0])
    assert lay_out(older, column(NAN, 5, NAN), 1).windows()[:, :, 0].tolist() == [[7, 7], [5, 5], [5, 5]]


def test_windows_of_steps_without_a_row_are_left_out():
    rows = np.array([[1], [2], [NAN], [4.0]])
    windows = line_of(rows, np.array([0, 2]), 1).windows()
    assert windows[:, :, 0].tolist() == [[1, 2], [4, 4]]


def test_windows_that_need_no_filling_are_a_view():
    rows = np.arange(6.0)[:, None]
    assert np.shares_memory(line_of(rows).windows(), rows)
    given = line(NAN, NAN, 3, n_before=1)
    np.testing.assert_array_equal(given.windows(fill=False)[:, :, 0], [[NAN, NAN], [NAN, 3]])


@pytest.mark.parametrize("n_unborn", [0, 2])
def test_filling_leaves_the_rows_as_they_were(n_unborn):
    given = line(NAN, 2, 3, NAN, n_unborn=n_unborn)
    before = given.rows.copy()
    given.windows()
    given.born()
    np.testing.assert_array_equal(given.rows, before)


@pytest.mark.parametrize(
    ("rows", "n_before", "at", "message"),
    [
        ([[1, NAN], [1, NAN]], 0, slice(None), "column 1 of row 0 (2 such rows in all)"),
        ([[1, NAN], [1, NAN], [1, 2]], 0, slice(None), "column 1 of row 0 (2 such rows in all)"),
        ([[1, NAN], [1, NAN], [1, 2]], 1, slice(None), "column 1 of row 0 (1 such rows in all)"),
        ([[NAN, NAN], [1, NAN], [1, NAN], [1, 2]], 0, np.array([1, 2, 3]), "column 1 of row 0 (2 such rows in all)"),
    ],
)
def test_rows_before_which_nothing_is_known_are_refused(rows, n_before, at, message):
    given = line_of(np.array(rows, dtype=float), at, n_before)
    with pytest.raises(ValueError, match=re.escape(f"of each row, but there is none in {message}; leave these rows")):
        given.windows()
