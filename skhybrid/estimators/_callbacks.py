"""The user's callbacks: copied for each fit, and packed with an estimator that is copied or pickled."""

import copy
import io
import os
import sys
import warnings
from collections import deque
from inspect import getclosurevars
from types import FunctionType, MethodType, ModuleType
from typing import Any

from skhybrid._backend import keras
from skhybrid._training import check_picklable, find_obstacle

# Packages of whose objects none is there to be reported to, containers aside.
HARMLESS = {*sys.stdlib_module_names, "numpy", "pandas", "keras", "tensorflow"}
# Warnings point to the caller of `fit`.
_CALLER = 6


def copy_callbacks(callbacks: Any) -> list[Any]:
    """Return copies of the callbacks, so that no fit counts on from another; what they report to is the caller's."""
    if isinstance(callbacks, keras.callbacks.Callback):
        callbacks = [callbacks]
    for callback in callbacks or ():
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                f"callbacks must hold instances of keras.callbacks.Callback, but holds {callback!r}; pass instances."
            )
        _warn_of_lost_reports(callback)
    return _copy_apart_from_what_they_hold(callbacks or ())


def pack_callbacks(callbacks: Any) -> Any:
    """Return the callbacks as they can be pickled, with what they hold, and the process they come from."""
    if isinstance(callbacks, keras.callbacks.Callback):
        return pack_callbacks([callbacks])[0]
    if not callbacks or not all(isinstance(callback, keras.callbacks.Callback) for callback in callbacks):
        return callbacks
    packed = _copy_apart_from_what_they_hold(callbacks)
    for callback in packed:
        for name, value in list(vars(callback).items()):
            if _is_opened_anew(value, callback):
                setattr(callback, name, None)
        callback._packed_in = os.getpid()
        state = callback.__getstate__()
        check_picklable(callback, "callbacks", state if isinstance(state, dict) else {})
    return type(callbacks)(packed)


def _is_opened_anew(value, callback):
    """Return whether an attribute is a closed file, or what a callback of Keras opens whenever training starts."""
    if not _is_of_keras(callback):
        return isinstance(value, io.IOBase) and value.closed
    return isinstance(value, ModuleType) or (not callable(value) and find_obstacle(value) is not None)


def _is_of_keras(callback):
    return type(callback).__module__.startswith("keras.")


def _copy_apart_from_what_they_hold(callbacks):
    """Return copies that share all they hold with the callbacks, except each other, and methods of their own."""
    own = {id(callback) for callback in callbacks}
    held = [value for callback in callbacks for value in vars(callback).values()]
    shared = {id(v): v for v in held if id(v) not in own and id(getattr(v, "__self__", None)) not in own}
    return copy.deepcopy(list(callbacks), shared)  # takes what is in its memo for copied already


def _warn_of_lost_reports(callback):
    """Warn of a callback that came from another process, where nothing that it reports is seen."""
    if getattr(callback, "_packed_in", os.getpid()) == os.getpid():
        return
    for name, value in vars(callback).items():
        if _may_be_reported_to(value, callback):
            warnings.warn(
                "callbacks must be in the process of what they report to, but the "
                f"{type(callback).__name__} came by pickle from another one, which does not see what becomes of its "
                f"{name!r} here; fit with n_jobs=1, or inside of joblib.parallel_config(backend='threading').",
                UserWarning,
                stacklevel=_CALLER,
            )
            return


def _may_be_reported_to(value, callback):
    """Return whether an attribute is an object or an empty container of the caller's, or a function that sees one."""
    if isinstance(value, FunctionType):
        seen = getclosurevars(value)
        return any(map(_is_destination, [*seen.nonlocals.values(), *seen.globals.values()]))
    if isinstance(value, MethodType):
        return value.__self__ is not callback and _is_destination(value.__self__)
    return not _is_of_keras(callback) and _is_destination(value)


def _is_destination(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple | set | deque):
        return value != () and (not value or any(map(_is_destination, value)))
    return type(value).__module__.partition(".")[0] not in HARMLESS
