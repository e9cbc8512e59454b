import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skhybrid import CNNLSTMRegressor, FeatureMapDisplay, SubsequenceReshaper, feature_maps
from skhybrid.displays.feature_maps import spread
from tests.helpers import legend_texts

TINY = {"units": 2, "dense_units": (), "epochs": 2, "random_state": 0}


def test_feature_maps_show_the_window_as_it_reaches_the_network(pipe, rows):
    X, _ = rows
    display = FeatureMapDisplay.from_estimator(pipe, X, sample=-1)
    window = pipe[0].transform(X)[-6:]
    np.testing.assert_allclose(display.window, window)
    np.testing.assert_array_equal(display.maps, feature_maps(pipe, X)[-1])
    top, bottom = display.axes_
    assert legend_texts(top) == ["load", "price"]
    np.testing.assert_allclose(top.get_lines()[1].get_xydata(), np.c_[np.arange(6)[::-1], window["price"]])
    np.testing.assert_allclose(display.image_.get_array(), display.maps.T)
    assert (bottom.get_xlabel(), bottom.get_ylabel()) == ("lag (steps before the end of the window)", "filter")
    assert display.figure_.axes[-1].get_ylabel() == "response"


def test_responses_begin_below_the_spike():
    X = np.random.default_rng(0).normal(size=(16, 9, 1))
    model = CNNLSTMRegressor(1, activation=None, **TINY).fit(X, X[:, -1, 0])
    model.model_.get_layer("conv_1").set_weights([np.ones((3, 1, 1)), np.zeros(1)])
    spike = np.zeros((1, 9, 1))
    spike[0, 4] = 1
    display = FeatureMapDisplay.from_estimator(model, spike, ax=plt.subplots()[1])
    assert display.image_.get_array()[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 0, 0]  # the step itself and two more
    display.figure_.canvas.draw()
    top, bottom = (ax.get_window_extent() for ax in display.axes_)
    assert (top.x0, top.x1) == (bottom.x0, bottom.x1)
    assert display.axes_[0].get_xlim() == display.axes_[1].get_xlim() == (8.5, -0.5)


def test_feature_maps_of_subsequences_and_of_a_layer():
    X = np.random.default_rng(0).normal(size=(16, 12, 1))
    network = CNNLSTMRegressor(2, kernel_size=2, pool_size=2, padding="valid", **TINY)
    pipe = make_pipeline(SubsequenceReshaper(2), network).fit(X, X[:, -1, 0])
    display = FeatureMapDisplay.from_estimator(pipe, X, layer="conv_1", feature_names=["load"])
    assert display.maps.shape == (10, 2)
    assert display.steps.tolist() == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]
    assert legend_texts(display.axes_[0]) == ["load"]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([0, 1, 2, 3], [1, 2, 3, 4]),
        ([1, 3], [1, 1, 2, 2]),
        ([2, 3], [np.nan, np.nan, 1, 2]),
        ([2], [np.nan, np.nan, 1, np.nan]),
    ],
    ids=["causal", "pooled", "valid", "one"],
)
def test_spread_by_hand(steps, expected):
    maps = np.arange(1.0, len(steps) + 1)[:, None]
    np.testing.assert_array_equal(spread(maps, np.array(steps), 4)[:, 0], expected)
