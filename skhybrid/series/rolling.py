"""Statistics of the last rows, for each step."""

from collections.abc import Sequence

import numpy as np

from skhybrid._validation import check_feature_names, check_is_fitted, check_positive_int
from skhybrid.series._keeps_history import TransformsRows
from skhybrid.series._rolling_statistics import STATISTICS, rolling_statistics

__all__ = ["RollingFeatures"]


class RollingFeatures(TransformsRows):
    """Add statistics of the last rows to the columns of X: rolling mean, standard deviation, minimum, maximum.

    Row t uses the rows up to t only. At the start of the series, where fewer rows than a window are known, the
    statistics are those of the known rows. The first rows of a test fold take the end of the fitted data as their
    past, by the same rule as :class:`SlidingWindow`, which holds for several series in one X as well.

    Parameters
    ----------
    windows : sequence of int, default=(3, 24)
        Numbers of rows to look back over, row t included.

    statistics : sequence of {"mean", "std", "min", "max"}, default=("mean", "std")
        What to compute of each window. "std" divides by the number of rows.

    context : {"auto", "carry", "none"}, default="auto"
        Whether the end of the fitted data is the past of the rows given to `transform`; see :class:`SlidingWindow`.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; see :class:`SlidingWindow`.

    missing : {"raise", "drop"}, default="raise"
        What to do about holes and NaN in X: "raise" refuses them, "drop" leaves them out of the statistics, which are
        NaN where nothing is known. NaN stays NaN in the columns of X.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X was a DataFrame with string names.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhybrid import RollingFeatures
    >>> X = pd.DataFrame({"load": [1.0, 3.0, 5.0]}, pd.date_range("2024-01-01", periods=3, freq="h"))
    >>> RollingFeatures((2,), statistics=("mean",)).set_output(transform="pandas").fit_transform(X)
                         load  load_mean_2
    2024-01-01 00:00:00   1.0          1.0
    2024-01-01 01:00:00   3.0          2.0
    2024-01-01 02:00:00   5.0          4.0
    """

    _parameter_constraints = TransformsRows._parameter_constraints | {
        "windows": [tuple, list],
        "statistics": [tuple, list],
    }

    def __init__(self, windows=(3, 24), *, statistics=("mean", "std"), context="auto", freq=None, missing="raise"):
        self.windows = windows
        self.statistics = statistics
        self.context = context
        self.freq = freq
        self.missing = missing

    def transform(self, X):
        """Add the statistics to the columns of X.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        Returns
        -------
        features : ndarray or DataFrame of shape (n_rows, n_features_out)
            The columns of X, then each statistic of each window.
        """
        check_is_fitted(self)
        return self._read_rows(X).each(self._make)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of the output: those of X, then ``load_mean_24`` and so on.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; None means the names that `fit` saw, or x0, x1, ...

        Returns
        -------
        names : ndarray of str
            One name for each column of the output.
        """
        check_is_fitted(self)
        names = check_feature_names(self, input_features)
        windows, statistics = self._as_fitted.windows, self._as_fitted.statistics
        new = [f"{name}_{statistic}_{window}" for window in windows for statistic in statistics for name in names]
        return np.array([*names, *new], dtype=object)

    @property
    def _n_before(self):
        return max(self.windows) - 1

    def _learn_rows(self, X):
        """Keep the end of X; return its rows."""
        _check_statistics(self.windows, self.statistics)
        return super()._learn_rows(X)

    def _make(self, line):
        """Put the statistics beside the rows of X."""
        windows, statistics = self._as_fitted.windows, self._as_fitted.statistics
        rows = line.rows[line.n_before :]
        n_steps, n_columns = rows.shape
        features = np.empty((n_steps, n_columns * (1 + len(windows) * len(statistics))), rows.dtype)
        features[:, :n_columns] = rows
        rolling_statistics(line.rows, windows, statistics, centre=line.first, out=features[:, n_columns:])
        return features[line.at]


def _check_statistics(windows: Sequence[int], statistics: Sequence[str]) -> None:
    if not windows:
        raise ValueError(
            f"windows must hold at least one number of rows, but is {windows!r}; pass for example (3, 24)."
        )
    for window in windows:
        check_positive_int(window, "windows")
    if len(set(windows)) < len(windows) or len(set(statistics)) < len(statistics):
        raise ValueError(
            f"windows and statistics must hold each thing once, but are {windows!r} and {statistics!r}; leave out what "
            "is there twice, whose columns would have one name."
        )
    if not statistics or not all(statistic in STATISTICS for statistic in statistics):
        raise ValueError(
            f"statistics must name one or more of {list(STATISTICS)}, but is {statistics!r}; leave out what is not in "
            "the list."
        )
