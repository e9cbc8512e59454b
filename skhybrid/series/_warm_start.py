"""Training on inside an estimator: which one does, and how it takes the parameters that were set since."""

from typing import Any

from sklearn.base import clone

from skhybrid._nested import look_inside
from skhybrid._progress import take_callbacks


def trains_on(estimator: Any) -> bool:
    """Return whether another fit trains on what an estimator has; refuse one inside whose warm start would be lost.

    A pipeline fits its last step in place; whatever else holds estimators fits clones of them.
    """
    steps, members, final = look_inside(estimator)
    if steps:
        return trains_on(steps[-1])
    if getattr(estimator, "warm_start", False):
        return True
    for inner in filter(_has_warm_start, [*members, *final]):
        raise ValueError(
            f"warm_start=True needs a {type(inner).__name__} that is the estimator itself or the last step of a "
            f"pipeline, but it is inside a {type(estimator).__name__}, which fits new clones each time; pass "
            "warm_start=False, or a new estimator for each fit."
        )
    return False


def last_step(estimator: Any) -> Any:
    """Return the last step of a pipeline, or of one inside it; any other estimator as it is."""
    steps = look_inside(estimator).steps
    return last_step(steps[-1]) if steps else estimator


def continue_from(fitted: Any, estimator: Any) -> Any:
    """Return an estimator with the parameters and callbacks of this one, whose last step is the `fitted` one's."""
    if type(fitted) is not type(estimator):
        raise ValueError(
            f"estimator must be a {type(fitted).__name__}, as in the fit that is continued, but is a "
            f"{type(estimator).__name__}; pass another {type(fitted).__name__}, or start with a new estimator."
        )
    if not look_inside(estimator).steps:
        return take_callbacks(fitted.set_params(**clone(estimator).get_params(deep=False)), estimator)
    pipeline = clone(estimator)
    name, _ = pipeline.steps[-1]
    return pipeline.set_params(**{name: continue_from(fitted.steps[-1][1], estimator.steps[-1][1])})


def _has_warm_start(estimator):
    return getattr(estimator, "warm_start", False) or any(
        _has_warm_start(inner) for part in look_inside(estimator) for inner in part
    )
