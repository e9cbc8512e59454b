"""Holes and missing values against an oracle: loops over steps, on random series with labels of any kind."""

import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial

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

N_CASES = 1000
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

    @property
    def number_of(self):
        """The number of the row at each step."""
        return {step: number for number, step in enumerate(self.steps)}

    @property
    def is_uneven(self):
        return self.labels.startswith("uneven")

    def cut(self, start, stop):
        """Return a part of the rows."""
        return self.X.iloc[start:stop] if isinstance(self.X, pd.DataFrame) else self.X[start:stop]


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


def column_of(rows, step, horizons, column=0):
    """Return the values of a column at some horizons after a step, NaN where a row is not there."""
    return [rows[step + h][column] if step + h in rows else math.nan for h in horizons]


def has_nan(values):
    return any(map(math.isnan, values))


def supervise_by_loop(case, horizons, missing, *, moved, asks_future):
    """Return the rows that `make_supervised` must return: their numbers, features and targets, and the rows after them.

    With `moved`, the second column is known in advance. None where rows after the last target are not there.
    """
    rows, numbers = case.rows, case.number_of
    last = max((step for step in case.steps if not (moved and math.isnan(rows[step][0]))), default=-1)
    if moved and asks_future and case.steps[-1] < last + max(horizons):
        return None
    features = {step: [row[0], *column_of(rows, step, horizons, 1)] if moved else row for step, row in rows.items()}
    kept = [step for step in case.steps if step + max(horizons) <= last]
    if missing == "drop":
        kept = [step for step in kept if not has_nan(features[step]) and not has_nan(column_of(rows, step, horizons))]
    future = [features[step] for step in case.steps if last - max(horizons) < step <= last]
    targets = [column_of(rows, step, horizons) for step in kept]
    return [numbers[step] for step in kept], [features[step] for step in kept], targets, future


def windows_by_loop(case, n_steps, horizons, stride, missing):
    """Return the ends of the windows that `make_windows` must return, as numbers of rows, the windows, the targets."""
    rows, numbers = case.rows, case.number_of
    ends = range(n_steps - 1, case.steps[-1] - max(horizons) + 1, stride)
    windows = dict(zip(ends, steps_of(ends, n_steps), strict=True))
    if missing == "drop":
        windows = {
            end: steps
            for end, steps in windows.items()
            if all(is_whole(rows, step) for step in steps) and not has_nan(column_of(rows, end, horizons))
        }
    cut = [[rows[step] for step in steps] for steps in windows.values()]
    return [numbers[end] for end in windows], cut, [column_of(rows, end, horizons) for end in windows]


def compare(answer, case, expected, horizon):
    """Assert that an answer is what the loop finds, None where it finds that it must be refused; return which."""
    if expected is None or not expected[0]:
        assert isinstance(answer, ValueError), "what is not in order, has holes or leaves nothing must be refused"
        return "refused"
    assert not isinstance(answer, ValueError), f"what is in order must be cut, but: {answer}"
    numbers, X, y, *future = expected
    y = np.array(y) if np.iterable(horizon) else np.array(y)[:, 0]
    np.testing.assert_array_equal(np.asarray(answer[0]), X)
    np.testing.assert_array_equal(np.asarray(answer[1]), y)
    for found, rows in zip(answer[2:], future, strict=False):
        np.testing.assert_array_equal(np.asarray(found), rows)
    if isinstance(case.X, pd.DataFrame | pd.Series):
        assert answer[1].index.equals(case.X.index[numbers])
    return "exact"


def with_future(case, n_rows):
    """Return the rows without the last targets."""
    X = case.X.copy()
    values = X.to_numpy(copy=True) if isinstance(X, pd.DataFrame) else X
    values[len(X) - n_rows :, 0] = np.nan
    return replace(case, X=pd.DataFrame(values, X.index, X.columns) if isinstance(X, pd.DataFrame) else values)


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
        stride = 1 if case.is_uneven else stride  # how long a hole is among them, nobody knows
        options = {"horizon": horizon, "freq": case.freq, "missing": missing}
        target = None if columns == 1 else case.X.columns[0] if isinstance(case.X, pd.DataFrame) else 0
        if name == "make_supervised":
            moved, asks_future = columns == 2 and rng.random() < 0.4, bool(rng.random() < 0.3)
            options |= {"return_future": asks_future}
            if moved:
                options |= {"known_future": [case.X.columns[1] if isinstance(case.X, pd.DataFrame) else 1]}
                case = with_future(case, int(rng.integers(8)))
            answer, texts = ask(make_supervised, case.X, target, **options)
            found = is_cut(case, missing)
            expected = (
                supervise_by_loop(case, horizons, missing, moved=moved, asks_future=asks_future) if found else None
            )
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


# --- Training --------------------------------------------------------------------------------------------------------


class RecordsNaN(Records):
    """Take tables with NaN."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def window(rows, steps):
    """Return the values of a window, NaN where a step has no row."""
    return [value for step in steps for value in rows.get(step, (math.nan, math.nan))]


def train_by_loop(case, y, n_steps, warmup, embargo, *, takes_nan):
    """Return which rows must be trained on, as numbers, and which of those due must be left out."""
    rows, trained, left_out = case.rows, [], []
    for number, step in enumerate(case.steps):
        steps = range(step - n_steps + 1, step + 1)
        if steps[0] < 0 or number < warmup or case.steps[-1] - step < embargo:
            continue
        is_known = takes_nan or all(is_whole(rows, other) for other in steps)
        (trained if is_known and not math.isnan(y[number]) else left_out).append(number)
    return trained, left_out


def test_windows_trained_on_are_those_of_a_loop_over_steps():
    rng = np.random.default_rng(3)
    tally = Counter()
    for _ in range(N_CASES):
        case = draw_holed(rng)
        n_steps = int(rng.integers(1, 7))
        warmup = int(rng.choice([0, n_steps - 1, n_steps + 3]))
        horizon, horizons = draw_horizon(rng) if rng.random() < 0.5 else (None, [1])
        embargo = int(rng.integers(4)) if rng.random() < 0.3 else None
        missing = str(rng.choice(["raise", "drop"]))
        inner = RecordsNaN() if rng.random() < 0.3 else Records()
        y = rng.normal(size=case.n_rows)
        y[rng.random(case.n_rows) < rng.choice([0, 0.1])] = np.nan
        model = WindowedRegressor(
            inner, n_steps, freq=case.freq, missing=missing, warmup=warmup, horizon=horizon, embargo=embargo
        )
        answer, texts = ask(model.fit, case.X, y)
        try:
            n_ahead = max(horizons) - 1 if embargo is None else embargo
            tally[check_training(answer, case, y, n_steps, warmup, n_ahead)] += 1
            assert texts == []
        except AssertionError as error:
            raise AssertionError(f"{model}\n{case}\n{case.X}\n{y}\n{error}") from None
    assert min(tally["refused"], tally["all rows"], tally["some rows"]) > 0.15 * N_CASES


def check_training(model, case, y, n_steps, warmup, embargo):
    """Assert that a fit trained on what the loop finds, or was refused; return which."""
    if isinstance(model, ValueError):
        has_nan = np.isnan(case.numbers).any() or np.isnan(y).any()
        text = str(model)
        if "strictly increasing" in text:
            assert case.steps is None
        elif "steps are missing in its index" in text:
            assert case.has_holes
        elif "holds NaN" in text:
            assert has_nan
        else:
            assert "complete window with a target" in text
            assert train_by_loop(case, y, n_steps, warmup, embargo, takes_nan=False)[0] == []
        return "refused"
    assert case.steps is not None
    takes_nan = isinstance(model.estimator, RecordsNaN) and model.missing == "drop"
    trained, left_out = train_by_loop(case, y, n_steps, warmup, embargo, takes_nan=takes_nan)
    rows, windows = case.rows, steps_of([case.steps[number] for number in trained], n_steps)
    np.testing.assert_array_equal(model.estimator_.X_, [window(rows, steps) for steps in windows])
    np.testing.assert_array_equal(model.estimator_.y_, y[trained])
    assert (model.n_training_rows_, model.n_left_out_) == (len(trained), len(left_out))
    if model.missing == "raise":
        assert not case.has_holes
        assert left_out == []
    return "some rows" if left_out else "all rows"


def test_weight_zero_excuses_what_a_loop_finds():
    rng = np.random.default_rng(4)
    tally = Counter()
    for _ in range(500):
        case = draw_holed(rng, nan=0.9, disorder=0)
        if case.has_holes:
            continue
        n_steps = int(rng.integers(1, 7))
        y = np.where(rng.random(case.n_rows) < 0.05, np.nan, rng.normal(size=case.n_rows))
        rows = case.rows
        touched = [
            math.isnan(y[end]) or any(not is_whole(rows, step) for step in steps if step >= 0)
            for end, steps in enumerate(steps_of(case.steps, n_steps))
        ]
        weights = np.where(touched, 0.0, rng.random(case.n_rows) + 0.1)
        weights[rng.random(case.n_rows) < 0.1] = 0
        missed = [end for end in np.flatnonzero(touched) if end >= n_steps - 1]
        if missed and rng.random() < 0.5:
            weights[rng.choice(missed)] = 0.5
        model, _ = ask(WindowedRegressor(Records(), n_steps, freq=case.freq).fit, case.X, y, sample_weight=weights)
        kept = [end for end in range(n_steps - 1, case.n_rows) if not touched[end]]
        if any(weights[touched]) or not weights[kept].any():
            assert isinstance(model, ValueError)
            tally["refused"] += 1
            continue
        assert not isinstance(model, ValueError), (case, n_steps, model)
        np.testing.assert_array_equal(model.estimator_.y_, y[kept])
        np.testing.assert_array_equal(model.estimator_.sample_weight_, weights[kept])
        assert model.n_left_out_ == case.n_rows - n_steps + 1 - len(kept)
        tally["trained"] += 1
    assert min(tally["refused"], tally["trained"]) > 50


# --- Answers ---------------------------------------------------------------------------------------------------------


def make_window(rng, n_steps, options):
    incomplete = str(rng.choice(["edge", "nan"]))
    part = SlidingWindow(n_steps, incomplete=incomplete, **options)
    return part, "transform", emptied if incomplete == "nan" else emptied_after_the_start


def make_rolling(rng, n_steps, options):
    part = RollingFeatures((n_steps,), statistics=("mean", "std", "min", "max"), **options)
    return part, "transform", statistics


def make_windowed(rng, n_steps, options):
    return WindowedRegressor(Records(), n_steps, **options), "read_windows", filled


def emptied_after_the_start(rows, steps):
    """Return a window that is NaN up to the last step that is not known, and repeats the first row before the start."""
    first = {step: rows[0] for step in steps if step < 0 and 0 in rows}
    return emptied(first | rows, steps)


@pytest.mark.parametrize("make", [make_window, make_rolling, make_windowed], ids=lambda make: make.__name__[5:])
def test_answers_with_holes_are_those_of_a_loop_over_steps(make):
    rng = np.random.default_rng(5)
    tally = Counter()
    for _ in range(N_CASES // 3):
        case = draw_holed(rng, disorder=0)
        n_steps = int(rng.integers(1, 7))
        part, method, shape = make(rng, n_steps, {"freq": case.freq, "missing": "drop"})
        stop = int(rng.integers(22, case.n_rows)) if case.freq is None and not case.is_uneven else case.n_rows - 5
        model, _ = ask(part.fit, case.cut(0, stop), np.zeros(stop))
        if isinstance(model, ValueError):
            assert "complete window with a target" in str(model)
            continue
        for start in (0, min(stop, case.n_rows - 1), int(rng.integers(stop - 6, stop))):
            try:
                tally[check_answer(getattr(model, method), shape, case, n_steps, stop, start)] += 1
            except AssertionError as error:
                raise AssertionError(f"{part}\n{case}\n{case.X}\n{stop} {start}\n{error}") from None
    assert min(tally["exact"], tally["warned"]) > 0.2 * N_CASES


def check_answer(answer, shape, case, n_steps, stop, start):
    """Assert that the rows from `start` on have the answers that the loop finds after a fit to those up to `stop`."""
    asked, first = case.steps[start:], case.steps[start]
    n_kept = 2 * n_steps - 2
    before = [step for step in case.steps[max(stop - n_kept, 0) : stop] if first - n_steps < step < first]
    rows = {step: row for step, row in case.rows.items() if step in {*before, *asked}}
    found, texts = ask(answer, case.cut(start, case.n_rows))
    windows = steps_of(asked, n_steps)
    if shape is filled:
        known = case.steps[: min(start, stop)] if start >= stop - n_kept else []  # of which each last value is kept
        older = {step: case.rows[step] for step in known}
        if not all(is_known(older | rows, step) for step in asked):
            assert isinstance(found, ValueError), "rows with nothing known before them must be refused"
            return "refused"
        shape = partial(filled, older=older)
    assert not isinstance(found, ValueError), f"the rows must be answered, but: {found}"
    expected = np.array([shape(rows, steps) for steps in windows])
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-10, atol=1e-12)
    n_incomplete = count_incomplete(rows, windows)
    counts = [count for text in texts for count in re.findall(r"the windows of (\d+) of the", text)]
    assert counts == [str(n_incomplete)] * (n_incomplete > 0)
    assert len(texts) == len(counts)
    return "warned" if n_incomplete else "exact"


def is_known(rows, step):
    """Return whether each column has a value at a step or before it."""
    return all(any(other <= step and not math.isnan(row[column]) for other, row in rows.items()) for column in (0, 1))


def test_rows_one_at_a_time_are_answered_as_all_at_once():
    rng = np.random.default_rng(8)
    n_tried = 0
    for _ in range(200):
        n_steps = int(rng.integers(2, 7))
        numbers = VALUES[:50].copy()
        numbers[rng.random(numbers.shape) < 0.15] = np.nan
        kept = np.flatnonzero((rng.random(50) < 0.9) | (np.arange(50) < 30))
        rows = {step: numbers[step].tolist() for step in kept.tolist()}
        windows = steps_of(kept[kept >= 30].tolist(), n_steps)
        if not all(is_known({step: rows[step] for step in steps if step in rows}, steps[-1]) for steps in windows):
            continue  # nothing to fill a window from
        X = pd.DataFrame(numbers[kept], kept)
        model, _ = ask(WindowedRegressor(Records(), n_steps, missing="drop").fit, X[:30], np.zeros(30))
        if isinstance(model, ValueError):
            continue
        together, _ = ask(model.read_windows, X[30:])
        for number in range(30, len(X)):
            alone, _ = ask(model.read_windows, X[number : number + 1])
            np.testing.assert_array_equal(alone[0], together[number - 30], err_msg=f"{n_steps} {number}\n{X}")
            ask(model.update, X[number : number + 1])
        n_tried += 1
    assert n_tried > 50


# --- Real series and calendars ---------------------------------------------------------------------------------------


def check_series(X, steps, *, n_steps=24, horizon=3, **options):
    """Assert that windows are cut and trained on as a loop over steps finds; return how many are left out."""
    case = Holed("", None, list(steps), X)
    numbers, expected, targets = windows_by_loop(case, n_steps, [horizon], 1, "drop")
    windows, y = make_windows(X, X.columns[0], window_length=n_steps, horizon=horizon, **options)
    np.testing.assert_array_equal(windows, expected)
    np.testing.assert_array_equal(y, np.ravel(targets))
    assert y.index.equals(X.index[numbers])
    rows = case.rows
    y = np.ravel([column_of(rows, step, [horizon]) for step in case.steps[:-horizon]])
    known = Holed("", None, case.steps[:-horizon], X[:-horizon])
    model = WindowedRegressor(Ridge(), n_steps, **options).fit(known.X, y)
    trained, left_out = train_by_loop(known, y, n_steps, 0, 0, takes_nan=False)
    assert trained == numbers
    assert (model.n_training_rows_, model.n_left_out_) == (len(trained), len(left_out))
    ridge = Ridge().fit(np.reshape(expected, (len(expected), -1)), np.ravel(targets))
    np.testing.assert_allclose(model.estimator_.coef_, ridge.coef_, rtol=1e-6, atol=1e-9)
    return len(left_out)


@pytest.mark.real_data
def test_missing_weeks_of_co2_are_left_out(shared_data):
    X = pd.read_csv(shared_data / "co2_weekly.csv", index_col="date", parse_dates=True)
    assert X["co2_ppmv"].isna().sum() == 59
    n_left_out = check_series(X, range(len(X)), missing="drop")
    weeks = (X.dropna().index - X.index[0]).days // 7
    assert 0 < check_series(X.dropna(), weeks, missing="drop") < n_left_out


@pytest.mark.real_data
def test_missing_hours_of_traffic_are_left_out(shared_data):
    X = pd.read_csv(shared_data / "metro_traffic_hourly_grid.csv.gz", index_col="date_time", parse_dates=True)
    X = X[["traffic_volume", "temp"]].iloc[12_000:18_000]
    n_left_out = check_series(X, range(len(X)), missing="drop")
    hours = (X.dropna().index - X.dropna().index[0]) // pd.Timedelta("1h")
    assert 0 < check_series(X.dropna(), hours, missing="drop") < n_left_out


def test_holidays_are_not_among_business_days():
    calendar = pd.offsets.CustomBusinessDay(holidays=["2024-12-25", "2024-12-26", "2025-01-01", "2025-04-18"])
    index = pd.date_range("2024-11-04", periods=160, freq=calendar)
    X = pd.DataFrame({"price": np.random.default_rng(0).normal(size=160).cumsum()}, index)
    assert check_series(X, range(160), n_steps=5, freq=calendar) == 0
    kept = np.delete(np.arange(160), [40, 90, 91])  # days that are missing
    assert check_series(X.iloc[kept], kept, n_steps=5, freq=calendar, missing="drop") == (4 + 1) + (4 + 2)


def test_hours_of_trading_follow_one_another():
    times = pd.date_range("2024-11-04", periods=20 * 288, freq="5min")
    times = times[(times.hour >= 9) & (times.hour < 17) & (times.day_of_week < 5)]
    X = pd.DataFrame({"price": np.random.default_rng(0).normal(size=len(times)).cumsum()}, times)
    assert check_series(X, range(len(X)), freq="rows") == 0
