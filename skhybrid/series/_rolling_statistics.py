"""Statistics of the last rows: fast, and to the last bit those of the rows in the window.

Running sums, which add the row that enters and subtract the one that leaves, keep the rounding of all rows before: one
spike spoils whatever follows it. Here the statistics of 1, 2, 4, ... rows are merged from two halves each, and those of
a window from the powers of two that add up to it, so that its length alone decides what is merged with what.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["STATISTICS", "rolling_statistics"]

STATISTICS = ("mean", "std", "min", "max")

# Values are taken in blocks of about so many: few enough to stay in the cache of a processor.
_VALUES_AT_ONCE = 50_000

# What is kept of the last rows, for each row: arrays (feature, time), or (1, time) or a number where many are alike.
_Summary = list[Any]
_Merge = Callable[[_Summary, _Summary], _Summary]


def rolling_statistics(
    rows: NDArray[Any], windows: Sequence[int], statistics: Sequence[str], *, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Return statistics of the last rows, for each row.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_features)
        Values in time order: finite, or NaN where they are not known, as all before the first row.

    windows : sequence of int
        Numbers of rows to look back over, the row itself included.

    statistics : sequence of {"mean", "std", "min", "max"}
        What to compute of the known values in a window; NaN where there are none. "std" divides by their number.

    out : ndarray of shape (n_out, n_windows * n_statistics * n_features), default=None
        Where to write the results of the last `n_out` rows; None makes an array of float64 for all rows.

    Returns
    -------
    out : ndarray of shape (n_out, n_windows * n_statistics * n_features)
        The columns of the first statistic of the first window, then those of the second, and so on.
    """
    n_rows, n_features = rows.shape
    if out is None:
        out = np.empty((n_rows, len(windows) * len(statistics) * n_features))
    results = out.reshape(len(out), len(windows), len(statistics), n_features)  # a view
    n_before = max(windows) - 1
    n_long = max(_VALUES_AT_ONCE // n_features, 4 * n_before, 1)  # little of a block is the past of its rows
    n_wide = max(_VALUES_AT_ONCE // n_long, 1)
    for start, column in product(range(0, len(out), n_long), range(0, n_features, n_wide)):
        block = results[start : start + n_long, :, :, column : column + n_wide]
        stop = n_rows - len(out) + start + len(block)
        past = rows[max(stop - len(block) - n_before, 0) : stop, column : column + n_wide]
        values = np.full((past.shape[1], n_before + len(block)), np.nan)  # (feature, time)
        np.add(past.T, 0.0, out=values[:, -len(past) :])  # -0 becomes 0: fmin returns either, by their place in memory
        found = _roll_all(values, windows, statistics)
        for i, j in np.ndindex(len(windows), len(statistics)):
            block[:, i, j] = found[statistics[j]][i][:, -len(block) :].T
    return out


def _roll_all(
    values: NDArray[np.float64], windows: Sequence[int], statistics: Sequence[str]
) -> dict[str, list[NDArray[np.float64]]]:
    """Return each statistic of each window, (feature, time)."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    if "mean" in statistics:
        found["mean"] = _roll_mean(values, windows)
    if "std" in statistics:
        found["std"] = _roll_std(values, windows)
    if "min" in statistics:
        found["min"] = _roll_extremum(values, windows, np.fmin)
    if "max" in statistics:
        found["max"] = _roll_extremum(values, windows, np.fmax)
    return found


def _roll_extremum(
    values: NDArray[np.float64], windows: Sequence[int], extremum: np.ufunc
) -> list[NDArray[np.float64]]:
    return [found for (found,) in _roll([values], windows, lambda late, early: [extremum(*late, *early)])]


def _count_known(values: NDArray[np.float64]) -> _Summary:
    """Return how many values are known, and the values with 0 in the place of those that are not."""
    known = ~np.isnan(values)
    if known.all():
        return [np.float64(1), values]
    counts = known[:1] if (known == known[0]).all() else known
    return [counts.astype(np.float64), np.where(known, values, 0.0)]


def _roll_mean(values: NDArray[np.float64], windows: Sequence[int]) -> list[NDArray[np.float64]]:
    """Return the mean of each window, (feature, time)."""
    sums = _roll(_count_known(values), windows, lambda late, early: [a + b for a, b in zip(late, early, strict=True)])
    return [total / np.where(n > 0, n, np.nan) for n, total in sums]


def _roll_std(values: NDArray[np.float64], windows: Sequence[int]) -> list[NDArray[np.float64]]:
    """Return the standard deviation of each window, (feature, time)."""
    moments = _roll([*_count_known(values), np.zeros_like(values)], windows, _merge_moments)
    return [np.sqrt(squares / np.where(n > 0, n, np.nan)) for n, _, squares in moments]


def _merge_moments(late: _Summary, early: _Summary) -> _Summary:
    """Merge numbers of known values, their means, and their sums of squared deviations.

    This is exact where one part is empty and where all values are equal. Most is computed in place, which takes half
    the time.

    References
    ----------
    T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances", Stanford University, STAN-CS-79-773, 1979.
    """
    (n_late, mean_late, squares_late), (n_early, mean_early, squares_early) = late, early
    n = n_late + n_early
    share = n_early / np.maximum(n, 1)
    step = mean_early - mean_late
    squares = n_late * share * step
    squares *= step
    squares += squares_late
    squares += squares_early
    step *= share
    step += mean_late
    return [n, step, squares]


def _roll(single: _Summary, windows: Sequence[int], merge: _Merge) -> list[_Summary]:
    """Return the summary of each window, from those of single rows."""
    found = [single] * len(windows)
    power = single  # the summary of 1, 2, 4, ... rows
    for exponent in range(int(max(windows)).bit_length()):
        length = 2**exponent
        if exponent:
            power = _merge_back(power, power, length // 2, merge)
        for i, window in enumerate(windows):
            if window & length:
                n_taken = window % length
                found[i] = _merge_back(found[i], power, n_taken, merge) if n_taken else power
    return found


def _merge_back(late: _Summary, early: _Summary, lag: int, merge: _Merge) -> _Summary:
    """Merge `late` of each row with `early` of the row `lag` rows before it, for all rows that have both."""
    stop_late, stop_early = late[-1].shape[1], early[-1].shape[1] - lag
    n_rows = min(stop_late, stop_early)
    return merge(_cut(late, stop_late - n_rows, stop_late), _cut(early, stop_early - n_rows, stop_early))


def _cut(summary: _Summary, start: int, stop: int) -> _Summary:
    return [array[:, start:stop] if np.ndim(array) else array for array in summary]
