"""Rows and targets, as they were given or made from raw data, and what becomes of them when the future is altered."""

import numpy as np
import pandas as pd

from skhybrid._validation import short
from skhybrid.evaluation.leakage._alteration import (
    PANDAS,
    alter_rows,
    as_array,
    feature_names,
    find_horizon,
    find_missing_rows,
    find_moved,
    take_rows,
)
from skhybrid.evaluation.leakage._order import Order
from skhybrid.evaluation.leakage.report import NOT_SEEN, Leak
from skhybrid.series.panel import Panel, has_levels, label_groups, read_labels


class Given:
    """Rows and targets as they were given; those of several series in the order of time."""

    def __init__(self, X, y, groups=None):
        X, y = as_array(X), as_array(y)
        labels = read_labels(y, "y") if has_levels(y) and not has_levels(X) else read_labels(X)
        if groups is not None and not isinstance(labels, Panel):
            labels = label_groups(groups, labels)
        self.order = Order(labels, len(X))
        self.X, self.y = self.order.sort(X), self.order.sort(y)
        self.steps, self.horizon = self.order.steps, None
        if self.order.is_single:
            self.steps = np.arange(len(X))  # rows are steps, where the target is found so many of them later
            self.horizon = find_horizon(X, y, self.steps)
        if not self.horizon:
            self.order = Order(read_labels(y, "y"), len(X)) if labels is None else self.order
            self.steps = self.order.steps
            self.horizon = find_horizon(*self.order.one_by_one(self.X, self.y))
        found = [f"training targets for a horizon of {self.horizon}, read from X"] if self.horizon else []
        self.checked = ("features against the target", *found)

    def check(self):
        """Yield what cannot be seen without the steps before the split."""
        yield Leak(NOT_SEEN, "steps before the split (scaling, smoothing, filling of gaps, windows); pass prepare=.")
        if not self.horizon:
            yield Leak(
                NOT_SEEN,
                "whether training targets lie in the test period, as no feature is the target's own past, which would "
                "tell the horizon; pass prepare=.",
            )

    def alter_future(self, row):
        """Return the targets with those altered that are not known at the time of `row`, and the leaks on the way."""
        if not self.horizon:
            return self.y, []
        n_known = np.searchsorted(self.steps, self.steps[row] - self.horizon, side="right")
        return alter_rows(self.y, slice(n_known, None)), []


class Prepared:
    """Rows and targets made from raw data; row i is at row `positions[i]` of them."""

    checked = ("features against the target", "prepare and training targets, by altering the raw data")

    def __init__(self, raw, prepare, known_future):
        self.raw, self.known_future = as_array(raw), known_future
        self.raw_order = Order(read_labels(raw), len(self.raw))
        unknown = [name for name in known_future if name not in feature_names(self.raw)]
        if unknown:
            raise ValueError(
                f"known_future must name columns of the raw data X, but {unknown[0]!r} is not one of "
                f"{short(list(feature_names(self.raw)))}; pass some of these."
            )
        self.raw = self.raw_order.sort(self.raw)
        self.make = lambda raw: _prepare(prepare, raw, self.raw_order)[:3]
        self.X, self.y, self.positions, rank = _prepare(prepare, self.raw, self.raw_order)
        self.order = self.raw_order.select(self.positions, rank)
        self.steps = self.order.steps
        X, y, positions = self.make(self.raw)
        if not np.array_equal(positions, self.positions) or find_moved(self.X, X).any() or find_moved(self.y, y).any():
            raise ValueError(
                "prepare must return the same rows each time it is called with the same data, but does not; seed what "
                "is random in it."
            )

    def check(self):
        """Yield the leaks seen from the middle of the data, and where gaps end: what fills them may come from there."""
        missing = find_missing_rows(self.raw)
        ends = np.flatnonzero(missing[:-1] & ~missing[1:]) + 1
        some = ends[np.linspace(0, len(ends) - 1, min(len(ends), 3), dtype=int)]
        for cut in [len(self.raw) // 2, *some]:
            yield from self._alter_from(self.raw_order.align(cut))[1]

    def alter_future(self, row):
        """Return the targets after all raw data later than `row` were altered, and the leaks on the way."""
        return self._alter_from(self.raw_order.after(self.positions[row]))

    def _alter_from(self, cut):
        n = np.searchsorted(self.positions, cut)  # rows whose time is before the cut
        try:
            X, y, positions = self.make(alter_rows(self.raw, slice(cut, None), self.known_future))
        except ValueError as error:
            return self.y, [Leak(NOT_SEEN, f"prepare, which refuses the altered raw data ({error}).")]
        if not np.array_equal(positions[: np.searchsorted(positions, cut)], self.positions[:n]):
            message = "which rows prepare keeps depends on later data; choose them by what is known at their time."
            return self.y, [Leak("preparation", message)]
        moved = find_moved(take_rows(self.X, slice(0, n)), take_rows(X, slice(0, n)))
        leaks = [Leak("preparation", self._describe(moved, cut))] if moved.any() else []
        return y, leaks

    def _describe(self, moved, cut):
        rows = np.flatnonzero(moved.any(axis=1))
        reach = cut - self.positions[rows[0]]
        what = "all" if len(rows) == len(moved) else f"{len(rows)} of the {len(moved)}"
        names = feature_names(self.X)
        columns = ", ".join(str(names[j]) for j in np.flatnonzero(moved.any(axis=0))[:5])
        return (
            f"{what} rows of X before row {cut} of the raw data move when the raw data from there on are altered, as "
            f"far as {reach} rows back (features {columns}); fit scalers and filters inside the pipeline, smooth over "
            "past rows only, and name columns that are known in advance in known_future=."
        )


def _prepare(prepare, raw, order):
    """Return X, y and the row of the raw data at which each row is, in the order of time, and where each was given."""
    raw = order.unsort(raw)
    X, y = (as_array(part) for part in prepare(raw.copy()))
    positions = order.rank[_find_positions(X, y, raw)]
    if order.is_single:
        return X, y, positions, np.arange(len(X))
    in_time = np.argsort(positions)
    return take_rows(X, in_time), take_rows(y, in_time), positions[in_time], np.argsort(in_time)


def _find_positions(X, y, raw):
    """Return the row of the raw data at which each row is."""
    labels = raw.index if isinstance(raw, PANDAS) else pd.RangeIndex(len(raw))
    for part in (X, y):
        if isinstance(part, PANDAS) and labels.is_unique:
            positions = labels.get_indexer(part.index)
            if (positions >= 0).all() and (np.diff(positions) > 0).all():
                return positions
    if len(X) == len(raw):
        return np.arange(len(raw))
    raise ValueError(
        f"prepare must return X or y with labels of the raw data, in their order, since it makes {len(X)} rows of "
        f"{len(raw)}, whose time is not known otherwise; pass raw data with a time index and keep its labels."
    )
