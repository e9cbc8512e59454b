"""Parameters that several of these functions take."""

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from sklearn.utils import check_random_state


def check_not_negative(value: Any, name: str, unit: str) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < np.inf:
        raise ValueError(f"{name} must be a finite number of at least 0 ({unit}), but is {value!r}; pass 0 for none.")


def fixed_step(freq: Any) -> pd.Timedelta | None:
    """Return `freq` as a length of time, or None for a step of the calendar such as a month."""
    try:
        return pd.Timedelta(to_offset(freq))
    except (ValueError, TypeError):
        return None


def streams(random_state: Any, n: int) -> list[np.random.Generator]:
    """Return `n` independent generators, so that what is drawn from one shifts no draw from another."""
    seeds = check_random_state(random_state).randint(np.iinfo(np.int32).max, size=n)
    return [np.random.default_rng(seed) for seed in seeds]
