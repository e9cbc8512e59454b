"""The rows before X: what an estimator of time keeps of its training rows, and when it uses them.

The first rows of a test fold need the last rows of the training fold. An estimator of time therefore keeps the
tail of what it was fitted on, and puts it before rows that continue the fitted data. Whether they do is decided by
the first row alone, since a later row must not change an earlier result.

The functions know arrays and labels; `KeepsHistory` applies them for all estimators of time.
"""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone, is_classifier

from skhybrid._validation import (
    StrOptions,
    as_before_on_error,
    check_finite,
    check_input,
    check_training_data,
    fit_context,
)

CONTEXTS = {"auto", "carry", "none"}

# Warnings point to the caller of `transform` or `read_windows`, which get here by `_with_past` and `rows_before`.
_CALLER = 5


@dataclass(frozen=True)
class History:
    """What is kept of the fitted rows.

    Attributes
    ----------
    first : ndarray of shape (n_features,)
        The first fitted row.
    tolerance : ndarray of shape (n_features,)
        How far a value may be from `first` and still count as equal.
    first_is_unique : bool
        Whether no other fitted row equals the first.
    tail : ndarray of shape (n_kept, n_features)
        The last fitted rows.
    index : pandas.Index or None
        The labels of the fitted rows, where they order the rows in time.
    """

    first: NDArray[Any]
    tolerance: NDArray[Any]
    first_is_unique: bool
    tail: NDArray[Any]
    index: pd.Index | None

    def __getstate__(self) -> dict[str, Any]:
        """Return arrays and text, which skops stores as well; it cannot store labels of pandas."""
        return {**vars(self), "index": None if self.index is None else _pack_index(self.index)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        index = state["index"]
        vars(self).update(state, index=None if index is None else _unpack_index(*index))


def time_index(X: Any) -> pd.Index | None:
    """Return the labels of a pandas `X` if they order its rows in time, None where there are no such labels."""
    index = getattr(X, "index", None)
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            "X must hold one series with one label per row, but has a MultiIndex of "
            f"{index.nlevels} levels; fit one pipeline per series."
        )
    if not isinstance(index, pd.Index) or not (
        isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex) or pd.api.types.is_numeric_dtype(index)
    ):
        return None
    if not (index.is_monotonic_increasing and index.is_unique):
        raise ValueError(
            "X must hold its rows in time order, each label once, but its index is not strictly increasing; sort "
            "the rows, and cross-validate with TimeSeriesSplit (shuffled, bootstrapped or KFold rows have no past)."
        )
    return index


def check_steps(index: pd.Index | None) -> None:
    """Refuse labels among which steps are missing.

    Steps are regular where nine in ten are alike (months, whose days differ, count as alike); then none may be
    missing. Others, as trading days, may differ up to ten times.
    """
    if index is None or len(index) < 3:
        return
    steps = np.diff(index.asi8 if hasattr(index, "asi8") else index.to_numpy())
    usual = np.median(steps)
    is_regular = np.mean(np.abs(steps / usual - 1) <= 0.2) >= 0.9
    holes = np.flatnonzero(steps > (1.5 if is_regular else 10) * usual)
    if len(holes):
        raise ValueError(
            f"X must hold rows that follow one another, but steps are missing in its index ({len(holes)} holes, the "
            f"first of them after {index[holes[0]]}); cross-validate with TimeSeriesSplit, fill the missing rows, or "
            "number the rows (X.reset_index(drop=True)) where they follow one another all the same."
        )


def remember(rows: NDArray[Any], index: pd.Index | None, n_before: int) -> History:
    """Keep of the fitted `rows` what `rows_before` will need; `n_before` is the longest past of a row."""
    first = rows[0].copy()
    # Values may have passed through arithmetic (a scaler) on their way, so equal means equal except for rounding.
    rounding = 8 * np.finfo(np.result_type(rows, np.float32)).eps * np.abs(first)
    tolerance = np.fmax(1e-6 * np.nanstd(rows, axis=0, dtype=np.float64), np.nan_to_num(rounding))
    return History(
        first=first,
        tolerance=tolerance,
        first_is_unique=int(_equal_rows(rows, first, tolerance).sum()) == 1,
        tail=rows[max(len(rows) - n_before, 0) :].copy(),
        index=index,
    )


def extend(history: History, rows: NDArray[Any], index: pd.Index | None, n_before: int) -> History:
    """Take `rows`, which follow the rows known so far, into the history."""
    labels = None
    if history.index is not None and index is not None:
        if not index[0] > history.index[-1]:
            raise ValueError(
                f"X must follow the rows known so far, which end at {history.index[-1]}, but starts at {index[0]}; "
                "pass later rows."
            )
        labels = history.index.append(index)
    known = np.concatenate([history.tail, rows])
    return replace(history, tail=known[max(len(known) - n_before, 0) :], index=labels)


def rows_before(
    history: History, rows: NDArray[Any], index: pd.Index | None, n_before: int, context: str
) -> NDArray[Any]:
    """Return the known rows just before `rows`, (n_known, n_features) with n_known <= n_before."""
    tail = history.tail[max(len(history.tail) - n_before, 0) :]
    if context == "carry":
        return tail
    if context == "none" or len(rows) == 0 or len(tail) == 0:
        return tail[:0]
    if history.index is not None and index is not None and not _is_default(index):
        return tail[_tail_positions(history.index, index, len(tail), n_before)]
    return tail[:0] if _starts_fitted_data(history, rows[0]) else tail


def pad_past(rows: NDArray[Any], before: NDArray[Any], n_before: int, *, incomplete: str = "edge") -> NDArray[Any]:
    """Return `rows` preceded by exactly `n_before` rows: those known `before` them, and older ones made up.

    In place of a row that is not known, "edge" repeats the oldest known row, and "nan" puts NaN.
    """
    oldest = before[:1] if len(before) else rows[:1]
    unknown = oldest if incomplete == "edge" else np.full_like(oldest, np.nan)
    return np.concatenate([np.repeat(unknown, n_before - len(before), axis=0), before, rows])  # (time, feature)


class KeepsHistory(BaseEstimator):
    """Mixin for estimators whose rows have a past: how they read X, and which rows precede it.

    Whatever the rows of X must be (finite numbers, in order, each label once) is checked here, so that a new rule
    reaches all such estimators at once. A class defines `_n_before` and has a parameter `context`.
    """

    _parameter_constraints: dict[str, list[Any]] = {"context": [StrOptions(CONTEXTS)]}

    context: str
    _history: History
    _as_fitted: Any  # an unfitted estimator with the parameters of the fit; `context` alone is read later

    @property
    def _n_before(self) -> int:
        """Number of rows in the longest past of a row."""
        raise NotImplementedError

    def _check_index(self, X: Any) -> pd.Index | None:
        """Return the labels of X where they order its rows in time, else None."""
        return time_index(X)

    def _check_values(self, X: Any, *, reset: bool) -> NDArray[Any]:
        """Return X as floats, (time, feature)."""
        rows = check_input(self, X, reset=reset, allow_nd=False)
        check_finite(rows, "X")
        return rows

    def _check_rows(self, X: Any, *, reset: bool) -> tuple[NDArray[Any], pd.Index | None]:
        """Return the rows of X, and their labels."""
        index = self._check_index(X)  # first, so that shuffled rows are called shuffled whatever they hold
        return self._check_values(X, reset=reset), index

    def _check_rows_and_targets(
        self, X: Any, y: Any, *, reset: bool = True
    ) -> tuple[NDArray[Any], pd.Index | None, NDArray[Any]]:
        """Return the rows of X to fit to, their labels and their targets."""
        index = self._check_index(X)
        rows, y = check_training_data(self, X, y, reset=reset, allow_nd=False, labels=is_classifier(self))
        check_finite(rows, "X")
        return rows, index, y

    def _remember(self, rows: NDArray[Any], index: pd.Index | None) -> None:
        """Keep the end of the fitted rows, and the parameters that they were fitted with."""
        self._as_fitted = clone(self)
        self._history = remember(rows, index, self._n_before)

    def _learn_rows(self, X: Any) -> NDArray[Any]:
        """Keep the end of X; return its rows."""
        with as_before_on_error(self):
            rows, index = self._check_rows(X, reset=True)
            self._remember(rows, index)
        return rows

    def _extend(self, X: Any) -> None:
        """Take the rows of X, which follow those known so far, into the history."""
        index = time_index(X)  # holes within X, which `_check_index` may refuse, matter where windows are cut
        self._history = extend(self._history, self._check_values(X, reset=False), index, self._as_fitted._n_before)

    def _with_past(self, X: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the rows of X, and the known rows just before them."""
        rows, index = self._check_rows(X, reset=False)
        return rows, rows_before(self._history, rows, index, self._as_fitted._n_before, self.context)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float64", "float32"]  # as `_check_values` does
        return tags


class TransformsRows(TransformerMixin, KeepsHistory):
    """Base of the transformers of rows, each of which becomes something made of it and of the rows before it."""

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
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is not as it should be, X holds NaN or inf, or its index is not strictly increasing.
        """
        self._learn_rows(X)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Fit to X and transform it: X is the fitted data, so no rows precede it.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_rows, n_features)
            One row per time step, in time order.

        y : None
            Not used.

        Returns
        -------
        X_new : ndarray or DataFrame of n_rows rows
            As of `transform`.
        """
        rows = self._learn_rows(X)
        return self._make(rows, rows[:0])

    def _make(self, rows: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
        """Return what becomes of `rows`, with the rows `before` them as their past."""
        raise NotImplementedError


def _pack_index(index: pd.Index) -> tuple[str, NDArray[Any], Any]:
    """Return labels as the name of their type, numbers, and their time zone, if they have one."""
    if isinstance(index, pd.RangeIndex):
        return "range", np.array([index.start, index.stop, index.step]), None
    zone = getattr(index, "tz", None)
    if isinstance(index, pd.DatetimeIndex) and zone is not None:
        index = index.tz_convert(None)
    return str(index.dtype), index.asi8 if hasattr(index, "asi8") else index.to_numpy(), zone


def _unpack_index(dtype: str, numbers: NDArray[Any], zone: Any) -> pd.Index:
    """Return the labels that `_pack_index` took apart."""
    if dtype == "range":
        return pd.RangeIndex(*numbers.tolist())
    if dtype.startswith("period"):
        return pd.PeriodIndex.from_ordinals(numbers, freq=pd.PeriodDtype(dtype).freq)  # type: ignore[attr-defined]
    labels = pd.Index(numbers, dtype=dtype)
    return labels if zone is None else pd.DatetimeIndex(labels).tz_localize("UTC").tz_convert(zone)


def _is_default(index: pd.Index) -> bool:
    """Return whether labels only number the rows of X, as those of a DataFrame made from an array do."""
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _equal_rows(rows: NDArray[Any], row: NDArray[Any], tolerance: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows equal `row`; NaN equals NaN."""
    close = (np.abs(rows - row) <= tolerance) | (np.isnan(rows) & np.isnan(row))
    return close.all(axis=-1)


def _starts_fitted_data(history: History, row: NDArray[Any]) -> bool:
    """Return whether `row`, the first of X, is the first fitted row, that is whether X is the fitted data."""
    if not _equal_rows(row, history.first, history.tolerance):
        return False
    if not history.first_is_unique:
        warnings.warn(
            "X starts with the first fitted row and is taken as the fitted data, without rows before it; that row "
            "occurs more than once there, so X may as well continue it: pass a DataFrame with a time index, or say "
            "context='carry' (X continues the fitted data) or context='none'.",
            UserWarning,
            stacklevel=_CALLER,
        )
    return True


def _tail_positions(fitted: pd.Index, index: pd.Index, n_tail: int, n_before: int) -> slice:
    """Return which rows of the tail stand before the first label of `index`."""
    first = index[0]
    try:
        before_fitted, after_fitted = first < fitted[0], first > fitted[-1]
    except TypeError:
        raise ValueError(
            f"X must have an index like the fitted one ({fitted.dtype}), but its labels are of type {index.dtype}; "
            "pass rows with the same kind of index."
        ) from None
    if before_fitted:
        raise ValueError(
            f"X must not start before the fitted data, but starts at {first} and the fitted data at {fitted[0]}; "
            "cross-validate with TimeSeriesSplit, which never tests on the past."
        )
    if after_fitted:
        n_missing = _count_missing(fitted, first, n_before)
        if n_missing >= n_before:  # nothing of the tail lies in any window of X
            return slice(0, 0)
        if n_missing:
            warnings.warn(
                f"X starts {n_missing + 1} steps after the fitted data ends, so that {n_missing} rows between them "
                f"are missing from its first windows; cut the windows before the split with make_windows to keep "
                "them, or split without a gap.",
                UserWarning,
                stacklevel=_CALLER,
            )
        return slice(0, n_tail)
    position = fitted.get_indexer(pd.Index([first]))[0]
    if position < 0:
        raise ValueError(
            f"X must continue the fitted data or be part of it, but its first label {first} lies between fitted "
            "labels without being one; cross-validate with TimeSeriesSplit."
        )
    return slice(0, max(position - (len(fitted) - n_tail), 0))


def _count_missing(fitted: pd.Index, first: Any, limit: int) -> int:
    """Count the labels between the last fitted one and `first`, up to `limit`; 0 where the step is not regular."""
    recent = fitted[-64:]
    if isinstance(recent, pd.DatetimeIndex):
        frequency = pd.DatetimeIndex(recent, freq="infer").freq
        if frequency is None:
            return 0
        grid = pd.date_range(recent[-1], periods=limit + 1, freq=frequency)[1:]
        return int((grid < first).sum())
    if isinstance(recent, pd.PeriodIndex):
        return min((first - recent[-1]).n - 1, limit)
    steps = np.diff(recent.to_numpy())
    if len(steps) == 0 or not (steps == steps[0]).all():
        return 0
    return int(min(np.ceil((first - recent[-1]) / steps[0]) - 1, limit))
