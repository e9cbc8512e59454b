"""Bring in TensorFlow, Keras and SciKeras without their start-up notices.

Nothing else in the package imports them by another way, and what is private to them is brought in here alone. Only
TensorFlow's own notices (level "info", and its complaint about a GPU driver that is not there) are held back; all
else that is written meanwhile still appears.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NOTICE = re.compile(
    r"I\d{4} |[\d-]+ [\d:.]+: I |WARNING: All log messages before absl|To enable the following instructions"
    r"|.*(cuInit|[Uu]nable to register cu\w+ factory|computation placer already registered)"
)


@contextmanager
def _without_notices() -> Iterator[None]:
    """Hold back notices that C++ code writes to the process's standard error."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (AttributeError, OSError):  # no standard error to write to, nothing to hold back
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            text = held.read().decode(errors="replace")
            sys.stderr.write("".join(line for line in text.splitlines(True) if not _NOTICE.match(line)))


@contextmanager
def _default_environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for a while, unless the user has set it."""
    if name in os.environ:
        yield
        return
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


if "tensorflow" not in sys.modules:
    # TensorFlow reads the level once. Looking for devices is what makes it complain about missing drivers; it
    # does not start the thread pools, which stay the user's to configure.
    with _without_notices(), _default_environment("TF_CPP_MIN_LOG_LEVEL", "1"):
        import tensorflow as tf

        tf.config.list_physical_devices()

import keras
import tensorflow as tf
from keras.src.backend.common.global_state import get_global_attribute, set_global_attribute
from scikeras.wrappers import BaseWrapper
from tensorflow.python.eager import record
from tensorflow.python.eager.context import context, function_executor_type


@contextmanager
def own_names() -> Iterator[None]:
    """Count the names that Keras gives from 0, and leave the user's count as it was.

    TensorFlow keeps memory for each name that a variable ever had: names that come again keep a process that fits
    many networks from growing.
    """
    counted = get_global_attribute("object_name_uids")
    set_global_attribute("object_name_uids", None)
    try:
        yield
    finally:
        set_global_attribute("object_name_uids", counted)


@contextmanager
def without_values() -> Iterator[None]:
    """Make Keras' variables without their values, for a network whose weights always come from elsewhere."""
    waiting = get_global_attribute("uninitialized_variables")  # Keras would fill them all when it next fills any
    set_global_attribute("uninitialized_variables", None)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        set_global_attribute("uninitialized_variables", waiting)


def forget_kernels() -> None:
    """Free what TensorFlow keeps of the functions that were called by an operation, which it does not do with them."""
    context().clear_kernel_cache()


def custom_gradient(function: Any) -> Any:
    """Do what tf.custom_gradient does, for a function of tensors to one tensor.

    TensorFlow's own keeps each gradient, and with it the whole graph it was traced in, as long as the process runs.
    """

    def call(*tensors):
        with record.stop_recording():
            output, gradient = function(*tensors)
        record.record_operation(function.__name__, [output], list(tensors), gradient)
        return output

    return call


def rebuild(model: Any, inputs: Any) -> Any:
    """Return what the layers of a model that is not built by subclassing give for another input."""
    return keras.Model(model.inputs, model.outputs)._run_through_graph([inputs], operation_fn=lambda layer: layer)[0]


__all__ = [
    "BaseWrapper",
    "custom_gradient",
    "forget_kernels",
    "function_executor_type",
    "keras",
    "own_names",
    "rebuild",
    "tf",
    "without_values",
]
