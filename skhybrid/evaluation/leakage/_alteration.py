"""Features of arrays and DataFrames: which values moved, and other values such as they might hold."""

import numpy as np
import pandas as pd

MAX_LAG = 1000  # steps by which a feature may trail the target and still be known as its past
MAX_CODES = 32  # integers of so few values are taken as codes, among which only these are valid
PANDAS = (pd.DataFrame, pd.Series)


def as_array(data):
    return data if hasattr(data, "ndim") else np.asarray(data)  # as columns of polars have a shape, but are no arrays


def take_rows(data, rows):
    return data.iloc[rows] if isinstance(data, PANDAS) else data[rows]


def feature_names(data):
    """Return the names of the features: columns of a DataFrame, else positions on the last axis."""
    if isinstance(data, pd.DataFrame):
        return list(data.columns)
    return list(range(data.shape[-1])) if len(data.shape) > 1 else [getattr(data, "name", 0)]


def _columns(data):
    """Return the values of each feature: Series, or arrays (n_rows, ...)."""
    if isinstance(data, pd.DataFrame):
        return [data.iloc[:, j] for j in range(data.shape[1])]
    return [data] if len(data.shape) == 1 else [data[..., j] for j in range(data.shape[-1])]


def _is_numeric(values):
    return pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)


def _numbers(values):
    """Return a column as floats; texts and flags are numbered in the order in which they occur."""
    if _is_numeric(values):
        return np.asarray(values.astype(float))
    codes = pd.factorize(np.ravel(values))[0].reshape(values.shape)
    return np.where(codes < 0, np.nan, codes)


def as_table(data):
    """Return one column of floats per feature, its last step in windows, (n_rows, n_features)."""
    columns = [np.asarray(_numbers(values)).reshape(len(data), -1)[:, -1] for values in _columns(data)]
    return np.column_stack(columns)


def find_missing_rows(data):
    return np.any([pd.isna(np.asarray(v)).reshape(len(data), -1).any(axis=1) for v in _columns(data)], axis=0)


def find_moved(before, after):
    """Return which values differ by more than rounding, (n_rows, n_features)."""
    columns = list(zip(_columns(before), _columns(after), strict=False))
    if len(_columns(before)) != len(_columns(after)):
        return np.ones((len(before), len(columns)), dtype=bool)
    return np.column_stack([_differs(a, b).reshape(len(before), -1).any(axis=1) for a, b in columns])


def _differs(a, b):
    if not (_is_numeric(a) and _is_numeric(b)):
        codes, _ = pd.factorize(np.concatenate([np.ravel(a), np.ravel(b)]))
        return (codes[: a.size] != codes[a.size :]).reshape(a.shape)
    rounding = 1e-5 if a.dtype == np.float32 else 1e-9
    a, b = _numbers(a), _numbers(b)
    finite = a[np.isfinite(a)]
    scale = finite.std() if finite.size else 0.0
    return ~np.isclose(b, a, rtol=rounding, atol=rounding * scale, equal_nan=True)


def lags_within(steps):
    """Return by how many steps a feature may trail the target, at most half of them, (n_lags,)."""
    return np.arange(1, min((steps[-1] - steps[0] + 1) // 2, MAX_LAG) + 1)


def find_pairs(steps, lag):
    """Return the rows after which another one lies by `lag` steps, and these other ones, each (n_pairs,)."""
    later = np.minimum(np.searchsorted(steps, steps + lag), len(steps) - 1)
    earlier = np.flatnonzero(steps[later] == steps + lag)
    return earlier, later[earlier]


def find_horizon(X, y, steps):
    """Return by how many steps the target lies ahead, None if no feature holds its past, as ``X[t + h] == y[t]``."""
    features, targets = as_table(X), as_table(y)
    horizons = [horizon for target in targets.T if (horizon := _find_lag(features, target, steps))]
    return max(horizons, default=None)


def _find_lag(features, target, steps):
    lags = lags_within(steps)
    n_reaching = np.searchsorted(steps, steps[-1] - len(lags), side="right")  # rows with a step at each lag
    hits = np.ones((len(lags), features.shape[1]), dtype=bool)  # (lag - 1, feature)
    probes = np.unique(np.linspace(0, n_reaching - 1, 50, dtype=int))
    for row in probes:  # a few rows rule out nearly all, so that few lags are compared as a whole
        later = np.searchsorted(steps, steps[row] + lags)
        is_missing = steps[later] != steps[row] + lags
        hits &= np.isclose(features[later], target[row], rtol=1e-6, atol=0, equal_nan=True) | is_missing[:, None]
    for lag, feature in np.argwhere(hits) + np.array([1, 0]):
        earlier, later = find_pairs(steps, lag)
        is_enough = len(earlier) >= len(steps) // 4  # rows that were left out may leave hardly a pair
        if is_enough and np.allclose(features[later, feature], target[earlier], rtol=1e-6, atol=0, equal_nan=True):
            return int(lag)
    return None


def alter_rows(data, rows, keep=()):
    """Return a copy of `data` with all features altered in `rows`, except those to `keep`."""
    if isinstance(data, pd.Series):
        return _altered_series(data, rows)
    altered = data.copy()
    for j, (name, values) in enumerate(zip(feature_names(data), _columns(data), strict=True)):
        if name in keep:
            continue
        if isinstance(data, pd.DataFrame):
            altered.isetitem(j, _altered_series(values, rows))
        else:  # the columns of an array are views
            other = _other_values(pd.Series(np.ravel(values))).to_numpy().reshape(values.shape)
            _columns(altered)[j][rows] = other[rows]
    return altered


def _altered_series(values, rows):
    altered = values.copy()
    altered.iloc[rows] = _other_values(values).iloc[rows]
    return altered


def _other_values(values):
    """Return other values for each row of a Series, such as its column might hold."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or pd.api.types.is_timedelta64_dtype(values.dtype):
        return values
    return _exchanged(values) if _holds_codes(values) else _lifted(values)


def _holds_codes(values):
    if not _is_numeric(values):
        return True
    n_distinct = values.nunique()
    return n_distinct == 2 or (pd.api.types.is_integer_dtype(values.dtype) and 2 < n_distinct <= MAX_CODES)


def _exchanged(values):
    """Replace each value by another one of the column."""
    codes, levels = pd.factorize(values)
    known = np.flatnonzero(codes >= 0)
    exchanged = values.copy()
    exchanged.iloc[known] = levels[(codes[known] + 1) % len(levels)]
    return exchanged


def _lifted(values):
    """Mirror numbers above the largest: out of their range, so that scaling to a range moves, and of the same sign."""
    numbers = values.astype(float)
    finite = numbers[np.isfinite(numbers)]
    if finite.empty:
        return values
    largest = finite.max()
    span = largest - finite.min() or max(abs(largest), 1.0)
    lifted = 2 * largest - numbers + span
    if pd.api.types.is_integer_dtype(values.dtype):
        lifted = lifted.clip(upper=np.iinfo(getattr(values.dtype, "numpy_dtype", values.dtype)).max)
    return lifted.astype(values.dtype)
