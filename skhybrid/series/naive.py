"""Forecasts without learning, which every network has to beat."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import column_or_1d

from skhybrid._progress import Followed, clone_unfollowed, follow_fit
from skhybrid._validation import (
    StrOptions,
    as_windows,
    check_finite,
    check_horizon,
    check_input,
    check_is_fitted,
    check_sample_shape,
    check_training_data,
    fit_context,
    non_negative_int,
    positive_int,
)

__all__ = ["NaiveRegressor"]
from skhybrid.series.carrier import values_of

# Each strategy maps series (sample, time) and horizons (horizon,) to forecasts (sample, horizon).


def _last(series, horizons, season_length):
    return np.repeat(series[:, -1:], len(horizons), axis=1)


def _seasonal(series, horizons, season_length):
    n_steps = series.shape[1]
    lags = -horizons % season_length  # t + h - m * ceil(h / m) = t - (-h mod m)
    if lags.max() >= n_steps:
        raise ValueError(
            f"season_length={season_length} with horizon={horizons[lags.argmax()]} needs windows of at least "
            f"{lags.max() + 1} steps, but X has n_steps={n_steps}; pass longer windows or a smaller season_length."
        )
    return series[:, n_steps - 1 - lags]


def _mean(series, horizons, season_length):
    known = ~np.isnan(series)
    with np.errstate(invalid="ignore"):  # nothing known: 0 / 0 is the NaN that predict reports
        mean = series.sum(axis=1, where=known, dtype=float, keepdims=True) / known.sum(axis=1, keepdims=True)
    return np.repeat(mean, len(horizons), axis=1)


def _drift(series, horizons, season_length):
    n_steps = series.shape[1]
    if n_steps < 2:
        raise ValueError(
            f"strategy='drift' needs windows of at least 2 steps, but X has n_steps={n_steps}; "
            "pass longer windows or strategy='last'."
        )
    first, last = series[:, :1].astype(float), series[:, -1:].astype(float)
    return last + horizons * (last - first) / (n_steps - 1)


_STRATEGIES = {"last": _last, "seasonal": _seasonal, "mean": _mean, "drift": _drift}


class NaiveRegressor(RegressorMixin, Followed, BaseEstimator):
    """Forecast by a fixed rule from the window itself: last value, last season, mean or drift.

    It learns nothing. It says what a forecast without a model would have been, which is what a model has to
    beat. The last step of a window is time t, and `y[:, j]` is the target at t + h_j for the j-th horizon h_j.

    The windows must be in the units of `y`: put no scaler before it, or its forecasts are scaled as well.

    Parameters
    ----------
    strategy : {"last", "seasonal", "mean", "drift"}, default="last"
        Rule of the forecast for t + h:

        - `"last"`: the value at t.
        - `"seasonal"`: the value at t + h - m * ceil(h / m) with m = `season_length`, which is the latest
          value of the same season known at t.
        - `"mean"`: the mean of the known values of the window. It moves with the window; the mean of the
          training targets, one number for all windows, is :class:`sklearn.dummy.DummyRegressor`.
        - `"drift"`: the line through the first and the last value of the window, h steps further.

    season_length : int, default=1
        Number of steps of one season, for example 24 for hourly data that repeat each day. Used only by
        `strategy="seasonal"`, which equals `"last"` for a season of 1.

    horizon : int or sequence of int, default=1
        How many steps ahead `y` lies, as in :func:`make_supervised`. An int gives 1-D predictions, a sequence
        gives predictions of shape (n_samples, len(horizon)).

    target_channel : int, default=0
        Feature of the windows that holds the target's own past.

    n_features : int, default=1
        Number of features of one step in a 2-D `X`. Not used for 3-D and 4-D windows.

    Attributes
    ----------
    n_features_in_ : int
        `X.shape[1]` in `fit`: the number of columns of a 2-D `X`, of steps of a 3-D one, of subsequences of a
        4-D one.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns in `fit`, where `X` is a DataFrame with string names.

    sample_shape_ : tuple of int
        Shape of one sample in `fit`, checked in `predict`.

    n_parameters_ : int
        Number of learned parameters: 0.

    See Also
    --------
    sklearn.dummy.DummyRegressor : Forecasts a statistic of the training targets.

    References
    ----------
    .. [1] R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, OTexts,
       Melbourne, 2021, section 5.2, "Some simple forecasting methods". https://otexts.com/fpp3/

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import NaiveRegressor
    >>> X = np.array([[1.0, 2.0, 4.0], [2.0, 4.0, 3.0]])
    >>> y = np.array([3.0, 5.0])
    >>> NaiveRegressor().fit(X, y).predict(X)
    array([4., 3.])
    >>> NaiveRegressor("seasonal", season_length=2).fit(X, y).predict(X)
    array([2., 4.])
    """

    _parameter_constraints = {
        "strategy": [StrOptions(set(_STRATEGIES))],
        "season_length": [positive_int],
        "horizon": [positive_int, "array-like"],
        "target_channel": [non_negative_int],
        "n_features": [positive_int],
    }

    def __init__(self, strategy="last", *, season_length=1, horizon=1, target_channel=0, n_features=1):
        self.strategy = strategy
        self.season_length = season_length
        self.horizon = horizon
        self.target_channel = target_channel
        self.n_features = n_features

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Check that the windows can carry the rule, and learn nothing.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_steps * n_features) or \
                (n_samples, n_seq, n_steps, n_features)
            Windows; in a 2-D `X` the oldest step comes first and the features of one step stand side by side,
            subsequences in a 4-D `X` are joined along time. Of :class:`Windows`, what is known ahead is not used.

        y : array-like of shape (n_samples,) or (n_samples, n_horizons)
            Targets, of which only the shape is used.

        Returns
        -------
        self : object
            The regressor.

        Raises
        ------
        ValueError
            If `y` does not have one output for each horizon, the windows are too short for the strategy, or
            they have no `target_channel`.
        """
        with follow_fit(self, X, y):
            windows, y = check_training_data(self, values_of(X), y, reset=True)
            _check_outputs(y, self.horizon)
            self.sample_shape_ = windows.shape[1:]
            self.n_parameters_ = 0
            self._as_fitted = clone_unfollowed(self)
            self._forecast(windows)  # raises where windows of this shape cannot carry the rule
        return self

    def predict(self, X):
        """Forecast the target from each window.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_steps, n_features), (n_samples, n_steps * n_features) or \
                (n_samples, n_seq, n_steps, n_features)
            Windows of the shape that `fit` received.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_horizons)
            Forecasts in the units of the windows; 1-D for an int `horizon`.

        Raises
        ------
        ValueError
            If a value that the strategy needs is missing (NaN).
        """
        check_is_fitted(self)
        X = values_of(X)
        check_sample_shape(X, self.sample_shape_)
        X = check_input(self, X, reset=False)
        rule = self._as_fitted
        forecast = rule._forecast(X)
        n_missing = np.isnan(forecast).any(axis=1).sum()
        if n_missing:
            raise ValueError(
                f"strategy={rule.strategy!r} needs values that are missing (NaN) in {n_missing} of {len(X)} windows; "
                "leave out windows without full history or fill the gaps first."
            )
        return forecast[:, 0] if isinstance(rule.horizon, Integral) else forecast

    def _forecast(self, X: NDArray[Any]) -> NDArray[np.float64]:
        # In a table NaN is a missing value; in windows it may be a step before the series began.
        check_finite(X, "X", allow_nan=X.ndim > 2)
        windows = as_windows(X, self.n_features)
        if self.target_channel >= windows.shape[2]:
            raise ValueError(
                f"target_channel={self.target_channel} needs windows of at least {self.target_channel + 1} features, "
                f"but they have {windows.shape[2]}; pass a smaller target_channel, or n_features for a 2-D X."
            )
        series = windows[:, :, self.target_channel]  # (sample, time)
        horizons = np.array(check_horizon(self.horizon))
        forecast = _STRATEGIES[self.strategy](series, horizons, self.season_length)
        return forecast.astype(np.float64)  # (sample, horizon)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.single_output = isinstance(self.horizon, Integral)
        tags.target_tags.multi_output = not tags.target_tags.single_output
        tags.regressor_tags.poor_score = True
        return tags


def _check_outputs(y: NDArray[Any], horizon: Any) -> None:
    n_outputs = 1 if y.ndim == 1 else y.shape[1]
    n_horizons = len(check_horizon(horizon))
    if n_outputs != n_horizons:
        raise ValueError(
            f"horizon={horizon!r} asks for {n_horizons} output(s), but y has {n_outputs}; "
            f"pass one horizon for each column of y, for example horizon=range(1, {n_outputs + 1})."
        )
    if isinstance(horizon, Integral):
        column_or_1d(y, warn=True)
