import pickle

import numpy as np
import pandas as pd
import pytest

from skhybrid.series._history import extend, find_past, remember, tell_missing
from skhybrid.series.steps import learn_steps


def column(*values):
    return np.array(values, dtype=float)[:, None]


def hours(start, stop):
    return pd.date_range("2024-01-01", periods=stop, freq="h")[start:]


def known(*values, labels=None, n_kept=2, freq=None):
    """Return what is kept after a fit to a column of `values`, by default 1, 2, 3, 4."""
    rows = column(*(values or (1, 2, 3, 4)))
    return remember(rows, labels, learn_steps(labels, freq), n_kept)


# --- remember --------------------------------------------------------------------------------------------------------


def test_remember_keeps_the_first_row_and_the_last_ones():
    rows, labels = column(1, 2, 3, 4), hours(0, 4)
    history = remember(rows, labels, learn_steps(labels, None), 2)
    assert history.first.tolist() == [1]
    assert history.tail.tolist() == [[3], [4]]
    assert history.labels is labels
    assert history.numbers.tolist() == [0, 1, 2, 3]
    assert (history.next_step, history.n_forgotten) == (4, 2)
    rows[:] = 0  # what is kept is a copy
    assert (history.first.tolist(), history.tail.tolist()) == ([1], [[3], [4]])


@pytest.mark.parametrize(("n_kept", "n_tail"), [(0, 0), (1, 1), (3, 3), (9, 3)])
def test_remember_keeps_no_more_rows_than_there_are(n_kept, n_tail):
    assert len(known(1, 2, 3, n_kept=n_kept).tail) == n_tail


def test_remember_numbers_steps():
    assert known(labels=hours(0, 30).delete(range(3, 29))).numbers.tolist() == [0, 1, 2, 29]


@pytest.mark.parametrize(
    ("values", "are_distinct"), [(range(200), True), ([0, *range(199)], True), ([0, 0, 0, *range(197)], False)]
)
def test_remember_knows_whether_hardly_any_row_comes_twice(values, are_distinct):
    assert known(*values).are_distinct == are_distinct


@pytest.mark.parametrize(
    ("rows", "spread"),
    [
        (column(0, 1, 2), [1]),
        (column(0, np.nan, 2), [1]),
        (column(5, 5), [0]),
        (column(*range(9), 1e9), [4.5]),  # which a spike does not widen
        (np.array([[np.nan, 1.0], [1.0, np.nan]]), [0, 0]),
    ],
)
def test_remember_measures_how_far_values_lie_apart(rows, spread):
    np.testing.assert_allclose(remember(rows, None, learn_steps(None, None), 1).spread, spread)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_found_except_for_rounding(dtype):
    rows = 1000 + np.random.default_rng(0).normal(size=(200, 2))
    history = remember(rows, None, learn_steps(None, None), 6)
    for start in (0, 195):
        assert find_past(history, rows[start:].astype(dtype) * dtype(1 + 1e-15), None, "auto").start == start


def test_rows_beside_a_spike_are_not_taken_for_others():
    rows = np.random.default_rng(0).normal(size=(600, 1))
    rows[100] = 999999
    for stop in range(300, 400):
        history = remember(rows[:stop], None, learn_steps(None, None), 46)
        assert find_past(history, rows[stop:], None, "auto").start == stop


def test_last_values_before_the_kept_rows_are_known():
    rows = np.array([[1, 2], [np.nan, 3], [4, np.nan], [5, 6], [7, 8.0]])
    history = remember(rows, None, learn_steps(None, None), 2)
    assert history.older.tolist() == [4, 3]
    later = extend(history, np.array([[9, np.nan]]), None, 2, "carry")
    assert later.older.tolist() == [5, 6]
    assert find_past(later, rows[:1], None, "carry").older.tolist() == [5, 6]
    assert np.isnan(find_past(later, rows[:1], None, "none").older).all()
    assert np.isnan(find_past(history, rows[2:], None, "auto").older).all()  # before rows that are not kept


def test_many_rows_are_told_apart_as_few_are():
    rows = np.random.default_rng(0).normal(size=(2**16 + 3, 2)).round(3)
    hashes = remember(rows, None, learn_steps(None, None), 1).hashes
    np.testing.assert_array_equal(hashes[-5:], remember(rows[-5:], None, learn_steps(None, None), 1).hashes)
    assert len(np.unique(hashes)) == len(np.unique(rows, axis=0))
    assert (known(0.0, -0.0).hashes == known(0.0).hashes).all()


# --- extend ----------------------------------------------------------------------------------------------------------


def test_extend_takes_rows_that_follow():
    history = extend(known(1, 2, 3, labels=hours(0, 3)), column(4, 5), hours(3, 5), 3, "auto")
    assert history.tail.tolist() == [[3], [4], [5]]
    assert history.first.tolist() == [1]
    assert history.labels.equals(hours(0, 5))
    assert history.numbers.tolist() == [0, 1, 2, 3, 4]
    assert find_past(history, column(4), None, "auto").start == 3


def test_extend_counts_the_steps_of_a_hole():
    history = extend(known(1, 2, 3, labels=hours(0, 3)), column(4, 5), hours(5, 9).delete([1, 2]), 2, "auto")
    assert history.numbers.tolist() == [0, 1, 2, 5, 8]


@pytest.mark.parametrize(
    ("labels", "new", "expected"),
    [
        (hours(0, 3), None, None),
        (None, hours(3, 4), None),
        (hours(0, 3), pd.RangeIndex(1), None),
        (pd.RangeIndex(3), pd.RangeIndex(1), pd.RangeIndex(4)),
        (pd.RangeIndex(3), pd.RangeIndex(3, 4), pd.RangeIndex(4)),
        (pd.RangeIndex(3), None, None),
    ],
)
def test_extend_forgets_labels_that_not_all_rows_have(labels, new, expected):
    history = extend(known(1, 2, 3, labels=labels), column(4), new, 2, "auto")
    assert history.labels is None if expected is None else history.labels.equals(expected)
    assert history.numbers.tolist() == [0, 1, 2, 3]


def test_extend_without_times_counts_rows_whatever_the_freq():
    history = known(1, 2, 3, labels=hours(0, 3), freq="h")
    assert extend(history, column(4, 5), pd.RangeIndex(2), 2, "auto").numbers.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("context", ["auto", "carry", "none"])
@pytest.mark.parametrize("label", [2, 3])
def test_extend_refuses_labels_that_do_not_follow(label, context):
    with pytest.raises(ValueError, match=f"which end at 3, but starts at {label}; pass later rows"):
        extend(known(1, 2, 3, labels=pd.Index([1, 2, 3])), column(4), pd.Index([label]), 2, context)


def test_extend_refuses_a_row_that_is_known():
    history = known(1, 2, 3, 3)
    with pytest.raises(ValueError, match="its first row equals row 1 of them; pass later rows, or set context='carry'"):
        extend(history, column(2), None, 2, "auto")
    assert extend(history, column(2), None, 2, "carry").tail.tolist() == [[3], [2]]
    assert extend(history, column(3), None, 2, "auto").tail.tolist() == [[3], [3]]  # values that recur say nothing


# --- find_past: by context and by values -----------------------------------------------------------------------------


def found(history, *values, labels=None, context="auto", **options):
    """Return the rows that are found before `values`, and the number of the step at which these start."""
    past = find_past(history, column(*values), labels, context, **options)
    assert len(past.steps_back) == len(past.rows)
    return past.rows[:, 0].tolist(), past.start


@pytest.mark.parametrize(
    ("context", "fitted", "later"),
    [("auto", ([], 0), ([3, 4], 4)), ("carry", ([3, 4], 4), ([3, 4], 4)), ("none", ([], 0), ([], 0))],
)
@pytest.mark.parametrize("labels", [None, pd.RangeIndex(2)])
@pytest.mark.parametrize("fitted_labels", [None, pd.RangeIndex(4), hours(0, 4)])
def test_find_past_without_labels(context, fitted, later, labels, fitted_labels):
    history = known(labels=fitted_labels)
    assert found(history, 1, 2, labels=labels, context=context) == fitted
    assert found(history, 5, 6, labels=labels, context=context) == later


@pytest.mark.parametrize(
    ("first", "expected"),
    [(1, ([], 0)), (1 + 1e-9, ([], 0)), (2, ([], 1)), (3, ([], 2)), (4, ([3], 3)), (4 + 1e-9, ([3], 3))],
)
def test_find_past_looks_for_the_first_row_among_all_known(first, expected):
    assert found(known(), first, 9) == expected


def test_find_past_takes_nan_for_equal():
    rows = np.array([[1.0, 1], [2, 2], [np.nan, 3], [4, 4]])
    history = remember(rows, None, learn_steps(None, None), 2)
    assert find_past(history, rows[2:] + 1e-9, None, "auto").start == 2


@pytest.mark.parametrize(
    ("values", "first", "taken", "expected"),
    [
        ((1, 2, 1, 3), 1, "2 times.* taken as the fitted data, without rows before it", ([], 0)),
        ((1, 2, 3, 3), 3, "2 times.* taken as continuing it", ([3, 3], 4)),
        ((1, 3, 2, 3), 3, "2 times.* taken as continuing it", ([2, 3], 4)),
        ((0, 1, np.nan, np.nan), np.nan, "2 times.* taken as continuing it", ([np.nan, np.nan], 4)),
    ],
)
def test_find_past_warns_where_the_first_row_occurs_more_than_once(values, first, taken, expected):
    with pytest.warns(UserWarning, match=taken):
        rows, start = found(known(*values), first, 9)
    np.testing.assert_array_equal(rows, expected[0])
    assert start == expected[1]


@pytest.mark.parametrize(
    "values", [(1, 7, 7, 3, 4), (1, 7, 2, 2, 2, 3, 4)], ids=["more than once", "once, where values recur"]
)
def test_find_past_continues_where_a_forgotten_row_says_nothing(values):
    assert found(known(*values), 7, 9) == ([3, 4], len(values))


@pytest.mark.parametrize(("values", "start"), [((1, 2), 0), ((9, 2), 4)])
def test_find_past_knows_the_fitted_rows_where_no_row_has_a_past(values, start):
    assert found(known(n_kept=0), *values) == ([], start)


# --- find_past: by labels --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "rows", "steps_back"),
    [(0, [], []), (1, [], []), (2, [], []), (3, [3], [1]), (4, [3, 4], [2, 1]), (6, [3, 4], [4, 3])],
)  # of row 3, row 2 is not kept
def test_find_past_looks_up_labels(first, rows, steps_back):
    past = find_past(known(labels=hours(0, 4)), column(1, 9), hours(first, first + 2), "auto")
    assert (past.rows[:, 0].tolist(), past.steps_back.tolist()) == (rows, steps_back)
    assert (past.start, past.steps.tolist()) == (first, [0, 1])


@pytest.mark.parametrize("context", ["carry", "none"])
def test_find_past_asks_no_labels_where_the_context_is_given(context):
    expected = ([3, 4], 4) if context == "carry" else ([], 0)
    for labels in (hours(0, 2), pd.Index([7, 9]), hours(0, 2).tz_localize("UTC")):
        assert found(known(labels=hours(0, 4)), 1, 2, labels=labels, context=context) == expected


def test_find_past_looks_up_a_default_index_where_the_fitted_one_does_not_start_at_0():
    history = known(labels=pd.RangeIndex(2, 6))
    assert found(history, 9, labels=pd.RangeIndex(6, 7)) == ([3, 4], 4)
    with pytest.raises(ValueError, match=r"must not start before the fitted data, but starts at 0 and .* at 2"):
        found(history, 9, labels=pd.RangeIndex(1))


@pytest.mark.parametrize(
    ("index", "numbers"),
    [
        ([4, 5, 8], [0, 1, 4]),  # after the fitted rows
        ([2, 3, 4, 6], [0, 1, 2, 4]),  # from among them on
        ([0, 1, 3], [0, 1, 3]),
    ],
)
def test_find_past_numbers_the_steps_of_x(index, numbers):
    past = find_past(known(labels=hours(0, 4)), column(*index), hours(0, 9)[index], "auto")
    assert past.steps.tolist() == numbers


def test_find_past_judges_holes_that_are_refused_by_all_labels():
    days = pd.DatetimeIndex(list(pd.bdate_range("2024-01-01", periods=20)))  # from a Monday on
    history = known(labels=days[:4])
    assert find_past(history, column(*range(16)), days[4:], "auto").steps.tolist()[:3] == [0, 3, 4]
    for context in ("auto", "carry", "none"):
        past = find_past(history, column(*range(16)), days[4:], context, may_refuse=True)
        assert past.steps.tolist() == list(range(16))


@pytest.mark.parametrize("context", ["carry", "none"])
def test_find_past_judges_holes_among_labels_of_another_kind(context):
    labels = hours(0, 9).tz_localize("UTC")[[0, 1, 4]]
    past = find_past(known(labels=hours(0, 4)), column(1, 2, 3), labels, context, may_refuse=True)
    assert past.steps.tolist() == [0, 1, 4]


def test_find_past_compares_times_of_zones():
    labels = hours(0, 4).tz_localize("UTC")
    assert found(known(labels=labels), 9, labels=hours(4, 5).tz_localize("UTC").tz_convert("Asia/Tokyo"))[1] == 4


@pytest.mark.parametrize("may_refuse", [False, True])
@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 1, 2, 3, 9]], ids=["regular", "with a hole"])
@pytest.mark.parametrize(
    ("fitted", "labels"),
    [
        (pd.RangeIndex(1, 5), hours(4, 14)),
        (hours(0, 4), pd.RangeIndex(4, 14)),
        (hours(0, 4), hours(4, 14).tz_localize("UTC")),
        (hours(0, 4), hours(4, 14).to_period("h")),
        (hours(0, 4).to_period("D").unique(), hours(4, 14).to_period("h")),
    ],
)
def test_find_past_refuses_labels_of_another_kind(fitted, labels, rows, may_refuse):
    history = known(*range(len(fitted)), labels=fitted)
    with pytest.raises(ValueError, match=r"must have an index like the fitted one .* but its labels are of type"):
        found(history, *rows, labels=labels[rows], may_refuse=may_refuse)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ([0, 5], "must not start before the fitted data, but starts at 0 and the fitted data at 1"),
        ([1.5, 5], "its label 1.5 lies between fitted labels without being one"),
        ([2.0, 2.5, 5], "its label 2.5 lies between fitted labels without being one"),
    ],
)
def test_find_past_refuses_labels_that_fit_nowhere(index, message):
    with pytest.raises(ValueError, match=message):
        found(known(labels=pd.Index([1, 2, 3, 4])), *index, labels=pd.Index(index))


# --- tell_missing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "clause", "way_out"),
    [
        (5, "X starts 2 steps after the fitted data ends, so that 1 rows between", "pass these rows as well"),
        (4, "steps or values are missing", "fill them before"),
        (3, "X starts within the fitted data, of which only the last 2 rows are kept", "start 2 rows earlier"),
        (1, "X starts within the fitted data, of which only the last 2 rows are kept", "start 2 rows earlier"),
        (0, "steps or values are missing", "fill them before"),
    ],
)
def test_tell_missing_says_why_and_what_to_do(first, clause, way_out):
    history = known(labels=hours(0, 4))
    past = find_past(history, column(9), hours(first, first + 1), "auto")
    what, to_do = tell_missing(history, past, 2)
    assert what.startswith(clause)
    assert to_do.startswith(way_out)


def test_tell_missing_where_all_rows_are_kept():
    history = known(labels=hours(0, 4), n_kept=4)
    past = find_past(history, column(9), hours(1, 2), "auto")
    assert tell_missing(history, past, 2)[0] == "steps or values are missing"


# --- pickled ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        None,
        pd.RangeIndex(3, 9, 2),
        hours(0, 4).as_unit("s"),
        hours(0, 9).delete([3, 4]).tz_localize("Europe/Berlin"),
        pd.period_range("2024", periods=3, freq="W-SUN"),
    ],
    ids=lambda labels: "none" if labels is None else str(labels.dtype),
)
def test_history_is_the_same_after_pickling(labels):
    history = known(*range(3 if labels is None else len(labels)), labels=labels)
    again = pickle.loads(pickle.dumps(history))
    assert vars(again).keys() == vars(history).keys()
    assert again.labels is None if labels is None else again.labels.equals(labels)
    assert repr(again.steps) == repr(history.steps)
    for name in ("numbers", "first", "spread", "hashes", "tail", "older"):
        np.testing.assert_array_equal(getattr(again, name), getattr(history, name))


def test_state_is_plain():
    state = known(labels=hours(0, 9).delete(range(3, 8))).__getstate__()
    parts = [part for value in state.values() for part in (value if isinstance(value, tuple) else [value])]
    assert {type(part) for part in parts} <= {np.ndarray, bool, str, float, type(None)}


def test_state_without_holes_has_no_numbers():
    assert known(labels=hours(0, 4)).__getstate__()["numbers"] is None
