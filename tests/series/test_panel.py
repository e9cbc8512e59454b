"""Several series in one X: everything equals a loop over them, each alone, put back in the order of the rows."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skhybrid import (
    RollingFeatures,
    SlidingWindow,
    WindowedRegressor,
    make_supervised,
    make_windows,
)
from tests.series.oracle import Records

# --- Panels ----------------------------------------------------------------------------------------------------------

N_STEPS = 60
HOURS = pd.date_range("2024-03-29", periods=N_STEPS, freq="h", tz="UTC").tz_convert("Europe/Berlin")
TIMES = {
    "hours of a zone": HOURS,
    "days": pd.date_range("2024-02-20", periods=N_STEPS),
    "text": pd.Index(pd.date_range("2024-02-20", periods=N_STEPS).strftime("%Y-%m-%d")),
    "months": pd.date_range("2020-01-31", periods=N_STEPS, freq="ME"),
    "periods": pd.period_range("2020-01", periods=N_STEPS, freq="M"),
    "numbers from 0": pd.Index(np.arange(N_STEPS)),
    "numbers": pd.Index(np.arange(7, 7 + N_STEPS)),
}
KEYS = {"text": ["north", "south", "a", "Z"], "numbers": [3, 1, 20, 0]}
MANY = settings(max_examples=40)
seeds = st.integers(0, 2**32 - 1)


def shuffled(rng, parts):
    """Return series as one frame: series by series, time by time, or merged at random; each in its own order."""
    X = pd.concat(parts)
    way = rng.integers(3)
    if way == 0:
        return X
    if way == 1:
        order = np.argsort(np.concatenate([part["step"] for part in parts.values()]), kind="stable")
    else:
        series = rng.permutation(X.index.get_level_values(0).to_numpy())  # whose row comes next
        order = np.empty(len(X), dtype=int)
        for key in parts:
            order[series == key] = np.flatnonzero(X.index.get_level_values(0) == key)
    return X.iloc[order]


def draw_parts(rng, *, holes=False):
    """Return series of one kind of labels, which begin and end anywhere; `step` is when a row is."""
    times = TIMES[str(rng.choice(list(TIMES)))]
    keys = KEYS[str(rng.choice(list(KEYS)))][: rng.integers(1, 5)]
    parts = {}
    for key in keys:
        start = int(rng.integers(0, 25)) if rng.random() < 0.7 else 0
        steps = np.arange(start, start + int(rng.integers(20, 35)))
        if holes and rng.random() < 0.6:
            steps = np.delete(steps, rng.integers(14, len(steps) - 1, size=rng.integers(1, 4)))
        values = rng.normal(size=(len(steps), 2))
        if holes:
            values[rng.random(values.shape) < 0.05] = np.nan
        parts[key] = pd.DataFrame({"load": values[:, 0], "wind": values[:, 1], "step": steps}, times[steps])
    return parts


def columns(X):
    return X[["load", "wind"]]


def key_of(X):
    return X.index.get_level_values(0)


def ask(function, *arguments, **options):
    """Return an answer without its warnings, or None where it is refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*arguments, **options)
        except ValueError:
            return None


def assert_each(made, X, alone):
    """Assert that rows made of a panel are those made of each series alone."""
    assert len(made) == len(X)
    for key, part in alone.items():
        np.testing.assert_array_equal(np.asarray(made)[key_of(X) == key], np.asarray(part), err_msg=str(key))


def cut(parts, rng):
    """Return the rows of some series before a step, and those from there on, of others as well."""
    now = int(rng.integers(24, 40))
    before = {key: part[part["step"] < now] for key, part in parts.items()}
    before = {key: part for key, part in before.items() if len(part) >= 12}
    after = {key: part[part["step"] >= now] for key, part in parts.items()}
    return before, {key: part for key, part in after.items() if len(part)}


# --- Against a loop --------------------------------------------------------------------------------------------------

TRANSFORMERS = {
    "edge": SlidingWindow(4),
    "nan": SlidingWindow(4, incomplete="nan", flatten=True),
    "rolling": RollingFeatures((2, 5), statistics=("mean", "std", "min", "max")),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
@pytest.mark.parametrize("missing", ["raise", "drop"])
@MANY
@given(seed=seeds)
def test_transformers_equal_a_loop(name, missing, seed):
    rng = np.random.default_rng(seed)
    before, after = cut(draw_parts(rng, holes=missing == "drop"), rng)
    if not before:
        return
    part = clone(TRANSFORMERS[name]).set_params(missing=missing, context=str(rng.choice(["auto", "auto", "none"])))
    fitted = {key: ask(clone(part).fit, columns(rows)) for key, rows in before.items()}
    X = shuffled(rng, before)
    model = clone(part)
    made = ask(model.fit_transform, columns(X))
    assert_each(made, X, {key: ask(clone(part).fit_transform, columns(rows)) for key, rows in before.items()})
    model = pickle.loads(pickle.dumps(model))
    for asked in (before, after):  # known ones, and those that follow or are new
        if not asked:
            continue
        X = shuffled(rng, asked)
        alone = {
            key: ask(fitted[key].transform, columns(rows))
            if key in fitted
            else ask(clone(part).fit_transform, columns(rows))
            for key, rows in asked.items()
        }
        if len(after) and missing == "drop" and any(key not in fitted and len(after[key]) < 10 for key in after):
            continue  # too short to tell a hole alone
        assert_each(ask(model.transform, columns(X)), X, alone)


@pytest.mark.parametrize("missing", ["raise", "drop"])
@MANY
@given(seed=seeds)
def test_make_supervised_equals_a_loop(missing, seed):
    rng = np.random.default_rng(seed)
    parts = draw_parts(rng, holes=missing == "drop")
    data = shuffled(rng, parts)
    options = {"target": "load", "horizon": [1, 3] if rng.random() < 0.5 else 2, "missing": missing}
    options |= {"known_future": ["wind"]} if rng.random() < 0.5 else {"return_future": True}
    made = make_supervised(data, **options)
    alone = {key: make_supervised(part, **options) for key, part in parts.items()}
    for i, frame in enumerate(made):
        of_each = pd.concat({key: found[i] for key, found in alone.items()})
        expected = of_each.loc[[label for label in data.index if label in set(of_each.index)]]
        pd.testing.assert_index_equal(frame.index, expected.index, exact=False, check_names=False)
        np.testing.assert_array_equal(frame, expected)
        assert frame.dtypes.tolist() == expected.dtypes.tolist() if frame.ndim == 2 else frame.dtype == expected.dtype


@pytest.mark.parametrize("missing", ["raise", "drop"])
@MANY
@given(seed=seeds)
def test_make_windows_equals_a_loop(missing, seed):
    rng = np.random.default_rng(seed)
    parts = draw_parts(rng, holes=missing == "drop")
    data = shuffled(rng, parts)
    known = rng.random() < 0.5
    options = {"target": "load", "window_length": 4, "horizon": [1, 2], "missing": missing}
    options |= {"stride": int(rng.integers(1, 4)), **({"known_future": ["wind"], "seasons": (6,)} if known else {})}
    X, y = make_windows(data, **options)
    alone = {key: found for key, part in parts.items() if (found := ask(make_windows, part, **options)) is not None}
    windows, targets = zip(*alone.values(), strict=True)
    order = np.argsort(
        [data.index.get_loc((key, label)) for key, (_, of_key) in alone.items() for label in of_key.index]
    )
    assert [*y.index] == [(key, label) for key, (_, of_key) in alone.items() for label in of_key.index] or len(
        y
    ) == len(order)
    np.testing.assert_array_equal(y, np.concatenate(targets)[order])
    if known:
        # One clock for all: a series of numbers from 0, cut alone, counts its rows, which comes to the same.
        np.testing.assert_array_equal(X.ahead, np.concatenate([each.ahead for each in windows])[order])
        X, windows = X.values, [each.values for each in windows]
    np.testing.assert_array_equal(X, np.concatenate(windows)[order])


@pytest.mark.parametrize("missing", ["raise", "drop"])
@MANY
@given(seed=seeds)
def test_windowed_equals_a_loop(missing, seed):
    rng = np.random.default_rng(seed)
    before, after = cut(draw_parts(rng, holes=missing == "drop"), rng)
    if not before or not after or any(key not in before and len(part) < 10 for key, part in after.items()):
        return
    embargo, warmup = int(rng.integers(0, 4)), int(rng.choice([0, 5]))
    model = WindowedRegressor(Records(), 4, missing=missing, embargo=embargo, warmup=warmup)
    X = shuffled(rng, before)
    row_of = dict(zip(X.index, range(len(X)), strict=True))  # a target tells its row
    ids = {key: np.array([row_of[key, label] for label in part.index], dtype=float) for key, part in before.items()}
    alone = {key: clone(model).set_params(embargo=0) for key in before}
    for key, part in before.items():
        ask(alone[key].fit, columns(part), ids[key])
    fitted = {key: each.estimator_ for key, each in alone.items() if hasattr(each, "estimator_")}
    end = X["step"].max()
    due = [
        (X["step"].iloc[int(row)], sorted(before).index(key), int(row), window)
        for key, each in fitted.items()
        for row, window in zip(each.y_, each.X_, strict=True)
        if end - X["step"].iloc[int(row)] >= embargo or X["step"].iloc[int(row)] <= end - embargo
    ]
    if ask(model.fit, columns(X), np.arange(float(len(X)))) is None:
        assert not due
        return
    due.sort(key=lambda each: each[:2])
    rows = model.estimator_.y_.astype(int).tolist()
    if missing == "raise" or embargo == 0:  # holes of all series hide steps after the end of one
        assert rows == [row for _, _, row, _ in due]
        np.testing.assert_array_equal(model.estimator_.X_, [window for *_, window in due])
    else:
        assert set(rows) <= {row for _, _, row, _ in due}
    X = shuffled(rng, after)
    known = {key: each for key, each in alone.items() if hasattr(each, "estimator_")}
    expected = {}
    for key, part in after.items():
        if key not in before:
            begun = SlidingWindow(4, missing=missing, incomplete="nan").fit(columns(part))
            part = part if missing == "raise" else None
            expected[key] = (
                begun.set_params(incomplete="edge").fit_transform(columns(part)) if part is not None else None
            )
        elif key in known:
            expected[key] = ask(known[key].read_windows, columns(part))
    made = ask(model.read_windows, columns(X))
    if made is not None:
        expected = {key: w.reshape(len(w), -1) for key, w in expected.items() if w is not None}
        assert_each(made, X, expected)
