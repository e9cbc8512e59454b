"""The order of rows in time: that in which they stand or, of several series, that of their times."""

from typing import Any

import numpy as np

from skhybrid.evaluation.leakage._alteration import MAX_LAG, take_rows
from skhybrid.series.panel import Panel
from skhybrid.series.steps import learn_steps


class Order:
    """The order of rows in time.

    Parameters
    ----------
    labels : pandas.Index, Panel or None
        The labels of the rows.

    n_rows : int
        The number of rows.

    Attributes
    ----------
    rank : ndarray of shape (n_rows,)
        Where each row as given is in this order.

    moments : ndarray of shape (n_rows,)
        For each row in this order, how many times lie before its own.

    steps : ndarray of shape (n_rows,)
        For each row in this order, how many steps it lies after the first one.

    splitter : str
        What splits such rows in time.
    """

    def __init__(self, labels, n_rows):
        rows = np.arange(n_rows)
        self.rank = self.moments = rows
        self._by_series: Any = None
        self.splitter = "TimeSeriesSplit"
        if not isinstance(labels, Panel):
            self.steps = number_steps(labels, n_rows)
            return
        self.splitter = "PanelTimeSeriesSplit"
        order = labels.in_time(rows)
        self.rank = np.argsort(order)
        self.moments = labels.moments[order]
        self.steps = number_steps(labels.distinct, len(labels.distinct))[self.moments]
        self._by_series = labels.series[order]

    @property
    def is_single(self):
        """Whether the rows are of one series, and stay as they are."""
        return self._by_series is None

    def sort(self, data):
        """Return rows as given in the order of time."""
        return data if self.is_single else take_rows(data, np.argsort(self.rank))

    def unsort(self, data):
        """Return rows in the order of time as they were given."""
        return data if self.is_single else take_rows(data, self.rank)

    def select(self, rows, rank):
        """Return the order of some of the rows, which have another rank as given."""
        part = object.__new__(type(self))
        series = None if self.is_single else self._by_series[rows]
        vars(part).update(vars(self), rank=rank, moments=self.moments[rows], steps=self.steps[rows], _by_series=series)
        return part

    def one_by_one(self, *data):
        """Return rows in the order of time series by series, and steps by which no row reaches into the next series."""
        if self.is_single:
            return *data, self.steps
        rows = np.argsort(self._by_series, kind="stable")
        apart = self._by_series[rows] * (self.steps[-1] + 2 + MAX_LAG)
        return *(take_rows(part, rows) for part in data), self.steps[rows] + apart

    def holds_apart(self, train, test):
        """Return whether no series has rows in both parts of a fold."""
        return not self.is_single and not np.isin(self._by_series[train], self._by_series[test]).any()

    def align(self, row):
        """Return the first row of the time of a row; the number of rows where there is none."""
        return row if row >= len(self.moments) else int(np.searchsorted(self.moments, self.moments[row]))

    def after(self, row):
        """Return the first row of a later time than that of a row."""
        return int(np.searchsorted(self.moments, self.moments[row], side="right"))


def number_steps(labels, n_rows):
    """Return how many steps each row lies after the first one."""
    return learn_steps(labels, None).number(labels, n_rows)
