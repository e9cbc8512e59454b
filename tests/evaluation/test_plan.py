import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import make_scorer, max_error
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import forecast_scorer
from skhybrid.evaluation._plan import Key, make_plan, random_states
from tests.helpers import compare_on_plane, make_plane

X, Y = np.random.default_rng(0).normal(size=(2, 30, 2))


def test_random_states_however_deep():
    deep = GridSearchCV(make_pipeline(StandardScaler(), RandomForestRegressor()), {})
    assert random_states(deep) == ["estimator__randomforestregressor__random_state"]
    assert random_states(LinearRegression()) == []


def test_keys_go_fold_by_fold():
    models = {"ridge": Ridge(), "linear": LinearRegression()}
    folds = [(np.arange(10), np.arange(10, 20)), (np.arange(20), np.arange(20, 30))]
    plan = make_plan(models, X, Y, folds, "rmse", 2, 5, 1, None, 0)
    expected = [(0, 5, "ridge"), (0, 5, "linear"), (0, 6, "ridge"), (1, 5, "ridge"), (1, 5, "linear"), (1, 6, "ridge")]
    assert plan.list_keys() == [Key(*key) for key in expected]
    assert plan.n_ahead == 2


def test_folds_may_be_masks():
    train = np.arange(30) < 20
    plan = make_plan({"ridge": Ridge()}, X, Y, [(train, ~train)], "rmse", 1, 0, 1, None, 0)
    np.testing.assert_array_equal(plan.folds[0][1], np.arange(20, 30))


def test_folds_are_drawn_once():
    scores = compare_on_plane(cv=ShuffleSplit(4, test_size=10)).predictions  # without a seed, each split() is another
    rows = scores.groupby(["fold", "model"])["row"].agg(tuple).groupby("fold").nunique()
    assert rows.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("scoring", "columns"),
    [
        ("mae", ["mae"]),
        (["smape", "neg_median_absolute_error"], ["smape", "median_absolute_error"]),
        (
            {"p90": forecast_scorer("pinball", quantile=0.9), "worst": make_scorer(max_error, greater_is_better=False)},
            ["p90", "worst"],
        ),
        ({"first": "rmse"}, ["first"]),
    ],
)
def test_scoring(scoring, columns):
    comparison = compare_on_plane(scoring=scoring)
    assert [c.removesuffix("_std") for c in comparison.table if c.endswith("_std")] == [*columns, "mase"]
    assert comparison.metric == columns[0]
    assert (comparison.scores[columns] >= 0).all(axis=None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"models": []}, "models must be a dict of at least one estimator by its name, but is list; pass"),
        ({"models": {}}, "models must be a dict of at least one estimator"),
        ({"models": {1: Ridge()}}, r"but is a dict with the keys \[1\]"),
        ({"models": {"mean": Ridge}}, r"models must hold scikit-learn estimators, but models\['mean'\] is <class"),
        ({"models": {"mean": "ridge"}}, r"models\['mean'\] is 'ridge'; pass an instance"),
        ({"baseline": "naive"}, "baseline must be one of 'mean', 'linear', 'lasso', but is 'naive'"),
        ({"n_seeds": 0}, "n_seeds must be an integer of at least 1, but is 0"),
        ({"random_state": None}, "random_state must be an integer of at least 0, the first of the seeds, but is None"),
        ({"season_length": 0}, "season_length must be an integer of at least 1"),
        ({"horizon": 0}, "horizon must be an integer of at least 1"),
        ({"scoring": []}, "scoring must hold at least one error, but is empty"),
        ({"scoring": "r2"}, "starts with 'neg_', or a dict of scorers, but holds 'r2'"),
        ({"scoring": ["rmse", "neg_nothing"]}, "but holds 'neg_nothing'"),
        ({"scoring": make_scorer(max_error)}, "scoring must name its scorers, .* pass a dict"),
        (
            {"contrasts": [("linear", "lstm")]},
            r"contrasts must be pairs of two different models, but hold \('linear', ",
        ),
        ({"contrasts": [("linear", "linear")]}, "contrasts must be pairs of two different models"),
        ({"contrasts": ("linear", "lasso")}, r"but hold \('linear',\); pass for example contrasts=\[\('mean', 'linear"),
        ({"cv": [(np.arange(20), np.arange(19, 30))]}, "fold 0 has 20 and 11, of which 1 are in both"),
        ({"cv": [(np.arange(20), [])]}, "cv must give folds with training rows and other test rows, but fold 0 has 20"),
    ],
)
def test_compare_models_refuses(options, words):
    with pytest.raises(ValueError, match=words):
        compare_on_plane(**options)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.zeros(79), r"X has 80 samples and y has shape \(79,\)"),
        (np.zeros((80, 1, 1)), r"y must be 1-D or 2-D .* \(80, 1, 1\)"),
        (np.array(["a"] * 80), "y must hold numbers"),
    ],
)
def test_compare_models_refuses_targets(y, words):
    with pytest.raises(ValueError, match=words):
        compare_on_plane(X=make_plane()[0], y=y)
