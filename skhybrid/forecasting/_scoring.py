"""Forecasts of a forecaster beside what came: on rows that follow, and as they would have been made in the past."""

from functools import partial
from typing import Any

from sklearn.base import RegressorMixin

from skhybrid._progress import show_work
from skhybrid._validation import check_is_fitted, check_weights
from skhybrid.forecasting._fitting import settle
from skhybrid.forecasting._learning import make_filter
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._table import check_columns, read_table
from skhybrid.forecasting._within import (
    check_made,
    join_outputs,
    name_rows,
    origins_of_targets,
    root_mean_squared_error,
    tabulate,
)
from skhybrid.forecasting.backtest import Schedule, run_backtest


class Scored(RegressorMixin):
    """The methods of `Forecaster` that compare its forecasts with what came."""

    series: Any
    time: Any
    estimator_: Any
    _memory: Memory
    _as_fitted: Any

    def score(self, X, y=None, sample_weight=None, *, archive=None):
        """Return minus the root mean squared error of the forecasts whose targets all lie in X.

        The first of them is made at the last known row before X.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            Rows with the columns of `fit`.

        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            The target at each row, where X does not hold it.

        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows as targets.

        archive : DataFrame, default=None
            What was known at origins that no `archive` before has held; see `fit`.

        Returns
        -------
        score : float
            In the units of the target; 0 is best.
        """
        check_is_fitted(self)
        table = self._memory.read(check_columns(self, X), y)
        weights = None if sample_weight is None else check_weights(sample_weight, len(table.labels))
        return -root_mean_squared_error(self._memory.plan, self._forecast_origins(table, archive), table, weights)

    def paired_forecasts(self, X, y=None, *, archive=None):
        """Return the true values and the forecasts of which `score` is the error.

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
        y_true, y_pred : ndarray of shape (n_origins, n_targets * horizon)
            Series by series, in time order.
        """
        made = self._forecast_paired(X, y, archive)
        return tuple(join_outputs(made, name) for name in ("truth", "values"))

    def paired_table(self, X, y=None, *, archive=None):
        """Return the true values and the forecasts of which `score` is the error, as a table.

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
        table : DataFrame
            One row for each series, origin, target and step, with the columns `series` (of many), `target` (of
            several), `origin`, `step`, `time`, `y_true` and `forecast`, in the order of `paired_forecasts`.
        """
        made, memory = self._forecast_paired(X, y, archive), self._memory
        check_made(made)
        keys, targets = [of_series.key for of_series in made], memory.plan.maker.roles.targets
        return name_rows(tabulate(memory.plan, made, keys), keys, targets, is_panel=memory.is_panel)

    def backtest(
        self, X, y=None, *, test_size, refit=None, stride=1, max_train_size=None, checkpoint=None, archive=None
    ):
        """Forecast the last part of X as it would have been forecast in the past.

        At the last time before the test part, and after every `refit` steps, a clone is fitted to the rows up to then.
        Forecasts are made from this time on, each from the rows up to its origin, if all its targets lie in X. What was
        fitted before plays no part. Callbacks of scikit-learn's that the forecaster has are shown each of the fits.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            Rows as in `fit`.

        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            The target at each row, where X does not hold it.

        test_size : int
            Number of times at the end of X to forecast.

        refit : int, default=None
            Number of steps from one fit to the next; None fits once.

        stride : int, default=1
            Number of steps from one origin to the next.

        max_train_size : int, default=None
            Number of times to fit to at most, the newest ones; None for all.

        checkpoint : str or Path, default=None
            A folder where the forecasts of each fit are put once they are made, and taken from where the same is asked
            for again, so that a backtest that was interrupted goes on. None keeps nothing.

        archive : DataFrame, default=None
            What was known ahead at each origin, to train on and to forecast from; see `fit`.

        Returns
        -------
        backtest : Backtest
            The forecasts, what came, and their errors.
        """
        rows, settings = settle(self, X, y)
        table = read_table(rows, series=self.series, time=self.time)
        schedule = Schedule(test_size, refit, stride, max_train_size)
        return run_backtest(settings, table, schedule, checkpoint, archive, partial(show_work, self, X, y))

    def _forecast_paired(self, X, y, archive):
        """Return the forecasts of which `score` is the error, series by series."""
        check_is_fitted(self)
        return list(self._forecast_origins(self._memory.read(check_columns(self, X), y), archive))

    def _forecast_origins(self, table, archive):
        """Yield the forecasts, series by series, whose targets all lie in a table."""
        choose = origins_of_targets(self._memory.plan, make_filter(self._as_fitted.origins))
        return self._memory.with_archive(archive).forecast_within(self.estimator_, table, choose)
