"""A fitted network, and rows of a series, for the tests of inspection."""

import numpy as np
import pandas as pd
import pytest

from skhybrid import CNNLSTMRegressor
from tests.helpers import make_noise_windows

TINY = {"units": 2, "dense_units": (), "epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def hybrid():
    return CNNLSTMRegressor((3, 2), kernel_size=(3, 2), pool_size=(2, 1), **TINY).fit(*make_noise_windows(n_features=2))


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=90, freq="h")
    X = pd.DataFrame({"load": rng.normal(size=90).cumsum(), "price": rng.normal(size=90)}, index)
    return X, X["load"].shift(-1, fill_value=0.0)
