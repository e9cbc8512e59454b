"""The programs of this process: each serves all fits of one architecture, loss and optimizer."""

import json
import re
import threading
from collections import OrderedDict
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras, tf
from skhybrid._training._private import forget_kernels, own_names
from skhybrid._training.eligibility import flatten_layers, why_not
from skhybrid._training.fast_recurrence import has_several_threads
from skhybrid._training.program import Program
from skhybrid._training.state import all_variables

MAX_PROGRAMS = 64  # one holds some MB

# What is kept for a model as long as it lives: its program, None where there is none, and where its variables are.
_PROGRAM_OF: WeakKeyDictionary[Any, Program | None] = WeakKeyDictionary()
_HANDLES_OF: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()
_PROGRAMS: OrderedDict[Any, Program] = OrderedDict()
_LOCK = threading.Lock()


def program_of(model: Any) -> Program | None:
    """Return the program of a compiled model, or None where only Keras' own loops are right."""
    if model not in _PROGRAM_OF:
        _PROGRAM_OF[model] = None if why_not(model) else _find_or_build(model)
    return _PROGRAM_OF[model]


def _find_or_build(model):
    """Return the program of the model's architecture, loss and optimizer."""
    key = (_describe(model), _describe_loss(model.loss), _describe_optimizer(model.optimizer), has_several_threads())
    with _LOCK:
        if key not in _PROGRAMS:
            with own_names():
                _PROGRAMS[key] = Program(model)
        _PROGRAMS.move_to_end(key)
        if len(_PROGRAMS) > MAX_PROGRAMS:
            while len(_PROGRAMS) > MAX_PROGRAMS // 2:  # many at once, as the others' kernels are made again
                _PROGRAMS.popitem(last=False)
            forget_kernels()
        return _PROGRAMS[key]


def run_program(model: Any, program: Program, X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the model's outputs for X."""
    if model not in _HANDLES_OF:
        _HANDLES_OF[model] = [variable.handle for variable in all_variables(model)]
    return program.forward(_HANDLES_OF[model], tf.constant(X)).numpy()


def clear_caches() -> None:
    """Forget all compiled programs."""
    with _LOCK:
        _PROGRAMS.clear()
        forget_kernels()


def _describe_loss(loss):
    """Return what tells a loss from others: a name, a function or an instance of the user's."""
    if isinstance(loss, keras.losses.Loss) and type(loss).__module__.startswith("keras."):
        return type(loss), str({**loss.get_config(), "name": None})
    return loss


def _describe_optimizer(optimizer):
    config = {**optimizer.get_config(), "name": None}
    if isinstance(config["learning_rate"], float):  # a value that goes in, not a part of the program
        config["learning_rate"] = None
    return type(optimizer), str(config)


def _describe(model):
    """Return the architecture as text, without what differs between two builds of it: seeds and counted names."""
    text = re.sub(r'"seed": \d+', '"seed": 0', json.dumps(model.get_config()))
    for i, name in enumerate(layer.name for layer in flatten_layers(model)):
        if re.search(r"_\d+$", name):
            text = text.replace(f'"{name}"', f'"#{i}"')
    return text
