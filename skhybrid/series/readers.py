"""What estimators read: windows or only tables, and whether NaN among them."""

from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.utils import get_tags

from skhybrid._nested import look_inside


def takes_nan(estimator: Any) -> bool:
    """Return whether an estimator takes tables with NaN; of a pipeline, each step up to one that fills NaN."""
    steps, members, final = look_inside(estimator)
    if steps:
        takes = [takes_nan(step) for step in steps]
        fills = [type(step).__module__.startswith("sklearn.impute") for step in steps]
        return all(takes[: fills.index(True) + 1 if any(fills) else None])
    if not get_tags(estimator).input_tags.allow_nan and not isinstance(estimator, TransformedTargetRegressor):
        return False  # TransformedTargetRegressor hands X on, but has not the tag
    return all(map(takes_nan, [*members, *final]))


def takes_windows(estimator: Any) -> bool:
    """Return whether an estimator takes windows, (n_samples, n_steps, n_features), or only tables."""
    readers = look_inside(estimator).readers
    return all(map(takes_windows, readers)) if readers else get_tags(estimator).input_tags.three_d_array
