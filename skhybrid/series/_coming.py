"""What each row of X tells of the steps after it: columns known ahead, and the phases of seasons."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._validation import check_finite, check_horizon, check_seasons
from skhybrid.series._panel import Labels, Panel, learn_panel_clock, learn_panel_steps
from skhybrid.series.phases import Clock, learn_clock
from skhybrid.series.steps import learn_steps


@dataclass(frozen=True)
class Coming:
    """Where the inputs known ahead are in X, and how phases are counted.

    Attributes
    ----------
    past : ndarray of shape (n_past,)
        Positions of the columns of which windows are made.
    columns : ndarray of shape (n_horizons, n_known)
        Positions of the columns known ahead, of each step of the horizon.
    horizons : list of int
        How many steps after a row these steps are; without seasons they need not be known.
    seasons : tuple of int
        Lengths of the seasons, in steps.
    clock : Clock
        How steps are counted in them.
    """

    past: NDArray[np.intp]
    columns: NDArray[np.intp]
    horizons: list[int]
    seasons: tuple[int, ...]
    clock: Clock

    def split(self, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the columns of the past, (n_rows, n_past), and those known ahead, (n_rows, n_horizons, n_known)."""
        return rows[:, self.past] if self.columns.size else rows, rows[:, self.columns]

    def ahead(self, known: NDArray[Any], labels: Labels, numbers: NDArray[np.intp]) -> NDArray[Any]:
        """Return what is known ahead of rows together with the phases of the coming steps, as its last columns."""
        if not self.seasons:
            return known
        times = labels.times if isinstance(labels, Panel) else labels
        phases = self.clock.phases(times, numbers, self.horizons, self.seasons)
        return np.concatenate([known, phases], axis=2, dtype=known.dtype, casting="unsafe")

    def check_place(self, context: str) -> None:
        """Refuse to count the phases of rows whose place in the series nothing tells."""
        if self.seasons and self.clock.kind == "rows" and context == "none":
            raise ValueError(
                f"seasons={self.seasons} are counted from the first fitted row, but context='none' leaves the place of "
                "X in the series open; set context='auto' or 'carry', or fit rows with times as their labels."
            )

    def check_continued(self) -> None:
        """Refuse to fit again, to other rows, what has learned phases counted from the first fitted row."""
        if self.seasons and self.clock.kind == "rows":
            raise ValueError(
                f"seasons={self.seasons} are counted from the first fitted row, which a warm start moves where "
                "rows have no times; fit rows with times as labels, or pass those that follow to partial_fit."
            )

    def tell_tables(self, networks: Iterable[Any], n_channels: int) -> None:
        """Tell networks that read tables how many features a step of the windows in them has, unless they know."""
        for network in networks:
            if self.columns.size or self.seasons:
                raise ValueError(
                    "known_future and seasons need an estimator that takes windows as a whole, but the networks are "
                    "among estimators that take tables; compare them apart, or leave known_future and seasons out."
                )
            if network.n_features == 1:
                network.set_params(n_features=n_channels)

    def name_channels(self, estimator: Any, names: Sequence[str]) -> Any:
        """Return an estimator whose `norm_channels` are positions in the windows, where they named columns of X."""
        names = [str(names[position]) for position in self.past] if len(names) else []
        for parameter, value in estimator.get_params().items():
            entries = value if parameter.split("__")[-1] == "norm_channels" and isinstance(value, list | tuple) else []
            if not any(isinstance(entry, str) for entry in entries):
                continue
            if unknown := [entry for entry in entries if entry not in names]:
                raise ValueError(
                    f"norm_channels must name columns of which windows are made, {names}, but names {unknown}; pass "
                    "some of these, or positions."
                )
            estimator.set_params(**{parameter: [names.index(entry) for entry in entries]})
        return estimator


def learn_coming(
    known_future: Any,
    seasons: Iterable[int],
    horizon: Any,
    *,
    names: Sequence[str] | None,
    n_columns: int,
    labels: Labels,
    freq: Any,
) -> Coming:
    """Find what the parameters name in X, the columns and labels of which are given."""
    seasons = check_seasons(seasons)
    horizons = [] if horizon is None else check_horizon(horizon)
    if seasons and not horizons:
        raise ValueError(
            f"seasons={seasons} needs horizon, which names the coming steps, but it is None; pass horizon as in "
            "make_supervised."
        )
    entries = [] if known_future is None else list(known_future)
    columns = np.empty((len(horizons), 0), dtype=np.intp)
    if entries and all(isinstance(entry, str) for entry in entries):
        columns = _columns_by_name(entries, names, horizons, seasons)
    elif entries:
        columns = _columns_by_position(entries, n_columns, horizons)
    past = np.setdiff1d(np.arange(n_columns), columns)
    if len(past) == 0:
        raise ValueError(
            f"X must hold a column besides those of known_future={entries}, of which windows are made, but all "
            f"{n_columns} are known ahead; leave the past of the target in X."
        )
    clock = _learn_clock(labels, freq, seasons) if seasons else Clock()
    return Coming(past, columns, horizons, seasons, clock)


def _learn_clock(labels, freq, seasons):
    """Return the clock of fitted rows; of several series, that of the longest one."""
    if isinstance(labels, Panel):
        return learn_panel_clock(labels, learn_panel_steps(labels, freq)[1], seasons)
    return learn_clock(labels, learn_steps(labels, freq), seasons)


def _columns_by_name(known_future, names, horizons, seasons):
    """Return the positions of the columns ``name_t+k``, (n_horizons, n_known)."""
    found = {name: _steps_of(name, [] if names is None else names) for name in known_future}
    missing = [name for name in known_future if not found[name]]
    if missing or len(found) < len(known_future):
        what = f"there is none for {missing[0]!r}" if missing else "a name is given twice"
        raise ValueError(
            f"known_future={known_future} must name different columns whose values ahead are in X, as "
            f"'{known_future[0]}_t+1', but {what}; pass X as make_supervised(known_future=...) returns it, or the "
            "positions of these columns."
        )
    steps = sorted(found[known_future[0]])
    wanted = sorted(horizons)
    # Of a single target, the steps up to it may be known as well.
    fits = steps == wanted if seasons or len(wanted) > 1 else not wanted or steps[-1] <= wanted[-1]
    for name in known_future:
        if sorted(found[name]) != steps or not fits:
            raise ValueError(
                f"X must hold the same steps ahead of each column of known_future={known_future}"
                f"{'' if fits else ', those of horizon,'} but holds {sorted(found[name])} of {name!r} instead of "
                f"{steps if fits else wanted}; pass X as make_supervised(known_future=..., horizon=...) returns it."
            )
    order = horizons if steps == wanted else steps  # that of the columns of y
    return np.array([[found[name][step] for name in known_future] for step in order])


def _steps_of(name, columns):
    """Return the positions of the columns that hold a column's values ahead, by the number of steps."""
    matches = [re.fullmatch(rf"{re.escape(name)}_t\+([1-9]\d*)", str(column)) for column in columns]
    return {int(match[1]): position for position, match in enumerate(matches) if match}


def _columns_by_position(known_future, n_columns, horizons):
    """Return the positions of columns as `make_supervised` orders them, all steps of a column together."""
    are_positions = all(isinstance(entry, Integral) and -n_columns <= entry < n_columns for entry in known_future)
    positions = [int(entry) % n_columns for entry in known_future] if are_positions else []
    if len(set(positions)) < len(known_future):
        raise ValueError(
            f"known_future must hold names, or different positions among the {n_columns} columns of X, but is "
            f"{known_future}; pass one or the other."
        )
    if not horizons or len(positions) % len(horizons):
        raise ValueError(
            f"known_future={known_future} by position needs horizon, and as many positions as it has steps for each "
            f"column known ahead, but there are {len(positions)} positions for {len(horizons) or 'no'} steps; pass "
            "horizon as in make_supervised, and the positions of all its columns ahead."
        )
    return np.reshape(positions, (-1, len(horizons))).T


def check_ahead(known: NDArray[Any], *, allow_nan: bool) -> None:
    """Refuse inputs known ahead, (n_rows, n_horizons, n_known), that are inf, or NaN unless it is allowed."""
    check_finite(known, "X", allow_nan=True)
    rows = np.flatnonzero(np.isnan(known).any(axis=(1, 2)))
    if len(rows) and not allow_nan:
        first = ", ".join(map(str, rows[:5])) + (", ..." if len(rows) > 5 else "")
        raise ValueError(
            f"X must hold what is known ahead of each row, but the columns of known_future are NaN in {len(rows)} rows "
            f"({first}); fill these values, or leave the rows out."
        )
