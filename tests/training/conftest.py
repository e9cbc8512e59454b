"""Data and layers that several files about training share."""

import functools

import numpy as np
import pytest

from skhybrid._backend import keras

N, SHAPE = 40, (6, 2)


@pytest.fixture(scope="module")
def data():
    """Windows (sample, time, feature), two targets and weights of 40 samples."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, *SHAPE)).astype(np.float32)
    return X, rng.normal(size=(N, 2)).astype(np.float32), rng.uniform(0, 2, size=N).astype(np.float32)


@pytest.fixture
def called_by_keras(monkeypatch):
    """Return the list of layers that Keras' own recurrences and Conv1D have computed."""
    called = []

    def noted(call):
        @functools.wraps(call)  # Keras reads the names of its arguments
        def noting(self, *args, **kwargs):
            called.append(self)
            return call(self, *args, **kwargs)

        return noting

    for own in (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN, keras.layers.Conv1D):
        monkeypatch.setattr(own, "call", noted(own.call))
    return called
