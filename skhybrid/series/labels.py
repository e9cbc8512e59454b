"""Labels of rows: which of them are times, and in which order they must be."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Text that is a time: as ISO 8601 has it, which is read; and other text that starts with a digit, or holds a year, a
# day and a month, or the name of a day or a month beside a digit.
_ISO_TIME = r"\d{4}-\d{2}"
_YEAR, _MONTH_AND_DAY = r"(?:1[5-9]|2[01])\d{2}", r"(?:0\d|1[0-2])(?:[0-3]\d)?"
_NAME = r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b"
_OTHER_TIME = rf"(?i)\s*\d|.*(?:\D{_YEAR}(?:{_MONTH_AND_DAY})?(?:\D|$)|\d{{1,2}}[-./]\d{{1,2}}|{_NAME}.*\d)"


def time_index(X: Any, name: str = "X") -> pd.Index | None:
    """Return the labels of a pandas `X` as times or numbers, which order its rows.

    None where there are none, and where they are text that holds no times, which names rows without ordering them.
    """
    index = getattr(X, "index", None)
    if not isinstance(index, pd.Index) or len(index) == 0:
        return None
    if isinstance(index, pd.MultiIndex):
        raise ValueError(
            f"{name} must hold one series with one label per row, but has a MultiIndex of {index.nlevels} levels; "
            "pass one series at a time."
        )
    labels = as_times(index)
    if labels is None and _only_names_rows(index):
        if index.is_unique:
            return None
        labels = index  # names that recur are those of series in a long frame
    if labels is None or labels.hasnans:
        first = str(index[0])[:40]
        what = "missing ones are among them" if index.hasnans else f"they are {index.dtype} ({first!r}, ...)"
        raise ValueError(
            f"{name} must have times or numbers as labels of its rows, but {what}; convert the index "
            "(pandas.to_datetime, with utc=True where zones differ), or number the rows "
            f"({name}.reset_index(drop=True))."
        )
    if not (labels.is_monotonic_increasing and labels.is_unique):
        raise ValueError(
            f"{name} must hold the rows of one series in time order, each label once, but its index is not strictly "
            "increasing; sort the rows, label those of several series (series, time), and cross-validate with "
            "TimeSeriesSplit (shuffled, bootstrapped or KFold rows have no past)."
        )
    return labels


def as_times(index: pd.Index) -> pd.Index | None:
    """Return an index of times or of numbers as numpy holds them, None where the labels are neither.

    An index with missing labels is returned as it is.
    """
    if index.hasnans:
        return index
    if isinstance(index, pd.CategoricalIndex):
        index = index.astype(index.categories.dtype)
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex | pd.RangeIndex):
        return index
    kind = getattr(index.dtype, "kind", "O")
    if kind == "M":  # of pyarrow
        return pd.DatetimeIndex(index)
    if kind == "m":
        return pd.TimedeltaIndex(index)
    if kind in "iuf":
        numbers = index.to_numpy(dtype=np.float64 if kind == "f" else np.int64)
        return pd.Index(numbers) if np.isfinite(numbers).all() else None
    return _read_objects(pd.Index(index.to_numpy(dtype=object), dtype=object))


def is_default(labels: pd.Index) -> bool:
    """Return whether labels only number the rows from 0, as those of a DataFrame made from an array do."""
    return bool(labels.dtype.kind == "i" and labels[0] == 0 and labels[-1] == len(labels) - 1)


def pack_labels(labels: pd.Index) -> tuple[str, NDArray[Any], Any]:
    """Return labels as the name of their type, numbers, and their time zone, if they have one."""
    if isinstance(labels, pd.RangeIndex):
        return "range", np.array([labels.start, labels.stop, labels.step]), None
    zone = getattr(labels, "tz", None)
    if isinstance(labels, pd.DatetimeIndex) and zone is not None:
        labels = labels.tz_convert(None)
    return str(labels.dtype), labels.asi8 if hasattr(labels, "asi8") else labels.to_numpy(), zone


def unpack_labels(dtype: str, numbers: NDArray[Any], zone: Any) -> pd.Index:
    """Return the labels that `pack_labels` took apart."""
    if dtype == "range":
        return pd.RangeIndex(*numbers.tolist())
    if dtype.startswith("period"):
        return pd.PeriodIndex.from_ordinals(numbers, freq=pd.PeriodDtype(dtype).freq)  # type: ignore[attr-defined]
    labels = pd.Index(numbers.view(dtype) if dtype.startswith(("datetime", "timedelta")) else numbers, dtype=dtype)
    return labels if zone is None else pd.DatetimeIndex(labels).tz_localize("UTC").tz_convert(zone)


def _only_names_rows(index):
    """Return whether labels are text, and hardly any of it has a date in it."""
    texts = pd.Index(index.to_numpy(dtype=object), dtype=object)
    return pd.api.types.infer_dtype(texts) == "string" and texts.str.match(_OTHER_TIME).mean() <= 0.5


def _read_objects(index: pd.Index) -> pd.Index | None:
    """Return labels that are Python objects as times or numbers: dates, ISO text, numbers."""
    kind = pd.api.types.infer_dtype(index)
    if kind == "string" and not index.str.match(_ISO_TIME).all():
        return None
    if kind not in {"string", "date", "datetime", "datetime64"}:
        labels = index.infer_objects()
        return labels if labels.dtype.kind in "iufMm" or isinstance(labels, pd.PeriodIndex) else None
    try:
        with warnings.catch_warnings(action="error", category=FutureWarning):  # zones that differ, in pandas 2
            return pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601" if kind == "string" else None))
    except (ValueError, TypeError, FutureWarning):  # text that is no time, zones that differ
        return None
