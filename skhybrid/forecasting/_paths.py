"""Paths of what may come: a forecast with the errors of all steps of earlier ones."""

import numpy as np
from numpy.typing import NDArray

from skhybrid.forecasting._conformal import Calibration, find_sizes
from skhybrid.forecasting._error_size import Made

MIN_SHAPES = 50  # of the same phase; fewer would be drawn again and again


def draw_paths(
    calibration: Calibration, made: Made, rows: NDArray[np.intp], n_paths: int, rng: np.random.RandomState
) -> NDArray[np.float64]:
    """Return paths of some rows of forecasts, (n_rows, n_paths, horizon)."""
    shapes = calibration.shapes
    if len(shapes.values) == 0:
        raise ValueError(
            "paths need an earlier forecast all of whose steps are known, but there is none; calibrate on more rows."
        )
    sizes = find_sizes(calibration, made)
    paths = np.empty((len(rows), n_paths, made.values.shape[1]))
    for place, row in enumerate(rows):
        candidates = np.arange(len(shapes.values))
        if made.seasons:
            same = np.flatnonzero(shapes.phases == made.phases[row, 0, 0])
            candidates = same if len(same) >= MIN_SHAPES else candidates
        paths[place] = made.values[row] + sizes[row] * shapes.values[_draw(candidates, n_paths, rng)]
    return paths


def _draw(candidates, n_paths, rng):
    """Return as many of the candidates, each as often as any other or once more."""
    whole, rest = divmod(n_paths, len(candidates))
    return np.concatenate([np.tile(candidates, whole), rng.choice(candidates, rest, replace=False)])
