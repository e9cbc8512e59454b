"""A series whose next steps are known in part, cut into windows, for tests of several parts."""

import numpy as np

from skhybrid import make_windows

SEASON = 6


def make_rows(n_rows, n_features=2, *, level=4, seed=0):
    """Return a walk with a season, and noise beside it, in numbers that float32 holds to the last digit."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_rows, n_features))
    rows[:, 0] = 0.5 * rows[:, 0].cumsum() + 2 * np.sin(2 * np.pi * np.arange(n_rows) / SEASON) + rows[:, -1]
    return np.round((level + rows) * 64) / 64


def make_known(n_rows=70, *, window_length=8, n_steps=4, n_features=2, known=(-1,), seasons=(SEASON,), **options):
    """Return windows with what is known ahead of `n_steps` steps, and the targets, which are these steps."""
    rows = make_rows(n_rows, n_features, **options)
    known = [feature % n_features for feature in known]
    return make_windows(
        rows, 0, window_length=window_length, horizon=range(1, n_steps + 1), known_future=known, seasons=seasons
    )


def angles(phases, season, n_harmonics=6):
    """Return cosines and sines of phases, (sample, wave), without the sine that is always 0."""
    waves = []
    for k in range(1, min(season // 2, n_harmonics) + 1):
        waves.append(np.cos(2 * np.pi * k * phases / season))
        if 2 * k != season:
            waves.append(np.sin(2 * np.pi * k * phases / season))
    return np.column_stack(waves)


def smooth(series, n_outputs, season_length, shares):
    """Return the forecasts of the additive method of Holt and Winters, number by number.

    The `shares` are those of level and trend, then the damping, then that of the season. A share of 0 for the trend is
    a method without one; a season of one step, one without a season.
    """
    of_level, of_trend, damping, of_season = shares
    length = season_length
    first, second = (sum(series[start : start + length]) / length for start in (0, length))
    trend = (second - first) / length if of_trend else 0.0
    middle = (length - 1) / 2
    level = first + (length - 1 - middle) * trend
    season = {}  # by the step, counted from the start of the window
    for t in range(length):
        season[t] = series[t] - (first + (t - middle) * trend) if length > 1 else 0.0
    for t in range(length, len(series)):
        expected = level + damping * trend
        new_level = of_level * (series[t] - season[t - length]) + (1 - of_level) * expected
        trend = of_trend * (new_level - level) + (1 - of_trend) * damping * trend
        level = new_level
        season[t] = of_season * (series[t] - level) + (1 - of_season) * season[t - length]
    forecasts, ahead = [], 0.0
    for h in range(1, n_outputs + 1):
        ahead += damping**h * trend
        latest = len(series) - 1 + h
        while latest not in season:
            latest -= length
        forecasts.append(level + ahead + season[latest])
    return forecasts
