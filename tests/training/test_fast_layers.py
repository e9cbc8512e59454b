"""Layers in their fast forms: the same numbers and gradients as Keras' own."""

import functools

import joblib
import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training import fast_recurrence
from skhybrid._training.fast_layers import (
    FoldedTimeDistributed,
    UnfoldedConv1D,
    fuse,
    has_large_layer,
    let_steps_pass,
)
from skhybrid._training.fast_recurrence import FusedLSTM, has_several_threads

L = keras.layers
N, STEPS, FEATURES = 5, 7, 3

LAYERS = {
    "last": lambda: L.LSTM(4),
    "sequence": lambda: L.LSTM(4, return_sequences=True),
    "backwards": lambda: L.LSTM(4, go_backwards=True),
    "backward sequence": lambda: L.LSTM(4, go_backwards=True, return_sequences=True),
    "no bias": lambda: L.LSTM(4, use_bias=False),
    "odd units": lambda: L.LSTM(3),
    "odd units, sequence": lambda: L.LSTM(3, return_sequences=True),
    "both ways": lambda: L.Bidirectional(L.LSTM(4, return_sequences=True)),
    "causal": lambda: L.Conv1D(4, 3, padding="causal", activation="relu"),
    "valid": lambda: L.Conv1D(4, 2),
    "same, even kernel": lambda: L.Conv1D(4, 4, padding="same"),
    "no convolution bias": lambda: L.Conv1D(4, 3, use_bias=False),
    "activation over time": lambda: L.Conv1D(4, 2, activation=L.Softmax(axis=1)),
}


def outputs_and_gradients(layer, weights, X):
    """Return a layer's outputs, and the gradients of a sum of them in which each counts otherwise."""
    with tf.GradientTape() as tape:
        tape.watch([X, *weights])
        options = {"training": True} if layer._call_has_training_arg else {}
        outputs, _ = layer.stateless_call(weights, [v.value for v in layer.non_trainable_variables], X, **options)
        factors = tf.reshape(tf.cos(tf.range(tf.size(outputs), dtype=tf.float32)), tf.shape(outputs))
        total = tf.reduce_sum(factors * outputs)
    return [outputs, *tape.gradient(total, [X, *weights])]


@pytest.fixture(params=["small", "large on one core", "large on several"])
def size(request, monkeypatch):
    """Have an LSTM of any size count as small, or as large where TensorFlow has one thread or several."""
    monkeypatch.setattr(fast_recurrence, "LARGE_LSTM", 10**9 if request.param == "small" else 0)
    monkeypatch.setattr(fast_recurrence, "has_several_threads", lambda: request.param == "large on several")
    monkeypatch.setattr(fast_recurrence, "STEPS_AT_ONCE", 3)  # of 7: one part has fewer


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("n_features", [2, 3])
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_fast_form_equals_keras(make, n_features):
    rng = np.random.default_rng(0)
    X = tf.constant(rng.normal(size=(N, STEPS, n_features)), tf.float32)
    layer = make()
    fast = fuse(layer)
    for each in (layer, fast):
        each.build(X.shape)
    weights = [tf.constant(rng.normal(size=v.shape), tf.float32) for v in layer.trainable_variables]
    signature = [tf.TensorSpec([None, STEPS, n_features])]  # the number of samples is open, as in a program
    got = tf.function(lambda X: outputs_and_gradients(fast, weights, X), input_signature=signature)(X)
    for a, b in zip(got, outputs_and_gradients(layer, weights, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


def branch(convolved):
    """Return an LSTM's outputs beside what another layer makes of the same convolution."""
    return L.Concatenate()([L.LSTM(4)(convolved), L.GlobalMaxPooling1D()(convolved)])


AFTER_CONVOLUTION = {
    "lstm": (L.LSTM(4), "relu", True),
    "both ways": (L.Bidirectional(L.LSTM(4)), "relu", True),
    "lstm and another": (branch, "relu", True),
    "gru": (L.GRU(4), "relu", False),
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
    assert fast.layers[1].feeds_lstm == passes
    for a, b in zip(run(X), outputs_and_gradients(network, weights, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


def test_nothing_is_turned_between_convolution_and_lstm():
    network = keras.Sequential([keras.Input((STEPS, 2)), UnfoldedConv1D(4, 2), FusedLSTM(4)])
    let_steps_pass(network)
    graph = tf.function(network.call).get_concrete_function(tf.TensorSpec([None, STEPS, 2])).graph
    assert [op.type for op in graph.get_operations()].count("SpaceToBatchND") == 1  # of the inputs


PARTS = {
    "convolution": lambda: L.Conv1D(4, 2, padding="causal", activation="relu"),
    "pool": lambda: L.MaxPooling1D(2),
    "flat": lambda: L.Flatten(),
    "dense": lambda: L.Dense(3),
    "dropout off": lambda: L.Dropout(0.0),
    "not sample by sample": lambda: L.BatchNormalization(),
}


@pytest.mark.parametrize("make", PARTS.values(), ids=PARTS)
def test_folded_times_equal_keras(make):
    rng = np.random.default_rng(0)
    X = tf.constant(rng.normal(size=(N, 3, STEPS, FEATURES)), tf.float32)
    layer = L.TimeDistributed(make())
    fast = fuse(layer)
    assert isinstance(fast, FoldedTimeDistributed)
    for each in (layer, fast):
        each.build(tuple(X.shape))
    weights = [tf.constant(rng.normal(size=v.shape), tf.float32) for v in layer.trainable_variables]
    signature = [tf.TensorSpec([None, *X.shape[1:]])]
    got = tf.function(lambda X: outputs_and_gradients(fast, weights, X), input_signature=signature)(X)
    for a, b in zip(got, outputs_and_gradients(layer, weights, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-6)


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("n_samples", [5, 6])  # 6 as halves of 3
def test_odd_sizes_are_quiet(n_samples, capfd):
    fuse(L.LSTM(3))(np.zeros((n_samples, 3, 1), np.float32), training=True)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_number_of_steps_may_be_open(make):
    layer = make()
    fast = fuse(layer)
    X = np.random.default_rng(0).normal(size=(N, STEPS, FEATURES)).astype(np.float32)
    own, model = (keras.Sequential([keras.Input((None, FEATURES)), each]) for each in (layer, fast))
    model.set_weights(own.get_weights())
    np.testing.assert_allclose(model.predict_on_batch(X), own.predict_on_batch(X), rtol=1e-5, atol=2e-6)


def test_large_layer_is_seen_wherever_it_is_used(monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_LSTM", STEPS * 4)
    inputs = [keras.Input((STEPS, FEATURES)) for _ in range(2)]
    for units, is_large in ((4, False), (5, True)):
        shared = fuse(L.LSTM(units))
        assert has_large_layer(keras.Model(inputs, L.Add()([shared(x) for x in inputs]))) == is_large
        both = fuse(L.Bidirectional(L.LSTM(units)))
        assert has_large_layer(keras.Model(inputs[0], both(inputs[0]))) == is_large


@pytest.mark.parametrize(
    ("n_cores", "intra", "inter", "several"),
    [(2, 0, 0, True), (1, 0, 0, False), (2, 1, 0, False), (2, 0, 1, False), (2, 2, 2, True), (1, 2, 2, False)],
)
def test_threads_are_counted_by_cores_and_pools(n_cores, intra, inter, several, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: n_cores)
    monkeypatch.setattr(tf.config.threading, "get_intra_op_parallelism_threads", lambda: intra)
    monkeypatch.setattr(tf.config.threading, "get_inter_op_parallelism_threads", lambda: inter)
    assert has_several_threads() == several


def test_layers_of_a_bidirectional_are_fused():
    fast = fuse(L.Bidirectional(L.LSTM(4)))
    assert type(fast.forward_layer) is type(fast.backward_layer) is FusedLSTM


def test_layer_of_a_time_distributed_is_fused():
    assert type(fuse(L.TimeDistributed(L.Conv1D(4, 2))).layer) is UnfoldedConv1D


@pytest.mark.parametrize(
    "layer",
    [L.LSTM(4, activation="relu"), L.LSTM(4, recurrent_activation="hard_sigmoid"), L.GRU(4), L.Dense(4)],
    ids=lambda layer: layer.name,
)
def test_other_layers_stay_as_they_are(layer):
    assert type(fuse(layer)) is type(layer)


@pytest.mark.parametrize(
    "layer",
    [
        L.LSTM(4, dropout=0.5),
        L.LSTM(4, stateful=True),
        L.LSTM(4, return_state=True),
        L.Conv1D(4, 2, strides=2),
        L.Conv1D(4, 2, dilation_rate=2),
        L.Conv1D(3, 2, groups=3),
    ],
    ids=["dropout", "stateful", "state", "strides", "dilation", "groups"],
)
def test_what_a_fast_form_cannot_do_is_left_to_keras(layer, monkeypatch):
    called = []

    def noted(call):
        @functools.wraps(call)  # Keras reads the names of its arguments
        def noting(self, *args, **kwargs):
            called.append(self)
            return call(self, *args, **kwargs)

        return noting

    for own in (L.LSTM, L.Conv1D):
        monkeypatch.setattr(own, "call", noted(own.call))
    fast = fuse(layer)
    assert isinstance(fast, FusedLSTM | UnfoldedConv1D)
    fast(np.zeros((N, STEPS, FEATURES), np.float32), training=True)
    assert called == [fast]
