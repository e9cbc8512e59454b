"""Intervals around forecasts, from the errors of earlier forecasts."""

from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skhybrid._validation import check_is_fitted, check_positive_int, fit_context, positive_int, warn
from skhybrid.forecasting._conformal import Calibration, bound, calibrate
from skhybrid.forecasting._error_size import Made
from skhybrid.forecasting._paths import draw_paths

__all__ = ["ConformalIntervals"]


@dataclass(eq=False, repr=False)
class ConformalIntervals(BaseEstimator):
    """Intervals that hold the truth as often as they say, around the forecasts of any model.

    What is learned are the errors of forecasts whose model had not seen what they forecast. An error is measured in
    units of its expected size, which depends on the step ahead, the phase of the season and the level of the forecast
    (`scale`), and on how large errors have been in the last days (`adaptive`). A bound is the conformal quantile of
    these, so that it needs no distribution. As errors become known, it moves: against the gradient of its pinball loss,
    by step, phase, level and series, at several rates, whose mixture follows from the losses so far.

    :class:`Forecaster` makes them of its own forecasts: pass ``intervals=(0.8, 0.95)``, or this with options of its
    own, which it does not change. `fit` and `predict_interval` serve the forecasts of other models.

    Parameters
    ----------
    levels : float or sequence of float, default=(0.8, 0.95)
        The share of the truth that lies in each interval, between 0 and 1.

    scale : bool, default=True
        Whether errors are measured in units of their expected size, and all steps share one quantile; which of step,
        phase and level count is chosen by the later two thirds of the errors. Where the model forecasts quantiles, they
        come on top of what these say. Without, each step has a quantile of its own.

    symmetric : bool, default=False
        Whether both bounds are equally far from the forecast. Else each leaves out half of what an interval may; but of
        a series that often is at one of the `bounds` of :class:`Forecaster`, such as sales of 0, an interval starts
        there, and the other bound leaves out all: that of 50 % may then end below the forecast, as a mean of such sales
        is above their median.

    adaptive : bool, default=True
        Whether bounds follow errors that have become known. Without it and without `scale`, this is split conformal
        prediction.

    season_length : int or sequence of int, default=None
        Lengths of the seasons, in rows, whose phases count; None for none. :class:`Forecaster` sets its own.

    n_folds : int, default=3
        Number of parts, each an eighth of the rows, that :class:`Forecaster` forecasts by models fitted to the rows
        before it. An estimator with a linear path in closed form is fitted once, and refreshed for the later parts.

    Attributes
    ----------
    n_rows_, horizon_ : int
        Number of rows, and of steps of a forecast, in `fit`.

    is_conformal_ : ndarray of bool, shape (n_levels,)
        Whether the errors suffice for each level. Where they are fewer than ``1 / tail - 1`` (`tail` being the share
        beyond one bound), the bound is that of a normal distribution with their mean square, and `fit` warns.

    References
    ----------
    - Lei, J., G'Sell, M., Rinaldo, A., Tibshirani, R. J. and Wasserman, L. (2018). Distribution-free predictive
      inference for regression. Journal of the American Statistical Association 113, 1094-1111. (Split conformal.)
    - Romano, Y., Patterson, E. and Candès, E. (2019). Conformalized quantile regression. NeurIPS 32. (`bounds`,
      without `scale`.)
    - Gibbs, I. and Candès, E. (2024). Conformal inference for online prediction with arbitrary distribution shifts.
      Journal of Machine Learning Research 25(162), 1-36.
    - Angelopoulos, A., Candès, E. and Tibshirani, R. (2023). Conformal PID control for time series prediction. NeurIPS
      36. (Bounds that follow the gradient.)
    - Gaillard, P., Stoltz, G. and van Erven, T. (2014). A second-order bound with excess losses. COLT. (The mixture.)

    Examples
    --------
    >>> import numpy as np
    >>> from skhybrid import ConformalIntervals
    >>> rng = np.random.default_rng(0)
    >>> forecasts = rng.normal(size=(400, 3))
    >>> truth = forecasts + rng.normal(size=(400, 3))
    >>> intervals = ConformalIntervals(0.8).fit(truth[:200], forecasts[:200])
    >>> bounds = intervals.predict_interval(forecasts[200:], truth[200:])
    >>> bounds.shape
    (200, 3, 1, 2)
    >>> inside = (bounds[..., 0, 0] <= truth[200:]) & (truth[200:] <= bounds[..., 0, 1])
    >>> bool(abs(inside.mean() - 0.8) < 0.05)
    True
    """

    levels: Any = (0.8, 0.95)
    _: KW_ONLY
    scale: Any = True
    symmetric: Any = False
    adaptive: Any = True
    season_length: Any = None
    n_folds: Any = 3

    _parameter_constraints = {
        "levels": [Real, "array-like"],
        "scale": ["boolean"],
        "symmetric": ["boolean"],
        "adaptive": ["boolean"],
        "season_length": [positive_int, "array-like", None],
        "n_folds": [positive_int],
    }

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, y_true, y_pred, *, bounds=None):
        """Learn from the errors of forecasts.

        Parameters
        ----------
        y_true : array-like of shape (n_rows,) or (n_rows, horizon)
            What came; NaN where it is not known.

        y_pred : array-like of shape (n_rows,) or (n_rows, horizon)
            The forecasts, by a model that had not seen `y_true`: row i holds those of the steps i + 1, ..., i +
            horizon, row i + 1 those made one step later.

        bounds : array-like of shape (n_rows, horizon, n_levels, 2), default=None
            A lower and an upper quantile for each level, lowest level first, by the model itself. With `scale`, errors
            are measured in units of half the narrowest interval, and the forecasts should be medians; these bounds
            themselves count as one more rate with `adaptive`. Without `scale`, they are moved to hold what they say.
            None starts from the forecasts.

        Returns
        -------
        self : object
            The fitted intervals.

        Raises
        ------
        ValueError
            If shapes differ, no true value is known, or a forecast or a bound is not finite.
        """
        self._levels = read_levels(self.levels)
        self._seasons = () if self.season_length is None else tuple(sorted(np.atleast_1d(self.season_length).tolist()))
        self._calibration = learn_calibration(self, self._make(y_true, y_pred, bounds, first=0))
        self.n_rows_, self.horizon_ = len(y_pred), self._calibration.recent.half_life
        self.is_conformal_ = ~self._calibration.is_short
        return self

    def predict_interval(self, y_pred, y_true=None, *, bounds=None):
        """Return the intervals of forecasts that follow those fitted.

        The first of them is made when the last true value of the fitted ones is known, the next ones a step later each.

        Parameters
        ----------
        y_pred : array-like of shape (n_rows,) or (n_rows, horizon)
            The forecasts.

        y_true : array-like of shape (n_rows,) or (n_rows, horizon), default=None
            What came; NaN where it is not known yet. A row reads only those of steps up to its origin.

        bounds : array-like of shape (n_rows, horizon, n_levels, 2), default=None
            As in `fit`.

        Returns
        -------
        intervals : ndarray of shape (n_rows, horizon, n_levels, 2)
            The lower and the upper bound of each level.
        """
        found = bound(*self._following(y_pred, y_true, bounds))
        return np.stack([found.lower, found.upper], axis=3)

    def sample_paths(self, y_pred, y_true=None, *, n_paths=200, random_state=None):
        """Draw what may come: whole paths, of which sums, maxima and the like have quantiles.

        A path is the forecast and the errors of all steps of one earlier forecast, in units of their size; of those
        whose first step had the same phase, where there are enough. With `adaptive` the newest are taken, a third of as
        many as were fitted.

        Parameters
        ----------
        y_pred : array-like of shape (n_rows,) or (n_rows, horizon)
            As in `predict_interval`.

        y_true : array-like of shape (n_rows,) or (n_rows, horizon), default=None
            As in `predict_interval`.

        n_paths : int, default=200
            Number of paths of each row.

        random_state : int, RandomState instance or None, default=None
            Which paths are drawn.

        Returns
        -------
        paths : ndarray of shape (n_rows, n_paths, horizon)
            The paths.
        """
        check_positive_int(n_paths, "n_paths")
        calibration, made = self._following(y_pred, y_true, None)
        rows = np.arange(len(made.values))
        return draw_paths(calibration, made, rows, n_paths, check_random_state(random_state))

    def _following(self, y_pred, y_true, bounds):
        """Return what was learned, and forecasts that follow."""
        check_is_fitted(self)
        y_true = np.full(np.shape(y_pred), np.nan) if y_true is None else y_true
        made = self._make(y_true, y_pred, bounds, first=self.n_rows_ - 1 + self.horizon_)
        if made.values.shape[1] != self.horizon_:
            raise ValueError(
                f"y_pred must have the {self.horizon_} columns of fit, but has {made.values.shape[1]}; pass forecasts "
                "of as many steps."
            )
        return self._calibration, made

    def _make(self, y_true, y_pred, bounds, *, first):
        """Return forecasts in consecutive rows, the first of them at a given step."""
        values, truth = (_read(a, name) for a, name in ((y_pred, "y_pred"), (y_true, "y_true")))
        if values.shape != truth.shape:
            raise ValueError(
                f"y_true must have the shape of y_pred, {np.shape(y_pred)}, but has {np.shape(y_true)}; pass truth and "
                "forecasts of the same rows."
            )
        n_levels = len(self._levels)
        if bounds is None:
            bounds = np.broadcast_to(values[:, :, None, None], (*values.shape, n_levels, 2))
        bounds = np.asarray(bounds, dtype=np.float64)
        if bounds.shape != (*values.shape, n_levels, 2):
            raise ValueError(
                f"bounds must have shape {(*values.shape, n_levels, 2)}, a lower and an upper one for each level, but "
                f"has {bounds.shape}; pass those of the rows of y_pred."
            )
        if not np.isfinite(bounds).all():
            raise ValueError("bounds must be finite, but hold NaN or inf; leave out such rows.")
        times = first + np.arange(len(values))
        steps = times[:, None] + 1 + np.arange(values.shape[1])
        phases = steps[:, :, None] % np.array(self._seasons, dtype=np.intp).reshape(1, 1, -1)
        return Made(
            values,
            truth,
            bounds,
            times,
            steps,
            phases,
            self._seasons,
            np.zeros(len(values), dtype=np.intp),
            np.ones(len(values)),
        )


def learn_calibration(intervals: ConformalIntervals, made: Made, further_levels: tuple[float, ...] = ()) -> Calibration:
    """Return what the errors of forecasts tell of intervals; warn of levels that they do not suffice for."""
    if np.isnan(made.truth).all():
        raise ValueError("y_true must hold a known value, but is NaN throughout; pass what came.")
    levels = read_levels(intervals.levels)
    options = {"scaled": intervals.scale, "symmetric": intervals.symmetric, "adaptive": intervals.adaptive}
    calibration = calibrate(made, levels + further_levels, **options)
    if calibration.is_short.any():
        short = ", ".join(f"{level:g}" for level, few in zip(levels, calibration.is_short, strict=False) if few)
        warn(
            f"{calibration.n_origins} forecasts are too few to calibrate intervals of {short}, which need "
            f"{int(np.ceil(1 / calibration.tails.min())) - 1}; they are those of a normal distribution with the mean "
            "square of the errors."
        )
    return calibration


def read_levels(levels: Any) -> tuple[float, ...]:
    """Return the levels of intervals, lowest first."""
    values = np.atleast_1d(np.asarray(levels, dtype=object)).tolist()
    is_share = all(isinstance(level, float | int) and 0 < level < 1 for level in values)
    if not values or not is_share or len(set(values)) < len(values):
        raise ValueError(
            f"levels must hold different shares between 0 and 1, but is {levels!r}; pass for example (0.8, 0.95)."
        )
    return tuple(sorted(map(float, values)))


def _read(a, name):
    """Return an array (n_rows, horizon) of truth, or of finite forecasts."""
    values = np.asarray(a, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) == 0:
        raise ValueError(f"{name} must have shape (n_rows,) or (n_rows, horizon), but has {np.shape(a)}; reshape it.")
    if not np.isfinite(values[~np.isnan(values)] if name == "y_true" else values).all():
        raise ValueError(f"{name} must be finite, but holds NaN or inf; leave out such rows.")
    return values
