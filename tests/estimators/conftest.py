"""Windows that several files about estimators share, and a network fitted to them."""

import numpy as np
import pytest

from skhybrid import DenseRegressor

N = 44


@pytest.fixture(scope="module")
def data():
    """Windows (sample, time, feature) and targets that follow from them, 1-D."""
    X = np.random.default_rng(0).normal(size=(N, 6, 2))
    return X, X[:, -1, 0] - X[:, 2, 1]


@pytest.fixture(scope="module")
def fitted(data):
    return DenseRegressor(4, epochs=2, random_state=0).fit(*data)
