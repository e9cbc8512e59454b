"""Bring in TensorFlow, Keras and SciKeras without their start-up notices.

Nothing else in the package imports them by another way. Only TensorFlow's own notices (level "info", and its complaint
about a GPU driver that is not there) are held back; all else that is written meanwhile still appears.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

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


def _check_backend(name: str, origin: str) -> None:
    if name != "tensorflow":
        raise ImportError(
            f"skhybrid needs Keras to run on TensorFlow, but {origin} is {name!r}; set KERAS_BACKEND=tensorflow in the "
            "environment before Python starts."
        )


if "keras" not in sys.modules:  # Keras alone would miss a package that nobody needs
    _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow", "KERAS_BACKEND")
if "tensorflow" not in sys.modules:
    # TensorFlow reads the level once. Looking for devices is what makes it complain about missing drivers; it
    # does not start the thread pools, which stay the user's to configure.
    with _without_notices(), _default_environment("TF_CPP_MIN_LOG_LEVEL", "1"):
        import tensorflow as tf

        tf.config.list_physical_devices()

import keras
import tensorflow as tf
from scikeras.wrappers import BaseWrapper

_check_backend(keras.backend.backend(), "Keras' backend")

__all__ = ["BaseWrapper", "keras", "tf"]
