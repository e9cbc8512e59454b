"""Training and prediction of Keras models; the only place that chooses how they are run.

A compiled program does the work for what it serves (`served`), and returns the results of Keras' own loops, which do
all else. The choice depends on the model and the callbacks only, never on measured times, so that results repeat.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import joblib
import numpy as np
from numpy.typing import NDArray

from skhybrid._backend import keras
from skhybrid._training.batches import Batches, as_float32
from skhybrid._training.cache import program_of, run_program
from skhybrid._training.compiled_loop import train_compiled
from skhybrid._training.eligibility import NotServedError, why_not_watched
from skhybrid._training.fast_recurrence import has_several_threads
from skhybrid._training.inputs import as_taken, map_inputs
from skhybrid._training.keras_loop import forward_with_keras, note_process, train_with_keras
from skhybrid._training.served import KEEP_TO_WEIGHTS
from skhybrid._training.state import TrainingState

ROWS_AT_ONCE = 24  # rows of a prediction come in multiples of this: products work on blocks of 6 (AVX2) or 8 (AVX-512)
PREDICT_ROWS = 42 * ROWS_AT_ONCE  # of one forward pass: enough to be fast, few enough to stay small


Inputs = NDArray[Any] | tuple[NDArray[Any], ...]  # of a model of one input, or of several in the order of its `inputs`
Data = tuple[Inputs, NDArray[Any], NDArray[Any]]  # inputs, targets and weights of samples


class Training(NamedTuple):
    """What a training leaves beside the model: its losses and metrics, and which loop ran."""

    history: dict[str, list[float]]  # one value per epoch: "loss", metrics, and "val_..." where rows are held out
    engine: str  # "compiled", or "keras: " and the reason


def train(
    model: keras.Model,
    data: Data,
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
) -> Training:
    """Train a compiled model.

    Parameters
    ----------
    model : keras.Model
        A compiled model; its weights are changed in place.

    data : tuple of ndarray
        Inputs (n_samples, ...), targets (n_samples, n_outputs) and weights (n_samples,). A model of several inputs
        reads a tuple of arrays in place of the first, in the order of `model.inputs`.

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
        Whether a program trains, or Keras; "auto" takes a program wherever it returns the same results.

    Returns
    -------
    training : Training
        The history, and the loop that ran.

    Raises
    ------
    ValueError
        If `engine` is "compiled" and a program would not return the results of Keras.
    """
    note_process()
    pack = partial(as_taken, model)
    batches = Batches(data, rows, batch_size, seed=seed, epoch=initial_epoch, pack=pack)
    validation = None if validation_rows is None else Batches(data, validation_rows, PREDICT_ROWS, pack=pack)
    state, reason = _choose_loop(model, callbacks, engine)
    options = {"epochs": epochs, "initial_epoch": initial_epoch, "callbacks": list(callbacks), "verbose": int(verbose)}
    if state is None:
        history = train_with_keras(model, batches, validation, **options)
    else:
        history = train_compiled(state, batches, validation, **options)
    for callback in callbacks:  # or its pickle would hold the model a second time
        keras.callbacks.Callback.set_model(callback, None)
    return Training(history, f"keras: {reason}" if reason else "compiled")


def predict(model: keras.Model, inputs: Inputs, *, engine: str = "auto") -> NDArray[np.float32]:
    """Return the outputs of `model` for its inputs, (n_samples, n_outputs)."""
    program = None if engine == "keras" else program_of(model)
    forward = forward_with_keras(model) if program is None else partial(run_program, model, program)

    def outputs_of_piece(start):
        n_rows = min(PREDICT_ROWS, n_samples - start)
        piece = map_inputs(lambda a: _fill_up(as_float32(a[start : start + n_rows])), inputs)
        return np.asarray(forward(piece))[:n_rows]

    n_samples = len(inputs[0] if isinstance(inputs, tuple) else inputs)
    starts = range(0, n_samples, PREDICT_ROWS)
    if program is None or len(starts) == 1 or not has_several_threads():
        return np.concatenate([outputs_of_piece(start) for start in starts])
    with ThreadPoolExecutor(joblib.cpu_count()) as pool:  # a program runs in the thread that calls it
        try:
            return np.concatenate(list(pool.map(outputs_of_piece, starts)))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # or Ctrl-C would wait for all pieces


def _choose_loop(model, callbacks, engine):
    """Return the model's numbers for a program to train, and ""; or None, and why Keras' loop trains it."""
    if engine == "keras":
        return None, "engine='keras' asks for it"
    try:
        if reason := why_not_watched(callbacks):
            raise NotServedError(reason)
        return TrainingState(model, is_watched=any(type(c) not in KEEP_TO_WEIGHTS for c in callbacks)), ""
    except NotServedError as reason:
        if engine == "compiled":
            raise ValueError(
                f"engine='compiled' needs a network that a program trains as Keras does, but {reason}; pass "
                "engine='auto' to leave it to Keras."
            ) from None
        return None, str(reason)


def _fill_up(X: NDArray[Any]) -> NDArray[Any]:
    """Repeat the last row up to a full number of `ROWS_AT_ONCE`.

    A product with one row or few is rounded otherwise than one with many, and a prediction should not depend on what
    it is asked together with. (Where several hundred inputs of a layer meet, it still can, in the last digit: on
    several cores TensorFlow shares out such sums by the number of rows.)
    """
    n_more = -len(X) % ROWS_AT_ONCE
    return np.concatenate([X, np.repeat(X[-1:], n_more, axis=0)]) if n_more else X
