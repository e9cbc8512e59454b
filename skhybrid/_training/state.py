"""What training changes: a model's weights and other state, and what its optimizer has gathered.

A program gathers in slots of its own. They reach the model's optimizer when somebody may look at it (`hand_over`), as
to make its variables takes time that shows in a short fit.
"""

from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras
from skhybrid._training._private import own_names, weights_of_optimizer
from skhybrid._training.cache import find_program
from skhybrid._training.eligibility import NotServedError, operations_of
from skhybrid._training.metrics import Metrics
from skhybrid._training.rule import Layout, read, write


class Gathered(NamedTuple):
    """What a program has gathered for an optimizer, which does not have it yet."""

    slots: list[NDArray[Any]]
    layout: Layout
    places: list[int]  # among the model's variables, those of the weights that the slots belong to


# Kept for an optimizer as long as it lives.
_GATHERED_FOR: WeakKeyDictionary[Any, Gathered] = WeakKeyDictionary()


def get_state(model: keras.Model) -> dict[str, Any]:
    """Return all that training has changed: variables, which parts are trained, and what the optimizer has gathered."""
    return {
        "variables": read(model.variables),
        "trainable": [part.trainable for part in _parts_with_weights(model)],
        "optimizer": read(model.optimizer.variables),
        "optimizer_places": _find_places(model, weights_of_optimizer(model)),
        "gathered": _GATHERED_FOR.get(model.optimizer),
    }


def set_state(model: keras.Model, state: dict[str, Any]) -> None:
    """Put back what `get_state` returned, into a compiled model that was built in the same way."""
    if state["optimizer_places"]:
        _build_optimizer(model, state["optimizer_places"])
    # An optimizer that was not built then may be now, and has more variables: what was gathered goes before them.
    of_optimizer = model.optimizer.variables[: len(state["optimizer"])]
    values = [*state["variables"], *state["optimizer"]]
    for variable, value in zip([*model.variables, *of_optimizer], values, strict=True):
        variable.assign(value)
    for part, trainable in zip(_parts_with_weights(model), state["trainable"], strict=True):
        if part.trainable != trainable:  # to set it sets it for all within
            part.trainable = trainable
    _GATHERED_FOR.pop(model.optimizer, None)
    if state["gathered"] is not None:
        _GATHERED_FOR[model.optimizer] = state["gathered"]


def hand_over(model: keras.Model) -> None:
    """Give the model's optimizer what a program has gathered for it."""
    gathered = _GATHERED_FOR.pop(model.optimizer, None) if model.compiled else None
    if gathered is not None:
        _build_optimizer(model, gathered.places)
        gathered.layout.assign(gathered.slots, model.optimizer.variables)


class TrainingState:
    """The numbers of a model while a program trains it: weights, the optimizer's slots, other state.

    Parameters
    ----------
    model : keras.Model
        A compiled model, as it is now.

    is_watched : bool, default=False
        Whether callbacks may look at the optimizer, and change it and what is trained.

    anew : bool, default=False
        Whether to look for its program in any case, as all of the model may have changed.

    Raises
    ------
    NotServedError
        If a program would not train it as Keras does.
    """

    def __init__(self, model, *, is_watched=False, anew=False):
        self.model, self.is_watched = model, is_watched
        self.program = find_program(model, anew=anew)
        self.variables = model.variables
        self.metrics = Metrics(model)
        self.program.train.trace()  # which may show more reasons against it
        self.read_model()

    def begin(self):
        """Return the state to train, as callbacks have left the model at the beginning; later, Keras does not look."""
        if not self.is_watched:
            return self
        try:
            return TrainingState(self.model, is_watched=True, anew=True)
        except NotServedError as reason:
            raise ValueError(
                f"callbacks must leave a network that a program trains as Keras does, but after on_train_begin "
                f"{reason}; pass engine='keras'."
            ) from None

    def read_model(self):
        """Take weights, state and what is gathered from the model, where callbacks may have changed them."""
        self.slots = self._find_slots()
        weights, self.state = self.program.divide(read(self.variables))
        self.packed = self.program.rule.pack(weights)
        if (rate_slot := self.program.rule.rate_slot) is not None:
            self.slots = list(self.slots)
            self.slots[rate_slot] = self.model.optimizer.learning_rate.numpy()

    def train(self, X, y, w, batch_size, epoch_size):
        """Train on consecutive batches of consecutive epochs; return the sums of losses and metrics, (sum, epoch)."""
        batch_size = min(batch_size, epoch_size)  # which may be more than an int32 holds
        self.packed, self.slots, self.state, totals = self.program.train(
            self.packed, self.slots, self.state, X, y, w, np.int32(batch_size), np.int32(epoch_size)
        )
        return _as_floats(totals)

    def evaluate(self, X, y, w):
        """Return the sums of losses and metrics, (sum,)."""
        totals, self.state = self.program.evaluate(self.packed, self.state, X, y, w)
        return _as_floats(totals)

    def read_logs(self, totals, n_rows):
        """Return the loss and the metrics of some rows, by the names that Keras gives them."""
        return {"loss": float(totals[0]) / n_rows, **self.metrics.read(totals[1:])}

    def write_model(self):
        """Put the weights and all other state into the model."""
        trained, others = self.program.divide(self.variables)
        values = [*self.program.rule.unpack(self.packed), *self.state]
        write([*trained, *others], values)
        slots = [np.asarray(slot) for slot in self.slots]
        layout, places = self.program.rule.layout, _find_places(self.model, trained)
        _GATHERED_FOR[self.model.optimizer] = Gathered(slots, layout, places)
        if self.is_watched:
            hand_over(self.model)

    def finish(self):
        """Put the moving average of the weights into the model, as Keras does, where the optimizer keeps one."""
        if averages := self.program.rule.average_slots:
            self.read_model()
            self.packed = [self.slots[i] for i in averages]
            self.write_model()

    def _find_slots(self):
        """Return what is gathered so far, by a program or by Keras; at first, what the optimizer starts with."""
        optimizer, rule = self.model.optimizer, self.program.rule
        weights, _ = self.program.divide(self.variables)
        gathered = _GATHERED_FOR.get(optimizer)
        if gathered and (gathered.layout, gathered.places) == (rule.layout, _find_places(self.model, weights)):
            return gathered.slots
        hand_over(self.model)
        if not optimizer.built:
            return rule.first_slots
        if [id(v) for v in weights_of_optimizer(self.model)] != [id(v) for v in weights]:
            raise NotServedError("its optimizer has trained other weights")
        return rule.layout.gather(optimizer.variables)


def _as_floats(tensors):
    return np.array([tensor.numpy() for tensor in tensors], dtype=float)


def _parts_with_weights(model):
    """Return the layers of a model, and after them all variables."""
    layers = [operation for operation in operations_of(model) if isinstance(operation, keras.layers.Layer)]
    return [*layers, *model.variables]


def _find_places(model, weights):
    """Return where weights are among the variables of a model."""
    places = {id(variable): i for i, variable in enumerate(model.variables)}
    return [places[id(weight)] for weight in weights]


def _build_optimizer(model, places):
    """Have the optimizer make its variables, for the weights that are in these places."""
    if not model.optimizer.built:
        variables = model.variables
        with own_names():
            model.optimizer.build([variables[i] for i in places])
