"""What a network reads: an array, or a tuple of arrays where it has several inputs."""

from collections.abc import Callable
from typing import Any

from skhybrid._backend import keras, tf


def map_inputs(function: Callable[[Any], Any], inputs: Any) -> Any:
    """Return what a function makes of each input, as an array or a tuple of arrays like `inputs`."""
    return tuple(map(function, inputs)) if isinstance(inputs, tuple) else function(inputs)


def specs_of(model: Any) -> Any:
    """Return the specification of a network's inputs, for any number of samples."""
    specs = tuple(tf.TensorSpec((None, *each.shape[1:])) for each in model.inputs)
    return specs if len(specs) > 1 else specs[0]


def as_taken(model: Any, inputs: Any) -> Any:
    """Return several inputs in the structure that a model was made with, such as a dict."""
    if not isinstance(inputs, tuple):
        return inputs
    return keras.tree.lists_to_tuples(keras.tree.pack_sequence_as(model.input, inputs))  # tf.data takes no lists
