"""The rule of the past against an oracle: loops over steps that know the whole series, on random cases.

A case is a series with labels of any kind, a fitted part of it, and a request: other rows of it. Each answer must be
what the loop finds. Where a step of a window is not known, a warning must count the rows of X that it concerns, and the
loop says what takes its place. All cases are the same in every run.
"""

import pickle
import re
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from skhybrid import RollingFeatures, SlidingWindow, WindowedClassifier, WindowedRegressor
from tests.series.oracle import (
    HOURS,
    LABELS,
    LATE,
    VALUES,
    Records,
    RecordsLabels,
    Series,
    ask,
    count_incomplete,
    draw_series,
    emptied,
    filled,
    statistics,
    steps_of,
)

N_SERIES = 225  # of each of which all requests are made

# --- Requests --------------------------------------------------------------------------------------------------------


def part_of(rng, start, stop, last):
    """Return a random range that starts from `start` to `stop` and ends there or before `last`."""
    first = int(rng.integers(start, stop))
    return first, int(rng.integers(first, last)) + 1


def one_row(start):
    return start, start + 1


# Which rows are asked for after a fit to the rows from a to b.
REQUESTS = {
    "continuing": lambda rng, a, b: part_of(rng, b, b + 1, b + 9),
    "whole": lambda rng, a, b: (a, b),
    "start": lambda rng, a, b: part_of(rng, a, a + 1, b + 9),
    "inside": lambda rng, a, b: part_of(rng, a, b, b),
    "end": lambda rng, a, b: (int(rng.integers(b - 9, b)), b),
    "overlapping": lambda rng, a, b: (int(rng.integers(b - 14, b)), int(rng.integers(b + 1, b + 9))),
    "one row": lambda rng, a, b: one_row(int(rng.integers(a, b + 1))),
    "after a hole": lambda rng, a, b: part_of(rng, b + 1, b + 9, b + 12),
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
    def numbers(self):
        return self.series.numbers[self.start : self.stop]

    @property
    def place(self):
        """How many steps the rows lie after the first fitted one, by their labels; None where these do not say."""
        if isinstance(self.X, np.ndarray):
            return None
        index, fitted = self.X.index, LABELS[self.series.labels][0]
        if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:  # new numbers
            return -1 if fitted.dtype.kind in "if" and fitted[self.series.start] != 0 else None
        is_late = self.start > self.series.stop and self.series.is_uneven
        return self.start - self.series.start + is_late * LATE


def draw_request(rng, kind, series, *, has_labels=False):
    start, stop = REQUESTS[kind](rng, series.start, series.stop)
    form = int(rng.integers(len(LABELS[series.labels])))
    X = series.rows(start, stop, form if rng.random() < 0.3 else None)
    if isinstance(X, pd.DataFrame) and not has_labels and rng.random() < 0.1:
        X = X.to_numpy() if rng.random() < 0.5 else X.reset_index(drop=True)
    return Request(kind, series, start, stop, X)


# --- The oracle ------------------------------------------------------------------------------------------------------


class Known:
    """The rows that are known, by step."""

    def __init__(self, rows, n_steps):
        self.rows = dict(enumerate(rows.tolist()))
        self.n_steps = n_steps
        self.recur = len({tuple(row) for row in rows.tolist()}) <= 0.99 * len(rows)

    @property
    def next(self):
        return max(self.rows) + 1

    @property
    def kept(self):
        """The last ones, which are kept."""
        n_kept = 2 * self.n_steps - 2
        return dict(list(self.rows.items())[max(len(self.rows) - n_kept, 0) :])

    def find(self, row):
        """Return the steps of equal rows."""
        return [step for step, other in self.rows.items() if other == row.tolist()]

    def place(self, request, context):
        """Return the step at which the rows of a request start, and whether it is in doubt."""
        if context == "carry":
            return self.next, False
        if request.place is not None:
            return request.place, False
        steps = self.find(request.numbers[0])
        is_near = any(step == 0 or step in self.kept for step in steps)
        if len(steps) == 1 and (is_near or not self.recur):
            return steps[0], False
        return 0 if 0 in steps else self.next, is_near

    def before(self, place):
        """Return the kept rows in the windows of rows from a step on."""
        return {step: row for step, row in self.kept.items() if place - self.n_steps < step < place}

    def refuses(self, request):
        """Return whether rows lie before the known ones, or between them."""
        place = request.place
        steps = [] if place is None else [step for step in range(place, place + len(request.X)) if step < self.next]
        return any(step not in self.rows for step in steps)


# --- The check -------------------------------------------------------------------------------------------------------


def check(part, method, shape, known, request):
    """Assert that the answer to a request is that of the loop; return how it came."""
    answer, texts = ask(getattr(part, method), request.X)
    if part.context == "auto" and known.refuses(request):
        assert isinstance(answer, ValueError), "rows before the known ones, or between them, must be refused"
        return "refused"
    assert not isinstance(answer, ValueError), f"the rows must be answered, but: {answer}"
    place, in_doubt = (0, False) if part.context == "none" else known.place(request, part.context)
    in_doubt &= known.n_steps > 1
    before = {} if part.context == "none" else known.before(place)
    rows = before | {place + i: row for i, row in enumerate(request.numbers.tolist())}
    windows = steps_of(range(place, place + len(request.X)), known.n_steps)
    expected = np.array([shape(rows, steps) for steps in windows])
    np.testing.assert_allclose(answer.reshape(expected.shape), expected, rtol=1e-10, atol=1e-12)
    n_incomplete = count_incomplete(rows, windows)
    counts = [count for text in texts for count in re.findall(r"the windows of (\d+) of the", text)]
    assert counts == [str(n_incomplete)] * (n_incomplete > 0), "a warning must count the rows without all their past"
    assert len(texts) - len(counts) == in_doubt, "a warning must say where there are several places for the rows"
    return "in doubt" if in_doubt else "warned" if n_incomplete else "exact"


def named(error, *case):
    """Return an error that names the case."""
    return AssertionError("\n".join(map(str, [*case, error])))


def fit_any(make, rng):
    """Return a part that is fitted to a random series, the shape of its windows, the series, and what is known."""
    n_steps = int(rng.integers(1, 9))
    part, shape = make(rng, n_steps)
    part.set_params(context=str(rng.choice(["auto", "carry", "none"], p=[0.84, 0.08, 0.08])))
    series = draw_series(rng, n_steps)
    part.fit(series.fitted, np.zeros(series.stop - series.start))
    part = pickle.loads(pickle.dumps(part)) if rng.random() < 0.2 else part
    return part, shape, series, Known(series.numbers[series.start : series.stop], n_steps)


def make_window(rng, n_steps):
    incomplete = str(rng.choice(["edge", "nan"]))
    part = SlidingWindow(n_steps, incomplete=incomplete, flatten=bool(rng.integers(2)))
    return part, filled if incomplete == "edge" else emptied


def make_rolling(rng, n_steps):
    return RollingFeatures((n_steps,), statistics=("mean", "std", "min", "max")), statistics


def make_windowed(rng, n_steps):
    return WindowedRegressor(Records(), n_steps), filled


def make_classifier(rng, n_steps):
    return WindowedClassifier(RecordsLabels(), n_steps), filled


PARTS = {
    "SlidingWindow": (make_window, "transform"),
    "RollingFeatures": (make_rolling, "transform"),
    "WindowedRegressor": (make_windowed, "read_windows"),
    "WindowedClassifier": (make_classifier, "read_windows"),
}
UPDATES = [0.35, 0.35, 0.1, 0.1, 0.1]  # how often each kind is tried


@pytest.mark.parametrize("name", PARTS)
def test_answers_are_those_of_a_loop_over_the_whole_series(name):
    make, method = PARTS[name]
    rng = np.random.default_rng(0)
    tally = Counter()
    for _ in range(N_SERIES):
        part, shape, series, known = fit_any(make, rng)
        for kind in REQUESTS:
            request = draw_request(rng, kind, series)
            try:
                tally[kind, check(part, method, shape, known, request)] += 1
            except AssertionError as error:
                raise named(error, part, request) from None
    assert sum(tally.values()) >= 2000
    for kind in ("continuing", "whole", "start"):
        assert tally[kind, "exact"] > 0.9 * N_SERIES
    for kind in ("end", "inside", "overlapping", "one row"):
        assert tally[kind, "exact"] > 0.2 * N_SERIES
        assert tally[kind, "warned"] > 0.1 * N_SERIES
    assert tally["after a hole", "warned"] > 0.5 * N_SERIES
    assert tally["earlier", "refused"] > 0.3 * N_SERIES
    assert sum(n for (_, outcome), n in tally.items() if outcome == "in doubt") > 3


def test_answers_after_updates_are_those_of_a_loop_over_the_whole_series():
    rng = np.random.default_rng(1)
    tally = Counter()
    for _ in range(N_SERIES):
        part, shape, series, known = fit_any(make_windowed, rng)
        for _ in range(3):
            kind = str(rng.choice(["continuing", "after a hole", "end", "overlapping", "earlier"], p=UPDATES))
            kind = "continuing" if kind == "after a hole" and series.is_uneven else kind
            update = draw_request(rng, kind, series, has_labels=True)
            requests = [update]
            try:
                outcome = check_update(part, known, update)
                tally["update", outcome] += 1
                if outcome != "refused":
                    series = replace(series, stop=max(series.stop, update.stop))
                for kind in map(str, rng.choice(list(REQUESTS), size=2)):
                    requests.append(draw_request(rng, kind, series))
                    tally[kind, check(part, "read_windows", shape, known, requests[-1])] += 1
            except AssertionError as error:
                raise named(error, part, *requests) from None
    assert sum(tally.values()) >= 2000
    for outcome in ("exact", "warned", "refused"):
        assert tally["update", outcome] > 0.5 * N_SERIES
    assert sum(n for (_, outcome), n in tally.items() if outcome == "exact") > 0.4 * sum(tally.values())


def check_update(part, known, update):
    """Assert that an update is refused or warned of where it must be; return which of these, and note what is known."""
    answer, texts = ask(part.update, update.X)
    if update.place is None:
        place = known.next
        is_refused = part.context == "auto" and len(known.find(update.numbers[0])) == 1
    else:
        place = update.place
        is_refused = place < known.next
    if is_refused:
        assert isinstance(answer, ValueError), "rows that are known must be refused"
        return "refused"
    assert answer is part, f"rows that follow must be taken, but: {answer}"
    n_missing = place - known.next
    counts = [count for text in texts for count in re.findall(r"so that (\d+) rows between them", text)]
    assert counts == [str(n_missing)] * (n_missing > 0), "a warning must count the rows of a hole"
    assert len(texts) == len(counts)
    known.rows |= {place + i: row for i, row in enumerate(update.numbers.tolist())}
    return "warned" if n_missing else "exact"


@pytest.mark.parametrize("name", PARTS)
def test_holes_among_the_rows_asked_for_are_refused(name):
    make, method = PARTS[name]
    rng = np.random.default_rng(2)
    for _ in range(200):
        series = draw_series(rng, n_steps=8)
        if series.labels == "none" or series.is_uneven:
            continue
        part, _ = make(rng, int(rng.integers(2, 9)))
        part.fit(series.fitted, np.zeros(series.stop - series.start))
        first = int(rng.integers(series.start, series.stop + 3))
        X = series.rows(first, first + int(rng.integers(3, 14)))
        is_left_out = rng.random(len(X) - 2) < rng.choice([0.1, 0.5])
        is_left_out[rng.integers(len(X) - 2)] = True
        X = X[np.concatenate([[True], ~is_left_out, [True]])]
        assert isinstance(ask(getattr(part, method), X)[0], ValueError), f"{part} {series} {X.index}"


# --- All numbers of rows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_steps", [2, 5, 24])
@pytest.mark.parametrize("labels", ["none", "default", "hours", "periods of months", "workdays", "uneven times"])
@pytest.mark.parametrize("name", PARTS)
def test_last_rows_are_answered_as_among_all(name, labels, n_steps):
    make, method = PARTS[name]
    part, _ = make(np.random.default_rng(0), n_steps)
    n_rows, n_before = 60, n_steps - 1
    X = Series(labels, 0, VALUES, 0, n_rows).fitted
    answer = getattr(part.fit(X, np.zeros(n_rows)), method)
    whole = answer(X)
    for start in range(1, n_rows):  # the rows from which windows are complete begin n_before after what is kept does
        n_incomplete = sum(end < n_rows - n_before for end in range(start, min(start + n_before, n_rows)))
        tail, texts = ask(answer, X.iloc[start:] if isinstance(X, pd.DataFrame) else X[start:])
        np.testing.assert_array_equal(tail[n_incomplete:], whole[start + n_incomplete :])
        counts = [re.search(r"the windows of (\d+) of the (\d+) rows", text).groups() for text in texts]
        assert counts == [(str(n_incomplete), str(n_rows - start))] * (n_incomplete > 0)


# --- Labels of pyarrow -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["timestamp[ns][pyarrow]", "timestamp[s][pyarrow]", "string[pyarrow]"])
def test_labels_of_pyarrow_are_found_among_others(form):
    pytest.importorskip("pyarrow")
    X = pd.DataFrame(VALUES, HOURS)
    arrow = X.set_axis(pd.Index(HOURS.astype(str) if "string" in form else HOURS, dtype=form))
    for fitted, asked in [(X, arrow), (arrow, X), (arrow, arrow)]:
        window = SlidingWindow(4).fit(fitted[:60])
        np.testing.assert_array_equal(window.transform(asked[60:]), SlidingWindow(4).fit_transform(VALUES)[60:])
        assert isinstance(ask(SlidingWindow(4).fit, fitted[::-1])[0], ValueError)
