"""The LSTM in its fast form: the same numbers and gradients as Keras' own, however large it is."""

import joblib
import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training import fast_recurrence
from skhybrid._training.fast_layers import fuse
from skhybrid._training.fast_recurrence import (
    FusedLSTM,
    _swap_gates,
    has_several_threads,
    to_sequences,
    to_steps,
    turn,
)
from tests.helpers import assert_layer_equals

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
}


@pytest.fixture(params=["small", "large on one core", "large on several"])
def size(request, monkeypatch):
    """Have an LSTM of any size count as small, or as large where TensorFlow has one thread or several."""
    monkeypatch.setattr(fast_recurrence, "LARGE_RECURRENCE", 10**9 if request.param == "small" else 0)
    monkeypatch.setattr(fast_recurrence, "has_several_threads", lambda: request.param == "large on several")
    monkeypatch.setattr(fast_recurrence, "STEPS_AT_ONCE", 3)  # of 7: one part has fewer


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("n_features", [2, 3])
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_fast_form_equals_keras(make, n_features):
    layer = make()
    assert_layer_equals(fuse(layer), layer, (N, STEPS, n_features))


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("n_states", [0, 2])
@pytest.mark.parametrize("n_steps", [1, STEPS])
@pytest.mark.parametrize("units", [4, 3])
@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"go_backwards": True}], ids=str)
def test_states_in_and_out_equal_keras(options, units, n_steps, n_states, called_by_keras):
    layer = L.LSTM(units, return_state=True, **options)
    fast = fuse(layer)
    rng = np.random.default_rng(0)
    tensors = [tf.constant(rng.normal(size=shape), tf.float32) for shape in [(N, n_steps, 3), *n_states * [(N, units)]]]
    for each in (layer, fast):
        each.build((N, n_steps, 3))
    weights = [tf.constant(rng.normal(size=v.shape), tf.float32) for v in layer.trainable_variables]
    run = tf.function(lambda *tensors: states_and_gradients(fast, weights, tensors))
    got = run(*tensors)
    assert called_by_keras == []
    for a, b in zip(got, states_and_gradients(layer, weights, tensors), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def states_and_gradients(layer, weights, tensors):
    """Return outputs and states of an LSTM, and the gradients by its weights, inputs and first states."""
    sequences, *start = tensors
    with tf.GradientTape() as tape:
        tape.watch([weights, tensors])
        others = [v.value for v in layer.non_trainable_variables]
        outputs, _ = layer.stateless_call(weights, others, sequences, initial_state=start or None, training=True)
        total = tf.add_n([tf.reduce_sum(tf.sin((i + 1) * output)) for i, output in enumerate(outputs)])
    return [*outputs, *tape.gradient(total, [*weights, *tensors])]


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


@pytest.mark.parametrize(
    "layer",
    [L.LSTM(4, dropout=0.5), L.LSTM(4, stateful=True)],
    ids=["dropout", "stateful"],
)
def test_what_a_fast_form_cannot_do_is_left_to_keras(layer, called_by_keras):
    fast = fuse(layer)
    assert isinstance(fast, FusedLSTM)
    fast(np.zeros((N, STEPS, FEATURES), np.float32), training=True)
    assert called_by_keras == [fast]


def test_dropout_is_left_to_keras_even_where_it_is_off(called_by_keras):
    """It draws there as well, so that later draws are others."""
    fast = fuse(L.LSTM(4, dropout=0.5))
    fast(np.zeros((N, STEPS, FEATURES), np.float32))
    assert called_by_keras == [fast]


# Size and threads


@pytest.mark.parametrize(("n_steps", "is_large"), [(20, False), (21, True), (30, True), (31, False), (None, False)])
def test_lstm_is_large_between_a_size_and_what_can_be_unrolled(n_steps, is_large, monkeypatch):
    monkeypatch.setattr(fast_recurrence, "LARGE_RECURRENCE", 20 * 4)
    monkeypatch.setattr(fast_recurrence, "MAX_UNROLLED", 30)
    assert FusedLSTM(4).is_large(n_steps) == is_large


@pytest.mark.parametrize(
    ("n_cores", "intra", "inter", "several"),
    [(2, 0, 0, True), (1, 0, 0, False), (2, 1, 0, False), (2, 0, 1, False), (2, 2, 2, True), (1, 2, 2, False)],
)
def test_threads_are_counted_by_cores_and_pools(n_cores, intra, inter, several, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: n_cores)
    monkeypatch.setattr(tf.config.threading, "get_intra_op_parallelism_threads", lambda: intra)
    monkeypatch.setattr(tf.config.threading, "get_inter_op_parallelism_threads", lambda: inter)
    assert has_several_threads() == several


# Axes and gates


def test_steps_are_the_transposed_sequences():
    sequences = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_array_equal(to_steps(tf.constant(sequences)), sequences.transpose(1, 0, 2))


def test_sequences_are_the_transposed_steps_and_keep_them():
    steps = tf.reshape(tf.range(2.0 * 3 * 4), (2, 3, 4))
    sequences = to_sequences(steps)
    np.testing.assert_array_equal(sequences, np.transpose(steps, (1, 0, 2)))
    assert to_steps(sequences) is steps


def test_gates_are_swapped_and_swapped_back():
    gates = tf.constant([[0.0, 1, 2, 3, 4, 5, 6, 7]])
    np.testing.assert_array_equal(_swap_gates(gates), [[0, 1, 4, 5, 2, 3, 6, 7]])
    np.testing.assert_array_equal(_swap_gates(_swap_gates(gates)), gates)


def test_matrix_is_turned():
    np.testing.assert_array_equal(turn(tf.constant([[1.0, 2, 3], [4, 5, 6]])), [[1, 4], [2, 5], [3, 6]])
