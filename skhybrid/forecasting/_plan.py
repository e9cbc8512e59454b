"""What a fit decides before a model is trained: how rows become samples, and forecasts rows again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._validation import warn
from skhybrid.forecasting._cut import Cutter, Samples, as_input
from skhybrid.forecasting._grid import Grid, GridMaker
from skhybrid.forecasting._transform import TargetTransform
from skhybrid.series.quantiles import find_levels, find_quantiles, predict_quantiles


@dataclass(frozen=True)
class Plan:
    """How rows become samples, and what is predicted of these forecasts.

    Attributes
    ----------
    maker : GridMaker
        How rows become a grid.
    cutter : Cutter
        How a grid becomes samples.
    transform : TargetTransform
        The scale of the targets.
    separate : bool
        Whether each target is a series of its own, all of which share one model.
    flat : bool
        Whether the model takes tables.
    passes_nan : bool
        Whether it takes NaN.
    min_history : int
        Number of steps that a series must have before an origin.
    seasons : tuple of int
        Lengths of the seasons, whether their phases are told or not.
    refuses_holes : bool
        Whether to refuse windows with a hole rather than to fill them.
    """

    maker: GridMaker
    cutter: Cutter
    transform: TargetTransform
    separate: bool
    flat: bool
    passes_nan: bool
    min_history: int
    seasons: tuple[int, ...]
    refuses_holes: bool

    @property
    def n_targets(self) -> int:
        """The number of targets."""
        return len(self.maker.roles.targets)

    def units(self, grid: Grid) -> list[tuple[Grid, Cutter]]:
        """Return a grid with targets transformed: whole, or for each target one that holds it alone."""
        grid = replace(grid, targets=self.transform.encode(grid.targets))
        if not self.separate:
            return [(grid, self.cutter)]
        delays, n = self.cutter.delays, self.n_targets
        return [
            (
                replace(grid, targets=grid.targets[:, i : i + 1]),
                replace(self.cutter, delays=(delays[i], *delays[n:])),
            )
            for i in range(n)
        ]

    def count_missing(self, grid: Grid) -> NDArray[np.intp]:
        """Return how many of the newest values of each feature are missing at each step, (n_steps, n_features)."""
        features = self.cutter.features(grid)
        steps = np.arange(len(features))[:, None]
        return steps - np.maximum.accumulate(np.where(np.isnan(features), -len(features), steps), axis=0)

    def can_forecast(self, grid: Grid, max_fill: int) -> NDArray[np.bool_]:
        """Return from which steps a forecast can be made: enough is known of the past, and all ahead."""
        return (self.count_missing(grid) <= max_fill).all(axis=1) & self.cutter.knows_ahead(grid)

    def count_filled(self, grid: Grid, origins: NDArray[np.intp]) -> int:
        """Return how many of the windows that end at origins have a hole."""
        whole = self.cutter.is_whole(grid, self.cutter.features(grid), 1)
        return int((~whole[origins]).sum())

    def report_holes(self, n_filled: int, n_forecasts: int) -> None:
        """Refuse windows with holes, or warn of them, as the plan is."""
        if not n_filled:
            return
        found = f"the windows of {n_filled} of {n_forecasts} forecasts have missing steps or values"
        if self.refuses_holes:
            raise ValueError(
                f"X must have no holes where missing='raise', but {found}; fill them, or set missing='drop', "
                "with which the value before a hole stands in it."
            )
        if not self.passes_nan:
            warn(f"{found}, in whose place the value before stands; fill them before to have all windows whole.")

    def read(self, parts: Iterable[tuple[Grid, NDArray[np.intp]]], *, fill: bool) -> list[Samples]:
        """Return the samples at some origins of each grid, unit by unit."""
        return [cutter.cut(unit, origins, fill=fill) for grid, origins in parts for unit, cutter in self.units(grid)]

    def shape(self, samples: Samples) -> Any:
        """Return samples as the model takes them."""
        return as_input(samples, self.maker.seasons, flat=self.flat)

    def forecast(self, estimator: Any, parts: Sequence[tuple[Grid, NDArray[np.intp]]]) -> list[NDArray[np.float64]]:
        """Return the forecasts from some origins of each grid, (n_origins, n_targets, horizon) each."""
        samples = self.read(parts, fill=not self.passes_nan)
        outputs = estimator.predict(self.shape(join(samples)))
        return [self.transform.decode(values) for values in self._restore(outputs, samples, parts)]

    def forecast_bounds(
        self, estimator: Any, parts: Sequence[tuple[Grid, NDArray[np.intp]]], levels: Sequence[float]
    ) -> list[NDArray[np.float64] | None]:
        """Return the quantiles between which intervals start, (n_origins, n_targets, horizon, n_levels, 2) each.

        None where the estimator forecasts no quantiles.
        """
        if not levels or find_quantiles(estimator) is None:
            return [None] * len(parts)
        known = find_levels(estimator)
        tails = [tail for level in levels for tail in ((1 - level) / 2, (1 + level) / 2)]
        columns = [int(np.argmin(np.abs(np.array(known) - tail))) for tail in tails]
        if not np.allclose([known[column] for column in columns], tails):
            raise ValueError(
                f"intervals of {', '.join(f'{level:g}' for level in levels)} need the quantiles "
                f"{', '.join(f'{tail:g}' for tail in sorted(tails))}, but the estimator forecasts {known}; set its "
                "quantiles to these and 0.5."
            )
        quantiles = self.forecast_quantiles(estimator, parts)
        return [of_part[..., columns].reshape(*of_part.shape[:3], len(levels), 2) for of_part in quantiles]

    def forecast_quantiles(
        self, estimator: Any, parts: Sequence[tuple[Grid, NDArray[np.intp]]]
    ) -> list[NDArray[np.float64]]:
        """Return the quantiles that an estimator forecasts, (n_origins, n_targets, horizon, n_quantiles) each."""
        samples = self.read(parts, fill=not self.passes_nan)
        outputs = np.asarray(predict_quantiles(estimator, self.shape(join(samples))))
        found = [self._restore(outputs[..., column], samples, parts) for column in range(outputs.shape[-1])]
        return [
            np.stack([self.transform.decode_quantiles(values) for values in of_part], axis=3)
            for of_part in zip(*found, strict=True)
        ]

    def _restore(self, outputs, samples, parts):
        """Return what is predicted at some origins of each grid, (n_origins, n_targets, horizon) each, in units."""
        outputs = np.asarray(outputs, dtype=np.float64)
        n_joint = 1 if self.separate else self.n_targets
        outputs = outputs.reshape(len(outputs), n_joint, self.cutter.horizon)
        outputs = outputs * np.concatenate([part.scale for part in samples])[:, :, None]
        forecasts, start = [], 0
        n_units = self.n_targets if self.separate else 1
        for _, origins in parts:
            stop = start + n_units * len(origins)
            # (unit, origin, joint target, step) -> (origin, target, step)
            block = outputs[start:stop].reshape(n_units, len(origins), n_joint, -1).transpose(1, 0, 2, 3)
            forecasts.append(block.reshape(len(origins), self.n_targets, -1))
            start = stop
        return forecasts


def join(samples: Sequence[Samples]) -> Samples:
    """Return samples of several series as one."""
    if len(samples) == 1:  # without a copy
        return samples[0]
    return Samples(*map(np.concatenate, zip(*samples, strict=True)))
