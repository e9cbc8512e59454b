"""The rows of a series beside what follows them: their targets, and what is known ahead."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import check_horizon, check_rows, short
from skhybrid.series._panel import Panel, learn_panel_steps, read_labels
from skhybrid.series.phases import learn_clock
from skhybrid.series.steps import Steps, check_steps, learn_steps


@dataclass(frozen=True)
class Supervised:
    """All rows of a series, and the targets of those that have some.

    Attributes
    ----------
    frame : DataFrame
        All rows.
    labels : pandas.Index or None
        Their labels, where they are times or numbers.
    steps : Steps
        Which labels follow one another.
    numbers : ndarray of shape (n_rows,)
        How many steps each row lies after the first one.
    known : list
        The columns that are known ahead.
    horizons : list of int
        How many steps after a row its targets lie.
    n_known : int
        How many rows there are up to the last that may be forecast from.
    y : Series or DataFrame
        The targets of the first rows, NaN where there is none; a Series of one horizon that is an int.
    dtype : dtype
        That of the target's column, which is another where some are missing.
    """

    frame: pd.DataFrame
    labels: pd.Index | None
    steps: Steps
    numbers: NDArray[np.intp]
    known: list[Any]
    horizons: list[int]
    n_known: int
    y: pd.Series | pd.DataFrame
    dtype: Any

    @property
    def has_target(self) -> NDArray[np.bool_]:
        """Which of the first rows have all their targets."""
        return pd.DataFrame(self.y).notna().all(axis=1).to_numpy()

    def rows_with_ahead(self, n_rows: int) -> pd.DataFrame:
        """Return the first rows, in which what is known ahead stands in the place of its present values."""
        X = self.frame.drop(columns=self.known).iloc[:n_rows]
        if not self.known:
            return X
        n_ahead = int(self.numbers[-1] - self.numbers[n_rows - 1])
        if n_ahead < max(self.horizons):
            raise ValueError(
                f"return_future with known_future needs {max(self.horizons)} rows after the last known target, with "
                f"NaN as target, but data has {n_ahead}; append rows that hold the columns known in advance."
            )
        return pd.concat([X, _shifted(self.frame[self.known], self.horizons, n_rows, self.numbers)], axis=1)

    def ahead(self, seasons: tuple[int, ...]) -> NDArray[np.floating]:
        """Return what is known ahead of the first rows, and the phases of seasons, (n_rows, n_horizons, n_inputs)."""
        n_rows = len(self.y)
        shifted = _shifted(self.frame[self.known], self.horizons, n_rows, self.numbers)
        known = shifted.to_numpy(dtype=np.float64, na_value=np.nan)
        known = known.reshape(n_rows, len(self.known), len(self.horizons)).transpose(0, 2, 1)
        if not seasons:
            return known
        clock = learn_clock(self.labels, self.steps, seasons)
        labels = None if self.labels is None else self.labels[:n_rows]
        return np.concatenate([known, clock.phases(labels, self.numbers[:n_rows], self.horizons, seasons)], axis=2)


def supervise(
    data: Any, target: Any, horizon: int | Iterable[int], known_future: Any, freq: Any, missing: str
) -> dict[Any, Supervised]:
    """Return the rows of each series of `data`, and the targets of all up to the last that has one.

    They stand by the keys of the series, a single one by None. Of several, some may have no row with a target yet.
    """
    if missing not in ("raise", "drop"):
        raise ValueError(f"missing must be 'raise' or 'drop', but is {missing!r}; pass one of these.")
    horizons = check_horizon(horizon)
    frame = _as_frame(data)
    labels = read_labels(data, "data")
    column = _target_column(frame, target)
    known = _columns_ahead(frame, () if known_future is None else known_future)
    _check_columns(frame, column, known, horizons)

    def supervise_one(rows, labels, steps):
        numbers = steps.number(labels, len(rows))
        if missing == "raise":
            check_steps(numbers, labels, "data")
        n_known = _count_known(rows[column]) if known else len(rows)
        n_samples = int(np.searchsorted(numbers, numbers[n_known - 1] - max(horizons), side="right")) if n_known else 0
        y = _shifted(rows[[column]], horizons, n_samples, numbers)
        if not isinstance(horizon, Iterable):
            y = y.iloc[:, 0].rename(column)
        return Supervised(rows, labels, steps, numbers, known, horizons, n_known, y, frame[column].dtype)

    if isinstance(labels, Panel):
        steps_of = dict(zip(labels.keys, learn_panel_steps(labels, freq)[0], strict=True))
        found = labels.each(lambda key, places, times: supervise_one(frame.iloc[places], times, steps_of[key]))
        tables = dict(zip(labels.keys, found, strict=True))
    else:
        tables = {None: supervise_one(frame, labels, learn_steps(labels, freq))}
    if not any(len(table.y) for table in tables.values()):
        n_known = max(table.n_known for table in tables.values())
        raise ValueError(
            f"horizon={horizon} needs at least {max(horizons) + 1} rows with a known target, but data has {n_known}"
            f"{'' if None in tables else ' in the longest series'}; pass a smaller horizon or a longer series."
        )
    return tables


def _check_columns(frame, column, known, horizons):
    """Refuse columns known ahead that are the target, or whose names are taken."""
    taken = [f"{name}_t+{h}" for name in known for h in horizons if f"{name}_t+{h}" in frame.columns]
    if taken:
        raise ValueError(
            f"data must not hold columns named as what is known ahead is to be, but holds {taken}; rename them."
        )
    if column in known:
        raise ValueError(
            f"known_future must hold columns that are known in advance, but holds the target {column!r}; leave it out."
        )


def _as_frame(data):
    """Return `data` as a DataFrame with one row per time step."""
    if isinstance(data, pd.Series):
        return data.to_frame()
    if isinstance(data, pd.DataFrame):
        if data.shape[1] == 0 or not data.columns.is_unique or data.columns.nlevels > 1:
            raise ValueError(
                f"data must have one or more columns, each with one name of its own, but has {list(data.columns)}; "
                "rename the columns."
            )
        return data
    names = list(getattr(data, "columns", [])) or None  # of polars
    return pd.DataFrame(check_rows(data, "data"), columns=names)


def _column(frame, name, parameter):
    """Return the label of the column that `parameter` names."""
    if name in frame.columns:
        return name
    raise ValueError(
        f"{parameter} must name columns of data, but {short(name)} is not one of {short(list(frame.columns))}; pass "
        "one of these."
    )


def _columns_ahead(frame, names):
    """Return the labels of the columns known in advance, each once."""
    if isinstance(names, str):
        raise ValueError(
            f"known_future must be a sequence of columns of data, but is the text {names!r}; pass [{names!r}]."
        )
    columns = [_column(frame, name, "known_future") for name in names]
    if len({str(column) for column in columns}) < len(columns):
        raise ValueError(
            f"known_future must name different columns, but is {list(names)!r}, of which two get one name ahead; "
            "rename one, or leave it out."
        )
    return columns


def _target_column(frame, target):
    if isinstance(target, list | tuple) and not (isinstance(target, tuple) and target in frame.columns):
        raise ValueError(
            f"target must name one column of data, but is {short(target)}; make the samples of each target apart, or "
            "pass horizon as a sequence for several steps of one."
        )
    if target is not None:
        return _column(frame, target, "target")
    if frame.shape[1] > 1:
        raise ValueError(
            f"target must name the column to predict, since data has {frame.shape[1]}: {short(list(frame.columns))}; "
            "pass one of these."
        )
    return frame.columns[0]


def _count_known(series):
    """Return how many rows there are up to the last known target."""
    known = np.flatnonzero(series.notna())
    return int(known[-1]) + 1 if len(known) else 0


def _shifted(columns, horizons, n_rows, steps):
    """Return, for the first rows, the values of `columns` at each horizon after them, named ``load_t+1``."""
    numbered = columns.reset_index(drop=True)
    ahead: dict[str, NDArray[Any]] = {}
    for h in horizons:
        rows = np.searchsorted(steps, steps[:n_rows] + h)
        is_there = steps[np.minimum(rows, len(steps) - 1)] == steps[:n_rows] + h
        rows = np.where(is_there, rows, -1)  # of which there is no label
        ahead |= {f"{name}_t+{h}": numbered[name].reindex(rows).to_numpy() for name in columns.columns}
    names = [f"{name}_t+{h}" for name in columns.columns for h in horizons]
    return pd.DataFrame(ahead, index=columns.index[:n_rows])[names]
