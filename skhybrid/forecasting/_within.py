"""Forecasts from rows of a table, each by what was known then, and their errors."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import warn
from skhybrid.forecasting._archive import Archive
from skhybrid.forecasting._grid import Grid
from skhybrid.forecasting._known import join
from skhybrid.forecasting._plan import Plan
from skhybrid.forecasting._table import Part, Table


class Forecasts(NamedTuple):
    """Forecasts of one series.

    Attributes
    ----------
    key : Hashable
        The series.
    grid : Grid
        Its steps.
    origins : ndarray of shape (n_origins,)
        The steps at which forecasts are made.
    values : ndarray of shape (n_origins, n_targets, horizon)
        The forecasts.
    truth : ndarray of shape (n_origins, n_targets, horizon)
        What came; NaN where it is not known.
    bounds : ndarray of shape (n_origins, n_targets, horizon, n_levels, 2) or None
        The quantiles between which intervals start, where the model forecasts them.
    """

    key: Hashable
    grid: Grid
    origins: NDArray[np.intp]
    values: NDArray[np.float64]
    truth: NDArray[np.float64]
    bounds: NDArray[np.float64] | None = None


def forecast_within(
    plan: Plan,
    estimator: Any,
    known: Mapping[Hashable, pd.DataFrame],
    table: Table,
    choose: Callable[[Grid, int], NDArray[np.intp]],
    max_fill: int,
    archive: Archive | None = None,
    *,
    levels: tuple[float, ...] = (),
    quiet: bool = False,
) -> Iterator[Forecasts]:
    """Yield the forecasts of each series of a table, before which known rows stand.

    Parameters
    ----------
    plan : Plan
        How rows become samples.
    estimator : estimator object
        The fitted estimator.
    known : mapping of Hashable to DataFrame
        The known rows of each series.
    table : Table
        The rows.
    choose : callable
        Returns the origins in a grid, of whose rows the last so many are those of the table.
    max_fill : int
        How many of the newest values may be missing.
    archive : Archive or None
        What was known ahead at each origin, where it differs from what was known later.
    levels : tuple of float
        The levels of intervals whose quantiles to forecast as well, where the estimator does.
    quiet : bool
        Whether to say nothing of rows without a forecast, and of holes.
    """
    found: list[tuple[Hashable, Grid, NDArray[np.intp]]] = []
    n_due = 0
    for key, part in table.parts.items():
        grid = lay(plan, known, key, part.frame, archive)
        origins = choose(grid, len(part.positions))
        if plan.refuses_holes and not quiet:
            plan.cutter.check_archived(grid, origins)
        n_due += len(origins)
        origins = origins[plan.can_forecast(grid, max_fill)[origins]]
        if len(origins):
            found.append((key, grid, origins))
    parts = [(grid, origins) for _, grid, origins in found]
    n_made = sum(len(origins) for _, origins in parts)
    if n_made < n_due and not quiet:
        warn(
            f"{n_due - n_made} of {n_due} rows have no forecast, as what is known ahead of them, or more than "
            f"max_fill={max_fill} of the newest values before, are missing in X; pass these as well."
        )
    if not quiet:
        plan.report_holes(sum(plan.count_filled(grid, origins) for grid, origins in parts), n_made)
    made = plan.forecast(estimator, parts) if parts else []
    bounds = plan.forecast_bounds(estimator, parts, levels) if parts else []
    for (key, grid, origins), values, between in zip(found, made, bounds, strict=True):
        yield Forecasts(key, grid, origins, values, plan.cutter.targets(grid, origins), between)


def shift(forecasts: Forecasts, bias: NDArray[np.float64] | None) -> Forecasts:
    """Return forecasts with a bias, (n_targets, horizon) or by origin, added to them and their bounds."""
    if bias is None:
        return forecasts
    bounds = None if forecasts.bounds is None else forecasts.bounds + bias[..., None, None]
    return forecasts._replace(values=forecasts.values + bias, bounds=bounds)


def lay(
    plan: Plan, known: Mapping[Hashable, pd.DataFrame], key: Hashable, frame: pd.DataFrame, archive: Archive | None
) -> Grid:
    """Return the grid of the rows of a series, before which known ones stand, with what an archive tells."""
    grid = plan.maker.make(join(known.get(key), frame, plan.maker.roles.used, "X"))
    return grid if archive is None else archive.lay(key, grid, plan.maker, plan.cutter)


def rows_of(grid: Grid, n_rows: int) -> NDArray[np.intp]:
    """Return the steps of the last rows of a grid."""
    return grid.numbers[len(grid.numbers) - n_rows :]


def place_rows(
    table: Table, made: Sequence[Forecasts], found: Sequence[NDArray[np.float64]], shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return what belongs to the origins of each series as rows of a table, (n_rows, *shape); NaN elsewhere."""
    rows = np.full((len(table.labels), *shape), np.nan)
    for of_series, values in zip(made, found, strict=True):
        part = table.parts[of_series.key]
        steps = rows_of(of_series.grid, len(part.positions))
        positions = part.positions[np.searchsorted(steps, of_series.origins)]
        rows[positions] = values.reshape(len(positions), *shape)
    return rows


def origins_of_targets(
    plan: Plan, is_origin: Callable[[pd.Index], NDArray[np.bool_]]
) -> Callable[[Grid, int], NDArray[np.intp]]:
    """Return a function that returns the origins whose targets are all known, and lie in the last rows of a grid."""

    def choose(grid: Grid, n_rows: int) -> NDArray[np.intp]:
        rows = grid.numbers[is_origin(grid.labels[grid.numbers])]
        rows = rows[rows + 1 + plan.cutter.lead >= grid.numbers[len(grid.numbers) - n_rows]]
        return rows[~np.isnan(plan.cutter.targets(grid, rows)).any(axis=(1, 2))]

    return choose


def spread(grid: Grid, part: Part, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of the rows of a table as those of the steps of one series, 0 where there is no row."""
    of_steps = np.zeros(len(grid.labels))
    of_steps[rows_of(grid, len(part.positions))] = weights[part.positions]
    return of_steps


def root_mean_squared_error(
    plan: Plan, made: Iterable[Forecasts], table: Table, weights: NDArray[np.float64] | None
) -> float:
    """Return the error of forecasts over all series; each counts by the mean weight of its targets' rows."""
    squares, counts = [np.empty(0)], [np.empty(0)]
    for forecasts in made:
        squares.append(((forecasts.values - forecasts.truth) ** 2).mean(axis=(1, 2)))
        steps = forecasts.origins[:, None] + 1 + plan.cutter.lead + np.arange(plan.cutter.horizon)
        of_steps = None if weights is None else spread(forecasts.grid, table.parts[forecasts.key], weights)
        counts.append(np.ones(len(steps)) if of_steps is None else of_steps[steps].mean(axis=1))
    if sum(map(np.sum, counts)) == 0:
        raise ValueError(
            f"X must hold all {plan.cutter.horizon} targets of an origin, but there is none among its "
            f"{len(table.labels)} rows; pass more rows that follow those fitted."
        )
    return float(np.sqrt(np.average(np.concatenate(squares), weights=np.concatenate(counts))))


def check_made(made: Sequence[Forecasts]) -> None:
    """Refuse rows of which no series has a forecast whose truth is known."""
    if not made:
        raise ValueError("X must hold all targets of an origin, but there is none; pass more rows that follow.")


def join_outputs(made: Sequence[Forecasts], name: str) -> NDArray[np.float64]:
    """Return the truth or the forecasts of several series, (n_origins, n_targets * horizon)."""
    check_made(made)
    return np.concatenate([getattr(of_series, name).reshape(len(of_series.origins), -1) for of_series in made])


def bound_names(levels: Sequence[float]) -> list[str]:
    """Return the names of the bounds of intervals."""
    return [f"{side}_{100 * level:g}" for level in levels for side in ("lower", "upper")]


def name_rows(
    forecasts: pd.DataFrame, keys: Sequence[Hashable], targets: Sequence[Hashable], *, is_panel: bool
) -> pd.DataFrame:
    """Return a table of forecasts with its series and targets named, where there are several."""
    forecasts["step"] = forecasts["step"].astype(int)
    for name, labels in (("series", keys), ("target", targets)):
        forecasts[name] = pd.Index(list(labels), tupleize_cols=False).take(forecasts[name].to_numpy(dtype=int))
    single = [] if is_panel else ["series"]
    return forecasts.drop(columns=single + ([] if len(targets) > 1 else ["target"]))


def tabulate(
    plan: Plan,
    forecasts: Iterable[Forecasts],
    keys: Sequence[Hashable],
    bounds: Sequence[NDArray[np.float64]] | None = None,
    levels: Sequence[float] = (),
) -> pd.DataFrame:
    """Return one row for each forecast whose truth is known; series and targets are told by their places."""
    lead = plan.cutter.lead
    frames = []
    for place, (key, grid, origins, values, truth, _) in enumerate(forecasts):
        n_origins, n_targets, horizon = values.shape
        shape = (n_origins, n_targets, horizon)
        steps = np.arange(lead + 1, lead + horizon + 1)
        columns = {
            "series": np.full(shape, keys.index(key)),
            "target": np.broadcast_to(np.arange(n_targets)[:, None], shape),
            "origin": np.broadcast_to(origins[:, None, None], shape),
            "step": np.broadcast_to(steps, shape),
            "time": np.broadcast_to(origins[:, None, None] + steps, shape),
            "y_true": truth,
            "forecast": values,
        }
        if bounds is not None:
            columns |= dict(
                zip(bound_names(levels), np.moveaxis(bounds[place], (3, 4), (0, 1)).reshape(-1, *shape), strict=True)
            )
        frame = pd.DataFrame({name: column.ravel() for name, column in columns.items()}).dropna()
        frames.append(frame.assign(origin=grid.labels[frame["origin"]], time=grid.labels[frame["time"]]))
    names = ["series", "target", "origin", "step", "time", "y_true", "forecast", *bound_names(levels)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(np.empty((0, len(names))), columns=names)
