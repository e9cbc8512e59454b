import linecache
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skhybrid._validation import fit_context
from skhybrid.series._history import (
    CONTEXTS,
    KeepsHistory,
    check_steps,
    extend,
    pad_past,
    remember,
    rows_before,
    time_index,
)


def column(*values):
    return np.array(values, dtype=float)[:, None]


def hours(start, stop):
    return pd.date_range("2024-01-01", periods=stop, freq="h")[start:]


def labelled(start, stop):
    return pd.DataFrame({"x": np.arange(start, stop, dtype=float)}, hours(start, stop))


# --- time_index ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [hours(0, 3), pd.period_range("2024", periods=3), pd.to_timedelta([1, 2, 9], unit="s"), pd.Index([0.5, 1, 4])],
)
def test_time_index_returns_labels_that_order_the_rows(index):
    assert time_index(pd.DataFrame({"x": [1, 2, 3]}, index)).equals(index)
    assert time_index(pd.Series([1, 2, 3], index)).equals(index)


@pytest.mark.parametrize("X", [np.zeros((3, 1)), [[1.0]], pd.DataFrame({"x": [1, 2]}, ["b", "a"])])
def test_time_index_is_none_where_nothing_orders_the_rows(X):
    assert time_index(X) is None


@pytest.mark.parametrize("labels", [[2, 1, 3], [1, 1, 2]], ids=["out of order", "repeated"])
def test_time_index_refuses_labels_that_do_not_increase(labels):
    with pytest.raises(ValueError, match="each label once, but its index is not strictly increasing; sort"):
        time_index(pd.DataFrame({"x": [1, 2, 3]}, labels))


def test_time_index_refuses_several_levels():
    with pytest.raises(ValueError, match="MultiIndex of 2 levels; fit one pipeline per series"):
        time_index(pd.DataFrame({"x": [1]}, pd.MultiIndex.from_tuples([("a", 1)])))


# --- check_steps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index", [None, pd.Index([1, 9]), hours(0, 20), pd.Index([0, 1, 3, 8, 9]), pd.Index([0, 1, 3, 4, 14])]
)
def test_check_steps_takes_rows_that_follow_one_another(index):
    check_steps(index)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (hours(0, 40).delete([4, 9]), r"2 holes, the first of them after 2024-01-01 03:00:00"),
        (pd.Index([0, 1, 3, 4, 25]), r"1 holes, the first of them after 4"),  # where steps differ: over ten of them
    ],
)
def test_check_steps_refuses_holes(index, message):
    with pytest.raises(ValueError, match=message):
        check_steps(index)


# --- remember and extend ---------------------------------------------------------------------------------------------


def test_remember_keeps_the_first_row_and_the_longest_past():
    index = hours(0, 4)
    rows = column(1, 2, 3, 4)
    history = remember(rows, index, 2)
    assert history.first.tolist() == [1]
    assert history.first_is_unique
    assert history.tail.tolist() == [[3], [4]]
    assert history.index is index
    rows[:] = 0  # what is kept is a copy
    assert history.tail.tolist() == [[3], [4]]


@pytest.mark.parametrize(("n_before", "n_kept"), [(0, 0), (1, 1), (3, 3), (9, 3)])
def test_remember_keeps_no_more_rows_than_there_are(n_before, n_kept):
    assert len(remember(column(1, 2, 3), None, n_before).tail) == n_kept


@pytest.mark.parametrize(("rows", "is_unique"), [(column(1, 2, 3), True), (column(1, 2, 1 + 1e-9), False)])
def test_remember_knows_whether_the_first_row_is_unique_but_for_rounding(rows, is_unique):
    assert remember(rows, None, 1).first_is_unique == is_unique


def test_extend_takes_rows_that_follow():
    history = extend(remember(column(1, 2, 3), hours(0, 3), 2), column(4), hours(3, 4), 2)
    assert history.tail.tolist() == [[3], [4]]
    assert history.first.tolist() == [1]
    assert history.index.equals(hours(0, 4))


@pytest.mark.parametrize(("known", "new"), [(hours(0, 3), None), (None, hours(3, 4))])
def test_extend_forgets_labels_that_not_all_rows_have(known, new):
    assert extend(remember(column(1, 2, 3), known, 2), column(4), new, 2).index is None


def test_extend_refuses_rows_that_are_known():
    history = remember(column(1, 2, 3), pd.Index([1, 2, 3]), 2)
    with pytest.raises(ValueError, match="which end at 3, but starts at 3; pass later rows"):
        extend(history, column(4), pd.Index([3]), 2)


# --- rows_before -----------------------------------------------------------------------------------------------------


def before(rows, index=None, *, context="auto", fitted_index=None, n_before=2):
    """Return the rows that precede `rows` after a fit to 1, 2, 3, 4."""
    return rows_before(remember(column(1, 2, 3, 4), fitted_index, 2), rows, index, n_before, context)[:, 0].tolist()


@pytest.mark.parametrize(
    ("context", "fitted", "later"), [("auto", [], [3, 4]), ("carry", [3, 4], [3, 4]), ("none", [], [])]
)
def test_rows_before_arrays(context, fitted, later):
    assert before(column(1, 2), context=context) == fitted
    assert before(column(5, 6), context=context) == later


@pytest.mark.parametrize(
    ("first", "expected"),
    [(0, []), (1, []), (2, []), (3, [3]), (4, [3, 4])],  # of row 3, row 2 is not kept
)
def test_rows_before_looks_up_labels(first, expected):
    assert before(column(9), hours(first, 6), fitted_index=hours(0, 4)) == expected


def test_rows_before_counts_the_rows_of_a_gap():
    with pytest.warns(UserWarning, match="X starts 2 steps after the fitted data ends, so that 1 rows"):
        assert before(column(9), hours(5, 6), fitted_index=hours(0, 4)) == [3, 4]
    assert before(column(9), hours(6, 7), fitted_index=hours(0, 4)) == []  # no window reaches back over the gap


def test_rows_before_returns_no_more_than_asked_for():
    assert before(column(5), n_before=1) == [4]
    assert before(column(5), n_before=0) == []


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.Index([0, 5]), "must not start before the fitted data, but starts at 0 and the fitted data at 1"),
        (pd.Index([1.5, 5]), "first label 1.5 lies between fitted labels"),
        (hours(0, 2), "an index like the fitted one .* but its labels are of type datetime64"),
    ],
)
def test_rows_before_refuses_labels_that_fit_nowhere(index, message):
    with pytest.raises(ValueError, match=message):
        before(column(8, 9), index, fitted_index=pd.Index([1, 2, 3, 4]))


# --- pickled ---------------------------------------------------------------------------------------------------------


SUMMER_TIME_ENDS = pd.date_range("2024-10-26 22:00", periods=9, freq="h", tz="UTC")


@pytest.mark.parametrize(
    "index",
    [
        hours(0, 3),
        hours(0, 3).as_unit("s"),
        SUMMER_TIME_ENDS.tz_convert("Europe/Berlin"),
        SUMMER_TIME_ENDS.tz_convert("+01:00"),
        SUMMER_TIME_ENDS.tz_convert("dateutil/Europe/Berlin"),
        pd.period_range("2024", periods=3, freq="W-SUN"),
        pd.to_timedelta([1, 2, 9], unit="s"),
        pd.RangeIndex(3, 9, 2),
        pd.Index([0.5, 1, 4]),
        pd.Index([1, 2], dtype="Int64"),
    ],
    ids=lambda index: str(index.dtype),
)
def test_labels_are_the_same_after_pickling(index):
    history = remember(column(*range(len(index))), index, n_before=2)
    again = pickle.loads(pickle.dumps(history))
    assert (type(again.index), again.index.dtype) == (type(index), index.dtype)
    assert again.index.equals(index)
    np.testing.assert_array_equal(again.tail, history.tail)


def test_state_is_plain():
    state = remember(column(1, 2, 3), hours(0, 3), n_before=2).__getstate__()
    assert {type(part) for value in state.values() for part in (value if isinstance(value, tuple) else [value])} == {
        np.ndarray,
        bool,
        str,
        type(None),
    }
    assert pickle.loads(pickle.dumps(remember(column(1, 2), None, n_before=2))).index is None


# --- pad_past --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "incomplete", "expected"),
    [
        ([], "edge", [5, 5, 5, 6]),
        ([4], "edge", [4, 4, 5, 6]),
        ([4], "nan", [np.nan, 4, 5, 6]),
        ([3, 4], "nan", [3, 4, 5, 6]),
    ],
)
def test_pad_past_fills_up_what_is_not_known(known, incomplete, expected):
    padded = pad_past(column(5, 6), column(*known), 2, incomplete=incomplete)
    np.testing.assert_array_equal(padded[:, 0], expected)


@pytest.mark.parametrize("incomplete", ["edge", "nan"])
def test_pad_past_keeps_the_dtype(incomplete):
    rows = column(5, 6).astype(np.float32)
    assert pad_past(rows, rows[:0], 3, incomplete=incomplete).dtype == np.float32


# --- KeepsHistory ----------------------------------------------------------------------------------------------------


class Difference(KeepsHistory):
    """Subtract from each row the row `lag` steps before it."""

    _parameter_constraints = KeepsHistory._parameter_constraints | {"lag": [int]}

    def __init__(self, lag=1, *, context="auto"):
        self.lag = lag
        self.context = context

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        self._learn_rows(X)
        return self

    def transform(self, X):
        check_is_fitted(self)
        rows, known = self._with_past(X)
        return rows - pad_past(rows, known, self._n_before)[: len(rows)]

    @property
    def _n_before(self):
        return self.lag


class Even(Difference):
    """Refuse odd labels, as an example of a rule of one class."""

    def _check_index(self, X):
        index = super()._check_index(X)
        if index is not None and (index % 2).any():
            raise ValueError("odd")
        return index


@pytest.mark.parametrize(("context", "expected"), [("auto", [2, 2]), ("carry", [2, 2]), ("none", [0, 1])])
def test_keeps_history_finds_the_past_of_new_rows(context, expected):
    difference = Difference(2, context=context).fit(labelled(0, 4))
    assert difference.transform(labelled(4, 6))[:, 0].tolist() == expected


def test_keeps_history_of_arrays_and_frames_alike():
    difference = Difference(2).fit(column(1, 2, 4))
    assert difference.transform(column(1, 2, 4))[:, 0].tolist() == [0, 1, 3]
    assert difference.transform(column(8, 9))[:, 0].tolist() == [6, 5]


def test_keeps_history_extends_without_a_fit():
    difference = Difference(2).fit(labelled(0, 4))
    difference._extend(labelled(4, 7))
    assert difference.transform(labelled(7, 9))[:, 0].tolist() == [2, 2]
    with pytest.raises(ValueError, match="X must follow the rows known so far"):
        difference._extend(labelled(6, 7))


def test_keeps_history_survives_pickling():
    difference = pickle.loads(pickle.dumps(Difference(2).fit(labelled(0, 4))))
    assert difference.transform(labelled(4, 5)).tolist() == [[2]]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1.0], [np.nan]], r"X must hold finite numbers, but holds NaN \(first in row 1"),
        ([["a"], ["b"]], "X must hold numbers, but there is text"),
        (labelled(0, 4)[::-1], "index is not strictly increasing"),
        (labelled(0, 4)[::-1].where(lambda X: X > 1), "index is not strictly increasing"),  # rather than NaN
    ],
)
def test_keeps_history_checks_rows_in_fit_and_after(X, message):
    with pytest.raises(ValueError, match=message):
        Difference().fit(X)
    with pytest.raises(ValueError, match=message):
        Difference().fit(column(7, 8)).transform(X)


def test_keeps_history_rule_on_labels_holds_wherever_rows_are_read():
    odd = pd.DataFrame({"x": [1.0, 2.0]}, [2, 3])
    with pytest.raises(ValueError, match="odd"):
        Even().fit(odd)
    with pytest.raises(ValueError, match="odd"):
        Even()._check_rows_and_targets(odd, [1.0, 2.0])
    with pytest.raises(ValueError, match="odd"):
        Even().fit(odd.set_axis([2, 4])).transform(odd)


def test_keeps_history_reads_targets_with_the_rows():
    rows, index, y = Difference()._check_rows_and_targets(labelled(0, 2), [3, 4])
    assert (rows.tolist(), y.tolist()) == ([[0], [1]], [3, 4])
    assert index.equals(hours(0, 2))


def test_keeps_history_warns_where_transform_is_called():
    difference = Difference(3).fit(labelled(0, 4))
    with pytest.warns(UserWarning, match="1 rows between them") as record:
        difference.transform(labelled(5, 6))
    assert "difference.transform(labelled" in linecache.getline(__file__, record[0].lineno)


def test_keeps_history_warns_of_doubt_where_transform_is_called():
    difference = Difference().fit(column(1, 2, 1))
    with pytest.warns(UserWarning, match="occurs more than once") as record:
        difference.transform(column(1, 5))
    assert "difference.transform(column" in linecache.getline(__file__, record[0].lineno)


def test_keeps_history_preserves_the_dtype_of_transformers():
    class Step(Difference, TransformerMixin, BaseEstimator):
        pass

    assert get_tags(Step()).transformer_tags.preserves_dtype == ["float64", "float32"]
    assert get_tags(Difference()).transformer_tags is None


def test_keeps_history_validates_the_context():
    assert set(CONTEXTS) == {"auto", "carry", "none"}
    with pytest.raises(ValueError, match="The 'context' parameter of Difference must be a str among"):
        Difference(context="past").fit(column(1, 2))


def test_keeps_history_needs_fit():
    with pytest.raises(NotFittedError):
        Difference().transform(column(1))


def test_keeps_history_must_be_told_the_longest_past():
    class Forgetful(KeepsHistory):
        context = "auto"

    with pytest.raises(NotImplementedError):
        Forgetful()._learn_rows(column(1, 2))
