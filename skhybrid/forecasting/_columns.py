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
    """

    levels: dict[Hashable, list[Any]]

    def encode(self, frame: pd.DataFrame, columns: Sequence[Hashable]) -> NDArray[np.float64]:
        """Return columns as numbers, (n_rows, n_numbers): a category not seen in training is 0 in all its columns."""
        blocks = [self._encode(frame[name], name) for name in columns]
        return np.concatenate(blocks, axis=1) if blocks else np.empty((len(frame), 0))

    def _encode(self, column, name):
        if name not in self.levels:
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)[:, None]
            check_finite(numbers, f"column {name!r}", allow_nan=True)
            return numbers
        codes = pd.Categorical(column, categories=self.levels[name]).codes
        numbers = np.eye(len(self.levels[name]))[codes] * (codes >= 0)[:, None]
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
    levels = {}
    for name in columns:
        values = pd.concat([frame[name] for frame in frames if name in frame])
        is_number = pd.api.types.is_numeric_dtype(values.dtype)
        if name in categorical or not is_number:
            _check_category(values, name)
            levels[name] = sorted(values.dropna().unique(), key=lambda level: (str(type(level)), level))
    return Encoder(levels)


def _check_category(values, name):
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        raise ValueError(
            f"column {name!r} must hold numbers or categories, but holds times; the index tells the time, so leave it "
            "out."
        )
