from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skhybrid import (
    CNNLSTMRegressor,
    CNNRegressor,
    SequenceRegressor,
    SubsequenceReshaper,
    feature_maps,
    filters,
    receptive_field,
)
from skhybrid._backend import keras
from tests.helpers import fit_with_kernel, make_noise_windows

TINY = {"units": 2, "dense_units": (), "epochs": 1, "random_state": 0}


# feature_maps


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"padding": "valid"}, [-7, 1]),
        ({"padding": "causal"}, [-2, -5, -7, 1]),
        ({"padding": "same"}, [-5, -7, 1, 9]),
        ({"padding": "valid", "activation": "relu"}, [0, 1]),
        ({"padding": "causal", "pool_size": 2}, [-2, 1]),
    ],
)
def test_feature_maps_by_hand(parameters, expected):
    model = fit_with_kernel([1, 0, -1], **parameters)
    maps = feature_maps(model, np.reshape([2.0, 5, 9, 4], (1, 4, 1)))
    np.testing.assert_array_equal(maps, np.reshape(expected, (1, -1, 1)))


def test_feature_maps_of_a_sum_by_hand():
    model = fit_with_kernel([1, 1, 1], n_steps=5, padding="valid")
    assert feature_maps(model, [[[1], [3], [2], [6], [4]]]).ravel().tolist() == [6, 11, 12]


def test_feature_maps_equal_a_loop():
    kernel = np.random.default_rng(1).normal(size=(3, 2))
    model = fit_with_kernel(kernel, n_steps=7, padding="valid")
    X, _ = make_noise_windows(5, 7, 2)
    expected = [[[(window[t : t + 3] * kernel).sum()] for t in range(5)] for window in X]
    np.testing.assert_allclose(feature_maps(model, X), expected, rtol=1e-5)


def test_feature_maps_of_subsequences_keep_them_apart():
    X, y = make_noise_windows(8, 8)
    model = CNNLSTMRegressor(1, activation=None, padding="valid", **TINY).fit(X.reshape(8, 2, 4, 1), y)
    model.model_.get_layer("conv_1").set_weights([np.reshape([1.0, 0, -1], (3, 1, 1)), np.zeros(1)])
    maps = feature_maps(model, np.reshape([2.0, 5, 9, 4, 1, 1, 2, 4], (1, 2, 4, 1)))
    np.testing.assert_array_equal(maps, np.reshape([-7, 1, -1, -3], (1, 2, 2, 1)))


def test_feature_maps_are_what_the_recurrence_reads(hybrid):
    X, _ = make_noise_windows(n_features=2)
    lstm, output = (hybrid.model_.get_layer(name) for name in ("lstm_1", "output"))
    np.testing.assert_allclose(output(lstm(feature_maps(hybrid, X))), hybrid.model_(X), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shape"), [("conv_1", (64, 12, 3)), ("pool_1", (64, 6, 3)), ("conv_2", (64, 6, 2)), ("output", (64, 1))]
)
def test_feature_maps_of_a_layer(hybrid, layer, shape):
    assert feature_maps(hybrid, make_noise_windows(n_features=2)[0], layer=layer).shape == shape


def test_feature_maps_in_batches_equal_one_by_one(hybrid):
    X = np.random.default_rng(0).normal(size=(1030, 12, 2))
    maps = feature_maps(hybrid, X)
    assert maps.shape == (1030, 6, 2)
    np.testing.assert_allclose(maps[[0, 1024, 1029]], feature_maps(hybrid, X[[0, 1024, 1029]]), atol=1e-6)


def test_feature_maps_of_flattened_windows():
    X, y = make_noise_windows(n_features=2)
    model = CNNRegressor(3, dense_units=(), epochs=1, n_features=2, random_state=0)
    table = pd.DataFrame(X.reshape(64, 24)).add_prefix("c")
    maps = feature_maps(model.fit(table, y), table)
    np.testing.assert_array_equal(maps, feature_maps(model.fit(X, y), X))


def test_feature_maps_fill_unknown_steps_as_predict_does():
    model = fit_with_kernel([1, 0, -1])
    maps = feature_maps(model, np.reshape([np.nan, np.nan, 9, 4], (1, 4, 1)))
    np.testing.assert_array_equal(maps, feature_maps(model, np.reshape([9.0, 9, 9, 4], (1, 4, 1))))


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ([[[1.0], [np.nan], [9.0], [4.0]]], "X must hold finite numbers .* 1 windows hold NaN elsewhere"),
        ([[np.nan, 2.0, 9.0, 4.0]], "X must hold finite numbers, but holds NaN"),
    ],
    ids=["inside a window", "in a table"],
)
def test_feature_maps_refuse_what_is_missing_as_predict_does(window, words):
    X, y = make_noise_windows(8, 4)
    model = CNNRegressor(1, epochs=1).fit(X.reshape(-1, *np.shape(window)[1:]), y)
    for method in (partial(feature_maps, model), model.predict):
        with pytest.raises(ValueError, match=words):
            method(window)


def test_feature_maps_of_sequences_that_end_early():
    X, y = make_noise_windows(8, 4)
    X[0, 2:] = np.nan
    model = CNNLSTMRegressor(2, units=2, epochs=1, random_state=0).fit(X, y)
    maps, longer = feature_maps(model, X), feature_maps(model, np.nan_to_num(X))
    np.testing.assert_allclose(maps[0, :2], longer[0, :2], atol=1e-6)  # causal


def test_feature_maps_of_normalised_windows_do_not_see_the_level():
    X, y = make_noise_windows()
    model = CNNLSTMRegressor(2, window_norm="last", **TINY).fit(X, X[:, -1, 0] + 0.1 * y)
    np.testing.assert_allclose(feature_maps(model, X + 100), feature_maps(model, X), atol=1e-4)


def built_before(input_shape, n_outputs, *, seed):
    """Return a network whose convolution was part of another one, and stands behind arithmetic in this one."""
    conv = keras.layers.Conv1D(1, 1, use_bias=False, name="conv")
    conv(keras.Input(input_shape))
    inputs = keras.Input(input_shape)
    outputs = keras.layers.Dense(n_outputs)(keras.layers.Flatten()(conv(10 * inputs)))
    return keras.Model(inputs, outputs)


def test_feature_maps_of_layers_that_were_part_of_another_network():
    X, y = make_noise_windows()
    model = SequenceRegressor(built_before, epochs=1, random_state=0).fit(X, y)
    np.testing.assert_allclose(feature_maps(model, X), 10 * X * filters(model).item(), rtol=1e-5)


# filters


def test_filters_are_the_kernels(hybrid):
    np.testing.assert_array_equal(filters(hybrid), hybrid.model_.get_layer("conv_1").get_weights()[0])
    assert filters(hybrid).shape == (3, 2, 3)
    assert filters(hybrid, layer="conv_2").shape == (2, 3, 2)


def test_last_weight_of_a_kernel_reads_the_newest_step():
    model = fit_with_kernel([1, 10, 100])
    assert filters(model).ravel().tolist() == [1, 10, 100]
    assert feature_maps(model, np.reshape([0.0, 0, 0, 1], (1, 4, 1))).ravel().tolist() == [0, 0, 0, 100]


def test_filters_of_subsequences():
    X, y = make_noise_windows()
    pipe = make_pipeline(SubsequenceReshaper(3), CNNLSTMRegressor(5, kernel_size=2, **TINY)).fit(X, y)
    assert filters(pipe).shape == (2, 1, 5)


# Both


def test_bad_layers_are_refused(hybrid):
    with pytest.raises(ValueError, match=r"layer='conv_3' must name a layer.*'conv_2'"):
        feature_maps(hybrid, make_noise_windows(n_features=2)[0], layer="conv_3")
    with pytest.raises(ValueError, match=r"layer='pool_1' must be one of .*\['conv_1', 'conv_2'\]"):
        filters(hybrid, layer="pool_1")
    with pytest.raises(ValueError, match="layer='lstm_1' must be one of"):
        receptive_field(hybrid, layer="lstm_1")


def test_windows_of_another_shape_are_refused(hybrid):
    with pytest.raises(ValueError, match=r"samples of shape \(12, 2\) as in fit"):
        feature_maps(hybrid, np.zeros((3, 11, 2)))
