"""One estimator from a table of series to a forecast."""

import numpy as np
import pandas as pd

from skhybrid._progress import follow_fit
from skhybrid._validation import as_before_on_error, check_is_fitted, check_weights, fit_context
from skhybrid.forecasting._fitting import adapt_linear, fit_to, settle
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._options import Options
from skhybrid.forecasting._scoring import Scored
from skhybrid.forecasting._table import ALONE, check_columns, read_table, remember_columns
from skhybrid.forecasting._within import rows_of
from skhybrid.forecasting.backtest import Schedule, run_backtest

__all__ = ["Forecaster"]


class Forecaster(Scored, Options):
    """Forecast one series or many, from the table that holds them.

    The table has one row for each time step, and its times as index; or, of many series, (series, time). Nothing has to
    be shifted, scaled or cut before: `fit` learns from the rows it is given, `forecast` returns what comes after them.

    Row t is the origin of the forecast of the steps t + lead + 1, ..., t + lead + horizon. It reads the last
    `window_length` steps of the target and of the columns in `past` up to t, and for each step to forecast what is
    known ahead of it: the columns in `known_future`, the phase of the season, the time of year. Nothing later is read.

    Parameters
    ----------
    target : column label or list of them, default=None
        What to forecast; None for the only column. Of several, all are forecast: what is recommended takes each as a
        series of its own, and another `estimator` learns all at once.

    horizon : int, default=1
        Number of steps to forecast.

    estimator : estimator object, default=None
        Any regressor. Estimators for sequences get windows, as :class:`Windows` where something is known ahead, others
        one row of a table. None is what :func:`recommended` returns for `horizon` and the season.

    window_length : int, default=None
        Number of steps of the past that are read. None takes eight of the shortest season, or the longest season and
        the horizon where that is more; a third of the rows at most.

    season_length : int or sequence of int, default=None
        Lengths of the seasons, in steps. None takes those usual for the step of the index: of hours and parts of them
        the day and the week, of days the week, of months and quarters the year.

    known_future : sequence of column labels, default=()
        Columns that are known ahead, such as prices, holidays or a weather forecast. Each enters once for each step to
        forecast. (Measured weather in the place of its forecast makes errors smaller than they will be.)

    past : sequence of column labels, default=()
        Columns of which windows are made beside the target; they may be in `known_future` as well. Where y is given
        apart and no column of X has a role, all are.

    static : sequence of column labels, default=()
        Columns that have one value in each series.

    categorical : sequence of column labels, default=()
        Columns whose numbers are names of categories, as text always is. Each level is a column of 0 and 1; a level not
        seen in training is 0 in all.

    series, time : column label, default=None
        The columns that hold the name of the series, and the time, where the index does not.

    lead : int, default=0
        Number of steps between the last known row and the first step to forecast.

    delay : dict of column label to int, default=None
        By how many steps a column of the target or of `past` is known late.

    origins : str or sequence of str, default=None
        Times of the day, such as "10:00", at which forecasts are made: only these are trained on and scored. None is at
        all rows.

    calendar : {"auto"} or None, default="auto"
        Whether each step to forecast tells its phase in the seasons and, of days and weeks of more than a year, the
        time of year. Times with a zone are steps in UTC, and phases those of the local clock.

    holidays : str or sequence of str, default=None
        A country, or country and subdivision, such as "DE" or ("AU", "VIC"), of whose public holidays each step to
        forecast tells; needs the package `holidays`.

    target_transform : {"log1p", "boxcox"} or transformer, default=None
        What is forecast in the place of the target itself, learned from the rows in `fit`. Forecasts are in the units
        of the target, and corrected to be means there (Duan's smearing over the errors in training).

    bounds : tuple of (float or None, float or None), default=None
        Between which all forecasts lie: ``(0, None)`` of what cannot be negative.

    half_life : int, default=None
        Number of steps after which, counted back from the last row, what is learned counts half as much.

    freq : None, "rows", str or pandas offset, default=None
        How far apart two rows are that follow one another; see :class:`SlidingWindow`.

    missing : {"raise", "drop"}, default="raise"
        What to do about missing rows and NaN. "raise" refuses them. "drop" leaves out of training what touches one, and
        counts it (`n_left_out_`); to forecast, the value before a hole stands in it, and a warning counts such windows.

    max_fill : int, default=None
        How many of the newest values of a window may be missing; a forecast that would need more is refused. None is
        the length of the shortest season, or of the horizon where there is none.

    min_history : int, default=None
        Number of steps that a series must have before it is trained on; forecasts of shorter ones are warned of. In the
        place of a step before a series began stands its first one. None is `window_length`, of many series one season.

    random_state : int, RandomState instance or None, default=None
        For what is recommended; not used with an `estimator`.

    n_jobs : int, default=None
        Networks that are trained at a time, for what is recommended; not used with an `estimator`.

    Attributes
    ----------
    estimator_ : estimator object
        The fitted estimator.

    window_length_ : int
        Number of steps of the past that are read.

    seasons_ : tuple of int
        Lengths of the seasons.

    n_training_samples_ : int
        Number of origins, over all series, that `estimator_` was trained on.

    n_left_out_ : int
        Number of origins left out, as their window or targets touch a hole or NaN.

    unused_columns_ : list
        Columns that have no role.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X was a DataFrame with string names.

    Notes
    -----
    In a table of many series, and for several targets without an `estimator`, each target is divided by its mean size
    in its series up to the origin, so that all share one network; with `target_transform` it is not. Samples of all
    series are in time order, and a `validation_gap` that is None becomes what keeps targets apart.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import Ridge
    >>> from skhybrid import Forecaster
    >>> times = pd.date_range("2024-01-01", periods=24 * 20, freq="h")
    >>> df = pd.DataFrame({"load": 10 + 5 * np.sin(np.arange(480) * 2 * np.pi / 24)}, index=times)
    >>> model = Forecaster("load", horizon=3, estimator=Ridge(1e-3), window_length=24).fit(df)
    >>> model.forecast().round(1)
                         forecast
    2024-01-21 00:00:00      10.0
    2024-01-21 01:00:00      11.3
    2024-01-21 02:00:00      12.5
    """

    _memory: Memory
    _as_fitted: Options  # an unfitted forecaster with the parameters of the fit

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, sample_weight=None):
        """Learn to forecast from the rows of a table.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            One row for each time step, in time order within each series. Last rows whose target is NaN are coming ones:
            they hold what is known ahead.

        y : Series, DataFrame or array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            The target at each row, not moved ahead, where X does not hold it.

        sample_weight : array-like of shape (n_rows,), default=None
            Weights of the rows as targets, for an estimator that takes them: an origin has the mean weight of its
            targets, and is left out where that is 0.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If columns are missing or have two roles that exclude each other, the target does not hold numbers, rows are
            repeated or not in time order, no origin has a whole window and all its targets, or with ``missing="raise"``
            rows or values are missing.
        """
        with follow_fit(self, X, y, sample_weight, n_parts=1) as progress, as_before_on_error(self):
            X, settings = settle(self, *remember_columns(self, X, y))
            table = read_table(X, series=self.series, time=self.time)
            weights = None if sample_weight is None else check_weights(sample_weight, len(table.labels))
            fitted = fit_to(table, settings, weights, progress)
            self.estimator_, self._memory, self.n_training_samples_, self.n_left_out_ = fitted
            self._as_fitted, plan = settings, self._memory.plan
            self.window_length_, self.seasons_ = plan.cutter.window_length, plan.seasons
            self.unused_columns_ = list(plan.maker.roles.unused)
        return self

    def forecast(self, future=None, n_steps=None, *, series=None):
        """Forecast what comes after the known rows: those fitted, and those that `update` brought.

        Parameters
        ----------
        future : DataFrame or dict of str to DataFrame, default=None
            The columns of `known_future` for the steps to forecast, labelled as X is; needed where there are such
            columns, and fitted rows do not hold them. A dict holds several scenarios by name.

        n_steps : int, default=None
            Number of steps to forecast. None is `horizon`. Beyond it, forecasts are taken for known values, and the
            next ones made from these.

        series : list, default=None
            The series to forecast. None is all that are known.

        Returns
        -------
        forecasts : DataFrame
            One row for each step, labelled with its time, or with (series, time), and with the scenario before these
            where there are several. The column is `forecast`; of several targets, columns are (target, "forecast").

        Raises
        ------
        ValueError
            If `future` lacks a series, a column or a step, or holds NaN; if more than `max_fill` of the newest values
            are missing; beyond the horizon, if windows hold columns of `past`, or `lead` or `delay` is set.
        """
        check_is_fitted(self)
        if isinstance(future, dict):
            scenarios = {name: self.forecast(rows, n_steps, series=series) for name, rows in future.items()}
            return pd.concat(scenarios, names=["scenario"])
        coming = None if future is None else self._memory.read_future(future)
        frames = self._memory.forecast_ahead(self.estimator_, coming, n_steps, series)
        return pd.concat(frames, names=self._memory.names) if self._memory.is_panel else frames[ALONE]

    def predict(self, X):
        """Forecast from each row of X, by what was known then.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            Rows with the columns of `fit`. Known rows before the first of them are its past. A target that X does not
            hold is known of known rows.

        Returns
        -------
        y : ndarray of shape (n_rows, horizon) or (n_rows, n_targets * horizon)
            Row t holds the forecasts made at t, target by target and step by step. NaN, with a warning that counts,
            where what is known ahead of all steps is not in X.
        """
        check_is_fitted(self)
        table, plan = self._memory.read(check_columns(self, X)), self._memory.plan
        forecasts = np.full((len(table.labels), plan.n_targets * plan.cutter.horizon), np.nan)
        for of_series in self._memory.forecast_within(self.estimator_, table, rows_of):
            part = table.parts[of_series.key]
            steps = rows_of(of_series.grid, len(part.positions))
            positions = part.positions[np.searchsorted(steps, of_series.origins)]
            forecasts[positions] = of_series.values.reshape(len(positions), -1)
        return forecasts

    def backtest(self, X, y=None, *, test_size, refit=None, stride=1, max_train_size=None, checkpoint=None):
        """Forecast the last part of X as it would have been forecast in the past.

        At the last time before the test part, and after every `refit` steps, a clone is fitted to the rows up to then.
        Forecasts are made from this time on, each from the rows up to its origin, if all its targets lie in X. What was
        fitted before plays no part.

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

        Returns
        -------
        backtest : Backtest
            The forecasts, what came, and their errors.
        """
        X, settings = settle(self, X, y)
        table = read_table(X, series=self.series, time=self.time)
        schedule = Schedule(test_size, refit, stride, max_train_size)
        return run_backtest(settings, table, schedule, checkpoint)

    def update(self, X, *, adapt="none"):
        """Take rows that follow into what is known, without training a network.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            Rows with the columns of `fit` that follow those known, of each series; new series may be among them.

        adapt : {"none", "linear", "bias"}, default="none"
            What else changes. "linear" learns the linear part anew from all known rows, in closed form: the whole of a
            `Ridge`, `RidgeCV` or `LinearRegression`, or the linear path of a network, which stays as it is. "bias" adds
            to the later results of `forecast`, for each series and step, the mean of the errors known since `fit`,
            each counting half as much as one a season later, and shrunk as if a season of forecasts without error had
            come before.

        Returns
        -------
        self : object
            The forecaster, which forecasts from later rows.
        """
        check_is_fitted(self)
        if adapt not in ("none", "linear", "bias"):
            raise ValueError(f"adapt must be 'none', 'linear' or 'bias', but is {adapt!r}; pass one of these.")
        table = self._memory.read(check_columns(self, X))
        memory = self._memory.followed_by(table)
        if adapt == "linear":
            self.estimator_ = adapt_linear(self.estimator_, memory, self._as_fitted)
        elif adapt == "bias":
            memory = memory.learn_bias(self.estimator_, table)
        self._memory = memory
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "drop"
        tags.regressor_tags.poor_score = True
        tags.target_tags.required = False
        tags.target_tags.multi_output = True
        return tags
