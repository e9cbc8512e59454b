"""What is trained on: rows with their targets."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd


class TrainingData(NamedTuple):
    """Rows to fit to, what is known ahead of them, their labels, targets, which of these are known, weights, others."""

    rows: Any
    known: Any
    labels: Any
    y: Any
    has_target: Any
    weights: Any
    metadata: dict[str, Any]

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
