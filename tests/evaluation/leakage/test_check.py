import re

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    NaiveRegressor,
    RollingFeatures,
    SlidingWindow,
    WindowedRegressor,
    Windows,
    check_leakage,
    make_power_usage,
    make_supervised,
    make_windows,
)
from tests.helpers import ROOT, load_and_price

FORWARD = TimeSeriesSplit(3)


def kinds(report):
    return [leak.kind for leak in report.findings]


def next_hour(df):
    return make_supervised(df, "load")


class BatchScaler(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return (X - np.mean(X, axis=0)) / np.std(X, axis=0)


@pytest.fixture(scope="module")
def readme():
    """What the main job in the README defines, on fewer days, up to the search's fit."""
    text = (ROOT / "README.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "search.fit(X, y)" in block)
    names: dict = {"df": make_power_usage(8, random_state=0)}
    exec(code.replace("search.fit(X, y)", ""), names)
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
    assert check_leakage(estimator, load_and_price(), cv=cv, prepare=prepare).raise_for_leaks().not_seen == ()
    assert check_leakage(estimator, *prepare(load_and_price()), cv=cv).is_clean


def test_all_leaks_come_in_one_report():
    def prepare(df):
        X, y = make_supervised(df, "load", horizon=6)
        return (X - X.mean()).assign(answer=y), y

    report = check_leakage(make_pipeline(BatchScaler(), Ridge()), load_and_price(), cv=FORWARD, prepare=prepare)
    assert kinds(report) == ["target feature", "preparation", "look-ahead", "horizon"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"estimator": StandardScaler()}, r"estimator must have fit and predict, but is StandardScaler\(\)"),
        (
            {"X": Windows(np.zeros((9, 4, 1)), np.zeros((9, 2, 1)))},
            "X must hold arrays or a table, .* but is Windows; pass",
        ),
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
        check_leakage(
            **{"estimator": Ridge(), "X": load_and_price(), "y": load_and_price()["load"], "cv": FORWARD} | arguments
        )
