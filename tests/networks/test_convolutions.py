"""Convolutions with strides and dilations, and residual blocks."""

from functools import partial

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid.networks import cnn, cnn_lstm, time_distributed_cnn_lstm
from skhybrid.networks._convolutions import check_convolutions, convolution_layers

PADDINGS = ["causal", "same", "valid"]


def samples(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def convolved(X, kernel_size, padding, **options):
    """Return what one convolution, with the same weights whatever its options, makes of X."""
    convolutions = check_convolutions(X.shape[1], 2, kernel_size, 1, padding, **options)
    layers = convolution_layers(convolutions, padding=padding, activation=None, dropout=0.0, seed=0)
    for layer in layers:
        X = layer(X)
    return np.asarray(X)


def with_positive_weights(model):
    """Return the model with weights that let all of a window through."""
    model.set_weights([np.abs(w) + 0.01 for w in model.get_weights()])
    return model


# Strides


@pytest.mark.parametrize("n_steps", [4, 5, 6, 7, 12])
@pytest.mark.parametrize("stride", [2, 3, 5])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4])
@pytest.mark.parametrize("padding", PADDINGS)
def test_strides_keep_steps_counted_from_the_newest(padding, kernel_size, stride, n_steps):
    X = samples(2, n_steps, 3)
    every = convolved(X, kernel_size, padding)
    np.testing.assert_allclose(
        convolved(X, kernel_size, padding, strides=stride), every[:, ::-1][:, ::stride][:, ::-1], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kernel_size", [1, 3, 4])
def test_strides_of_none_are_the_kernel(kernel_size):
    X = samples(2, 7, 3)
    expected = convolved(X, kernel_size, "causal", strides=kernel_size)
    np.testing.assert_array_equal(convolved(X, kernel_size, "causal", strides=None), expected)


def test_segments_need_no_padding_where_they_divide_the_window():
    model = cnn_lstm((12, 1), 1, seed=0, filters=2, kernel_size=4, strides=None, units=2)
    assert [layer.name for layer in model.layers[:3]] == ["input", "conv_1", "lstm_1"]
    assert model.get_layer("conv_1").output.shape == (None, 3, 2)


def test_each_convolution_has_its_stride():
    model = cnn((12, 1), 1, seed=0, filters=(2, 2), kernel_size=(3, 2), strides=(1, 2), pool_size=1)
    assert [layer.strides for layer in model.layers if isinstance(layer, keras.layers.Conv1D)] == [(1,), (2,)]
    assert model.get_layer("conv_2").output.shape == (None, 6, 2)


@pytest.mark.parametrize("strides", [1, 2, 3, 4, None])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (partial(cnn, pool_size=1), (8, 2)),
        (partial(cnn_lstm, units=2), (8, 2)),
        (partial(cnn_lstm, units=2, cell="gru", attention=True), (8, 2)),
        (partial(time_distributed_cnn_lstm, units=2), (2, 8, 2)),
        (partial(cnn_lstm, units=2, decoder="segments", segment_length=1), (8, 2)),
    ],
    ids=["cnn", "cnn_lstm", "attention", "time_distributed_cnn_lstm", "segments"],
)
def test_newest_step_moves_the_output(build, shape, padding, strides):
    model = with_positive_weights(build(shape, 2, seed=0, filters=3, padding=padding, strides=strides))
    X = np.abs(samples(1, *shape))
    X_new = X.copy()
    X_new[..., -1, :] += 1
    assert np.abs(model(X) - model(X_new)).min() > 1e-6


@pytest.mark.parametrize("pool_size", [2, 3])
@pytest.mark.parametrize("n_steps", [9, 11, 13])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("strides", [1, 2])
def test_pools_are_counted_from_the_newest_step(strides, padding, n_steps, pool_size):
    options = {"seed": 0, "filters": 2, "padding": padding, "strides": strides}
    pooled, unpooled = (cnn((n_steps, 1), 1, pool_size=size, **options) for size in (pool_size, 1))
    X = samples(3, n_steps, 1)
    maps = np.array(keras.Model(unpooled.input, unpooled.get_layer("conv_1").output)(X))
    n_blocks = maps.shape[1] // pool_size
    expected = maps[:, -n_blocks * pool_size :].reshape(3, n_blocks, pool_size, 2).max(axis=2)
    found = keras.Model(pooled.input, pooled.get_layer("pool_1").output)(X)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("padding", PADDINGS)
def test_strides_are_counted_in_each_subsequence(padding):
    options = {"seed": 0, "filters": 2, "kernel_size": 3, "strides": 2, "padding": padding}
    model = time_distributed_cnn_lstm((2, 6, 1), 1, units=2, **options)
    X = samples(3, 2, 6, 1)
    maps = keras.Model(model.input, model.get_layer("conv_1").output)(X)
    alone = cnn((6, 1), 1, pool_size=1, **options)
    alone = keras.Model(alone.input, alone.get_layer("conv_1").output)
    for i in range(2):
        np.testing.assert_allclose(maps[:, i], alone(X[:, i]), rtol=1e-5)


# Dilations and residual blocks


@pytest.mark.parametrize("padding", PADDINGS)
def test_dilated_kernel_sees_every_other_step(padding):
    X = samples(2, 9, 1)
    kernel, _ = cnn((9, 1), 1, seed=0, filters=2).get_layer("conv_1").get_weights()
    before, after = {"causal": (4, 0), "same": (2, 2), "valid": (0, 0)}[padding]
    padded = np.pad(X, [(0, 0), (before, after), (0, 0)])
    expected = sum(padded[:, 2 * i : padded.shape[1] - 4 + 2 * i] @ kernel[i] for i in range(3))
    np.testing.assert_allclose(convolved(X, 3, padding, dilations=2), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("residual", "reach"), [(True, 1 + 2 * 2 * (1 + 2 + 4)), (False, 1 + 2 * (1 + 2 + 4))])
def test_last_step_sees_as_far_as_documented(residual, reach):
    options = {"filters": (2, 2, 2), "dilations": (1, 2, 4), "residual": residual, "pool_size": 1}
    model = with_positive_weights(cnn((40, 1), 1, seed=0, **options))
    last = model.get_layer("last_step" if residual else "conv_3").output[:, -1]
    last_step = keras.Model(model.input, last)
    X = np.ones((1, 40, 1), np.float32)
    moved = [not np.array_equal(last_step(X), last_step(X + np.eye(40)[t][None, :, None])) for t in range(40)]
    assert moved == [t >= 40 - reach for t in range(40)]


def test_residual_block_of_equal_width_adds_its_input_as_it_is():
    model = cnn((8, 3), 1, seed=0, filters=3, residual=True)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    blocks = keras.Model(model.input, model.get_layer("flatten").output)
    X = samples(2, 8, 3)
    np.testing.assert_array_equal(blocks(X), np.maximum(X[:, -1], 0))
    assert "skip_1" not in [layer.name for layer in model.layers]


def test_residual_blocks_are_not_pooled():
    names = [layer.name for layer in cnn((8, 3), 1, seed=0, filters=4, residual=True, pool_size=2).layers]
    assert names == [
        *("input", "conv_1_1", "conv_1_2", "skip_1", "sum_1", "activation_1"),
        *("last_step", "flatten", "dense_1", "output"),
    ]
