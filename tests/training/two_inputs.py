"""A network of a window and of inputs known ahead, and data for it."""

import numpy as np

from skhybrid._backend import keras

L = keras.layers
N, WINDOW, KNOWN, N_OUTPUTS = 40, (6, 2), (3, 2), 3


def make_data(n=N, seed=0):
    """Return a window and known inputs (sample, step, feature), a target for each known step, and weights."""
    rng = np.random.default_rng(seed)
    inputs = tuple(rng.normal(size=(n, *shape)).astype(np.float32) for shape in (WINDOW, KNOWN))
    return inputs, rng.normal(size=(n, N_OUTPUTS)).astype(np.float32), rng.uniform(0, 2, n).astype(np.float32)


def rows_of(inputs, rows):
    return tuple(a[rows] for a in inputs)


def recurrent_with_known(*, seed=1, units=4, dropout=0.0, as_dict=False):
    """Build an LSTM of the window whose last state is joined to each known step, and a second LSTM of these."""

    def layer(cls, *args, **options):
        if issubclass(cls, L.LSTM):
            options |= {"recurrent_initializer": keras.initializers.Orthogonal(seed=seed), "seed": seed}
        return cls(*args, kernel_initializer=keras.initializers.GlorotUniform(seed), **options)

    window, known = keras.Input(WINDOW, name="window"), keras.Input(KNOWN, name="known")
    x = layer(L.Conv1D, 3, 2, padding="causal", activation="relu")(window)
    state = L.RepeatVector(KNOWN[0])(layer(L.LSTM, units)(x))
    steps = layer(L.LSTM, units, return_sequences=True)(L.Concatenate()([state, known]))
    outputs = layer(L.Dense, 1)(L.Dropout(dropout, seed=seed)(steps))
    inputs = {"window": window, "known": known} if as_dict else [window, known]
    return keras.Model(inputs, L.Reshape((N_OUTPUTS,))(outputs))


def compiled(optimizer="adam", loss="mse", *, metrics=None, weighted_metrics=None, run_eagerly=False, **parameters):
    model = recurrent_with_known(**parameters)
    model.compile(optimizer, loss, metrics=metrics, weighted_metrics=weighted_metrics, run_eagerly=run_eagerly)
    return model
