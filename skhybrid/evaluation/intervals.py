"""How good intervals and distributions are: errors as functions, and as a scorer."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhybrid._validation import check_finite

__all__ = ["coverage", "crps", "interval_score", "interval_scorer"]


def coverage(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Compute the share of the truth that lies in intervals, bounds included.

    Parameters
    ----------
    y_true, lower, upper : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values and the bounds.

    Returns
    -------
    share : float
        Between 0 and 1; of intervals of 80 % it should be 0.8.

    Raises
    ------
    ValueError
        If shapes differ, a value is NaN or inf, or a lower bound lies above the upper one.

    Examples
    --------
    >>> from skhybrid import coverage
    >>> coverage([1, 2, 3, 4], lower=[0, 0, 0, 0], upper=[3, 3, 3, 3])
    0.75
    """
    y_true, lower, upper = _check_bounds(y_true, lower, upper)
    return float(((lower <= y_true) & (y_true <= upper)).mean())


def interval_score(y_true: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, level: float) -> float:
    """Compute the mean interval score: the width, and a penalty where the truth lies outside.

    ``(u - l) + 2 / (1 - level) * (l - y)`` where y is below the interval, and likewise above. It is smallest where the
    bounds are the quantiles that leave out half of ``1 - level`` each.

    Parameters
    ----------
    y_true, lower, upper : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values and the bounds.

    level : float
        The share of the truth that the intervals should hold, between 0 and 1.

    Returns
    -------
    score : float
        The score in the units of y; smaller is better.

    Raises
    ------
    ValueError
        As :func:`coverage`, and if `level` is not between 0 and 1.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation. Journal of the
    American Statistical Association 102, 359-378.

    Examples
    --------
    >>> from skhybrid import interval_score
    >>> interval_score([1, 5], lower=[0, 0], upper=[4, 4], level=0.5)  # (4 + 4 + 2 / 0.5 * 1) / 2
    6.0
    """
    y_true, lower, upper = _check_bounds(y_true, lower, upper)
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, but is {level!r}; pass for example 0.8.")
    beyond = np.maximum(lower - y_true, 0) + np.maximum(y_true - upper, 0)
    return float((upper - lower + 2 / (1 - level) * beyond).mean())


def crps(y_true: ArrayLike, samples: ArrayLike) -> float:
    """Compute the mean continuous ranked probability score of samples of what may come.

    It is the mean of ``|x - y|`` over the samples x, less half of the mean of ``|x - x'|`` over all pairs of them: the
    integral of the squared difference between the distribution of the samples and that of the truth, a step. For one
    sample it is the absolute error.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,) or (n_rows, n_outputs)
        The true values.

    samples : array-like of shape (n_rows, n_samples) or (n_rows, n_samples, n_outputs)
        What may come, for example paths of a forecast.

    Returns
    -------
    score : float
        The score in the units of y; 0 is best.

    Raises
    ------
    ValueError
        If shapes do not match, or a value is NaN or inf.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules, prediction, and estimation. Journal of the
    American Statistical Association 102, 359-378.

    Examples
    --------
    >>> from skhybrid import crps
    >>> crps([0.0], [[-1.0, 1.0]])  # 1 - 0.5 * (0 + 2 + 2 + 0) / 4
    0.5
    """
    truth, drawn = np.asarray(y_true, dtype=float), np.asarray(samples, dtype=float)
    if drawn.ndim != truth.ndim + 1 or drawn.shape[:1] + drawn.shape[2:] != truth.shape or drawn.size == 0:
        raise ValueError(
            "samples must have the shape of y_true with the samples as second axis, but they have the shapes "
            f"{drawn.shape} and {truth.shape}; pass all samples of each row of y_true."
        )
    check_finite(truth, "y_true")
    check_finite(drawn, "samples")
    n_samples = drawn.shape[1]
    ranks = 2 * np.arange(1, n_samples + 1) - n_samples - 1  # of sorted samples: how often each counts in all pairs
    ranks = ranks.reshape(1, -1, *(1,) * (drawn.ndim - 2))
    spread = (np.sort(drawn, axis=1) * ranks).sum(axis=1) / n_samples**2
    return float((np.abs(drawn - truth[:, None]).mean(axis=1) - spread).mean())


def interval_scorer(level):
    """Make a scorer of intervals, for `scoring` of a search or a cross-validation of forecasters.

    Parameters
    ----------
    level : float
        Which of the intervals that the :class:`Forecaster` makes is scored.

    Returns
    -------
    scorer : callable
        Called with a fitted `Forecaster` and X, it returns the negated :func:`interval_score` of the forecasts whose
        targets lie in X.

    Raises
    ------
    ValueError
        When it is called with a forecaster without intervals of this level.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from skhybrid import Forecaster, interval_scorer, make_power_usage
    >>> df = make_power_usage(30, random_state=0)[["load"]]
    >>> model = Forecaster(horizon=6, estimator=Ridge(), window_length=24, intervals=0.8)
    >>> cross_val_score(model, df, cv=TimeSeriesSplit(2), scoring=interval_scorer(0.8)).shape
    (2,)
    """
    return partial(_score, level=level)


def _score(estimator, X, y=None, *, level):
    """Return the negated interval score of the forecasts whose targets lie in X."""
    y_true, bounds = estimator.paired_intervals(X, y, level=level)
    return -interval_score(y_true, bounds[..., 0], bounds[..., 1], level=level)


def _check_bounds(y_true: Any, lower: Any, upper: Any) -> tuple[NDArray[np.float64], ...]:
    """Return truth and bounds as finite arrays of one shape."""
    arrays = [np.asarray(a, dtype=float) for a in (y_true, lower, upper)]
    if len({a.shape for a in arrays}) > 1 or arrays[0].size == 0:
        raise ValueError(
            "y_true, lower and upper must hold one value each per sample and output, but have the shapes "
            f"{', '.join(str(a.shape) for a in arrays)}; pass truth and bounds of the same samples."
        )
    for a, name in zip(arrays, ("y_true", "lower", "upper"), strict=True):
        check_finite(a, name)
    if (arrays[1] > arrays[2]).any():
        raise ValueError("lower must not lie above upper, but does in some rows; exchange them.")
    return tuple(arrays)
