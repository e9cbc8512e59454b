"""What is known ahead, against an oracle: loops over steps, on random series with labels of several kinds."""

import math
import pickle
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    PerStepTransformer,
    SubsequenceReshaper,
    WindowedClassifier,
    WindowedRegressor,
    check_leakage,
    make_supervised,
    make_windows,
)
from tests.helpers import altered
from tests.series.oracle import Records, ask, is_whole

N_CASES = 300
N_ROWS = 60
EPOCH = pd.Timestamp("1970-01-01")


class RecordsWindows(Records):
    """Take windows."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


# --- Labels, and the phases that they tell ---------------------------------------------------------------------------

GRIDS = {
    "hours": (pd.date_range("2024-03-30", periods=N_ROWS, freq="h"), "h"),
    "hours in spring": (pd.date_range("2024-03-30 06:00", periods=N_ROWS, freq="h", tz="Europe/Berlin"), "h"),
    "hours in autumn": (pd.date_range("2024-11-02", periods=N_ROWS, freq="h", tz="America/New_York"), "h"),
    "half hours": (pd.date_range("2024-10-26 18:30", periods=N_ROWS, freq="30min", tz="Europe/Berlin"), "30min"),
    "days": (pd.date_range("2024-02-20", periods=N_ROWS, tz="Europe/Berlin"), "D"),
    "months": (pd.date_range("1968-01-31", periods=N_ROWS, freq="ME"), "ME"),
    "workdays": (pd.bdate_range("2024-02-20", periods=N_ROWS), "B"),
    "periods": (pd.period_range("2024-02-20", periods=N_ROWS, freq="h"), "h"),
    "numbers": (pd.RangeIndex(7, 7 + N_ROWS), None),
    "default": (pd.RangeIndex(N_ROWS), None),
    "arrays": (None, None),
}
SEASONS = (2, 5, 7, 12, 24, 48)
PER_DAY = {"hours": 24, "hours in spring": 24, "hours in autumn": 24, "half hours": 48}


@cache
def phase(kind, step, season):
    """Return the phase of a step of a series, found from its label."""
    grid, _ = GRIDS[kind]
    if kind in PER_DAY:
        fits_day = season % PER_DAY[kind] == 0 or PER_DAY[kind] % season == 0
        time = grid[step].tz_localize(None) if fits_day or grid.tz is None else grid[step].tz_convert(None)
        return int((time - EPOCH) / pd.Timedelta(24 / PER_DAY[kind], "h")) % season
    if kind == "days":
        return (grid[step].tz_localize(None) - EPOCH).days % season
    if kind == "months":
        return (12 * (grid[step].year - 1970) + grid[step].month - 1) % season
    if kind == "workdays":
        return (len(pd.bdate_range(EPOCH, grid[step])) - 1) % season
    if kind == "periods":
        return int((grid[step].start_time - EPOCH) / pd.Timedelta(1, "h")) % season
    return (grid[step] if kind == "numbers" else step) % season


# --- Series ----------------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """Rows of a series: the target, a column that is not known ahead, and two that are."""

    kind: str
    steps: list
    numbers: np.ndarray = field(repr=False)
    freq: str | None
    horizon: object
    horizons: list
    n_steps: int
    known: list
    seasons: tuple
    missing: str

    def data(self):
        grid, _ = GRIDS[self.kind]
        if grid is None:
            return self.numbers
        return pd.DataFrame(self.numbers, grid[self.steps], ["load", "wind", "sun", "price"])

    @property
    def rows(self):
        return dict(zip(self.steps, self.numbers.tolist(), strict=True))

    def known_at(self, step):
        """Return the inputs known ahead of a step, (n_horizons, n_known), NaN where there is no row."""
        rows = [self.rows.get(step + h, [math.nan] * 4) for h in self.horizons]
        return [[row[column] for column in self.known] for row in rows]

    def ahead_of(self, step):
        """Return what is known ahead of a step, and the phases of the coming steps, (n_horizons, n_inputs)."""
        phases = [[phase(self.kind, step + h, m) for m in self.seasons] for h in self.horizons]
        return [known + each for known, each in zip(self.known_at(step), phases, strict=True)]


def draw_case(rng, *, holes=True):
    """Return a random series, and what is asked of it; the grid goes on after its last row."""
    kind = str(rng.choice(list(GRIDS)))
    steps = np.arange(int(rng.integers(40, N_ROWS - 6)))
    missing = str(rng.choice(["raise", "drop"]))
    has_holes = holes and missing == "drop" and kind not in ("default", "arrays") and rng.random() < 0.6
    freq = GRIDS[kind][1] if has_holes or rng.random() < 0.5 else None
    if has_holes:
        steps = np.delete(steps, rng.choice(np.arange(1, len(steps) - 1), 3, replace=False))
    numbers = rng.normal(size=(len(steps), 4)).round(3)
    if missing == "drop" and rng.random() < 0.6:
        numbers[rng.random(numbers.shape) < 0.02] = np.nan
    horizons = rng.choice(np.arange(1, 7), size=int(rng.integers(1, 4)), replace=False).tolist()
    horizon = horizons if len(horizons) > 1 or rng.random() < 0.5 else horizons[0]
    known = [[2], [3], [2, 3], [3, 2], []][int(rng.integers(5))]
    seasons = tuple(rng.choice(SEASONS, size=int(rng.integers(0 if known else 1, 3)), replace=False).tolist())
    n_steps = int(rng.integers(1, 7))
    return Case(kind, steps.tolist(), numbers, freq, horizon, horizons, n_steps, known, seasons, missing)


def names_of(case, data):
    return [data.columns[column] for column in case.known] if isinstance(data, pd.DataFrame) else case.known


def has_nan(values):
    return bool(np.isnan(np.array(values, dtype=float)).any())


# --- make_windows ----------------------------------------------------------------------------------------------------


def windows_by_loop(case, stride):
    """Return the steps at which windows end, their rows, what is known ahead of them, and their targets."""
    rows, found = case.rows, []
    last = max(step for step, row in rows.items() if not (case.known and math.isnan(row[0])))
    for end in range(case.n_steps - 1, last - max(case.horizons) + 1, stride):
        steps = range(end - case.n_steps + 1, end + 1)
        targets = [rows.get(end + h, [math.nan])[0] for h in case.horizons]
        ahead = case.ahead_of(end)
        if all(is_whole(rows, step) for step in steps) and not has_nan(targets) and not has_nan(ahead):
            found.append((end, [rows[step] for step in steps], ahead, targets))
    return [list(part) for part in zip(*found, strict=True)]


def test_windows_and_what_is_known_ahead_are_those_of_a_loop():
    rng = np.random.default_rng(0)
    tally = Counter()
    for _ in range(N_CASES):
        case = draw_case(rng)
        data, stride = case.data(), int(rng.integers(1, 4))
        target = "load" if isinstance(data, pd.DataFrame) else 0
        (X, y), texts = ask(
            make_windows,
            data,
            target,
            window_length=case.n_steps,
            horizon=case.horizon,
            stride=stride,
            known_future=names_of(case, data),
            seasons=case.seasons,
            freq=case.freq,
            missing=case.missing,
        )
        try:
            ends, windows, ahead, targets = windows_by_loop(case, stride)
            np.testing.assert_array_equal(X.values, windows)
            np.testing.assert_array_equal(X.ahead, ahead)
            np.testing.assert_array_equal(np.asarray(y).reshape(len(ends), -1), targets)
            assert X.seasons == case.seasons
            assert texts == []
            if isinstance(data, pd.DataFrame):
                assert y.index.equals(data.index[np.searchsorted(case.steps, ends)])
        except AssertionError as error:
            raise AssertionError(f"{case}\n{data}\nstride={stride}\n{error}") from None
        tally[case.kind] += 1
        tally["left out"] += len(ends) < len(range(case.n_steps - 1, case.steps[-1] + 1 - max(case.horizons), stride))
    assert min(tally[kind] for kind in GRIDS) > 0.02 * N_CASES
    assert tally["left out"] > 0.15 * N_CASES


# --- WindowedRegressor -----------------------------------------------------------------------------------------------


def rows_known_ahead(case):
    """Return the rows of X for a series: its past, and what is known ahead, all steps of a column together."""
    past = [column for column in range(4) if column not in case.known]
    wide = [np.array(case.known_at(step)).T.ravel() for step in case.steps]
    values = np.hstack([case.numbers[:, past], np.array(wide).reshape(len(case.steps), -1)])
    data = case.data()
    if not isinstance(data, pd.DataFrame):
        return values, past
    names = [f"{data.columns[column]}_t+{h}" for column in case.known for h in case.horizons]
    return pd.DataFrame(values, data.index, [*data.columns[past], *names]), past


def take(X, start, stop=None):
    return X.iloc[start:stop] if isinstance(X, pd.DataFrame) else X[start:stop]


def trained_by_loop(case, y, past, embargo, n_fitted):
    """Return the numbers of the rows that are trained on."""
    rows = {step: [row[column] for column in past] for step, row in case.rows.items()}
    numbers = range(n_fitted)
    return [
        number
        for number, step in zip(numbers, case.steps, strict=False)
        if step >= case.n_steps - 1
        and case.steps[n_fitted - 1] - step >= embargo
        and not math.isnan(y[number])
        and all(is_whole(rows, other) for other in range(step - case.n_steps + 1, step + 1))
        and not has_nan(case.known_at(step))
    ]


def ask_in_parts(model, X, start, sizes):
    """Return the windows of rows asked for part by part, each of which is then known."""
    parts = []
    for size in sizes:
        part = take(X, start, start + size)
        parts.append(ask(model.read_windows, part)[0])
        ask(model.update, part)
        start += size
    return np.concatenate([part.values for part in parts]), np.concatenate([part.ahead for part in parts])


def test_what_estimators_get_is_that_of_a_loop():
    rng = np.random.default_rng(1)
    tally = Counter()
    for _ in range(N_CASES // 2):
        case = draw_case(rng)
        X, past = rows_known_ahead(case)
        n_rows = len(X) - 6  # after which nothing is known ahead
        n_fitted = n_rows - int(rng.integers(4, 9))
        n_past = len(past)
        by_name = isinstance(X, pd.DataFrame) and rng.random() < 0.7
        known = names_of(case, case.data()) if by_name else list(range(n_past, X.shape[1]))
        y = rng.normal(size=n_fitted)
        y[rng.random(n_fitted) < 0.05 * (case.missing == "drop")] = np.nan
        options = {"window_length": case.n_steps, "freq": case.freq, "missing": case.missing, "horizon": case.horizon}
        model = WindowedRegressor(RecordsWindows(), known_future=known, seasons=case.seasons, **options)
        plain = WindowedRegressor(RecordsWindows(), **options)
        only_past = X.iloc[:, :n_past] if isinstance(X, pd.DataFrame) else X[:, :n_past]
        try:
            answer, texts = ask(model.fit, take(X, 0, n_fitted), y)
            trained = trained_by_loop(case, y, past, max(case.horizons) - 1, n_fitted)
            assert texts == []
            if not trained:
                assert "windows touch missing steps or values" in str(answer)
                tally["refused"] += 1
                continue
            fitted = model.estimator_.X_
            rows = np.asarray(only_past)
            windows = [rows[t - case.n_steps + 1 : t + 1] for t in trained]  # no hole lies in them
            np.testing.assert_array_equal(fitted.values, windows)
            np.testing.assert_array_equal(fitted.ahead, [case.ahead_of(case.steps[t]) for t in trained])
            np.testing.assert_array_equal(model.estimator_.y_, y[trained])

            asked = [t for t in range(n_fitted, n_rows) if not has_nan(case.known_at(case.steps[t]))]
            if len(asked) < n_rows - n_fitted:
                answer, _ = ask(model.read_windows, take(X, n_fitted, n_rows))
                assert "columns of known_future are NaN in" in str(answer)
                tally["refused"] += 1
                continue
            found, _ = ask(model.read_windows, take(X, n_fitted, n_rows))
            expected, _ = ask(
                plain.fit(take(only_past, 0, n_fitted), y).read_windows, take(only_past, n_fitted, n_rows)
            )
            np.testing.assert_array_equal(found.values, expected)
            np.testing.assert_array_equal(found.ahead, [case.ahead_of(case.steps[t]) for t in asked])
            sizes = [1] * len(asked) if rng.random() < 0.5 else [2, len(asked) - 2]
            values, ahead = ask_in_parts(model, X, n_fitted, sizes)
            np.testing.assert_array_equal(values, found.values)
            np.testing.assert_array_equal(ahead, found.ahead)
        except AssertionError as error:
            raise AssertionError(f"{case}\n{X}\n{model}\n{error}") from None
        tally[case.kind] += 1
        tally["left out"] += model.n_left_out_ > 0
    assert min(tally[kind] for kind in GRIDS) > 0.01 * N_CASES
    assert min(tally["left out"], tally["refused"]) > 0.03 * N_CASES


# --- By example ------------------------------------------------------------------------------------------------------

HORIZON = range(1, 4)
LOAD = pd.DataFrame(
    np.random.default_rng(5).normal(size=(90, 3)).round(3),
    pd.date_range("2024-03-30", periods=90, freq="h", tz="Europe/Berlin"),
    ["load", "wind", "holiday"],
)
X, Y = make_supervised(LOAD, "load", horizon=HORIZON, known_future=["wind", "holiday"])
WIND, BOTH = ["wind_t+1", "wind_t+2", "wind_t+3"], ["wind", "holiday"]


def windowed(estimator=None, window_length=5, **options):
    estimator = RecordsWindows() if estimator is None else estimator
    options = {"horizon": HORIZON, "known_future": BOTH, "seasons": (24,)} | options
    return WindowedRegressor(estimator, window_length, **options)


def test_both_ways_to_windows_agree():
    made, y = make_windows(
        LOAD[["load"]].assign(**LOAD[BOTH]), "load", window_length=5, horizon=HORIZON, known_future=BOTH, seasons=[24]
    )
    model = windowed(embargo=0).fit(X, Y)
    np.testing.assert_array_equal(model.estimator_.X_.ahead, made.ahead)
    np.testing.assert_array_equal(model.estimator_.X_.values, made.values[:, :, :1])  # make_windows keeps all columns
    np.testing.assert_array_equal(model.estimator_.y_, y)


def with_wind(row, value):
    """Return the rows of X, one of which has another wind ahead."""
    other = X.copy()
    other.iloc[row, 2] = value
    return other


def test_what_is_known_belongs_to_its_own_row_alone():
    model = windowed().fit(X[:60], Y[:60])
    before, after = model.read_windows(X[60:]), model.read_windows(with_wind(67, 99.0)[60:])
    np.testing.assert_array_equal(after.values, before.values)
    assert np.flatnonzero((after.ahead != before.ahead).any(axis=(1, 2))).tolist() == [7]


def test_what_is_known_of_the_first_row_does_not_tell_its_place():
    model = windowed(known_future=range(1, 7)).fit(X.to_numpy()[:60], Y.to_numpy()[:60])
    scenario = X.to_numpy(copy=True)[56:65]
    scenario[:, 1:] += 1
    found, expected = model.read_windows(scenario), model.read_windows(X.to_numpy()[56:65])
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.ahead, np.add(expected.ahead, [1, 1, 0]))


def test_rows_after_the_window_move_nothing():
    model = windowed().fit(X[:60], Y[:60])
    later = X[60:].copy()
    later.iloc[11:] += 9
    before, after = model.read_windows(X[60:])[:11], model.read_windows(later)[:11]
    np.testing.assert_array_equal(after.values, before.values)
    np.testing.assert_array_equal(after.ahead, before.ahead)


def test_what_is_known_enters_once_for_each_step_and_windows_stay_views():
    data = np.random.default_rng(0).normal(size=(500, 3))
    wide, y = make_supervised(data, 0, horizon=range(1, 49), known_future=[1, 2])
    model = windowed(window_length=100, horizon=range(1, 49), known_future=range(1, 97), seasons=()).fit(wide, y)
    fitted = model.estimator_.X_
    assert fitted[:1].ahead.size == 96
    assert fitted.shape[1:] == (100, 1)
    assert fitted.values.strides[0] == fitted.values.strides[1]  # a row of the series is there once


def test_tables_get_one_flat_block():
    model = windowed(Records(), seasons=(4,)).fit(X, Y)
    carried = windowed(seasons=(4,)).fit(X, Y).estimator_.X_
    assert model.estimator_.X_.shape[1] == 5 + 3 * 2 + 3
    np.testing.assert_array_equal(model.estimator_.X_, carried.to_table())
    np.testing.assert_array_equal(
        model.read_windows(X[:9]), windowed(seasons=(4,)).fit(X, Y).read_windows(X[:9]).to_table()
    )


def test_seasons_alone_are_known_ahead():
    model = windowed(known_future=None).fit(LOAD, LOAD["load"])
    assert model.read_windows(LOAD[:3]).ahead[:, :, 0].tolist() == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]


def test_classifiers_see_what_is_known_ahead():
    tomorrow = (X["wind_t+1"] > 0).astype(int)
    options = {"window_length": 3, "horizon": 1, "known_future": ["wind"]}
    model = WindowedClassifier(LogisticRegression(C=1e6, max_iter=1000), **options).fit(
        X[["load", "wind_t+1"]], tomorrow
    )
    assert model.score(X[["load", "wind_t+1"]], tomorrow) == 1


@pytest.mark.parametrize("known_future", [BOTH, range(1, 7)], ids=["names", "positions"])
def test_ridge_learns_from_what_is_known_in_cross_validation(known_future):
    data = (X, Y) if known_future is BOTH else (X.to_numpy(), Y.to_numpy())
    wind = data[0][WIND] if known_future is BOTH else data[0][:, 1:4]
    model = windowed(Ridge(1e-9), 2, known_future=known_future)
    rows = np.arange(len(X))
    folds = [(rows[:60], rows[60:75]), (rows[:75], rows[75:])]
    for train, test in folds:
        model.fit(take(data[0], 0, len(train)), take(wind, 0, len(train)))
        found = model.predict(take(data[0], test[0], test[-1] + 1))
        np.testing.assert_allclose(found, take(wind, test[0], test[-1] + 1), atol=1e-6)


def test_window_length_and_what_is_known_are_searchable():
    grid = {"window_length": [1, 4], "known_future": [["wind"], BOTH], "seasons": [(), (24,)]}
    search = GridSearchCV(windowed(Ridge(), warmup=3), grid, cv=TimeSeriesSplit(2), error_score="raise")
    assert search.fit(X, X[WIND]).best_params_["window_length"] == 1
    assert search.best_score_ > 0.9


def test_pipelines_inside_get_windows_or_tables():
    model = windowed(make_pipeline(PerStepTransformer(), SubsequenceReshaper(2), RecordsWindows()), 4).fit(X, Y)
    assert repr(model.estimator_[-1].X_[:1]) == (
        "Windows(values of shape (1, 2, 2, 1), ahead of shape (1, 3, 3), seasons=(24,))"
    )
    table = windowed(make_pipeline(StandardScaler(), Records()), 4).fit(X, Y).estimator_[-1].X_
    assert table.shape[1] == 4 + 3 * 2 + 23
    with pytest.raises(ValueError, match="Windows cannot become an array"):
        windowed(make_pipeline(SubsequenceReshaper(2), StandardScaler(), RecordsWindows()), 4).fit(X, Y)


# NaN, weights and embargo


def test_nan_ahead_is_refused_unless_it_has_weight_0():
    with pytest.raises(ValueError, match=r"X must hold finite numbers, but holds NaN \(first in row 20\)"):
        windowed().fit(with_wind(20, np.nan), Y)
    model = windowed().fit(with_wind(20, np.nan), Y, sample_weight=altered(np.ones(len(X)), 20, 0.0))
    assert model.n_training_rows_ == len(X) - 4 - 2 - 1
    assert windowed().fit(with_wind(2, np.nan), Y).n_training_rows_ == len(X) - 4 - 2  # row 2 has no window
    assert windowed().fit(with_wind(-1, np.nan), Y).n_training_rows_ == len(X) - 4 - 2  # the last rows are history


def test_nan_ahead_is_left_out_or_passed_on():
    assert windowed(missing="drop").fit(with_wind(20, np.nan), Y).n_left_out_ == 1
    boosting = windowed(HistGradientBoostingRegressor(max_iter=2), missing="drop").fit(
        with_wind(20, np.nan), Y.iloc[:, 0]
    )
    assert (boosting.n_left_out_, boosting.n_training_rows_) == (0, len(X) - 4 - 2)
    assert np.argwhere(np.isnan(boosting.read_windows(with_wind(20, np.nan)))).tolist() == [[20, 5 + 2]]


@pytest.mark.parametrize("missing", ["raise", "drop"])
def test_nan_ahead_of_rows_to_predict_is_refused_by_row(missing):
    model = windowed(Ridge(), missing=missing).fit(X[:60], Y[:60])
    with pytest.raises(
        ValueError, match=r"columns of known_future are NaN in 1 rows \(4\); fill these values, or leave"
    ):
        model.predict(with_wind(64, np.nan)[60:])
    model.update(with_wind(64, np.nan)[60:])  # nothing is predicted from it
    assert len(model.predict(X[-1:])) == 1


# Places


def test_phases_of_arrays_go_on_from_the_fitted_rows():
    rows, y = LOAD.to_numpy(), LOAD["load"].to_numpy()
    model = windowed(known_future=None).fit(rows[:50], y[:50])
    assert model.read_windows(rows[50:52]).ahead[:, :, 0].tolist() == [[3, 4, 5], [4, 5, 6]]
    assert model.read_windows(rows[46:47]).ahead[0, :, 0].tolist() == [23, 0, 1]
    model.update(rows[50:70])
    assert model.read_windows(rows[70:71]).ahead[0, :, 0].tolist() == [23, 0, 1]
    assert model.set_params(context="carry").read_windows(rows[:1]).ahead[0, :, 0].tolist() == [23, 0, 1]
    with pytest.raises(ValueError, match=r"seasons=\(24,\) are counted from the first fitted row, but context='none'"):
        model.set_params(context="none").read_windows(rows[:3])


def test_phases_of_labels_need_no_place():
    model = windowed(known_future=None, context="none").fit(LOAD[:50], LOAD["load"][:50])
    expected = windowed(known_future=None).fit(LOAD, LOAD["load"]).read_windows(LOAD).ahead
    np.testing.assert_array_equal(model.read_windows(LOAD[70:]).ahead, expected[70:])


def test_rows_without_labels_do_not_follow_those_with_some():
    unnamed = LOAD.set_axis(range(3), axis=1)  # columns without names, as arrays have
    model = windowed(known_future=None).fit(unnamed[:50], unnamed[0][:50])
    with pytest.raises(ValueError, match="labels of the fitted rows, which are times with a time zone, but X has none"):
        model.read_windows(unnamed.to_numpy()[50:])


def test_place_of_a_row_that_recurs_is_warned_of_where_windows_are_one_row():
    rows = np.resize([1.0, 2.0, 3.0], 30)[:, None]
    model = windowed(window_length=1, known_future=None, seasons=(7,)).fit(rows, rows[:, 0])
    with pytest.warns(UserWarning, match="X starts with a row that occurs more than once in the fitted data"):
        model.read_windows(rows[:4])


# State


def test_state_is_that_of_the_fit():
    model = windowed().fit(X[:60], Y[:60])
    expected = model.read_windows(X[60:])
    again = pickle.loads(pickle.dumps(model))
    model.set_params(known_future=["wind"], seasons=(), horizon=1, window_length=2)
    for found in (model.read_windows(X[60:]), again.read_windows(X[60:])):
        np.testing.assert_array_equal(found.values, expected.values)
        np.testing.assert_array_equal(found.ahead, expected.ahead)


@pytest.mark.parametrize(
    ("name", "value"), [("known_future", ["wind"]), ("seasons", (7,)), ("horizon", [3, 2, 1]), ("window_length", 2)]
)
def test_training_goes_on_with_the_same_inputs(name, value):
    model = windowed(SGDRegressor(), known_future=BOTH).partial_fit(X[:40], Y[:40].iloc[:, 0])
    model.partial_fit(X[40:60], Y[40:60].iloc[:, 0])
    assert model.n_training_rows_ == 20 - 2
    with pytest.raises(ValueError, match=f"{name} must be .*, as in the fit that is continued, but is"):
        model.set_params(**{name: value}).partial_fit(X[60:], Y[60:].iloc[:, 0])


def test_trained_part_by_part_phases_and_windows_go_on():
    class TrainsOn(RecordsWindows):
        def partial_fit(self, X, y, sample_weight=None):
            return self.fit(X, y)

    rows, y = X.to_numpy(), Y.to_numpy()
    whole = windowed(known_future=range(1, 7), embargo=0).fit(rows, y).estimator_.X_
    model = windowed(TrainsOn(), known_future=range(1, 7), embargo=0).partial_fit(rows[:50], y[:50])
    later = model.partial_fit(rows[50:], y[50:]).estimator_.X_
    np.testing.assert_array_equal(later.values, whole[46:].values)
    np.testing.assert_array_equal(later.ahead, whole[46:].ahead)


def test_no_leak_is_found():
    model = windowed(Ridge())
    assert check_leakage(model, X, Y, cv=TimeSeriesSplit(3)).is_clean

    def prepare(df):
        return make_supervised(df, "load", horizon=HORIZON, known_future=BOTH)

    assert check_leakage(model, LOAD, cv=TimeSeriesSplit(3), prepare=prepare, known_future=BOTH).is_clean
