"""Errors as scorers, for a search or a comparison: each knows its loss of a row, and what it asks of an estimator."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.base import is_classifier

from skhybrid._nested import look_inside_fitted
from skhybrid._validation import function_of_scorer
from skhybrid.evaluation.metrics import mae, percentage_terms, pinball, rmse, smape
from skhybrid.series.quantiles import find_levels, find_quantiles, predict_quantiles

__all__ = ["ERRORS", "LABEL", "ErrorScorer", "asks_for_labels", "forecast_scorer", "read_scorer"]

POINT, QUANTILE, LABEL = "point", "quantile", "label"

Losses = Callable[..., NDArray[Any]]


@dataclass(frozen=True)
class ErrorScorer:
    """An error as a scorer.

    Attributes
    ----------
    name : str
        What it is called.
    function : callable
        The error of true values and forecasts.
    asks : {"point", "quantile", "label"}
        What is asked of an estimator.
    losses : callable or None
        Returns the loss of each value, of which the error is a mean, or the root of one; None where there is none.
    options : dict
        Handed to both.
    """

    name: str
    function: Callable[..., float]
    asks: str
    losses: Losses | None
    options: dict[str, Any] = field(default_factory=dict)

    def __call__(self, estimator: Any, X: Any, y: Any = None, **more: Any) -> float:
        """Return the negated error; of forecasters, whose targets lie in X, of the forecasts of all origins."""
        if self.asks == QUANTILE and hasattr(estimator, "paired_quantiles"):
            y_true, quantiles = estimator.paired_quantiles(X, y)
            place = _place_of(self.options.get("quantile", 0.5), estimator)
            return -self.function(y_true, quantiles[..., place], **self.options)
        if hasattr(estimator, "paired_forecasts"):
            return -self.function(*estimator.paired_forecasts(X, y), **self.options)
        return -self.function(y, self.ask(estimator, X), **self.options, **more)

    def measure(self, estimator: Any, X: Any, y: Any) -> tuple[float, NDArray[np.float64] | None]:
        """Return the negated error of a fitted estimator, and its loss of each sample."""
        answer = self.ask(estimator, X)
        return -self.function(y, answer, **self.options), self.row_losses(y, answer)

    def ask(self, estimator: Any, X: Any) -> Any:
        """Return what an estimator says to the question: its forecasts of the quantile, else what it predicts."""
        if self.asks != QUANTILE:
            return estimator.predict(X)
        return ask_for_quantile(estimator, X, self.options.get("quantile", 0.5))

    def row_losses(self, y_true: Any, y_pred: Any) -> NDArray[np.float64] | None:
        """Return the loss of each sample, the mean over its outputs, (n_samples,); None where the error has none."""
        if self.losses is None:
            return None
        losses = np.asarray(self.losses(np.asarray(y_true), np.asarray(y_pred), **self.options), dtype=float)
        return losses.reshape(len(losses), -1).mean(axis=1)


def ask_for_quantile(estimator: Any, X: Any, quantile: float) -> Any:
    """Return the forecasts of a quantile: of a network that forecasts several, that one, however deep it is inside.

    What forecasts no quantiles is asked for its predictions, which may be those of the quantile.
    """
    if find_quantiles(estimator) is not None:
        return predict_quantiles(estimator, X)[..., _place_of(quantile, estimator)]
    if not _forecasts_quantiles(estimator):
        return estimator.predict(X)
    raise ValueError(
        f"quantile={quantile} needs a network whose quantiles can be asked for, but the one inside "
        f"{type(estimator).__name__} hands on its medians alone; take it out, or score it by 'mae'."
    )


def _place_of(quantile, estimator):
    """Return which of the quantiles of an estimator is asked for."""
    levels = tuple(map(float, find_levels(estimator)))
    if quantile not in levels:
        raise ValueError(
            f"quantile={quantile} must be one of those that the network forecasts, {levels}; fit it with quantiles "
            "that hold it, or ask for one of these."
        )
    return levels.index(quantile)


def _forecasts_quantiles(estimator):
    """Return whether anything inside a fitted estimator forecasts several quantiles."""
    if hasattr(estimator, "predict_quantiles"):
        return True
    return any(map(_forecasts_quantiles, look_inside_fitted(estimator).predictors))


def _squares(y_true, y_pred):
    return (y_true - y_pred) ** 2


def _absolutes(y_true, y_pred):
    return np.abs(y_true - y_pred)


def _logarithmic(y_true, y_pred):
    return (np.log1p(y_true) - np.log1p(y_pred)) ** 2


def _relative(y_true, y_pred):
    return np.abs(y_true - y_pred) / np.maximum(np.abs(y_true), np.finfo(np.float64).eps)


def _tilted(y_true, y_pred, quantile=0.5):
    return np.where(y_true >= y_pred, quantile * (y_true - y_pred), (1 - quantile) * (y_pred - y_true))


def _is_wrong(y_true, y_pred):
    return y_true != y_pred


ERRORS = {
    error.name: error
    for error in (
        ErrorScorer("rmse", rmse, POINT, _squares),
        ErrorScorer("mae", mae, POINT, _absolutes),
        ErrorScorer("smape", smape, POINT, percentage_terms),
        ErrorScorer("pinball", pinball, QUANTILE, _tilted),
        ErrorScorer("error_rate", metrics.zero_one_loss, LABEL, _is_wrong),
    )
}

# What scikit-learn's functions ask, and their losses of a row.
_KNOWN: dict[Any, tuple[str, Losses | None]] = {
    smape: (POINT, percentage_terms),
    metrics.root_mean_squared_error: (POINT, _squares),
    metrics.mean_squared_error: (POINT, _squares),
    metrics.mean_absolute_error: (POINT, _absolutes),
    metrics.mean_absolute_percentage_error: (POINT, _relative),
    metrics.mean_squared_log_error: (POINT, _logarithmic),
    metrics.root_mean_squared_log_error: (POINT, _logarithmic),
    metrics.zero_one_loss: (LABEL, _is_wrong),
    metrics.hamming_loss: (LABEL, _is_wrong),
    metrics.log_loss: (LABEL, None),
    metrics.brier_score_loss: (LABEL, None),
}


class OtherScorer(ErrorScorer):
    """A scorer of other make, `function`, with what is known of it; `asks` is "" where that is not known."""

    def __call__(self, estimator: Any, X: Any, y: Any = None, **more: Any) -> float:
        """Return the score."""
        return self.function(estimator, X, y, **more)

    def measure(self, estimator: Any, X: Any, y: Any) -> tuple[float, NDArray[np.float64] | None]:
        """Return the score of a fitted estimator, and its loss of each sample."""
        return self(estimator, X, y), self.row_losses(y, estimator.predict(X))


def read_scorer(scorer: Callable[..., float]) -> ErrorScorer:
    """Return a scorer with what it asks and its loss of a row, as far as its function is known."""
    if isinstance(scorer, ErrorScorer):
        return scorer
    function, options = function_of_scorer(scorer)
    if function in (metrics.mean_pinball_loss, pinball):
        return forecast_scorer("pinball", quantile=options.get("alpha", options.get("quantile", 0.5)))
    return OtherScorer(str(scorer), scorer, *_KNOWN.get(function, ("", None)))


def asks_for_labels(scorers: dict[str, ErrorScorer], models: dict[str, Any]) -> bool:
    """Return whether errors ask for labels, all of them or none, and all models give what they ask for."""
    asked = {f"scoring={name!r}": scorer.asks == LABEL for name, scorer in scorers.items() if scorer.asks}
    given = {f"models[{name!r}]": is_classifier(model) for name, model in models.items()}
    of_labels = next(iter([*asked.values(), *given.values()]))
    for name, other in [*asked.items(), *given.items()]:
        if other != of_labels:
            first = next(iter([*asked, *given]))
            what, instead = ("labels", "numbers") if of_labels else ("numbers", "labels")
            raise ValueError(
                f"scoring and models must be about {what} alike, as {first} is, but {name} is about {instead}; compare "
                "classifiers by scoring='error_rate', and regressors apart from them by 'rmse' or 'mae'."
            )
    return of_labels


def forecast_scorer(metric: str, **kwargs: Any) -> ErrorScorer:
    """Make a scorer of a forecast error by its name, for `scoring` of a search, a cross-validation or a comparison.

    Like all errors in scikit-learn's scorers it is negated, so that greater is better.

    Parameters
    ----------
    metric : {"rmse", "mae", "smape", "pinball", "error_rate"}
        The error. RMSE is that of scikit-learn: with several outputs the mean of the outputs' RMSEs. "error_rate" is
        the share of labels that are wrong, of classifiers.

    **kwargs : keyword arguments
        Handed to the function of the error, for example ``quantile=0.9`` to :func:`pinball`.

    Returns
    -------
    scorer : callable
        Called with a fitted estimator, X and y, it returns the negated error of the predictions; with a fitted
        :class:`Forecaster` and X, of its forecasts whose targets lie in X. Its `asks` says what it asks of an
        estimator, "point", "quantile" or "label": "pinball" asks a network that forecasts several quantiles, alone or
        inside of a pipeline, a search or a :class:`WindowedRegressor`, for the one that it measures, and all else for
        its predictions. ``scorer.row_losses(y_true, y_pred)`` returns its own loss of each sample, (n_samples,), which
        :func:`compare_models` tests.

    Raises
    ------
    ValueError
        If there is no such error. When called: if the network does not forecast the quantile, or is in an ensemble or
        a ``TransformedTargetRegressor``, which hand on medians alone.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from skhybrid import forecast_scorer
    >>> X = np.arange(1.0, 41)[:, np.newaxis]
    >>> cross_val_score(Ridge(), X, 2 * X[:, 0], cv=TimeSeriesSplit(2), scoring=forecast_scorer("smape")).round(2)
    array([-0.28, -0.04])
    """
    if metric not in ERRORS:
        raise ValueError(
            f"metric must be one of {', '.join(map(repr, ERRORS))}, but is {metric!r}; for another error make a "
            "scorer with sklearn.metrics.make_scorer(error, greater_is_better=False)."
        )
    error = ERRORS[metric]
    return ErrorScorer(error.name, error.function, error.asks, error.losses, kwargs)
