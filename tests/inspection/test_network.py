import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMRegressor,
    LSTMRegressor,
    PerStepTransformer,
    SlidingWindow,
    WindowedRegressor,
    feature_maps,
    filters,
    receptive_field,
    saliency,
)
from skhybrid.inspection import map_steps
from tests.helpers import make_noise_windows

TINY = {"units": 2, "dense_units": (), "epochs": 1, "random_state": 0}


def test_feature_maps_through_a_pipeline_keep_the_past_of_the_test_rows(rows):
    X, y = rows
    scaler = StandardScaler().set_output(transform="pandas")
    pipe = make_pipeline(scaler, SlidingWindow(6), CNNLSTMRegressor(3, **TINY)).fit(X[:70], y[:70])
    windows = np.stack([scaler.transform(X)[t - 5 : t + 1] for t in range(70, 90)])
    np.testing.assert_allclose(feature_maps(pipe, X[70:]), feature_maps(pipe[-1], windows), atol=1e-6)


def test_feature_maps_through_windowed_regressor(rows):
    X, y = rows
    model = WindowedRegressor(CNNLSTMRegressor(3, **TINY), 6).fit(X[:70], y[:70])
    before = model.predict(X[70:])
    windows = np.stack([X[t - 5 : t + 1] for t in range(70, 90)])
    np.testing.assert_allclose(feature_maps(model, X[70:]), feature_maps(model.estimator_, windows), atol=1e-6)
    np.testing.assert_array_equal(model.predict(X[70:]), before)  # left as it was


@pytest.mark.parametrize(
    "wrap",
    [
        make_pipeline,
        lambda network: TransformedTargetRegressor(make_pipeline("passthrough", network)),
        lambda network: GridSearchCV(network, {"epochs": [1]}, cv=TimeSeriesSplit(2)),
        lambda network: VotingRegressor([("network", network)]),
    ],
    ids=["pipeline", "target", "search", "ensemble of one"],
)
def test_networks_are_found_inside(wrap):
    X, y = make_noise_windows()
    network = CNNLSTMRegressor(3, **TINY)
    wrapped = wrap(network).fit(X, y)
    np.testing.assert_array_equal(feature_maps(wrapped, X), feature_maps(network.fit(X, y), X))
    np.testing.assert_array_equal(filters(wrapped), filters(network))
    assert receptive_field(wrapped) == 3


@pytest.mark.parametrize(
    "inspect", [lambda e: feature_maps(e, make_noise_windows()[0]), filters, receptive_field, map_steps]
)
def test_bad_estimators_are_refused(inspect):
    X, y = make_noise_windows()
    with pytest.raises(NotFittedError):
        inspect(CNNLSTMRegressor())
    with pytest.raises(ValueError, match=r"estimator must be a network of skhybrid, or a pipeline.* holds Ridge"):
        inspect(make_pipeline(Ridge()).fit(X[:, :, 0], y))
    with pytest.raises(ValueError, match=r"estimator must be a network of skhybrid.* holds VotingRegressor"):
        inspect(VotingRegressor([("a", Ridge()), ("b", Ridge())]).fit(X[:, :, 0], y))
    with pytest.raises(ValueError, match=r"estimator must have a convolution.* LSTMRegressor has the layers .*lstm_1"):
        inspect(LSTMRegressor(**TINY).fit(X, y))


def test_inspection_changes_no_predictions():
    X, y = make_noise_windows()
    model = make_pipeline(PerStepTransformer(), CNNLSTMRegressor(2, **TINY)).fit(X, y)
    before = model.predict(X)
    feature_maps(model, X), saliency(model, X), filters(model)
    np.testing.assert_array_equal(model.predict(X), before)


def test_importing_loads_neither_keras_nor_matplotlib(run_python):
    done = run_python("import sys, skhybrid.displays\nprint({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))")
    assert done.stdout.strip() == "set()", done.stderr
