import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, RandomForestRegressor, StackingRegressor, VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from skhybrid import DenseRegressor, WindowedRegressor
from skhybrid.evaluation._run import count_parameters, join_texts, read_engines

X, Y = np.random.default_rng(0).normal(size=(2, 30, 2))


@pytest.mark.parametrize(
    ("model", "n_outputs", "expected"),
    [
        (LinearRegression(), 1, 3),
        (LinearRegression(fit_intercept=False), 1, 2),
        (Ridge(), 2, 6),
        (make_pipeline(StandardScaler(), Ridge()), 1, 3),
        (GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2), 1, 3),
        (TransformedTargetRegressor(Ridge()), 1, 3),
        (WindowedRegressor(make_pipeline(Ridge()), 4), 1, 9),
        (DenseRegressor(dense_units=3, epochs=1, random_state=0), 1, 2 * 3 + 3 + 3 + 1),
        (VotingRegressor([("ridge", Ridge()), ("line", LinearRegression(fit_intercept=False))]), 1, 3 + 2),
        (VotingRegressor([("ridge", Ridge()), ("svr", SVR())]), 1, np.nan),
        (StackingRegressor([("ridge", Ridge())], Ridge(), cv=2), 1, 3 + 2),
        (BaggingRegressor(Ridge(), 4), 1, 4 * 3),
        (MultiOutputRegressor(Ridge()), 2, 2 * 3),
        (RandomForestRegressor(2, random_state=0), 1, np.nan),
        (SVR(), 1, np.nan),
    ],
)
def test_count_parameters(model, n_outputs, expected):
    model.fit(X, Y[:, 0] if n_outputs == 1 else Y)
    assert count_parameters(model) == pytest.approx(expected, nan_ok=True)


class Engine(RegressorMixin, BaseEstimator):
    """Stands for a network, which says in `fit` how it was trained."""

    def __init__(self, text="compiled"):
        self.text = text

    def fit(self, X, y):
        self.engine_ = self.text
        return self

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Engine(), ["compiled"]),
        (make_pipeline(StandardScaler(), Engine()), ["compiled"]),
        (GridSearchCV(make_pipeline(StandardScaler(), Engine()), {"engine__text": ["a"]}, cv=2), ["a"]),
        (WindowedRegressor(TransformedTargetRegressor(Engine()), 4), ["compiled"]),
        (VotingRegressor([("a", Engine("a")), ("ridge", Ridge()), ("b", Engine("b"))]), ["a", "b"]),
        (StackingRegressor([("ridge", Ridge())], Engine(), cv=2), ["compiled"]),
        (RandomForestRegressor(2), []),
    ],
)
def test_read_engines(model, expected):
    assert read_engines(model.fit(X, Y[:, 0])) == expected


def test_join_texts():
    assert join_texts(["b", "", "a", "b"]) == "b; a"
    assert join_texts([]) == ""
