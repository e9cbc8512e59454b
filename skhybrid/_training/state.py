"""What training changes: a model's weights and other state, and what the optimizer of its program has gathered."""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras, tf

# The optimizer's state, kept for a model as long as it lives.
_SLOTS_OF: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()


def all_variables(model: Any) -> list[Any]:
    """Return the weights to train, and then all else that training changes: moving statistics, dropout's generators."""
    return [*model.trainable_variables, *model.non_trainable_variables]


def get_state(model: keras.Model) -> dict[str, Any]:
    """Return all that training has changed: weights, dropout's generators, the optimizer's moments."""
    return {
        "variables": [variable.numpy() for variable in all_variables(model)],
        "optimizer": [variable.numpy() for variable in model.optimizer.variables],
        "slots": get_slots(model),
    }


def set_state(model: keras.Model, state: dict[str, Any]) -> None:
    """Put back what `get_state` returned, into a compiled model that was built in the same way."""
    if len(state["optimizer"]) > len(model.optimizer.variables):
        model.optimizer.build(model.trainable_variables)
    variables = [*all_variables(model), *model.optimizer.variables]
    for variable, value in zip(variables, [*state["variables"], *state["optimizer"]], strict=True):
        variable.assign(value)
    set_slots(model, state["slots"])


def get_slots(model: Any) -> list[NDArray[Any]] | None:
    """Return the optimizer's state after a program has trained the model, None before."""
    return _SLOTS_OF.get(model)


def set_slots(model: Any, slots: list[NDArray[Any]] | None) -> None:
    """Put back what `get_slots` returned; with None, the next training starts with the optimizer's first state."""
    if slots is None:
        _SLOTS_OF.pop(model, None)
    else:
        _SLOTS_OF[model] = slots


class TrainingState:
    """The numbers of a model while a program trains it: weights, the optimizer's slots, other state.

    Parameters
    ----------
    model : keras.Model
        A compiled model.

    program : Program
        Its program.
    """

    def __init__(self, model, program):
        self.model, self.program = model, program
        self.slots = _SLOTS_OF.get(model, program.first_slots)
        self.read_model()

    def read_model(self):
        """Take weights, state and learning rate from the model, where callbacks may have changed them."""
        self.weights = np.concatenate([v.numpy().ravel() for v in self.model.trainable_variables])
        self.state = [v.numpy() for v in self.model.non_trainable_variables]
        if self.program.rate_slot is not None:
            self.slots = list(self.slots)
            self.slots[self.program.rate_slot] = self.model.optimizer.learning_rate.numpy()

    def train(self, X, y, w, batch_size, epoch_size):
        """Train on consecutive batches of consecutive epochs; return the sum of the rows' losses in each epoch."""
        self.weights, self.slots, self.state, totals = self.program.train(
            self.weights, self.slots, self.state, X, y, w, np.int32(batch_size), np.int32(epoch_size)
        )
        return totals.numpy().astype(float)

    def evaluate(self, X, y, w):
        """Return the sum of the rows' losses."""
        return float(self.program.evaluate(self.weights, self.state, X, y, w))

    def write_model(self):
        """Put the weights and all other state into the model."""
        parts = np.split(np.asarray(self.weights), np.cumsum(self.program.sizes)[:-1])
        weights = [part.reshape(shape) for part, shape in zip(parts, self.program.shapes, strict=True)]
        for variable, value in zip(all_variables(self.model), [*weights, *self.state], strict=True):
            tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)
        _SLOTS_OF[self.model] = [np.asarray(slot) for slot in self.slots]

    def finish(self):
        """Put the moving average of the weights into the model, as Keras does, where the optimizer keeps one."""
        if self.program.average_slot is not None:
            self.read_model()
            self.weights = self.slots[self.program.average_slot]
            self.write_model()
