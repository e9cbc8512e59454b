"""Holes and missing values against an oracle: loops over steps, on random series with labels of any kind."""

import math
import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from skhybrid import RollingFeatures, SlidingWindow, WindowedRegressor, make_supervised, make_windows
from tests.series.oracle import (
    LABELS,
    LATE,
    VALUES,
    Records,
    ask,
    count_incomplete,
    emptied,
    filled,
    is_whole,
    later,
    statistics,
    steps_of,
)

N_CASES = 2000
OFFSETS = {
    "hours": "h",
    "hours of a zone": "h",
    "days of a zone": "D",
    "months of a zone": "MS",
    "days": "D",
    "months": "ME",
    "quarters": "QS",
    "workdays": "B",
    "periods of hours": "h",
    "periods of two hours": "2h",
    "periods of weeks": "W-WED",
    "timedeltas": "h",
}


# --- Series with holes -----------------------------------------------------------------------------------------------


@dataclass
class Holed:
    """Rows of a series, some of which are left out, or out of order, and values of which are missing.

    `steps` says at which step each row lies, None where they are not in order.
    """

    labels: str
    freq: str | None
    steps: list | None
    X: object = field(repr=False)

    @property
    def n_rows(self):
        return len(self.X)

    @property
    def numbers(self):
        return np.asarray(self.X, dtype=float).reshape(self.n_rows, -1)

    @property
    def has_holes(self):
        return self.steps is not None and self.steps != list(range(self.n_rows))

    @property
    def rows(self):
        """The rows by step."""
        return dict(zip(self.steps, self.numbers.tolist(), strict=True))

    def cut(self, start, stop):
        """Return a part of the rows."""
        return self.X[start:stop]


def draw_holed(rng, *, nan=0.5, disorder=0.15, columns=2):
    """Return a random series: its labels, in or out of order, with or without holes and missing values."""
    labels = str(rng.choice(list(LABELS)))
    freq = str(rng.choice(["rows", OFFSETS.get(labels, "rows")])) if rng.random() < 0.5 else None
    freq = None if labels == "none" and freq != "rows" else freq
    start, n_rows = int(rng.integers(5)), int(rng.integers(31, 46))
    kept = draw_kept(rng, labels, freq, n_rows)
    numbers = VALUES[start : start + n_rows, :columns].copy()
    if rng.random() < nan:
        numbers[rng.random(numbers.shape) < rng.choice([0.02, 0.1])] = np.nan
    if labels == "none":
        return Holed(labels, freq, list(range(n_rows)), numbers)
    index = LABELS[labels][int(rng.integers(len(LABELS[labels])))][start : start + n_rows]
    index, steps = index[kept], kept - kept[0]
    if labels.startswith("uneven") and len(kept) < n_rows:
        after = int(np.flatnonzero(np.diff(kept) > 1)[0]) + 1
        index = index[:after].append(later(index)[after:])
        steps[after:] += LATE
    rows = order(rng, len(kept)) if rng.random() < disorder else np.arange(len(kept))
    X = pd.DataFrame(numbers[kept][rows], index[rows], [f"column {i}" for i in range(columns)])
    is_in_order = (np.diff(rows) > 0).all()
    return Holed(
        labels, freq, (list(range(len(kept))) if freq == "rows" else steps.tolist()) if is_in_order else None, X
    )


def draw_kept(rng, labels, freq, n_rows):
    """Return which of the rows are there: what is left out must be seen by the rule for steps."""
    kept = np.ones(n_rows, dtype=bool)
    if labels != "none" and rng.random() < 0.6:
        if freq is not None:
            kept[1:-1] = rng.random(n_rows - 2) < rng.choice([0.7, 0.95])
        elif labels.startswith("uneven"):
            at = int(rng.integers(14, n_rows - 4))
            kept[at : at + 2] = False
        elif labels != "workdays":  # of which the longest step is no more than a weekend with a day before or after it
            for at in rng.integers(2, n_rows - 5, size=2):
                kept[at : at + int(rng.integers(1, 5))] = False
    return np.flatnonzero(kept)


def order(rng, n_rows):
    """Return an order of rows that is not that of time."""
    rows = [np.arange(n_rows)[::-1], rng.permutation(n_rows), np.sort(rng.integers(0, n_rows - 1, size=n_rows))]
    return rows[int(rng.integers(3))]


def draw_horizon(rng):
    """Return a horizon, and the numbers of steps that it asks for."""
    if rng.random() < 0.6:
        horizon = int(rng.integers(1, 6))
        return horizon, [horizon]
    horizons = sorted(map(int, rng.choice(np.arange(1, 7), size=int(rng.integers(1, 4)), replace=False)))
    return horizons, horizons


# --- make_supervised and make_windows --------------------------------------------------------------------------------


def targets_of(rows, step, horizons):
    """Return the targets of a step, NaN where one is not known."""
    return [rows[step + h][0] if step + h in rows else math.nan for h in horizons]


def supervise_by_loop(case, horizons, missing):
    """Return the rows that `make_supervised` must return, as numbers in order, their features and their targets."""
    rows = case.rows
    kept = [step for step in case.steps if step + max(horizons) <= case.steps[-1]]
    if missing == "drop":
        kept = [
            step for step in kept if is_whole(rows, step) and not any(map(math.isnan, targets_of(rows, step, horizons)))
        ]
    numbers = [case.steps.index(step) for step in kept]
    return numbers, [rows[step] for step in kept], [targets_of(rows, step, horizons) for step in kept]


def windows_by_loop(case, n_steps, horizons, stride, missing):
    """Return the ends of the windows that `make_windows` must return, as numbers of rows, the windows, the targets."""
    rows = case.rows
    ends = range(n_steps - 1, case.steps[-1] - max(horizons) + 1, stride)
    windows = dict(zip(ends, steps_of(ends, n_steps), strict=True))
    if missing == "drop":
        windows = {
            end: steps
            for end, steps in windows.items()
            if all(is_whole(rows, step) for step in steps) and not any(map(math.isnan, targets_of(rows, end, horizons)))
        }
    numbers = [case.steps.index(end) for end in windows]
    cut = [[rows[step] for step in steps] for steps in windows.values()]
    return numbers, cut, [targets_of(rows, end, horizons) for end in windows]


def compare(answer, case, expected, horizon):
    """Assert that an answer is what the loop finds, None where it finds that it must be refused; return which."""
    if expected is None or not expected[0]:
        assert isinstance(answer, ValueError), "what is not in order, has holes or leaves nothing must be refused"
        return "refused"
    assert not isinstance(answer, ValueError), f"what is in order must be cut, but: {answer}"
    numbers, X, y = expected
    y = np.array(y) if np.iterable(horizon) else np.array(y)[:, 0]
    np.testing.assert_array_equal(np.asarray(answer[0]), X)
    np.testing.assert_array_equal(np.asarray(answer[1]), y)
    if isinstance(case.X, pd.DataFrame | pd.Series):
        assert answer[1].index.equals(case.X.index[numbers])
    return "exact"


def is_cut(case, missing):
    """Return whether rows are in order, and without holes where these are not taken."""
    return case.steps is not None and (missing == "drop" or not case.has_holes)


@pytest.mark.parametrize("name", ["make_supervised", "make_windows"])
def test_rows_and_targets_are_those_of_a_loop_over_steps(name):
    rng = np.random.default_rng(2)
    tally = Counter()
    for _ in range(N_CASES):
        columns = int(rng.integers(1, 3))
        case = draw_holed(rng, columns=columns)
        if columns == 1 and rng.random() < 0.5 and isinstance(case.X, pd.DataFrame):
            case.X = case.X.iloc[:, 0]
        horizon, horizons = draw_horizon(rng)
        n_steps, stride, missing = int(rng.integers(1, 7)), int(rng.integers(1, 4)), str(rng.choice(["raise", "drop"]))
        stride = 1 if case.labels.startswith("uneven") else stride  # how long a hole is among them, nobody knows
        options = {"horizon": horizon, "freq": case.freq, "missing": missing}
        target = None if columns == 1 else case.X.columns[0] if isinstance(case.X, pd.DataFrame) else 0
        if name == "make_supervised":
            answer, texts = ask(make_supervised, case.X, target, **options)
            expected = supervise_by_loop(case, horizons, missing) if is_cut(case, missing) else None
        else:
            options |= {"window_length": n_steps, "stride": stride}
            answer, texts = ask(make_windows, case.X, target, **options)
            expected = windows_by_loop(case, n_steps, horizons, stride, missing) if is_cut(case, missing) else None
        try:
            tally[missing, case.has_holes, compare(answer, case, expected, horizon)] += 1
            assert texts == []
        except AssertionError as error:
            raise AssertionError(f"{case}\n{case.X}\n{options}\n{error}") from None
    assert tally["raise", True, "exact"] == 0
    for found in [
        ("raise", False, "exact"),
        ("raise", True, "refused"),
        ("drop", False, "exact"),
        ("drop", True, "exact"),
    ]:
        assert tally[found] > 0.1 * N_CASES
