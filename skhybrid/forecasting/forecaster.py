"""One estimator from a table of series to a forecast."""

import pandas as pd

from skhybrid._progress import follow_fit
from skhybrid._validation import as_before_on_error, check_is_fitted, check_weights, fit_context
from skhybrid.forecasting._export import Exported
from skhybrid.forecasting._fitting import adapt_linear, settle
from skhybrid.forecasting._learning import make_filter
from skhybrid.forecasting._memory import Memory
from skhybrid.forecasting._options import Options
from skhybrid.forecasting._ranges import Ranged
from skhybrid.forecasting._rolling import fit_with_bands
from skhybrid.forecasting._scoring import Scored
from skhybrid.forecasting._table import ALONE, check_columns, read_table, remember_columns
from skhybrid.forecasting._within import place_rows

__all__ = ["Forecaster"]


class Forecaster(Ranged, Scored, Exported, Options):
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
        forecast. (Measured weather in the place of its forecast makes errors smaller than they will be; what was known
        at each origin can be given to `fit` as `archive`.)

    past : sequence of column labels, default=()
        Columns of which windows are made beside the target; they may be in `known_future` as well. Where y is given
        apart and no column of X has a role, all are.

    static : sequence of column labels, default=()
        Columns that have one value in each series.

    categorical : sequence of column labels, default=()
        Columns whose numbers are names of categories, as text always is. Each level is a column of 0 and 1; in the
        place of a level not seen in training stands the share of the rows that each level has there.

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
        Between which all forecasts lie: ``(0, None)`` of what cannot be negative. Where a series often is at one, as
        sales are at 0, its intervals start there.

    half_life : int, default=None
        Number of steps after which, counted back from the last row, what is learned counts half as much.

    intervals : float, sequence of float or ConformalIntervals, default=None
        Levels of the intervals around forecasts, such as ``(0.8, 0.95)``, or :class:`ConformalIntervals` with options.
        They are calibrated on the last three eighths of the rows, which up to three more fits forecast, each from the
        rows before; where the estimator has `predict_quantiles`, its quantiles tell how large errors are. None makes
        none.

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

    cold_start : bool, default=False
        Whether series of a table of many that have no known target are forecast, too: by a second model, which is
        trained on all series as if they had not begun, from `static`, `known_future` and the calendar alone. Such
        forecasts have no intervals.

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
    def fit(self, X, y=None, sample_weight=None, *, archive=None):
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

        archive : DataFrame, default=None
            Columns of `known_future` as they were known at each origin, such as the weather forecasts of each day: one
            row for each (origin, time), or (series, origin, time), which are the index. What it holds alone tells the
            steps to forecast, here and later, and X need not have its columns.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If columns are missing or have two roles that exclude each other, the target does not hold numbers, rows are
            repeated or not in time order, no origin has a whole window and all its targets, or with ``missing="raise"``
            rows or values are missing, or `archive` lacks what is to be known at an origin.
        """
        with follow_fit(self, X, y, sample_weight, n_parts=1) as progress, as_before_on_error(self):
            X, settings = settle(self, *remember_columns(self, X, y))
            table = read_table(X, series=self.series, time=self.time)
            weights = None if sample_weight is None else check_weights(sample_weight, len(table.labels))
            fitted = fit_with_bands(table, settings, weights, archive, progress)
            self.estimator_, self._memory, self.n_training_samples_, self.n_left_out_ = fitted
            self._as_fitted, plan = settings, self._memory.plan
            self.window_length_, self.seasons_ = plan.cutter.window_length, plan.seasons
            self.unused_columns_ = list(plan.maker.roles.unused)
        return self

    def forecast(self, future=None, n_steps=None, *, series=None, joint=False):
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
            The series to forecast. None is all that are known and, with `cold_start`, all in `future`.

        joint : bool, default=False
            Whether each interval holds all steps of the horizon at once, rather than each step by itself.

        Returns
        -------
        forecasts : DataFrame
            One row for each step, labelled with its time, or with (series, time), and with the scenario before these
            where there are several. The column is `forecast`, and with `intervals` there are bounds such as `lower_80`
            and `upper_80`; of several targets, columns are (target, "forecast") and so on.
            With `cold_start`, the column `cold_start` marks series without rows of their own, which begin with the
            first of their coming ones.

        Raises
        ------
        ValueError
            If `future` lacks a series, a column or a step, or holds NaN or, without `cold_start`, a series that is not
            known; if more than `max_fill` of the newest values are missing; beyond the horizon, if windows hold columns
            of `past`, or `lead` or `delay` is set, or a series has no rows of its own.
        """
        check_is_fitted(self)
        if joint and self._memory.bands is None:
            raise ValueError("joint=True needs intervals, but intervals is None; fit with intervals=(0.8, 0.95).")
        if isinstance(future, dict):
            scenarios = {
                name: self.forecast(rows, n_steps, series=series, joint=joint) for name, rows in future.items()
            }
            return pd.concat(scenarios, names=["scenario"])
        coming = None if future is None else self._memory.read_future(future)
        frames = self._memory.forecast_ahead(self.estimator_, coming, n_steps, series, joint=joint)
        return pd.concat(frames, names=self._memory.names) if self._memory.is_panel else frames[ALONE]

    def predict(self, X, *, archive=None):
        """Forecast from each row of X, by what was known then.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            Rows with the columns of `fit`. Known rows before the first of them are its past. A target that X does not
            hold is known of known rows.

        archive : DataFrame, default=None
            What was known at origins that no `archive` before has held; see `fit`.

        Returns
        -------
        y : ndarray of shape (n_rows, horizon) or (n_rows, n_targets * horizon)
            Row t holds the forecasts made at t, target by target and step by step. NaN, with a warning that counts,
            where what is known ahead of all steps is not in X.
        """
        check_is_fitted(self)
        memory, table, made = self._forecast_rows(X, archive)
        plan = memory.plan
        values = [of_series.values for of_series in made]
        return place_rows(table, made, values, (plan.n_targets * plan.cutter.horizon,))

    def update(self, X, *, adapt="none", archive=None):
        """Take rows that follow into what is known, without training a network.

        Parameters
        ----------
        X : DataFrame, Series or array-like of shape (n_rows, n_columns)
            Rows with the columns of `fit` that follow those known, of each series; new series may be among them.

        adapt : {"none", "linear", "bias"}, default="none"
            What else changes. "linear" learns the linear part anew from all known rows, in closed form: the whole of a
            `Ridge`, `RidgeCV` or `LinearRegression`, or the linear path of a network, which stays as it is. "bias" adds
            to forecasts from the last known row on, for each series and step, the mean of the errors known since `fit`,
            each counting half as much as one a season later, and shrunk as if a season of forecasts without error had
            come before.

        archive : DataFrame, default=None
            What was known at the origins in X; see `fit`.

        Returns
        -------
        self : object
            The forecaster, which forecasts from later rows.
        """
        check_is_fitted(self)
        if adapt not in ("none", "linear", "bias"):
            raise ValueError(f"adapt must be 'none', 'linear' or 'bias', but is {adapt!r}; pass one of these.")
        table = self._memory.read(check_columns(self, X))
        memory = self._memory.with_archive(archive)
        memory = memory.issue(self.estimator_, table, make_filter(self._as_fitted.origins)).followed_by(table)
        if adapt == "linear":
            self.estimator_ = adapt_linear(self.estimator_, memory, self._as_fitted)
            memory = memory.adapted()
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
