"""Statistics of the last rows: fast, and to the last bit those of the rows in the window.

Running sums, which add the row that enters and subtract the one that leaves, keep the rounding of all rows before: one
spike spoils whatever follows it. Here the statistics of 1, 2, 4, ... rows are merged from two halves each, and those of
a window from the powers of two that add up to it, so that its length alone decides what is merged with what.

A standard deviation comes from sums of squares, which is fast; where that loses digits, as the values are far from
`centre` beside their spread, it comes from merged deviations, which is exact and takes three times as long.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["STATISTICS", "rolling_statistics"]

STATISTICS = ("mean", "std", "min", "max")

# Values are taken in blocks of about so many: few enough to stay in the cache of a processor.
_VALUES_AT_ONCE = 24_576

# Where the squares are so many times the variance, it keeps eleven digits.
_MAX_LOSS = 1e4

_MAX_CENTRE = 1e150

# What is kept of the last rows, for each row: how many values are known, one number where all are, and arrays
# (feature, time) of what is merged of them.
_Summary = list[Any]
_Merge = Callable[[_Summary, _Summary, list[Any]], None]


def rolling_statistics(
    rows: NDArray[Any],
    windows: Sequence[int],
    statistics: Sequence[str],
    *,
    centre: ArrayLike = 0.0,
    out: NDArray[Any] | None = None,
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

    centre : float or array-like of shape (n_features,), default=0.0
        A value that others are near to; the same in all calls whose results are to have the same bits.

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
    n_before, n_older = max(windows) - 1, n_rows - len(out)
    centres = np.broadcast_to(np.nan_to_num(np.asarray(centre, dtype=np.float64)), n_features)
    n_wide = min(n_features, 4)
    n_long = max(_VALUES_AT_ONCE // n_wide, 4 * n_before)  # little of a block is the past of its rows
    edges = [0, *range(max(n_before - n_older, 0), len(out), n_long), len(out)]  # the first rows lack a past: a block
    rows_of_blocks = pairwise(sorted({min(edge, len(out)) for edge in edges}))
    for (start, stop), column in product(rows_of_blocks, range(0, n_features, n_wide)):
        past = rows[max(n_older + start - n_before, 0) : n_older + stop, column : column + n_wide]
        values = np.full((past.shape[1], n_before + stop - start), np.nan)
        np.add(past.T, 0.0, out=values[:, values.shape[1] - len(past) :])  # -0 becomes 0: fmin returns either of them
        found = _roll_all(values, windows, statistics, centres[column : column + n_wide, None])
        for i, j in np.ndindex(len(windows), len(statistics)):
            result = found[statistics[j]][i]
            results[start:stop, i, j, column : column + n_wide] = result[:, result.shape[1] - (stop - start) :].T
    return out


def _roll_all(values, windows, statistics, centre):
    """Return each statistic of each window, (feature, time)."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    if "mean" in statistics:
        found["mean"] = _roll_means(values, windows)
    if "std" in statistics:
        found["std"] = _roll_deviations(values, windows, centre)
    if "min" in statistics:
        found["min"] = [least for _, least in _roll([1.0, values], windows, _merge_minima)]
    if "max" in statistics:
        found["max"] = [greatest for _, greatest in _roll([1.0, values], windows, _merge_maxima)]
    return found


def _roll_means(values, windows):
    return [total / np.where(n > 0, n, np.nan) for n, total in _roll(_count_known(values), windows, _merge_sums)]


@np.errstate(over="ignore", invalid="ignore")  # squares of huge values are inf, and so is what is made of them
def _roll_deviations(values, windows, centre):
    """Return the standard deviation of each window, (feature, time)."""
    # Squares overflow where the centre is very far away.
    centre = np.where(np.abs(centre) < _MAX_CENTRE, centre, 0.0)
    counts, centred = _count_known(values - centre)
    deviations, exact = [], None
    for i, (n, total, squares) in enumerate(_roll([counts, centred, centred * centred], windows, _merge_sums)):
        n = np.where(n > 0, n, np.nan)
        level = squares / n
        variance = level - (total / n) ** 2
        is_lost = variance * _MAX_LOSS < level
        if is_lost.any():
            exact = _roll_exact_variances(values, windows) if exact is None else exact
            variance = np.where(is_lost, exact[i], variance)
        deviations.append(np.sqrt(variance))
    return deviations


def _roll_exact_variances(values, windows):
    counts, values = _count_known(values)
    moments = _roll([counts, values, np.zeros_like(values)], windows, _merge_moments)
    return [squares / np.where(n > 0, n, np.nan) for n, _, squares in moments]


def _count_known(values: NDArray[np.float64]) -> _Summary:
    """Return how many values are known, and the values with 0 in the place of those that are not."""
    is_known = ~np.isnan(values)
    if is_known.all():
        return [1.0, values]
    counts = is_known[:1] if (is_known == is_known[0]).all() else is_known
    return [counts.astype(np.float64), np.where(is_known, values, 0.0)]


def _roll(single: _Summary, windows: Sequence[int], merge: _Merge) -> list[_Summary]:
    """Return the summary of each window, from those of single rows."""
    room = [[np.empty_like(array) for array in single[1:]] for _ in range(2)]  # new arrays take longer than sums
    found: list[_Summary] = [[]] * len(windows)
    power = single  # the summary of 1, 2, 4, ... rows
    for exponent in range(int(max(windows)).bit_length()):
        length = 2**exponent
        if exponent:
            power = _merge_back(power, power, length // 2, merge, room[exponent % 2])
        for i, window in enumerate(windows):
            if window & length and window % length:
                found[i] = _merge_back(found[i], power, window % length, merge, None)
            elif window & length:
                found[i] = [power[0], *(array.copy() for array in power[1:])]
    return found


def _merge_back(late, early, lag, merge, room):
    """Merge `late` of each row with `early` of the row `lag` rows before it, for all rows that have both.

    Without `room` for what comes of it, this takes the place of `late`.
    """
    stop_late, stop_early = late[1].shape[1], early[1].shape[1] - lag
    n_rows = min(stop_late, stop_early)
    of_late, of_early = slice(stop_late - n_rows, stop_late), slice(stop_early - n_rows, stop_early)
    late = [part[:, of_late] if isinstance(part, np.ndarray) else part for part in late]
    early = [part[:, of_early] if isinstance(part, np.ndarray) else part for part in early]
    out = late[1:] if room is None else [array[:, :n_rows] for array in room]
    merge(late, early, out)
    return [late[0] + early[0], *out]


def _merge_sums(late: _Summary, early: _Summary, out: list[Any]) -> None:
    for part_late, part_early, total in zip(late[1:], early[1:], out, strict=True):
        np.add(part_late, part_early, out=total)


def _merge_minima(late: _Summary, early: _Summary, out: list[Any]) -> None:
    np.fmin(late[1], early[1], out=out[0])


def _merge_maxima(late: _Summary, early: _Summary, out: list[Any]) -> None:
    np.fmax(late[1], early[1], out=out[0])


def _merge_moments(late: _Summary, early: _Summary, out: list[Any]) -> None:
    """Merge means and sums of squared deviations.

    This is exact where one part is empty and where all values are equal.

    References
    ----------
    T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances", Stanford University, STAN-CS-79-773, 1979.
    """
    (n_late, mean_late, squares_late), (n_early, mean_early, squares_early) = late, early
    mean, squares = out
    share = n_early / (n_late + n_early) if isinstance(n_late, float) else n_early / np.maximum(n_late + n_early, 1)
    step = mean_early - mean_late
    part = step * share
    np.add(mean_late, part, out=mean)
    part *= step
    part *= n_late
    np.add(squares_late, squares_early, out=squares)
    squares += part
