import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    NaiveRegressor,
    SlidingWindow,
    WindowedRegressor,
    check_leakage,
    make_supervised,
    make_windows,
)
from tests.helpers import load_and_price

FORWARD = TimeSeriesSplit(3)


def kinds(report):
    return [leak.kind for leak in report.findings]


def next_hour(df):
    return make_supervised(df, "load")


def six_hours_ahead(df):
    return make_supervised(df, "load", horizon=6)


class BatchScaler(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return (X - np.mean(X, axis=0)) / np.std(X, axis=0)


# Later targets


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
    data = (load_and_price(),) if with_prepare else six_hours_ahead(load_and_price())
    cv = TimeSeriesSplit(3, gap=gap)
    report = check_leakage(estimator, *data, cv=cv, prepare=six_hours_ahead if with_prepare else None)
    assert kinds(report) == (["horizon"] if n_late else [])
    if n_late:
        message = report.findings[0].message
        assert f"the last {n_late} training targets lie in the test period" in message
        assert f"TimeSeriesSplit(gap={advice}), or take WindowedRegressor(embargo={advice}) without a gap" in message


def test_fit_that_refuses_altered_targets_has_read_them():
    X, y = six_hours_ahead(load_and_price())

    class Strict(Ridge):
        def fit(self, X, targets):
            if targets.max() > y.max():
                raise ValueError("too high")
            return super().fit(X, targets)

    assert kinds(check_leakage(Strict(), X, y, cv=FORWARD)) == ["horizon"]
    assert check_leakage(WindowedRegressor(Strict(), 4, embargo=5), X, y, cv=FORWARD).is_clean


def test_horizon_that_cannot_be_read_is_not_seen():
    X, y = six_hours_ahead(load_and_price())
    report = check_leakage(Ridge(), X[["price"]], y, cv=FORWARD)
    assert report.is_clean
    assert any("no feature is the target's own past" in what for what in report.not_seen)


def test_horizon_of_windows_and_of_several_targets():
    X, y = make_windows(load_and_price(), "load", window_length=5, horizon=[1, 4])
    report = check_leakage(LinearRegression(), X.reshape(len(X), -1), y, cv=FORWARD)
    assert kinds(report) == ["horizon"]
    assert "gap=3" in report.findings[0].message


# Later rows


def backwards(X):
    return np.vstack([np.asarray(X)[1:], np.asarray(X)[-1:]])


@pytest.mark.parametrize("transformer", [BatchScaler(), FunctionTransformer(backwards)])
@pytest.mark.parametrize("as_frame", [False, True])
def test_look_ahead_in_the_pipeline_is_found(transformer, as_frame):
    X, y = next_hour(load_and_price())
    data = (X, y) if as_frame else (X.to_numpy(), y.to_numpy())
    report = check_leakage(make_pipeline(transformer, Ridge()), *data, cv=FORWARD)
    assert kinds(report) == ["look-ahead"]
    assert "predictions for 14 test rows move" in report.findings[0].message


def test_look_ahead_of_a_classifier_is_found():
    X, y = next_hour(load_and_price())
    label = np.where(y > X["load"], "up", "down")
    assert kinds(check_leakage(make_pipeline(BatchScaler(), LogisticRegression()), X, label, cv=FORWARD)) == [
        "look-ahead"
    ]
    assert check_leakage(make_pipeline(StandardScaler(), LogisticRegression()), X, label, cv=FORWARD).is_clean


@pytest.mark.parametrize(("weight", "found"), [(0.01, ["look-ahead"]), (1e-8, [])])
def test_probabilities_show_what_labels_do_not(weight, found):
    X, y = next_hour(load_and_price())
    label = np.where(y > X["load"], "up", "down")
    nearly_own = FunctionTransformer(lambda X: X + weight * np.mean(X, axis=0))  # 1e-8 is what rounding may do
    report = check_leakage(make_pipeline(nearly_own, StandardScaler(), LogisticRegression()), X, label, cv=FORWARD)
    assert kinds(report) == found


def test_test_rows_in_any_order():
    X, y = next_hour(load_and_price())
    folds = [(np.arange(60), np.arange(60, 80)[::-1])]
    assert check_leakage(WindowedRegressor(Ridge(), 4), X, y, cv=folds).is_clean


@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_and_direction_inside_a_window_are_no_leak(padding, bidirectional):
    X, y = make_windows(load_and_price(), "load", window_length=6)
    network = CNNLSTMRegressor(filters=4, units=4, dense_units=4, epochs=2, padding=padding)
    report = check_leakage(network.set_params(bidirectional=bidirectional), X, y, cv=TimeSeriesSplit(2))
    assert report.is_clean
    assert len(report.not_seen) == 1  # the steps before the split; the horizon was read


def test_one_test_row_shows_no_look_ahead():
    X, y = next_hour(load_and_price())
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

    X, y = next_hour(load_and_price())
    report = check_leakage(make_pipeline(FunctionTransformer(at_most_100), Ridge()), X + 35, y, cv=FORWARD)
    assert report.is_clean
    assert any("the altered rows are refused (too high)" in what for what in report.not_seen)


# Rows that the estimator holds, and what moves by itself


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
    X, y = next_hour(load_and_price())
    report = check_leakage(make_pipeline(StandardScaler(), Peeking(y, use)), X, y, cv=FORWARD)
    assert kinds(report) == (["held rows"] if use else [])
    if use:
        assert "peeking__answers holds values of the test rows" in report.findings[0].message


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
    X, y = six_hours_ahead(load_and_price())
    report = check_leakage(Restless(where), X, y, cv=FORWARD)
    assert report.is_clean
    assert any(words in what for what in report.not_seen)


@pytest.mark.parametrize("where", ["fit", "predict"])
def test_rounding_is_no_movement(where):
    report = check_leakage(Restless(where, step=1e-13), *next_hour(load_and_price()), cv=FORWARD)
    assert report.is_clean
    assert len(report.not_seen) == 1  # the steps before the split
    X, y = six_hours_ahead(load_and_price())
    report = check_leakage(WindowedRegressor(Restless(where, step=1e-13), 4, embargo=5), X, y, cv=FORWARD)
    assert report.is_clean
    assert len(report.not_seen) == 1
