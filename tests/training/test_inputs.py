"""What a network reads: an array, or a tuple of several."""

import numpy as np
import pytest

from skhybrid._backend import keras
from skhybrid._training.inputs import as_taken, map_inputs, specs_of
from tests.training.two_inputs import recurrent_with_known


def test_function_is_mapped_over_one_or_several():
    assert map_inputs(len, [1, 2, 3]) == 3
    assert map_inputs(len, ([1, 2, 3], [4])) == (3, 1)


def test_specifications_follow_the_order_of_the_inputs():
    assert [spec.shape.as_list() for spec in specs_of(recurrent_with_known())] == [[None, 6, 2], [None, 3, 2]]


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x]], ids=["alone", "in a list"])
def test_one_input_has_one_specification(wrap):
    inputs = keras.Input((6, 2))
    assert specs_of(keras.Model(wrap(inputs), keras.layers.Flatten()(inputs))).shape.as_list() == [None, 6, 2]


def test_inputs_are_packed_as_the_model_was_made():
    one, (first, second) = np.zeros(3), (np.zeros(1), np.ones(2))
    sequential = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    assert as_taken(sequential, one) is one
    assert as_taken(recurrent_with_known(), (first, second)) == (first, second)
    as_dict = recurrent_with_known(as_dict=True)
    packed = as_taken(as_dict, (first, second))
    names = [each.name for each in as_dict.inputs]
    assert packed[names[0]] is first
    assert packed[names[1]] is second
