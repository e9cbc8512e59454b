import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from skhybrid import CNNLSTMRegressor, SlidingWindow, check_leakage, make_supervised, make_windows
from skhybrid.evaluation.leakage._rows import find_disorder
from tests.helpers import load_and_price

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


@pytest.mark.parametrize("cv", [KFold(4), KFold(4, shuffle=True, random_state=0), ShuffleSplit(4, random_state=0), 4])
def test_folds_that_are_not_in_time_are_found(cv):
    X, y = next_hour(load_and_price())
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
    X, y = next_hour(load_and_price())
    folds = [(np.arange(60), np.arange(60, 80)), (np.arange(40, 80), np.arange(40))]
    report = check_leakage(make_pipeline(BatchScaler(), Ridge()), X, y, cv=folds)
    assert [(leak.kind, leak.folds) for leak in report.findings] == [("order", (1,)), ("look-ahead", (0,))]


@pytest.mark.parametrize("change", [lambda y: y, lambda y: 3 - 2 * y, lambda y: y.astype(np.float32)])
def test_target_among_the_features_is_found(change):
    X, y = next_hour(load_and_price())
    report = check_leakage(Ridge(), X.assign(answer=change(y)), y, cv=FORWARD)
    assert kinds(report) == ["target feature"]
    assert "feature answer is the target" in report.findings[0].message


def test_target_in_windows_is_found():
    X, y = next_hour(load_and_price())
    windows = SlidingWindow(4).fit_transform(X.assign(answer=y))
    report = check_leakage(make_pipeline(FunctionTransformer(lambda X: X[:, -1]), Ridge()), windows, y, cv=FORWARD)
    assert kinds(report) == ["target feature"]
    assert "feature 2 is the target" in report.findings[0].message


def test_labels_among_the_features_are_found():
    X, y = next_hour(load_and_price())
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


def test_own_past_of_a_smooth_series_with_holes_is_no_leak():
    times = pd.date_range("2024", periods=600, freq="h")
    df = pd.DataFrame({"x": np.sin(np.arange(600) / 800)}, times)[np.arange(600) % 60 < 36]
    X, y = make_supervised(df, missing="drop")
    assert check_leakage(Ridge(), X, y, cv=FORWARD).is_clean


def test_disorder_by_hand():
    X = np.zeros((10, 1))
    folds = [(np.arange(5), np.arange(5, 10)), (np.array([0, 1, 6, 9]), np.array([2, 3, 4, 5]))]
    [leak] = find_disorder(folds, X)
    assert leak.folds == (1,)
    assert leak.message.startswith(
        "2 of 4 training rows do not lie before the first test row, and 1 of them are within 1"
    )
