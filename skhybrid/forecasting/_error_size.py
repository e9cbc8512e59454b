"""How large the errors of forecasts are, by step ahead, phase of the season, level and series."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

NEVER = np.iinfo(np.intp).max  # the step at which what is not known becomes known
N_LEVELS, N_ROUNDS = 10, 3
PRIORS = (2, 10)  # forecasts of mean size that each factor is shrunk by, to choose from
CHOICES = (
    ("step",),
    ("step", "phase"),
    ("step", "level"),
    ("step", "phase", "level"),
    ("step", "phase", "long phase"),
    ("step", "phase", "long phase", "level"),
)
MAX_ROWS = 2000  # of forecasts by which is chosen; more tell no more
LEAST_SPREAD = 0.1  # of the mean one over the steps of a forecast, below which none is taken at its word


class Made(NamedTuple):
    """Forecasts in the order of their origins, of one series or several.

    Attributes
    ----------
    values : ndarray of shape (n, horizon)
        The forecasts.
    truth : ndarray of shape (n, horizon)
        What came; NaN where it is not known.
    bounds : ndarray of shape (n, horizon, n_levels, 2)
        What the model says of each level, narrowest first: its quantiles, or twice its forecast.
    times : ndarray of shape (n,)
        The number of the step that is the origin.
    due : ndarray of shape (n, horizon)
        The number of the step at which the truth is known.
    phases : ndarray of shape (n, horizon, n_seasons)
        The phase of each step in the seasons, shortest first.
    seasons : tuple of int
        Their lengths.
    series : ndarray of shape (n,)
        The number of the series; a series that is new has the number of those known, or a higher one.
    unit : ndarray of shape (n,)
        What errors are measured in.
    """

    values: NDArray[np.float64]
    truth: NDArray[np.float64]
    bounds: NDArray[np.float64]
    times: NDArray[np.intp]
    due: NDArray[np.intp]
    phases: NDArray[np.intp]
    seasons: tuple[int, ...]
    series: NDArray[np.intp]
    unit: NDArray[np.float64]

    def take(self, rows: NDArray[np.intp]) -> "Made":
        """Return some of the forecasts."""
        fields: dict[str, Any] = {name: value for name, value in self._asdict().items() if name != "seasons"}
        return Made(seasons=self.seasons, **{name: value[rows] for name, value in fields.items()})

    @property
    def levels(self) -> NDArray[np.float64]:
        """The forecasts in units of each, by which levels are told."""
        return self.values / self.unit[:, None]

    @property
    def spread(self) -> NDArray[np.float64]:
        """What each error is measured in: half of the model's narrowest interval, or the unit, (n, horizon)."""
        half = np.abs(self.bounds[:, :, 0, 1] - self.bounds[:, :, 0, 0]) / 2
        half = np.maximum(half, LEAST_SPREAD * half.mean(axis=1, keepdims=True))
        return np.where(half > 0, half, self.unit[:, None])

    def without_bounds(self) -> "Made":
        """Return the forecasts alone, as of a model without quantiles."""
        return self._replace(bounds=np.broadcast_to(self.values[:, :, None, None], self.bounds.shape))


@dataclass(frozen=True)
class ErrorSize:
    """The mean size of an error: a product of factors.

    Attributes
    ----------
    mean : float
        The mean absolute error, in units of the spread of each forecast.
    edges : ndarray of shape (N_LEVELS - 1,)
        The forecasts between levels.
    factors : dict of str to ndarray of shape (n_slots,)
        What it is multiplied by, by step, phase, level and series.
    """

    mean: float
    edges: NDArray[np.float64]
    factors: dict[str, NDArray[np.float64]]

    def of(self, made: Made) -> NDArray[np.float64]:
        """Return the mean size of the error of each forecast, (n, horizon)."""
        size = self.mean * made.spread
        for name, factor in self.factors.items():
            size *= factor[np.minimum(_slots(name, made, self.edges), len(factor) - 1)]
        return size


def learn_error_size(made: Made) -> ErrorSize:
    """Return the size of errors, with the factors that tell those of the later two thirds from earlier ones best."""
    n_rows = len(made.values)
    edges = np.quantile(made.levels, np.linspace(0, 1, N_LEVELS + 1)[1:-1])
    choices = [(names, prior) for names in CHOICES for prior in PRIORS if _has_seasons(made, names)]
    few = made.take(np.arange(0, n_rows, -(-n_rows // MAX_ROWS)))
    n_few = len(few.values)
    folds = [(n_few // 3, 2 * n_few // 3), (2 * n_few // 3, n_few)] if n_few >= 9 else []
    losses = np.zeros(len(choices))
    for first, stop in folds:
        later = few.take(np.arange(first, stop))
        earlier = few.take(np.arange(first))
        earlier = earlier._replace(truth=np.where(earlier.due <= later.times[0], earlier.truth, np.nan))
        if not (np.isnan(earlier.truth).all() or np.isnan(later.truth).all()):
            losses += [_loss(_fit(earlier, edges, *choice), later) for choice in choices]
    names, prior = choices[int(losses.argmin())]
    return _fit(made, edges, names, prior)


def mean_error_size(made: Made) -> ErrorSize:
    """Return the size of errors as one number for all."""
    return _fit(made, np.empty(0), (), 0)


def _has_seasons(made, names):
    return ("phase" in names) + ("long phase" in names) <= len(made.seasons)


def _slots(name, made, edges):
    """Return in which slot of a factor each forecast is, (n, horizon)."""
    match name:
        case "step":
            return np.broadcast_to(np.arange(made.values.shape[1]), made.values.shape)
        case "phase":
            return made.phases[:, :, 0]
        case "long phase":
            return made.phases[:, :, -1]
        case "level":
            return np.searchsorted(edges, made.levels)
        case _:
            return np.broadcast_to(made.series[:, None], made.values.shape)


def _count_slots(name, made):
    return {
        "step": made.values.shape[1],
        "phase": made.seasons[0] if made.seasons else 0,
        "long phase": made.seasons[-1] if made.seasons else 0,
        "level": N_LEVELS,
        "series": int(made.series.max()) + 2,  # the last one is of series that are new
    }[name]


def _fit(made, edges, names, prior):
    """Return the factors of some kinds, each shrunk to 1 as if `prior` forecasts of mean size had come before."""
    is_known = ~np.isnan(made.truth)
    errors = (np.abs(made.truth - made.values) / made.spread)[is_known]
    mean = max(errors.mean(), np.finfo(float).tiny)
    names = (*names, "series") if names and made.series.max() > 0 else names
    slots = {name: _slots(name, made, edges)[is_known] for name in names}
    factors = {name: np.ones(_count_slots(name, made)) for name in names}
    sizes = np.full(len(errors), mean)
    shrinkage = prior * made.values.shape[1] * mean
    for _ in range(N_ROUNDS):
        for name, of_name in slots.items():
            found, expected = (
                np.bincount(of_name, values, len(factors[name])) + shrinkage for values in (errors, sizes)
            )
            factors[name] = factors[name] * found / expected
            sizes = sizes * (found / expected)[of_name]
    return ErrorSize(float(mean), edges, factors)


def _loss(size, made):
    """Return how badly sizes fit errors: minus the log-likelihood of a Laplace distribution, but for a constant."""
    is_known = ~np.isnan(made.truth)
    sizes = size.of(made)[is_known]
    errors = np.abs(made.truth - made.values)[is_known]
    return np.log(sizes).mean() + np.log(max((errors / sizes).mean(), np.finfo(float).tiny))
