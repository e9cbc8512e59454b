"""Figures that are closed after each test, and a fitted pipeline to draw."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhybrid import CNNLSTMRegressor, SlidingWindow

matplotlib.use("Agg")
import matplotlib.pyplot as plt


@pytest.fixture(autouse=True)
def _close_figures():
    plt.close("all")  # those that other tests of this process have left open
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    index = pd.date_range("2024-01-01", periods=90, freq="h", name="time")
    X = pd.DataFrame({"load": rng.normal(size=90).cumsum(), "price": rng.normal(size=90)}, index)
    return X, X["load"].shift(-1, fill_value=0.0)


@pytest.fixture(scope="module")
def pipe(rows):
    scaler = StandardScaler().set_output(transform="pandas")
    network = CNNLSTMRegressor(3, early_stopping=True, units=2, dense_units=(), epochs=2, random_state=0)
    return make_pipeline(scaler, SlidingWindow(6), network).fit(*rows)
