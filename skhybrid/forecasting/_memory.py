"""What a fitted forecaster remembers: how rows become samples, and the rows that it knows."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import warn
from skhybrid.forecasting._ahead import add_bounds, begin, draw_ahead, forecast_ahead
from skhybrid.forecasting._archive import Archive, read_archive
from skhybrid.forecasting._bands import Bands
from skhybrid.forecasting._cold import ColdStart
from skhybrid.forecasting._grid import Grid
from skhybrid.forecasting._known import count_known, like_known, place
from skhybrid.forecasting._plan import Plan
from skhybrid.forecasting._table import Part, Table, attach, read_table, whose
from skhybrid.forecasting._within import Forecasts, forecast_within, lay, shift


class Bias(NamedTuple):
    """The mean of the errors that are known, truth less forecast, by target and step, (n_targets, horizon).

    Attributes
    ----------
    total : ndarray of shape (n_targets, horizon)
        The weighted sum of errors.
    weight : ndarray of shape (n_targets, horizon)
        The sum of their weights.
    """

    total: NDArray[np.float64]
    weight: NDArray[np.float64]

    def mean(self, prior: int) -> NDArray[np.float64]:
        """Return the mean, as if so many errors of 0 had come before."""
        return self.total / (self.weight + prior)


@dataclass(frozen=True)
class Memory:
    """What a fitted forecaster remembers.

    Attributes
    ----------
    plan : Plan
        How rows become samples, and what is predicted of them forecasts.
    known : mapping of Hashable to DataFrame
        The known rows of each series.
    names : list
        The names of the levels of the index.
    is_panel : bool
        Whether there are many series.
    columns : tuple of (column label or None, column label or None)
        The columns of a table that hold the series and the time, where its index does not.
    max_fill : int
        How many of the newest values of a window may be missing.
    fitted_until : label
        The time of the last fitted row.
    is_weighted : bool
        Whether fitted rows had weights of their own.
    bias : mapping of Hashable to Bias
        What is added to the forecasts of each series.
    cold : ColdStart or None
        How series without rows of their own are forecast, if they are.
    archive : Archive or None
        What was known ahead at each origin, where it differs from what was known later.
    bands : Bands or None
        What intervals follow from, where there are any.
    """

    plan: Plan
    known: Mapping[Hashable, pd.DataFrame]
    names: list[Any]
    is_panel: bool
    columns: tuple[Any, Any]
    max_fill: int
    fitted_until: Any
    is_weighted: bool
    bias: Mapping[Hashable, Bias] = field(default_factory=dict)
    cold: ColdStart | None = None
    archive: Archive | None = None
    bands: Bands | None = None

    def read(self, X: Any, y: Any = None) -> Table:
        """Return the rows of X by series, numbered as they follow those known where they have no labels."""
        if y is not None:
            X, _ = attach(X, y, list(self.plan.maker.roles.targets))
        return place(self._read(X, "X"), self.known)

    def with_archive(self, archive: Any) -> "Memory":
        """Return what is remembered with a frame of what was known ahead at further origins."""
        table = Table(
            {key: Part(frame, np.arange(len(frame))) for key, frame in self.known.items()}, pd.Index([]), self.is_panel
        )
        read = read_archive(archive, table, self.plan.maker.roles.known)
        if read is None:
            return self
        return replace(self, archive=read if self.archive is None else self.archive.followed_by(read))

    def read_future(self, future: Any) -> Table:
        """Return the rows of a future table by series."""
        table = self._read(future, "future")
        known = next(iter(self.known.values()))
        parts = {
            key: Part(like_known(part.frame, self.known.get(key, known), "future"), part.positions)
            for key, part in table.parts.items()
        }
        return table._replace(parts=parts)

    def _read(self, X, name):
        series, time = self.columns
        table = read_table(X, series=series, time=time, name=name)
        if table.is_panel != self.is_panel:
            kinds = ("one series", "many series")
            raise ValueError(
                f"{name} must hold {kinds[self.is_panel]}, as in fit, but holds {kinds[table.is_panel]}; pass rows "
                "with the same kind of index."
            )
        return table

    def forecast_ahead(
        self,
        estimator: Any,
        future: Table | None,
        n_steps: int | None,
        series: Iterable[Hashable] | None,
        *,
        joint: bool = False,
    ) -> dict[Hashable, pd.DataFrame]:
        """Return forecasts of what comes after the known rows of each series, or of those that have none.

        With `joint`, intervals hold all steps at once.
        """
        keys, coming = self._choose(future, series)
        known = {key: self.known[key] for key in keys if key not in coming}
        frames = {}
        if known:
            starts = begin(self.plan, known, future)
            frames = forecast_ahead(
                self.plan, estimator, starts, n_steps, self.max_fill, self._biases, self.bands, joint=joint
            )
        if self.cold is None:
            return frames
        if coming:
            frames |= self._without_intervals(self.cold.forecast_ahead(coming, n_steps))
        return {key: frames[key].assign(cold_start=key in coming) for key in keys}

    def _without_intervals(self, frames):
        """Return forecasts of series without rows, with NaN for the bounds that no error tells."""
        if self.bands is None:
            return frames
        warn(
            f"{len(frames)} series without rows of their own, such as {next(iter(frames))!r}, have no intervals: NaN, "
            "as no error of such forecasts is known."
        )
        nothing = np.full((self.plan.n_targets, 1, len(self.bands.levels), 2), np.nan)
        return {key: add_bounds(frame, nothing, self.bands.levels) for key, frame in frames.items()}

    def draw_paths(
        self,
        estimator: Any,
        future: Table | None,
        series: Iterable[Hashable] | None,
        n_paths: int,
        rng: np.random.RandomState,
    ) -> dict[Hashable, pd.DataFrame]:
        """Return paths of what may come after the known rows of each series, one column each."""
        keys, coming = self._choose(future, series)
        if coming:
            raise ValueError(
                f"paths follow from the errors of earlier forecasts, but series {next(iter(coming))!r} has no rows of "
                "its own; name the others with series=[...]."
            )
        starts = begin(self.plan, {key: self.known[key] for key in keys}, future)
        return draw_ahead(self.plan, estimator, starts, self.max_fill, self._biases, self.need_bands(), n_paths, rng)

    def need_bands(self) -> Bands:
        """Return what intervals follow from, where there are any."""
        assert self.bands is not None, "asked of forecasters with intervals alone"
        return self.bands

    @property
    def _biases(self):
        """What is added to the forecasts of each series, (n_targets, horizon)."""
        return {key: of_series.mean(self._season) for key, of_series in self.bias.items()}

    def issue(self, estimator: Any, table: Table, is_origin: Callable[[pd.Index], NDArray[np.bool_]]) -> "Memory":
        """Return what is remembered once forecasts have been made from the rows up to the last one of a table.

        Known rows precede the table. Its last row is not yet an origin: its forecast is still to be made. From earlier
        rows forecasts are made where there was none, as what is known ahead came with the table.
        """
        if self.bands is None:
            return self
        first, n_ahead = self.bands.first, self.plan.cutter.lead + self.plan.cutter.horizon

        def choose(grid: Grid, n_rows: int) -> NDArray[np.intp]:
            labels = grid.labels[grid.numbers]
            rows = grid.numbers[is_origin(labels) & (labels >= first)]
            earliest = grid.numbers[len(grid.numbers) - n_rows] - 1 - n_ahead
            return rows[(rows >= max(earliest, self.plan.min_history - 1)) & (rows < grid.last)]

        made = self._forecast_within(estimator, table, choose, quiet=True)
        biased = [shift(of_series, self._biases.get(of_series.key)) for of_series in made]
        return replace(self, bands=self.bands.issue(self.plan, biased))

    def adapted(self) -> "Memory":
        """Return what is remembered once the estimator has learned from all known rows."""
        if self.bands is None:
            return self
        last = max(frame.index[count_known(frame, self.plan.maker.roles.targets) - 1] for frame in self.known.values())
        return replace(self, bands=self.bands.adapted(last))

    def forecast_within(
        self, estimator: Any, table: Table, choose: Callable[[Grid, int], NDArray[np.intp]]
    ) -> Iterator[Forecasts]:
        """Yield the forecasts from origins in a table that are chosen in the grid of each series.

        The mean of the errors known so far is added from the last known row on; before it, they were not all known.
        """
        for of_series in self._forecast_within(estimator, table, choose):
            if of_series.key not in self.bias:
                yield of_series
                continue
            labels, known = of_series.grid.labels[of_series.origins], self.known[of_series.key]
            last = known.index[count_known(known, self.plan.maker.roles.targets) - 1]
            shifted = shift(of_series, (labels >= last)[:, None, None] * self._biases[of_series.key])
            yield shifted._replace(values=self.plan.transform.bound(shifted.values))

    def _forecast_within(self, estimator, table, choose, *, quiet=False):
        """Yield the forecasts of the estimator alone."""
        levels = () if self.bands is None else self.bands.levels
        return forecast_within(
            self.plan, estimator, self.known, table, choose, self.max_fill, self.archive, levels=levels, quiet=quiet
        )

    def lay(self, key: Hashable, frame: pd.DataFrame) -> Grid:
        """Return the grid of the rows of a series with those known before."""
        return lay(self.plan, self.known, key, frame, self.archive)

    def followed_by(self, table: Table) -> "Memory":
        """Return what is remembered once the rows of a table have followed."""
        return replace(self, known={**self.known, **{key: self._join(key, part) for key, part in table.parts.items()}})

    def learn_bias(self, estimator: Any, table: Table) -> "Memory":
        """Return what is remembered once the errors are known of forecasts whose last target is in a table.

        Its rows are the last known ones. Forecasts that were made before the end of the fitted rows do not count.
        """
        plan, bias = self.plan, dict(self.bias)
        n_ahead = plan.cutter.lead + plan.cutter.horizon

        def choose(grid: Grid, n_rows: int) -> NDArray[np.intp]:
            first = max(grid.numbers[len(grid.numbers) - n_rows] - n_ahead, 0)
            is_since_fit = grid.labels[grid.numbers] >= self.fitted_until
            is_new = (grid.numbers >= first) & (grid.numbers <= grid.last - n_ahead)
            return grid.numbers[is_since_fit & is_new]

        for of_series in self._forecast_within(estimator, table, choose):
            errors = of_series.truth - of_series.values  # (origin, target, step)
            n_steps = of_series.grid.last - of_series.grid.numbers[-len(table.parts[of_series.key].positions)] + 1
            ages = of_series.grid.last - n_ahead - of_series.origins
            weights = np.where(np.isnan(errors), 0, 0.5 ** (ages / self._season)[:, None, None])
            total, weight = bias.get(of_series.key, Bias(*np.zeros((2, *errors.shape[1:]))))
            fading = 0.5 ** (n_steps / self._season)
            bias[of_series.key] = Bias(
                fading * total + np.nansum(weights * errors, axis=0), fading * weight + weights.sum(axis=0)
            )
        return replace(self, bias=bias)

    @property
    def _season(self):
        """The number of steps of the shortest season, or of the horizon where there is none."""
        return min(self.plan.seasons, default=self.plan.cutter.horizon)

    def _choose(self, future, series):
        """Return the series to forecast, and the coming rows of those that are forecast without rows of their own."""
        coming = {} if future is None else {key: part.frame for key, part in future.parts.items()}
        keys = list(dict.fromkeys([*self.known, *coming]) if series is None else series)
        unknown = [key for key in keys if key not in self.known and not (self.cold and key in coming)]
        if unknown:
            raise ValueError(
                f"{'future' if series is None else 'series'} must name series that are known, but {unknown[0]!r} is "
                f"not one of the {len(self.known)} ({', '.join(map(repr, list(self.known)[:5]))}, ...); update with "
                "its rows first, or fit with cold_start=True and pass its coming ones as future."
            )
        if self.cold is None:
            return keys, {}
        targets = self.plan.maker.roles.targets
        is_cold = {key: key not in self.known or count_known(self.known[key], targets) == 0 for key in keys}
        return keys, {key: coming.get(key, self.known.get(key)) for key in keys if is_cold[key]}

    def _join(self, key, part):
        """Return the known rows of a series with those that follow."""
        roles, known = self.plan.maker.roles, self.known.get(key)
        frame = part.frame[roles.used]
        if known is None:
            return frame
        frame = like_known(frame, known, "X")
        known = known.iloc[: count_known(known, roles.targets)]  # rows that were coming ones come now
        if len(known) == 0:
            return frame
        if not frame.index[0] > known.index[-1]:
            raise ValueError(
                f"X must follow the rows known so far{whose(key)}, which end at {known.index[-1]}, but starts at "
                f"{frame.index[0]}; pass later rows."
            )
        return pd.concat([known, frame])
