"""Series without any rows of their own: forecast from what never changes in them, and from what is known ahead."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import check_positive_int
from skhybrid.forecasting._ahead import name_columns
from skhybrid.forecasting._coming import add_coming
from skhybrid.forecasting._cut import Samples
from skhybrid.forecasting._grid import Grid, name_steps
from skhybrid.forecasting._learning import Training, fade, pick_samples
from skhybrid.forecasting._plan import Plan, join


@dataclass(frozen=True)
class ColdStart:
    """A model of its own for series without rows, so that the forecasts of all others stay as they are.

    Attributes
    ----------
    plan : Plan
        How its samples are made: in the units of the targets, since nothing tells the size of a series before it began.
    blank : ndarray of shape (n_features,)
        What stands at each step of a window: the mean of all rows.
    estimator : estimator object or None
        The model, once it is trained.
    """

    plan: Plan
    blank: NDArray[np.float64]
    estimator: Any = None

    def empty(self, samples: Samples) -> Samples:
        """Return samples as of series that have not begun."""
        windows = np.broadcast_to(self.blank, (len(samples.windows), self.plan.cutter.window_length, len(self.blank)))
        return samples._replace(windows=windows)

    def forecast_ahead(
        self, rows: Mapping[Hashable, pd.DataFrame], n_steps: int | None
    ) -> dict[Hashable, pd.DataFrame]:
        """Return the forecasts of series that begin with the first of their coming rows."""
        plan, horizon = self.plan, self.plan.cutter.horizon
        n_steps = horizon if n_steps is None else check_positive_int(n_steps, "n_steps")
        if n_steps > horizon:
            raise ValueError(
                f"n_steps must be at most horizon={horizon} where series such as {next(iter(rows))!r} have no rows of "
                f"their own, but is {n_steps}; fit with a longer horizon, or name the others with series=[...]."
            )
        grids = {key: _lay(plan, frame, f" of series {key!r}") for key, frame in rows.items()}
        X = plan.shape(join([self._read(grid) for grid in grids.values()]))
        outputs = np.asarray(self.estimator.predict(X), dtype=np.float64).reshape(len(grids), plan.n_targets, horizon)
        frames = {}
        for (key, grid), values in zip(grids.items(), plan.transform.decode(outputs), strict=True):
            index = grid.labels[:n_steps].rename(rows[key].index.name)
            frames[key] = name_columns(pd.DataFrame(values[:, :n_steps].T, index, list(plan.maker.roles.targets)))
        return frames

    def _read(self, grid):
        """Return the one sample of a series, whose origin lies before its first step."""
        ahead = self.plan.cutter.coming(grid, np.array([-1 - self.plan.cutter.lead]))
        n_targets = self.plan.n_targets
        return self.empty(Samples(np.empty((1, 0, 0)), ahead, grid.static[None], np.ones((1, n_targets))))


def plan_cold_start(plan: Plan, grids: Mapping[Hashable, Grid], *, is_panel: bool, short: bool) -> ColdStart:
    """Return how samples of series without rows are made; with `short`, their windows have a single step."""
    if not is_panel:
        raise ValueError(
            "cold_start=True needs a table of many series, from which to learn how one begins, but X holds one series; "
            "name the series of each row (series='column', or an index of (series, time)), or leave it out."
        )
    if plan.separate:
        raise ValueError(
            "cold_start=True needs one target, or an estimator that learns all of them at once, but target names "
            f"{list(plan.maker.roles.targets)} and estimator is None; pass an estimator, or one target."
        )
    if not (plan.maker.roles.static or plan.maker.roles.known):
        raise ValueError(
            "cold_start=True needs columns to tell a series without rows from others, but static and known_future name "
            "none; name some, or leave it out."
        )
    cutter = replace(
        plan.cutter,
        window_length=1 if short else plan.cutter.window_length,
        delays=(0,) * len(plan.cutter.delays),
        scaled=False,
    )
    # Whatever the windows held, which is not read.
    plan = replace(plan, cutter=cutter, passes_nan=True, refuses_holes=False, min_history=1)
    rows = np.concatenate([cutter.features(unit) for grid in grids.values() for unit, _ in plan.units(grid)])
    is_known = ~np.isnan(rows)
    return ColdStart(plan, np.sum(rows, axis=0, where=is_known) / np.maximum(is_known.sum(axis=0), 1))


def pick_cold_starts(
    cold: ColdStart,
    grids: Mapping[Hashable, Grid],
    is_origin: Any,
    weights: Mapping[Hashable, Any] | None,
    half_life: int | None,
) -> Training:
    """Return samples of known series as if these had not begun: series by series, in a random order.

    An estimator that holds out the last samples so learns from some series what helps on others.
    """
    found = [part for part in pick_samples(cold.plan, grids, is_origin, weights) if len(part.steps)]
    picked = [found[i] for i in np.random.default_rng(0).permutation(len(found))]
    y, steps, counts = (np.concatenate([getattr(part, name) for part in picked]) for name in ("y", "steps", "weights"))
    X = cold.plan.shape(cold.empty(join([part.samples for part in picked])))
    has_weights = weights is not None or half_life is not None
    gap = max(len(part.steps) for part in picked)  # the series that the first sample held out would part
    return Training(
        X,
        y[:, 0] if y.shape[1] == 1 else y,
        fade(counts, steps, half_life) if has_weights else None,
        gap if 4 * gap <= len(y) else 0,
        0,
    )


def _lay(plan, frame, whose):
    """Return the grid of a series that begins with the first of some coming rows."""
    maker, horizon = plan.maker, plan.cutter.horizon
    lacking = [name for name in maker.roles.static if name not in frame or frame[name].isna().all()]
    if lacking:
        raise ValueError(
            f"future must hold the columns of static{whose}, which has no rows of its own, but lacks {lacking}; add "
            "them."
        )
    numbers = maker.steps.number(frame.index, len(frame))
    steps = name_steps(frame.index, numbers, maker.steps, max(horizon, int(numbers[-1]) + 1))[:horizon]
    if steps.hasnans:
        raise ValueError(
            f"future must name the coming {horizon} steps{whose}, since nothing else tells when they are, but names "
            f"{len(frame)}; pass a DataFrame with their times as index, or forecast with freq."
        )
    add_coming(frame.iloc[:0], frame, steps, 0, maker.roles.known, whose)  # refuses what is missing
    rows = frame.reindex(index=steps, columns=maker.roles.used)
    rows[list(maker.roles.targets)] = np.nan
    rows[list(maker.roles.static)] = frame[list(maker.roles.static)].bfill()  # the first row tells what never changes
    return maker.make(rows)
