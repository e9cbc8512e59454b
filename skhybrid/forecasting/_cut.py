"""Cutting samples from grids: the window before an origin, what is known of the steps after it, and the targets."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from skhybrid.forecasting._grid import Grid
from skhybrid.series.carrier import Windows


class Samples(NamedTuple):
    """What a model reads at some origins of one series.

    Attributes
    ----------
    windows : ndarray of shape (n_samples, window_length, n_features)
        The targets' past and that of other columns, in units of `scale`.
    ahead : ndarray of shape (n_samples, horizon, n_known + n_seasons)
        What is known of the coming steps, the phases last.
    static : ndarray of shape (n_samples, n_static)
        What never changes.
    scale : ndarray of shape (n_samples, n_targets)
        The unit of each target.
    """

    windows: NDArray[np.float64]
    ahead: NDArray[np.float64]
    static: NDArray[np.float64]
    scale: NDArray[np.float64]


@dataclass(frozen=True)
class Cutter:
    """Which steps a sample holds.

    Attributes
    ----------
    window_length : int
        Steps in a window.
    horizon : int
        Steps to forecast.
    lead : int
        Steps between the origin and the first of these.
    delays : tuple of int
        For each feature of a window, how many steps late it is known.
    scaled : bool
        Whether targets are in units of their mean size so far.
    """

    window_length: int
    horizon: int
    lead: int
    delays: tuple[int, ...]
    scaled: bool

    def features(self, grid: Grid) -> NDArray[np.float64]:
        """Return what windows are made of as it is known at each step, (n_steps, n_features)."""
        features = np.concatenate([grid.targets, grid.past], axis=1)
        for column, delay in enumerate(self.delays):
            if delay:
                features[delay:, column] = features[:-delay, column].copy()
                features[:delay, column] = np.nan
        return features

    def scale(self, grid: Grid, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean size of each target up to each step, as it is known there; 1 where it is 0 or not known."""
        targets = features[:, : grid.targets.shape[1]]
        if not self.scaled:
            return np.ones_like(targets)
        is_known = ~np.isnan(targets)
        totals = np.cumsum(np.where(is_known, np.abs(targets), 0), axis=0)
        means = totals / np.maximum(np.cumsum(is_known, axis=0), 1)
        return np.where(means > 0, means, 1.0)

    def is_whole(self, grid: Grid, features: NDArray[np.float64], min_history: int) -> NDArray[np.bool_]:
        """Return at which steps a window touches nothing unknown, (n_steps,).

        A step before the series began is not unknown where at least `min_history` steps are there.
        """
        unknown = np.isnan(features)
        for column, delay in enumerate(self.delays):
            unknown[:delay, column] = False  # of these, nothing was there
        counts = np.concatenate([[0], np.cumsum(unknown.any(axis=1))])
        ends = np.arange(1, len(features) + 1)
        starts = np.maximum(ends - self.window_length, 0)
        is_long = ends >= min_history + max(self.delays, default=0)
        return np.asarray((counts[ends] == counts[starts]) & is_long)

    def knows_ahead(self, grid: Grid) -> NDArray[np.bool_]:
        """Return at which steps all is known of the coming ones that should be, (n_steps,)."""
        is_unknown = np.isnan(grid.known)
        if grid.archived is not None:
            is_unknown[:, grid.archived.columns] = False
        unknown = np.asarray(is_unknown.any(axis=1))
        counts = np.concatenate([[0], np.cumsum(unknown)])
        first = np.arange(len(unknown)) + 1 + self.lead
        last = first + self.horizon
        is_within = last <= len(unknown)
        first, last = np.minimum(first, len(unknown)), np.minimum(last, len(unknown))
        is_known = is_within & (counts[last] == counts[first])
        if grid.archived is not None:
            is_known &= ~np.isnan(grid.archived.at(np.arange(len(unknown)))).any(axis=(1, 2))
        return np.asarray(is_known)

    def check_archived(self, grid: Grid, origins: NDArray[np.intp]) -> None:
        """Refuse origins of which an archive does not tell all coming inputs."""
        if grid.archived is None:
            return
        is_missing = np.asarray(np.isnan(grid.archived.at(origins)).any(axis=2))  # (origin, step)
        found = np.argwhere(is_missing)
        if len(found):
            origin = origins[found[0, 0]]
            time = grid.labels[origin + 1 + self.lead + found[0, 1]]
            raise ValueError(
                f"archive must hold {grid.archived.told} for the {self.horizon} steps to forecast from each origin, "
                f"but lacks {len(found)} of {is_missing.size} (origin, time), of {len(np.unique(found[:, 0]))} origins "
                f"(first origin {grid.labels[origin]}, time {time}); add them, or leave such origins out with "
                "missing='drop'."
            )

    def targets(self, grid: Grid, origins: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the targets of origins, (n_samples, n_targets, horizon); NaN where they are not known."""
        steps = origins[:, None] + 1 + self.lead + np.arange(self.horizon)
        is_within = steps < len(grid.targets)
        values = grid.targets[np.minimum(steps, len(grid.targets) - 1)]
        return np.where(is_within[:, :, None], values, np.nan).transpose(0, 2, 1)

    def cut(self, grid: Grid, origins: NDArray[np.intp], *, fill: bool) -> Samples:
        """Return what is read at origins, holes filled by the value before; with `fill` False they stay NaN.

        Before a series began stands its first known value.
        """
        features = self.features(grid)
        scale = self.scale(grid, features)
        filled = fill_forward(features)
        first = np.isnan(filled).argmin(axis=0)  # the first known step of each feature
        born = np.where(np.arange(len(filled))[:, None] < first, filled[first, np.arange(filled.shape[1])], filled)
        lines = born if fill else np.where(np.arange(len(filled))[:, None] < first, born, features)
        lines = np.concatenate([np.repeat(born[:1], self.window_length - 1, axis=0), lines])
        chosen = as_slice(origins)
        windows = sliding_window_view(lines, self.window_length, axis=0)[chosen].transpose(0, 2, 1)
        scale = scale[chosen]
        if self.scaled:
            units = np.ones((len(scale), 1, windows.shape[2]))
            units[:, 0, : scale.shape[1]] = scale
            windows = windows / units
        static = np.broadcast_to(grid.static, (len(origins), len(grid.static)))
        return Samples(windows, self.coming(grid, origins), static, scale)

    def coming(self, grid: Grid, origins: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return what is known ahead at origins, and the phases, (n_samples, horizon, n_known + n_seasons)."""
        steps = origins[:, None] + 1 + self.lead + np.arange(self.horizon)
        coming = np.concatenate([grid.known, grid.phases], axis=1)[steps]
        if grid.archived is not None:
            coming[:, :, grid.archived.columns] = grid.archived.at(origins)
        return coming


def fill_forward(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows with the last known value of a column in the place of NaN."""
    last = np.maximum.accumulate(np.where(np.isnan(rows), 0, np.arange(len(rows))[:, None]), axis=0)
    return np.take_along_axis(rows, last, axis=0)


def as_slice(rows: NDArray[np.intp]) -> Any:
    """Return positions as a slice where they follow one another, which makes a view in the place of a copy."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return slice(rows[0], rows[-1] + 1)
    return rows


def as_input(samples: Samples, seasons: tuple[int, ...], *, flat: bool) -> Any:
    """Return samples as an estimator takes them: windows, or rows of a table."""
    windows, ahead, static, _ = samples
    if not flat:
        n_known = ahead.shape[2] - len(seasons)
        fixed = np.broadcast_to(static[:, None], (*ahead.shape[:2], static.shape[1]))
        ahead = np.concatenate([ahead[:, :, :n_known], fixed, ahead[:, :, n_known:]], axis=2)
        return Windows(windows, ahead, seasons=seasons) if ahead.shape[2] else windows
    table = windows.reshape(len(windows), -1)
    if ahead.shape[2]:
        table = Windows(windows, ahead, seasons=seasons).to_table()
    return np.concatenate([table, static], axis=1) if static.shape[1] else table
