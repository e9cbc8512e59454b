"""Intervals from the errors of earlier forecasts: calibrated once, then adapted to errors as they become known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from skhybrid.forecasting._error_size import NEVER, ErrorSize, Made, learn_error_size, mean_error_size

# Rates at which bounds follow errors, from not at all. A phase comes round once in a season, and has higher ones.
RATES = np.array([0.0, 0.001, 0.003, 0.01, 0.03])
RATE_OF_PHASE = 10
PRIOR = 0.15  # of the recent size of errors: how much the calibrated size counts beside it


@dataclass(frozen=True)
class Calibration:
    """What is learned from the errors of forecasts whose models had not seen them.

    Attributes
    ----------
    tails : ndarray of shape (n_levels,)
        The share of the truth that may lie beyond one bound of each interval.
    scaled : bool
        Whether a bound lies so many sizes of errors from its forecast; else so far beyond what the model says of it.
    symmetric : bool
        Whether both bounds are equally far away, and a tail is the share beyond either.
    adaptive : bool
        Whether bounds follow errors that become known.
    size : ErrorSize
        How large errors are.
    start : ndarray of shape (1 or horizon, n_levels, 2)
        How far a bound lies beyond what it starts from, in units of the size; of all steps together or by step.
    thirds : ndarray of shape (2,)
        The forecasts between low, middle and high ones.
    recent : Recent
        How large errors have been lately, at the end of the calibration.
    shapes : Shapes
        Errors of all steps of a forecast, in units of their size.
    n_origins : int
        Number of forecasts.
    """

    tails: NDArray[np.float64]
    scaled: bool
    symmetric: bool
    adaptive: bool
    size: ErrorSize
    start: NDArray[np.float64]
    thirds: NDArray[np.float64]
    recent: "Recent"
    shapes: "Shapes"
    n_origins: int

    @property
    def is_short(self) -> NDArray[np.bool_]:
        """Which levels have too few errors to be told, and stand on a normal distribution."""
        return np.asarray(self.n_origins + 1 < 1 / self.tails)


class Shapes(NamedTuple):
    """Errors of all steps of a forecast, in units of their size.

    Attributes
    ----------
    values : ndarray of shape (n, horizon)
        The errors.
    phases : ndarray of shape (n,)
        The phase of the first step.
    """

    values: NDArray[np.float64]
    phases: NDArray[np.intp]


@dataclass
class Recent:
    """The mean size of late errors of each series, in units of the calibrated one, with a half-life of one horizon.

    Attributes
    ----------
    half_life : int
        Steps after which an error counts half as much.
    total, weight : ndarray of shape (n_series,)
        The decayed sum of mean errors, and that of their weights.
    last : ndarray of shape (n_series,)
        The step of the last error; -1 before the first one.
    """

    half_life: int
    total: NDArray[np.float64]
    weight: NDArray[np.float64]
    last: NDArray[np.intp]

    @classmethod
    def start(cls, half_life: int, n_series: int) -> "Recent":
        """Return what is known before any error."""
        return cls(half_life, np.zeros(n_series), np.zeros(n_series), np.full(n_series, -1))

    def grown(self, n_series: int) -> "Recent":
        """Return a copy with room for series that are new."""
        n_new = max(n_series - len(self.total), 0)
        return Recent(
            self.half_life,
            np.append(self.total, np.zeros(n_new)),
            np.append(self.weight, np.zeros(n_new)),
            np.append(self.last, np.full(n_new, -1)),
        )

    def learn(self, time: int, series: NDArray[np.intp], sizes: NDArray[np.float64]) -> None:
        """Take in errors that have become known."""
        counts = np.bincount(series, minlength=len(self.total))
        changed = np.flatnonzero(counts)
        means = np.bincount(series, sizes, len(self.total))[changed] / counts[changed]
        elapsed = np.where(self.last[changed] < 0, 1, time - self.last[changed])
        kept = 0.5 ** (np.maximum(elapsed, 1) / self.half_life)
        self.total[changed] = kept * self.total[changed] + (1 - kept) * means
        self.weight[changed] = kept * self.weight[changed] + (1 - kept)
        self.last[changed] = time

    def sizes(self, series: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the recent size of errors of some series."""
        return (self.total[series] + PRIOR) / (self.weight[series] + PRIOR)


class Bounds(NamedTuple):
    """Intervals of forecasts.

    Attributes
    ----------
    lower, upper : ndarray of shape (n, horizon, n_levels)
        The bounds.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def calibrate(made: Made, levels: Sequence[float], *, scaled: bool, symmetric: bool, adaptive: bool) -> Calibration:
    """Learn how far bounds have to lie from forecasts, by the errors of earlier ones.

    Parameters
    ----------
    made : Made
        The earlier forecasts.
    levels : sequence of float
        The share of the truth that lies in each interval.
    scaled : bool
        Whether errors are measured in units of their size, of which the model's bounds tell where it has some; else
        each step is calibrated alone, and bounds are moved.
    symmetric, adaptive : bool
        See `Calibration`.
    """
    tails = (1 - np.asarray(levels)) / (1 if symmetric else 2)
    measured = _measured(made, scaled)
    size = learn_error_size(measured) if scaled else mean_error_size(measured)
    sizes = size.of(measured)
    recent = Recent.start(made.values.shape[1], int(made.series.max()) + 1)
    if adaptive:
        sizes = sizes * _follow(made, sizes, recent)[:, None]
    beyond = _beyond(_started(made, scaled), sizes, symmetric)
    n_origins = int((~np.isnan(made.truth)).any(axis=1).sum())
    groups = [slice(None)] if scaled else [slice(step, step + 1) for step in range(made.values.shape[1])]
    start = np.stack([_find_start(beyond[:, group], tails, n_origins) for group in groups])
    is_whole = ~np.isnan(made.truth).any(axis=1)
    phases = made.phases[is_whole, 0, 0] if made.seasons else np.zeros(is_whole.sum(), dtype=np.intp)
    shapes = Shapes(((made.truth - made.values) / sizes)[is_whole], phases)
    thirds = np.quantile(made.levels, [1 / 3, 2 / 3])
    return Calibration(tails, scaled, symmetric, adaptive, size, start, thirds, recent, shapes, n_origins)


def bound(calibration: Calibration, made: Made) -> Bounds:
    """Return the intervals of forecasts that follow those of the calibration, each by what was known at its origin."""
    sizes, started = find_sizes(calibration, made), _started(made, calibration.scaled)
    if calibration.adaptive:
        distances = _track(calibration, made, started, sizes)
    else:
        distances = np.broadcast_to(calibration.start, started.bounds.shape)
    lower, upper = np.moveaxis(started.bounds + np.array([-1, 1]) * distances * sizes[:, :, None, None], 3, 0)
    middle = (lower + upper) / 2
    return Bounds(np.minimum(lower, middle), np.maximum(upper, middle))  # bounds that cross meet


def bound_jointly(calibration: Calibration, made: Made, levels: Sequence[float]) -> Bounds:
    """Return intervals that hold all steps of a forecast at once: its largest error, in units of their size."""
    largest = np.sort(np.abs(calibration.shapes.values).max(axis=1, initial=0))
    if len(largest) + 1 < 1 / (1 - max(levels)):
        raise ValueError(
            f"joint intervals of {max(levels):g} need {int(np.ceil(1 / (1 - max(levels)))) - 1} earlier forecasts with "
            f"all their steps known, but there are {len(largest)}; fit to more rows, or pass joint=False."
        )
    sizes = find_sizes(calibration, made)
    distances = sizes[:, :, None] * [_conformal_quantile(largest, 1 - level) for level in levels]
    return Bounds(made.values[:, :, None] - distances, made.values[:, :, None] + distances)


def find_sizes(calibration: Calibration, made: Made) -> NDArray[np.float64]:
    """Return how large errors are at each origin, (n, horizon)."""
    sizes = calibration.size.of(_measured(made, calibration.scaled))
    if not calibration.adaptive:
        return sizes
    recent = calibration.recent.grown(int(made.series.max(initial=-1)) + 1)
    return sizes * _follow(made, sizes, recent)[:, None]


def _measured(made, scaled):
    """Return forecasts as the size of errors is told from."""
    return made if scaled else made.without_bounds()


def _started(made, scaled):
    """Return forecasts as intervals start from."""
    return made.without_bounds() if scaled else made


def _find_start(beyond, tails, n_origins):
    """Return the conformal quantile of how far the truth lay beyond bounds, (n_levels, 2)."""
    start = np.empty((len(tails), 2))
    for level, tail in enumerate(tails):
        for side in range(2):
            values = np.sort(beyond[:, :, level, side], axis=None)
            values = values[~np.isnan(values)]
            if n_origins + 1 < 1 / tail:
                start[level, side] = norm.isf(tail) * np.sqrt(np.mean(values**2))
            else:
                start[level, side] = _conformal_quantile(values, tail)
    return start


def _conformal_quantile(values, tail):
    """Return the value, of sorted ones, that a further one exceeds with a chance of at most `tail`."""
    place = int(np.ceil((len(values) + 1) * (1 - tail) - 1e-9))  # not one too many by rounding
    return values[min(place, len(values)) - 1]


def _beyond(made, sizes, symmetric):
    """Return how far the truth lies beyond what bounds start from, in units of sizes, (n, horizon, n_levels, 2)."""
    beyond = np.array([-1, 1]) * (made.truth[:, :, None, None] - made.bounds) / sizes[:, :, None, None]
    return np.broadcast_to(beyond.max(axis=3, keepdims=True), beyond.shape) if symmetric else beyond


def _arrivals(made):
    """Yield in order each step at which errors become known, or forecasts are made: which errors, and which forecasts.

    Errors of a step come first. Those of one step are learned from at once, whenever forecasts are made.
    """
    due = np.where(np.isnan(made.truth), NEVER, made.due).ravel()
    order = np.argsort(due, kind="stable")
    order = order[: np.searchsorted(due[order], NEVER)]
    times = np.union1d(made.times, due[order])
    errors = np.searchsorted(due[order], np.append(times, NEVER))
    rows = np.searchsorted(made.times, np.append(times, NEVER))
    for place, time in enumerate(times):
        cells = order[errors[place] : errors[place + 1]]
        yield time, slice(rows[place], rows[place + 1]), np.divmod(cells, made.truth.shape[1])


def _follow(made, sizes, recent):
    """Return the recent size of errors at each origin, in units of the calibrated sizes; `recent` takes them in."""
    errors = np.abs(made.truth - made.values) / sizes
    found = np.empty(len(made.times))
    for time, rows, (origins, steps) in _arrivals(made):
        if len(origins):
            recent.learn(time, made.series[origins], errors[origins, steps])
        found[rows] = recent.sizes(made.series[rows])
    return found


def _track(calibration, made, started, sizes):
    """Return how far bounds lie from what they start from, (n, horizon, n_levels, 2).

    They are a mean over rates of adapting, and over the model's own bounds where it has some and these do not start
    from them.
    """
    beyond = _beyond(started, sizes, calibration.symmetric)
    own = _own_distances(made, started, sizes, calibration.symmetric)
    groups = _groups(calibration, made)
    n_kinds = len(RATES) + own.shape[2]
    tracker = _Tracker(calibration, [n_slots for _, n_slots, _ in groups], [faster for _, _, faster in groups], n_kinds)
    slots = np.stack([of_group for of_group, _, _ in groups])
    issued = np.empty((*made.values.shape, n_kinds, *beyond.shape[2:]))
    issued[:, :, len(RATES) :] = own
    mixed = np.empty_like(beyond)
    for _, rows, known in _arrivals(made):
        if len(known[0]):
            tracker.learn(known[1], slots[:, *known], beyond[known], issued[known], mixed[known])
        if rows.start < rows.stop:
            issued[rows, :, : len(RATES)] = tracker.bounds(slots[:, rows])
            mixed[rows] = (issued[rows] * tracker.shares).sum(axis=2)
    return mixed


def _own_distances(made, started, sizes, symmetric):
    """Return how far the model's own bounds lie from what is started from, (n, horizon, 1 or 0, n_levels, 2)."""
    if started is made or not np.ptp(made.bounds, axis=(2, 3)).any():
        return np.empty((*made.values.shape, 0, *made.bounds.shape[2:]))
    distances = np.array([-1, 1]) * (made.bounds - started.bounds) / sizes[:, :, None, None]
    if symmetric:
        distances = np.broadcast_to(distances.max(axis=3, keepdims=True), distances.shape)
    return distances[:, :, None]


def _groups(calibration, made):
    """Return by what bounds adapt: for each group the slot of each forecast, the number of slots, how much faster."""
    shape = made.values.shape
    groups = [(np.broadcast_to(np.arange(shape[1]), shape), shape[1], 1)]
    if made.seasons:
        groups.append((made.phases[:, :, 0], made.seasons[0], RATE_OF_PHASE))
    groups.append((np.searchsorted(calibration.thirds, made.levels), 3, 1))
    if made.series.max() > 0:
        groups.append((np.broadcast_to(made.series[:, None], shape), int(made.series.max()) + 1, 1))
    return groups


class _Tracker:
    """Bounds that follow errors, at several rates, and the share of each rate, and of what is given beside them.

    The distance of a bound is the calibrated one and a correction for each group. A correction moves against the
    gradient of the pinball loss. Shares come from the losses so far (ML-Poly, Gaillard et al. 2014).
    """

    def __init__(self, calibration: Calibration, n_slots: Sequence[int], faster: Sequence[int], n_kinds: int):
        self.start, self.symmetric = calibration.start, calibration.symmetric
        shape = (len(calibration.tails), 2)
        self.tails = np.broadcast_to(calibration.tails[:, None], shape)
        self.corrections = [np.zeros((n, len(RATES), *shape)) for n in n_slots]
        self.rates = [RATES[:, None, None] * times for times in faster]
        n_steps = n_slots[0]
        self.regrets, self.squares = np.zeros((2, n_steps, n_kinds, *shape))
        self.shares = np.full((n_steps, n_kinds, *shape), 1 / n_kinds)

    def bounds(self, slots: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the distances in some slots, (..., n_rates, n_levels, 2)."""
        moved = sum(correction[of_group] for correction, of_group in zip(self.corrections, slots, strict=True))
        return np.asarray(self.start[:, None] + moved)

    def learn(self, steps: Any, slots: Any, beyond: Any, issued: Any, mixed: Any) -> None:
        """Take in errors: where they were, how far beyond, and the distances that were issued."""
        slope = np.where(beyond > mixed, self.tails - 1, self.tails)[:, None]  # of the loss at the mixed distance
        regret = slope * (mixed[:, None] - issued)
        np.add.at(self.regrets, steps, regret)
        np.add.at(self.squares, steps, regret**2)
        changed = np.unique(steps)
        weights = np.maximum(self.regrets[changed], 0) / (self.squares[changed] + np.finfo(float).tiny)
        total = weights.sum(axis=1, keepdims=True)
        self.shares[changed] = np.where(total > 0, weights / np.where(total > 0, total, 1), 1 / weights.shape[1])
        start = self.start[steps if len(self.start) > 1 else np.zeros_like(steps)][:, None]
        now = start + sum(c[s] for c, s in zip(self.corrections, slots, strict=True))
        pull = (beyond[:, None] > now) - self.tails
        for correction, of_group, rate in zip(self.corrections, slots, self.rates, strict=True):
            present, place, counts = np.unique(of_group, return_inverse=True, return_counts=True)
            total = np.zeros((len(present), *pull.shape[1:]))
            np.add.at(total, place, pull)
            correction[present] += rate * total / counts[:, None, None, None]
