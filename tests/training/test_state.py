"""What training changes: taken out of a model, put back, and carried on."""

from functools import partial

import numpy as np
import pytest

from skhybrid._training.cache import program_of
from skhybrid._training.loops import train
from skhybrid._training.state import TrainingState, all_variables, get_slots, get_state, set_slots, set_state
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


def test_variables_begin_with_the_weights_to_train():
    model = small_dense(dropout=0.5)
    names = [variable.path.split("/")[-1] for variable in all_variables(model)]
    assert names == ["kernel", "bias", "kernel", "bias", "seed_generator_state"]


def test_slots_are_those_of_a_model_until_none_are_put():
    model, other = small_dense(), small_dense()
    set_slots(model, [np.ones(3)])
    assert get_slots(other) is None
    np.testing.assert_array_equal(get_slots(model), [[1, 1, 1]])
    set_slots(model, None)
    set_slots(model, None)  # though there are none
    assert get_slots(model) is None


# While a program trains


@pytest.fixture
def model():
    return small_dense(dropout=0.5, optimizer="sgd")


@pytest.fixture
def state(model):
    return TrainingState(model, program_of(model))


def test_weights_are_one_flat_vector(model, state):
    kernel, bias = (w.ravel() for w in model.get_weights()[:2])
    np.testing.assert_array_equal(state.weights[: 12 * 4 + 4], [*kernel, *bias])
    assert state.weights.shape == (12 * 4 + 4 + 4 * 2 + 2,)


def test_weights_go_back_in_their_shapes(model, state):
    before = [variable.numpy() for variable in all_variables(model)]
    state.weights = state.weights + 1
    state.state = [value + 2 for value in state.state]
    state.write_model()
    for variable, value, change in zip(all_variables(model), before, [1, 1, 1, 1, 2], strict=True):
        np.testing.assert_array_equal(variable.numpy(), value + np.asarray(change, value.dtype))


def test_learning_rate_is_read_again(model, state):
    before = [np.array(slot) for slot in state.program.first_slots]
    model.optimizer.learning_rate = 0.25
    state.read_model()
    assert state.slots[state.program.rate_slot] == 0.25
    for slot, value in zip(state.program.first_slots, before, strict=True):  # which other fits start with
        np.testing.assert_array_equal(slot, value)


def test_evaluation_is_a_sum_over_the_rows(data, model, state):
    X, y, w = (a[:5] for a in data)
    errors = w * np.mean((model.predict_on_batch(X) - y) ** 2, axis=1)
    assert state.evaluate(X, y, w) == pytest.approx(errors.sum(), rel=1e-5)
