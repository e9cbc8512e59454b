"""The hour, the day and the season as points on circles, for each step."""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from skhybrid._progress import Followed, clone_unfollowed, follow_fit
from skhybrid._validation import (
    StrOptions,
    check_array,
    check_feature_names,
    check_is_fitted,
    fit_context,
    validate_data,
)
from skhybrid.series._panel import Panel, read_labels
from skhybrid.series.labels import as_times

__all__ = ["CalendarFeatures"]


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


# What numbers may count from 1970, coarsest first, and the times that they may give: what nanoseconds can hold.
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_FIRST_TIME, _END_OF_TIMES = pd.Timestamp("1678-01-01"), pd.Timestamp("2262-01-01")


class CalendarFeatures(TransformerMixin, Followed, BaseEstimator):
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
        Where the times are. None reads the index of a DataFrame, which must be strictly increasing; of several series
        (see :class:`SlidingWindow`) its second level. A str is the name of a column, an int its position (negative ones
        count from the end), so that arrays can be used too; the column may be in any order, and is left out of the
        output: a network cannot read times, and numbers of them only grow beyond what it was trained on. Either holds
        datetimes, dates, periods, text such as "2024-01-31 10:00" (ISO 8601), or categories of these; a column may hold
        numbers as well, see `unit`.

    unit : {"s", "ms", "us", "ns"}, default="s"
        What numbers in the column of times count since 1970-01-01 UTC: seconds, milliseconds, microseconds or
        nanoseconds, as float64 or integers (float32 is too coarse).

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
    Times with a zone are read as local time, times without one as they stand, numbers as UTC, and a period as its
    start. NaN is let through: a missing time in a column gives NaN in all cycles of its row.

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

    _parameter_constraints = {
        "features": [tuple, list],
        "time": [str, Integral, None],
        "unit": [StrOptions({*_UNITS})],
    }

    def __init__(self, features=("hour", "dayofweek", "dayofyear"), *, time=None, unit="s"):
        self.features = features
        self.time = time
        self.unit = unit

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
            If a feature is not known, `X` has no times where `time` says, its index has them and is not strictly
            increasing, or numbers of `unit` give times before 1678 or after 2261.
        """
        with follow_fit(self, X):
            _check_features(self.features)
            X = self._check_columns(X, reset=True)
            self.time_position_ = None if self.time is None else _column_position(X, self.time)
            _split_times(X, self.time_position_, self.unit)
            self._as_fitted = clone_unfollowed(self)
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
            As in `fit`.
        """
        check_is_fitted(self)
        X = self._check_columns(X, reset=False)
        values, times = _split_times(X, self.time_position_, self._as_fitted.unit)
        return np.hstack([values, _calendar_cycles(times, self._as_fitted.features)])

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
        cycles = [f"{feature}_{wave}" for feature in self._as_fitted.features for wave in ("sin", "cos")]
        return np.array([*names, *cycles], dtype=object)

    def _check_columns(self, X, *, reset):
        """Return `X` as a DataFrame whose columns are those of fit."""
        if isinstance(X, pd.DataFrame):  # only names and number: a column of datetimes is not an array of numbers
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


def _split_times(X: pd.DataFrame, time_position: int | None, unit: str) -> tuple[NDArray[Any], pd.DatetimeIndex]:
    """Return the numbers in `X` and its times."""
    if time_position is None:
        values, times = X, _read_index(X)
    else:
        others = np.delete(np.arange(X.shape[1]), time_position)
        values, times = X.iloc[:, others], _read_column(X.iloc[:, time_position], unit)
    if values.shape[1] == 0:
        return np.empty(values.shape), times
    return check_array(values, ensure_all_finite="allow-nan"), times


def _read_index(X: pd.DataFrame) -> pd.DatetimeIndex:
    labels = X.index if len(X) == 0 else read_labels(X)  # no rows are refused as such
    times = _as_datetimes(labels.times if isinstance(labels, Panel) else labels)
    if times is None:
        raise ValueError(
            f"time=None needs a DataFrame with a DatetimeIndex, but the index of X is {type(X.index).__name__}; "
            "pass a DataFrame with one (in a pipeline with set_output(transform='pandas') on the steps before), "
            "or time= the name or position of a column of times."
        )
    return times


def _as_index(column: pd.Series) -> pd.Index:
    """Return a column as an index, in which Python objects stay what they are."""
    return pd.Index(column, dtype=object) if column.dtype == object else pd.Index(column)


def _read_column(column: pd.Series, unit: str) -> pd.DatetimeIndex:
    """Return the times in a column; NaT where one is missing."""
    is_known = column.notna().to_numpy()
    labels = as_times(_as_index(column[is_known])) if is_known.any() else pd.DatetimeIndex([])
    times = _as_datetimes(labels)
    if labels is not None and labels.dtype.kind in "iuf":
        times = _from_numbers(labels, column.name, unit)
    if times is None:
        raise ValueError(
            f"The column of times {column.name!r} must hold times or numbers that count from 1970, but has dtype "
            f"{column.dtype}; convert it with pandas.to_datetime."
        )
    return pd.DatetimeIndex(pd.Series(times, np.flatnonzero(is_known)).reindex(range(len(column))))


def _as_datetimes(labels: pd.Index | None) -> pd.DatetimeIndex | None:
    """Return times, of periods their start; None where there are none."""
    if isinstance(labels, pd.PeriodIndex):
        return labels.to_timestamp(how="start")
    return labels if isinstance(labels, pd.DatetimeIndex) else None


def _from_numbers(numbers: pd.Index, name: Any, unit: Any) -> pd.DatetimeIndex:
    """Return the times that numbers of `unit` give."""
    if not _are_in_range(numbers, unit):
        other = next((other for other in _UNITS if _are_in_range(numbers, other)), None)
        remedy = f"pass unit={other!r} if they are {_UNITS[other]}" if other else "convert it with pandas.to_datetime"
        raise ValueError(
            f"The column of times {name!r} must hold {_UNITS[unit]} since 1970 that give times from 1678 to 2261, but "
            f"its numbers run from {numbers.min():.6g} to {numbers.max():.6g}; {remedy}."
        )
    return pd.DatetimeIndex(pd.to_datetime(numbers, unit=unit))


def _are_in_range(numbers: pd.Index, unit: Any) -> bool:
    per_second = pd.Timedelta(1, "s") / pd.Timedelta(1, unit)
    first, last = numbers.min() / per_second, numbers.max() / per_second
    return _FIRST_TIME.timestamp() <= first and last < _END_OF_TIMES.timestamp()
