import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    NaiveRegressor,
    RollingFeatures,
    SlidingWindow,
    WindowedRegressor,
    check_leakage,
    make_supervised,
    make_windows,
)
from skhybrid.evaluation.leakage._alteration import alter_rows, find_horizon

FORWARD = TimeSeriesSplit(3)


def series(n_rows=120, seed=0):
    rng = np.random.default_rng(seed)
    index = pd.date_range("2024-01-01", periods=n_rows, freq="h")
    return pd.DataFrame({"load": 50 + rng.normal(size=n_rows).cumsum(), "price": rng.uniform(1, 9, n_rows)}, index)


def kinds(report):
    return [leak.kind for leak in report.findings]


def next_hour(df):
    return make_supervised(df, "load")


def six_hours_ahead(df):
    return make_supervised(df, "load", horizon=6)


# --- preparation: steps before the split ------------------------------------------------------------------------------


def scaled_features(scaler):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return pd.DataFrame(scaler.fit_transform(X), X.index, X.columns), y

    return prepare


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("window", [False, True])
def test_scaler_before_the_split_is_found(scaler, window):
    prepare = scaled_features(scaler)
    report = check_leakage(
        make_pipeline(SlidingWindow(4, flatten=True), Ridge()) if window else Ridge(),
        series(),
        cv=FORWARD,
        prepare=prepare,
    )
    assert kinds(report) == ["preparation"]
    assert report.findings[0].folds == (0, 1, 2)
    assert "all rows of X before row 60 of the raw data move" in report.findings[0].message


@pytest.mark.parametrize(("dtype", "found"), [(np.float32, []), (np.float64, ["preparation"])])
def test_rounding_of_float32_is_no_leak(dtype, found):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X.astype(dtype) + dtype(1e-6) * dtype(df["price"].mean()), y

    assert kinds(check_leakage(Ridge(), series(), cv=FORWARD, prepare=prepare)) == found


@pytest.mark.parametrize("share", [False, True])
def test_text_made_with_later_data_is_found(share):
    def prepare(df):
        X, y = make_supervised(df, "load")
        above = X["load"] > (X["load"].median() if share else 50)
        return X.assign(level=np.where(above, "high", None)), y

    pipe = make_pipeline(FunctionTransformer(lambda X: X[["load"]]), Ridge())
    report = check_leakage(pipe, series(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == (["preparation"] if share else [])


@pytest.mark.parametrize("name", ["load", "price"])
def test_scaler_of_one_column_names_it(name):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X.assign(**{name: (df[name] - df[name].mean()) / df[name].std()}), y

    report = check_leakage(Ridge(), series(), cv=FORWARD, prepare=prepare)
    assert f"(features {name})" in report.findings[0].message


@pytest.mark.parametrize(("center", "reach"), [(True, 2), (False, None)])
def test_centred_rolling_mean_is_found_and_a_trailing_one_is_none(center, reach):
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X.rolling(5, center=center, min_periods=1).mean(), y

    report = check_leakage(Ridge(), series(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == (["preparation"] if center else [])
    if center:
        assert report.findings[0].message.startswith("2 of the 60 rows of X before row 60 of the raw data move")
        assert f"as far as {reach} rows back (features load, price)" in report.findings[0].message


@pytest.mark.parametrize(("mode", "found"), [("same", ["preparation"]), ("causal", [])])
def test_same_convolution_over_the_whole_series_before_windowing_is_found(mode, found):
    def prepare(load):
        kernel = [0.5, 0.3, 0.2]
        n_after = 1 if mode == "same" else 0
        padded = np.pad(load.to_numpy(), (2 - n_after, n_after), mode="edge")
        smooth = pd.Series(np.convolve(padded, kernel, mode="valid"), load.index)
        X, _ = make_windows(smooth, window_length=6)
        return X, make_supervised(load)[1].iloc[5:]

    report = check_leakage(
        make_pipeline(FunctionTransformer(lambda X: X[:, :, 0]), Ridge()), series()["load"], cv=FORWARD, prepare=prepare
    )
    assert kinds(report) == found


@pytest.mark.parametrize(
    ("fill", "found"), [(pd.DataFrame.interpolate, ["preparation"]), (pd.DataFrame.ffill, [])], ids=["across", "past"]
)
def test_gaps_filled_from_behind_are_found(fill, found):
    df = series()
    df.iloc[17:20, 1] = np.nan  # far from the first test row of any fold
    report = check_leakage(Ridge(), df, cv=FORWARD, prepare=lambda df: next_hour(fill(df)))
    assert kinds(report) == found


def test_rows_chosen_by_all_data_are_found():
    report = check_leakage(
        Ridge(), series(), cv=FORWARD, prepare=lambda df: next_hour(df[df["price"] > df["price"].mean()])
    )
    assert kinds(report) == ["preparation"]
    assert "which rows prepare keeps depends on later data" in report.findings[0].message


def test_preparation_is_seen_where_no_fold_is_in_time():
    report = check_leakage(
        Ridge(), series(), cv=KFold(3, shuffle=True, random_state=0), prepare=scaled_features(StandardScaler())
    )
    assert kinds(report) == ["order", "preparation"]


def test_known_future_is_not_altered():
    def prepare(df):
        return make_supervised(df, "load", known_future=["price"])

    assert kinds(check_leakage(Ridge(), series(), cv=FORWARD, prepare=prepare)) == ["preparation"]
    assert check_leakage(Ridge(), series(), cv=FORWARD, prepare=prepare, known_future=["price"]).is_clean


def test_targets_scaled_before_the_split_are_found():
    def prepare(df):
        X, y = make_supervised(df, "load")
        return X, (y - y.mean()) / y.std()

    report = check_leakage(Ridge(), series(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == ["horizon"]
    assert "every training target moves" in report.findings[0].message


def test_arrays_row_by_row():
    raw = series().to_numpy()

    def prepare(raw):
        return (raw[:, 1:] - raw[:, 1:].mean()), raw[:, 0]

    assert kinds(check_leakage(Ridge(), raw, cv=FORWARD, prepare=prepare)) == ["preparation"]
    assert check_leakage(Ridge(), raw, cv=FORWARD, prepare=lambda raw: (raw[:, 1:], raw[:, 0])).is_clean


def test_preparation_that_refuses_altered_data_is_not_seen():
    largest = series()["load"].max()

    def prepare(df):
        if df["load"].max() > largest:
            raise ValueError("too high")
        return next_hour(df)

    report = check_leakage(Ridge(), series(), cv=FORWARD, prepare=prepare)
    assert report.is_clean
    assert report.not_seen == ("prepare, which refuses the altered raw data (too high).",)


def test_raw_data_stay_as_they_are():
    df = series()
    before = df.copy()

    def prepare(df):
        df["load"] *= 2
        return next_hour(df)

    check_leakage(Ridge(), df, cv=FORWARD, prepare=prepare)
    pd.testing.assert_frame_equal(df, before)


# --- horizon: training targets in the test period ---------------------------------------------------------------------


@pytest.mark.parametrize("with_prepare", [False, True])
@pytest.mark.parametrize(
    ("estimator", "gap", "n_late", "advice"),
    [
        (Ridge(), 0, 5, 5),
        (Ridge(), 2, 3, 5),
        (Ridge(), 5, None, None),
        (WindowedRegressor(Ridge(), 4), 0, 5, 5),
        (WindowedRegressor(Ridge(), 4, embargo=3), 0, 5, 5),
        (WindowedRegressor(Ridge(), 4, embargo=5), 0, None, None),
        (make_pipeline(SlidingWindow(4), NaiveRegressor(horizon=6, n_features=2)), 0, None, None),  # learns nothing
    ],
)
def test_training_targets_in_the_test_period(estimator, gap, n_late, advice, with_prepare):
    data = (series(),) if with_prepare else six_hours_ahead(series())
    cv = TimeSeriesSplit(3, gap=gap)
    report = check_leakage(estimator, *data, cv=cv, prepare=six_hours_ahead if with_prepare else None)
    assert kinds(report) == (["horizon"] if n_late else [])
    if n_late:
        message = report.findings[0].message
        assert f"the last {n_late} training targets lie in the test period" in message
        assert f"TimeSeriesSplit(gap={advice}), or take WindowedRegressor(embargo={advice}) without a gap" in message


def test_fit_that_refuses_altered_targets_has_read_them():
    X, y = six_hours_ahead(series())

    class Strict(Ridge):
        def fit(self, X, targets):
            if targets.max() > y.max():
                raise ValueError("too high")
            return super().fit(X, targets)

    assert kinds(check_leakage(Strict(), X, y, cv=FORWARD)) == ["horizon"]
    assert check_leakage(WindowedRegressor(Strict(), 4, embargo=5), X, y, cv=FORWARD).is_clean


def test_horizon_of_windows_and_of_several_targets_is_read_from_x():
    X, y = make_windows(series(), "load", window_length=5, horizon=[1, 4])
    assert find_horizon(X, y) == 4
    assert find_horizon(X.reshape(len(X), -1), y) == 4
    assert find_horizon(X[:, :, 1:], y) is None
    report = check_leakage(LinearRegression(), X.reshape(len(X), -1), y, cv=FORWARD)
    assert kinds(report) == ["horizon"]
    assert "gap=3" in report.findings[0].message


def test_horizon_that_cannot_be_read_is_not_seen():
    X, y = six_hours_ahead(series())
    report = check_leakage(Ridge(), X[["price"]], y, cv=FORWARD)
    assert report.is_clean
    assert any("no feature is the target's own past" in what for what in report.not_seen)


# --- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cv", [KFold(4), KFold(4, shuffle=True, random_state=0), ShuffleSplit(4, random_state=0), 4])
def test_folds_that_are_not_in_time_are_found(cv):
    X, y = next_hour(series())
    report = check_leakage(make_pipeline(SlidingWindow(4, flatten=True), Ridge()), X, y, cv=cv)
    assert kinds(report) == ["order"]
    assert 0 in report.findings[0].folds
    assert "split with TimeSeriesSplit" in report.findings[0].message


def test_overlap_of_windows_in_folds_is_counted():
    X, y = make_windows(np.arange(21.0) ** 2, window_length=3)  # 18 windows
    folds = [(np.r_[0:6, 9:18], np.arange(6, 9))]
    message = check_leakage(CNNLSTMRegressor(), X, y, cv=folds).findings[0].message
    assert message.startswith("9 of 15 training rows do not lie before the first test row, and 3 of them are within 3")


def test_forward_fold_among_others_is_checked():
    X, y = next_hour(series())
    folds = [(np.arange(60), np.arange(60, 80)), (np.arange(40, 80), np.arange(40))]
    report = check_leakage(make_pipeline(BatchScaler(), Ridge()), X, y, cv=folds)
    assert [(leak.kind, leak.folds) for leak in report.findings] == [("order", (1,)), ("look-ahead", (0,))]


# --- features that are the target -------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [lambda y: y, lambda y: 3 - 2 * y, lambda y: y.astype(np.float32)])
def test_target_among_the_features_is_found(change):
    X, y = next_hour(series())
    report = check_leakage(Ridge(), X.assign(answer=change(y)), y, cv=FORWARD)
    assert kinds(report) == ["target feature"]
    assert "feature answer is the target" in report.findings[0].message


def test_target_in_windows_is_found():
    X, y = next_hour(series())
    windows = SlidingWindow(4).fit_transform(X.assign(answer=y))
    report = check_leakage(make_pipeline(FunctionTransformer(lambda X: X[:, -1]), Ridge()), windows, y, cv=FORWARD)
    assert kinds(report) == ["target feature"]
    assert "feature 2 is the target" in report.findings[0].message


def test_labels_among_the_features_are_found():
    X, y = next_hour(series())
    label = np.where(y > X["load"], "up", "down")
    pipe = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    report = check_leakage(pipe, X[["load"]].round().assign(answer=label), label, cv=FORWARD)
    assert kinds(report) == ["target feature"]


@pytest.mark.parametrize(
    "values",
    [np.sin(np.arange(300) / 100), np.arange(300.0), np.exp(np.arange(300) / 60), np.sin(np.arange(300) * np.pi / 12)],
    ids=["slow", "line", "growth", "season"],
)
@pytest.mark.parametrize("horizon", [1, 24])
@pytest.mark.parametrize("scale", [1, 0.3])
def test_own_past_of_a_smooth_series_is_no_leak(values, horizon, scale):
    X, y = make_supervised(pd.DataFrame({"x": values}), horizon=horizon)
    report = check_leakage(Ridge(), X * scale + 5, y, cv=TimeSeriesSplit(3, gap=horizon - 1))
    assert report.is_clean


# --- look-ahead -------------------------------------------------------------------------------------------------------


class BatchScaler(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return (X - np.mean(X, axis=0)) / np.std(X, axis=0)


def backwards(X):
    return np.vstack([np.asarray(X)[1:], np.asarray(X)[-1:]])


@pytest.mark.parametrize("transformer", [BatchScaler(), FunctionTransformer(backwards)])
@pytest.mark.parametrize("as_frame", [False, True])
def test_look_ahead_in_the_pipeline_is_found(transformer, as_frame):
    X, y = next_hour(series())
    data = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
    report = check_leakage(make_pipeline(transformer, Ridge()), *data, cv=FORWARD)
    assert kinds(report) == ["look-ahead"]
    assert "predictions for 14 test rows move" in report.findings[0].message


def test_look_ahead_of_a_classifier_is_found():
    X, y = next_hour(series())
    label = np.where(y > X["load"], "up", "down")
    assert kinds(check_leakage(make_pipeline(BatchScaler(), LogisticRegression()), X, label, cv=FORWARD)) == [
        "look-ahead"
    ]
    assert check_leakage(make_pipeline(StandardScaler(), LogisticRegression()), X, label, cv=FORWARD).is_clean


@pytest.mark.parametrize(("weight", "found"), [(0.01, ["look-ahead"]), (1e-8, [])])
def test_probabilities_show_what_labels_do_not(weight, found):
    X, y = next_hour(series())
    label = np.where(y > X["load"], "up", "down")
    nearly_own = FunctionTransformer(lambda X: X + weight * np.mean(X, axis=0))  # 1e-8 is what rounding may do
    report = check_leakage(make_pipeline(nearly_own, StandardScaler(), LogisticRegression()), X, label, cv=FORWARD)
    assert kinds(report) == found


def test_test_rows_in_any_order():
    X, y = next_hour(series())
    folds = [(np.arange(60), np.arange(60, 80)[::-1])]
    assert check_leakage(WindowedRegressor(Ridge(), 4), X, y, cv=folds).is_clean


@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_and_direction_inside_a_window_are_no_leak(padding, bidirectional):
    X, y = make_windows(series(), "load", window_length=6)
    network = CNNLSTMRegressor(filters=4, units=4, dense_units=4, epochs=2, padding=padding)
    report = check_leakage(network.set_params(bidirectional=bidirectional), X, y, cv=TimeSeriesSplit(2))
    assert report.is_clean
    assert len(report.not_seen) == 1  # the steps before the split; the horizon was read


def test_one_test_row_shows_no_look_ahead():
    X, y = next_hour(series())
    report = check_leakage(
        make_pipeline(FunctionTransformer(backwards), Ridge()), X, y, cv=TimeSeriesSplit(2, test_size=1)
    )
    assert report.is_clean
    assert "look-ahead of the predictions in folds with a single test row; pass cv= with more." in report.not_seen


def test_altered_rows_that_are_refused_are_not_seen():
    def at_most_100(X):
        if np.max(X) > 100:
            raise ValueError("too high")
        return X

    X, y = next_hour(series())
    report = check_leakage(make_pipeline(FunctionTransformer(at_most_100), Ridge()), X + 35, y, cv=FORWARD)
    assert report.is_clean
    assert any("the altered rows are refused (too high)" in what for what in report.not_seen)


# --- what the estimator brings along ----------------------------------------------------------------------------------


class Peeking(RegressorMixin, BaseEstimator):
    """Learn from all targets, whatever fit is given."""

    def __init__(self, answers, use=True):
        self.answers = answers
        self.use = use

    def fit(self, X, y):
        self.mean_ = np.mean(self.answers) if self.use else np.mean(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)


@pytest.mark.parametrize("use", [True, False])
def test_targets_held_by_the_estimator_are_found_where_they_are_used(use):
    X, y = next_hour(series())
    report = check_leakage(make_pipeline(StandardScaler(), Peeking(y, use)), X, y, cv=FORWARD)
    assert kinds(report) == (["held rows"] if use else [])
    if use:
        assert "peeking__answers holds values of the test rows" in report.findings[0].message


@pytest.mark.parametrize("whole", [False, True])
def test_prefitted_part_is_found(whole):
    X, y = next_hour(series())
    scaler = FrozenEstimator(StandardScaler().fit(X))
    estimator = FrozenEstimator(RandomForestRegressor(2).fit(X, y)) if whole else make_pipeline(scaler, Ridge())
    assert kinds(check_leakage(estimator, X, y, cv=FORWARD)) == ["prefitted"]


class Restless(RegressorMixin, BaseEstimator):
    """Differ from fit to fit or from predict to predict."""

    n_calls = 0

    def __init__(self, where="fit", step=100):
        self.where = where
        self.step = step

    def _count(self, where):
        type(self).n_calls += self.where == where
        return type(self).n_calls

    def fit(self, X, y):
        self.mean_ = np.mean(y) + self.step * self._count("fit") ** 2
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_ + self.step * self._count("predict") ** 2)


@pytest.mark.parametrize(("where", "words"), [("fit", "two fits of the same data differ"), ("predict", "look-ahead")])
def test_what_differs_by_itself_is_no_leak(where, words):
    X, y = six_hours_ahead(series())
    report = check_leakage(Restless(where), X, y, cv=FORWARD)
    assert report.is_clean
    assert any(words in what for what in report.not_seen)


@pytest.mark.parametrize("where", ["fit", "predict"])
def test_rounding_is_no_movement(where):
    report = check_leakage(Restless(where, step=1e-13), *next_hour(series()), cv=FORWARD)
    assert report.is_clean
    assert len(report.not_seen) == 1  # the steps before the split
    X, y = six_hours_ahead(series())
    report = check_leakage(WindowedRegressor(Restless(where, step=1e-13), 4, embargo=5), X, y, cv=FORWARD)
    assert report.is_clean
    assert len(report.not_seen) == 1


def test_random_states_are_set():
    X, y = six_hours_ahead(series())
    forest = make_pipeline(StandardScaler(), RandomForestRegressor(3, random_state=np.random.RandomState(0)))
    assert kinds(check_leakage(forest, X, y, cv=FORWARD)) == ["horizon"]
    assert isinstance(forest[-1].random_state, np.random.RandomState)


# --- pipelines of the documentation -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def readme():
    """What the main job in the README defines, on fewer days, up to the search's fit."""
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "search.fit(X, y)" in block)
    names: dict = {}
    exec(code.replace("n_days=60", "n_days=8").replace("search.fit(X, y)", ""), names)
    return names


SMALL = {"filters": 4, "units": 4, "dense_units": 4, "epochs": 2}


@pytest.mark.parametrize("padding", ["causal", "same"])
def test_readme_pipeline_is_clean(readme, padding):
    pipe = readme["pipe"].set_params(**{f"cnnlstmregressor__{name}": value for name, value in SMALL.items()})
    pipe.set_params(cnnlstmregressor__padding=padding)
    report = check_leakage(
        pipe, readme["df"], cv=readme["search"].cv, prepare=lambda df: make_supervised(df, target="load", horizon=1)
    )
    assert report.is_clean, report
    assert report.not_seen == ()
    assert check_leakage(pipe, readme["X"], readme["y"], cv=TimeSeriesSplit(2)).is_clean


HORIZON = 6


@pytest.mark.parametrize(
    ("estimator", "prepare", "gap"),
    [
        (
            make_pipeline(FunctionTransformer(lambda X: X.reshape(len(X), -1)), StandardScaler(), Ridge()),
            lambda df: make_windows(df, "load", window_length=12, horizon=HORIZON),
            HORIZON - 1,
        ),
        (
            WindowedRegressor(make_pipeline(StandardScaler(), Ridge()), 12, embargo=HORIZON - 1),
            lambda df: make_supervised(df, "load", horizon=HORIZON),
            0,
        ),
        (
            make_pipeline(RollingFeatures((3,)), StandardScaler(), SlidingWindow(6, flatten=True), Ridge()),
            lambda df: make_supervised(df, "load"),
            0,
        ),
        (
            TransformedTargetRegressor(NaiveRegressor(n_features=2), transformer=StandardScaler()),
            lambda df: make_supervised(df, "load"),
            0,
        ),
        (
            WindowedRegressor(CNNLSTMRegressor(**SMALL), 6, embargo=HORIZON - 1),
            lambda df: make_supervised(df, "load", horizon=HORIZON),
            0,
        ),
        (
            GridSearchCV(WindowedRegressor(Ridge(), 4), {"window_length": [2, 4]}, cv=TimeSeriesSplit(2)),
            lambda df: make_supervised(df, "load"),
            0,
        ),
    ],
    ids=["window first", "embargo", "rolling", "scaled target", "network", "search"],
)
def test_three_roads_are_clean(estimator, prepare, gap):
    cv = TimeSeriesSplit(3, gap=gap)
    assert check_leakage(estimator, series(), cv=cv, prepare=prepare).raise_for_leaks().not_seen == ()
    assert check_leakage(estimator, *prepare(series()), cv=cv).is_clean


def test_all_leaks_come_in_one_report():
    def prepare(df):
        X, y = make_supervised(df, "load", horizon=6)
        return (X - X.mean()).assign(answer=y), y

    report = check_leakage(make_pipeline(BatchScaler(), Ridge()), series(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == ["target feature", "preparation", "look-ahead", "horizon"]


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"estimator": StandardScaler()}, r"estimator must have fit and predict, but is StandardScaler\(\)"),
        ({"y": None}, "y must hold the targets, but is None; pass y, or prepare="),
        ({"y": [1.0, 2.0]}, "y must have one target per row of X, but X has 120 rows and y has 2"),
        ({"prepare": next_hour}, "y must be None with prepare, which makes it from the raw data X"),
        (
            {"y": None, "prepare": next_hour, "known_future": ["holiday"]},
            r"known_future must name columns of the raw data X, but 'holiday' is not one of \['load', 'price'\]",
        ),
        (
            {"y": None, "prepare": lambda df: tuple(part.to_numpy() for part in next_hour(df))},
            "prepare must return X or y with labels of the raw data, in their order, since it makes 119 rows of 120",
        ),
        (
            {"y": None, "prepare": lambda df: next_hour(df + np.random.default_rng().normal(size=df.shape))},
            "prepare must return the same rows each time it is called with the same data",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        check_leakage(**{"estimator": Ridge(), "X": series(), "y": series()["load"], "cv": FORWARD} | arguments)


# --- report -----------------------------------------------------------------------------------------------------------


def test_report_prints_and_raises():
    X, y = next_hour(series())
    report = check_leakage(Ridge(), X, y, cv=KFold(3))
    assert str(report) == repr(report)
    assert str(report).startswith("1 kind of leakage found.\nLEAK order (fold 0, 1): ")
    assert "not seen: steps before the split" in str(report)
    with pytest.raises(AssertionError, match="LEAK order"):
        report.raise_for_leaks()


def test_clean_report_says_what_was_not_seen():
    report = check_leakage(Ridge(), *next_hour(series()), cv=FORWARD)
    assert report.raise_for_leaks() is report
    assert str(report).startswith("No leakage found.\nchecked: order of the rows in 3 folds")
    assert report.not_seen == ("steps before the split (scaling, smoothing, filling of gaps, windows); pass prepare=.",)


# --- altering ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1.0, 2.0, 4.0]), [1.0, 9.0, 7.0]),
        (np.array([1, 2, 4, 1], dtype=np.float32), [1, 9, 7, 10]),
        (np.array([5.0, 5.0, 5.0]), [5.0, 10.0, 10.0]),
        (np.array([3, 5, 9]), [3, 9, 3]),
        (np.array([0.0, 1.0, 1.0]), [0.0, 0.0, 0.0]),
        (np.array([True, False, True]), [True, True, False]),
        (np.array(["a", "b", "c"]), ["a", "c", "a"]),
        (np.arange(100, dtype=np.uint8) + 100, [100, *([255] * 99)]),
        (pd.Series(["a", "b", "b"], dtype="category"), ["a", "a", "a"]),
        (pd.Series([1, 2, 3], dtype="Int64"), [1, 3, 1]),
        (pd.Series(pd.date_range("2024", periods=3)), list(pd.date_range("2024", periods=3))),
    ],
)
def test_altered_values(values, expected):
    altered = alter_rows(values, slice(1, None))
    assert altered.dtype == values.dtype
    assert list(altered) == expected


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=20, unique=True), st.integers(0, 19))
def test_altered_numbers_leave_their_range(values, start):
    values = np.array(values)
    altered = alter_rows(values, slice(start, None))
    np.testing.assert_array_equal(altered[:start], values[:start])
    assert (altered[start:] > values.max()).all()


def test_altered_windows_are_those_of_each_feature():
    X = np.stack([np.arange(12.0).reshape(4, 3), np.full((4, 3), 7.0)], axis=2)  # (window, time, feature)
    altered = alter_rows(X, np.array([1, 3]))
    np.testing.assert_array_equal(altered[[0, 2]], X[[0, 2]])
    np.testing.assert_array_equal(altered[[1, 3], :, 0], 2 * 11 - X[[1, 3], :, 0] + 11)
    np.testing.assert_array_equal(altered[[1, 3], :, 1], np.full((2, 3), 14.0))
