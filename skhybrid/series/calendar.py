"""Transformers that make features for each step: scaling inside windows, calendar cycles, statistics of the past."""

from collections.abc import Callable, Sequence
from functools import reduce
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if

from skhybrid._validation import (
    HasMethods,
    StrOptions,
    check_array,
    check_data,
    check_feature_names,
    check_finite,
    check_is_fitted,
    check_positive_int,
    check_sample_shape,
    fit_context,
    validate_data,
)
from skhybrid.series._history import CONTEXTS, remember, rows_before, time_index

__all__ = ["CalendarFeatures", "PerStepTransformer", "RollingFeatures"]


def _rows(X):
    """Return the steps of all windows as rows, (n_rows, n_features)."""
    return X.reshape(-1, X.shape[-1])


def _apply_per_step(function, X):
    """Apply `function`, which maps rows to rows, to the last axis of `X`."""
    rows = function(_rows(X))
    rows = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)  # dense
    return rows.reshape(*X.shape[:-1], rows.shape[1])


def _current_transformer(estimator):
    """Return the fitted inner transformer, or before fit the one that will be cloned."""
    template = StandardScaler() if estimator.transformer is None else estimator.transformer
    return getattr(estimator, "transformer_", template)


def _can_invert(estimator):
    return hasattr(_current_transformer(estimator), "inverse_transform")


def _names_columns(estimator):
    is_2d = len(getattr(estimator, "sample_shape_", (1,))) == 1
    return is_2d and hasattr(_current_transformer(estimator), "get_feature_names_out")


class PerStepTransformer(TransformerMixin, BaseEstimator):
    """Apply a transformer of rows to each step of the windows.

    All steps of all windows are rows for the inner transformer, so one scaler with one mean and deviation for
    each feature serves all of them. Rows with NaN reach it as they are; most scalers leave NaN out of their
    statistics, other transformers refuse it.

    Parameters
    ----------
    transformer : transformer or None, default=None
        Any scikit-learn transformer of 2-D arrays that needs no y; a clone of it is fitted. It may change the
        number of features. None means :class:`sklearn.preprocessing.StandardScaler`.

    Attributes
    ----------
    transformer_ : transformer
        The fitted clone. Its `n_features_in_` is the number of features of one step.

    n_features_in_ : int
        `X.shape[1]` in `fit`: the number of steps of 3-D windows, of subsequences of 4-D ones, of columns of a
        2-D `X`.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns in `fit`, where `X` is a DataFrame with string names.

    sample_shape_ : tuple of int
        Shape of one sample in `fit`, checked in `transform`.

    Notes
    -----
    A 2-D `X` holds plain rows here, not flattened windows: each of its columns is a feature of its own. With
    it `get_feature_names_out` and `set_output` work as those of the inner transformer; with windows there are
    no column names, and `set_output` has no effect.

    In overlapping windows the first and last rows of a series occur less often than the others, so the
    statistics differ a little from those of a scaler before :class:`SlidingWindow`.

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import PerStepTransformer
    >>> X = np.array([[[0.0], [2.0]], [[2.0], [4.0]]])  # 2 windows, 2 steps, 1 feature
    >>> scaler = PerStepTransformer().fit(X)
    >>> scaler.transformer_.mean_
    array([2.])
    >>> scaler.transform(X)[:, :, 0]
    array([[-1.41421356,  0.        ],
           [ 0.        ,  1.41421356]])
    """

    _parameter_constraints = {"transformer": [HasMethods(["fit", "transform"]), None]}

    def __init__(self, transformer=None):
        self.transformer = transformer

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Fit a clone of the transformer to the steps of all windows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_seq, n_steps, n_features) or \
                (n_samples, n_features)
            Windows, subsequences or plain rows.

        y : None
            Ignored: it has one value for each window, not for each step.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If the inner transformer needs y.
        """
        X = validate_data(self, X, allow_nd=True, ensure_all_finite="allow-nan")
        self.transformer_ = StandardScaler() if self.transformer is None else clone(self.transformer)
        if get_tags(self.transformer_).target_tags.required:
            raise ValueError(
                f"transformer={self.transformer!r} needs y, which has no value for each step; "
                "pass a transformer that learns from X alone."
            )
        self.transformer_.fit(_rows(X))
        self.sample_shape_ = X.shape[1:]
        return self

    def transform(self, X):
        """Transform each step.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_seq, n_steps, n_features) or \
                (n_samples, n_features)
            Windows, subsequences or rows, of the shape that `fit` received.

        Returns
        -------
        ndarray of shape (..., n_features_out)
            The transformed steps; all axes but the last are those of `X`.

        Raises
        ------
        ValueError
            If `X` has other steps or features than in `fit`.
        """
        check_is_fitted(self)
        check_sample_shape(X, self.sample_shape_)
        X = validate_data(self, X, reset=False, allow_nd=True, ensure_all_finite="allow-nan")
        return _apply_per_step(self.transformer_.transform, X)

    @available_if(_can_invert)
    def inverse_transform(self, X):
        """Undo the transformation of each step; available where the inner transformer can.

        Parameters
        ----------
        X : array-like of shape (..., n_features_out)
            Transformed windows, subsequences or rows.

        Returns
        -------
        ndarray of shape (..., n_features)
            The steps in the units that `fit` received.
        """
        check_is_fitted(self)
        X = check_array(X, allow_nd=True, ensure_all_finite="allow-nan")
        return _apply_per_step(self.transformer_.inverse_transform, X)

    @available_if(_names_columns)
    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns for a 2-D `X`, as the inner transformer names them.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; None means the names that `fit` saw, or x0, x1, ...

        Returns
        -------
        ndarray of str
            One name for each column of the output.
        """
        check_is_fitted(self)
        return self.transformer_.get_feature_names_out(check_feature_names(self, input_features))

    def set_output(self, *, transform=None):
        """Choose the container of the output for a 2-D `X`; windows stay arrays.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Container of the output; None leaves it as it is.

        Returns
        -------
        self : object
            The transformer.
        """
        return super().set_output(transform=transform) if _names_columns(self) else self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(_current_transformer(self))
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.three_d_array = True
        if inner.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = inner.transformer_tags.preserves_dtype
        return tags


def _weekofyear(times: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Return the part of the ISO year before the week.

    A year has 53 ISO weeks where it ends on a Thursday, or the year before ended on a Wednesday; else 52.
    """
    iso = times.isocalendar().astype("Float64").to_numpy(dtype=float, na_value=np.nan)  # (time, year week day)
    year, week = iso[:, 0], iso[:, 1]
    n_weeks = np.where((_last_weekday(year) == 4) | (_last_weekday(year - 1) == 3), 53, 52)
    return (week - 1) / n_weeks


def _last_weekday(year):
    """Return the weekday of 31 December, 0 on Sunday."""
    return (year + year // 4 - year // 100 + year // 400) % 7


# Each cycle maps times to the part of it that has passed, from 0 to below 1.
_CYCLES: dict[str, Callable[[pd.DatetimeIndex], Any]] = {
    "minute": lambda t: (t.minute + t.second / 60) / 60,
    "hour": lambda t: (t.hour + t.minute / 60 + t.second / 3600) / 24,
    "dayofweek": lambda t: t.day_of_week / 7,
    "dayofmonth": lambda t: (t.day - 1) / t.days_in_month,
    "dayofyear": lambda t: (t.day_of_year - 1) / np.where(t.is_leap_year, 366, 365),
    "weekofyear": _weekofyear,
    "month": lambda t: (t.month - 1) / 12,
    "quarter": lambda t: (t.quarter - 1) / 4,
}


def _calendar_cycles(times: pd.DatetimeIndex, features: Sequence[str]) -> NDArray[np.float64]:
    """Return the sine and cosine of each cycle side by side, (n_rows, 2 * n_cycles)."""
    passed = np.column_stack([_CYCLES[feature](times) for feature in features])  # (time, cycle)
    angles = 2 * np.pi * passed
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(times), -1)


class CalendarFeatures(TransformerMixin, BaseEstimator):
    """Add sine and cosine columns of the hour, the day and the season to the columns of `X`.

    On a circle 23:00 is next to 0:00, which it is not as a number: each cycle becomes a pair
    `sin(2 pi p), cos(2 pi p)`, where p is the part of the cycle that has passed. Nothing is learned, and row t
    depends on row t only.

    Parameters
    ----------
    features : sequence of str, default=("hour", "dayofweek", "dayofyear")
        Cycles to add, two columns each:

        - `"minute"`: within the hour, with its seconds.
        - `"hour"`: within the day, with its minutes and seconds.
        - `"dayofweek"`: within the week, 0 on Monday, constant over the day.
        - `"dayofmonth"`: within the month of 28 to 31 days.
        - `"dayofyear"`: within the year of 365 or 366 days.
        - `"weekofyear"`: within the ISO year of 52 or 53 weeks.
        - `"month"`: 12 in a year.
        - `"quarter"`: 4 in a year.

    time : str, int or None, default=None
        Where the times are. None reads the DatetimeIndex of a DataFrame. A str is the name of a column, an int
        its position (negative ones count from the end), so that arrays can be used too. The column holds
        datetimes, or seconds since 1970-01-01 UTC as float64 or integers (float32 is too coarse). It is left
        out of the output: a network cannot read datetimes, and seconds only grow beyond what it was trained on.

    Attributes
    ----------
    time_position_ : int or None
        Position of the column of times, None where they are in the index.

    n_features_in_ : int
        Number of columns in `fit`, the column of times included.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns in `fit`, where `X` is a DataFrame with string names.

    Notes
    -----
    Times with a zone are read as local time, times without one as they stand, and seconds as UTC.
    NaN is let through: a missing time gives NaN in all cycles of its row.

    Examples
    --------
    >>> import pandas as pd
    >>> from skhybrid import CalendarFeatures
    >>> times = pd.date_range("2024-01-01", periods=3, freq="6h")
    >>> X = pd.DataFrame({"load": [1.0, 2.0, 3.0]}, index=times)
    >>> CalendarFeatures(["hour"]).set_output(transform="pandas").fit_transform(X).round(3)
                         load  hour_sin  hour_cos
    2024-01-01 00:00:00   1.0       0.0       1.0
    2024-01-01 06:00:00   2.0       1.0       0.0
    2024-01-01 12:00:00   3.0       0.0      -1.0
    """

    _parameter_constraints = {"features": [tuple, list], "time": [str, Integral, None]}

    def __init__(self, features=("hour", "dayofweek", "dayofyear"), *, time=None):
        self.features = features
        self.time = time

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check that `X` has times, and find their column.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows in time.

        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If a feature is not known, or `X` has no times where `time` says.
        """
        _check_features(self.features)
        X = self._check_columns(X, reset=True)
        self.time_position_ = None if self.time is None else _column_position(X, self.time)
        _split_times(X, self.time_position_)
        return self

    def transform(self, X):
        """Return the columns of `X` without the times, and the cycles after them.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows in time.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features_out)
            Values, then the sine and cosine of each feature.

        Raises
        ------
        ValueError
            If `X` has no times where `time` says.
        """
        check_is_fitted(self)
        X = self._check_columns(X, reset=False)
        values, times = _split_times(X, self.time_position_)
        return np.hstack([values, _calendar_cycles(times, self.features)])

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns; None means the names that `fit` saw, or x0, x1, ...

        Returns
        -------
        ndarray of str
            The names of the input without the column of times, then `hour_sin`, `hour_cos` and so on.
        """
        check_is_fitted(self)
        names = list(check_feature_names(self, input_features))
        if self.time_position_ is not None:
            del names[self.time_position_]
        cycles = [f"{feature}_{wave}" for feature in self.features for wave in ("sin", "cos")]
        return np.array([*names, *cycles], dtype=object)

    def _check_columns(self, X, *, reset):
        """Return `X` as a DataFrame whose columns are those of fit."""
        if isinstance(X, pd.DataFrame):  # only names and number: a column of datetimes is no array of numbers
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        return pd.DataFrame(validate_data(self, X, reset=reset, ensure_all_finite="allow-nan"))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _check_features(features: Sequence[str]) -> None:
    known = [feature for feature in _CYCLES if feature in features]
    if not features or len(known) < len(features):
        raise ValueError(
            f"features must name one or more different ones of {list(_CYCLES)}, but is {features!r}; "
            "leave out what is not in the list."
        )


def _column_position(X: pd.DataFrame, time: str | int) -> int:
    """Return the position of the column of times, counted from the start."""
    if isinstance(time, str) and time in X.columns:
        return X.columns.to_list().index(time)
    if isinstance(time, Integral) and -X.shape[1] <= time < X.shape[1]:
        return int(time) % X.shape[1]
    raise ValueError(
        f"time={time!r} is not among the columns {X.columns.to_list()} of X; "
        "pass the name of one of them, or its position."
    )


def _split_times(X: pd.DataFrame, time_position: int | None) -> tuple[NDArray[Any], pd.DatetimeIndex]:
    """Return the numbers in `X` and its times."""
    if time_position is None:
        values, times = X, _check_time_index(X)
    else:
        others = np.delete(np.arange(X.shape[1]), time_position)
        values, times = X.iloc[:, others], _read_times(X.iloc[:, time_position])
    if values.shape[1] == 0:
        return np.empty(values.shape), times
    return check_array(values, ensure_all_finite="allow-nan"), times


def _check_time_index(X: pd.DataFrame) -> pd.DatetimeIndex:
    if isinstance(X.index, pd.DatetimeIndex):
        return X.index
    raise ValueError(
        f"time=None needs a DataFrame with a DatetimeIndex, but the index of X is {type(X.index).__name__}; "
        "pass a DataFrame with one (in a pipeline with set_output(transform='pandas') on the steps before), "
        "or time= the name or position of a column of times."
    )


def _read_times(column: pd.Series) -> pd.DatetimeIndex:
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.DatetimeIndex(column)
    if pd.api.types.is_numeric_dtype(column):
        return pd.DatetimeIndex(pd.to_datetime(column, unit="s"))
    raise ValueError(
        f"The column of times {column.name!r} must hold datetimes or seconds since 1970, "
        f"but has dtype {column.dtype}; convert it with pandas.to_datetime."
    )


# Each statistic maps the rows 0, 1, ... steps back, arrays (time, feature) with NaN where there is no row, to one
# array. Adding lag by lag gives each row the same rounding whatever stands before or after it.


def _mean(lags):
    return sum(np.nan_to_num(rows) for rows in lags) / sum(~np.isnan(rows) for rows in lags)


def _std(lags):
    mean = _mean(lags)
    return np.sqrt(_mean([(rows - mean) ** 2 for rows in lags]))


def _min(lags):
    return reduce(np.fmin, lags)


def _max(lags):
    return reduce(np.fmax, lags)


_STATISTICS = {"mean": _mean, "std": _std, "min": _min, "max": _max}


class RollingFeatures(TransformerMixin, BaseEstimator):
    """Add statistics of the last rows to the columns of X: rolling mean, standard deviation, minimum, maximum.

    Row t uses the rows up to t only. At the start of the series, where fewer rows than a window are known, the
    statistics are those of the known rows. The first rows of a test fold take the end of the fitted data as their
    past, by the same rule as :class:`SlidingWindow`.

    Parameters
    ----------
    windows : sequence of int, default=(3, 24)
        Numbers of rows to look back over, row t included.

    statistics : sequence of {"mean", "std", "min", "max"}, default=("mean", "std")
        What to compute of each window. "std" divides by the number of rows.

    context : {"auto", "carry", "none"}, default="auto"
        Whether the end of the fitted data is the past of the rows given to `transform`; see :class:`SlidingWindow`.

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

    _parameter_constraints = {
        "windows": [tuple, list],
        "statistics": [tuple, list],
        "context": [StrOptions(CONTEXTS)],
    }

    def __init__(self, windows=(3, 24), *, statistics=("mean", "std"), context="auto"):
        self.windows = windows
        self.statistics = statistics
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
        self : RollingFeatures
            The fitted transformer.

        Raises
        ------
        ValueError
            If `windows` or `statistics` is empty or holds something else than it should, or X holds NaN or inf.
        """
        self._remember(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Fit to X and give its own statistics: X is the fitted data, so no rows stand before it.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : None
            Not used.

        Returns
        -------
        features : ndarray or DataFrame of shape (n_rows, n_features_out)
            As of `transform`.
        """
        rows = self._remember(X)
        return self._add(rows, rows[:0])

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
        index = time_index(X)
        rows = self._check_rows(X, reset=False)
        return self._add(rows, rows_before(self._history, rows, index, max(self.windows) - 1, self.context))

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
        new = [
            f"{name}_{statistic}_{window}" for window in self.windows for statistic in self.statistics for name in names
        ]
        return np.array([*names, *new], dtype=object)

    def _remember(self, X):
        """Keep the end of X; return its rows."""
        _check_statistics(self.windows, self.statistics)
        index = time_index(X)
        rows = self._check_rows(X, reset=True)
        self._history = remember(rows, index, max(self.windows) - 1)
        return rows

    def _check_rows(self, X, *, reset):
        """Return X as floats, (time, feature)."""
        rows = check_data(self, X, reset=reset, allow_nd=False)
        check_finite(rows, "X")
        return rows

    def _add(self, rows, before):
        """Put the statistics beside `rows`, with the rows `before` them as their past."""
        n_rows, n_unknown = len(rows), max(self.windows) - 1 - len(before)
        unknown = np.full((n_unknown, rows.shape[1]), np.nan, dtype=rows.dtype)
        known = np.concatenate([unknown, before, rows])
        lags = [known[len(known) - n_rows - lag : len(known) - lag] for lag in range(max(self.windows))]
        new = [_STATISTICS[statistic](lags[:window]) for window in self.windows for statistic in self.statistics]
        return np.hstack([rows, *new]).astype(rows.dtype, copy=False)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _check_statistics(windows: Sequence[int], statistics: Sequence[str]) -> None:
    if not windows:
        raise ValueError(
            f"windows must hold at least one number of rows, but is {windows!r}; pass for example (3, 24)."
        )
    for window in windows:
        check_positive_int(window, "windows")
    if not statistics or not set(statistics) <= set(_STATISTICS):
        raise ValueError(
            f"statistics must name one or more of {list(_STATISTICS)}, but is {statistics!r}; leave out what is not in "
            "the list."
        )
