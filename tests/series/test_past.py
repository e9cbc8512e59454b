"""The rule of the past against an oracle: loops over steps that know the whole series, on random cases.

A case is a fitted part of a series with labels of any kind, and a request: other rows of it. Each answer must be what
the loop finds. Where a step of a window is not known, a warning must count the rows of X that it concerns, and the loop
says what takes its place. All cases are the same in every run.
"""

import re
import warnings
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from skhybrid import RollingFeatures, SlidingWindow, WindowedRegressor

N_ROWS = 60
N_SERIES = 260  # of each of which all requests are made
VALUES = np.random.default_rng(7).normal(size=(N_ROWS, 2)).round(3)


class Zero(RegressorMixin, BaseEstimator):
    """Learn nothing, in no time."""

    def fit(self, X, y):
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.zeros(len(X))


# --- Labels ----------------------------------------------------------------------------------------------------------


def texts(times, form="%Y-%m-%d"):
    return pd.Index(times.strftime(form))


TIME = "%Y-%m-%d %H:%M"
UTC = pd.date_range("2024-03-30 12:00", periods=N_ROWS, freq="h", tz="UTC")  # in which Europe changes its clocks
HOURS = UTC.tz_localize(None)
DAYS = pd.date_range("2024-02-20", periods=N_ROWS)
MONTHS = pd.date_range("2020-01-31", periods=N_ROWS, freq="ME")
WORKDAYS = pd.bdate_range("2024-02-20", periods=N_ROWS)
NUMBERS = np.arange(7, 7 + N_ROWS)
UNEVEN = np.cumsum(np.resize([1, 3, 2, 2, 1, 2, 3], N_ROWS))
MINUTES = HOURS[0] + pd.to_timedelta(UNEVEN, unit="min")

# Each kind of labels in one or several forms, of which any must be found among any other.
LABELS = {
    "hours": [HOURS, *map(HOURS.as_unit, ("s", "ms", "us", "ns")), texts(HOURS, TIME), pd.CategoricalIndex(HOURS)],
    "zone": [UTC.tz_convert("Europe/Berlin"), UTC, UTC.tz_convert("America/New_York").as_unit("s")],
    "days of a zone": [pd.date_range("2024-03-10", periods=N_ROWS, tz="Europe/Berlin")],
    "days": [DAYS, texts(DAYS), pd.Index(DAYS.date), pd.CategoricalIndex(texts(DAYS))],
    "months": [MONTHS, texts(MONTHS), pd.Index(MONTHS.date)],
    "workdays": [WORKDAYS, texts(WORKDAYS), pd.Index(WORKDAYS.date)],
    "periods of months": [MONTHS.to_period("M"), pd.CategoricalIndex(MONTHS.to_period("M"))],
    "periods of hours": [HOURS.to_period("h")],
    "periods of weeks": [pd.period_range("2024-01-03", periods=N_ROWS, freq="W-WED")],
    "timedeltas": [HOURS - HOURS[0], (HOURS - HOURS[0]).as_unit("s"), (HOURS - HOURS[0]).as_unit("ns")],
    "numbers": [pd.Index(NUMBERS), *(pd.Index(NUMBERS, dtype=kind) for kind in ("float64", "Int64", "uint16"))],
    "range": [pd.RangeIndex(7, 7 + N_ROWS), pd.Index(NUMBERS), pd.CategoricalIndex(NUMBERS)],
    "even numbers": [pd.RangeIndex(0, 2 * N_ROWS, 2)],
    "floats": [pd.Index(np.arange(N_ROWS) * 0.1 + 5), pd.Index(np.arange(N_ROWS) * 0.1 + 5, dtype="Float64")],
    "default": [pd.RangeIndex(N_ROWS)],
    "uneven times": [MINUTES, MINUTES.as_unit("s"), texts(MINUTES, TIME)],
    "uneven times of a zone": [MINUTES.tz_localize("UTC").tz_convert("Europe/Berlin")],
    "uneven timedeltas": [MINUTES - HOURS[0]],
    "uneven numbers": [pd.Index(UNEVEN), pd.Index(UNEVEN.astype(float))],
    "none": [None],  # arrays
}


@dataclass
class Series:
    """A series, of which the rows from `start` to `stop` are fitted."""

    labels: str
    form: int
    values: np.ndarray = field(repr=False)
    start: int
    stop: int

    def rows(self, start, stop, form=None):
        """Return rows of the series, as they are given to a part; those after a hole of uneven steps come late."""
        index = LABELS[self.labels][self.form if form is None else form]
        if index is None:
            return self.values[start:stop]
        is_late = start > self.stop and self.labels.startswith("uneven")
        return pd.DataFrame(self.values[start:stop], shifted(index)[start:stop] if is_late else index[start:stop])

    @property
    def fitted(self):
        return self.rows(self.start, self.stop)


def shifted(index):
    """Return labels of steps of 1 to 3 after a hole of some hundred of them."""
    if index.dtype.kind in "if":
        return index + 500
    if index.dtype.kind in "mM" or isinstance(index, pd.DatetimeIndex):
        return index + pd.Timedelta("500min")
    return texts(pd.to_datetime(index) + pd.Timedelta("500min"), TIME)


def draw_series(rng, n_steps):
    labels = str(rng.choice(list(LABELS)))
    start = int(rng.integers(16)) if rng.random() < 0.7 else 0
    stop = start + int(rng.integers(max(n_steps, 14), 34))
    recur = labels == "none" and rng.random() < 0.5
    values = rng.integers(0, 5, size=VALUES.shape).astype(float) if recur else VALUES
    return Series(labels, int(rng.integers(len(LABELS[labels]))), values, start, stop)


# --- Requests --------------------------------------------------------------------------------------------------------


def part_of(rng, start, stop, last=None):
    """Return a random range that starts in one, and ends there or before `last`."""
    first = int(rng.integers(start, stop))
    return first, int(rng.integers(first, last or stop)) + 1


def one_row(start):
    return start, start + 1


# Which rows are asked for after a fit to the rows from a to b.
REQUESTS = {
    "continuing": lambda rng, a, b: part_of(rng, b, b + 1, b + 9),
    "whole": lambda rng, a, b: (a, b),
    "start": lambda rng, a, b: part_of(rng, a, a + 1, N_ROWS),
    "inside": lambda rng, a, b: part_of(rng, a, b),
    "end": lambda rng, a, b: (int(rng.integers(b - 9, b)), b),
    "overlapping": lambda rng, a, b: (int(rng.integers(a, b)), int(rng.integers(b + 1, N_ROWS))),
    "one row": lambda rng, a, b: one_row(int(rng.integers(a, b + 1))),
    "after a hole": lambda rng, a, b: part_of(rng, b + 1, N_ROWS - 1, N_ROWS),
    "earlier": lambda rng, a, b: part_of(rng, 0, a, b) if a else (0, 1),
}


@dataclass
class Request:
    """Rows `start` to `stop` of a series, and how they are given."""

    kind: str
    series: Series
    start: int
    stop: int
    X: object

    @property
    def values(self):
        return self.series.values[self.start : self.stop]

    @property
    def place(self):
        """How many steps the rows lie after the first fitted one, by their labels; None where these do not say."""
        if isinstance(self.X, np.ndarray):
            return None
        index, fitted = self.X.index, LABELS[self.series.labels][0]
        if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:  # new numbers
            return -1 if fitted.dtype.kind in "if" and fitted[self.series.start] != 0 else None
        n_late = 500 if self.start > self.series.stop and self.series.labels.startswith("uneven") else 0
        return self.start - self.series.start + n_late


def draw_request(rng, kind, series):
    start, stop = REQUESTS[kind](rng, series.start, series.stop)
    form = int(rng.integers(len(LABELS[series.labels])))
    X = series.rows(start, stop, form if rng.random() < 0.3 else None)
    if isinstance(X, pd.DataFrame) and rng.random() < 0.1:
        X = X.to_numpy() if rng.random() < 0.5 else X.reset_index(drop=True)
    return Request(kind, series, start, stop, X)


# --- The oracle ------------------------------------------------------------------------------------------------------


class Known:
    """The rows that are known, by step."""

    def __init__(self, rows, n_steps):
        self.all = dict(enumerate(rows))
        self.n_steps = n_steps

    @property
    def kept(self):
        """Those that are kept, the last ones."""
        n_kept = 2 * self.n_steps - 2
        return dict(list(self.all.items())[max(len(self.all) - n_kept, 0) :])

    @property
    def next(self):
        return max(self.all) + 1

    def find(self, row):
        """Return the step of an equal row, by the rule for arrays, and whether that is in doubt."""
        places = [place for place, other in self.all.items() if other.tolist() == row.tolist()]
        near = [place for place in places if place == 0 or place in self.kept]
        recur = len({tuple(row) for row in self.all.values()}) <= 0.99 * len(self.all)
        if len(places) == 1 and (near or not recur):
            return places[0], False
        return 0 if 0 in places else self.next, bool(near)


def place_in(known, request, context):
    """Return the step at which the rows of a request start, what is known then, and whether the step is in doubt."""
    if context == "none":
        place, in_doubt, kept = 0, False, {}
    elif context == "carry":
        place, in_doubt, kept = known.next, False, known.kept
    elif request.place is None:
        (place, in_doubt), kept = known.find(request.values[0]), known.kept
    else:
        place, in_doubt, kept = request.place, False, known.kept
    within = {step: row for step, row in kept.items() if place - known.n_steps < step < place}
    return place, within | {place + i: row for i, row in enumerate(request.values)}, in_doubt


def steps_of(place, n_rows, n_steps):
    """Yield the steps of the window of each row."""
    for end in range(place, place + n_rows):
        yield range(end - n_steps + 1, end + 1)


def count_concerned(rows, place, n_rows, n_steps):
    """Return how many windows hold a step that is not known, though the series had begun."""
    return sum(any(step >= 0 and step not in rows for step in steps) for steps in steps_of(place, n_rows, n_steps))


def filled(rows, steps):
    """Return a window with, in the place of what is not known, the row before, or else the first one that is."""
    return [rows[max((other for other in rows if other <= step), default=min(rows))] for step in steps]


def emptied(rows, steps):
    """Return a window that is NaN up to the last step that is not known."""
    n_nan = max((i + 1 for i, step in enumerate(steps) if step not in rows), default=0)
    return [np.full(2, np.nan) if i < n_nan else rows[step] for i, step in enumerate(steps)]


def statistics(rows, steps):
    """Return the row at the end of a window, and what the known ones are like: mean, std, minimum, maximum."""
    known = [rows[step] for step in steps if step in rows]
    return [rows[steps[-1]], *(statistic(known, axis=0) for statistic in (np.mean, np.std, np.min, np.max))]


# --- The check -------------------------------------------------------------------------------------------------------


def ask(function, X):
    """Return the answer, or None where X is refused, and the texts of the warnings."""
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        try:
            answer = function(X)
        except ValueError:
            answer = None
    return answer, [str(each.message) for each in record]


def compare(function, known, request, context, shape):
    """Assert that the answer to a request is that of the loop; return how it came."""
    place, rows, in_doubt = place_in(known, request, context)
    answer, texts = ask(function, request.X)
    if place < 0:
        assert answer is None, "rows before the fitted ones must be refused"
        return "refused"
    assert answer is not None, "the rows must be answered"
    n_rows = len(request.values)
    expected = np.array([shape(rows, steps) for steps in steps_of(place, n_rows, known.n_steps)])
    np.testing.assert_allclose(answer.reshape(expected.shape), expected, rtol=1e-10, atol=1e-12)
    n_concerned = count_concerned(rows, place, n_rows, known.n_steps) if context == "auto" else 0
    counts = [count for text in texts for count in re.findall(r"the windows of (\d+) of the", text)]
    assert counts == [str(n_concerned)] * (n_concerned > 0), "a warning must count the rows without their whole past"
    assert len(texts) - len(counts) == in_doubt, "a warning must say where it is in doubt what the rows are"
    return "in doubt" if in_doubt else "warned" if n_concerned else "exact"


def try_all(make, rng_seed, shape_of):
    """Fit a part to many series and make all requests of each; return how the answers came, by request."""
    rng = np.random.default_rng(rng_seed)
    tally = Counter()
    for _ in range(N_SERIES):
        n_steps = int(rng.integers(1, 9))
        series = draw_series(rng, n_steps)
        context = str(rng.choice(["auto", "carry", "none"], p=[0.84, 0.08, 0.08]))
        part, shape = make(rng, n_steps, context)
        part.fit(series.fitted, np.zeros(series.stop - series.start))
        for kind in REQUESTS:
            request = draw_request(rng, kind, series)
            known = Known(series.values[series.start : series.stop], n_steps)
            try:
                tally[kind, compare(shape_of(part), known, request, context, shape)] += 1
            except AssertionError as error:
                raise AssertionError(f"{part}\n{series}\n{request}\n{error}") from None
    return tally


def assert_all_met(tally):
    """Assert that each request was made, and answered exactly where the past is known."""
    assert sum(tally.values()) >= 2000
    exact = {kind: n for (kind, outcome), n in tally.items() if outcome == "exact"}
    for kind in ("continuing", "whole", "start"):
        assert exact[kind] > 0.9 * N_SERIES
    for kind in ("end", "inside", "overlapping", "one row"):
        assert exact[kind] > 0.2 * N_SERIES
        assert tally[kind, "warned"] > 0.1 * N_SERIES
    assert tally["after a hole", "warned"] > 0.5 * N_SERIES
    assert tally["earlier", "refused"] > 0.4 * N_SERIES
    assert sum(n for (_, outcome), n in tally.items() if outcome == "in doubt") > 10


def make_window(rng, n_steps, context):
    incomplete = str(rng.choice(["edge", "nan"]))
    part = SlidingWindow(n_steps, incomplete=incomplete, flatten=bool(rng.integers(2)), context=context)
    return part, filled if incomplete == "edge" else emptied


def make_rolling(rng, n_steps, context):
    part = RollingFeatures((n_steps,), statistics=("mean", "std", "min", "max"), context=context)
    return part, statistics


def make_windowed(rng, n_steps, context):
    return WindowedRegressor(Zero(), n_steps, context=context), filled


@pytest.mark.parametrize(
    ("make", "method"),
    [(make_window, "transform"), (make_rolling, "transform"), (make_windowed, "read_windows")],
    ids=["SlidingWindow", "RollingFeatures", "WindowedRegressor"],
)
def test_answers_are_those_of_a_loop_over_the_whole_series(make, method):
    assert_all_met(try_all(make, 0, lambda part: getattr(part, method)))
