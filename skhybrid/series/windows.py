"""Windows of a series: cutting them, and the targets that belong to them.

One formula holds for every function and class here. With windows of `window_length` rows, taken every `stride`
rows, and a target `horizon` steps ahead, window i ends at row

    t_i = window_length - 1 + i * stride,

holds the rows t_i - window_length + 1, ..., t_i (oldest first), and its target is the target column at row
t_i + horizon.
"""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.metaestimators import available_if

from skhybrid._validation import (
    StrOptions,
    check_data,
    check_feature_names,
    check_finite,
    check_horizon,
    check_is_fitted,
    check_positive_int,
    check_rows,
    fit_context,
    positive_int,
)
from skhybrid.series._history import CONTEXTS, remember, rows_before, time_index


def sliding_windows(a: ArrayLike, window_length: int, *, stride: int = 1) -> NDArray[Any]:
    """Cut a series into overlapping windows, without copying it.

    Parameters
    ----------
    a : array-like of shape (n_rows,) or (n_rows, n_features)
        One row per time step, in time order.

    window_length : int
        Number of rows in a window.

    stride : int, default=1
        Number of rows from the start of one window to the start of the next.

    Returns
    -------
    windows : ndarray of shape (n_windows, window_length, n_features)
        A read-only view of `a`: ``windows[i]`` holds the rows ``i * stride`` to
        ``i * stride + window_length - 1``, oldest first; ``n_windows = (n_rows - window_length) // stride + 1``.

    Raises
    ------
    ValueError
        If `a` has fewer rows than one window, holds no numbers, or `window_length` or `stride` is below 1.

    Examples
    --------
    >>> from skhybrid import sliding_windows
    >>> sliding_windows([1, 2, 3, 4, 5], 3, stride=2)[:, :, 0]
    array([[1, 2, 3],
           [3, 4, 5]])
    """
    window_length = check_positive_int(window_length, "window_length")
    stride = check_positive_int(stride, "stride")
    rows = check_rows(a, "a")
    _check_enough_rows(len(rows), window_length)
    windows = np.lib.stride_tricks.sliding_window_view(rows, window_length, axis=0)
    return windows[::stride].transpose(0, 2, 1)  # (window, time, feature)


def make_supervised(
    data: Any,
    target: Any = None,
    *,
    horizon: int | Iterable[int] = 1,
    known_future: Sequence[Any] = (),
    return_future: bool = False,
) -> tuple[Any, ...]:
    """Turn a series into rows X and targets y: row t holds what is known at t, ``y[t]`` what follows.

    The shift is made once, before any split; rows that have no target yet are left out. Split what comes out with
    ``TimeSeriesSplit(gap=max(horizon) - 1)``, so that no training target lies in the test period.

    Parameters
    ----------
    data : DataFrame, Series or array-like of shape (n_rows,) or (n_rows, n_columns)
        One row per time step, in time order.

    target : column label or int, default=None
        The column to predict: a label of a DataFrame, a position in an array. None takes the only column. The
        target's own past stays in X.

    horizon : int or sequence of int, default=1
        How many steps ahead the target lies. A sequence, such as ``range(1, 25)``, asks for several targets.

    known_future : sequence of column labels or int, default=()
        Columns that are known in advance (calendar, holidays, prices). They are moved up with the target: in their
        place X holds, as last columns, their values `horizon` steps ahead, named ``holiday_t+1``.

    return_future : bool, default=False
        Whether to return the last rows as well, which have no target yet. What a fitted estimator predicts for
        them is the forecast beyond the data. With `known_future`, `data` must reach ``max(horizon)`` rows beyond the
        last known target: rows with NaN as target that hold the columns known in advance.

    Returns
    -------
    X : DataFrame or ndarray of shape (n_samples, n_features)
        What is known at each row; a DataFrame with the index of `data` if `data` is pandas.

    y : Series, DataFrame or ndarray of shape (n_samples,) or (n_samples, n_horizons)
        ``y[t]`` is the target at row ``t + horizon``; 1-D if `horizon` is an int. Pandas where X is, with X's index.

    X_future : DataFrame or ndarray of shape (max(horizon), n_features)
        Only if `return_future`: the rows after X.

    Raises
    ------
    ValueError
        If `target` or a column of `known_future` is not in `data`, `horizon` is no positive integer (or a sequence
        of them, each once), or `data` has too few rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhybrid import make_supervised
    >>> df = pd.DataFrame({"load": [10, 20, 30, 40], "holiday": [0, 0, 1, 0]})
    >>> X, y = make_supervised(df, target="load", horizon=1)
    >>> pd.concat([X, y.rename("y")], axis=1)
       load  holiday   y
    0    10        0  20
    1    20        0  30
    2    30        1  40
    """
    horizons = check_horizon(horizon)
    frame = _as_frame(data)
    column = _target_column(frame, target)
    moved = [_column(frame, name, "known_future") for name in known_future]
    if column in moved:
        raise ValueError(
            f"known_future must hold columns that are known in advance, but holds the target {column!r}; leave it out."
        )
    n_known = _count_known(frame[column]) if moved else len(frame)
    n_samples = n_known - max(horizons)
    if n_samples < 1:
        raise ValueError(
            f"horizon={horizon} needs at least {max(horizons) + 1} rows with a known target, but data has {n_known}; "
            "pass a smaller horizon or a longer series."
        )
    n_out = n_known if return_future else n_samples
    X = _known_at(frame, moved, horizons, n_out)
    y = _shifted(frame[[column]], horizons, n_samples)
    if not isinstance(horizon, Iterable):
        y = y.iloc[:, 0].rename(column)
    parts = (X.iloc[:n_samples], y, X.iloc[n_samples:])[: 3 if return_future else 2]
    if isinstance(data, pd.DataFrame | pd.Series):
        return parts
    return tuple(part.to_numpy() for part in parts)


def make_windows(
    data: Any,
    target: Any = None,
    *,
    window_length: int,
    horizon: int | Iterable[int] = 1,
    stride: int = 1,
) -> tuple[NDArray[Any], Any]:
    """Cut a series into windows and their targets at once, before any split.

    Windows learn nothing from the data, so cutting them first leaks nothing, and every window has its full history.
    Cross-validate with ``TimeSeriesSplit(gap=max(horizon) - 1)`` (for ``stride=1``). To search over
    `window_length`, put a :class:`SlidingWindow` into the pipeline instead.

    Parameters
    ----------
    data : DataFrame, Series or array-like of shape (n_rows,) or (n_rows, n_columns)
        One row per time step, in time order.

    target : column label or int, default=None
        The column to predict. None takes the only column.

    window_length : int
        Number of rows in a window.

    horizon : int or sequence of int, default=1
        How many steps after the window's last row the target lies.

    stride : int, default=1
        Number of rows from one window to the next.

    Returns
    -------
    X : ndarray of shape (n_windows, window_length, n_features)
        A read-only view; ``X[i]`` ends at row ``t_i = window_length - 1 + i * stride``.

    y : Series, DataFrame or ndarray of shape (n_windows,) or (n_windows, n_horizons)
        ``y[i]`` is the target at row ``t_i + horizon``. Pandas where `data` is, labelled with the window's last row.

    Raises
    ------
    ValueError
        If there is no complete window that has a target, and as :func:`make_supervised` and
        :func:`sliding_windows` do.

    Examples
    --------
    >>> from skhybrid import make_windows
    >>> X, y = make_windows([1, 2, 3, 4, 5], window_length=3)
    >>> X[:, :, 0]
    array([[1, 2, 3],
           [2, 3, 4]])
    >>> y
    array([4, 5])
    """
    window_length = check_positive_int(window_length, "window_length")
    stride = check_positive_int(stride, "stride")
    rows, targets = make_supervised(data, target, horizon=horizon)
    _check_enough_rows(len(rows), window_length, n_ahead=max(check_horizon(horizon)))
    ends = slice(window_length - 1, None, stride)
    y = targets.iloc[ends] if isinstance(targets, pd.Series | pd.DataFrame) else targets[ends]
    return sliding_windows(rows, window_length, stride=stride), y


class SlidingWindow(TransformerMixin, BaseEstimator):
    """Give every row the window of rows that ends with it.

    The number of rows stays the same, as a pipeline needs: row t becomes the rows
    ``t - window_length + 1, ..., t``. It learns nothing but the end of the fitted data, which the first rows of a
    test fold need as their past.

    Use it with forward splitters (:class:`~sklearn.model_selection.TimeSeriesSplit`), for which every window is
    exact. With a gap between training and test rows the rows of the gap are missing from the first windows of the
    test fold (a warning says so): cut windows with :func:`make_windows` before the split then. Shuffled folds,
    bagging and stacking mix up the order of rows: with a time index they are refused, with arrays they cannot all be
    noticed.

    Parameters
    ----------
    window_length : int, default=24
        Number of rows in a window.

    flatten : bool, default=False
        Whether to give 2-D output with one column per step and feature, oldest step first, for estimators that are
        not made for sequences.

    incomplete : {"edge", "nan"}, default="edge"
        What to put where a row has no past, that is at the first ``window_length - 1`` rows of the fitted data:
        "edge" repeats the first row, "nan" puts NaN. The sequence estimators of this package leave windows that
        start with NaN out of their training.

    context : {"auto", "carry", "none"}, default="auto"
        Whether the end of the fitted data is the past of the rows given to `transform`. "carry": always, "none":
        never. "auto": if X continues the fitted data, and not if X is the fitted data. A pandas index tells which:
        a first label after the fitted ones continues them (unless a whole window lies between), one among them is
        part of them, any other is refused. For arrays (and where the index only numbers the rows of X from 0), X is the
        fitted data if its first row equals the first
        fitted row (but for rounding), and continues it otherwise.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X was a DataFrame with string names.

    n_incomplete_ : int
        How many of the fitted rows have no complete window.

    Notes
    -----
    Without `flatten` the output has three dimensions: it cannot be a DataFrame, `set_output` has no effect, and the
    transformer cannot stand inside a ``FeatureUnion`` or ``ColumnTransformer``.

    To predict from recent rows, give at least `window_length` of them and use the last prediction.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import SlidingWindow
    >>> X = np.arange(1.0, 7.0).reshape(-1, 1)
    >>> window = SlidingWindow(3).fit(X[:4])
    >>> window.transform(X[:4])[:, :, 0]
    array([[1., 1., 1.],
           [1., 1., 2.],
           [1., 2., 3.],
           [2., 3., 4.]])
    >>> window.transform(X[4:])[:, :, 0]
    array([[3., 4., 5.],
           [4., 5., 6.]])
    """

    _parameter_constraints = {
        "window_length": [positive_int],
        "flatten": ["boolean"],
        "incomplete": [StrOptions({"edge", "nan"})],
        "context": [StrOptions(CONTEXTS)],
    }

    def __init__(self, window_length=24, *, flatten=False, incomplete="edge", context="auto"):
        self.window_length = window_length
        self.flatten = flatten
        self.incomplete = incomplete
        self.context = context

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Keep the end of X, the past of the rows that follow it.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : None
            Not used.

        Returns
        -------
        self : SlidingWindow
            The fitted transformer.
        """
        self._remember(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Fit to X and give its own windows: X is the fitted data, so no rows stand before it.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : None
            Not used.

        Returns
        -------
        windows : ndarray of shape (n_rows, window_length, n_features)
            As of `transform`.
        """
        rows = self._remember(X)
        return self._windows(rows, rows[:0])

    def transform(self, X):
        """Give every row of X the window that ends with it.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        Returns
        -------
        windows : ndarray of shape (n_rows, window_length, n_features)
            The windows, a read-only view of the rows; if `flatten`, of shape
            (n_rows, window_length * n_features).
        """
        check_is_fitted(self)
        index = time_index(X)
        rows = self._check_rows(X, reset=False)
        return self._windows(rows, rows_before(self._history, rows, index, self.window_length - 1, self.context))

    @available_if(lambda self: self.flatten)
    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns: ``load_t-23``, ..., ``load_t-0``. Only if `flatten`.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of X; None takes those seen in `fit`.

        Returns
        -------
        names : ndarray of str
            One name per column of the output, oldest step first.
        """
        check_is_fitted(self)
        names = check_feature_names(self, input_features)
        lags = range(self.window_length - 1, -1, -1)
        return np.array([f"{name}_t-{lag}" for lag in lags for name in names], dtype=object)

    def set_output(self, *, transform=None):
        """Choose the container of the output; without effect on 3-D output, which only an array can hold.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Container of the output; None leaves it as it is.

        Returns
        -------
        self : SlidingWindow
            The transformer.
        """
        return super().set_output(transform=transform) if self.flatten else self

    def _remember(self, X):
        """Keep the end of X; return its rows."""
        index = time_index(X)
        rows = self._check_rows(X, reset=True)
        if len(rows) < self.window_length:
            warnings.warn(
                f"window_length={self.window_length} is longer than the {len(rows)} rows of X, so that no window is "
                "complete; pass a smaller window_length or more rows.",
                UserWarning,
                stacklevel=3,
            )
        self.n_incomplete_ = min(self.window_length - 1, len(rows))
        self._history = remember(rows, index, self.window_length - 1)
        return rows

    def _check_rows(self, X, *, reset):
        """Return X as floats, (time, feature)."""
        rows = check_data(self, X, reset=reset, allow_nd=False)
        check_finite(rows, "X")
        return rows

    def _windows(self, rows, before):
        """Cut the windows that end at each of `rows`, with the rows `before` them as their past."""
        known = np.concatenate([before, rows])
        n_unknown = self.window_length - 1 - len(before)
        edge = known[0] if self.incomplete == "edge" else np.full_like(known[0], np.nan)
        windows = sliding_windows(np.concatenate([np.tile(edge, (n_unknown, 1)), known]), self.window_length)
        return windows.reshape(len(rows), -1) if self.flatten else windows

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _check_enough_rows(n_rows, window_length, n_ahead=0):
    if n_rows < window_length:
        ahead = f" and {n_ahead} for the horizon" if n_ahead else ""
        raise ValueError(
            f"window_length={window_length} needs at least {window_length} rows{ahead}, but X has "
            f"{n_rows + n_ahead}; pass a smaller window_length or a longer series."
        )


def _as_frame(data):
    """Return `data` as a DataFrame with one row per time step."""
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, pd.Series):
        return data.to_frame()
    return pd.DataFrame(check_rows(data, "data"))


def _column(frame, name, parameter):
    """Return the label of the column that `parameter` names."""
    if name in frame.columns:
        return name
    raise ValueError(
        f"{parameter} must name columns of data, but {name!r} is not one of {list(frame.columns)}; pass one of these."
    )


def _target_column(frame, target):
    if target is not None:
        return _column(frame, target, "target")
    if frame.shape[1] > 1:
        raise ValueError(
            f"target must name the column to predict, since data has {frame.shape[1]}: {list(frame.columns)}; pass "
            "one of these."
        )
    return frame.columns[0]


def _count_known(series):
    """Return how many rows there are up to the last known target."""
    known = np.flatnonzero(series.notna())
    return int(known[-1]) + 1 if len(known) else 0


def _shifted(columns, horizons, n_rows):
    """Return, for the first rows, the values of `columns` at each horizon after them, named ``load_t+1``."""
    ahead = {f"{name}_t+{h}": columns[name].to_numpy()[h : h + n_rows] for name in columns.columns for h in horizons}
    return pd.DataFrame(ahead, index=columns.index[:n_rows])


def _known_at(frame, moved, horizons, n_rows):
    """Return what is known at the first rows: the columns as they are, but for those that are `moved` up."""
    X = frame.drop(columns=moved).iloc[:n_rows]
    if not moved:
        return X
    if len(frame) < n_rows + max(horizons):
        raise ValueError(
            f"return_future with known_future needs {max(horizons)} rows after the last known target, with NaN as "
            f"target, but data has {len(frame) - n_rows}; append rows that hold the columns known in advance."
        )
    return pd.concat([X, _shifted(frame[moved], horizons, n_rows)], axis=1)
