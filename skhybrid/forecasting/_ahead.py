"""Forecasts of what comes after the known rows."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import check_positive_int, warn
from skhybrid.forecasting._bands import Bands
from skhybrid.forecasting._coming import add_coming, check_same_series
from skhybrid.forecasting._grid import Grid, name_steps
from skhybrid.forecasting._known import count_known
from skhybrid.forecasting._plan import Plan
from skhybrid.forecasting._table import Table, whose
from skhybrid.forecasting._within import Forecasts, bound_names, shift


class Start(NamedTuple):
    """Where the forecast of a series starts.

    Attributes
    ----------
    past : DataFrame
        The rows up to the origin.
    coming : DataFrame or None
        What is known of later ones.
    """

    past: pd.DataFrame
    coming: pd.DataFrame | None


def begin(plan: Plan, known: Mapping[Hashable, pd.DataFrame], future: Table | None) -> dict[Hashable, Start]:
    """Return where the forecast of each series starts, of whose known rows and of what is known ahead."""
    if future is not None and plan.maker.roles.known:
        check_same_series(future, list(known))
    return {key: _start(plan, frame, future, key) for key, frame in known.items()}


def forecast_ahead(
    plan: Plan,
    estimator: Any,
    starts: dict[Hashable, Start],
    n_steps: int | None,
    max_fill: int,
    bias: Mapping[Hashable, NDArray[np.float64]],
    bands: Bands | None,
    *,
    joint: bool,
) -> dict[Hashable, pd.DataFrame]:
    """Return the forecasts of each series.

    Parameters
    ----------
    plan : Plan
        How rows become samples.
    estimator : estimator object
        The fitted estimator.
    starts : dict of Hashable to Start
        Where each series is.
    n_steps : int or None
        Number of steps to forecast; None for the horizon.
    max_fill : int
        How many of the newest values may be missing.
    bias : mapping of Hashable to ndarray of shape (n_targets, horizon)
        What is added to the forecasts of some series.
    bands : Bands or None
        What intervals follow from, if there are any.
    joint : bool
        Whether intervals hold all steps at once.
    """
    horizon = plan.cutter.horizon
    n_steps = horizon if n_steps is None else check_positive_int(n_steps, "n_steps")
    if n_steps > horizon:
        _check_recursive(plan, n_steps)
        if bands is not None:
            warn(f"Beyond the horizon of {horizon} steps there are no intervals: their bounds are NaN.")
    blocks: dict[Hashable, list[pd.DataFrame]] = {key: [] for key in starts}
    intervals: list[NDArray[np.float64]] = []
    for _ in range(0, n_steps, horizon):
        made = _forecast_next(plan, estimator, starts, max_fill, bias, () if bands is None else bands.levels)
        if bands is not None and not intervals:
            intervals = bands.bound(plan, made, joint=joint)
        for of_series in made:
            index = _index_ahead(plan, of_series).rename(starts[of_series.key].past.index.name)
            frame = pd.DataFrame(of_series.values[0].T, index, list(plan.maker.roles.targets))
            blocks[of_series.key].append(frame)
            starts = {**starts, of_series.key: _go_on(starts[of_series.key], frame)}
    frames = {key: name_columns(pd.concat(parts).iloc[:n_steps]) for key, parts in blocks.items()}
    if bands is None:
        return frames
    return {
        key: add_bounds(frame, bounds[0], bands.levels)
        for (key, frame), bounds in zip(frames.items(), intervals, strict=True)
    }


def draw_ahead(
    plan: Plan,
    estimator: Any,
    starts: dict[Hashable, Start],
    max_fill: int,
    bias: Mapping[Hashable, NDArray[np.float64]],
    bands: Bands,
    n_paths: int,
    rng: np.random.RandomState,
) -> dict[Hashable, pd.DataFrame]:
    """Return paths of each series over the horizon, one column each, or of several targets (target, path)."""
    made = _forecast_next(plan, estimator, starts, max_fill, bias, bands.levels)
    targets, paths = list(plan.maker.roles.targets), pd.RangeIndex(n_paths, name="path")
    columns = paths if len(targets) == 1 else pd.MultiIndex.from_product([targets, paths], names=["target", "path"])
    return {
        of_series.key: pd.DataFrame(
            drawn.transpose(1, 0, 2).reshape(plan.cutter.horizon, -1),
            _index_ahead(plan, of_series).rename(starts[of_series.key].past.index.name),
            columns,
        )
        for of_series, drawn in zip(made, bands.draw(plan, made, n_paths, rng), strict=True)
    }


def _forecast_next(plan, estimator, starts, max_fill, bias, levels):
    """Return the forecasts of one horizon, one of each series."""
    grids = {key: lay_ahead(plan, start, whose(key)) for key, start in starts.items()}
    origins = {key: grid.last for key, grid in grids.items()}
    _check_newest(plan, grids, origins, max_fill)
    parts = [(grid, np.array([origins[key]])) for key, grid in grids.items()]
    made = zip(
        grids, parts, plan.forecast(estimator, parts), plan.forecast_bounds(estimator, parts, levels), strict=True
    )
    forecasts = [
        shift(Forecasts(key, *part, values, plan.cutter.targets(*part), bounds), bias.get(key))
        for key, part, values, bounds in made
    ]
    return [of_series._replace(values=plan.transform.bound(of_series.values)) for of_series in forecasts]


def _index_ahead(plan, of_series):
    """Return the times of the steps that the one forecast of a series is of."""
    first = of_series.origins[0] + 1 + plan.cutter.lead
    return of_series.grid.labels[first : first + plan.cutter.horizon]


def lay_ahead(plan: Plan, start: Start, whose: str) -> Grid:
    """Return the grid of a series up to its origin, with what is known of the steps to forecast."""
    past, coming = start
    maker, lead, horizon = plan.maker, plan.cutter.lead, plan.cutter.horizon
    numbers = maker.steps.number(past.index, len(past))
    names = None if coming is None else coming.index
    labels = name_steps(past.index, numbers, maker.steps, int(numbers[-1]) + 1 + lead + horizon, names)
    steps = labels[int(numbers[-1]) + 1 :]
    if steps.hasnans:
        raise ValueError(
            f"future must name the coming {lead + horizon} steps{whose}, since the known rows do not tell when they "
            f"are, but names {0 if names is None else len(names)}; pass a DataFrame with their times as index, or "
            "forecast with freq."
        )
    return maker.make(add_coming(past, coming, steps, lead, maker.roles.known, whose), steps)


def _start(plan, frame, future, key):
    """Return the rows of a series up to its last known target, and what is known of those after it."""
    n_known = count_known(frame, plan.maker.roles.targets)
    if n_known == 0:
        raise ValueError(
            f"X must hold a known target{whose(key)}, but there is none to forecast from; update with its rows, or "
            "leave it out with series=[...]."
        )
    coming = frame.iloc[n_known:]
    if future is not None and key in future.parts:
        coming = future.parts[key].frame
    coming = coming[coming.index > frame.index[n_known - 1]]
    return Start(frame.iloc[:n_known], coming if len(coming) else None)


def _go_on(start, forecast):
    """Return the start of the next forecast, for which this one counts as known."""
    past, coming = start
    rows = (
        forecast
        if coming is None
        else coming.reindex(forecast.index).drop(columns=forecast, errors="ignore").join(forecast)
    )
    fixed = past.columns.difference(rows.columns)
    later = None if coming is None else coming[coming.index > forecast.index[-1]]
    rows = pd.concat([past, rows])
    rows[fixed] = rows[fixed].ffill()  # what never changes
    return Start(rows, later if later is not None and len(later) else None)


def name_columns(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Return forecasts with the names of what is forecast of the targets."""
    if forecasts.shape[1] == 1:
        return forecasts.set_axis(["forecast"], axis=1)
    return forecasts.set_axis(pd.MultiIndex.from_product([forecasts.columns, ["forecast"]]), axis=1)


def add_bounds(forecasts: pd.DataFrame, bounds: NDArray[np.float64], levels: Sequence[float]) -> pd.DataFrame:
    """Return forecasts with columns of their bounds, (n_targets, horizon, n_levels, 2); NaN in rows after these."""
    names = bound_names(levels)
    targets = [None] if forecasts.columns.nlevels == 1 else list(forecasts.columns.get_level_values(0))
    blocks = []
    for target, of_target in zip(targets, bounds, strict=True):
        forecast = forecasts if target is None else forecasts[[(target, "forecast")]]
        values = np.full((len(forecasts), len(names)), np.nan)
        n_steps = min(len(forecasts), len(of_target))
        values[:n_steps] = of_target[:n_steps].reshape(n_steps, -1)
        columns = names if target is None else pd.MultiIndex.from_product([[target], names])
        blocks += [forecast, pd.DataFrame(values, forecasts.index, columns)]
    return pd.concat(blocks, axis=1)


def _check_recursive(plan, n_steps):
    """Refuse to forecast beyond the horizon where what windows hold is not forecast."""
    roles, cutter = plan.maker.roles, plan.cutter
    obstacle = (
        f"windows hold {list(roles.past)}, which are not forecast"
        if roles.past
        else "lead is set"
        if cutter.lead
        else "delay is set"
        if any(cutter.delays)
        else ""
    )
    if obstacle:
        raise ValueError(
            f"n_steps must be at most horizon={cutter.horizon} where {obstacle}, but is {n_steps}; fit with a longer "
            "horizon."
        )


def _check_newest(plan, grids, origins, max_fill):
    """Refuse windows of which more than `max_fill` of the newest values are missing; warn of others with a hole."""
    columns = [*plan.maker.roles.targets, *plan.maker.roles.past]
    n_filled = 0
    for key, grid in grids.items():
        n_missing = plan.count_missing(grid)[origins[key]]
        if n_missing.max() > max_fill:
            raise ValueError(
                f"max_fill={max_fill} is exceeded{whose(key)}: the newest {n_missing.max()} values of "
                f"{columns[n_missing.argmax()]!r} up to {grid.labels[origins[key]]} are missing; update with them, or "
                "pass a larger max_fill."
            )
        n_filled += plan.count_filled(grid, np.array([origins[key]]))
    plan.report_holes(n_filled, len(grids))
    short = [key for key, origin in origins.items() if origin + 1 < plan.min_history]
    if short:
        warn(
            f"{len(short)} of {len(grids)} series have fewer than min_history={plan.min_history} steps"
            f"{whose(short[0])}{', ...' if len(short) > 1 else ''}; in the windows of their forecasts the first value "
            "stands for the steps before it."
        )
