"""What `keras.Model.fit` does, with a program for all batches of an epoch."""

import numpy as np

from skhybrid._backend import keras


def train_compiled(state, batches, validation, *, epochs, initial_epoch, callbacks, verbose):
    """Train the model of a `TrainingState`; return its history."""
    if not (callbacks or validation or verbose):
        logs = _train_unwatched(state, batches, epochs - initial_epoch)
        history = {name: [log[name] for log in logs] for name in logs[0]} if logs else {"loss": []}
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
        logs = _train_epoch(state, batches)
        if validation:
            validation.on_epoch_begin()
            logs |= {f"val_{name}": value for name, value in _evaluate(state, validation).items()}
        state.write_model()
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    state.finish()
    hooks.on_train_end(logs)


def _train_epoch(state, batches):
    """Train on the batches of one epoch, in pieces; return the mean loss over the rows, and the metrics."""
    totals = [state.train(X, y, w, batches.batch_size, epoch_size=len(y)) for X, y, w in batches.pieces()]
    return state.read_logs(np.sum(totals, axis=(0, 2)), len(batches.rows))


def _evaluate(state, batches):
    """Return the mean loss over the rows, and the metrics."""
    pieces = batches.pieces(None if state.program.averages_rows else 1)
    return state.read_logs(sum(state.evaluate(*piece) for piece in pieces), len(batches.rows))


def _train_unwatched(state, batches, n_epochs):
    """Train for some epochs, as many in one call as memory allows; return the logs of each."""
    n_rows = len(batches.rows)
    logs: list[dict[str, float]] = []
    n_at_once = batches.n_at_once(n_rows)
    while len(logs) < n_epochs:
        orders = []
        for _ in range(min(n_at_once, n_epochs - len(logs))):
            batches.on_epoch_begin()
            orders.append(batches.order)
        if len(orders) == 1:  # perhaps too long for one call
            logs.append(_train_epoch(state, batches))
        else:
            samples = batches.gather(np.concatenate(orders))
            totals = state.train(*samples, batches.batch_size, epoch_size=n_rows)
            logs += [state.read_logs(of_epoch, n_rows) for of_epoch in totals.T]
    return logs
