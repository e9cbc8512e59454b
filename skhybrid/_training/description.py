"""What tells two of Keras' objects apart, described whole: only where nothing differs do fits share a program."""

import dis
import functools
import json
import types
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from skhybrid._backend import keras
from skhybrid._training.eligibility import NotServedError, operations_of

LIBRARIES = ("keras", "tensorflow", "numpy", "skhybrid", "math", "builtins")  # they and their functions do not change
PLAIN = (type(None), bool, int, float, complex, str, bytes)
OF_VARIABLES = ("trainable", "constraint", "regularizer")
# Names by which a function may read what cannot be seen in it: of builtins, and of generators of random numbers.
READERS = {"eval", "exec", "open", "input", "globals", "locals", "vars", "__import__", "random"}
UNSEEN = "the loss or a metric may read what cannot be seen in it"


def describe_model(model: Any) -> tuple[Any, ...]:
    """Return the architecture, without names, seeds and first values, in which two builds of it may differ."""
    names = {operation.name: f"#{i}" for i, operation in enumerate(operations_of(model))}
    config = json.dumps(_without_names(model.get_config(), names), sort_keys=True)
    return config, describe([_parts_of(variable) for variable in model.variables]), _settings()


def describe(value: Any) -> Any:
    """Return a hashable description of a loss or a metric, which is equal for another only if both compute the same.

    Raises
    ------
    NotServedError
        If it may read what cannot be seen in it, such as an attribute of another module or a model's weights.
    """
    return _describe(value, ())


def _describe(value, within):
    """Return the description of a value, found `within` others."""
    if isinstance(value, PLAIN):
        return type(value), repr(value)
    if any(value is other for other in within):
        return "within", [value is other for other in within].index(True)
    within = (*within, value)
    if isinstance(value, tuple | list):
        return type(value), *(_describe(item, within) for item in value)
    if isinstance(value, dict):
        return dict, *((_describe(key, within), _describe(item, within)) for key, item in value.items())
    if isinstance(value, np.ndarray | np.generic) and value.dtype != object:
        return type(value), str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, ModuleType | type | BuiltinFunctionType | FunctionType) and _is_of_library(value):
        return value
    if isinstance(value, FunctionType):
        return value, _describe(_what_it_reads(value), within)
    if isinstance(value, MethodType):
        return _describe((value.__self__, value.__func__), within)
    if isinstance(value, functools.partial):
        return _describe((value.func, value.args, value.keywords), within)
    return _describe_instance(value, within)


def _describe_instance(value, within):
    """Return the description of an instance: its class, with the functions that are the user's, and its attributes."""
    if isinstance(value, type | ModuleType | keras.Variable) or not hasattr(value, "__dict__"):
        raise NotServedError(UNSEEN)
    own = [cls for cls in type(value).__mro__[:-1] if not _is_of_library(cls)]
    if any(hasattr(cls, "__slots__") for cls in own):
        raise NotServedError(UNSEEN)
    functions = [
        getattr(found, "__func__", found)  # of class methods and static methods
        for cls in own
        for name, found in vars(cls).items()
        if not (name.startswith("__") and name.endswith("__")) or name == "__call__"
    ]
    return type(value), _describe(functions, within), _describe(vars(value), within)


def _what_it_reads(function):
    """Return what a function of the user's reads beside its arguments."""
    names, cells = _names_read(function.__code__), function.__closure__ or ()
    if names & READERS or types.CellType() in cells:  # an empty one, of a name that is not given yet
        raise NotServedError(UNSEEN)
    closure = [cell.cell_contents for cell in cells]
    read = {name: function.__globals__[name] for name in sorted(names & function.__globals__.keys())}
    return closure, function.__defaults__, function.__kwdefaults__, vars(function), read


def _names_read(code: CodeType) -> set[str]:
    """Return the global names that code may read, in functions inside it as well."""
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME" and step.argval.split(".")[0] not in LIBRARIES:
            raise NotServedError(UNSEEN)
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    return set(code.co_names).union(*map(_names_read, inner))


def _is_of_library(value):
    module = value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))
    return module.split(".")[0] in LIBRARIES


def _without_names(config, names, key=""):
    """Return a configuration with numbers for names, and without seeds and initializers."""
    if isinstance(config, dict):
        return {k: _without_names(v, names, k) for k, v in config.items() if not k.endswith("initializer")}
    if isinstance(config, list | tuple):
        return [_without_names(v, names, "name" if _is_place(config) else "") for v in config]
    if key == "seed" and config is not None:
        return 0
    return names.get(config, config) if key == "name" and isinstance(config, str) else config


def _parts_of(variable):
    """Return what training reads of a variable, which may have been set after its layer was made."""
    return tuple(variable.shape), str(variable.dtype), *(getattr(variable, name) for name in OF_VARIABLES)


def _is_place(config):
    """Return whether a list says where a tensor comes from: name of the layer, of its call, and of its output."""
    return len(config) == 3 and [type(part) for part in config] == [str, int, int]


def _settings():
    """Return the settings of Keras that layers and losses read while they are traced."""
    return keras.config.epsilon(), keras.config.floatx(), keras.config.image_data_format()
