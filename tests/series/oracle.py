"""What the tests of the past share: series with labels of any kind, and the loops that cut their windows.

Rows are known by step in a dict, in which a step without a row is missing; values of a row may be NaN.
"""

import math
import warnings
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

N_ROWS = 100
VALUES = np.random.default_rng(7).normal(size=(N_ROWS, 2)).round(3)


class KeepsData(BaseEstimator):
    """Learn nothing, but keep what should be learned from."""

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.sample_weight_ = X, y, sample_weight
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.zeros(len(X))


class Records(RegressorMixin, KeepsData):
    """Keep targets."""


class RecordsLabels(ClassifierMixin, KeepsData):
    """Keep labels."""


# --- Labels ----------------------------------------------------------------------------------------------------------


def texts(times, form="%Y-%m-%d"):
    return pd.Index(times.strftime(form))


def objects(index):
    return pd.Index(list(index), dtype=object)


TIME = "%Y-%m-%d %H:%M"
UTC = pd.date_range("2024-03-29", periods=N_ROWS, freq="h", tz="UTC")  # in which Europe changes its clocks
HOURS = UTC.tz_localize(None)
DAYS = pd.date_range("2024-02-20", periods=N_ROWS)
MONTHS = pd.date_range("2020-01-31", periods=N_ROWS, freq="ME")
WORKDAYS = pd.bdate_range("2024-02-20", periods=N_ROWS)
PERIODS = MONTHS.to_period("M")
SPANS = HOURS - HOURS[0]
NUMBERS = np.arange(7, 7 + N_ROWS)
UNEVEN = np.cumsum(np.resize([1, 3, 2, 2, 1, 2, 3], N_ROWS))
MINUTES = HOURS[0] + pd.to_timedelta(UNEVEN, unit="min")

# Each kind of labels in one or several forms, of which any must be found among any other.
LABELS = {
    "hours": [
        *[HOURS, *map(HOURS.as_unit, ("s", "ms", "us", "ns")), objects(HOURS), texts(HOURS, TIME)],
        *[pd.Index(texts(HOURS, TIME), dtype="string"), pd.CategoricalIndex(HOURS, categories=HOURS[::-1])],
    ],
    "hours of a zone": [
        *[UTC.tz_convert("Europe/Berlin"), UTC, objects(UTC), UTC.tz_convert("America/New_York").as_unit("s")],
    ],
    "days of a zone": [pd.date_range("2024-03-10", periods=N_ROWS, tz="Europe/Berlin")],
    "months of a zone": [pd.date_range("2020-01-01", periods=N_ROWS, freq="MS", tz="Europe/Berlin")],
    "days": [DAYS, texts(DAYS), pd.Index(DAYS.date), pd.CategoricalIndex(texts(DAYS)), pd.CategoricalIndex(DAYS.date)],
    "months": [MONTHS, texts(MONTHS), pd.Index(MONTHS.date)],
    "quarters": [pd.date_range("2001-01-01", periods=N_ROWS, freq="QS")],
    "workdays": [WORKDAYS, texts(WORKDAYS), pd.Index(WORKDAYS.date)],
    "periods of months": [PERIODS, objects(PERIODS), pd.CategoricalIndex(PERIODS)],
    "periods of hours": [HOURS.to_period("h")],
    "periods of two hours": [pd.period_range("2024-01-03", periods=N_ROWS, freq="2h")],
    "periods of weeks": [pd.period_range("2024-01-03", periods=N_ROWS, freq="W-WED")],
    "timedeltas": [SPANS, SPANS.as_unit("s"), SPANS.as_unit("ns"), objects(SPANS)],
    "numbers": [
        *[pd.Index(NUMBERS, dtype=dtype) for dtype in ("int64", "float64", "Int64", "Float64", "uint16", "object")],
        *[pd.RangeIndex(7, 7 + N_ROWS), pd.CategoricalIndex(NUMBERS, categories=NUMBERS[::-1])],
    ],
    "even numbers": [pd.RangeIndex(0, 2 * N_ROWS, 2), pd.Index(np.arange(0, 2 * N_ROWS, 2))],
    "tenths": [pd.Index(np.arange(N_ROWS) * 0.1), pd.Index(np.arange(N_ROWS) * 0.1, dtype="Float64")],
    "default": [pd.RangeIndex(N_ROWS)],
    "uneven times": [MINUTES, MINUTES.as_unit("s"), texts(MINUTES, TIME)],
    "uneven times of a zone": [MINUTES.tz_localize("UTC").tz_convert("Europe/Berlin")],
    "uneven timedeltas": [MINUTES - HOURS[0]],
    "uneven numbers": [pd.Index(UNEVEN), pd.Index(UNEVEN.astype(float))],
    "none": [None],  # arrays
}
LATE = 500  # by how much labels of uneven steps are later after a hole


def later(index):
    """Return labels of uneven steps as they are after a hole, which are longer than many of these."""
    if index.dtype.kind in "if":
        return index + LATE
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        return index + pd.Timedelta(LATE, "min")
    return texts(pd.to_datetime(index) + pd.Timedelta(LATE, "min"), TIME)


@dataclass
class Series:
    """A series, of which the rows from `start` to `stop` are known."""

    labels: str
    form: int
    numbers: np.ndarray = field(repr=False)
    start: int
    stop: int

    @property
    def is_uneven(self):
        return self.labels.startswith("uneven")

    @property
    def fitted(self):
        return self.rows(self.start, self.stop)

    def rows(self, start, stop, form=None):
        """Return rows of the series as they are given to a part. Such of uneven steps after a hole come late."""
        index = LABELS[self.labels][self.form if form is None else form]
        if index is None:
            return self.numbers[start:stop]
        index = later(index) if self.is_uneven and start > self.stop else index
        return pd.DataFrame(self.numbers[start:stop], index[start:stop])


def draw_series(rng, n_steps):
    """Return a series of which some rows are known, enough to tell the steps."""
    labels = str(rng.choice(list(LABELS)))
    start = int(rng.integers(16)) if rng.random() < 0.7 else 0
    stop = start + int(rng.integers(max(n_steps, 14), 34))
    recur = labels == "none" and rng.random() < 0.5
    numbers = rng.integers(0, 5, size=VALUES.shape).astype(float) if recur else VALUES
    return Series(labels, int(rng.integers(len(LABELS[labels]))), numbers, start, stop)


def ask(function, *arguments, **options):
    """Return an answer, or the ValueError by which it is refused, and the texts of its warnings."""
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("always")
        try:
            answer = function(*arguments, **options)
        except ValueError as error:
            answer = error
    return answer, [str(each.message) for each in record]


# --- Windows by loops ------------------------------------------------------------------------------------------------


def steps_of(ends, n_steps):
    """Return the steps of the windows that end at some steps."""
    return [range(end - n_steps + 1, end + 1) for end in ends]


def is_whole(rows, step):
    return step in rows and not any(map(math.isnan, rows[step]))


def count_incomplete(rows, windows):
    """Return how many windows hold a step that is not known, though the series had begun."""
    return sum(any(step >= 0 and not is_whole(rows, step) for step in steps) for steps in windows)


def filled(rows, steps, older=()):
    """Return a window with, in the place of what is not known, the value before it there, or the first one there.

    Where none is there, this is the last one before, among those rows or `older` ones.
    """
    if all(is_whole(rows, step) for step in steps):
        return [rows[step] for step in steps]
    return np.transpose([filled_column(rows, steps, column, older) for column in range(2)])


def filled_column(rows, steps, column, older):
    known = {step: row[column] for step, row in rows.items() if not math.isnan(row[column])}
    here = [step for step in steps if step in known]
    if not here:
        known |= {step: older[step][column] for step in older if not math.isnan(older[step][column])}
        here = [max(step for step in known if step <= steps[-1])]
    return [known[max((other for other in here if other <= step), default=here[0])] for step in steps]


def emptied(rows, steps):
    """Return a window that is NaN up to the last step that is not known."""
    n_nan = max((i + 1 for i, step in enumerate(steps) if not is_whole(rows, step)), default=0)
    return [(math.nan, math.nan) if i < n_nan else rows[step] for i, step in enumerate(steps)]


def statistics(rows, steps):
    """Return the row at the end of a window, and the mean, std, minimum and maximum of what is known."""
    known = zip(*[rows[step] for step in steps if step in rows], strict=True)
    columns = [[value for value in column if not math.isnan(value)] for column in known]
    return [rows[steps[-1]], *([of(values) if values else math.nan for values in columns] for of in STATISTICS)]


def deviation(values):
    mean = fmean(values)
    return math.sqrt(fmean((value - mean) ** 2 for value in values))


STATISTICS = (fmean, deviation, min, max)
