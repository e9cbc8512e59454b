"""Leaks that the rows show without a fit: folds out of order, features that are the target."""

import numpy as np

from skhybrid.evaluation.leakage._alteration import as_table, feature_names, find_pairs, lags_within
from skhybrid.evaluation.leakage.report import Leak


def find_disorder(folds, X, splitter="TimeSeriesSplit", apart=()):
    """Yield the folds whose training rows lie after a test row, or are in both parts.

    In those that are `apart`, whole series are held out, so that no row lies after another.
    """
    reach = int(np.prod(X.shape[1:-1])) if len(X.shape) in (3, 4) else 1  # steps of a window
    for number, (train, test) in enumerate(folds):
        later = train[train >= test.min()]
        if not len(later) or number in apart:
            continue
        is_near = np.zeros(len(X), dtype=bool)
        for distance in range(-reach, reach + 1):
            is_near[np.clip(test + distance, 0, len(X) - 1)] = True
        yield Leak(
            "order",
            f"{len(later)} of {len(train)} training rows do not lie before the first test row, and "
            f"{is_near[later].sum()} of them are within {reach} row(s) of a test row, where windows overlap and hold "
            f"each other's targets; split with {splitter}, since KFold and shuffled folds mix past and future; "
            "where whole series are held out, label the rows (series, time), or pass groups.",
            (number,),
        )


def find_target_features(X, y, steps):
    """Yield the features that are a target up to scale and shift."""
    features, targets = as_table(X), as_table(y)
    found = [
        str(name)
        for name, feature in zip(feature_names(X), features.T, strict=False)
        if any(_is_target(feature, target, steps) for target in targets.T)
    ]
    if found:
        yield Leak(
            "target feature",
            f"feature {', '.join(found[:5])} is the target (a correlation of at least 0.9999, and none as high with "
            "the target of any earlier row); leave it out, or shift the target with make_supervised.",
        )


def _is_target(feature, target, steps):
    unexplained = _unexplained(feature, target)
    if unexplained > 1 - 0.9999**2:
        return False
    # The past of a smooth series is close to the target too, yet closest to the target of an earlier row.
    for lag in lags_within(steps):
        earlier, later = find_pairs(steps, lag)
        if unexplained + 1e-12 >= 0.1 * _unexplained(feature[later], target[earlier]):
            return False
    return True


def _unexplained(x, y):
    """Return the share of the variance of y that a line through x leaves, 1 where there are too few values."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) < 10 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 1.0
    return 1 - np.corrcoef(x, y)[0, 1] ** 2
