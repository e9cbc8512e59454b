"""Errors of forecasts, as functions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import mean_absolute_error as mae
from sklearn.metrics import mean_pinball_loss
from sklearn.metrics import root_mean_squared_error as rmse

from skhybrid._validation import check_finite, check_positive_int
from skhybrid.series.panel import Panel, has_levels, read_labels

__all__ = ["mae", "mase", "percentage_terms", "pinball", "rmse", "smape"]


def smape(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Compute the symmetric mean absolute percentage error, from 0 to 200 %.

    It is the mean of ``200 * |y - f| / (|y| + |f|)`` over all samples and outputs, as in the M4 competition. Where
    truth and forecast are both 0 the term is 0. It has a meaning only for quantities with a natural zero.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.

    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The forecasts.

    Returns
    -------
    error : float
        The error in percent; 0 is best.

    Raises
    ------
    ValueError
        If the two differ in shape or hold NaN or inf.

    References
    ----------
    Makridakis, S., Spiliotis, E. and Assimakopoulos, V. (2020). The M4 Competition: 100,000 time series and 61
    forecasting methods. International Journal of Forecasting 36(1), 54-74.

    Examples
    --------
    >>> from skhybrid import smape
    >>> smape([100, 50], [110, 50])  # half of 200 * 10 / 210
    4.761904761904762
    """
    return float(percentage_terms(*_check_forecasts(y_true, y_pred)).mean())


def pinball(y_true: ArrayLike, y_pred: ArrayLike, *, quantile: float = 0.5) -> float:
    """Compute the mean pinball loss of forecasts of a quantile.

    A forecast f of y costs ``quantile * (y - f)`` where it is too low and ``(1 - quantile) * (f - y)`` where it is too
    high. For the median it is half the mean absolute error.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.

    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The forecasts of the quantile.

    quantile : float, default=0.5
        Which quantile was forecast, between 0 and 1.

    Returns
    -------
    error : float
        The loss in the units of y; 0 is best.

    Raises
    ------
    ValueError
        If the two differ in shape, hold NaN or inf, or `quantile` is not between 0 and 1.

    References
    ----------
    Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica 46(1), 33-50.

    Examples
    --------
    >>> from skhybrid import pinball
    >>> pinball([10, 10], [8, 11], quantile=0.75)  # (0.75 * 2 + 0.25 * 1) / 2
    0.875
    """
    y_true, y_pred = _check_forecasts(y_true, y_pred)
    return float(mean_pinball_loss(y_true, y_pred, alpha=quantile))


def mase(y_true: ArrayLike, y_pred: ArrayLike, y_train: ArrayLike, *, season_length: int = 1) -> float:
    """Compute the mean absolute scaled error: the error in units of the naive one-step error in training.

    Of several series, in pandas with labels of two levels, series and time, it is the mean of their errors, each with a
    scale of its own.

    The mean absolute error is divided by the mean of ``|y_train[t] - y_train[t - season_length]|``. Below 1, the
    forecasts are on average better than "same as one season before" was in the training period. For forecasts several
    steps ahead that is a hard measure, as the scale stays that of one step (one season).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.

    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The forecasts.

    y_train : array-like of shape (n_train,) or (n_train, n_outputs)
        The targets of training in time order, one row per step. Rows of NaN stand for steps that were not trained on;
        differences that touch them do not count. Of several series, pandas with their labels as `y_true` is.

    season_length : int, default=1
        Number of steps of one season. 1 compares with the last value.

    Returns
    -------
    error : float
        The error without unit; 0 is best. The mean over the outputs, each with a scale of its own.

    Raises
    ------
    ValueError
        If `y_train` is too short for a seasonal difference or never changes from season to season, so that there is
        no scale, or does not hold a series of `y_true`; if `y_true` and `y_pred` differ in shape or hold NaN or inf.

    References
    ----------
    Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy. International Journal of
    Forecasting 22(4), 679-688.

    Examples
    --------
    >>> from skhybrid import mase
    >>> mase([8, 9], [7, 9], y_train=[1, 3, 4, 7])  # 0.5 / mean(2, 1, 3)
    0.25
    """
    lag = check_positive_int(season_length, "season_length")
    labels, known = (_read_panel(y, name) for y, name in ((y_true, "y_true"), (y_train, "y_train")))
    y_true, y_pred = _check_forecasts(y_true, y_pred)
    if labels is None and known is None:
        return _mase(y_true, y_pred, y_train, lag)
    if labels is None or known is None:
        raise ValueError(
            "y_true and y_train must both hold labels (series, time) or neither, but only one does; pass both as "
            "pandas objects with the labels of their rows."
        )
    if missing := [key for key in labels.keys if key not in known.keys]:
        raise ValueError(
            f"y_train must hold all series of y_true, as each has a scale of its own, but not {missing[0]!r} "
            f"({len(missing)} missing in all); leave them out of y_true and y_pred."
        )
    y_train, rows = np.asarray(y_train), dict(zip(known.keys, known.places, strict=True))
    errors = labels.each(lambda key, at, _: _mase(y_true[at], y_pred[at], y_train[rows[key]], lag))
    return float(np.mean(errors))


def _read_panel(y, name) -> Panel | None:
    """Return which targets belong to which series; None where all are of one, in whatever order they are."""
    labels = read_labels(y, name) if has_levels(y) else None
    return labels if isinstance(labels, Panel) else None


def _mase(y_true, y_pred, y_train, lag):
    """Return the mean absolute scaled error of one series."""
    y_train = np.asarray(y_train, dtype=float)
    if y_train.shape[1:] != y_true.shape[1:]:
        raise ValueError(
            f"y_train must have the outputs of y_true, but they have the shapes {y_train.shape} and {y_true.shape}; "
            "pass the training targets of the same outputs."
        )
    steps = np.abs(y_train[lag:] - y_train[:-lag]).reshape(-1, y_true[0].size)  # (time, output)
    steps = steps[~np.isnan(steps).any(axis=1)]
    scale = steps.mean(axis=0) if len(steps) else np.zeros(1)
    if not (scale > 0).all():
        raise ValueError(
            f"y_train must change within season_length={lag} steps to give MASE a scale, but its {len(y_train)} rows "
            "hold no such difference; pass more training targets, a smaller season_length, or use another metric."
        )
    return float((np.abs(y_true - y_pred).reshape(len(y_true), -1).mean(axis=0) / scale).mean())


def percentage_terms(y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[np.float64]:
    """Return the terms whose mean SMAPE is."""
    size = np.abs(y_true) + np.abs(y_pred)
    return 200 * np.abs(y_true - y_pred) / np.where(size == 0, 1, size)


def _check_forecasts(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return truth and forecasts as finite arrays of one shape; a column of one output counts as 1-D."""
    arrays = [np.asarray(y, dtype=float) for y in (y_true, y_pred)]
    y_true, y_pred = (y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y for y in arrays)
    if y_true.shape != y_pred.shape or y_true.size == 0 or y_true.ndim not in (1, 2):
        raise ValueError(
            "y_true and y_pred must hold one value per sample and output, but have the shapes "
            f"{arrays[0].shape} and {arrays[1].shape}; pass truth and forecasts of the same samples."
        )
    check_finite(y_true, "y_true")
    check_finite(y_pred, "y_pred")
    return y_true, y_pred
