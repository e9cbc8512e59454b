"""What is trained on: rows with their targets, and which of them an estimator takes."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.utils import get_tags

from skhybrid._nested import look_inside


class TrainingData(NamedTuple):
    """Rows to fit to, what is known ahead of them, their labels, targets, which of these are known, and weights."""

    rows: Any
    known: Any
    labels: Any
    y: Any
    has_target: Any
    weights: Any

    @property
    def knows_ahead(self):
        """Which rows have all that is known ahead, (n_rows,)."""
        return ~np.isnan(self.known).any(axis=(1, 2))


def fill_targets(y):
    """Return targets without a missing one, in whose place stands another, and which are known, (n_rows,)."""
    targets = np.asarray(y)
    is_missing = pd.isna(targets)
    if targets.size == 0 or targets.ndim == 0 or not is_missing.any():
        return y, np.ones(targets.shape[:1], dtype=bool)
    if is_missing.all():
        raise ValueError("y must hold a known target, but all are missing (NaN); pass targets that are known.")
    filled = pd.DataFrame(np.where(is_missing, targets[~is_missing][0], targets)).infer_objects().to_numpy()
    return filled.reshape(targets.shape), ~is_missing.reshape(len(targets), -1).any(axis=1)


def takes_nan(estimator):
    """Return whether an estimator takes tables with NaN; of a pipeline, each step up to one that fills NaN."""
    steps, members, final = look_inside(estimator)
    if steps:
        takes = [takes_nan(step) for step in steps]
        fills = [type(step).__module__.startswith("sklearn.impute") for step in steps]
        return all(takes[: fills.index(True) + 1 if any(fills) else None])
    if not get_tags(estimator).input_tags.allow_nan and not isinstance(estimator, TransformedTargetRegressor):
        return False  # TransformedTargetRegressor hands X on, but has not the tag
    return all(map(takes_nan, [*members, *final]))


def takes_windows(estimator):
    """Return whether an estimator takes windows, (n_samples, n_steps, n_features), or only tables."""
    readers = look_inside(estimator).readers
    return all(map(takes_windows, readers)) if readers else get_tags(estimator).input_tags.three_d_array
