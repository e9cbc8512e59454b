"""The rows of X on a line of steps: those before them, theirs, and the steps of which no row is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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
    """

    rows: NDArray[np.floating]
    steps_back: NDArray[np.intp]
    steps: NDArray[np.intp]
    start: int


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
    """

    rows: NDArray[np.floating]
    at: slice | NDArray[np.intp]
    n_before: int
    n_unborn: int

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

    def filled(self) -> NDArray[np.floating]:
        """Return the rows, with the value before in the place of each NaN, and at the start the first known one."""
        if not np.isnan(np.sum(self.rows[self.n_unborn :])):
            return self.born()
        is_nan = np.isnan(self.rows)
        last = np.maximum.accumulate(np.where(is_nan, 0, np.arange(len(is_nan))[:, None]), axis=0)
        first = is_nan.argmin(axis=0)  # of each column, the first step that is known
        self._check_known(first, is_nan)
        return np.take_along_axis(self.rows, np.maximum(last, first), axis=0)

    def born(self) -> NDArray[np.floating]:
        """Return the rows, with the first one in the place of those that were never there; NaN stays elsewhere."""
        if self.n_unborn == 0:
            return self.rows
        rows = self.rows.copy()
        rows[: self.n_unborn] = rows[self.n_unborn]
        return rows

    def _check_known(self, first, is_nan):
        """Refuse rows of X before which, themselves included, no value of a column is known."""
        ends = np.arange(len(self.rows) - self.n_before)[self.at] + self.n_before
        column = int(np.argmax(np.where(is_nan.all(axis=0), len(is_nan), first)))
        n_unknown = len(ends) if is_nan[:, column].all() else int((ends < first[column]).sum())
        if n_unknown:
            raise ValueError(
                f"X must hold a known value before each row, but column {column} is NaN up to row {n_unknown - 1}; "
                "leave these rows out."
            )


def lay_out(past: Past, rows: NDArray[np.floating], n_before: int) -> Timeline:
    """Put the known past and the rows of X on one line of steps."""
    near = past.steps_back <= n_before
    before, steps_back = past.rows[near], past.steps_back[near]
    is_regular = past.steps[-1] == len(rows) - 1
    if is_regular and len(before) == n_before:
        return Timeline(np.concatenate([before, rows]), slice(None), n_before, 0)
    at: slice | NDArray[np.intp] = slice(None)
    n_steps = len(rows)
    if not is_regular:
        at = np.concatenate([[0], np.cumsum(np.minimum(np.diff(past.steps), n_before + 1))]).astype(np.intp)
        n_steps = at[-1] + 1
    line = np.full((n_before + n_steps, rows.shape[1]), np.nan, dtype=rows.dtype)
    line[n_before - steps_back] = before
    line[n_before:][at] = rows
    return Timeline(line, at, n_before, max(n_before - past.start, 0))
