from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import (
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    CNNRegressor,
    DenseRegressor,
    LSTMRegressor,
    PerStepTransformer,
    SequenceRegressor,
    SlidingWindow,
    SubsequenceReshaper,
    WindowedRegressor,
    feature_maps,
    filters,
    make_windows,
    receptive_field,
    saliency,
    saliency_table,
)
from skhybrid._backend import keras
from skhybrid.inspection.network import map_steps

TINY = {"units": 2, "dense_units": (), "epochs": 1, "random_state": 0}


def make_data(n_samples=64, n_steps=12, n_features=1):
    X = np.random.default_rng(0).normal(size=(n_samples, n_steps, n_features))
    return X, X[:, -1, 0] - X[:, -2, 0]


def with_kernel(kernel, n_steps=4, **parameters):
    """Return a fitted hybrid whose only filter has this kernel, (step, feature), and no bias."""
    kernel = np.reshape(kernel, (len(kernel), -1, 1)).astype(float)
    X, y = make_data(8, n_steps, kernel.shape[1])
    parameters = {"filters": 1, "kernel_size": len(kernel), "activation": None, **TINY, **parameters}
    model = CNNLSTMRegressor(**parameters).fit(X, y)
    model.model_.get_layer("conv_1").set_weights([kernel, np.zeros(1)])
    return model


@pytest.fixture(scope="module")
def hybrid():
    return CNNLSTMRegressor((3, 2), kernel_size=(3, 2), pool_size=(2, 1), **TINY).fit(*make_data(n_features=2))


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
    model = with_kernel([1, 0, -1], **parameters)
    maps = feature_maps(model, np.reshape([2.0, 5, 9, 4], (1, 4, 1)))
    np.testing.assert_array_equal(maps, np.reshape(expected, (1, -1, 1)))


def test_feature_maps_of_a_sum_by_hand():
    model = with_kernel([1, 1, 1], n_steps=5, padding="valid")
    assert feature_maps(model, [[[1], [3], [2], [6], [4]]]).ravel().tolist() == [6, 11, 12]


def test_feature_maps_equal_a_loop():
    kernel = np.random.default_rng(1).normal(size=(3, 2))
    model = with_kernel(kernel, n_steps=7, padding="valid")
    X, _ = make_data(5, 7, 2)
    expected = [[[(window[t : t + 3] * kernel).sum()] for t in range(5)] for window in X]
    np.testing.assert_allclose(feature_maps(model, X), expected, rtol=1e-5)


def test_feature_maps_of_subsequences_keep_them_apart():
    X, y = make_data(8, 8)
    model = CNNLSTMRegressor(1, activation=None, padding="valid", **TINY).fit(X.reshape(8, 2, 4, 1), y)
    model.model_.get_layer("conv_1").set_weights([np.reshape([1.0, 0, -1], (3, 1, 1)), np.zeros(1)])
    maps = feature_maps(model, np.reshape([2.0, 5, 9, 4, 1, 1, 2, 4], (1, 2, 4, 1)))
    np.testing.assert_array_equal(maps, np.reshape([-7, 1, -1, -3], (1, 2, 2, 1)))


def test_feature_maps_are_what_the_recurrence_reads(hybrid):
    X, _ = make_data(n_features=2)
    lstm, output = (hybrid.model_.get_layer(name) for name in ("lstm_1", "output"))
    np.testing.assert_allclose(output(lstm(feature_maps(hybrid, X))), hybrid.model_(X), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "shape"), [("conv_1", (64, 12, 3)), ("pool_1", (64, 6, 3)), ("conv_2", (64, 6, 2)), ("output", (64, 1))]
)
def test_feature_maps_of_a_layer(hybrid, layer, shape):
    assert feature_maps(hybrid, make_data(n_features=2)[0], layer=layer).shape == shape


def test_feature_maps_in_batches_equal_one_by_one(hybrid):
    X = np.random.default_rng(0).normal(size=(1030, 12, 2))
    maps = feature_maps(hybrid, X)
    assert maps.shape == (1030, 6, 2)
    np.testing.assert_allclose(maps[[0, 1024, 1029]], feature_maps(hybrid, X[[0, 1024, 1029]]), atol=1e-6)


def test_feature_maps_of_flattened_windows():
    X, y = make_data(n_features=2)
    model = CNNRegressor(3, dense_units=(), epochs=1, n_features=2, random_state=0)
    table = pd.DataFrame(X.reshape(64, 24)).add_prefix("c")
    maps = feature_maps(model.fit(table, y), table)
    np.testing.assert_array_equal(maps, feature_maps(model.fit(X, y), X))


def test_feature_maps_fill_unknown_steps_as_predict_does():
    model = with_kernel([1, 0, -1])
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
    X, y = make_data(8, 4)
    model = CNNRegressor(1, epochs=1).fit(X.reshape(-1, *np.shape(window)[1:]), y)
    for method in (partial(feature_maps, model), model.predict):
        with pytest.raises(ValueError, match=words):
            method(window)


def test_feature_maps_refuse_sequences_that_end_early():
    X, y = make_data(8, 4)
    X[0, 2:] = np.nan
    model = CNNLSTMRegressor(2, units=2, epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="X must hold finite numbers, but holds NaN"):
        feature_maps(model, X)


def test_feature_maps_of_normalised_windows_do_not_see_the_level():
    X, y = make_data()
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
    X, y = make_data()
    model = SequenceRegressor(built_before, epochs=1, random_state=0).fit(X, y)
    np.testing.assert_allclose(feature_maps(model, X), 10 * X * filters(model).item(), rtol=1e-5)


# What stands around a network


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=90, freq="h")
    X = pd.DataFrame({"load": rng.normal(size=90).cumsum(), "price": rng.normal(size=90)}, index)
    return X, X["load"].shift(-1, fill_value=0.0)


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
    X, y = make_data()
    network = CNNLSTMRegressor(3, **TINY)
    wrapped = wrap(network).fit(X, y)
    np.testing.assert_array_equal(feature_maps(wrapped, X), feature_maps(network.fit(X, y), X))
    np.testing.assert_array_equal(filters(wrapped), filters(network))
    assert receptive_field(wrapped) == 3


@pytest.mark.parametrize("inspect", [lambda e: feature_maps(e, make_data()[0]), filters, receptive_field, map_steps])
def test_bad_estimators_are_refused(inspect):
    X, y = make_data()
    with pytest.raises(NotFittedError):
        inspect(CNNLSTMRegressor())
    with pytest.raises(ValueError, match=r"estimator must be a network of skhybrid, or a pipeline.* holds Ridge"):
        inspect(make_pipeline(Ridge()).fit(X[:, :, 0], y))
    with pytest.raises(ValueError, match=r"estimator must be a network of skhybrid.* holds VotingRegressor"):
        inspect(VotingRegressor([("a", Ridge()), ("b", Ridge())]).fit(X[:, :, 0], y))
    with pytest.raises(ValueError, match=r"estimator must have a convolution.* LSTMRegressor has the layers .*lstm_1"):
        inspect(LSTMRegressor(**TINY).fit(X, y))


def test_bad_layers_are_refused(hybrid):
    with pytest.raises(ValueError, match=r"layer='conv_3' must name a layer.*'conv_2'"):
        feature_maps(hybrid, make_data(n_features=2)[0], layer="conv_3")
    with pytest.raises(ValueError, match=r"layer='pool_1' must be one of .*\['conv_1', 'conv_2'\]"):
        filters(hybrid, layer="pool_1")
    with pytest.raises(ValueError, match="layer='lstm_1' must be one of"):
        receptive_field(hybrid, layer="lstm_1")


def test_windows_of_another_shape_are_refused(hybrid):
    with pytest.raises(ValueError, match=r"samples of shape \(12, 2\) as in fit"):
        feature_maps(hybrid, np.zeros((3, 11, 2)))


# filters


def test_filters_are_the_kernels(hybrid):
    np.testing.assert_array_equal(filters(hybrid), hybrid.model_.get_layer("conv_1").get_weights()[0])
    assert filters(hybrid).shape == (3, 2, 3)
    assert filters(hybrid, layer="conv_2").shape == (2, 3, 2)


def test_last_weight_of_a_kernel_reads_the_newest_step():
    model = with_kernel([1, 10, 100])
    assert filters(model).ravel().tolist() == [1, 10, 100]
    assert feature_maps(model, np.reshape([0.0, 0, 0, 1], (1, 4, 1))).ravel().tolist() == [0, 0, 0, 100]


def test_filters_of_subsequences():
    X, y = make_data()
    pipe = make_pipeline(SubsequenceReshaper(3), CNNLSTMRegressor(5, kernel_size=2, **TINY)).fit(X, y)
    assert filters(pipe).shape == (2, 1, 5)


# receptive_field and map_steps


def steps_seen(model, n_steps, layer=None):
    """Return which steps of a window each value of the feature maps sees, (step, map step), by altering each step."""
    windows = np.random.default_rng(0).normal(size=(20, n_steps, 1))
    reshape = (-1, *model.input_shape_)
    seen = []
    for step in range(n_steps):
        altered = windows.copy()
        altered[:, step] += 1
        maps = [feature_maps(model, w.reshape(reshape), layer=layer) for w in (windows, altered)]
        changed = (maps[0] != maps[1]).any(axis=(0, -1))
        seen.append(changed.ravel())
    return np.array(seen)


def bespoke(input_shape, n_outputs, *, seed):
    """Return a network with all that moves a receptive field: dilation, strides, and layers that do not."""
    layers = [
        keras.layers.Conv1D(4, 3, dilation_rate=2, padding="causal", name="first"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.LeakyReLU(name="leaky"),
        keras.layers.Conv1D(4, 2, strides=2, padding="causal", name="second"),
        keras.layers.Activation("tanh", name="tanh"),
        keras.layers.AveragePooling1D(2, strides=1, name="pool"),
        keras.layers.Flatten(),
        keras.layers.Dense(n_outputs),
    ]
    return keras.Sequential([keras.Input(input_shape), *layers])


STACKS = [
    CNNRegressor(3, kernel_size=5, pool_size=1),
    CNNRegressor((3, 3), kernel_size=(4, 2), pool_size=1),
    CNNRegressor((3, 3), kernel_size=(4, 2), pool_size=2),
    CNNRegressor((3, 3), kernel_size=3, pool_size=(2, 1)),
    CNNRegressor((3, 3), kernel_size=3, pool_size=(1, 3), padding="valid"),
    CNNRegressor((3, 3), kernel_size=(2, 3), pool_size=(2, 1), padding="valid"),
    SequenceRegressor(bespoke),
]


@pytest.mark.parametrize("model", STACKS, ids=[f"stack {i}" for i in range(len(STACKS))])
def test_receptive_field_equals_what_altered_steps_change(model):
    X, y = make_data(8, 16)
    model.set_params(epochs=1, random_state=0, **({"activation": None} if "activation" in model.get_params() else {}))
    seen = steps_seen(model.fit(X, y), 16)
    assert receptive_field(model) == seen.sum(axis=0).max()
    assert map_steps(model).tolist() == [np.flatnonzero(column).max() for column in seen.T]


@pytest.mark.parametrize(("layer", "n_steps"), [("conv_1", 3), ("pool_1", 4), ("conv_2", 6), (None, 6)])
def test_receptive_field_of_a_layer(hybrid, layer, n_steps):
    assert receptive_field(hybrid, layer=layer) == n_steps


def test_map_steps_of_centred_kernels_stand_in_the_middle():
    assert map_steps(with_kernel([1, 0, -1], padding="same")).tolist() == [0, 1, 2, 3]


def test_map_steps_of_subsequences():
    X, y = make_data(8, 12)
    model = CNNLSTMRegressor(2, kernel_size=3, pool_size=2, padding="valid", activation=None, **TINY)
    model.fit(X.reshape(8, 2, 6, 1), y)
    seen = steps_seen(model, 12)
    assert receptive_field(model) == seen.sum(axis=0).max() == 4
    assert map_steps(model).tolist() == [[3, 5], [9, 11]]
    assert map_steps(model).ravel().tolist() == [np.flatnonzero(column).max() for column in seen.T]


# saliency


@pytest.fixture(scope="module")
def linear():
    X, y = make_data(n_features=2)
    return DenseRegressor((), epochs=1, random_state=0).fit(X, np.column_stack([y, 100 * y + 7]))


@pytest.mark.parametrize("output", [0, 1])
def test_saliency_of_a_linear_network_is_weight_times_distance(linear, output):
    X, _ = make_data(n_features=2)
    zero = np.zeros((1, 12, 2))
    weights = [
        (linear.predict(zero + step) - linear.predict(zero))[0, output] for step in np.eye(24).reshape(24, 1, 12, 2)
    ]
    attributions = saliency(linear, X, output=output, n_points=1)
    expected = np.reshape(weights, (12, 2)) * (X - X.mean(axis=0))
    np.testing.assert_allclose(attributions, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("baseline", [0.5, [0.5, 0.5], np.full((12, 2), 0.5)], ids=["number", "features", "window"])
def test_saliency_reads_its_baseline(linear, baseline):
    X, _ = make_data(n_features=2)
    sums = saliency(linear, X, baseline=baseline, n_points=1).sum(axis=(1, 2))
    difference = linear.predict(X) - linear.predict(np.full_like(X, 0.5))
    np.testing.assert_allclose(sums, difference[:, 0], atol=1e-5)


def test_saliency_adds_up_to_the_difference_in_units_of_y(rows):
    X, y = rows
    pipe = make_pipeline(
        StandardScaler().set_output(transform="pandas"),
        SlidingWindow(6),
        CNNLSTMRegressor(8, units=4, epochs=5, learning_rate=0.01, random_state=0),
    )
    pipe.fit(X[:70], 1000 * y[:70])
    windows = pipe[:-1].transform(X[70:])
    difference = pipe.predict(X[70:]) - pipe[-1].predict(windows.mean(axis=0, keepdims=True))
    attributions = saliency(pipe, X[70:])
    assert attributions.shape == (20, 6, 2)
    assert np.ptp(difference) > 50
    np.testing.assert_allclose(attributions.sum(axis=(1, 2)), difference, atol=0.01 * np.ptp(difference))
    errors = [np.abs(saliency(pipe, X[70:], n_points=n).sum(axis=(1, 2)) - difference).max() for n in (2, 128)]
    assert errors[1] < errors[0] / 4


def test_saliency_of_values_that_play_no_part_is_zero():
    X, y = make_data()
    model = CNNRegressor(2, kernel_size=2, pool_size=1, dense_units=(), epochs=1, random_state=0).fit(X, y)
    kernel, bias = model.model_.get_layer("output").get_weights()
    kernel[:-2] = 0  # only the last step's maps, which see two steps
    model.model_.get_layer("output").set_weights([kernel, bias])
    attributions = saliency(model, X)
    assert (attributions[:, :-2] == 0).all()
    assert (attributions[:, -2:] != 0).any()


def test_saliency_of_quantiles_is_that_of_the_median():
    X, y = make_data()
    model = DenseRegressor((), loss="quantile", quantiles=(0.2, 0.5, 0.9), epochs=1, random_state=0).fit(X, y)
    difference = model.predict(X) - model.predict(np.zeros_like(X))
    np.testing.assert_allclose(saliency(model, X, baseline=0, n_points=1).sum(axis=(1, 2)), difference, atol=1e-5)


def test_saliency_of_a_class_is_that_of_its_probability():
    X, y = make_data()
    model = CNNLSTMClassifier(2, **TINY).fit(X, np.where(y > 0, "up", "down"))
    difference = model.predict_proba(X) - model.predict_proba(np.zeros_like(X))
    attributions = saliency(model, X, baseline=0, output=1).sum(axis=(1, 2))
    np.testing.assert_allclose(attributions, difference[:, 1], atol=0.02 * np.ptp(difference))


@pytest.mark.parametrize("shape", [(64, 12), (64, 3, 4, 1)], ids=["flattened", "subsequences"])
def test_saliency_joins_the_window(shape):
    X, y = make_data()
    model = CNNLSTMRegressor(2, **TINY).fit(X.reshape(shape), y)
    attributions = saliency(model, X.reshape(shape), baseline=0)
    assert attributions.shape == (64, 12, 1)
    difference = model.predict(X.reshape(shape)) - model.predict(np.zeros(shape))
    np.testing.assert_allclose(attributions.sum(axis=(1, 2)), difference, atol=0.02 * np.ptp(difference))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"output": 2}, "output=2 must be the position of one of the network's 2 outputs, 0 to 1"),
        ({"output": -1}, "output=-1 must be"),
        ({"n_points": 0}, "n_points must be an integer of at least 1, but is 0"),
        ({"baseline": [1, 2, 3]}, r"baseline must be a number or fit windows of shape \(12, 2\).* shape \(3,\)"),
        ({"baseline": np.zeros((64, 12, 2))}, r"baseline must be .* has shape \(64, 12, 2\)"),
    ],
)
def test_saliency_refuses(linear, options, words):
    with pytest.raises(ValueError, match=words):
        saliency(linear, make_data(n_features=2)[0], **options)


def test_saliency_of_one_window_needs_a_baseline(linear):
    X, _ = make_data(n_features=2)
    with pytest.raises(ValueError, match=r"baseline=None .* X holds 1 window, which is its own mean"):
        saliency(linear, X[:1])
    assert saliency(linear, X[:1], baseline=0).shape == (1, 12, 2)


def test_inspection_changes_no_predictions():
    X, y = make_data()
    model = make_pipeline(PerStepTransformer(), CNNLSTMRegressor(2, **TINY)).fit(X, y)
    before = model.predict(X)
    feature_maps(model, X), saliency(model, X), filters(model)
    np.testing.assert_array_equal(model.predict(X), before)


# saliency_table


def test_saliency_table_by_hand():
    table = saliency_table([[[1.0, 0.0], [4.0, -2.0]], [[-3.0, 0.0], [2.0, 0.0]]])
    assert table.to_dict() == {"feature 0": {1: 2.0, 0: 3.0}, "feature 1": {1: 0.0, 0: 1.0}}
    assert table.sum(axis=1).to_dict() == {1: 2.0, 0: 4.0}
    assert table.index.name == "lag"


def test_saliency_table_refuses():
    with pytest.raises(ValueError, match=r"attributions must have shape .* has shape \(2, 3\)"):
        saliency_table(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"feature_names must hold one name for each of the 1 features.*\['a', 'b'\]"):
        saliency_table(np.zeros((2, 3, 1)), ["a", "b"])


def test_importing_loads_neither_keras_nor_matplotlib(run_python):
    done = run_python("import sys, skhybrid.displays\nprint({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))")
    assert done.stdout.strip() == "set()", done.stderr


def test_make_windows_and_inspection_agree_on_the_newest_step():
    X, y = make_windows(np.arange(30.0), window_length=4)
    model = DenseRegressor((), epochs=1, random_state=0).fit(X, y)
    weights = np.zeros((4, 1))
    weights[-1] = 1  # the network repeats the last value
    model.model_.get_layer("output").set_weights([weights, np.zeros(1)])
    table = saliency_table(saliency(model, X))
    assert table["feature 0"].idxmax() == 0
    assert (table.loc[[3, 2, 1]] == 0).all(axis=None)
