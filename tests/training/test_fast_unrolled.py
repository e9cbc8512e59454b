"""GRU and SimpleRNN in their fast forms: the same numbers and gradients as Keras' own, however large they are."""

import numpy as np
import pytest

from skhybrid._backend import keras, tf
from skhybrid._training import fast_unrolled
from skhybrid._training.fast_layers import fuse
from skhybrid._training.fast_unrolled import Unrolled, UnrolledGRU, UnrolledSimpleRNN
from tests.helpers import assert_layer_equals

L = keras.layers
N, STEPS, FEATURES = 5, 7, 3

CELLS = {UnrolledGRU: L.GRU, UnrolledSimpleRNN: L.SimpleRNN}
OPTIONS = {
    "last": {},
    "sequence": {"return_sequences": True},
    "backwards": {"go_backwards": True},
    "backward sequence": {"go_backwards": True, "return_sequences": True},
    "no bias": {"use_bias": False},
}
every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: cell.__name__)


@pytest.fixture(params=["whole", "halves"])
def size(request, monkeypatch):
    """Have a recurrence of any size computed as a whole, or in halves as a large one is on several cores."""
    monkeypatch.setattr(fast_unrolled, "LARGE_RECURRENCE", 10**9 if request.param == "whole" else 0)
    monkeypatch.setattr(fast_unrolled, "has_several_threads", lambda: True)


@pytest.mark.usefixtures("size")
@every_cell
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_fast_form_equals_keras(cell, options, called_by_keras):
    layer = cell(4, **options, bias_initializer="normal")
    fast = fuse(layer)
    assert type(fast) in CELLS
    assert_layer_equals(fast, layer, (N, STEPS, FEATURES))
    assert called_by_keras == [layer]


@every_cell
def test_both_ways_equal_keras(cell):
    layer = L.Bidirectional(cell(4, return_sequences=True))
    assert_layer_equals(fuse(layer), layer, (N, STEPS, FEATURES))


@every_cell
@pytest.mark.parametrize("n_states", [0, 1])
@pytest.mark.parametrize("n_steps", [1, STEPS])
@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"go_backwards": True}], ids=str)
def test_states_in_and_out_equal_keras(cell, options, n_steps, n_states, called_by_keras):
    layer = cell(4, return_state=True, **options)
    fast = fuse(layer)
    rng = np.random.default_rng(0)
    tensors = [tf.constant(rng.normal(size=shape), tf.float32) for shape in [(N, n_steps, 3), *n_states * [(N, 4)]]]
    for each in (layer, fast):
        each.build((N, n_steps, 3))
    weights = [tf.constant(rng.normal(size=v.shape), tf.float32) for v in layer.trainable_variables]
    got = tf.function(lambda *tensors: states_and_gradients(fast, weights, tensors))(*tensors)
    assert called_by_keras == []
    for a, b in zip(got, states_and_gradients(layer, weights, tensors), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def states_and_gradients(layer, weights, tensors):
    """Return outputs and state of a recurrence, and the gradients by its weights, inputs and first state."""
    sequences, *start = tensors
    with tf.GradientTape() as tape:
        tape.watch([weights, tensors])
        others = [v.value for v in layer.non_trainable_variables]
        outputs, _ = layer.stateless_call(weights, others, sequences, initial_state=start or None, training=True)
        total = tf.add_n([tf.reduce_sum(tf.sin((i + 1) * output)) for i, output in enumerate(outputs)])
    return [*outputs, *tape.gradient(total, [*weights, *tensors])]


@every_cell
@pytest.mark.parametrize(
    "options",
    [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"stateful": True}],
    ids=lambda options: next(iter(options)),
)
def test_what_a_fast_form_cannot_do_is_left_to_keras(cell, options, called_by_keras):
    fast = fuse(cell(4, **options))
    assert isinstance(fast, Unrolled)
    fast(np.zeros((N, STEPS, FEATURES), np.float32), training=True)
    assert called_by_keras == [fast]


@every_cell
@pytest.mark.parametrize("n_steps", [None, 5])
def test_steps_that_are_open_or_many_are_left_to_keras(cell, n_steps, called_by_keras, monkeypatch):
    monkeypatch.setattr(fast_unrolled, "MAX_UNROLLED", 4)
    fast = fuse(cell(4))
    fast.build((None, n_steps, FEATURES))
    signature = [tf.TensorSpec([None, n_steps, FEATURES])]
    run = tf.function(fast.call, input_signature=signature, autograph=False)
    assert run(np.zeros((N, 5, FEATURES), np.float32)).shape == (N, 4)
    assert {*called_by_keras} == {fast}


@every_cell
def test_mask_is_left_to_keras(cell, called_by_keras):
    fast = fuse(cell(4))
    fast(np.zeros((N, STEPS, FEATURES), np.float32), mask=np.ones((N, STEPS), bool))
    assert called_by_keras == [fast]


@pytest.mark.parametrize(("n_steps", "is_large"), [(20, False), (21, True), (30, True), (31, False), (None, False)])
@pytest.mark.parametrize("cell", CELLS)
def test_recurrence_is_large_between_a_size_and_what_can_be_unrolled(cell, n_steps, is_large, monkeypatch):
    monkeypatch.setattr(fast_unrolled, "LARGE_RECURRENCE", 20 * 4)
    monkeypatch.setattr(fast_unrolled, "MAX_UNROLLED", 30)
    assert cell(4).is_large(n_steps) == is_large
