import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    GradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.feature_selection import RFE
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, RANSACRegressor, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from skhybrid import NaiveRegressor, WindowedRegressor
from skhybrid._nested import look_inside, look_inside_fitted

X, Y = np.random.default_rng(0).normal(size=(2, 30, 2))
RIDGE, LINEAR, SCALER = Ridge(), LinearRegression(), StandardScaler()
TWO = [("a", RIDGE), ("b", LINEAR)]


def names(inside):
    """Return the names of the classes in each part."""
    return tuple([type(part).__name__ for part in parts] for parts in inside)


# By parameters


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (make_pipeline(SCALER, RIDGE), ([SCALER, RIDGE], [], [])),
        (Pipeline([("a", "passthrough"), ("b", None), ("c", RIDGE)]), ([RIDGE], [], [])),
        (GridSearchCV(RIDGE, {}), ([], [RIDGE], [])),
        (TransformedTargetRegressor(RIDGE), ([], [RIDGE], [])),
        (TransformedTargetRegressor(), ([], [], [])),
        (WindowedRegressor(RIDGE), ([], [RIDGE], [])),
        (VotingRegressor(TWO), ([], [RIDGE, LINEAR], [])),
        (VotingRegressor([*TWO, ("c", "drop")]), ([], [RIDGE, LINEAR], [])),
        (StackingRegressor(TWO), ([], [RIDGE, LINEAR], [])),
        (StackingRegressor(TWO, final_estimator=RIDGE), ([], [RIDGE, LINEAR], [RIDGE])),
        (BaggingRegressor(RIDGE), ([], [RIDGE], [])),
        (BaggingRegressor(), ([], [], [])),
        (AdaBoostRegressor(), ([], [], [])),
        (MultiOutputRegressor(RIDGE), ([], [RIDGE], [])),
        (RegressorChain(RIDGE), ([], [RIDGE], [])),
        (RIDGE, ([], [], [])),
        ("passthrough", ([], [], [])),
        (None, ([], [], [])),
    ],
)
def test_look_inside(estimator, expected):
    assert look_inside(estimator) == expected


def test_look_inside_goes_by_parameters_where_it_is_fitted():
    search = GridSearchCV(RIDGE, {"alpha": [2.0]}, cv=2).fit(X, Y[:, 0])
    assert look_inside(search).members == [RIDGE]


# By what is fitted


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (make_pipeline(SCALER, "passthrough", RIDGE), (["StandardScaler", "Ridge"], [], [])),
        (GridSearchCV(RIDGE, {"alpha": [2.0]}, cv=2), ([], ["Ridge"], [])),
        (GridSearchCV(make_pipeline(SCALER, RIDGE), {}, cv=2), ([], ["Pipeline"], [])),
        (TransformedTargetRegressor(), ([], ["LinearRegression"], [])),
        (WindowedRegressor(RIDGE, 3), ([], ["Ridge"], [])),
        (RFE(RIDGE, n_features_to_select=1), ([], ["Ridge"], [])),
        (RANSACRegressor(random_state=0), ([], ["LinearRegression"], [])),
        (VotingRegressor([*TWO, ("c", "drop")]), ([], ["Ridge", "LinearRegression"], [])),
        (StackingRegressor(TWO, cv=2), ([], ["Ridge", "LinearRegression"], ["RidgeCV"])),
        (BaggingRegressor(RIDGE, 3), ([], ["Ridge"] * 3, [])),
        (BaggingRegressor(None, 2), ([], ["DecisionTreeRegressor"] * 2, [])),
        (RandomForestRegressor(2), ([], ["DecisionTreeRegressor"] * 2, [])),
        (GradientBoostingRegressor(n_estimators=2), ([], ["DecisionTreeRegressor"] * 2, [])),
        (FrozenEstimator(GridSearchCV(RIDGE, {}, cv=2).fit(X, Y[:, 0])), ([], ["Ridge"], [])),
        (RIDGE, ([], [], [])),
    ],
)
def test_look_inside_fitted(estimator, expected):
    assert names(look_inside_fitted(estimator.fit(X, Y[:, 0]))) == expected


@pytest.mark.parametrize(
    ("estimator", "n_members"), [(MultiOutputRegressor(RIDGE), 2), (RegressorChain(RIDGE, random_state=0), 2)]
)
def test_look_inside_fitted_of_several_outputs(estimator, n_members):
    assert names(look_inside_fitted(estimator.fit(X, Y))) == ([], ["Ridge"] * n_members, [])


def test_look_inside_fitted_of_several_classes():
    labels = np.arange(30) % 3
    model = OneVsRestClassifier(DecisionTreeRegressor()).fit(X, labels)
    assert len(look_inside_fitted(model).members) == 3


@pytest.mark.parametrize("estimator", [GridSearchCV(RIDGE, {"alpha": [2.0]}, cv=2), VotingRegressor(TWO)])
def test_members_of_a_fitted_estimator_are_fitted(estimator):
    members = look_inside_fitted(estimator.fit(X, Y[:, 0])).members
    assert all(hasattr(member, "coef_") for member in members)
    assert RIDGE not in members


def test_template_of_an_ensemble_is_no_member():
    model = BaggingRegressor(RIDGE, 2).fit(X, Y[:, 0])
    assert model.estimator_ not in look_inside_fitted(model).members


def test_parameters_of_a_fitted_estimator_are_not_read():
    assert look_inside_fitted(VotingRegressor(TWO)) == ([], [], [])
    assert look_inside_fitted(StackingRegressor(TWO, RidgeCV())) == ([], [], [])


# What they are for


def test_readers_read_x_and_predictors_predict():
    steps = look_inside(make_pipeline(SCALER, NaiveRegressor(), RIDGE))
    assert (steps.readers, steps.predictors) == ([SCALER], [RIDGE])
    stack = look_inside(StackingRegressor(TWO, SCALER))
    assert (stack.readers, stack.predictors) == ([RIDGE, LINEAR], [RIDGE, LINEAR, SCALER])
    assert (look_inside(RIDGE).readers, look_inside(RIDGE).predictors) == ([], [])
