"""How far the truth may lie from the forecasts of a forecaster: intervals, paths and quantiles."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if

from skhybrid._validation import check_is_fitted, check_positive_int
from skhybrid.forecasting._learning import make_filter
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._table import ALONE, check_columns
from skhybrid.forecasting._within import join_outputs, place_rows, rows_of
from skhybrid.series.quantiles import find_levels, find_quantiles


def _asks_for_intervals(self):
    return self.intervals is not None if not hasattr(self, "_memory") else self._memory.bands is not None


def _forecasts_quantiles(self):
    return find_quantiles(getattr(self, "estimator_", self.estimator)) is not None


class Ranged:
    """The methods of `Forecaster` that return ranges."""

    intervals: Any
    estimator: Any
    estimator_: Any
    _memory: Memory
    _as_fitted: Any
    _forecast_origins: Any
    _forecast_paired: Any

    @available_if(_asks_for_intervals)
    def predict_interval(self, X, *, archive=None):
        """Return the intervals of the forecasts from each row of X, by what was known then; there with `intervals`.

        They follow the errors of the forecasts since `fit` as far as these are known at the row. Rows that were fitted
        have the intervals as `fit` left them.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            As in `predict`.

        archive : DataFrame, default=None
            As in `predict`.

        Returns
        -------
        intervals : ndarray of shape (n_rows, n_targets * horizon, n_levels, 2)
            The lower and the upper bound of each level, lowest level first, of what `predict` returns. NaN where that
            is.
        """
        check_is_fitted(self)
        memory, table, made = self._forecast_rows(X, archive)
        plan, bands = memory.plan, memory.need_bands()
        n_outputs = plan.n_targets * plan.cutter.horizon
        bounds = bands.bound(plan, made) if made else []
        return place_rows(table, made, bounds, (n_outputs, len(bands.levels), 2))

    @available_if(_asks_for_intervals)
    def paired_intervals(self, X, y=None, *, level, archive=None):
        """Return the true values of `paired_forecasts`, and the intervals of one level.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            As in `score`.

        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            As in `score`.

        level : float
            One of the levels of `intervals`.

        archive : DataFrame, default=None
            As in `score`.

        Returns
        -------
        y_true : ndarray of shape (n_origins, n_targets * horizon)
            Series by series, in time order.

        intervals : ndarray of shape (n_origins, n_targets * horizon, 2)
            The lower and the upper bounds.
        """
        check_is_fitted(self)
        memory = self._memory.with_archive(archive)
        levels = memory.need_bands().levels
        if level not in levels:
            raise ValueError(
                f"level must be one of the levels of intervals, {levels}, but is {level!r}; pass one of "
                "these, or fit with intervals of this level."
            )
        table = memory.read(check_columns(self, X), y)
        made = list(self._forecast_origins(table, archive))
        y_true = join_outputs(made, "truth")
        bands = memory.issue(self.estimator_, table, make_filter(self._as_fitted.origins)).need_bands()
        bounds = [part[:, :, :, levels.index(level)] for part in bands.bound(memory.plan, made)]
        return y_true, np.concatenate([part.reshape(len(part), -1, 2) for part in bounds])

    @available_if(_asks_for_intervals)
    def forecast_paths(self, future=None, n_paths=200, *, series=None, random_state=None):
        """Draw what may come after the known rows: whole paths, so that sums, maxima and the like have intervals.

        A path is the forecast and the errors that an earlier forecast had at all of its steps, scaled to the size that
        errors are expected to have now.

        Parameters
        ----------
        future : DataFrame, default=None
            As in `forecast`.

        n_paths : int, default=200
            Number of paths.

        series : list, default=None
            As in `forecast`.

        random_state : int, RandomState instance or None, default=None
            Which of the earlier forecasts are drawn.

        Returns
        -------
        paths : DataFrame
            One row for each step of the horizon, labelled as in `forecast`, and one column for each path; of several
            targets, columns are (target, path).
        """
        check_is_fitted(self)
        check_positive_int(n_paths, "n_paths")
        coming = None if future is None else self._memory.read_future(future)
        rng = check_random_state(random_state)
        frames = self._memory.draw_paths(self.estimator_, coming, series, n_paths, rng)
        return pd.concat(frames, names=self._memory.names) if self._memory.is_panel else frames[ALONE]

    @available_if(_forecasts_quantiles)
    def predict_quantiles(self, X, *, archive=None):
        """Return the quantiles that the estimator forecasts from each row of X, as it does; there if it forecasts any.

        They are not calibrated: `intervals` are, and measure errors in units of them.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            As in `predict`.

        archive : DataFrame, default=None
            As in `predict`.

        Returns
        -------
        y : ndarray of shape (n_rows, n_targets * horizon, n_quantiles)
            The quantiles in the order of the estimator's `quantiles`.
        """
        check_is_fitted(self)
        memory, table, made = self._forecast_rows(X, archive)
        plan, found = memory.plan, self._forecast_quantiles(made)
        n_outputs, n_levels = plan.n_targets * plan.cutter.horizon, len(find_levels(self.estimator_))
        return place_rows(table, made, found, (n_outputs, n_levels))

    @available_if(_forecasts_quantiles)
    def paired_quantiles(self, X, y=None, *, archive=None):
        """Return the true values of `paired_forecasts`, and the quantiles that the estimator forecasts of them.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            As in `score`.

        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            As in `score`.

        archive : DataFrame, default=None
            As in `score`.

        Returns
        -------
        y_true : ndarray of shape (n_origins, n_targets * horizon)
            Series by series, in time order.

        quantiles : ndarray of shape (n_origins, n_targets * horizon, n_quantiles)
            In the order of the estimator's `quantiles`.
        """
        made = self._forecast_paired(X, y, archive)
        y_true = join_outputs(made, "truth")
        found = [part.reshape(len(part), -1, part.shape[-1]) for part in self._forecast_quantiles(made)]
        return y_true, np.concatenate(found)

    def _forecast_rows(self, X, archive):
        """Return what is remembered, the table of X, and the forecasts from its rows."""
        memory = self._memory.with_archive(archive)
        table = memory.read(check_columns(self, X))
        return memory, table, list(memory.forecast_within(self.estimator_, table, rows_of))

    def _forecast_quantiles(self, made):
        """Return the quantiles that the estimator forecasts from the origins of some forecasts."""
        parts = [(of_series.grid, of_series.origins) for of_series in made]
        return self._memory.plan.forecast_quantiles(self.estimator_, parts) if parts else []
