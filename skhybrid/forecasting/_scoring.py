"""The errors of a fitted forecaster on rows that follow."""

from typing import Any

from sklearn.base import RegressorMixin

from skhybrid._validation import check_is_fitted, check_weights
from skhybrid.forecasting._learning import make_filter
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._table import check_columns
from skhybrid.forecasting._within import join_outputs, origins_of_targets, root_mean_squared_error


class Scored(RegressorMixin):
    """The methods of `Forecaster` that compare its forecasts with what came."""

    estimator_: Any
    _memory: Memory
    _as_fitted: Any

    def score(self, X, y=None, sample_weight=None):
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

        Returns
        -------
        score : float
            In the units of the target; 0 is best.
        """
        check_is_fitted(self)
        table = self._memory.read(check_columns(self, X), y)
        weights = None if sample_weight is None else check_weights(sample_weight, len(table.labels))
        return -root_mean_squared_error(self._memory.plan, self._forecast_origins(table), table, weights)

    def paired_forecasts(self, X, y=None):
        """Return the true values and the forecasts of which `score` is the error.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            As in `score`.

        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            As in `score`.

        Returns
        -------
        y_true, y_pred : ndarray of shape (n_origins, n_targets * horizon)
            Series by series, in time order.
        """
        check_is_fitted(self)
        made = list(self._forecast_origins(self._memory.read(check_columns(self, X), y)))
        return tuple(join_outputs(made, name) for name in ("truth", "values"))

    def _forecast_origins(self, table):
        """Yield the forecasts, series by series, whose targets all lie in a table."""
        choose = origins_of_targets(self._memory.plan, make_filter(self._as_fitted.origins))
        return self._memory.forecast_within(self.estimator_, table, choose)
