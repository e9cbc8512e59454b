import linecache
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skhybrid import SlidingWindow
from skhybrid.series._keeps_history import CONTEXTS, KeepsHistory, TransformsRows


def column(*values):
    return np.array(values, dtype=float)[:, None]


def labelled(start, stop, leave_out=()):
    times = pd.date_range("2024-01-01", periods=stop, freq="h")
    rows = np.setdiff1d(np.arange(start, stop), leave_out)
    return pd.DataFrame({"x": rows.astype(float)}, times[rows])


class Difference(TransformsRows):
    """Subtract from each row the row `lag` steps before it."""

    _parameter_constraints = TransformsRows._parameter_constraints | {"lag": [int]}

    def __init__(self, lag=1, *, context="auto", freq=None, missing="raise"):
        self.lag = lag
        self.context = context
        self.freq = freq
        self.missing = missing

    def transform(self, X):
        check_is_fitted(self)
        return self._as_fitted._make(self._read_rows(X))

    def _make(self, line):
        windows = line.windows()
        return windows[:, -1] - windows[:, 0]

    @property
    def _n_before(self):
        return self.lag


class Even(Difference):
    """Refuse odd labels, as an example of a rule of one class."""

    def _check_rows(self, X, *, reset):
        rows, labels = super()._check_rows(X, reset=reset)
        if labels is not None and (labels % 2).any():
            raise ValueError("odd")
        return rows, labels


@pytest.mark.parametrize(("context", "expected"), [("auto", [2, 2]), ("carry", [2, 2]), ("none", [0, 1])])
def test_past_of_new_rows(context, expected):
    difference = Difference(2, context=context).fit(labelled(0, 4))
    assert difference.transform(labelled(4, 6))[:, 0].tolist() == expected


def test_arrays_have_the_past_of_frames():
    difference = Difference(2).fit(column(1, 2, 4))
    assert difference.transform(column(1, 2, 4))[:, 0].tolist() == [0, 1, 3]
    assert difference.transform(column(8, 9))[:, 0].tolist() == [6, 5]


def test_fit_transform_reads_the_fitted_rows():
    assert Difference(2).fit_transform(column(1, 2, 4))[:, 0].tolist() == [0, 1, 3]
    assert Difference(2, context="carry").fit_transform(column(1, 2, 4))[:, 0].tolist() == [0, 1, 3]


def test_rows_inside_the_fitted_ones_find_their_past_where_it_is_kept():
    difference = Difference(2).fit(labelled(0, 9))
    for start in (7, 8):  # 2 * lag rows are kept, so that at least `lag` precede each of the last `lag`
        assert difference.transform(labelled(start, 9))[:, 0].tolist() == [2] * (9 - start)
    with pytest.warns(UserWarning, match="only the last 4 rows are kept: the windows of 1 of the 3 rows of X are not"):
        assert difference.transform(labelled(6, 9))[:, 0].tolist() == [1, 2, 2]


def test_extending_needs_no_fit():
    difference = Difference(2).fit(labelled(0, 4))
    difference._extend(*difference._check_rows(labelled(4, 7), reset=False))
    assert difference.transform(labelled(7, 9))[:, 0].tolist() == [2, 2]
    with pytest.raises(ValueError, match="X must follow the rows known so far"):
        difference._extend(*difference._check_rows(labelled(6, 7), reset=False))


def test_extending_refuses_holes_and_leaves_all_as_it_was():
    difference = Difference(2).fit(labelled(0, 4))
    before = difference._history
    with pytest.raises(ValueError, match="steps are missing in its index"):
        difference._extend(*difference._check_rows(labelled(4, 30, [9]), reset=False))
    assert difference._history is before


def test_past_survives_pickling():
    difference = pickle.loads(pickle.dumps(Difference(2).fit(labelled(0, 4))))
    assert difference.transform(labelled(4, 5)).tolist() == [[2]]


# --- missing and freq ------------------------------------------------------------------------------------------------


def test_holes_are_refused_in_fit_and_after():
    with pytest.raises(ValueError, match=r"X must hold rows that follow one another.* \(1 holes, the first of them"):
        Difference().fit(labelled(0, 40, [30]))
    with pytest.raises(ValueError, match=r"X must hold rows that follow one another.* \(1 holes, the first of them"):
        Difference().fit(labelled(0, 20)).transform(labelled(20, 40, [30]))


@pytest.mark.parametrize("missing", ["raise", "drop"])
def test_rows_are_steps_where_freq_says_so(missing):
    difference = Difference(freq="rows", missing=missing).fit(labelled(0, 40, [30]))
    assert difference.transform(labelled(40, 60, [50, 51]))[9:12, 0].tolist() == [1, 3, 1]


def test_holes_are_filled_in_each_window_with_a_warning():
    difference = Difference(missing="drop").fit(labelled(0, 40, [30]))
    with pytest.warns(UserWarning, match="^steps or values are missing: the windows of 1 of the 18 rows of X are not"):
        assert difference.transform(labelled(40, 60, [50, 51]))[9:12, 0].tolist() == [1, 0, 1]
    with pytest.warns(UserWarning, match="X starts 2 steps after the fitted data ends.* 2 of the 2 rows of X are not"):
        assert Difference(2).fit(labelled(0, 40)).transform(labelled(41, 43)).tolist() == [[2], [1]]


def test_nan_is_filled_in_each_window_with_a_warning():
    difference = Difference(missing="drop").fit(column(1, np.nan, 3))
    with pytest.warns(UserWarning, match="the windows of 2 of the 3 rows of X are not complete"):
        assert difference.transform(column(7, np.nan, 9))[:, 0].tolist() == [4, 0, 0]


def test_parameters_are_those_of_the_fit_except_the_context():
    difference = Difference(2).fit(labelled(0, 4)).set_params(lag=3, missing="drop", freq="rows")
    assert difference.transform(labelled(4, 6))[:, 0].tolist() == [2, 2]
    with pytest.raises(ValueError, match="NaN"):
        difference.transform(labelled(4, 6) * np.nan)
    assert difference.set_params(context="none").transform(labelled(4, 6))[:, 0].tolist() == [0, 1]


# --- what X must be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1.0], [np.nan]], r"X must hold finite numbers, but holds NaN \(first in row 1"),
        ([["a"], ["b"]], "X must hold numbers, but there is text"),
        (labelled(0, 4)[::-1], "index is not strictly increasing"),
        (labelled(0, 4)[::-1].where(lambda X: X > 1), "index is not strictly increasing"),  # rather than NaN
    ],
)
def test_rows_are_checked_in_fit_and_after(X, message):
    with pytest.raises(ValueError, match=message):
        Difference().fit(X)
    with pytest.raises(ValueError, match=message):
        Difference().fit(column(7, 8)).transform(X)


def test_inf_is_refused_where_nan_is_let_through():
    with pytest.raises(ValueError, match="X must hold finite numbers"):
        Difference(missing="drop").fit([[1.0], [np.inf]])


def test_failed_fit_leaves_the_estimator_as_it_was():
    difference = Difference().fit(labelled(0, 4))
    with pytest.raises(ValueError, match="steps are missing"):
        difference.fit(labelled(0, 40, [30]).assign(z=1.0))
    assert difference.transform(labelled(4, 5)).tolist() == [[1]]


def test_rule_of_one_class_holds_wherever_rows_are_read():
    odd = pd.DataFrame({"x": [1.0, 2.0]}, [2, 3])
    with pytest.raises(ValueError, match="odd"):
        Even().fit(odd)
    with pytest.raises(ValueError, match="odd"):
        Even().fit_transform(odd)
    with pytest.raises(ValueError, match="odd"):
        Even().fit(odd.set_axis([2, 4])).transform(odd)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"context": "past"}, "The 'context' parameter of Difference must be a str among"),
        ({"missing": "fill"}, "The 'missing' parameter of Difference must be a str among"),
        ({"freq": 5}, "The 'freq' parameter of Difference must be"),
    ],
)
def test_parameters_are_validated(parameters, message):
    assert set(CONTEXTS) == {"auto", "carry", "none"}
    with pytest.raises(ValueError, match=message):
        Difference(**parameters).fit(column(1, 2))


def test_fit_is_needed():
    with pytest.raises(NotFittedError):
        Difference().transform(column(1))


# --- warnings, tags and what a class must have -----------------------------------------------------------------------


def test_missing_rows_are_warned_of_where_transform_is_called():
    window = SlidingWindow(4).fit(labelled(0, 4))
    with pytest.warns(UserWarning, match="1 rows between them") as record:
        window.transform(labelled(5, 6))
    assert "window.transform(labelled" in linecache.getline(__file__, record[0].lineno)


def test_doubt_is_warned_of_where_transform_is_called():
    window = SlidingWindow(2).fit(column(1, 2, 1))
    with pytest.warns(UserWarning, match="occurs more than once") as record:
        window.transform(column(1, 5))
    assert "window.transform(column" in linecache.getline(__file__, record[0].lineno)


@pytest.mark.parametrize("missing", ["raise", "drop"])
def test_tags(missing):
    class Step(KeepsHistory, TransformerMixin, BaseEstimator):
        pass

    step, kept = Step(), KeepsHistory()
    step.missing = kept.missing = missing
    assert get_tags(step).transformer_tags.preserves_dtype == ["float64", "float32"]
    assert get_tags(kept).transformer_tags is None
    assert get_tags(kept).input_tags.allow_nan == (missing == "drop")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    assert Difference().fit_transform(column(1, 2).astype(dtype)).dtype == dtype


def test_class_must_say_how_long_the_past_is_and_what_is_made():
    class Forgetful(TransformsRows):
        def __init__(self, context="auto", freq=None, missing="raise"):
            self.context, self.freq, self.missing = context, freq, missing

    with pytest.raises(NotImplementedError):
        Forgetful().fit(column(1, 2))
    Forgetful._n_before = 0
    with pytest.raises(NotImplementedError):
        Forgetful().fit_transform(column(1, 2))
