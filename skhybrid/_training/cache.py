"""The programs of this process: each serves all fits of one architecture, loss and optimizer, with equal metrics."""

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import tf
from skhybrid._training._private import forget_kernels, is_decayed, own_names
from skhybrid._training.description import describe, describe_model
from skhybrid._training.eligibility import NotServedError, why_not
from skhybrid._training.fast_recurrence import has_several_threads
from skhybrid._training.inputs import map_inputs
from skhybrid._training.metrics import describe_metrics
from skhybrid._training.program import Program

MAX_PROGRAMS = 64  # one holds some MB

# What is kept for a model as long as it lives: its program, None where there is none, and what the model was compiled
# with and trained of; and where its variables are.
_PROGRAM_OF: WeakKeyDictionary[Any, Program | None] = WeakKeyDictionary()
_MADE_FOR: WeakKeyDictionary[Any, tuple[Any, ...]] = WeakKeyDictionary()
_HANDLES_OF: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()
_PROGRAMS: OrderedDict[Any, Program | str] = OrderedDict()
_LOCK = threading.Lock()


def find_program(model: Any, *, anew: bool = False) -> Program:
    """Return the program of a compiled model.

    As in Keras, what a model was first trained with stays, until it is compiled again or other weights are trained.
    With `anew`, its program is looked for in any case.

    Raises
    ------
    NotServedError
        If only Keras' own loops are right.
    """
    made_for = _what_it_is_made_for(model)
    known = _PROGRAM_OF.get(model)
    if known and not anew and [*map(id, made_for)] == [*map(id, _MADE_FOR[model])]:
        return known
    _PROGRAM_OF[model], _MADE_FOR[model] = None, made_for
    if reason := why_not(model):
        raise NotServedError(reason)
    program = _find_or_build(model)
    if isinstance(program, str):
        raise NotServedError(program)
    _PROGRAM_OF[model] = program
    return program


def program_of(model: Any) -> Program | None:
    """Return the program that trained a model or would train it, None where there is none."""
    if model not in _PROGRAM_OF:
        with suppress(NotServedError):
            find_program(model)
    return _PROGRAM_OF[model]


def _what_it_is_made_for(model):
    """Return what a model was compiled with, and which of its variables are trained."""
    compiled_with = (model.loss, model.optimizer, *model.metrics[1:]) if model.compiled else ()
    return *compiled_with, *(variable.trainable for variable in model.variables)


def _find_or_build(model):
    """Return the program of the model's architecture, loss, optimizer and metrics, or why there is none."""
    compiled_with = describe(model.loss), _describe_optimizer(model), describe_metrics(model)
    key = (describe_model(model), *compiled_with, has_several_threads())
    with _LOCK:
        if key not in _PROGRAMS:
            _PROGRAMS[key] = _build(model)
        _PROGRAMS.move_to_end(key)
        if len(_PROGRAMS) > MAX_PROGRAMS:
            while len(_PROGRAMS) > MAX_PROGRAMS // 2:  # many at once, as the others' kernels are made again
                _PROGRAMS.popitem(last=False)
            forget_kernels()
        return _PROGRAMS[key]


def _build(model):
    with own_names():
        try:
            return Program(model)
        except NotServedError as reason:
            return str(reason)


def run_program(model: Any, program: Program, inputs: Any) -> NDArray[np.float32]:
    """Return the model's outputs for its inputs, an array or a tuple of arrays."""
    if model not in _HANDLES_OF:
        _HANDLES_OF[model] = [variable.handle for variable in model.variables]
    return program.forward(_HANDLES_OF[model], map_inputs(tf.constant, inputs)).numpy()


def clear_caches() -> None:
    """Forget all compiled programs."""
    with _LOCK:
        _PROGRAMS.clear()
        forget_kernels()


def _describe_optimizer(model):
    optimizer = model.optimizer
    config = {**optimizer.get_config(), "name": None}
    if isinstance(config["learning_rate"], float):  # a value that goes in, not a part of the program
        config["learning_rate"] = None
    decayed = tuple(is_decayed(optimizer, weight) for weight in model.trainable_variables)
    return type(optimizer), str(config), decayed
