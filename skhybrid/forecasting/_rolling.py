"""Fitting with intervals: they are calibrated on forecasts whose models had not seen what they forecast."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from skhybrid._progress import UNSEEN, Progress
from skhybrid.forecasting._bands import Bands
from skhybrid.forecasting._edges import learn_edges, one_sided
from skhybrid.forecasting._fitting import Fitted, adapt_linear, fit_to
from skhybrid.forecasting._grid import Grid
from skhybrid.forecasting._known import count_known
from skhybrid.forecasting._learning import make_filter
from skhybrid.forecasting._table import Part, Table, select, union_of
from skhybrid.forecasting._within import Forecasts, forecast_within
from skhybrid.forecasting.intervals import ConformalIntervals, learn_calibration, read_levels

N_PARTS = 8  # of the rows, the last of which are forecast


def fit_with_bands(
    table: Table,
    forecaster: Any,
    weights: NDArray[np.float64] | None,
    archive: Any = None,
    progress: Progress = UNSEEN,
) -> Fitted:
    """Train the estimator that a forecaster names on a table, and calibrate its intervals, if it asks for any.

    Of these fits only the first, which stays, is seen by callbacks.
    """
    fitted = fit_to(table, forecaster, weights, archive, progress)
    if forecaster.intervals is None:
        return fitted
    bands = _calibrate(fitted.memory.plan, table, forecaster, weights, archive)
    return fitted._replace(memory=replace(fitted.memory, bands=bands))


def _calibrate(plan, table, forecaster, weights, archive):
    """Return what intervals follow from: forecasts of the last parts of the rows, by models fitted to those before."""
    intervals = as_intervals(forecaster.intervals)
    levels = read_levels(intervals.levels)
    known = {key: _known_rows(part, plan) for key, part in table.parts.items()}
    table = table._replace(parts={key: part for key, part in known.items() if len(part.frame)})
    times = union_of([part.frame.index for part in table.parts.values()])
    point = clone(forecaster).set_params(intervals=None, cold_start=False, season_length=plan.seasons or None)
    chain = list(_join(_forecast_parts(table, times, point, (weights, archive), intervals.n_folds, levels)))
    is_archived = archive is not None and set(plan.maker.roles.known) <= set(archive.columns)
    waits = bool(plan.maker.roles.known) and not is_archived
    bands = Bands(levels, times, tuple(table.parts), table.is_panel, waits)
    bands = replace(bands, edges=_find_edges(bands, plan, chain, intervals))
    calibrations = [
        learn_calibration(intervals, bands.make(plan, chain, target)[0], one_sided(levels) if edges else ())
        for target, edges in enumerate(bands.edges)
    ]
    return replace(bands, calibrations=tuple(calibrations), first=times[-1])


def _find_edges(bands, plan, chain, intervals):
    """Return how often each target is at its bounds; None where there are none, or it is too seldom there to count.

    What says how far its bounds lie, be it a model or that both are equally far, knows of one that is at a bound.
    """
    limits = plan.transform.bounds
    if limits == (None, None) or intervals.symmetric or any(of_series.bounds is not None for of_series in chain):
        return (None,) * plan.n_targets
    found = [learn_edges(bands.make(plan, chain, target)[0], limits) for target in range(plan.n_targets)]
    least = (1 - max(bands.levels)) / 2
    return tuple(edges if edges.shares.max() >= least else None for edges in found)


def as_intervals(intervals: Any) -> ConformalIntervals:
    """Return the intervals that a parameter asks for."""
    return intervals if isinstance(intervals, ConformalIntervals) else ConformalIntervals(intervals)


def _known_rows(part, plan):
    """Return the rows of a series up to its last known target."""
    n_known = count_known(part.frame, plan.maker.roles.targets)
    return Part(part.frame.iloc[:n_known], part.positions[:n_known])


def _forecast_parts(
    table: Table, times: pd.Index, forecaster: Any, options: tuple[Any, Any], n_folds: int, levels: tuple[float, ...]
) -> Iterator[Forecasts]:
    """Yield the forecasts of each part and series; `options` are the weights and the archive of the fit."""
    places = [max(len(times) - 1 - len(times) * k // N_PARTS, 0) for k in range(n_folds, -1, -1)]
    is_origin, n_ahead = make_filter(forecaster.origins), forecaster.lead + forecaster.horizon
    fitted, last = None, -1
    for first, stop in pairwise(places):
        fitted = _fit_next(fitted, table, times[: first + 1], last, forecaster, *options)
        last, (estimator, memory, *_) = first, fitted
        origins = times[first:stop]

        def choose(grid: Grid, n_rows: int, origins=origins, memory=memory) -> NDArray[np.intp]:
            labels = grid.labels[grid.numbers]
            rows = grid.numbers[labels.isin(origins) & is_origin(labels)]
            return rows[~np.isnan(memory.plan.cutter.targets(grid, rows)).all(axis=(1, 2))]

        later = select(table, times[first + 1 : stop + n_ahead])
        yield from forecast_within(
            memory.plan,
            estimator,
            memory.known,
            later,
            choose,
            memory.max_fill,
            memory.archive,
            levels=levels,
            quiet=True,
        )


def _fit_next(fitted, table, times, last, forecaster, weights, archive):
    """Return what is fitted to the rows up to some time; where only the linear path changes, it alone is learned."""
    if fitted is not None and weights is None and hasattr(fitted.estimator, "refresh_linear"):
        memory = fitted.memory.followed_by(select(table, times[last + 1 :]))
        return fitted._replace(memory=memory, estimator=adapt_linear(fitted.estimator, memory, forecaster))
    try:
        return fit_to(select(table, times), forecaster, weights, archive)
    except ValueError as error:
        raise ValueError(
            f"intervals are calibrated on forecasts by a model that is fitted to the first {len(times)} times, which "
            f"fails: {error} Or set intervals=None."
        ) from error


def _join(parts):
    """Yield the forecasts of each series, those of all parts together; their truths are known now."""
    by_key: dict[Any, list[Forecasts]] = {}
    for part in parts:
        by_key.setdefault(part.key, []).append(part)
    for same in by_key.values():
        # All grids start at the first row of the series, and the last one reaches furthest.
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in same]) for name in ("origins", "values", "truth")
        }
        bounds = None if same[0].bounds is None else np.concatenate([part.bounds for part in same])
        yield same[-1]._replace(**joined, bounds=bounds)
