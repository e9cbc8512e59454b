"""Training and prediction of Keras models; the only file that knows how they are run.

A compiled program does the work where it gives the same results as Keras' own loops, which do it elsewhere: for
networks with layers or training steps of the user's, for callbacks that want to see each batch, on a GPU. The choice
depends on the model and the callbacks only, never on measured times, so that results repeat.

Nothing global is read or changed: the order of the rows follows from `seed` and the epoch alone, so that training
on from epoch 3 sees the batches that an uninterrupted training would have seen.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras, tf
from skhybrid._training import program as _programs
from skhybrid._training.fast_layers import has_several_threads

ROWS_AT_ONCE = 24  # rows of a prediction come in multiples of this: products work on blocks of 6 (AVX2) or 8 (AVX-512)
PREDICT_ROWS = 42 * ROWS_AT_ONCE  # of one forward pass: enough to be fast, few enough to stay small
PIECE_VALUES = 2**22  # numbers of one piece of training windows, 16 MB


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

    def gather(self, order):
        """Return the samples in this order."""
        return tuple(_as_float32(a[order]) for a in self.data)

    def n_at_once(self, size):
        """Return how many groups of `size` samples are gathered at once, to be trained on in one call."""
        return max(1, PIECE_VALUES // (size * max(1, self.data[0][0].size)))

    def pieces(self):
        """Yield the samples of the epoch in pieces of many batches."""
        n_rows = self.n_at_once(self.batch_size) * self.batch_size
        for start in range(0, len(self.order), n_rows):
            yield self.gather(self.order[start : start + n_rows])

    def __len__(self):
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, i):
        return self.gather(self.order[i * self.batch_size : (i + 1) * self.batch_size])

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
    engine: str = "auto",
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

    engine : {"auto", "compiled", "keras"}, default="auto"
        Whether a program trains, or Keras; "auto" takes a program wherever it gives the same results.

    Returns
    -------
    history : dict of str to list of float
        One value per epoch: "loss", and "val_loss" where there are `validation_rows`.

    Raises
    ------
    ValueError
        If `engine` is "compiled" and a program would not give the results of Keras.
    """
    batches = Batches(data, rows, batch_size, seed=seed, epoch=initial_epoch)
    validation = None if validation_rows is None else Batches(data, validation_rows, PREDICT_ROWS)
    loop = _train_compiled if _is_compiled(model, callbacks, engine) else _train_with_keras
    options = {"epochs": epochs, "initial_epoch": initial_epoch, "callbacks": list(callbacks), "verbose": int(verbose)}
    history = loop(model, batches, validation, **options)
    for callback in callbacks:
        callback._model = None  # or its pickle would hold the model a second time
    return history


def predict(model: keras.Model, X: NDArray[Any], *, engine: str = "auto") -> NDArray[np.float32]:
    """Return the outputs of `model` for X, (n_samples, n_outputs)."""
    program = None if engine == "keras" else _programs.program_of(model)
    forward = _forward(model) if program is None else partial(_programs.predict, model, program)

    def outputs_of_piece(start):
        piece = _as_float32(X[start : start + PREDICT_ROWS])
        return np.asarray(forward(_fill_up(piece)))[: len(piece)]

    starts = range(0, len(X), PREDICT_ROWS)
    if program is None or len(starts) == 1 or not has_several_threads():
        return np.concatenate([outputs_of_piece(start) for start in starts])
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:  # a program runs in the thread that calls it
        return np.concatenate(list(pool.map(outputs_of_piece, starts)))


def get_state(model: keras.Model) -> dict[str, Any]:
    """Return all that training has changed: weights, dropout's generators, the optimizer's moments."""
    return {
        "variables": [variable.numpy() for variable in _state_variables(model)],
        "optimizer": [variable.numpy() for variable in model.optimizer.variables],
        "slots": _programs.get_slots(model),
    }


def set_state(model: keras.Model, state: dict[str, Any]) -> None:
    """Put back what `get_state` gave, into a compiled model that was built in the same way."""
    if len(state["optimizer"]) > len(model.optimizer.variables):
        model.optimizer.build(model.trainable_variables)
    variables = [*_state_variables(model), *model.optimizer.variables]
    for variable, value in zip(variables, [*state["variables"], *state["optimizer"]], strict=True):
        variable.assign(value)
    _programs.set_slots(model, state["slots"])


def _is_compiled(model, callbacks, engine):
    """Tell whether a program trains the model."""
    if engine == "keras":
        return False
    watching = [type(callback).__name__ for callback in callbacks if _has_batch_hooks(callback)]
    reason = f"the callback {watching[0]} wants to see each batch" if watching else _programs.why_not(model)
    if reason and engine == "compiled":
        raise ValueError(
            f"engine='compiled' needs a network that a program trains as Keras does, but {reason}; pass engine='auto' "
            "to leave it to Keras."
        )
    return not reason


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


@_without_retracing_notices()
def _train_with_keras(model, batches, validation, **options):
    _programs.set_slots(model, None)  # what a program's optimizer has gathered is out of date after this
    # The batches bring their own order; Keras' would come from a global seed.
    return model.fit(batches, validation_data=validation, shuffle=False, **options).history


def _train_compiled(model, batches, validation, *, epochs, initial_epoch, callbacks, verbose):
    """Do what `keras.Model.fit` does, with a program for all batches of an epoch."""
    state = _programs.TrainingState(model, _programs.program_of(model))
    if not (callbacks or validation or verbose):
        history = {"loss": _train_unwatched(state, batches, epochs - initial_epoch)}
        state.write_model()
        state.finish()
        return history
    hooks = keras.callbacks.CallbackList(
        callbacks, add_progbar=verbose > 0, model=model, verbose=verbose, epochs=epochs, steps=len(batches)
    )
    history = defaultdict(list)
    logs = {}
    model.stop_training = False
    hooks.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        batches.on_epoch_begin()
        hooks.on_epoch_begin(epoch)
        state.read_model()  # callbacks may change weights and learning rate
        logs = {"loss": _train_epoch(state, batches)}
        if validation:
            validation.on_epoch_begin()
            logs["val_loss"] = sum(state.evaluate(*piece) for piece in validation.pieces()) / len(validation.rows)
        state.write_model()
        hooks.on_epoch_end(epoch, logs)
        for name, value in logs.items():
            history[name].append(value)
        if model.stop_training:
            break
    state.finish()
    hooks.on_train_end(logs)
    return history


def _train_epoch(state, batches):
    """Train on the batches of one epoch, in pieces; return the mean loss over the rows."""
    totals = [state.train(X, y, w, batches.batch_size, epoch_size=len(X)) for X, y, w in batches.pieces()]
    return float(np.sum(totals)) / len(batches.rows)


def _train_unwatched(state, batches, n_epochs):
    """Train for some epochs, as many in one call as memory allows; return the mean loss of each."""
    n_rows = len(batches.rows)
    losses: list[float] = []
    n_at_once = batches.n_at_once(n_rows)
    while len(losses) < n_epochs:
        orders = []
        for _ in range(min(n_at_once, n_epochs - len(losses))):
            batches.on_epoch_begin()
            orders.append(batches.order)
        if len(orders) == 1:  # perhaps too long for one call
            losses.append(_train_epoch(state, batches))
        else:
            samples = batches.gather(np.concatenate(orders))
            losses += list(state.train(*samples, batches.batch_size, epoch_size=n_rows) / n_rows)
    return losses


def _has_batch_hooks(callback):
    """Tell whether a callback wants to be called for each batch."""
    return any(
        getattr(getattr(callback, name), "__func__", None) is not getattr(keras.callbacks.Callback, name)
        for name in dir(keras.callbacks.Callback)
        if name.startswith("on_") and "batch" in name
    )


def _fill_up(X: NDArray[Any]) -> NDArray[Any]:
    """Repeat the last row up to a full number of `ROWS_AT_ONCE`.

    A product with one row or few is rounded otherwise than one with many, and a prediction should not depend on what
    it is asked together with. (Where several hundred inputs of a layer meet, it still can, in the last digit: on
    several cores TensorFlow shares out such sums by the number of rows.)
    """
    n_more = -len(X) % ROWS_AT_ONCE
    return np.concatenate([X, np.repeat(X[-1:], n_more, axis=0)]) if n_more else X


def _as_float32(a: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(a, dtype=np.float32)


def _state_variables(model: keras.Model) -> list[Any]:
    return [*model.trainable_variables, *model.non_trainable_variables]


def _forward(model: keras.Model) -> Any:
    """Return the compiled forward pass for any number of rows, which stays on the model that it belongs to."""
    if not hasattr(model, "_skhybrid_forward"):
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        forward = tf.function(lambda X: model(X, training=False), input_signature=signature)
        model._skhybrid_forward = _without_retracing_notices()(forward)
    return model._skhybrid_forward
