"""What a fit learns of the rows before a model is trained, and which samples the model is trained on."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import check_seasons
from skhybrid.forecasting._archive import Archive
from skhybrid.forecasting._calendar import find_seasons, knows_year
from skhybrid.forecasting._columns import learn_encoder
from skhybrid.forecasting._cut import Cutter, Samples
from skhybrid.forecasting._grid import Grid, GridMaker
from skhybrid.forecasting._known import count_known
from skhybrid.forecasting._plan import Plan, join
from skhybrid.forecasting._roles import Roles, check_numeric, learn_roles
from skhybrid.forecasting._table import Table, union_of
from skhybrid.forecasting._transform import learn_transform
from skhybrid.series.phases import Clock, learn_clock
from skhybrid.series.readers import takes_nan, takes_windows
from skhybrid.series.steps import Steps, check_steps, learn_steps

YEAR = pd.Timedelta(days=366)


class Training(NamedTuple):
    """The samples that a model is trained on, in time order.

    Attributes
    ----------
    X : ndarray or Windows
        What it reads.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        What it learns, target by target and step by step.
    weights : ndarray of shape (n_samples,) or None
        How much each counts.
    gap : int
        Samples to leave out between those trained on and those that validate, so that no target is known too early.
    n_left_out : int
        Origins left out, since their window or target touches a hole.
    """

    X: Any
    y: NDArray[np.float64]
    weights: NDArray[np.float64] | None
    gap: int
    n_left_out: int


def learn_plan(forecaster: Any, table: Table, archive: Archive | None = None) -> Plan:
    """Return how rows become samples, as parameters say and the rows of a table allow."""
    frames = {key: part.frame for key, part in table.parts.items()}
    archived = () if archive is None else archive.parts.values()
    columns, estimator = list(next(iter(frames.values())).columns), forecaster.estimator
    roles = learn_roles(columns, forecaster.target, forecaster.past, forecaster.known_future, forecaster.static)
    check_numeric(frames.values(), roles.targets)
    longest = max(frames.values(), key=len).index
    steps = learn_steps(longest, forecaster.freq)
    if forecaster.missing == "raise":
        _refuse_holes(frames, steps, roles, () if archive is None else archive.columns)
    seasons = find_lengths(forecaster.season_length, longest, steps)
    uses_calendar = forecaster.calendar == "auto"
    told = seasons if uses_calendar else ()
    maker = GridMaker(
        roles,
        learn_encoder([*frames.values(), *archived], roles.used, forecaster.categorical),
        steps,
        learn_clock(longest, steps, told) if told else Clock(),
        told,
        uses_calendar and knows_year(longest, steps) and longest[-1] - longest[0] >= YEAR,
        forecaster.holidays,
        forecaster.lead + forecaster.horizon,
    )
    separate = estimator is None and len(roles.targets) > 1
    window_length = forecaster.window_length or find_window(forecaster.horizon, seasons, len(longest))
    cutter = Cutter(
        window_length,
        forecaster.horizon,
        forecaster.lead,
        _delays(forecaster.delay, roles),
        scaled=(table.is_panel or separate) and forecaster.target_transform is None,
    )
    flat = estimator is not None and not takes_windows(estimator)
    passes_nan = flat and forecaster.missing == "drop" and takes_nan(estimator)
    targets = np.concatenate([frame[list(roles.targets)].to_numpy(dtype=np.float64) for frame in frames.values()])
    transform = learn_transform(forecaster.target_transform, forecaster.bounds, targets)
    least = forecaster.min_history or (
        min(window_length, max(seasons[:1], default=1)) if table.is_panel else window_length
    )
    return Plan(maker, cutter, transform, separate, flat, passes_nan, least, seasons, forecaster.missing == "raise")


def find_lengths(season_length: Any, labels: pd.Index, steps: Steps) -> tuple[int, ...]:
    """Return the lengths of the seasons, as a parameter says or the labels tell, shortest first."""
    if season_length is None:
        return find_seasons(labels, steps)
    seasons = check_seasons([season_length] if np.ndim(season_length) == 0 else season_length)
    return tuple(sorted(seasons))


def find_window(horizon: int, seasons: tuple[int, ...], n_rows: int) -> int:
    """Return the length of windows: eight seasons, the longest season and the horizon; a third of the rows at most."""
    season = seasons[0] if seasons else horizon
    longest = max(8 * season, max(seasons, default=0) + horizon)
    return max(1, min(longest, n_rows // 3) // season * season or n_rows // 3)


def _delays(delay, roles):
    """Return how many steps late each feature of a window is known."""
    features = [*roles.targets, *roles.past]
    delays = {} if delay is None else delay
    for name, n_steps in delays.items():
        if name not in features:
            raise ValueError(
                f"delay must name columns of target and past, {features}, but names {name!r}; name it in past, or "
                "leave it out."
            )
        if not (isinstance(n_steps, int | np.integer) and n_steps >= 0):
            raise ValueError(
                f"delay must give a number of steps, at least 0, for each column, but gives {n_steps!r} for {name!r}; "
                "pass for example 48."
            )
    return tuple(int(delays.get(name, 0)) for name in features)


def _refuse_holes(
    frames: Mapping[Hashable, pd.DataFrame], steps: Steps, roles: Roles, archived: Sequence[Hashable]
) -> None:
    """Refuse missing steps, and NaN, in rows up to the last known target; what an archive tells may be missing."""
    read_columns = [name for name in roles.used if name not in archived or name in roles.past]
    for frame in frames.values():
        check_steps(steps.number(frame.index, len(frame)), frame.index)
        read = frame.iloc[: count_known(frame, roles.targets)]
        columns = [name for name in read_columns if read[name].isna().any()]
        if columns:
            rows = np.flatnonzero(read[columns[0]].isna())
            raise ValueError(
                f"X must hold no NaN up to its last known target, but column {columns[0]!r} has {len(rows)} (first at "
                f"{read.index[rows[0]]}); fill them, or leave out what touches them with missing='drop'."
            )


def pick_training(
    plan: Plan, grids: Mapping[Hashable, Grid], is_origin: Any, weights: Mapping[Hashable, Any] | None, half_life: Any
) -> Training:
    """Return the samples to train on: of all series, in time order.

    Parameters
    ----------
    plan : Plan
        How samples are cut.
    grids : mapping of Hashable to Grid
        The series.
    is_origin : callable
        Returns which of some labels are times at which forecasts are made.
    weights : mapping of Hashable to ndarray of shape (n_steps,), or None
        The weight of each step as a target.
    half_life : int or None
        Number of steps after which, counted back from the last one, a sample counts half as much.
    """
    samples, y, steps, counts, n_left_out = _join(pick_samples(plan, grids, is_origin, weights))
    if len(steps) == 0:
        raise ValueError(
            f"X must hold an origin with a whole window of {plan.cutter.window_length} steps and {plan.cutter.horizon} "
            f"known targets after it, but {n_left_out} origins touch what is missing and none is left (n_samples="
            f"{sum(len(grid.numbers) for grid in grids.values())}); pass a smaller window_length or horizon, or more "
            "rows."
        )
    counts = fade(counts, steps, half_life)
    has_weights = weights is not None or half_life is not None
    gap = find_gap(steps, plan.cutter.lead + plan.cutter.horizon)
    y = y[:, 0] if y.shape[1] == 1 else y
    return Training(plan.shape(samples), y, counts if has_weights else None, gap, n_left_out)


class Picked(NamedTuple):
    """The samples of one series, their targets, at which of all times they are, their weights, and those left out."""

    samples: Samples
    y: NDArray[np.float64]
    steps: NDArray[np.intp]
    weights: NDArray[np.float64]
    n_left_out: int


def pick_samples(
    plan: Plan, grids: Mapping[Hashable, Grid], is_origin: Any, weights: Mapping[Hashable, Any] | None
) -> list[Picked]:
    """Return the samples to train on of each series, and of each target where these are series of their own."""
    times = union_of([grid.labels[grid.numbers] for grid in grids.values()])
    return [
        _pick(plan, unit, cutter, is_origin, np.ones(len(unit.labels)) if weights is None else weights[key], times)
        for key, grid in grids.items()
        for unit, cutter in plan.units(grid)
    ]


def fade(weights: NDArray[np.float64], steps: NDArray[np.intp], half_life: int | None) -> NDArray[np.float64]:
    """Return the weights of samples at some steps, halved with each half-life before the last of these."""
    return weights if half_life is None else weights * 0.5 ** ((steps.max() - steps) / half_life)


def _pick(plan, grid, cutter, is_origin, weights, times):
    """Return the samples of one series to train on; weights are those of its steps as targets."""
    rows = grid.numbers[is_origin(grid.labels[grid.numbers])]
    first = plan.min_history + max(cutter.delays, default=0) - 1
    rows = rows[(rows >= first) & (rows <= grid.last - cutter.lead - cutter.horizon)]
    counts = weights[rows[:, None] + 1 + cutter.lead + np.arange(cutter.horizon)].mean(axis=1)
    rows, counts = rows[counts > 0], counts[counts > 0]
    targets = cutter.targets(grid, rows)
    is_broken = np.isnan(targets).any(axis=(1, 2)) | ~cutter.knows_ahead(grid)[rows]
    if not plan.passes_nan:
        is_broken |= ~cutter.is_whole(grid, cutter.features(grid), plan.min_history)[rows]
    if plan.refuses_holes:
        cutter.check_archived(grid, rows)
    rows = rows[~is_broken]
    samples = cutter.cut(grid, rows, fill=False)
    y = (targets[~is_broken] / samples.scale[:, :, None]).reshape(len(rows), targets.shape[1] * cutter.horizon)
    steps = times.get_indexer(grid.labels[rows])
    return Picked(samples, y, steps, counts[~is_broken], int(is_broken.sum()))


def _join(picked: Sequence[Picked]) -> Picked:
    """Return the samples of all series in time order."""
    if len(picked) == 1:  # without a copy
        return picked[0]
    order = np.argsort(np.concatenate([part.steps for part in picked]), kind="stable")
    y, steps, weights = (
        np.concatenate([getattr(part, name) for part in picked])[order] for name in ("y", "steps", "weights")
    )
    samples = Samples(*(part[order] for part in join([part.samples for part in picked])))
    return Picked(samples, y, steps, weights, sum(part.n_left_out for part in picked))


def find_gap(steps: NDArray[np.intp], n_ahead: int) -> int:
    """Return how many samples before any other have targets that are not known at its origin.

    Samples are in time order, at the given steps; their last target lies `n_ahead` steps after them.
    """
    n_earlier = np.searchsorted(steps, steps - n_ahead, side="right")
    return int(max((np.arange(len(steps)) - n_earlier).max(), 0))


def make_filter(origins: Any) -> Any:
    """Return a function that says at which labels forecasts are made: at all, or at some times of the day."""
    if origins is None:
        return lambda labels: np.ones(len(labels), dtype=bool)
    times = _read_times([origins] if isinstance(origins, str) else list(origins))

    def is_origin(labels: pd.Index) -> NDArray[np.bool_]:
        if not isinstance(labels, pd.DatetimeIndex):
            raise ValueError(
                f"origins={origins!r} needs rows with times as their labels, but they are of type {labels.dtype}; pass "
                "rows with a time index, or origins=None."
            )
        return np.isin(labels.time, times)

    return is_origin


def _read_times(texts: Iterable[Any]) -> list[Any]:
    try:
        return [pd.Timestamp(f"1970-01-01 {text}").time() for text in texts]
    except (ValueError, TypeError):
        raise ValueError(
            f"origins must be times of the day such as '10:00', but is {list(texts)!r}; pass one or several."
        ) from None
