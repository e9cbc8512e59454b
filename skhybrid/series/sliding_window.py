"""The windows of a series as a step of a pipeline."""

import numpy as np
from sklearn.utils.metaestimators import available_if

from skhybrid._validation import StrOptions, check_feature_names, check_is_fitted, positive_int, warn
from skhybrid.series._keeps_history import TransformsRows
from skhybrid.series.windows import sliding_windows

__all__ = ["SlidingWindow"]


def _gives_columns(window):
    """Return whether the output is flat, as of the fit where there was one."""
    return getattr(window, "_as_fitted", window).flatten


class SlidingWindow(TransformsRows):
    """Give every row the window of rows that ends with it.

    The number of rows stays the same, as a pipeline needs: row t becomes the rows
    ``t - window_length + 1, ..., t``. It learns nothing but the end of the fitted data, which the first rows of a
    test fold need as their past.

    Use it with forward splitters (:class:`~sklearn.model_selection.TimeSeriesSplit`), for which every window is
    exact. With a gap between training and test rows the rows of the gap are missing from the first windows of the
    test fold (a warning counts them): cut windows with :func:`make_windows` before the split then. Shuffled folds,
    bagging and stacking mix up the order of rows: with an index of times they are refused, with arrays, which bagging
    makes of any X, they cannot all be noticed.

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
        never, "auto": as the labels of X say, or its first row (see Notes). Alone of all parameters, it may be set
        after `fit` as well.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; what is further apart has a hole between. None takes the
        usual step of the fitted rows. An offset ("h", "B", a ``CustomBusinessDay``) makes all labels of X, and a label
        that it makes and X has not is missing. "rows": each row is a step, whatever its time, as in trading hours.

    missing : {"raise", "drop"}, default="raise"
        What to do about holes and NaN in X. "raise" refuses them. "drop": a window that touches one is NaN from its
        start up to there, so that the sequence estimators of this package leave it out of their training; other
        estimators refuse it (:class:`WindowedRegressor` leaves it out for any). A row that holds NaN itself has a
        window of NaN only, from which no estimator predicts.

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
    The past of a row, in `transform` and wherever else this package has ``context="auto"``:

    - *Labels* of a pandas X are read where they are times (also dates, and text as ISO 8601 has it) or numbers; they
      must be strictly increasing. Text with other dates is refused, names of rows count as no labels. X continues the
      fitted data if its first label is the next one, and is part of it if that is a fitted label. A label before the
      fitted data, or between two fitted ones, is refused.
    - *Arrays*, and an index that only numbers the rows of X from 0: if the first row of X equals one fitted row (except
      for rounding), X is part of the fitted data from there on; if it equals none, X continues it. If it equals
      several, the first row or one of the kept rows among them, a warning says what X is taken as.
    - *Several series* have labels of two levels, the series and the time, whatever these are called. Each series has a
      past of its own, and what comes of it is what comes of it alone; rows may stand in any order in which those of
      each series are in time. One that was not fitted has no past. Their times are read even where they are numbers
      from 0. Keep the labels in a pipeline, with ``set_output(transform="pandas")`` on the steps before, and split with
      :class:`PanelTimeSeriesSplit`.
    - Of the fitted rows (of each series) the last ``2 * window_length - 2`` are kept. In the window of a row within the
      fitted data whose past is no longer kept, and of one after a hole, each step that is missing is filled by the
      value before it in the window, or else the first one after it (by NaN with ``incomplete="nan"``); a warning counts
      such rows.

    With ``freq=None`` steps are told from the fitted rows: nine in ten that are alike, or more than half that are equal
    with the others multiples of them, are regular, and a longer one is a hole. Months and the like are counted on their
    calendar. Days none of which is at a weekend may have holidays, which nothing tells from holes: there, and where
    steps are of all lengths, they may differ up to ten times; pass `freq` to have each missing one seen. Each of
    several series has steps of its own; one of fewer than ten rows, and one that is new, takes those of the longest,
    unless the others differ.

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

    _parameter_constraints = TransformsRows._parameter_constraints | {
        "window_length": [positive_int],
        "flatten": ["boolean"],
        "incomplete": [StrOptions({"edge", "nan"})],
    }

    def __init__(
        self, window_length=24, *, flatten=False, incomplete="edge", context="auto", freq=None, missing="raise"
    ):
        self.window_length = window_length
        self.flatten = flatten
        self.incomplete = incomplete
        self.context = context
        self.freq = freq
        self.missing = missing

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
        return self._read_rows(X).each(self._as_fitted._make)

    @available_if(_gives_columns)
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
        lags = range(self._as_fitted.window_length - 1, -1, -1)
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
        return super().set_output(transform=transform) if _gives_columns(self) else self

    @property
    def _n_before(self):
        return self.window_length - 1

    def _learn_rows(self, X):
        """Keep the end of X; return its rows, before which there are none."""
        line = super()._learn_rows(X)
        is_incomplete = line.touches_unknown(unborn=True)
        self.n_incomplete_ = int(is_incomplete.sum())
        if is_incomplete.all():
            warn(
                f"window_length={self.window_length} is longer than the {len(is_incomplete)} rows of X, or than what "
                "lies between two holes, so that no window is complete; pass a smaller window_length or more rows."
            )
        return line

    def _make(self, line):
        """Cut the windows that end at each row of X."""
        if self.incomplete == "edge" and self.missing == "raise":
            windows = line.windows()
        else:
            windows = self._cut_at_unknown(line)
        return windows.reshape(len(windows), -1) if self.flatten else windows

    def _cut_at_unknown(self, line):
        """Cut the windows; each that holds a step which is not known is NaN up to there, so that it starts after it."""
        rows = line.born() if self.incomplete == "edge" else line.rows
        windows = sliding_windows(rows, self.window_length)[line.at]
        is_unknown = np.isnan(rows).any(axis=1)
        if not is_unknown[line.n_unborn :].any():
            return windows
        last_unknown = np.maximum.accumulate(np.where(is_unknown, np.arange(len(rows)), -1))  # up to each step
        starts = np.arange(len(rows) - line.n_before)[line.at]
        n_unknown = last_unknown[starts + line.n_before] - starts + 1  # in each window
        is_past = np.arange(self.window_length) < n_unknown[:, None]
        return np.where(is_past[:, :, None], np.nan, windows).astype(rows.dtype, copy=False)
