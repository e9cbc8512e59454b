"""The rows of X on a line of steps: those before them, theirs, and the steps of which no row is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid.series.windows import sliding_windows


@dataclass(frozen=True)
class Past:
    """What is known of the rows before X, and where the rows of X lie.

    Attributes
    ----------
    rows : ndarray of shape (n_known, n_features)
        The known rows, oldest first.
    steps_back : ndarray of shape (n_known,)
        How many steps each of them lies before the first row of X.
    steps : ndarray of shape (n_rows,)
        How many steps each row of X lies after its first one.
    start : int
        How many steps the first row of X lies after the first known row, before which there was nothing.
    older : ndarray of shape (n_features,)
        The last known value of each column before the known rows; NaN where there is none.
    first : ndarray of shape (n_features,)
        The first fitted row.
    """

    rows: NDArray[np.floating]
    steps_back: NDArray[np.intp]
    steps: NDArray[np.intp]
    start: int
    older: NDArray[np.floating]
    first: NDArray[np.floating]


@dataclass(frozen=True)
class Timeline:
    """The rows of X on a line of steps, after `n_before` steps of their past.

    Attributes
    ----------
    rows : ndarray of shape (n_before + n_steps, n_features)
        One row per step; NaN where no row is known. A hole longer than `n_before` steps is cut to as many.
    at : slice or ndarray of shape (n_rows,)
        How many steps each row of X lies after its first one.
    n_before : int
        How many steps lie before the first row of X.
    n_unborn : int
        How many steps at the start were never there.
    older : ndarray of shape (n_features,)
        The last known value of each column before all these steps; NaN where there is none.
    numbers : ndarray of shape (n_rows,)
        How many steps each row of X lies after the first known row.
    first : ndarray of shape (n_features,)
        The first fitted row.
    """

    rows: NDArray[np.floating]
    at: slice | NDArray[np.intp]
    n_before: int
    n_unborn: int
    older: NDArray[np.floating]
    numbers: NDArray[np.intp]
    first: NDArray[np.floating]

    def each(self, function: "Callable[[Timeline], NDArray[Any]]") -> NDArray[Any]:
        """Return what a function makes of the line; of several series, of each."""
        return function(self)

    def touches_unknown(self, *, unborn: bool, missing: bool = True) -> NDArray[np.bool_]:
        """Return which rows of X have an unknown step in their window, (n_rows,).

        Parameters
        ----------
        unborn : bool
            Whether a step before the series began counts as one.
        missing : bool, default=True
            Whether a step without a row, and one with a NaN, do.
        """
        is_unknown = np.zeros(len(self.rows), dtype=bool)
        born = self.rows[self.n_unborn :]
        if missing and np.isnan(np.sum(born)):
            is_unknown[self.n_unborn :] = np.isnan(born).any(axis=1)
        is_unknown[: self.n_unborn] = unborn
        n_unknown = np.concatenate([[0], np.cumsum(is_unknown)])
        window_length = self.n_before + 1
        return (n_unknown[window_length:] > n_unknown[:-window_length])[self.at]

    def windows(self, *, fill: bool = True) -> NDArray[np.floating]:
        """Return the window of each row of X, (n_rows, n_before + 1, n_features): a view, where nothing is filled.

        In the place of steps before the series began stands its first row. In the place of each other NaN stands, with
        `fill`, the value before it in the window, else the first one after it, else the last one before the window.
        """
        windows = sliding_windows(self.born(), self.n_before + 1)[self.at]
        filled = np.flatnonzero(self.touches_unknown(unborn=False)) if fill else np.empty(0, dtype=np.intp)
        if len(filled) == 0:
            return windows
        windows = windows.copy()
        windows[filled] = _fill(windows[filled])
        is_empty = np.isnan(windows[:, 0])
        if is_empty.any():
            starts = np.arange(len(self.rows) - self.n_before)[self.at]
            before = _fill_forward(np.concatenate([self.older[None], self.rows])[None])[0]  # up to before each step
            windows = np.where(is_empty[:, None], before[starts, None], windows)
            _check_known(windows[:, 0])
        return windows

    def born(self) -> NDArray[np.floating]:
        """Return the rows, with the first one in the place of those that were never there; NaN stays elsewhere."""
        if self.n_unborn == 0:
            return self.rows
        rows = self.rows.copy()
        rows[: self.n_unborn] = rows[self.n_unborn]
        return rows


def lay_out(past: Past, rows: NDArray[np.floating], n_before: int) -> Timeline:
    """Put the known past and the rows of X on one line of steps."""
    near = past.steps_back <= n_before
    before, steps_back = past.rows[near], past.steps_back[near]
    older = _fill_forward(np.concatenate([past.older[None], past.rows[~near]])[None])[0, -1]
    numbers = past.start + past.steps
    is_regular = past.steps[-1] == len(rows) - 1
    if is_regular and len(before) == n_before:
        return Timeline(np.concatenate([before, rows]), slice(None), n_before, 0, older, numbers, past.first)
    at: slice | NDArray[np.intp] = slice(None)
    n_steps = len(rows)
    if not is_regular:
        at = np.concatenate([[0], np.cumsum(np.minimum(np.diff(past.steps), n_before + 1))]).astype(np.intp)
        n_steps = at[-1] + 1
    line = np.empty((n_before + n_steps, rows.shape[1]), dtype=rows.dtype)
    line[: n_before if is_regular else None] = np.nan
    line[n_before - steps_back] = before
    line[n_before:][at] = rows
    return Timeline(line, at, n_before, max(n_before - past.start, 0), older, numbers, past.first)


def _fill(windows):
    """Return windows with known values in the place of NaN, where a window has some; those that follow come last."""
    windows = _fill_forward(windows)
    is_nan = np.isnan(windows)
    first = is_nan.argmin(axis=1)[:, None]  # of each column, the first step that is known
    return np.where(is_nan, np.take_along_axis(windows, first, axis=1), windows)


def _fill_forward(windows):
    """Return windows (window, time, feature) with the value before in the place of NaN."""
    steps = np.arange(windows.shape[1])[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(windows), 0, steps), axis=1)
    return np.take_along_axis(windows, last, axis=1)


def _check_known(rows):
    """Refuse rows of which a value is still NaN."""
    unknown = np.argwhere(np.isnan(rows))
    if len(unknown):
        n_rows = len(np.unique(unknown[:, 0]))
        raise ValueError(
            f"X must hold a known value in or before the window of each row, but there is none in column "
            f"{unknown[0, 1]} of row {unknown[0, 0]} ({n_rows} such rows in all); leave these rows out."
        )
