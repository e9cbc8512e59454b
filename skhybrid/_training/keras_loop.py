"""Keras' own loops, which train and ask any network."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from skhybrid._backend import keras, tf
from skhybrid._training.inputs import as_taken, specs_of
from skhybrid._training.state import hand_over

# Which variables of a model Keras' loop has trained.
_RAN_IN: dict[str, int] = {}  # the process in which TensorFlow ran first
_TRAINED_IN: WeakKeyDictionary[Any, list[bool]] = WeakKeyDictionary()


def train_with_keras(model, batches, validation, *, epochs, initial_epoch, callbacks, verbose):
    """Train by `keras.Model.fit`; return its history."""
    check_not_forked()
    hand_over(model)
    trained = [variable.trainable for variable in model.variables]
    if _TRAINED_IN.setdefault(model, trained) != trained:  # or Keras would train what it has trained before
        model.make_train_function(force=True)
        _TRAINED_IN[model] = trained
    with _without_retracing_notices():
        # The batches bring their own order; Keras' would come from a global seed.
        return model.fit(
            batches,
            validation_data=validation,
            shuffle=False,
            epochs=epochs,
            initial_epoch=initial_epoch,
            callbacks=callbacks,
            verbose=verbose,
        ).history


def forward_with_keras(model: keras.Model) -> Any:
    """Return the compiled forward pass for any number of rows, which stays on the model that it belongs to."""
    if not hasattr(model, "_skhybrid_forward"):

        def call(X):  # without changes to the model: recurrent layers with dropout draw here as well
            values = ([v.value for v in vs] for vs in (model.trainable_variables, model.non_trainable_variables))
            return model.stateless_call(*values, as_taken(model, X), training=False)[0]

        forward = tf.function(call, input_signature=[specs_of(model)])
        model._skhybrid_forward = _without_retracing_notices()(forward)
    return model._skhybrid_forward


def note_process() -> None:
    """Remember in which process TensorFlow has run first."""
    _RAN_IN.setdefault("pid", os.getpid())


def check_not_forked() -> None:
    """Refuse to train in a process forked from one in which TensorFlow has run, for whose threads it would wait."""
    if _RAN_IN["pid"] != os.getpid():
        raise RuntimeError(
            "Keras' own loop cannot train in a process that was forked from one in which TensorFlow has run, as it "
            "would wait for ever; start processes with 'spawn', or joblib's 'loky', or train with engine='compiled'."
        )


class _Retracing(logging.Filter):
    """Drops TensorFlow's advice against many small functions: every new network needs its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "triggered tf.function retracing" not in record.getMessage()


@contextmanager
def _without_retracing_notices() -> Iterator[None]:
    notices, logger = _Retracing(), logging.getLogger("tensorflow")
    logger.addFilter(notices)
    try:
        yield
    finally:
        logger.removeFilter(notices)
