"""Windows of a series: cutting them, and the targets that belong to them.

One formula holds for every function here and, with a stride of 1, for `SlidingWindow`. With windows of
`window_length` rows, taken every `stride` rows, and a target `horizon` steps ahead, window i ends at row

    t_i = window_length - 1 + i * stride,

holds the rows t_i - window_length + 1, ..., t_i (oldest first), and its target is the target column at row
t_i + horizon.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skhybrid._validation import check_positive_int, check_rows, check_seasons
from skhybrid.series._panel import naming
from skhybrid.series._supervised import supervise
from skhybrid.series.carrier import Windows
from skhybrid.series.labels import time_index


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
        If `a` has fewer rows than one window, holds no numbers or has an index that is not strictly increasing, or if
        `window_length` or `stride` is below 1.

    Examples
    --------
    >>> from skhybrid import sliding_windows
    >>> sliding_windows([1, 2, 3, 4, 5], 3, stride=2)[:, :, 0]
    array([[1, 2, 3],
           [3, 4, 5]])
    """
    window_length = check_positive_int(window_length, "window_length")
    stride = check_positive_int(stride, "stride")
    time_index(a, "a")  # refuses rows that are not in time order
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
    freq: Any = None,
    missing: str = "raise",
) -> tuple[Any, ...]:
    """Turn a series into rows X and targets y: row t holds what is known at t, ``y[t]`` what follows.

    The shift is made once, before any split, and in steps: where rows are missing, no target moves into their place.
    Rows that have no target yet are left out. Split what comes out with
    ``TimeSeriesSplit(gap=max(horizon) - 1)``, so that no training target lies in the test period.

    Several series, with labels of two levels, series and time, are shifted each by itself, and come out in the order of
    their rows; split them with :class:`PanelTimeSeriesSplit`. A series that is too short for the horizon gives no rows.

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
        place X holds, as last columns, their values `horizon` steps ahead, named ``holiday_t+1``: column by column, and
        for each the steps in the order of `horizon`. ``WindowedRegressor(known_future=["holiday"])`` takes them from
        the last row of each window alone.

    return_future : bool, default=False
        Whether to return the last rows as well, which have no target yet. What a fitted estimator predicts for
        them is the forecast beyond the data. With `known_future`, `data` must reach ``max(horizon)`` rows beyond the
        last known target: rows with NaN as target that hold the columns known in advance.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; see :class:`SlidingWindow`.

    missing : {"raise", "drop"}, default="raise"
        What to do about holes in the index, and NaN. "raise" refuses holes, and leaves NaN as it is. "drop" leaves out
        the rows that hold NaN, and those whose target lies in a hole or is NaN. What is left out is no longer the past
        of other rows either: for :class:`WindowedRegressor`, which leaves out what it must, rather put NaN into the
        holes (``data.asfreq("h")``).

    Returns
    -------
    X : DataFrame or ndarray of shape (n_samples, n_features)
        What is known at each row; a DataFrame with the index of `data` if `data` is pandas.

    y : Series, DataFrame or ndarray of shape (n_samples,) or (n_samples, n_horizons)
        ``y[t]`` is the target at row ``t + horizon``; 1-D if `horizon` is an int. Pandas where X is, with X's index.

    X_future : DataFrame or ndarray of shape (n_future, n_features)
        Only if `return_future`: the rows after X, ``max(horizon)`` of them where none is missing. They keep their NaN,
        whatever `missing` is.

    Raises
    ------
    ValueError
        If `target` or a column of `known_future` is not in `data`, `horizon` is not a positive integer (or a sequence
        of them, each once), `data` has too few rows, or its index is not strictly increasing, does not fit `freq` or,
        with ``missing="raise"``, has holes.

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
    tables = supervise(data, target, horizon, known_future, freq, missing)
    # A series without a row to forecast from gives none, as one that is too short for the horizon does.
    tables = {key: table for key, table in tables.items() if (table.n_known if return_future else len(table.y))}
    found = _of_each(tables, lambda table: _rows_of(table, missing, return_future))
    parts = [_joined(of_series, data) for of_series in zip(*found, strict=True)][: 3 if return_future else 2]
    _check_any(len(parts[0]), "row")
    return tuple(parts if isinstance(data, pd.DataFrame | pd.Series) else [part.to_numpy() for part in parts])


def make_windows(
    data: Any,
    target: Any = None,
    *,
    window_length: int,
    horizon: int | Iterable[int] = 1,
    stride: int = 1,
    known_future: Sequence[Any] = (),
    seasons: Sequence[int] = (),
    freq: Any = None,
    missing: str = "raise",
) -> tuple[Any, Any]:
    """Cut a series into windows and their targets at once, before any split.

    Windows learn nothing from the data, so cutting them first leaks nothing, and every window has its full history.
    Cross-validate with ``TimeSeriesSplit(gap=max(horizon) - 1)`` (for ``stride=1``). To search over
    `window_length`, put a :class:`SlidingWindow` into the pipeline instead.

    Several series, with labels of two levels, series and time, are cut each by itself, and come out in the order of the
    last rows of their windows; split them with :class:`PanelTimeSeriesSplit`, which reads the labels of y. Then X is a
    copy, and a series that is too short for a window gives none.

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
        Number of steps from one window to the next.

    known_future : sequence of column labels or int, default=()
        Columns that are known in advance (calendar, holidays, prices). X holds their values at the steps of the
        horizon apart from the windows, in which they stay as the others do, up to the last row of each.

    seasons : sequence of int, default=()
        Lengths of seasons, in steps: (24, 168) are the day and the week of hourly rows. X holds the phase of each step
        of the horizon in each of them (see Notes). With `known_future` or `seasons`, X is a :class:`Windows`.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; see :class:`SlidingWindow`.

    missing : {"raise", "drop"}, default="raise"
        What to do about holes in the index, and NaN. "raise" refuses holes, and leaves NaN as it is. "drop" leaves out
        the windows that touch a hole or NaN, or whose target or inputs known ahead do.

    Returns
    -------
    X : ndarray of shape (n_windows, window_length, n_features), or Windows
        A read-only view, or with ``missing="drop"`` a copy; of all windows, ``X[i]`` ends at row
        ``t_i = window_length - 1 + i * stride``. Where something is known ahead, :class:`Windows` of them and of
        `ahead`, (n_windows, n_horizons, n_known + n_seasons), at the rows ``t_i + horizon``.

    y : Series, DataFrame or ndarray of shape (n_windows,) or (n_windows, n_horizons)
        ``y[i]`` is the target at row ``t_i + horizon``. Pandas where `data` is, labelled with the window's last row.

    Raises
    ------
    ValueError
        If there is no complete window that has a target, if `seasons` are asked for where labels are not a regular
        step apart, and as :func:`make_supervised` and :func:`sliding_windows` do.

    Notes
    -----
    The phase of a step in a season of m steps is a whole number from 0 to m - 1. It follows from the label alone, so
    that windows of training and test rows cut apart agree: times count their steps from 1970 (months and workdays on
    their calendar), in local time where they have a time zone and the season is a number of days or divides the day;
    numbers count from 0. Rows without such labels, and with ``freq="rows"``, are counted from the first row of `data`.

    Examples
    --------
    >>> from skhybrid import make_windows
    >>> X, y = make_windows([1, 2, 3, 4, 5], window_length=3)
    >>> X[:, :, 0]
    array([[1, 2, 3],
           [2, 3, 4]])
    >>> y
    array([4, 5])
    >>> X, y = make_windows([1, 2, 3, 4, 5, 6], window_length=3, horizon=[1, 2], seasons=[2])
    >>> X
    Windows(values of shape (2, 3, 1), ahead of shape (2, 2, 1), seasons=(2,))
    >>> X.ahead[0, :, 0]  # the phases of rows 3 and 4, the targets of the first window
    array([1., 0.])
    """
    window_length = check_positive_int(window_length, "window_length")
    stride = check_positive_int(stride, "stride")
    seasons = check_seasons(seasons)
    horizon = list(horizon) if isinstance(horizon, Iterable) else horizon  # a generator can be read once
    tables = supervise(data, target, horizon, known_future, freq, missing)
    longest = max(tables.values(), key=lambda table: len(table.y))
    _check_enough_rows(len(longest.y), window_length, n_ahead=max(longest.horizons))
    tables = {key: table for key, table in tables.items() if len(table.y) >= window_length}
    found = _of_each(tables, lambda table: _cut(table, window_length, stride, seasons, missing))
    windows, ahead, targets = zip(*found, strict=True)
    y = _joined(targets, data)
    _check_any(len(y), "window")
    X = windows[0] if len(found) == 1 else np.concatenate(windows)[_order(targets, data)]
    if longest.known or seasons:
        known = ahead[0] if len(found) == 1 else np.concatenate(ahead)[_order(targets, data)]
        X = Windows(X, known.astype(np.result_type(X, np.float32)), seasons=seasons)
    return X, y if isinstance(data, pd.DataFrame | pd.Series) else y.to_numpy()


def _of_each(tables, function):
    """Return what a function makes of each series, which a refusal names unless it is the only one."""
    if None in tables:
        return [function(tables[None])]
    made = []
    for key, table in tables.items():
        with naming(key):
            made.append(function(table))
    return made


def _rows_of(table, missing, with_future):
    """Return the rows of a series that have targets, these, and the rows after them."""
    n_samples = len(table.y)
    rows = table.rows_with_ahead(table.n_known if with_future else n_samples)
    X, y = rows.iloc[:n_samples], table.y
    if missing == "drop":
        kept = table.has_target & X.notna().all(axis=1).to_numpy()
        X, y = X[kept], y[kept].astype(table.dtype)
    return X, y, rows.iloc[n_samples:]


def _cut(table, window_length, stride, seasons, missing):
    """Return the windows of a series, what is known ahead of them, and their targets."""
    rows = check_rows(table.frame.iloc[: len(table.y)], "data")
    ahead = table.ahead(seasons)[window_length - 1 :]
    y = table.y.iloc[window_length - 1 :]
    ends: Any = slice(None, None, stride)
    if missing == "drop":
        ends = _whole_windows(table, rows, window_length, stride) & ~np.isnan(ahead).any(axis=(1, 2))
    y = y.iloc[ends].astype(table.dtype) if missing == "drop" else y.iloc[ends]
    return sliding_windows(rows, window_length)[ends], ahead[ends], y


def _joined(parts, data):
    """Return what was made of the series in the order of the rows of `data`."""
    if len(parts) == 1:
        return parts[0]
    joined = pd.concat(parts)
    return joined.iloc[_order(parts, data)]


def _order(parts, data):
    """Return the order that puts what was made of the series into that of the rows of `data`."""
    return np.argsort(np.concatenate([data.index.get_indexer(part.index) for part in parts]))


def _whole_windows(table, rows, window_length, stride):
    """Return which windows are to be cut that have a target, and touch no hole and no NaN."""
    first_steps = table.numbers[: len(rows) - window_length + 1]
    last_steps = table.numbers[window_length - 1 : len(rows)]
    n_unknown = np.concatenate([[0], np.cumsum(np.isnan(rows).any(axis=1))])
    is_whole = (last_steps - first_steps == window_length - 1) & (
        n_unknown[window_length:] == n_unknown[:-window_length]
    )
    return is_whole & table.has_target[window_length - 1 :] & (first_steps % stride == 0)


def _check_any(n_kept, what):
    if not n_kept:
        raise ValueError(
            f"data must hold a {what} with a target that touches no hole and no NaN, but none is left; fill them, or "
            "pass a shorter window or horizon."
        )


def _check_enough_rows(n_rows, window_length, n_ahead=0):
    if n_rows < window_length:
        ahead = f" and {n_ahead} for the horizon" if n_ahead else ""
        raise ValueError(
            f"window_length={window_length} needs at least {window_length} rows{ahead}, but X has "
            f"{n_rows + n_ahead}; pass a smaller window_length or a longer series."
        )
