"""An optimizer's rule as a function of tensors; what it gathers are slots, as variables are in Keras' optimizer."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras, tf
from skhybrid._training._private import is_decayed, pure_class
from skhybrid._training.served import ELEMENTWISE, WHOLES

LEARNING_RATE = "learning_rate"  # as Keras names the variable
_FLAT = "weights"  # the name of the one vector


class Layout(NamedTuple):
    """Which of the variables of Keras' optimizer each slot stands for."""

    kinds: tuple[str, ...]  # what a slot holds, as "momentum"
    shapes: tuple[tuple[tuple[int, ...], ...], ...]  # those of the variables of each slot
    is_flat: bool

    def gather(self, variables: list[Any]) -> list[NDArray[Any]]:
        """Return the values of Keras' variables as slots."""
        values = read(variables)
        if not self.is_flat:
            return values
        return [
            values[where[0]] if shapes == ((),) else np.concatenate([values[i].ravel() for i in where])
            for where, shapes in zip(self._find_places(variables), self.shapes, strict=True)
        ]

    def assign(self, slots: list[Any], variables: list[Any]) -> None:
        """Give Keras' variables the values that slots have, but for the learning rate, which is up to the caller."""
        for slot, kind, where, shapes in zip(slots, self.kinds, self._find_places(variables), self.shapes, strict=True):
            if kind != LEARNING_RATE:
                write([variables[i] for i in where], split(np.asarray(slot), shapes))

    def _find_places(self, variables):
        """Return, for each slot, where its variables are."""
        if not self.is_flat:
            return [[i] for i in range(len(variables))]
        places: dict[str, list[int]] = {kind: [] for kind in self.kinds}
        for i, variable in enumerate(variables):  # whose names end with their kinds
            ends = [kind for kind in self.kinds if f"_{variable.name}".endswith(f"_{kind}")]
            places[max(ends, key=len)].append(i)
        return list(places.values())


class Rule:
    """How an optimizer changes weights, as a function of tensors.

    Where it treats each number alike, one flat vector stands for all weights, which takes the fewest operations;
    else each weight stands for itself.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        The optimizer of a model; the rule is a copy of it.

    weights, references : list of keras.Variable
        The weights to train, and variables like them, which need no values and are kept.
    """

    def __init__(self, optimizer, weights, references):
        self.shapes = tuple(tuple(v.shape) for v in weights)
        decayed = [is_decayed(optimizer, weight) for weight in weights]
        self.is_flat = _treats_alike(optimizer, weights) and all(decayed)
        if self.is_flat:
            references = [keras.Variable(np.zeros(sum(map(size, self.shapes)), np.float32), name=_FLAT)]
        self.weight_specs = [tf.TensorSpec(v.shape) for v in references]
        # With Keras' pure update instead of TensorFlow's in place.
        self.optimizer = pure_class(type(optimizer)).from_config(optimizer.get_config())
        if not all(decayed):
            kept = [reference for reference, decays in zip(references, decayed, strict=True) if not decays]
            self.optimizer.exclude_from_weight_decay(var_list=kept)
        self.optimizer.build(references)
        variables = self.optimizer.variables
        self.first_slots = [v.numpy() for v in variables]
        self.slot_specs = [tf.TensorSpec(v.shape, v.dtype) for v in variables]
        self.layout = self._lay_out(variables)
        rate, keeps_average = self.optimizer.learning_rate, self.optimizer.use_ema
        self.rate_slot = next((i for i, v in enumerate(variables) if v is rate), None)
        self.average_slots = [i for i, v in enumerate(variables) if keeps_average and v.name.endswith("_average")]

    def pack(self, weights: list[Any]) -> list[Any]:
        """Return arrays of weights as the rule takes them."""
        return [np.concatenate([np.ravel(w) for w in weights])] if self.is_flat else list(weights)

    def unpack(self, packed: list[Any]) -> list[Any]:
        """Return the arrays that `pack` was given."""
        return split(np.asarray(packed[0]), self.shapes) if self.is_flat else [np.asarray(w) for w in packed]

    def parts(self, packed: list[Any]) -> list[Any]:
        """Return tensors as the network's layers have them."""
        if not self.is_flat:
            return packed
        parts = tf.split(packed[0], [size(shape) for shape in self.shapes])
        return [_reshape(part, shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def apply(self, slots, gradients, packed):
        """Return the weights after a step, as the rule takes them, and its slots."""
        # TensorFlow knows the shapes of some gradients only while it computes them.
        gradients = [_reshape(gradient, shape) for gradient, shape in zip(gradients, self.shapes, strict=True)]
        if self.is_flat:
            gradients = [tf.concat([_reshape(g, (size(g.shape),)) for g in gradients], 0)]
        return self.optimizer.stateless_apply(slots, gradients, packed)

    def _lay_out(self, variables):
        """Return which variables of Keras' optimizer the slots stand for."""
        if not self.is_flat:
            return Layout(tuple(v.name for v in variables), tuple((tuple(v.shape),) for v in variables), False)
        return Layout(
            tuple(v.name.removeprefix(f"{_FLAT}_") for v in variables),
            tuple(self.shapes if len(v.shape) else ((),) for v in variables),
            True,
        )


def size(shape: Any) -> int:
    """Return how many numbers an array of this shape holds."""
    return int(np.prod(shape))


def split(vector: NDArray[Any], shapes: Any) -> list[NDArray[Any]]:
    """Return the arrays of these shapes that a vector holds one after another."""
    ends = np.cumsum([size(shape) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(vector.ravel(), ends), shapes, strict=True)]


def read(variables: Any) -> list[NDArray[Any]]:
    """Return the values of variables, without the conversions that Keras makes on the way."""
    reads = (tf.raw_ops.ReadVariableOp(resource=v.handle, dtype=v.value.dtype) for v in variables)
    return [value.numpy() for value in reads]


def write(variables: Any, values: Any) -> None:
    """Give variables values of their types and shapes."""
    for variable, value in zip(variables, values, strict=True):
        tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)


def _treats_alike(optimizer, weights):
    """Return whether an optimizer changes each number in the same way, whichever weight it belongs to."""
    sees_wholes = any(getattr(optimizer, name) for name in WHOLES) or any(weight.constraint for weight in weights)
    return type(optimizer) in ELEMENTWISE and not sees_wholes


def _reshape(a, shape):
    return a if tuple(a.shape) == shape else tf.reshape(a, shape)
