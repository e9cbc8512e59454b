"""Windows of a series: cutting them, and the targets that belong to them.

One formula holds for every function here and, with a stride of 1, for `SlidingWindow`. With windows of
`window_length` rows, taken every `stride` rows, and a target `horizon` steps ahead, window i ends at row

    t_i = window_length - 1 + i * stride,

holds the rows t_i - window_length + 1, ..., t_i (oldest first), and its target is the target column at row
t_i + horizon.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from skhybrid._validation import check_horizon, check_positive_int, check_rows
from skhybrid.series.labels import time_index
from skhybrid.series.steps import check_steps, learn_steps


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
    table = _supervise(data, target, horizon, known_future, return_future, freq, missing)
    n_samples = len(table.y)
    parts = (table.X.iloc[:n_samples], table.y, table.X.iloc[n_samples:])
    if missing == "drop":
        kept = table.has_target & table.X.iloc[:n_samples].notna().all(axis=1).to_numpy()
        _check_any(kept, "row")
        parts = (parts[0][kept], parts[1][kept].astype(table.dtype), parts[2])
    parts = parts[: 3 if return_future else 2]
    return parts if isinstance(data, pd.DataFrame | pd.Series) else tuple(part.to_numpy() for part in parts)


def make_windows(
    data: Any,
    target: Any = None,
    *,
    window_length: int,
    horizon: int | Iterable[int] = 1,
    stride: int = 1,
    freq: Any = None,
    missing: str = "raise",
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
        Number of steps from one window to the next.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; see :class:`SlidingWindow`.

    missing : {"raise", "drop"}, default="raise"
        What to do about holes in the index, and NaN. "raise" refuses holes, and leaves NaN as it is. "drop" leaves out
        the windows that touch a hole or NaN, or whose target does.

    Returns
    -------
    X : ndarray of shape (n_windows, window_length, n_features)
        A read-only view, or with ``missing="drop"`` a copy; of all windows, ``X[i]`` ends at row
        ``t_i = window_length - 1 + i * stride``.

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
    horizon = list(horizon) if isinstance(horizon, Iterable) else horizon  # a generator can be read once
    table = _supervise(data, target, horizon, (), False, freq, missing)
    rows = check_rows(table.X, "data")
    _check_enough_rows(len(rows), window_length, n_ahead=max(check_horizon(horizon)))
    windows, y = sliding_windows(rows, window_length), table.y.iloc[window_length - 1 :]
    ends = slice(None, None, stride)
    if missing == "drop":
        first_steps, last_steps = table.steps[: len(windows)], table.steps[window_length - 1 :]
        n_unknown = np.concatenate([[0], np.cumsum(np.isnan(rows).any(axis=1))])
        is_whole = (last_steps - first_steps == window_length - 1) & (
            n_unknown[window_length:] == n_unknown[:-window_length]
        )
        ends = is_whole & table.has_target[window_length - 1 :] & (first_steps % stride == 0)
        _check_any(ends, "window")
        y = y.iloc[ends].astype(table.dtype)
        return windows[ends], y if isinstance(data, pd.DataFrame | pd.Series) else y.to_numpy()
    y = y.iloc[ends] if isinstance(data, pd.DataFrame | pd.Series) else y.iloc[ends].to_numpy()
    return windows[ends], y


class _Table(NamedTuple):
    """What is known at each row; the target of the first rows, which of them have one, on which step they are.

    `dtype` is that of the column, which is another where some have no target.
    """

    X: pd.DataFrame
    y: pd.Series | pd.DataFrame
    has_target: NDArray[np.bool_]
    steps: NDArray[np.intp]
    dtype: Any


def _supervise(data, target, horizon, known_future, return_future, freq, missing):
    """Return all rows of `data` up to the last that has a target, or is to be forecast from."""
    if missing not in ("raise", "drop"):
        raise ValueError(f"missing must be 'raise' or 'drop', but is {missing!r}; pass one of these.")
    horizons = check_horizon(horizon)
    frame = _as_frame(data)
    labels = time_index(data, "data")
    steps = learn_steps(labels, freq).number(labels, len(frame))
    if missing == "raise":
        check_steps(steps, labels, "data")
    column = _target_column(frame, target)
    moved = _columns_ahead(frame, known_future)
    if column in moved:
        raise ValueError(
            f"known_future must hold columns that are known in advance, but holds the target {column!r}; leave it out."
        )
    n_known = _count_known(frame[column]) if moved else len(frame)
    n_samples = int(np.searchsorted(steps, steps[n_known - 1] - max(horizons), side="right")) if n_known else 0
    if n_samples < 1:
        raise ValueError(
            f"horizon={horizon} needs at least {max(horizons) + 1} rows with a known target, but data has {n_known}; "
            "pass a smaller horizon or a longer series."
        )
    X = _known_at(frame, moved, horizons, n_known if return_future else n_samples, steps)
    y = _shifted(frame[[column]], horizons, n_samples, steps)
    has_target = y.notna().all(axis=1).to_numpy()
    if not isinstance(horizon, Iterable):
        y = y.iloc[:, 0].rename(column)
    return _Table(X, y, has_target, steps[:n_samples], frame[column].dtype)


def _check_any(kept, what):
    if not kept.any():
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


def _as_frame(data):
    """Return `data` as a DataFrame with one row per time step."""
    if isinstance(data, pd.Series):
        return data.to_frame()
    if isinstance(data, pd.DataFrame):
        if data.shape[1] == 0 or not data.columns.is_unique or data.columns.nlevels > 1:
            raise ValueError(
                f"data must have one or more columns, each with one name of its own, but has {list(data.columns)}; "
                "rename the columns."
            )
        return data
    return pd.DataFrame(check_rows(data, "data"))


def _column(frame, name, parameter):
    """Return the label of the column that `parameter` names."""
    if name in frame.columns:
        return name
    raise ValueError(
        f"{parameter} must name columns of data, but {name!r} is not one of {list(frame.columns)}; pass one of these."
    )


def _columns_ahead(frame, names):
    """Return the labels of the columns known in advance, each once."""
    if isinstance(names, str):
        raise ValueError(
            f"known_future must be a sequence of columns of data, but is the text {names!r}; pass [{names!r}]."
        )
    columns = [_column(frame, name, "known_future") for name in names]
    if len({str(column) for column in columns}) < len(columns):
        raise ValueError(
            f"known_future must name different columns, but is {list(names)!r}, of which two get one name ahead; "
            "rename one, or leave it out."
        )
    return columns


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


def _shifted(columns, horizons, n_rows, steps):
    """Return, for the first rows, the values of `columns` at each horizon after them, named ``load_t+1``."""
    numbered = columns.reset_index(drop=True)
    ahead: dict[str, NDArray[Any]] = {}
    for h in horizons:
        rows = np.searchsorted(steps, steps[:n_rows] + h)
        is_there = steps[np.minimum(rows, len(steps) - 1)] == steps[:n_rows] + h
        rows = np.where(is_there, rows, -1)  # of which there is no label
        ahead |= {f"{name}_t+{h}": numbered[name].reindex(rows).to_numpy() for name in columns.columns}
    names = [f"{name}_t+{h}" for name in columns.columns for h in horizons]
    return pd.DataFrame(ahead, index=columns.index[:n_rows])[names]


def _known_at(frame, moved, horizons, n_rows, steps):
    """Return what is known at the first rows: the columns as they are, except those that are `moved` up."""
    X = frame.drop(columns=moved).iloc[:n_rows]
    if not moved:
        return X
    n_ahead = int(steps[-1] - steps[n_rows - 1])
    if n_ahead < max(horizons):
        raise ValueError(
            f"return_future with known_future needs {max(horizons)} rows after the last known target, with NaN as "
            f"target, but data has {n_ahead}; append rows that hold the columns known in advance."
        )
    return pd.concat([X, _shifted(frame[moved], horizons, n_rows, steps)], axis=1)
