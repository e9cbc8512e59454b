"""Losses and optimizers of which `copy` and `pickle` make equal ones.

SciKeras and Keras reduce both to a name and `get_config`. That leaves much out: the delta of Huber, what a class of the
user's holds, or the class itself where Keras has one of its name. scikit-learn copies the values of a `param_grid`
before any code here sees them, so the reduction itself is mended, once for all classes: to Python's own, which takes
all that an object holds.
"""

import copyreg
from collections import OrderedDict
from functools import cache
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from skhybrid._backend import keras
from skhybrid._training._private import CACHE_OF_EXCLUDED, EXCLUDED_VARIABLES, LEARNING_RATE

# What pickles by value or by name, or is Keras' own.
PLAIN = (str, bytes, int, float, complex, type, np.ndarray, np.generic, BuiltinFunctionType, FunctionType, ModuleType)


def mend_reductions() -> None:
    """Have losses and optimizers reduced to what they hold; a class's own `__reduce__` goes before that."""
    keras.losses.Loss.__reduce__ = object.__reduce__
    keras.losses.Loss.__getstate__ = _state_of_loss
    keras.optimizers.Optimizer.__reduce__ = _reduce_optimizer
    keras.optimizers.Optimizer.__getstate__ = _state_of_optimizer
    keras.optimizers.Optimizer.__setstate__ = _set_state_of_optimizer


def check_picklable(thing: Any, what: str, state: dict[str, Any]) -> None:
    """Refuse to copy what holds a lock, an open file, or another thing that cannot be copied."""
    for name, value in state.items():
        obstacle = find_obstacle(value, {id(thing): thing})
        if obstacle is not None:
            kind = f"{type(obstacle).__module__}.{type(obstacle).__qualname__}".removeprefix("builtins.")
            raise TypeError(
                f"{what} must hold what can be copied and pickled, but {type(thing).__name__}.{name} is or holds a "
                f"{kind}; make it where it is used, or leave it out in a __getstate__ of the class."
            )


def find_obstacle(value: Any, known: dict[int, Any] | None = None) -> Any:
    """Return the first thing in `value` of which Python makes no copy, None where there is none.

    What is `known`, by its id, is not looked at again.
    """
    known = {} if known is None else known
    if id(value) in known or isinstance(value, PLAIN) or type(value).__module__.startswith("keras."):
        return None
    known[id(value)] = value
    for part in _parts(value):
        obstacle = value if part is value else find_obstacle(part, known)
        if obstacle is not None:
            return obstacle
    return None


def _state_of_loss(loss):
    check_picklable(loss, "loss", vars(loss))
    return object.__getstate__(loss)


def _reduce_optimizer(optimizer):
    return _make_optimizer, (type(optimizer),), optimizer.__getstate__()


def _make_optimizer(cls):
    """Return an optimizer that waits for its state; being in this module, it brings `__setstate__` along."""
    return cls.__new__(cls)


def _state_of_optimizer(optimizer):
    """Return what an optimizer was set to, without the variables that belong to a model it may have trained."""
    held = vars(optimizer)
    if held.get(EXCLUDED_VARIABLES):
        raise ValueError(
            "optimizer must name the variables that weight decay leaves out, but was given variables of another model "
            "(exclude_from_weight_decay(var_list=...)); pass var_names."
        )
    rate = held[LEARNING_RATE]
    state = {name: _untrack(value) for name, value in held.items() if name not in _made_by_init()}
    of_model = [name for name, value in state.items() if _holds_variables(value)]
    if of_model and not optimizer.built:
        raise ValueError(
            f"optimizer must make its variables in build, but {type(optimizer).__name__}.{of_model[0]} holds some "
            "before; make them in build, so that each model gets its own."
        )
    state = {name: value for name, value in state.items() if name not in of_model}
    check_picklable(optimizer, "optimizer", state)
    return {LEARNING_RATE: float(rate) if isinstance(rate, keras.Variable) else rate, **state}


def _set_state_of_optimizer(optimizer, state):
    state = dict(state)
    # What a class sets in its own __init__ is in the state.
    keras.optimizers.Optimizer.__init__(optimizer, learning_rate=state.pop(LEARNING_RATE), name=state["name"])
    for name, value in state.items():
        setattr(optimizer, name, value)


@cache
def _made_by_init():
    """Return the names of all that Keras makes anew in each optimizer."""
    new = vars(keras.optimizers.Optimizer(0.0, name="new"))
    return {"built", CACHE_OF_EXCLUDED, *(name for name in new if name.startswith("_"))}


def _holds_variables(value):
    return any(isinstance(part, keras.Variable) for part in keras.tree.flatten(value))


def _untrack(value):
    """Return lists, dicts and sets as Python's; Keras' own, which optimizers make of them, do not pickle."""
    if isinstance(value, OrderedDict):
        return OrderedDict((key, _untrack(part)) for key, part in value.items())
    if isinstance(value, dict):
        return {key: _untrack(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_untrack(part) for part in value]
    return set(value) if isinstance(value, set) else value


def _parts(value):
    """Return what a copy of `value` is made of: itself, if there is no copy of it."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, MethodType):
        return [value.__self__]
    if type(value) in copyreg.dispatch_table:
        return []
    try:
        reduced = value.__reduce_ex__(4)
    except Exception:  # mostly TypeError, but some have their own: tensors of TensorFlow's resources
        return [value]
    return [] if isinstance(reduced, str) else [*reduced[1], *reduced[2:3]]
