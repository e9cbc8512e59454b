"""What `keras.Model.fit` does, with a program for all batches of an epoch."""

from time import perf_counter

import numpy as np

from skhybrid._backend import keras

GROUP = 8  # batches whose losses are summed together, however many groups one call trains on
SECONDS = 0.25  # of one call, during which Ctrl-C is not seen


class Pace:
    """How many batches go into one call of a program: what takes about `SECONDS`, by the calls before."""

    def __init__(self):
        self._rate = 0.0  # batches per second

    def fit(self, n_batches, most):
        """Return how many groups of `n_batches` go into one call, at least 1 and at most `most`."""
        return max(1, min(most, int(SECONDS * self._rate / n_batches)))

    def train(self, state, samples, batch_size, epoch_size):
        """Train on samples, and learn how long it takes; return the sums of losses and metrics, (sum, epoch)."""
        start = perf_counter()
        totals = state.train(*samples, batch_size, epoch_size=epoch_size)
        self._rate = len(samples[1]) / batch_size / (perf_counter() - start)
        return totals


def train_compiled(state, batches, validation, *, epochs, initial_epoch, callbacks, verbose):
    """Train the model of a `TrainingState`; return its history."""
    state.model.stop_training = False
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
    model, logs, pace = state.model, {}, Pace()
    hooks.on_train_begin()
    for epoch in epochs:
        batches.on_epoch_begin()
        hooks.on_epoch_begin(epoch)
        if epoch == epochs.start:
            state = state.begin()
        state.read_model()
        logs = _train_epoch(state, batches, pace)
        if validation:
            validation.on_epoch_begin()
            logs |= {f"val_{name}": value for name, value in _evaluate(state, validation).items()}
        state.write_model()
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    state.finish()
    hooks.on_train_end(logs)


def _train_epoch(state, batches, pace):
    """Train on the batches of one epoch, in pieces; return the mean loss over the rows, and the metrics.

    As Keras after each batch, it looks after each piece whether to stop, which another thread may ask for.
    """
    order, totals = batches.order, []
    n_batches = min(GROUP, batches.n_at_once(batches.batch_size))
    size = n_batches * batches.batch_size
    while len(order):
        n_groups = pace.fit(n_batches, min(batches.n_at_once(size), len(order) // size))
        rows, order = order[: n_groups * size], order[n_groups * size :]
        totals.append(pace.train(state, batches.gather(rows), batches.batch_size, min(size, len(rows))))
        if state.model.stop_training:
            break
    return state.read_logs(np.concatenate(totals, axis=1).sum(axis=1), len(batches.rows) - len(order))


def _evaluate(state, batches):
    """Return the mean loss over the rows, and the metrics."""
    pieces = batches.pieces(None if state.program.averages_rows else 1)
    return state.read_logs(sum(state.evaluate(*piece) for piece in pieces), len(batches.rows))


def _train_unwatched(state, batches, n_epochs):
    """Train for some epochs, as many in one call as memory and `SECONDS` allow; return the logs of each."""
    n_rows = len(batches.rows)
    logs: list[dict[str, float]] = []
    pace, most = Pace(), batches.n_at_once(n_rows)
    while len(logs) < n_epochs:
        orders = []
        for _ in range(pace.fit(len(batches), min(most, n_epochs - len(logs)))):
            batches.on_epoch_begin()
            orders.append(batches.order)
        if len(orders) == 1:  # perhaps too long for one call
            logs.append(_train_epoch(state, batches, pace))
        else:
            totals = pace.train(state, batches.gather(np.concatenate(orders)), batches.batch_size, n_rows)
            logs += [state.read_logs(of_epoch, n_rows) for of_epoch in totals.T]
    return logs
