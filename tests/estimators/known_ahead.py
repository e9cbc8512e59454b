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
