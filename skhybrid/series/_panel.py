"""Several series in one X, a panel: its rows taken apart by series, and results put back in the order of the rows.

Rows with labels of two levels, the series and the time, belong to as many series. Each has a past of its own: whatever
looks back in time is done for each series as if there were no other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from skhybrid.series.labels import as_times, time_index
from skhybrid.series.phases import Clock, read_clock
from skhybrid.series.steps import FEW_LABELS, Steps, gaps_of, learn_steps


@dataclass(frozen=True, eq=False)
class Panel:
    """Which rows belong to which series, and when they are.

    Attributes
    ----------
    keys : list
        The labels of the series, in their order.
    series : ndarray of shape (n_rows,)
        The position of each row's series among them.
    times : pandas.Index
        The times of the rows, or numbers.
    """

    keys: list[Any]
    series: NDArray[np.intp]
    times: pd.Index

    @cached_property
    def places(self) -> list[NDArray[np.intp]]:
        """The rows of each series, in time order."""
        ends = np.cumsum(np.bincount(self.series, minlength=len(self.keys)))[:-1]
        return np.split(np.argsort(self.series, kind="stable"), ends)

    @cached_property
    def labels(self) -> list[pd.Index]:
        """The times of each series."""
        return [self.times[places] for places in self.places]

    @cached_property
    def distinct(self) -> pd.Index:
        """The times that rows have, each once, in order."""
        return self.times.unique().sort_values()

    @cached_property
    def moments(self) -> NDArray[np.intp]:
        """The position of each row's time among them."""
        return self.distinct.get_indexer(self.times)

    def each(self, function: Callable[[Any, NDArray[np.intp], pd.Index], Any]) -> list[Any]:
        """Return what a function makes of the key, the rows and the times of each series, which a refusal names."""
        made = []
        for key, places, labels in zip(self.keys, self.places, self.labels, strict=True):
            with naming(key):
                made.append(function(key, places, labels))
        return made

    def join(self, parts: list[NDArray[Any]]) -> NDArray[Any]:
        """Return what was made of each series in the order of the rows."""
        joined = np.empty((len(self.times), *parts[0].shape[1:]), parts[0].dtype)
        for places, part in zip(self.places, parts, strict=True):
            joined[places] = part
        return joined

    def in_time(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return rows ordered by time, and at the same time by series."""
        return rows[np.lexsort((self.series[rows], self.moments[rows]))]


Labels = pd.Index | Panel | None


def read_labels(X: Any, name: str = "X") -> Labels:
    """Return the labels of a pandas `X` by which its rows are ordered: those of one series, or of a panel."""
    if not has_levels(X) or len(X) == 0:
        return time_index(X, name)
    index = X.index
    if index.nlevels != 2:
        raise ValueError(
            f"{name} must have one label per row, its time, or two, its series and its time, but has a MultiIndex of "
            f"{index.nlevels} levels; join the levels that name the series into one."
        )
    series, keys = pd.factorize(index.get_level_values(0), sort=True)
    if (series < 0).any():
        raise ValueError(
            f"{name} must name the series of each row as first level of its index, but {(series < 0).sum()} of them "
            f"are missing (first in row {np.flatnonzero(series < 0)[0]}); fill them, or leave these rows out."
        )
    times = as_times(index.get_level_values(1))
    if times is None or times.hasnans:
        what = "are no times of one kind" if times is None else "are missing"
        raise ValueError(
            f"{name} must have times or numbers as second level of its index, the first being the series, but some "
            f"{what} ({str(index.get_level_values(1)[0])[:40]!r}, ...); convert the level (pandas.to_datetime, with "
            "utc=True where zones differ), or swap the levels."
        )
    panel = Panel(keys.tolist(), series.astype(np.intp), times)
    _check_order(panel, name)
    return panel


def has_levels(X: Any) -> bool:
    """Return whether the rows of X have labels of several levels."""
    return isinstance(getattr(X, "index", None), pd.MultiIndex)


def _check_order(panel, name):
    """Refuse a series whose rows are not in time order, or are there twice."""
    order = np.concatenate(panel.places)
    is_wrong = (np.diff(panel.moments[order]) <= 0) & (np.diff(panel.series[order]) == 0)
    if not is_wrong.any():
        return
    before, after = order[np.flatnonzero(is_wrong)[0] :][:2]
    time = panel.times[after]
    what = "is there twice" if panel.times[before] == time else f"comes after {panel.times[before]}"
    raise ValueError(
        f"{name} must hold the rows of each series in time order, each time once, but in series "
        f"{panel.keys[panel.series[after]]!r} {time} {what}; sort the rows ({name}.sort_index()), keep one of each "
        "time, and cross-validate with PanelTimeSeriesSplit."
    )


@contextmanager
def naming(key: Any) -> Iterator[None]:
    """Name the series in a refusal."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"In series {key!r}, {error}") from None


def per_series(labels: Labels, function: Callable[..., NDArray[Any]], *arrays: NDArray[Any]) -> NDArray[Any]:
    """Return what a function makes of the rows of each series, in the order of the rows."""
    if not isinstance(labels, Panel):
        return function(*arrays)
    return labels.join([function(*(a[places] for a in arrays)) for places in labels.places])


def learn_panel_steps(panel: Panel, freq: Any) -> tuple[list[Steps], Steps]:
    """Return the steps of each series, and those of a series that is too short to tell.

    These are the steps of the longest one, where those that are long enough agree; else each tells its own.
    """
    found = panel.each(lambda key, places, labels: learn_steps(labels, freq))
    lengths = np.array([len(labels) for labels in panel.labels])
    tells = lengths >= min(FEW_LABELS, lengths.max())
    usual = [steps.usual for steps, tell in zip(found, tells, strict=True) if tell]
    if max(usual) > 1.5 * min(usual):
        return found, Steps()
    shared = found[int(lengths.argmax())]
    return [steps if tell else shared for steps, tell in zip(found, tells, strict=True)], shared


def learn_panel_clock(panel: Panel, shared: Steps, seasons: Sequence[int]) -> Clock:
    """Return the clock of all series, which is that of the longest; their steps must agree."""
    if np.isnan(shared.usual) and shared.freq is None:
        raise ValueError(
            f"seasons={tuple(seasons)} needs series of one step, by which their phases are counted, but their labels "
            "are different steps apart, or too few to tell; pass freq, or fit such series apart."
        )
    return read_clock(max(panel.labels, key=len), shared, seasons)


def count_overlaps(panel: Panel, rows: NDArray[np.intp], n_steps: int) -> int:
    """Return how many samples before one may have targets later than it, at most.

    These are the samples less than `n_steps` before it, the number of steps to a target, and those at its own time that
    stand before it. `rows` are those of the samples, in time order.
    """
    usual = [np.median(gaps_of(labels)) for labels in panel.labels if len(labels) > 1]
    since = np.concatenate([[0.0], np.cumsum(gaps_of(panel.distinct))]) / max(usual, default=1.0)
    moments = panel.moments[rows]
    times = since[moments]
    # A step is counted where there is a time, and as long as the longest usual one: what either takes for near, is.
    first = np.minimum(
        np.searchsorted(moments, moments - n_steps, side="right"),
        np.searchsorted(times, times + 0.25 - n_steps, side="right"),
    )
    return int((np.arange(len(rows)) - first).max())
