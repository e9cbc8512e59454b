"""Several series in one X: everything equals a loop over them, each alone, put back in the order of the rows."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CalendarFeatures,
    NaiveRegressor,
    PanelTimeSeriesSplit,
    RollingFeatures,
    SlidingWindow,
    WindowedClassifier,
    WindowedRegressor,
    make_supervised,
    make_windows,
    mase,
    sliding_windows,
)
from skhybrid.series._panel import read_labels
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
MANY = settings(max_examples=15)
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
    alone = {key: found for key, part in parts.items() if (found := ask(make_windows, part, **options)) is not None}
    if not alone:
        assert ask(make_windows, data, **options) is None
        return
    X, y = make_windows(data, **options)
    ends = [(key, label) for key, (_, targets) in alone.items() for label in targets.index]
    order = np.argsort([data.index.get_loc(end) for end in ends])
    assert [*y.index] == [ends[i] for i in order]
    np.testing.assert_array_equal(y, np.concatenate([targets for _, targets in alone.values()])[order])
    windows = [found for found, _ in alone.values()]
    if known:
        np.testing.assert_array_equal(X.ahead, np.concatenate([each.ahead for each in windows])[order])
        X, windows = X.values, [each.values for each in windows]
    np.testing.assert_array_equal(X, np.concatenate(windows)[order])


def alone_fits(model, parts, targets):
    """Return a fit to each series by itself, of those that have a row to train on."""
    fits = {key: clone(model) for key in parts}
    return {key: fit for key, fit in fits.items() if ask(fit.fit, columns(parts[key]), targets[key]) is not None}


@pytest.mark.parametrize("missing", ["raise", "drop"])
@MANY
@given(seed=seeds)
def test_training_rows_equal_a_loop_in_time(missing, seed):
    """The embargo alone looks at the end of all series."""
    rng = np.random.default_rng(seed)
    parts = draw_parts(rng, holes=missing == "drop")
    X = shuffled(rng, parts)
    row_of = dict(zip(X.index, range(len(X)), strict=True))  # a target tells its row
    targets = {key: np.array([row_of[key, label] for label in part.index], dtype=float) for key, part in parts.items()}
    embargo = int(rng.integers(0, 4))
    model = WindowedRegressor(Records(), 4, missing=missing, embargo=embargo, warmup=int(rng.choice([0, 5])))
    weights = rng.random(len(X))
    due = [
        (X["step"].iloc[int(row)], sorted(parts).index(key), int(row), window)
        for key, fit in alone_fits(clone(model).set_params(embargo=0), parts, targets).items()
        for row, window in zip(fit.estimator_.y_, fit.estimator_.X_, strict=True)
        if X["step"].iloc[int(row)] + embargo <= X["step"].max()
    ]
    due.sort(key=lambda each: each[:2])
    model.fit(columns(X), np.arange(float(len(X))), sample_weight=weights)
    rows = model.estimator_.y_.astype(int)
    assert model.n_training_rows_ == len(rows)
    np.testing.assert_array_equal(model.estimator_.sample_weight_, weights[rows])
    if missing == "raise" or embargo == 0:  # where all others have a hole, nothing tells how far the end is
        assert rows.tolist() == [row for _, _, row, _ in due]
        np.testing.assert_array_equal(model.estimator_.X_, [window for *_, window in due])
    else:
        assert set(rows) <= {row for _, _, row, _ in due}


@MANY
@given(seed=seeds)
def test_windows_to_predict_equal_a_loop(seed):
    rng = np.random.default_rng(seed)
    before, after = cut(draw_parts(rng, holes=True), rng)
    new = {key for key in after if key not in before}
    after = {key: part.dropna() if key in new else part for key, part in after.items()}
    after = {key: part for key, part in after.items() if len(part) and (key not in new or is_whole(part))}
    if not before or not after:
        return
    model = WindowedRegressor(Records(), 4, missing="drop")
    fits = alone_fits(model, before, {key: np.arange(float(len(part))) for key, part in before.items()})
    X = shuffled(rng, before)
    ask(model.fit, columns(X), np.zeros(len(X)))
    X = shuffled(rng, after)
    made = ask(model.read_windows, columns(X))
    alone = {
        key: SlidingWindow(4, flatten=True).fit_transform(columns(part)) if key in new else None
        for key, part in after.items()
    } | {key: ask(fits[key].read_windows, columns(part)) for key, part in after.items() if key in fits}
    if made is None:  # a value that is nowhere known
        assert any(each is None for each in alone.values())
    else:
        assert_each(made, X, {key: each for key, each in alone.items() if each is not None})


def is_whole(part):
    return bool((np.diff(part["step"]) == 1).all())


@MANY
@given(seed=seeds)
def test_updates_and_later_trainings_equal_a_loop(seed):
    rng = np.random.default_rng(seed)
    parts = draw_parts(rng)
    batches = [
        {key: part[lo : lo + 10] for key, part in parts.items() if len(part[lo : lo + 10]) > 2} for lo in (0, 10)
    ]
    batches.append({key: part[20:] for key, part in parts.items() if len(part) > 22})
    if not batches[2]:
        return
    model = WindowedRegressor(KeepsAll(), 4, warmup=5)
    fits = {key: clone(model) for key in parts}
    for batch in batches[:2]:
        X = shuffled(rng, batch)
        ids = dict(zip(X.index, range(len(X)), strict=True))
        model.partial_fit(columns(X), np.arange(float(len(X))))
        due = {}
        for key, part in batch.items():
            fits[key].partial_fit(columns(part), np.array([ids[key, label] for label in part.index], dtype=float))
            due |= dict(zip(fits[key].estimator_.y_, fits[key].estimator_.X_, strict=True))
        assert sorted(due) == sorted(model.estimator_.y_)
        for row, window in zip(model.estimator_.y_, model.estimator_.X_, strict=True):
            np.testing.assert_array_equal(window, due[row])
    X = shuffled(rng, batches[2])
    model = pickle.loads(pickle.dumps(model))
    alone = {key: fits[key].read_windows(columns(part)) for key, part in batches[2].items()}
    assert_each(model.read_windows(columns(X)), X, alone)
    half = {key: part[: len(part) // 2 + 1] for key, part in batches[2].items()}
    rest = {key: part[len(part) // 2 + 1 :] for key, part in batches[2].items() if len(part) > len(part) // 2 + 1}
    model.update(columns(shuffled(rng, half)))
    X = shuffled(rng, rest)
    made = model.read_windows(columns(X))
    assert_each(made, X, {key: alone[key][len(half[key]) :] for key in rest})


class KeepsAll(Records):
    """Keep what each call brings."""

    def partial_fit(self, X, y, sample_weight=None):
        return self.fit(X, y, sample_weight)


@MANY
@given(seed=seeds)
def test_one_series_alone_is_as_without_its_key(seed):
    rng = np.random.default_rng(seed)
    part = next(iter(draw_parts(rng, holes=True).values()))
    keyed = pd.concat({"only": part})
    y = np.arange(float(len(part)))
    for horizon in (1, 3):
        models = [WindowedRegressor(Gapped(), 4, horizon=horizon, missing="drop") for _ in range(2)]
        models[0].fit(columns(part), y)
        models[1].fit(columns(keyed), y)
        np.testing.assert_array_equal(models[1].estimator_.X_, models[0].estimator_.X_)
        np.testing.assert_array_equal(models[1].estimator_.y_, models[0].estimator_.y_)
        assert models[1].estimator_.validation_gap <= models[0].estimator_.validation_gap == horizon - 1


class Gapped(Records):
    """Keep targets, and the gap."""

    def __init__(self, validation_gap=None):
        self.validation_gap = validation_gap


# --- Training --------------------------------------------------------------------------------------------------------


@MANY
@given(seed=seeds, horizon=st.sampled_from([1, 2, [1, 4]]))
def test_gap_keeps_targets_of_training_out_of_validation(seed, horizon):
    rng = np.random.default_rng(seed)
    X = shuffled(rng, draw_parts(rng))
    model = WindowedRegressor(Gapped(), 3, horizon=horizon).fit(columns(X), X["step"])
    steps, gap, n_ahead = model.estimator_.y_, model.estimator_.validation_gap, np.max(horizon)
    assert (np.diff(steps) >= 0).all()

    def overlaps(gap):
        """Return whether a target of training, in time, lies after a first sample that validates."""
        firsts = range(gap + 1, len(steps))
        return any(steps[first - gap - 1] + n_ahead > steps[first] for first in firsts)

    assert not overlaps(gap)
    assert gap == 0 or overlaps(gap - 1)


def test_gap_that_is_given_stays():
    X = panel(a=8, b=8)
    model = WindowedRegressor(Gapped(validation_gap=5), 3, horizon=2).fit(X, np.arange(16.0))
    assert model.estimator_.validation_gap == 5


@MANY
@given(seed=seeds)
def test_altering_one_series_changes_no_other(seed):
    rng = np.random.default_rng(seed)
    parts = draw_parts(rng)
    X = shuffled(rng, parts)
    altered = X.copy()
    is_other = key_of(X) != next(iter(parts))
    altered.loc[~is_other, ["load", "wind"]] = 1000 * rng.normal(size=((~is_other).sum(), 2))
    for part in (SlidingWindow(5), RollingFeatures((3, 6))):
        before, after = (clone(part).fit_transform(columns(frame)) for frame in (X, altered))
        np.testing.assert_array_equal(after[is_other], before[is_other])
        assert not np.array_equal(after, before)


def panel(freq="h", **lengths):
    """Return series of so many rows, from one time on, series by series."""
    start = 0
    parts = {}
    for key, n_rows in lengths.items():
        parts[key] = pd.DataFrame(
            {"load": np.arange(float(start), start + n_rows) ** 1.5},
            pd.date_range("2024-01-01", periods=n_rows, freq=freq),
        )
        start += n_rows
    return pd.concat(parts)


def test_targets_after_the_first_test_row_are_not_trained_on():
    """Series b ends three hours before a: all of its rows have targets by then."""
    X = panel(a=8, b=5)
    ids = np.arange(13.0)
    model = WindowedRegressor(Records(), 2, horizon=4).fit(X, ids)
    assert model.estimator_.y_.tolist() == [1, 9, 2, 10, 3, 11, 4, 12]


def test_phases_of_all_series_are_those_of_their_times():
    X = panel(a=30, b=12)
    late = X.drop(index=[("b", X.index[0][1])])  # begins an hour later
    for frame in (X, late):
        model = WindowedRegressor(Ridge(), 2, horizon=1, seasons=(5,)).fit(frame, np.zeros(len(frame)))
        phases = model._coming.ahead(np.empty((len(frame), 1, 0)), read_labels(frame), np.zeros(len(frame), dtype=int))
        hours = (frame.index.get_level_values(1) - pd.Timestamp("1970-01-01")) // pd.Timedelta("1h")
        assert phases[:, 0, 0].tolist() == ((hours + 1) % 5).tolist()


def test_phases_of_numbers_agree_whatever_a_series_starts_with():
    index = pd.MultiIndex.from_tuples([("a", i) for i in range(12)] + [("b", i) for i in range(3, 12)])
    X = pd.DataFrame({"load": np.arange(21.0)}, index)
    model = WindowedRegressor(Records(), 2, horizon=1, seasons=(4,)).fit(X, np.zeros(21))
    ahead = model._coming.ahead(np.empty((21, 1, 0)), read_labels(X), np.zeros(21, dtype=int))
    assert ahead[:, 0, 0].tolist() == [(i + 1) % 4 for _, i in index]


def test_seasons_refuse_series_of_different_steps():
    X = pd.concat([panel(a=20), panel("D", b=20)])
    with pytest.raises(ValueError, match=r"seasons=\(24,\) needs series of one step"):
        WindowedRegressor(Ridge(), 2, horizon=1, seasons=(24,)).fit(X, np.zeros(40))
    WindowedRegressor(Ridge(), 2, horizon=1).fit(X, np.zeros(40))


@MANY
@given(seed=seeds)
def test_what_is_known_ahead_equals_a_loop(seed):
    rng = np.random.default_rng(seed)
    parts = draw_parts(rng)
    pairs = {key: make_supervised(part[["load", "wind"]], "load", known_future=["wind"]) for key, part in parts.items()}
    model = WindowedRegressor(Records(), 3, horizon=1, known_future=["wind"], seasons=(7,))
    X, y = make_supervised(shuffled(rng, parts)[["load", "wind"]], "load", known_future=["wind"])
    model.fit(X, y)
    alone = {key: clone(model).fit(*pair) for key, pair in pairs.items()}
    assert_each(model.read_windows(X), X, {key: alone[key].read_windows(pair[0]) for key, pair in pairs.items()})
    np.testing.assert_array_equal(
        np.sort(model.estimator_.y_), np.sort(np.concatenate([a.estimator_.y_ for a in alone.values()]))
    )


def test_classifier_and_baseline_take_several_series():
    X = panel(a=12, b=9)
    y = (X["load"] > 20).to_numpy()
    model = WindowedClassifier(LogisticRegression(), 3).fit(X, y)
    assert model.predict_proba(X).shape == (21, 2)
    naive = WindowedRegressor(NaiveRegressor("drift"), 3).fit(X, np.zeros(21))
    alone = [
        WindowedRegressor(NaiveRegressor("drift"), 3).fit(X.loc[key], np.zeros(n)) for key, n in (("a", 12), ("b", 9))
    ]
    expected = np.concatenate([fit.predict(X.loc[key]) for fit, key in zip(alone, "ab", strict=True)])
    np.testing.assert_array_equal(naive.predict(X), expected)


def test_rows_that_start_within_a_series_are_found_by_their_times():
    """Values that recur would be ambiguous: numbers from 0 are read as the times that they are."""
    index = pd.MultiIndex.from_product([["a", "b"], range(12)])
    X = pd.DataFrame({"load": np.tile([1.0, 2.0, 3.0, 4.0], 6)}, index)
    window = SlidingWindow(3).fit(X)
    np.testing.assert_array_equal(window.transform(X.iloc[[10, 11]])[:, :, 0], [[1, 2, 3], [2, 3, 4]])
    np.testing.assert_array_equal(window.transform(X.iloc[[0, 1]])[:, :, 0], [[1, 1, 1], [1, 1, 2]])


# --- Steps -----------------------------------------------------------------------------------------------------------


def test_short_series_takes_the_steps_of_the_others():
    X = panel(long=20, short=6).drop(
        index=[("short", pd.Timestamp("2024-01-01") + pd.Timedelta(h, "h")) for h in (1, 2, 4)]
    )
    with pytest.raises(ValueError, match="In series 'short', X must hold rows that follow one another"):
        SlidingWindow(2).fit(X)
    SlidingWindow(2).fit(X.loc["short"])  # alone, nothing tells that hours are missing


def test_short_series_keep_their_steps_where_others_differ():
    X = pd.concat([panel(hours=20), panel("D", days=20), panel("D", short=4)])
    assert SlidingWindow(2).fit(X).n_incomplete_ == 3


def test_new_series_takes_the_steps_of_the_others():
    window = SlidingWindow(2).fit(panel(a=20))
    new = panel(b=8).iloc[::2]  # alone, nothing tells that each other hour is missing
    with pytest.raises(ValueError, match="In series 'b', X must hold rows that follow one another"):
        window.transform(new)


def test_warning_names_the_series():
    X = panel(a=20, b=20)
    late = X.groupby(level=0).tail(4)
    window = SlidingWindow(3).fit(X.groupby(level=0).head(14))
    with pytest.warns(UserWarning, match=r"In series 'a' and 1 others, X starts 3 steps after .* 4 of the 8 rows"):
        window.transform(late)
    model = WindowedRegressor(Ridge(), 3).fit(X.groupby(level=0).head(14), np.zeros(28))
    with pytest.warns(UserWarning, match=r"In 2 series, X starts 3 steps after .* 4 rows between them"):
        model.update(late)


# --- Refusals --------------------------------------------------------------------------------------------------------

ONE = panel(a=12)


def relabelled(labels):
    return pd.DataFrame({"load": np.arange(float(len(labels)))}, pd.MultiIndex.from_tuples(labels))


BERLIN, TOKYO = (pd.Timestamp("2024-01-01", tz=zone) for zone in ("Europe/Berlin", "Asia/Tokyo"))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (relabelled([("a", 1), ("b", 1), ("a", 1)]), "in series 'a' 1 is there twice; sort the rows"),
        (relabelled([("a", 2), ("b", 1), ("a", 1)]), "in series 'a' 1 comes after 2; sort the rows"),
        (relabelled([("a", BERLIN), ("a", TOKYO + pd.Timedelta("1D"))]), "second level .* no times of one kind"),
        (relabelled([(np.nan, 1), ("a", 2)]), "must name the series of each row .*first in row 0"),
        (relabelled([("a", pd.NaT), ("a", pd.Timestamp("2024-01-01"))]), "second level .* are missing"),
        (relabelled([(1, "a"), (2, "b")]), "swap the levels"),
        (relabelled([("a", "b", 1)]), "MultiIndex of 3 levels; join the levels"),
    ],
    ids=["twice", "order", "zones", "no series", "no time", "swapped", "three"],
)
def test_labels_that_tell_no_series_are_refused(X, message):
    for make in (
        lambda: SlidingWindow(2).fit(X),
        lambda: SlidingWindow(2).fit(ONE).transform(X),
        lambda: make_supervised(X),
        lambda: WindowedRegressor(Ridge(), 2).fit(X, np.zeros(len(X))),
        lambda: [*PanelTimeSeriesSplit(2).split(X)],
        lambda: CalendarFeatures().fit(X),
    ):
        with pytest.raises(ValueError, match=message):
            make()


@pytest.mark.parametrize(
    ("fitted", "asked", "message"),
    [
        (ONE, ONE.loc["a"], "must hold several series, .* but holds one series; pass rows with the same levels"),
        (ONE.loc["a"], ONE, "must hold one series, .* but holds several series"),
    ],
    ids=["one after several", "several after one"],
)
@pytest.mark.parametrize("context", ["auto", "carry", "none"])
def test_other_levels_than_in_fit_are_refused(fitted, asked, message, context):
    window = SlidingWindow(3, context=context).fit(fitted)
    model = WindowedRegressor(SGDRegressor(), 3, context=context).partial_fit(fitted, np.zeros(12))
    known = model._history
    for ask_for in (window.transform, model.predict, model.update):
        with pytest.raises(ValueError, match=message):
            ask_for(asked)
    with pytest.raises(ValueError, match=message):
        model.partial_fit(asked, np.zeros(12))
    assert model._history is known


def test_cutting_windows_of_several_series_as_one_is_refused():
    with pytest.raises(ValueError, match="MultiIndex of 2 levels"):
        sliding_windows(ONE, 3)


def test_series_too_short_for_the_horizon_give_no_rows():
    data = panel(a=8, b=2)
    X, y, future = make_supervised(data, horizon=2, return_future=True)
    assert [*y.index] == [*X.index] == [*data.index[:6]]
    assert [*future.index] == [*data.index[6:]]
    _, y = make_windows(data, window_length=3)
    assert {*key_of(y)} == {"a"}
    with pytest.raises(ValueError, match=r"needs at least 10 rows .* but data has 8 in the longest series"):
        make_supervised(data, horizon=9)
    with pytest.raises(ValueError, match="window_length=8 needs at least 8 rows"):
        make_windows(data, window_length=8)


# --- Splits and searches ---------------------------------------------------------------------------------------------


@MANY
@given(seed=seeds)
def test_folds_are_those_of_the_times(seed):
    rng = np.random.default_rng(seed)
    X = shuffled(rng, draw_parts(rng, holes=True))
    options = {
        "max_train_size": int(rng.integers(3, 9)) if rng.random() < 0.3 else None,
        "test_size": int(rng.integers(1, 4)) if rng.random() < 0.3 else None,
        "gap": int(rng.integers(0, 3)),
    }
    steps = sorted(set(X["step"]))
    expected = [
        [[i for i, step in enumerate(X["step"]) if steps.index(step) in set(times)] for times in fold]
        for fold in TimeSeriesSplit(3, **options).split(steps)
    ]
    splitter = PanelTimeSeriesSplit(3, **options)
    for folds in (splitter.split(X), splitter.split(np.empty(len(X)), X["load"])):
        assert [[rows.tolist() for rows in fold] for fold in folds] == expected
    assert splitter.get_n_splits(X) == 3


@pytest.mark.parametrize("keyed", [False, True])
def test_folds_of_one_series_are_those_of_time_series_split(keyed):
    X = ONE if keyed else ONE.loc["a"]
    for made, expected in zip(PanelTimeSeriesSplit(3, gap=1).split(X), TimeSeriesSplit(3, gap=1).split(X), strict=True):
        for rows, of_split in zip(made, expected, strict=True):
            np.testing.assert_array_equal(rows, of_split)


def test_too_few_times_are_refused():
    with pytest.raises(ValueError, match=r"n_splits=5, .* need more times than X has, 4 in all series"):
        [*PanelTimeSeriesSplit(5).split(panel(a=4, b=4))]
    assert (
        repr(PanelTimeSeriesSplit(2, gap=1))
        == "PanelTimeSeriesSplit(gap=1, max_train_size=None, n_splits=2, test_size=None)"
    )


def test_cross_validation_equals_a_loop_written_by_hand():
    rng = np.random.default_rng(0)
    parts = {key: pd.DataFrame({"load": rng.normal(size=n).cumsum()}, HOURS[s : s + n]) for key, s, n in LENGTHS}
    X, y = make_supervised(pd.concat(parts).sort_index(level=1), "load", horizon=2)
    times = X.index.get_level_values(1)
    distinct = times.unique().sort_values()
    scores = []
    for train, test in TimeSeriesSplit(3).split(distinct):
        rows, targets, errors = [], [], []
        end = distinct[train[-1]]
        for key in parts:
            load, follows = X.loc[key]["load"], y.loc[key]
            for i in range(2, len(load)):
                if load.index[i] + pd.Timedelta("1h") <= end:  # the target is known by the first test row's time
                    rows.append(load.iloc[i - 2 : i + 1])
                    targets.append(follows.iloc[i])
        ridge = Ridge().fit(np.array(rows), targets)
        for key in parts:
            load, follows = X.loc[key]["load"], y.loc[key]
            first = load.iloc[0]
            for i, time in enumerate(load.index):
                if time in distinct[test]:
                    known = [first] * max(2 - i, 0) + load.iloc[max(i - 2, 0) : i + 1].tolist()
                    errors.append(ridge.predict([known])[0] - follows.iloc[i])
        scores.append(-np.sqrt(np.mean(np.square(errors))))
    model = WindowedRegressor(Ridge(), 3, horizon=2)
    made = cross_val_score(model, X, y, cv=PanelTimeSeriesSplit(3), scoring="neg_root_mean_squared_error")
    np.testing.assert_allclose(made, scores, rtol=1e-9)


LENGTHS = [("a", 0, 40), ("b", 5, 30), ("late", 24, 30)]


def test_search_in_a_pipeline_that_keeps_labels():
    X, y = make_supervised(panel(a=40, b=30), "load")
    pipe = make_pipeline(StandardScaler().set_output(transform="pandas"), SlidingWindow(2, flatten=True), Ridge())
    search = GridSearchCV(pipe, {"slidingwindow__window_length": [2, 4]}, cv=PanelTimeSeriesSplit(3)).fit(X, y)
    assert search.predict(X).shape == (68,)


# --- What only reads times -------------------------------------------------------------------------------------------


def test_calendar_reads_the_times_of_several_series():
    X = panel(a=5, b=3)
    expected = np.concatenate([CalendarFeatures().fit_transform(X.loc[key]) for key in "ab"])
    np.testing.assert_array_equal(CalendarFeatures().fit_transform(X), expected)
    np.testing.assert_array_equal(CalendarFeatures().fit(X).transform(X.iloc[::-1].sort_index()), expected)


def test_estimators_that_take_nan_get_it():
    X = panel(a=20, b=20)
    X.iloc[25] = np.nan
    model = WindowedRegressor(HistGradientBoostingRegressor(), 3, missing="drop").fit(X, np.zeros(40))
    assert np.isnan(ask(model.read_windows, X)).any(axis=1).nonzero()[0].tolist() == [25, 26, 27]


def test_nan_is_refused_unless_its_windows_have_no_weight():
    X = panel(a=10, b=10)
    X.iloc[9] = np.nan  # the last row of a, no past of b's
    weights = np.ones(20)
    with pytest.raises(ValueError, match="X must hold finite numbers, but holds NaN"):
        WindowedRegressor(Ridge(), 3).fit(X, np.zeros(20), weights)
    weights[9] = 0
    WindowedRegressor(Ridge(), 3).fit(X, np.zeros(20), weights)


def test_what_is_kept_is_made_of_plain_parts():
    """Stores of models without pickle know arrays, numbers and text."""
    model = WindowedRegressor(Ridge(), 3).fit(panel(a=10, b=8), np.zeros(18))
    states = {key: history.__getstate__() for key, history in model._history.by_key.items()}
    assert {*states} == {"a", "b"}
    kept = [value for state in states.values() for value in state.values()]
    assert all(isinstance(value, np.ndarray | tuple | bool | None) for value in kept)


# --- Errors ----------------------------------------------------------------------------------------------------------


def test_mase_scales_each_series_by_itself():
    y_train = pd.Series([1.0, 10, 3, 40], pd.MultiIndex.from_tuples([("a", 1), ("b", 1), ("a", 2), ("b", 2)]))
    y_true = pd.Series([4.0, 50, 60], pd.MultiIndex.from_tuples([("a", 3), ("b", 3), ("b", 4)]))
    y_pred = np.array([3.0, 35, 60])
    expected = (mase([4], [3], [1, 3]) + mase([50, 60], [35, 60], [10, 40])) / 2
    assert mase(y_true, y_pred, y_train) == pytest.approx(expected)
    with pytest.raises(ValueError, match="both hold labels"):
        mase(y_true, y_pred, y_train.to_numpy())
    with pytest.raises(ValueError, match=r"must hold all series of y_true, .* but not 'b'"):
        mase(y_true, y_pred, y_train[["a" in label for label in y_train.index]])
    with pytest.raises(ValueError, match="In series 'b', y_train must change"):
        mase(y_true, y_pred, y_train.iloc[:3])
