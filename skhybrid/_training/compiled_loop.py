"""What `keras.Model.fit` does, with a program for all batches of an epoch."""

import numpy as np

from skhybrid._backend import keras


def train_compiled(state, batches, validation, *, epochs, initial_epoch, callbacks, verbose):
    """Train the model of a `TrainingState`; return its history."""
    if not (callbacks or validation or verbose):
        history = {"loss": _train_unwatched(state, batches, epochs - initial_epoch)}
        state.write_model()
        state.finish()
        return history
    hooks = keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=verbose > 0,
        model=state.model,
        verbose=verbose,
        epochs=epochs,
        steps=len(batches),
    )
    _train_epochs(state, batches, validation, hooks, range(initial_epoch, epochs))
    return state.model.history.history


def _train_epochs(state, batches, validation, hooks, epochs):
    """Train epoch by epoch, and call the hooks as Keras does."""
    model, logs = state.model, {}
    model.stop_training = False
    hooks.on_train_begin()
    for epoch in epochs:
        batches.on_epoch_begin()
        hooks.on_epoch_begin(epoch)
        if epoch == epochs.start:
            state = state.begin()
        state.read_model()
        logs = {"loss": _train_epoch(state, batches)}
        if validation:
            validation.on_epoch_begin()
            logs["val_loss"] = sum(state.evaluate(*piece) for piece in validation.pieces()) / len(validation.rows)
        state.write_model()
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    state.finish()
    hooks.on_train_end(logs)


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
