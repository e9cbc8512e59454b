"""Quantiles of estimators that forecast them: networks, and what networks are the last part of."""

from collections.abc import Callable
from typing import Any

__all__ = ["find_levels", "find_quantiles", "predict_quantiles"]


def find_quantiles(estimator: Any) -> Callable[[Any], Any] | None:
    """Return the function of a fitted estimator that predicts quantiles, also of a pipeline or a search; else None."""
    if hasattr(estimator, "predict_quantiles"):
        return estimator.predict_quantiles
    if hasattr(estimator, "best_estimator_"):
        return find_quantiles(estimator.best_estimator_)
    steps = getattr(estimator, "steps", [])
    predict = find_quantiles(steps[-1][1]) if steps else None
    if predict is None or len(steps) == 1:
        return predict
    return lambda X: predict(estimator[:-1].transform(X))


def predict_quantiles(estimator: Any, X: Any) -> Any:
    """Return the quantiles of an estimator that predicts them."""
    predict = find_quantiles(estimator)
    assert predict is not None, "asked of estimators that have them alone"
    return predict(X)


def find_levels(estimator: Any) -> tuple[float, ...]:
    """Return the levels of the quantiles that an estimator predicts, lowest first; () for none."""
    for name in ("best_estimator_", "estimator_", "estimator"):
        if hasattr(estimator, name):
            return find_levels(getattr(estimator, name))
    if steps := getattr(estimator, "steps", None):
        return find_levels(steps[-1][1])
    return tuple(getattr(estimator, "quantiles", None) or ()) if hasattr(estimator, "predict_quantiles") else ()
