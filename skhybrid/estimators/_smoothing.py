"""Exponential smoothing of a window: with given shares of what is new, its forecast is a linear map of the steps."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

# Shares of what a step says in the level, in the trend and in its season, and how much of a trend is left a step later.
LEVEL_SHARES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
TREND_SHARES = (0.02, 0.1, 0.3)
SEASON_SHARES = (0.0, 0.05, 0.15, 0.4)
DAMPINGS = (0.9, 1.0)


def smoothings(n_steps: int, n_outputs: int, season_length: int, lead: int = 0) -> Iterator[NDArray[np.float64]]:
    """Yield forecasts by additive exponential smoothing, with a trend and without, with a season and without.

    Each is (n_steps, n_outputs), the weights of the steps of a window in the forecast of each coming step, the first of
    which follows `lead` steps after the window's end.

    The equations are those of Holt and Winters, with a trend that may be damped [1]_. The first two seasons of the
    window give the first level, trend and season; where it does not hold as many, there is no season.

    .. [1] R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd ed., OTexts, 2021,
       sections 8.1 to 8.4.
    """
    trends = [(0.0, 1.0), *product(TREND_SHARES, DAMPINGS)]
    kinds = [(1, [0.0])]
    if 1 < season_length <= n_steps // 2:
        kinds.append((season_length, list(SEASON_SHARES)))
    for (length, of_season), of_level in product(kinds, LEVEL_SHARES):  # a few at a time, as weights are many
        shares = np.array([(of_level, *trend, c) for trend, c in product(trends, of_season)])
        yield from (forecasts[:, lead:] for forecasts in _smooth(n_steps, lead + n_outputs, length, shares))


def _smooth(n_steps, n_outputs, length, shares):
    """Return the forecasts with each of some shares; level, trend and seasons are weights of the steps."""
    of_level, of_trend, damping, of_season = shares.T[:, :, None]
    steps, middle = np.eye(n_steps), (length - 1) / 2
    first, second = steps[:length].mean(axis=0), steps[length : 2 * length].mean(axis=0)
    trend = np.where(of_trend > 0, (second - first) / length, 0.0)
    level = first + middle * trend
    seasons = [(steps[i] - first - (i - middle) * trend) * (length > 1) for i in range(length)]
    for t in range(length, n_steps):
        season, before = seasons[t % length], level
        level = of_level * (steps[t] - season) + (1 - of_level) * (level + damping * trend)
        trend = of_trend * (level - before) + (1 - of_trend) * damping * trend
        seasons[t % length] = season + of_season * (steps[t] - level - season)
    growth = np.cumsum(damping ** np.arange(1, n_outputs + 1), axis=1)[:, :, None]
    forecasts = [level + growth[:, h] * trend + seasons[(n_steps + h) % length] for h in range(n_outputs)]
    return np.stack(forecasts, axis=2)
