import numpy as np
import pytest

from skhybrid import CNNLSTMRegressor, CNNRegressor, SequenceRegressor, feature_maps, make_windows, receptive_field
from skhybrid._backend import keras
from skhybrid.inspection import map_steps
from tests.helpers import fit_with_kernel, make_noise_windows

TINY = {"units": 2, "dense_units": (), "epochs": 1, "random_state": 0}


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
    X, y = make_noise_windows(8, 16)
    model.set_params(epochs=1, random_state=0, **({"activation": None} if "activation" in model.get_params() else {}))
    seen = steps_seen(model.fit(X, y), 16)
    assert receptive_field(model) == seen.sum(axis=0).max()
    assert map_steps(model).tolist() == [np.flatnonzero(column).max() for column in seen.T]


@pytest.mark.parametrize(("layer", "n_steps"), [("conv_1", 3), ("pool_1", 4), ("conv_2", 6), (None, 6)])
def test_receptive_field_of_a_layer(hybrid, layer, n_steps):
    assert receptive_field(hybrid, layer=layer) == n_steps


def test_map_steps_of_centred_kernels_stand_in_the_middle():
    assert map_steps(fit_with_kernel([1, 0, -1], padding="same")).tolist() == [0, 1, 2, 3]


def test_map_steps_of_subsequences():
    X, y = make_noise_windows(8, 12)
    model = CNNLSTMRegressor(2, kernel_size=3, pool_size=2, padding="valid", activation=None, **TINY)
    model.fit(X.reshape(8, 2, 6, 1), y)
    seen = steps_seen(model, 12)
    assert receptive_field(model) == seen.sum(axis=0).max() == 4
    assert map_steps(model).tolist() == [[3, 5], [9, 11]]
    assert map_steps(model).ravel().tolist() == [np.flatnonzero(column).max() for column in seen.T]


@pytest.mark.parametrize("last_steps", [None, 17])
@pytest.mark.parametrize(("kernel_size", "strides"), [(5, 5), (4, 2), (3, 7)])
@pytest.mark.parametrize("padding", ["causal", "valid", "same"])
def test_strided_maps_belong_to_the_steps_that_they_see(padding, kernel_size, strides, last_steps):
    X, y = make_windows(np.sin(np.arange(40)), window_length=22)
    options = {"kernel_size": kernel_size, "strides": strides, "padding": padding, "last_steps": last_steps}
    model = CNNLSTMRegressor(2, activation=None, units=2, epochs=1, random_state=0, **options).fit(X, y)
    one = np.repeat(np.array(X[:1]), 23, axis=0)
    one[np.arange(1, 23), np.arange(22)] += 1  # another step is altered in each
    maps = np.asarray(feature_maps(model, one))
    sees = np.abs(maps[1:] - maps[0]).max(axis=2) > 1e-6  # (step, value)
    assert sees.sum(axis=0).max() == receptive_field(model) == kernel_size
    for value, step in enumerate(map_steps(model)):
        seen = np.flatnonzero(sees[:, value])
        assert (seen[0] <= step <= seen[-1]) if padding == "same" else step == seen[-1]
    assert sees[-1].any()
