"""Splits in time of several series."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

from skhybrid.series._panel import Panel, has_levels, read_labels

__all__ = ["Panel", "PanelTimeSeriesSplit", "has_levels", "label_groups", "read_labels"]


def label_groups(groups: Any, times: pd.Index | None = None) -> Panel:
    """Return the labels of rows by the series that each belongs to, in time order; without `times` they are counted."""
    series, keys = pd.factorize(np.asarray(groups), sort=True)
    counted = pd.Series(series).groupby(series).cumcount()
    return Panel(list(keys), series.astype(np.intp), pd.Index(counted.to_numpy()) if times is None else times)


class PanelTimeSeriesSplit(TimeSeriesSplit):
    """Split the rows of several series in time: all rows of a test fold are later than all of its training rows.

    It is :class:`~sklearn.model_selection.TimeSeriesSplit` of the distinct times that the rows of all series have: a
    row goes where its time goes, in whatever order the rows stand. A series that begins late is new in some test folds,
    and one that ends early is missing from some. Of one series the folds are those of `TimeSeriesSplit`.

    The rows are those of a DataFrame or Series whose index has two levels, the series and the time.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, at least 2.

    max_train_size : int, default=None
        Largest number of times in a training fold; None sets no limit.

    test_size : int, default=None
        Number of times in a test fold; None takes ``n_times // (n_splits + 1)``.

    gap : int, default=0
        Number of times to leave out before each test fold. With targets h steps ahead, :class:`WindowedRegressor` needs
        ``horizon=h`` and no gap; windows that were cut before need ``gap=h - 1``.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhybrid import PanelTimeSeriesSplit
    >>> index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("a", 3), ("b", 2), ("b", 3), ("b", 4)])
    >>> X = pd.DataFrame({"load": range(6)}, index=index)
    >>> for train, test in PanelTimeSeriesSplit(2, test_size=1).split(X):
    ...     print(train, test)
    [0 1 3] [2 4]
    [0 1 2 3 4] [5]
    """

    def __init__(self, n_splits=5, *, max_train_size=None, test_size=None, gap=0):
        super().__init__(n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap)

    def split(self, X, y=None, groups=None):
        """Yield the rows of each training fold and each test fold.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, ...)
            The rows, or windows made of them.

        y : Series, DataFrame or array-like of shape (n_rows, ...), default=None
            Their targets, whose index is read where X has none, as windows have not.

        groups : None
            Not used.

        Yields
        ------
        train : ndarray of int
            The positions of the training rows, in their order.

        test : ndarray of int
            The positions of the test rows, in their order.

        Raises
        ------
        ValueError
            If the index has more than two levels, names no series, or the rows of a series are not in time order, each
            time once; if there are too few times.
        """
        labels = read_labels(X)
        labels = read_labels(y, "y") if labels is None else labels
        if not isinstance(labels, Panel):
            yield from super().split(X, y, groups)
            return
        n_times = len(labels.distinct)
        try:
            folds = list(super().split(np.empty(n_times)))
        except ValueError as error:
            raise ValueError(
                f"n_splits={self.n_splits}, test_size={self.test_size} and gap={self.gap} need more times than X has, "
                f"{n_times} in all series; pass a smaller number, or more rows."
            ) from error
        for times_of_fold in folds:
            is_in = np.zeros((2, n_times), dtype=bool)
            for chosen, times in zip(is_in, times_of_fold, strict=True):
                chosen[times] = True
            train, test = (np.flatnonzero(chosen[labels.moments]) for chosen in is_in)
            yield train, test
