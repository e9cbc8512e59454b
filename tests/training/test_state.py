"""What training changes: taken out of a model, put back, and carried on."""

from functools import partial

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training.eligibility import NotServedError
from skhybrid._training.loops import train
from skhybrid._training.state import TrainingState, get_state, hand_over, set_state
from skhybrid.networks import dense
from tests.helpers import compile_network, largest_difference

N, BATCH = 40, 16
small_dense = partial(compile_network, dense, dense_units=4)


def test_state_carries_on_an_interrupted_training(data):
    whole, first, second = (small_dense(dropout=0.5) for _ in range(3))
    options = {"batch_size": BATCH, "seed": 4}
    train(whole, data, np.arange(N), epochs=2, **options)
    train(first, data, np.arange(N), epochs=1, **options)
    set_state(second, get_state(first))
    train(second, data, np.arange(N), epochs=2, initial_epoch=1, **options)
    assert largest_difference(second, whole) == 0


def test_state_is_a_copy():
    model = small_dense()
    state = get_state(model)
    before = [a.copy() for a in state["variables"]]
    model.set_weights([w + 1 for w in model.get_weights()])
    for a, b in zip(state["variables"], before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_state_of_another_network_is_refused():
    with pytest.raises(ValueError, match="shape"):
        set_state(compile_network(dense, dense_units=(4, 4)), get_state(small_dense()))


@pytest.mark.parametrize("is_seen", [False, True])
def test_state_knows_what_is_trained(data, is_seen):
    whole, first, second = (small_dense() for _ in range(3))
    options = {"batch_size": BATCH, "seed": 4}
    for model in (whole, first):
        train(model, data, np.arange(N), epochs=1, **options)
        model.layers[2].trainable = False
    if is_seen:
        hand_over(first)
    set_state(second, get_state(first))
    assert [layer.trainable for layer in second.layers] == [layer.trainable for layer in first.layers]
    for model in (whole, second):
        train(model, data, np.arange(N), epochs=2, initial_epoch=1, engine="keras", **options)
    assert largest_difference(second, whole) == 0


# What the optimizer gets


def test_optimizer_gets_what_was_gathered_when_it_is_looked_at(data):
    model = small_dense(optimizer="adam")
    train(model, data, np.arange(N), epochs=2, batch_size=BATCH, seed=4)
    assert model.optimizer.iterations == 0
    hand_over(model)
    assert model.optimizer.iterations == 6
    assert all(np.any(variable.numpy()) for variable in model.optimizer.variables)
    before = [variable.numpy() for variable in model.optimizer.variables]
    hand_over(model)  # though there is nothing more
    for variable, value in zip(model.optimizer.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_changes_to_the_optimizer_are_seen(data):
    """Moments that a user sets count, for either loop."""
    models = [small_dense(optimizer=keras.optimizers.SGD(0.01, momentum=0.9)) for _ in range(2)]
    for model, engine in zip(models, ("compiled", "keras"), strict=True):
        options = {"batch_size": BATCH, "seed": 4, "engine": engine}
        train(model, data, np.arange(N), epochs=1, **options)
        hand_over(model)
        for variable in model.optimizer.variables[2:]:
            variable.assign(variable + 0.5)
        model.optimizer.learning_rate = 0.02
        train(model, data, np.arange(N), epochs=2, initial_epoch=1, **options)
    assert largest_difference(*models) < 1e-5


def test_other_weights_than_the_optimizer_has_trained_are_left_to_keras(data):
    model = small_dense()
    train(model, data, np.arange(N), epochs=1, batch_size=BATCH, seed=4)
    model.layers[2].trainable = False
    with pytest.raises(NotServedError, match="its optimizer has trained other weights"):
        TrainingState(model)


# While a program trains


@pytest.fixture
def model():
    return small_dense(dropout=0.5, optimizer="sgd")


@pytest.fixture
def state(model):
    return TrainingState(model)


def test_weights_are_one_flat_vector(model, state):
    kernel, bias = (w.ravel() for w in model.get_weights()[:2])
    np.testing.assert_array_equal(state.packed[0][: 12 * 4 + 4], [*kernel, *bias])
    assert [a.shape for a in state.packed] == [(12 * 4 + 4 + 4 * 2 + 2,)]


def test_weights_go_back_in_their_shapes(model, state):
    before = [variable.numpy() for variable in model.variables]
    changes = [1 if variable.trainable else 2 for variable in model.variables]
    state.packed = [state.packed[0] + 1]
    state.state = [value + 2 for value in state.state]
    state.write_model()
    for variable, value, change in zip(model.variables, before, changes, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value + np.asarray(change, value.dtype))


def test_learning_rate_is_read_again(model, state):
    before = [np.array(slot) for slot in state.program.rule.first_slots]
    model.optimizer.learning_rate = 0.25
    state.read_model()
    assert state.slots[state.program.rule.rate_slot] == 0.25
    for slot, value in zip(state.program.rule.first_slots, before, strict=True):  # which other fits start with
        np.testing.assert_array_equal(slot, value)


def test_evaluation_is_a_sum_over_the_rows(data, model, state):
    X, y, w = (a[:5] for a in data)
    errors = w * np.mean((model.predict_on_batch(X) - y) ** 2, axis=1)
    assert state.evaluate(X, y, w) == pytest.approx([errors.sum()], rel=1e-5)
