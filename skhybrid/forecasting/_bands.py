"""The intervals of a fitted forecaster: its calibration, and the forecasts that it has made since."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid.forecasting._conformal import Calibration, bound, bound_jointly
from skhybrid.forecasting._edges import Edges
from skhybrid.forecasting._error_size import NEVER, Made
from skhybrid.forecasting._grid import Grid
from skhybrid.forecasting._paths import draw_paths
from skhybrid.forecasting._plan import Plan
from skhybrid.forecasting._table import union_of
from skhybrid.forecasting._within import Forecasts


@dataclass(frozen=True)
class Bands:
    """What the intervals of a forecaster follow from.

    Attributes
    ----------
    levels : tuple of float
        The share of the truth that lies in each interval.
    times : pandas.Index
        The times of the fitted rows, up to the last known target.
    keys : tuple of Hashable
        The series that were calibrated on.
    is_panel : bool
        Whether errors are in units of the naive error of their series.
    waits : bool
        Whether all errors of a forecast are known with the last one only: a forecast can be made again from known rows
        once these hold all of what was known ahead of it.
    calibrations : tuple of Calibration
        What was learned of the errors of each target.
    edges : tuple of Edges or None
        How often each target is at its bounds; None where that is too seldom to count.
    first : label
        The first origin whose forecast by the estimator knows nothing of what it forecasts.
    issued : mapping of Hashable to Forecasts
        The forecasts made since the fit.
    """

    levels: tuple[float, ...]
    times: pd.Index
    keys: tuple[Hashable, ...]
    is_panel: bool
    waits: bool
    calibrations: tuple[Calibration, ...] = ()
    edges: tuple[Edges | None, ...] = ()
    first: Any = None
    issued: Mapping[Hashable, Forecasts] = field(default_factory=dict)

    def bound(self, plan: Plan, forecasts: Sequence[Forecasts], *, joint: bool = False) -> list[NDArray[np.float64]]:
        """Return the bounds of forecasts, (n_origins, n_targets, horizon, n_levels, 2) each.

        With `joint`, an interval holds all steps at once.

        They follow the errors known at each origin, of the forecasts since the fit: those given, and those issued
        before. Errors on fitted rows move nothing.
        """
        chain = self._chain(plan, forecasts)
        found = []
        for target, calibration in enumerate(self.calibrations):
            made, order = self._make_since(plan, chain, target)
            between = bound_jointly(calibration, made, self.levels) if joint else bound(calibration, made)
            edges = self.edges[target]
            if edges is not None and not joint:
                between = edges.join(made.series, between, calibration.tails[: len(self.levels)])
            found.append(np.stack(between, axis=3)[np.argsort(order)])
        bounds = plan.transform.bound(np.stack(found, axis=1))
        parts = np.split(bounds, np.cumsum([len(of_series.origins) for of_series in chain])[:-1])
        return [
            part[np.searchsorted(of_chain.origins, of_series.origins)]
            for part, of_chain, of_series in zip(parts, chain, forecasts, strict=False)
        ]

    def draw(
        self, plan: Plan, forecasts: Sequence[Forecasts], n_paths: int, rng: np.random.RandomState
    ) -> list[NDArray[np.float64]]:
        """Return paths of the last forecast of each series, (n_targets, horizon, n_paths) each."""
        chain = self._chain(plan, forecasts)
        last = np.cumsum([len(of_series.origins) for of_series in chain])[: len(forecasts)] - 1  # the newest of each
        paths = []
        for target, calibration in enumerate(self.calibrations):
            made, order = self._make_since(plan, chain, target)
            paths.append(draw_paths(calibration, made, np.argsort(order)[last], n_paths, rng))
        return list(plan.transform.bound(np.stack(paths, axis=1).transpose(0, 1, 3, 2)))

    def issue(self, plan: Plan, forecasts: Sequence[Forecasts]) -> "Bands":
        """Return what intervals follow from once forecasts have been made; those made before stay as they are."""
        joined = {}
        for of_series in forecasts:
            earlier = self.issued.get(of_series.key)
            if earlier is not None:
                of_series = _without(of_series, earlier.grid.labels[earlier.origins])
            joined[of_series.key] = _join(plan, earlier, of_series)
        return replace(self, issued={**self.issued, **joined})

    def adapted(self, time: Any) -> "Bands":
        """Return what intervals follow from once the estimator has learned from rows up to some time."""
        return replace(self, first=time)

    def _chain(self, plan, forecasts):
        """Return forecasts with those issued before them, and at the end those issued of other series."""
        given = {of_series.key for of_series in forecasts}
        chain = [_join(plan, self.issued.get(of_series.key), of_series) for of_series in forecasts]
        return chain + [of_series for key, of_series in self.issued.items() if key not in given]

    def make(self, plan: Plan, chain: Sequence[Forecasts], target: int) -> tuple[Made, NDArray[np.intp]]:
        """Return the forecasts of one target in the order of their origins, and that order."""
        times = self._times_with([of_series.grid.labels for of_series in chain])
        new = [of_series.key for of_series in chain if of_series.key not in self.keys]
        numbers = {key: number for number, key in enumerate((*self.keys, *dict.fromkeys(new)))}
        season = min(plan.seasons, default=1)
        delay = plan.cutter.delays[target]
        parts = []
        for key, grid, origins, values, truth, bounds in chain:
            steps = origins[:, None] + 1 + plan.cutter.lead + np.arange(plan.cutter.horizon)
            of_steps = _number(times, grid.labels)
            late = (np.broadcast_to(steps[:, -1:], steps.shape) if self.waits else steps) + delay
            due = np.where(late < len(of_steps), of_steps[np.minimum(late, len(of_steps) - 1)], NEVER)
            unit = naive_errors(grid, target, season, delay)[origins] if self.is_panel else np.ones(len(origins))
            parts.append(
                (
                    values[:, target],
                    truth[:, target],
                    self._levels_of(target, values[:, target], None if bounds is None else bounds[:, target]),
                    of_steps[origins],
                    due,
                    grid.phases[steps].astype(np.intp),
                    np.full(len(origins), numbers[key]),
                    unit,
                )
            )
        values, truth, bounds, origins, due, phases, series, unit = map(np.concatenate, zip(*parts, strict=True))
        made = Made(values, truth, bounds, origins, due, phases, plan.maker.seasons, series, unit)
        order = np.argsort(made.times, kind="stable")
        return made.take(order), order

    def _make_since(self, plan, chain, target):
        """Return forecasts as `make` does, of which those from fitted rows tell nothing."""
        made, order = self.make(plan, chain, target)
        return made._replace(truth=np.where(made.times[:, None] < len(self.times) - 1, np.nan, made.truth)), order

    def _levels_of(self, target, values, bounds):
        """Return what bounds start from, (n, horizon, n_levels, 2); with edges, of as many further levels."""
        has_edges = bool(self.edges) and self.edges[target] is not None
        shape = (*values.shape, len(self.levels) * (1 + has_edges), 2)
        return np.broadcast_to(values[:, :, None, None], shape) if bounds is None else bounds

    def _times_with(self, labels: Iterable[pd.Index]) -> pd.Index:
        """Return the times of the fitted rows and those of later steps."""
        later = [index[index > self.times[-1]] for index in labels]
        return (
            self.times.append(union_of([index for index in later if len(index)]))
            if any(map(len, later))
            else self.times
        )


def _without(forecasts, labels):
    """Return forecasts but for those from some origins."""
    kept = ~forecasts.grid.labels[forecasts.origins].isin(labels)
    bounds = None if forecasts.bounds is None else forecasts.bounds[kept]
    return forecasts._replace(
        origins=forecasts.origins[kept], values=forecasts.values[kept], truth=forecasts.truth[kept], bounds=bounds
    )


def naive_errors(grid: Grid, target: int, season: int, delay: int) -> NDArray[np.float64]:
    """Return for each step the mean error of the same a season before, over the steps known there, (n_steps,).

    Where there is none, or it is 0, the mean size of the target stands in its place; 1 where that is 0 too.
    """
    values = np.concatenate([np.full(delay, np.nan), grid.targets[: len(grid.targets) - delay, target]])
    changes = np.full(len(values), np.nan)
    changes[season:] = np.abs(values[season:] - values[:-season])
    error, size = _running_mean(changes), _running_mean(np.abs(values))
    return np.where(error > 0, error, np.where(size > 0, size, 1.0))


def _running_mean(values):
    """Return the mean of the values known up to each step; 0 before the first one."""
    is_known = ~np.isnan(values)
    return np.cumsum(np.where(is_known, values, 0)) / np.maximum(np.cumsum(is_known), 1)


def _number(times, labels):
    """Return which of some times each label is; steps without a name never come."""
    numbers = np.full(len(labels), NEVER)
    is_named = ~labels.isna()
    numbers[is_named] = times.searchsorted(labels[is_named])
    return numbers


def _join(plan: Plan, earlier: Forecasts | None, later: Forecasts) -> Forecasts:
    """Return the forecasts of one series with those made earlier, where there is none from the same origin."""
    if earlier is None:
        return later
    named = np.flatnonzero(later.grid.labels.notna())  # the others come after all origins
    found = later.grid.labels[named].get_indexer(earlier.grid.labels[earlier.origins])
    origins = named[found]
    kept = (found >= 0) & ~np.isin(origins, later.origins)
    origins = np.concatenate([origins[kept], later.origins])
    order = np.argsort(origins)
    values = np.concatenate([earlier.values[kept], later.values])[order]
    bounds = None
    if earlier.bounds is not None and later.bounds is not None:
        bounds = np.concatenate([earlier.bounds[kept], later.bounds])[order]
    origins = origins[order]
    return Forecasts(later.key, later.grid, origins, values, plan.cutter.targets(later.grid, origins), bounds)
