"""Intervals of targets that are often at a bound of theirs, such as sales of 0.

Where the truth is at its lower bound more often than it may lie below an interval, no interval that starts there misses
it on that side, and one that starts a little higher misses all of it. It starts there, and leaves out on the other side
what it may leave out on both.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhybrid.forecasting._conformal import Bounds
from skhybrid.forecasting._error_size import Made


class Edges(NamedTuple):
    """How often each series is at a bound of the target.

    Attributes
    ----------
    limits : ndarray of shape (2,)
        The lower and the upper bound; -inf and inf for none.
    shares : ndarray of shape (n_series + 1, 2)
        The share of the truth at each; in the last row that of all series, for those that are new.
    """

    limits: NDArray[np.float64]
    shares: NDArray[np.float64]

    def join(self, series: NDArray[np.intp], found: Bounds, tails: NDArray[np.float64]) -> Bounds:
        """Return intervals of so many levels as there are `tails`, of those that leave out as much on either side.

        Parameters
        ----------
        series : ndarray of shape (n,)
            The series of each forecast.
        found : Bounds
            Bounds beyond which lies the share `tails` of the truth, and after them those with twice that share.
        tails : ndarray of shape (n_levels,)
            The share that may lie beyond one bound.
        """
        shares = self.shares[np.minimum(series, len(self.shares) - 1)]
        at_lower = (shares[:, :1] >= tails)[:, None]
        at_upper = (shares[:, 1:] >= tails)[:, None] & ~at_lower
        (lower, one_lower), (upper, one_upper) = (np.split(side, 2, axis=2) for side in found)
        return Bounds(
            np.where(at_lower, self.limits[0], np.where(at_upper, one_lower, lower)),
            np.where(at_upper, self.limits[1], np.where(at_lower, one_upper, upper)),
        )


def learn_edges(made: Made, limits: tuple[float | None, float | None]) -> Edges:
    """Return how often the truth of earlier forecasts was at a bound of the target."""
    lower, upper = (
        default if limit is None else limit for limit, default in zip(limits, (-np.inf, np.inf), strict=True)
    )
    n_series = int(made.series.max()) + 1
    known = ~np.isnan(made.truth)
    series = np.broadcast_to(made.series[:, None], known.shape)[known]
    truth = made.truth[known]
    counts = np.bincount(series, minlength=n_series)
    at = [np.bincount(series, is_there, n_series) for is_there in (truth <= lower, truth >= upper)]
    pooled = np.sum(at, axis=1) / max(len(truth), 1)
    shares = np.where(counts[:, None], np.transpose(at) / np.maximum(counts, 1)[:, None], pooled)
    return Edges(np.array([lower, upper]), np.vstack([shares, pooled]))


def one_sided(levels: Iterable[float]) -> tuple[float, ...]:
    """Return the levels of intervals that may miss on either side what those of `levels` may miss in all."""
    return tuple(2 * level - 1 for level in levels)
