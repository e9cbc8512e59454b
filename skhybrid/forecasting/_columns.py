"""What columns hold as numbers: categories become one column for each of their levels."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import check_finite


@dataclass(frozen=True)
class Encoder:
    """How columns become numbers.

    Attributes
    ----------
    levels : dict of Hashable to list
        The levels of each column that holds categories, as the fitted rows have them.
    shares : dict of Hashable to ndarray of shape (n_levels,)
        The shares of the fitted rows that have each level, which stand for a level not seen in training: the mean of
        what a model has seen is nearer to it than no level at all, which a model never saw.
    """

    levels: dict[Hashable, list[Any]]
    shares: dict[Hashable, NDArray[np.float64]]

    def encode(self, frame: pd.DataFrame, columns: Sequence[Hashable]) -> NDArray[np.float64]:
        """Return columns as numbers, (n_rows, n_numbers)."""
        blocks = [self._encode(frame[name], name) for name in columns]
        return np.concatenate(blocks, axis=1) if blocks else np.empty((len(frame), 0))

    def _encode(self, column, name):
        if name not in self.levels:
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)[:, None]
            check_finite(numbers, f"column {name!r}", allow_nan=True)
            return numbers
        codes = _find(column, self.levels[name])
        numbers = np.vstack([np.eye(len(self.levels[name])), self.shares[name]])[codes]  # -1, the last, is unknown
        numbers[column.isna().to_numpy()] = np.nan
        return numbers

    def names(self, columns: Iterable[Hashable]) -> list[str]:
        """Return the names of the numbers of columns."""
        return [
            str(name) if level is None else f"{name}={level}"
            for name in columns
            for level in self.levels.get(name, [None])
        ]


def learn_encoder(frames: Iterable[pd.DataFrame], columns: Sequence[Hashable], categorical: Sequence[Any]) -> Encoder:
    """Return how columns become numbers: those named categorical, and those that hold text or categories, by level."""
    frames = list(frames)
    unknown = [name for name in categorical if name not in columns]
    if unknown:
        raise ValueError(
            f"categorical must name columns with a role, but {unknown[0]!r} has none; name it in past, known_future or "
            "static as well, or leave it out."
        )
    levels, shares = {}, {}
    for name in columns:
        values = pd.concat([frame[name] for frame in frames if name in frame])
        is_number = pd.api.types.is_numeric_dtype(values.dtype)
        if name in categorical or not is_number:
            _check_category(values, name)
            levels[name] = sorted(values.dropna().unique(), key=lambda level: (str(type(level)), level))
            codes = _find(values.dropna(), levels[name])
            shares[name] = np.bincount(codes, minlength=len(levels[name])) / max(len(codes), 1)
    return Encoder(levels, shares)


def _find(column, levels):
    """Return which of the levels each row has; -1 for none."""
    return pd.Index(levels, dtype=object).get_indexer(pd.Index(column, dtype=object))


def _check_category(values, name):
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        raise ValueError(
            f"column {name!r} must hold numbers or categories, but holds times; the index tells the time, so leave it "
            "out."
        )
