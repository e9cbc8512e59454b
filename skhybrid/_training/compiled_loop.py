"""What `keras.Model.fit` does, with a program for all batches of an epoch."""

from collections import defaultdict

import numpy as np

from skhybrid._backend import keras
from skhybrid._training.cache import program_of
from skhybrid._training.state import TrainingState


def train_compiled(model, batches, validation, *, epochs, initial_epoch, callbacks, verbose):
    """Train by the model's program; return its history."""
    state = TrainingState(model, program_of(model))
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
