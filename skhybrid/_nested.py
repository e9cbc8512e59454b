"""What is inside an estimator: the steps of a pipeline, the members of an ensemble, what a search is over."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier, is_regressor

_MEMBERS = ("estimators", "regressor", "estimator")
# Ensembles of equal members keep the unfitted one that they clone as `estimator_`, so `estimators_` comes first.
_FITTED_MEMBERS = ("estimators_", "best_estimator_", "regressor_", "estimator_")


def predicts(estimator: Any) -> bool:
    """Return whether an estimator predicts once it is fitted; some have no `predict` before, as stacked ones."""
    return hasattr(estimator, "predict") or is_regressor(estimator) or is_classifier(estimator)


class Inside(NamedTuple):
    """What is next inside an estimator; all empty where there is nothing.

    Either `steps`, each of which reads what the one before it returns, or `members`, each of which reads X, and
    `final`, at most one, which reads what the members predict.
    """

    steps: list[Any]
    members: list[Any]
    final: list[Any]

    @property
    def readers(self) -> list[Any]:
        """Those that read X."""
        return self.steps[:1] or self.members

    @property
    def predictors(self) -> list[Any]:
        """Those whose predictions count."""
        return self.steps[-1:] or [*self.members, *self.final]


def look_inside(estimator: Any) -> Inside:
    """Return what is inside an estimator by its parameters, whether it is fitted or not."""
    return _look(estimator, _MEMBERS, "final_estimator")


def look_inside_fitted(estimator: Any) -> Inside:
    """Return what is inside a fitted estimator, itself fitted."""
    return _look(estimator, _FITTED_MEMBERS, "final_estimator_")


def read_inside(estimator: Any, inside: Inside, X: Any) -> Any:
    """Return X as it reaches what predicts inside a fitted estimator."""
    for step in inside.steps[:-1]:
        X = step.transform(X)
    return estimator.read_windows(X) if hasattr(estimator, "read_windows") else X


def _look(estimator: Any, members: tuple[str, ...], final: str) -> Inside:
    if steps := _estimators(estimator, "steps"):
        return Inside(steps, [], [])
    name = next((name for name in members if hasattr(estimator, name)), "")
    return Inside([], _estimators(estimator, name), _estimators(estimator, final))


def _estimators(estimator: Any, name: str) -> list[Any]:
    """Return the estimators in an attribute: one, several, or pairs of a name and one; not None or "passthrough"."""
    value = getattr(estimator, name, None)
    if isinstance(value, np.ndarray):  # gradient boosting has one row of trees per stage
        value = list(value.flat)
    values = value if isinstance(value, list | tuple) else [value]
    parts = [part[1] if isinstance(part, tuple) else part for part in values]
    return [part for part in parts if hasattr(part, "fit")]
