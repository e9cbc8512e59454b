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
from tensorflow.python.eager.context import function_executor_type


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


def call_flat(concrete_function: Any, tensors: list[Any]) -> Any:
    """Call a function of TensorFlow with its tensors in one list; the way around its checks saves half of the call."""
    return concrete_function._call_flat(tensors, concrete_function.captured_inputs)


def rebuild(model: Any, inputs: Any) -> Any:
    """Return what the layers of a model that is not built by subclassing give for another input."""
    return keras.Model(model.inputs, model.outputs)._run_through_graph([inputs], operation_fn=lambda layer: layer)[0]


__all__ = ["BaseWrapper", "call_flat", "function_executor_type", "keras", "own_names", "rebuild", "tf"]
