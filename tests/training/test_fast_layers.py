"""Layers in their fast forms: the same numbers and gradients as Keras' own."""

import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training import fast_layers, fast_recurrence
from skhybrid._training.fast_layers import (
    FoldedTimeDistributed,
    UnfoldedConv1D,
    fuse,
    has_large_layer,
    let_steps_pass,
)
from skhybrid._training.fast_recurrence import FusedLSTM
from tests.helpers import assert_layer_equals, outputs_and_gradients

L = keras.layers
N, STEPS, FEATURES = 5, 7, 3


# Convolution


CONVOLUTIONS = {
    "causal": lambda: L.Conv1D(4, 3, padding="causal", activation="relu"),
    "valid": lambda: L.Conv1D(4, 2),
    "same, even kernel": lambda: L.Conv1D(4, 4, padding="same"),
    "no convolution bias": lambda: L.Conv1D(4, 3, use_bias=False),
    "activation over time": lambda: L.Conv1D(4, 2, activation=L.Softmax(axis=1)),
    "segments": lambda: L.Conv1D(4, 3, strides=3, activation="relu"),  # the seventh step is left out
    "padded segments": lambda: L.Conv1D(4, 2, strides=2, padding="causal"),
    "dilated": lambda: L.Conv1D(4, 3, dilation_rate=2),
    "dilated, causal": lambda: L.Conv1D(4, 3, dilation_rate=3, padding="causal"),
    "dilated, same": lambda: L.Conv1D(4, 2, dilation_rate=3, padding="same"),
}


@pytest.mark.parametrize("n_features", [1, 2, 3])
@pytest.mark.parametrize("make", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_fast_form_equals_keras(make, n_features):
    layer = make()
    fast = fuse(layer)
    assert type(fast) is UnfoldedConv1D
    assert_layer_equals(fast, layer, (N, STEPS, n_features))


@pytest.mark.parametrize("n_features", [1, 2, 3])
@pytest.mark.parametrize("name", [name for name in CONVOLUTIONS if name != "activation over time"])
def test_convolution_with_time_first_equals_keras(name, n_features):
    layer = CONVOLUTIONS[name]()
    fast = fuse(layer)
    fast.feeds_recurrence = True
    assert_layer_equals(fast, layer, (N, STEPS, n_features))


@pytest.mark.parametrize("make", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_number_of_steps_may_be_open(make):
    layer = make()
    fast = fuse(layer)
    X = np.random.default_rng(0).normal(size=(N, STEPS, FEATURES)).astype(np.float32)
    own, model = (keras.Sequential([keras.Input((None, FEATURES)), each]) for each in (layer, fast))
    model.set_weights(own.get_weights())
    np.testing.assert_allclose(model.predict_on_batch(X), own.predict_on_batch(X), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(
    "layer",
    [L.Conv1D(4, 3, strides=2), L.Conv1D(4, 2, strides=2, padding="same"), L.Conv1D(3, 2, groups=3)],
    ids=["strides that overlap", "padding by the stride", "groups"],
)
def test_what_a_fast_form_cannot_do_is_left_to_keras(layer, called_by_keras):
    fast = fuse(layer)
    assert isinstance(fast, UnfoldedConv1D)
    fast(np.zeros((N, STEPS, FEATURES), np.float32), training=True)
    assert called_by_keras == [fast]


@pytest.mark.parametrize(("n_features", "is_unfolded"), [(3, True), (4, False)])
def test_wide_windows_are_left_to_keras(n_features, is_unfolded, called_by_keras, monkeypatch):
    monkeypatch.setattr(fast_layers, "MAX_UNFOLDED", 2 * 3)
    fuse(L.Conv1D(4, 2))(np.zeros((N, STEPS, n_features), np.float32))
    assert (called_by_keras == []) == is_unfolded


def test_segments_are_cut_however_wide(called_by_keras, monkeypatch):
    monkeypatch.setattr(fast_layers, "MAX_UNFOLDED", 0)
    fuse(L.Conv1D(4, 2, strides=2))(np.zeros((N, STEPS, FEATURES), np.float32))
    assert called_by_keras == []


# Convolution before an LSTM


def branch(convolved):
    """Return an LSTM's outputs beside what another layer makes of the same convolution."""
    return L.Concatenate()([L.LSTM(4)(convolved), L.GlobalMaxPooling1D()(convolved)])


AFTER_CONVOLUTION = {
    "lstm": (L.LSTM(4), "relu", True),
    "both ways": (L.Bidirectional(L.LSTM(4)), "relu", True),
    "lstm and another": (branch, "relu", True),
    "gru": (L.GRU(4), "relu", True),
    "pool": (L.MaxPooling1D(2), "relu", False),
    "activation over time": (L.LSTM(4), L.Softmax(axis=1), False),
}


@pytest.mark.parametrize(("then", "activation", "passes"), AFTER_CONVOLUTION.values(), ids=AFTER_CONVOLUTION)
def test_convolution_hands_steps_to_lstm(then, activation, passes):
    inputs = keras.Input((STEPS, FEATURES))
    network = keras.Model(inputs, then(L.Conv1D(4, 3, padding="causal", activation=activation)(inputs)))
    fast = keras.models.clone_model(network, clone_function=fuse)
    let_steps_pass(fast)
    X = tf.random.stateless_normal((N, STEPS, FEATURES), seed=(0, 0))
    weights = [tf.constant(v) for v in network.trainable_variables]
    run = tf.function(lambda X: outputs_and_gradients(fast, weights, X)).get_concrete_function(X)
    assert fast.layers[1].feeds_recurrence == passes
    for a, b in zip(run(X), outputs_and_gradients(network, weights, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


def test_nothing_is_turned_between_convolution_and_lstm():
    network = keras.Sequential([keras.Input((STEPS, 2)), UnfoldedConv1D(4, 2), FusedLSTM(4)])
    let_steps_pass(network)
    graph = tf.function(network.call).get_concrete_function(tf.TensorSpec([None, STEPS, 2])).graph
    assert [op.type for op in graph.get_operations()].count("SpaceToBatchND") == 1  # of the inputs


# One layer at many times


PARTS = {
    "padding": lambda: L.ZeroPadding1D((2, 1)),
    "cropping": lambda: L.Cropping1D((2, 0)),
    "segments": lambda: L.Conv1D(4, 2, strides=2),
    "convolution": lambda: L.Conv1D(4, 2, padding="causal", activation="relu"),
    "pool": lambda: L.MaxPooling1D(2),
    "flat": lambda: L.Flatten(),
    "dense": lambda: L.Dense(3),
    "dropout off": lambda: L.Dropout(0.0),
    "not sample by sample": lambda: L.BatchNormalization(),
}


@pytest.mark.parametrize("make", PARTS.values(), ids=PARTS)
def test_folded_times_equal_keras(make):
    layer = L.TimeDistributed(make())
    fast = fuse(layer)
    assert isinstance(fast, FoldedTimeDistributed)
    assert_layer_equals(fast, layer, (N, 3, STEPS, FEATURES))


# The fast form of a layer


def test_layers_of_a_bidirectional_are_fused():
    fast = fuse(L.Bidirectional(L.LSTM(4)))
    assert type(fast.forward_layer) is type(fast.backward_layer) is FusedLSTM


def test_layer_of_a_time_distributed_is_fused():
    assert type(fuse(L.TimeDistributed(L.Conv1D(4, 2))).layer) is UnfoldedConv1D


@pytest.mark.parametrize(
    "layer",
    [
        *(L.LSTM(4, activation="relu"), L.LSTM(4, recurrent_activation="hard_sigmoid"), L.Dense(4)),
        *(
            L.GRU(4, reset_after=False),
            L.GRU(4, recurrent_activation="hard_sigmoid"),
            L.SimpleRNN(4, activation="relu"),
        ),
    ],
    ids=lambda layer: layer.name,
)
def test_other_layers_stay_as_they_are(layer):
    assert type(fuse(layer)) is type(layer)


@pytest.mark.parametrize("make", [lambda: L.LSTM(4), lambda: L.Conv1D(4, 2), lambda: L.Dense(4)])
def test_copy_has_the_options_and_no_weights(make):
    layer = make()
    layer.build((None, STEPS, FEATURES))
    fast = fuse(layer)
    assert fast.get_config() == layer.get_config()
    assert not fast.weights


# Work for several cores


def test_decoder_is_never_large(monkeypatch):
    """It makes one step, to which several cores add nothing."""
    monkeypatch.setattr(fast_recurrence, "LARGE_RECURRENCE", 0)
    inputs, states = keras.Input((1, FEATURES)), [keras.Input((4,)) for _ in range(2)]
    decoder = fuse(L.LSTM(4))
    assert not has_large_layer(keras.Model([inputs, *states], decoder(inputs, initial_state=states)))


def test_large_layer_is_seen_wherever_it_is_used(monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_RECURRENCE", STEPS * 4)
    inputs = [keras.Input((STEPS, FEATURES)) for _ in range(2)]
    for units, is_large in ((4, False), (5, True)):
        shared = fuse(L.LSTM(units))
        assert has_large_layer(keras.Model(inputs, L.Add()([shared(x) for x in inputs]))) == is_large
        both = fuse(L.Bidirectional(L.LSTM(units)))
        assert has_large_layer(keras.Model(inputs[0], both(inputs[0]))) == is_large


@pytest.mark.parametrize(
    ("layer", "shape", "n_products"),
    [
        (L.Conv1D(4, 2), (7, 3), 6 * 2 * 3 * 4),
        (L.Conv2D(4, 2), (7, 5, 3), 6 * 4 * 2 * 2 * 3 * 4),
        (L.Conv3D(4, 2, padding="same"), (2, 3, 4, 1), 2 * 3 * 4 * 2**3 * 4),
    ],
    ids=["1-D", "2-D", "3-D"],
)
def test_size_of_a_convolution_is_its_products(layer, shape, n_products, monkeypatch):
    inputs = keras.Input(shape)
    network = keras.Model(inputs, layer(inputs))
    for limit, is_large in ((n_products - 1, True), (n_products, False)):
        monkeypatch.setattr(fast_layers, "LARGE_CONVOLUTION", limit)
        assert has_large_layer(network) == is_large


def test_convolution_of_any_number_of_steps_counts_as_small(monkeypatch):
    monkeypatch.setattr(fast_layers, "LARGE_CONVOLUTION", 0)
    inputs = keras.Input((None, FEATURES))
    assert not has_large_layer(keras.Model(inputs, L.Conv1D(4, 2)(inputs)))
