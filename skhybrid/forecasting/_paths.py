"""Paths of what may come: a forecast with the errors of all steps of earlier ones."""

import numpy as np
from numpy.typing import NDArray

from skhybrid.forecasting._conformal import Calibration, Shapes, find_sizes
from skhybrid.forecasting._error_size import Made

MIN_SHAPES = 50  # of the same phase; fewer would be drawn again and again
SHARE_KEPT = 1 / 3  # of as many as were calibrated on: the newest


def draw_paths(
    calibration: Calibration, made: Made, rows: NDArray[np.intp], n_paths: int, rng: np.random.RandomState
) -> NDArray[np.float64]:
    """Return paths of some rows of forecasts, (n_rows, n_paths, horizon)."""
    if len(calibration.shapes.values) == 0:
        raise ValueError(
            "paths need an earlier forecast all of whose steps are known, but there is none; calibrate on more rows."
        )
    sizes = find_sizes(calibration, made)
    shapes, known_at = _all_shapes(calibration, made, sizes)
    paths = np.empty((len(rows), n_paths, made.values.shape[1]))
    for place, row in enumerate(rows):
        candidates = _newest(calibration, known_at, made.times[row])
        if made.seasons:
            same = candidates[shapes.phases[candidates] == made.phases[row, 0, 0]]
            candidates = same if len(same) >= MIN_SHAPES else candidates
        paths[place] = made.values[row] + sizes[row] * shapes.values[_draw(candidates, n_paths, rng)]
    return paths


def _all_shapes(calibration, made, sizes):
    """Return the shapes that were calibrated on and those of later forecasts, and when each is known."""
    earlier, is_whole = calibration.shapes, ~np.isnan(made.truth).any(axis=1)
    values = ((made.truth - made.values) / sizes)[is_whole]
    phases = made.phases[is_whole, 0, 0] if made.seasons else np.zeros(len(values), dtype=np.intp)
    shapes = Shapes(np.concatenate([earlier.values, values]), np.concatenate([earlier.phases, phases]))
    return shapes, np.concatenate([np.full(len(earlier.values), -1), made.due[is_whole].max(axis=1)])


def _newest(calibration, known_at, time):
    """Return which shapes are drawn from: the newest known, or all that were calibrated on."""
    n_calibrated = len(calibration.shapes.values)
    if not calibration.adaptive:
        return np.arange(n_calibrated)
    return np.flatnonzero(known_at <= time)[-max(int(SHARE_KEPT * n_calibrated), MIN_SHAPES) :]


def _draw(candidates, n_paths, rng):
    """Return as many of the candidates, each as often as any other or once more."""
    whole, rest = divmod(n_paths, len(candidates))
    return np.concatenate([np.tile(candidates, whole), rng.choice(candidates, rest, replace=False)])
