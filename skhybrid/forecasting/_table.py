"""Reading a table: rows in time, of one series or of many."""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid._validation import check_input, check_rows, check_training_data, short
from skhybrid.series.labels import time_index
from skhybrid.series.panel import Panel, has_levels, read_labels

ALONE = "the series"  # the key of a series that is alone, which no one sees


def whose(key: Hashable) -> str:
    """Return what a message adds to name a series."""
    return "" if key is ALONE else f" of series {key!r}"


class Part(NamedTuple):
    """The rows of one series.

    Attributes
    ----------
    frame : DataFrame
        The rows, with their times (or numbers) as index, strictly increasing.
    positions : ndarray of shape (n_rows,)
        Which rows of the table they are.
    """

    frame: pd.DataFrame
    positions: NDArray[np.intp]


class Table(NamedTuple):
    """The rows of a table by series.

    Attributes
    ----------
    parts : dict of Hashable to Part
        The rows of each series.
    labels : pandas.Index or pandas.MultiIndex
        The labels of all rows: times, or (series, time).
    is_panel : bool
        Whether rows name their series.
    """

    parts: dict[Hashable, Part]
    labels: pd.Index
    is_panel: bool


def read_table(X: Any, *, series: Any = None, time: Any = None, name: str = "X") -> Table:
    """Take a table apart into its series.

    Parameters
    ----------
    X : DataFrame, Series or array-like of shape (n_rows,) or (n_rows, n_columns)
        The rows: with times as index, with (series, time), or without.
    series, time : column label, default=None
        The columns of X that hold these instead.
    name : str
        What messages call X.
    """
    frame = _index_by_columns(_as_frame(X, name), series, time, name)
    if len(frame) == 0:
        raise ValueError(f"{name} must have rows, but has none; pass some.")
    labels = read_labels(frame, name) if has_levels(frame) else None
    if not isinstance(labels, Panel):
        part = Part(_in_time(frame, name), np.arange(len(frame)))
        return Table({ALONE: part}, part.frame.index, is_panel=False)
    rows = zip(labels.keys, labels.places, labels.labels, strict=True)
    parts = {key: Part(frame.iloc[places].set_axis(times), places) for key, places, times in rows}
    return Table(parts, frame.index, is_panel=True)


def _as_frame(X, name):
    if isinstance(X, pd.DataFrame):
        if X.columns.nlevels > 1 or not X.columns.is_unique:
            raise ValueError(
                f"{name} must have one name for each column, but has {list(X.columns)[:8]}; rename the columns."
            )
        return X
    if isinstance(X, pd.Series):
        return X.to_frame(name="y" if X.name is None else X.name)
    values = np.asarray(X)
    if values.ndim not in (1, 2):
        raise ValueError(
            f"{name} must be a table of shape (n_rows, n_columns), but has shape {values.shape}; pass rows in time "
            "order, from which the windows are cut inside."
        )
    return pd.DataFrame(values if values.ndim == 2 else values[:, None])


def _index_by_columns(frame, series, time, name):
    """Return the frame with the index that columns hold, if they do."""
    for parameter, column in (("series", series), ("time", time)):
        if column is not None and column not in frame.columns and column not in frame.index.names:
            raise ValueError(
                f"{parameter}={column!r} must name a column of {name}, whose columns are {short(list(frame.columns))}; "
                "pass one of these, or leave it out where the index holds it."
            )
    levels = [column for column in (series, time) if column is not None and column in frame.columns]
    if not levels:
        return frame
    if series in levels and time is None:
        frame = frame.set_index(series, append=True).swaplevel()
        return frame
    if time in levels and series is not None and series not in levels:  # the index names the series
        return frame.set_index(time, append=True)
    return frame.set_index(levels)


def _in_time(frame, name):
    """Return rows with times or numbers as their labels; refuse them out of order."""
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        raise ValueError(
            f"{name} must have each time once, but has {twice} more than once; name the series of each row "
            "(series='column', or an index of (series, time)), or drop the repeated rows."
        )
    labels = time_index(frame, name)
    return frame.set_axis(pd.RangeIndex(len(frame)) if labels is None else labels)


def union_of(indexes: Sequence[pd.Index]) -> pd.Index:
    """Return all labels of several indexes, each once, in order."""
    union = indexes[0]
    for index in indexes[1:]:
        union = union.union(index)
    return union


def attach(X: Any, y: Any, target: Any) -> tuple[pd.DataFrame, list[Hashable]]:
    """Return a table with the targets, given apart, as columns, and their names: `target`, or their own, or "y"."""
    frame = _as_frame(X, "X")
    names = list(y.columns) if isinstance(y, pd.DataFrame) else [getattr(y, "name", None)]
    values = np.asarray(y)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != len(frame):
        raise ValueError(
            f"y must hold the target of each of the {len(frame)} rows of X, but has shape {values.shape}; pass the "
            "column as it is, not moved ahead."
        )
    wanted = list(target) if isinstance(target, list) else [target]
    if len(wanted) != values.shape[1] or wanted == [None]:
        wanted = [name if name is not None else "y" if len(names) == 1 else f"y{i}" for i, name in enumerate(names)]
        wanted = wanted if len(wanted) == values.shape[1] else [f"y{i}" for i in range(values.shape[1])]
    twice = [name for name in wanted if name in frame.columns]
    if twice:
        raise ValueError(
            f"y must be a column that X has not, but X has {twice[0]!r} as well; leave it out of X, or pass no y."
        )
    return pd.concat([frame, pd.DataFrame(values, index=frame.index, columns=wanted)], axis=1), wanted


def remember_columns(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Return X and y, of which arrays are checked as scikit-learn does; an estimator remembers the columns of X."""
    if isinstance(X, pd.DataFrame | pd.Series):
        columns = pd.DataFrame(X).columns
        estimator.n_features_in_ = len(columns)
        if all(isinstance(name, str) for name in columns):
            estimator.feature_names_in_ = np.asarray(columns, dtype=object)
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return X, y
    if y is None:
        return check_input(estimator, check_rows(X), reset=True, allow_nd=False), None
    return check_training_data(estimator, X, y, reset=True, allow_nd=False)


def check_columns(estimator: Any, X: Any) -> Any:
    """Return X; refuse an array with other columns than those remembered."""
    if isinstance(X, pd.DataFrame | pd.Series):
        return X
    return check_input(estimator, X, reset=False, allow_nd=False)


def select(table: Table, times: pd.Index) -> Table:
    """Return the rows of a table at some times that follow one another, without series that have none."""
    parts = {}
    for key, part in table.parts.items():
        labels = part.frame.index
        chosen = slice(labels.searchsorted(times[0]), labels.searchsorted(times[-1], side="right"))
        if chosen.start < chosen.stop:
            parts[key] = Part(part.frame.iloc[chosen], part.positions[chosen])
    return table._replace(parts=parts)


def times_of(table: Table) -> pd.Index:
    """Return all times of a table, each once, in order."""
    return union_of([part.frame.index for part in table.parts.values()])
