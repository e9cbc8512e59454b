"""Calendar features against an oracle: the calendar of Python's datetime, row by row, for labels of any kind."""

import math
from calendar import isleap, monthrange
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from skhybrid import CalendarFeatures
from tests.series.oracle import HOURS, LABELS, N_ROWS, ask

N_CASES = 1000
CYCLES = {
    "minute": lambda t: (t.minute + t.second / 60) / 60,
    "hour": lambda t: (t.hour + t.minute / 60 + t.second / 3600) / 24,
    "dayofweek": lambda t: t.weekday() / 7,
    "dayofmonth": lambda t: (t.day - 1) / monthrange(t.year, t.month)[1],
    "dayofyear": lambda t: (t.date() - date(t.year, 1, 1)).days / (365 + isleap(t.year)),
    "weekofyear": lambda t: (t.isocalendar().week - 1) / date(t.isocalendar().year, 12, 28).isocalendar().week,
    "month": lambda t: (t.month - 1) / 12,
    "quarter": lambda t: (t.month - 1) // 3 / 4,
}
NO_TIMES = {"timedeltas", "numbers", "even numbers", "tenths", "default", "uneven timedeltas", "uneven numbers"}
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read(label):
    """Return the time of a label, at the clock of its place."""
    if isinstance(label, str):
        return datetime.fromisoformat(label)
    if isinstance(label, pd.Period):
        return label.start_time.to_pydatetime()
    if isinstance(label, pd.Timestamp) and label.tz is not None:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=label.timestamp())).astimezone(
            ZoneInfo(str(label.tz))
        )
    return label.to_pydatetime() if isinstance(label, pd.Timestamp) else datetime.combine(label, time())


@cache
def passed(labels, form):
    """Return the part of each cycle that has passed at each row, (n_rows, n_cycles)."""
    return np.array([[cycle(read(label)) for cycle in CYCLES.values()] for label in LABELS[labels][form]])


def expected_of(passed, features):
    angles = 2 * math.pi * passed[:, [list(CYCLES).index(feature) for feature in features]]
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(passed), -1)


def draw_rows(rng):
    """Return some rows, in the order of time or not; holes do not matter, since no row has a past."""
    start = int(rng.integers(N_ROWS - 20))
    rows = np.sort(rng.choice(np.arange(start, start + 20), size=int(rng.integers(1, 20)), replace=False))
    return rows if rng.random() < 0.7 else rng.choice(rows, size=len(rows))


def test_cycles_are_those_of_the_calendar():
    rng = np.random.default_rng(6)
    tally = Counter()
    for _ in range(N_CASES):
        labels = str(rng.choice([labels for labels in LABELS if labels != "none"]))
        form = int(rng.integers(len(LABELS[labels])))
        rows = draw_rows(rng)
        features = [str(name) for name in rng.permutation(list(CYCLES))[: int(rng.integers(1, 5))]]
        X = pd.DataFrame({"load": np.arange(len(rows), dtype=float)}, LABELS[labels][form][rows])
        where = str(rng.choice(["index", "column"]))
        if where == "index":
            is_read = labels not in NO_TIMES and bool((np.diff(rows) > 0).all())
            part = CalendarFeatures(features)
        else:
            labels, form = ("hours", 0) if labels in NO_TIMES else (labels, form)
            X = pd.DataFrame({"load": X["load"].to_numpy(), "when": LABELS[labels][form][rows]})
            is_read, part = True, CalendarFeatures(features, time="when" if rng.random() < 0.5 else -1)
        answer, texts = ask(part.fit_transform, X)
        case = f"{part} {labels} {form} {rows}"
        assert texts == [], case
        tally[where, is_read] += 1
        if not is_read:
            assert isinstance(answer, ValueError), case
            continue
        assert not isinstance(answer, ValueError), f"{case} {answer}"
        expected = expected_of(passed(labels, form)[rows], features)
        np.testing.assert_allclose(answer[:, 1:], expected, rtol=0, atol=1e-12, err_msg=case)
        assert answer[:, 0].tolist() == list(range(len(rows)))
    assert min(tally["index", True], tally["index", False], tally["column", True]) > 0.15 * N_CASES


def test_cycles_of_numbers_are_those_of_the_calendar():
    rng = np.random.default_rng(7)
    seconds = [int((label.to_pydatetime() - datetime(1970, 1, 1)).total_seconds()) for label in HOURS]
    for _ in range(200):
        unit, rows = str(rng.choice(list(UNITS))), draw_rows(rng)
        numbers = np.array([seconds[row] * UNITS[unit] for row in rows], dtype=rng.choice(["int64", "float64"]))
        X = pd.DataFrame({"when": numbers, "load": 1.0})
        X = X if rng.random() < 0.5 else X.to_numpy()
        answer = CalendarFeatures(list(CYCLES), time=0, unit=unit).fit_transform(X)
        expected = expected_of(passed("hours", 0)[rows], list(CYCLES))
        np.testing.assert_allclose(answer[:, 1:], expected, rtol=0, atol=1e-9, err_msg=f"{unit} {rows}")
        coarser = [other for other in UNITS if UNITS[other] < UNITS[unit]]
        for other in coarser:
            assert isinstance(ask(CalendarFeatures(time=0, unit=other).fit, X)[0], ValueError), (unit, other, rows)
