"""Training and prediction of Keras models; the only file that knows how they are run.

Nothing global is read or changed: the order of the rows follows from `seed` and the epoch alone, so that training
on from epoch 3 sees the batches that an uninterrupted training would have seen.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhybrid._quiet import keras, tf

PREDICT_ROWS = 4096  # rows of one forward pass: large enough to be fast, small enough not to copy all windows


class Batches(keras.utils.PyDataset):
    """Batches gathered from X when they are needed, whatever X is: an array, a view of windows or a memory map.

    Parameters
    ----------
    data : tuple of ndarray
        Inputs, targets and weights of the samples; first axes of equal length.

    rows : ndarray of int
        The samples to take, in this order unless there is a `seed`.

    batch_size : int
        Samples in a batch; the last one may hold fewer.

    seed : int or None, default=None
        Decides, with the epoch, on the order of the samples.

    epoch : int, default=0
        Number of epochs trained before.
    """

    def __init__(self, data, rows, batch_size, *, seed=None, epoch=0):
        super().__init__()
        self.data = data
        self.rows = rows
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = epoch
        self.order = rows

    def __len__(self):
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, i):
        rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        return tuple(_as_float32(a[rows]) for a in self.data)

    def on_epoch_begin(self):  # not on_epoch_end, which Keras calls once more, before the first epoch
        if self.seed is not None:
            self.order = np.random.default_rng([self.seed, self.epoch]).permutation(self.rows)
        self.epoch += 1


def train(
    model: keras.Model,
    data: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    rows: NDArray[np.intp],
    validation_rows: NDArray[np.intp] | None = None,
    *,
    epochs: int,
    initial_epoch: int = 0,
    batch_size: int,
    seed: int | None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int | bool = 0,
) -> dict[str, list[float]]:
    """Train a compiled model and return its history.

    Parameters
    ----------
    model : keras.Model
        A compiled model; its weights are changed in place.

    data : tuple of ndarray
        Inputs (n_samples, ...), targets (n_samples, n_outputs) and weights (n_samples,).

    rows : ndarray of int
        The samples to train on.

    validation_rows : ndarray of int or None, default=None
        The samples whose loss is computed after each epoch.

    epochs : int
        Number of the epoch to stop at.

    initial_epoch : int, default=0
        Number of epochs trained before.

    batch_size : int
        Samples in a batch.

    seed : int or None
        Decides on the order of the samples in each epoch; None keeps them as they are.

    callbacks : sequence of keras.callbacks.Callback, default=()
        Called as `keras.Model.fit` does; they let go of the model afterwards.

    verbose : int or bool, default=0
        As of `keras.Model.fit`.

    Returns
    -------
    history : dict of str to list of float
        One value per epoch: "loss", and "val_loss" where there are `validation_rows`.
    """
    validation = None if validation_rows is None else Batches(data, validation_rows, PREDICT_ROWS)
    with _without_retracing_notices():
        history = model.fit(
            Batches(data, rows, batch_size, seed=seed, epoch=initial_epoch),
            validation_data=validation,
            shuffle=False,  # the batches bring their own order; Keras' would come from a global seed
            epochs=epochs,
            initial_epoch=initial_epoch,
            callbacks=list(callbacks),
            verbose=int(verbose),
        )
    for callback in callbacks:
        callback._model = None  # or its pickle would hold the model a second time
    return history.history


def predict(model: keras.Model, X: NDArray[Any]) -> NDArray[np.float32]:
    """Return the outputs of `model` for X, (n_samples, n_outputs)."""
    forward = _forward(model)
    with _without_retracing_notices():
        parts = [forward(_as_float32(X[i : i + PREDICT_ROWS])).numpy() for i in range(0, len(X), PREDICT_ROWS)]
    return np.concatenate(parts)


def get_state(model: keras.Model) -> list[NDArray[Any]]:
    """Return all that training has changed: weights, dropout's generators, the optimizer's moments."""
    return [variable.numpy() for variable in _state_variables(model)]


def set_state(model: keras.Model, state: list[NDArray[Any]]) -> None:
    """Put back what `get_state` gave, into a compiled model that was built in the same way."""
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(_state_variables(model), state, strict=True):
        variable.assign(value)


def _as_float32(a: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(a, dtype=np.float32)


def _state_variables(model: keras.Model) -> list[Any]:
    return [*model.trainable_variables, *model.non_trainable_variables, *model.optimizer.variables]


def _forward(model: keras.Model) -> Any:
    """Return the compiled forward pass for any number of rows, which stays on the model that it belongs to."""
    if not hasattr(model, "_skhybrid_forward"):
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        model._skhybrid_forward = tf.function(lambda X: model(X, training=False), input_signature=signature)
    return model._skhybrid_forward


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
