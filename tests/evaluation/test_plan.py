import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid.evaluation._plan import Key, make_plan, random_states

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
    assert plan.n_outputs == 2


def test_folds_may_be_masks():
    train = np.arange(30) < 20
    plan = make_plan({"ridge": Ridge()}, X, Y, [(train, ~train)], "rmse", 1, 0, 1, None, 0)
    np.testing.assert_array_equal(plan.folds[0][1], np.arange(20, 30))
