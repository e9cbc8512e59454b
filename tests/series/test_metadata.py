"""Weights and other metadata on their way through `WindowedRegressor` to the estimator inside."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.ensemble import BaggingRegressor, VotingRegressor
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import WindowedClassifier, WindowedRegressor
from tests.helpers import frame

X = frame(30)
y = X["x0"].to_numpy()
WEIGHTS = np.linspace(0, 1, 30)


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


class Notes(RegressorMixin, BaseEstimator):
    """Notes what it is given."""

    def fit(self, X, y, sample_weight=None, marks=None, settings=None):
        self.noted_ = {"sample_weight": sample_weight, "marks": marks, "settings": settings}
        self.n_noted_ = len(X)
        return self

    partial_fit = fit

    def predict(self, X):
        return np.zeros(len(X))


class NotesLabels(ClassifierMixin, Notes):
    """Notes what it is given beside labels."""

    def fit(self, X, y, sample_weight=None, marks=None, settings=None):
        self.classes_ = np.unique(y)
        return super().fit(X, y, sample_weight, marks, settings)

    def partial_fit(self, X, y, classes=None, sample_weight=None, marks=None, settings=None):
        self.classes_ = classes
        return super().fit(X, y, sample_weight, marks, settings)


ASKS = {"sample_weight": True, "marks": True, "settings": True}


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("kind", [list, np.asarray, pd.Series])
def test_values_of_rows_are_cut_to_those_trained_on(kind):
    model = WindowedRegressor(Notes().set_fit_request(**ASKS), 4, embargo=2)
    given = {"sample_weight": WEIGHTS, "marks": kind(range(30)), "settings": {"a": 1}}
    noted = model.fit(X, y, **given).estimator_.noted_
    np.testing.assert_array_equal(noted["sample_weight"], WEIGHTS[3:28])
    np.testing.assert_array_equal(noted["marks"], np.arange(3, 28))
    assert noted["settings"] == {"a": 1}


@pytest.mark.usefixtures("routing")
def test_rows_of_several_series_are_cut_in_the_order_of_training():
    labels = pd.MultiIndex.from_product([["a", "b"], pd.date_range("2024", periods=15, freq="h")])
    model = WindowedRegressor(Notes().set_fit_request(marks=True), 4)
    noted = model.fit(X.set_axis(labels), y, marks=np.arange(30)).estimator_.noted_
    np.testing.assert_array_equal(noted["marks"], np.arange(30).reshape(2, 15)[:, 3:].T.ravel())


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("kind", [WindowedRegressor, WindowedClassifier])
def test_partial_fit_routes_as_well(kind):
    inner = Notes() if kind is WindowedRegressor else NotesLabels()
    model = kind(inner.set_partial_fit_request(sample_weight=True, marks=True), 4)
    options = {} if kind is WindowedRegressor else {"classes": [0, 1]}
    labels = (y > 0).astype(int)
    model.partial_fit(X[:20], labels[:20], marks=np.arange(20), **options)
    noted = model.partial_fit(X[20:], labels[20:], sample_weight=WEIGHTS[20:], marks=np.arange(10)).estimator_.noted_
    np.testing.assert_array_equal(noted["marks"], np.arange(10))
    np.testing.assert_array_equal(noted["sample_weight"], WEIGHTS[20:])


@pytest.mark.usefixtures("routing")
def test_weights_reach_the_steps_of_a_pipeline_that_ask_for_them():
    pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), Notes())
    pipeline[-1].set_fit_request(sample_weight=True)
    noted = WindowedRegressor(pipeline, 4).fit(X, y, sample_weight=WEIGHTS).estimator_[-1].noted_
    np.testing.assert_array_equal(noted["sample_weight"], WEIGHTS[3:])


@pytest.mark.usefixtures("routing")
def test_weights_go_through_searches_and_scores():
    ridge = Ridge().set_fit_request(sample_weight=True)
    model = WindowedRegressor(ridge, 4).set_score_request(sample_weight=True)
    folds = {"cv": TimeSeriesSplit(3)}
    found = GridSearchCV(model, {"window_length": [4]}, **folds).fit(X, y, sample_weight=WEIGHTS).cv_results_
    expected = [
        model.fit(X.iloc[train], y[train], WEIGHTS[train]).score(X.iloc[test], y[test], WEIGHTS[test])
        for train, test in TimeSeriesSplit(3).split(X)
    ]
    assert found["mean_test_score"][0] == pytest.approx(np.mean(expected))
    scores = cross_validate(model, X, y, params={"sample_weight": WEIGHTS}, **folds)["test_score"]
    np.testing.assert_allclose(scores, expected)


@pytest.mark.usefixtures("routing")
def test_what_nobody_has_decided_on_is_refused_as_scikit_learn_does():
    with pytest.raises(UnsetMetadataPassedError, match=r"Ridge\.fit"):
        WindowedRegressor(Ridge(), 4).fit(X, y, sample_weight=WEIGHTS)
    with pytest.raises(TypeError, match="marks"):
        WindowedRegressor(Ridge(), 4).fit(X, y, marks=WEIGHTS)


@pytest.mark.usefixtures("routing")
def test_weights_that_go_nowhere_are_refused():
    asks = WindowedRegressor(KNeighborsRegressor(), 4)
    with pytest.raises(ValueError, match=r"fit takes it, but KNeighborsRegressor does not .* call set_fit_request"):
        asks.fit(X, y, sample_weight=WEIGHTS)
    with pytest.raises(ValueError, match="bagging"):
        BaggingRegressor(asks, 2).fit(X, y)
    with pytest.raises(ValueError, match="but Ridge does not"):
        WindowedRegressor(Ridge().set_fit_request(sample_weight=False), 4).fit(X, y, sample_weight=WEIGHTS)


def test_metadata_without_routing_is_refused():
    with pytest.raises(ValueError, match=r"fit must be given .* but was given \['marks'\]; call sklearn.set_config"):
        WindowedRegressor(Notes(), 4).fit(X, y, marks=WEIGHTS)


def test_weights_need_an_estimator_that_takes_them():
    with pytest.raises(ValueError, match=r"but KNeighborsRegressor does not .* pass an estimator that does"):
        WindowedRegressor(KNeighborsRegressor(), 4).fit(X, y, sample_weight=WEIGHTS)
    for inner in (Ridge(), VotingRegressor([("r", Ridge())]), SGDRegressor()):
        WindowedRegressor(inner, 4).fit(X, y, sample_weight=WEIGHTS)


@pytest.mark.parametrize("routed", [False, True])
def test_bagging_draws_targets_and_leaves_windows_their_past(routed):
    with config_context(enable_metadata_routing=routed):
        inner = Ridge().set_fit_request(sample_weight=True) if routed else Ridge()
        bag = BaggingRegressor(WindowedRegressor(inner, 4), 2, max_samples=0.7, random_state=0).fit(X, y)
    for model, drawn in zip(bag.estimators_, bag.estimators_samples_, strict=True):
        expected = WindowedRegressor(Ridge(), 4).fit(X.to_numpy(), y, np.bincount(drawn, minlength=30))
        np.testing.assert_allclose(model.predict(X.to_numpy()), expected.predict(X.to_numpy()))
