import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import check_leakage, make_supervised
from skhybrid.evaluation.leakage._estimator import find_prefitted, make_seeded, nested_parameters
from tests.helpers import load_and_price

FORWARD = TimeSeriesSplit(3)


def kinds(report):
    return [leak.kind for leak in report.findings]


def next_hour(df):
    return make_supervised(df, "load")


def six_hours_ahead(df):
    return make_supervised(df, "load", horizon=6)


@pytest.mark.parametrize("whole", [False, True])
def test_prefitted_part_is_found(whole):
    X, y = next_hour(load_and_price())
    scaler = FrozenEstimator(StandardScaler().fit(X))
    estimator = FrozenEstimator(RandomForestRegressor(2).fit(X, y)) if whole else make_pipeline(scaler, Ridge())
    assert kinds(check_leakage(estimator, X, y, cv=FORWARD)) == ["prefitted"]


def test_random_states_are_set():
    X, y = six_hours_ahead(load_and_price())
    forest = make_pipeline(StandardScaler(), RandomForestRegressor(3, random_state=np.random.RandomState(0)))
    assert kinds(check_leakage(forest, X, y, cv=FORWARD)) == ["horizon"]
    assert isinstance(forest[-1].random_state, np.random.RandomState)


def test_integers_are_kept_among_the_random_states():
    pipe = make_pipeline(RandomForestRegressor(random_state=7), RandomForestRegressor())
    seeded = make_seeded(pipe, 3)
    assert [step.random_state for step in seeded] == [7, 3]
    assert pipe[1].random_state is None


def test_parameters_inside_of_frozen_parts_are_left_out():
    pipe = make_pipeline(FrozenEstimator(StandardScaler()), Ridge())
    assert "frozenestimator__estimator" in pipe.get_params()
    parameters = nested_parameters(pipe)
    assert [name for name in parameters if name.startswith("frozen")] == ["frozenestimator"]
    assert "ridge__alpha" in parameters


def test_prefitted_part_is_named():
    [leak] = find_prefitted(make_pipeline(FrozenEstimator(StandardScaler()), Ridge()))
    assert leak.kind == "prefitted"
    assert leak.message.startswith("FrozenEstimator(estimator=StandardScaler()) was fitted before the split")
    assert list(find_prefitted(Ridge())) == []
