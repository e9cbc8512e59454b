"""skops stores and loads every fitted estimator and transformer, and what it loads predicts the same."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skhybrid
from skhybrid import (
    CalendarFeatures,
    DenseRegressor,
    LSTMRegressor,
    NaiveRegressor,
    PerStepTransformer,
    RollingFeatures,
    SequenceRegressor,
    SlidingWindow,
    SubsequenceReshaper,
    WindowedClassifier,
    WindowedRegressor,
)
from skhybrid._backend import keras

skops_io = pytest.importorskip("skops.io")
pytestmark = pytest.mark.peers

N = 40
RNG = np.random.default_rng(0)
WINDOWS = RNG.normal(size=(N, 6, 2))
FRAMES = {"Conv2DLSTM": RNG.normal(size=(N, 6, 5, 1)), "Conv3DLSTM": RNG.normal(size=(N, 4, 6, 5, 1))}
HOURS = pd.date_range("2024-10-26", periods=N, freq="h", tz="Europe/Berlin")
FRAME = pd.DataFrame(RNG.normal(size=(N, 2)), columns=["load", "wind"], index=HOURS)
SEVERAL = pd.concat({"a": FRAME, "b": FRAME + 1})
y = WINDOWS[:, -1, 0]


def networks():
    """Yield each network, of regressors and classifiers, with data for it."""
    for name in sorted(skhybrid.__all__):
        cls = getattr(skhybrid, name)
        if isinstance(cls, type) and hasattr(cls, "model_"):
            X = next((frames for network, frames in FRAMES.items() if name.startswith(network)), WINDOWS)
            yield name, cls(epochs=1, random_state=0), X, y > 0 if name.endswith("Classifier") else y


small_dense = partial(DenseRegressor, 3, epochs=1, random_state=0)
LABELS = {
    "time": FRAME,
    "period": FRAME.set_axis(HOURS.tz_convert(None).to_period("h"), axis=0),
    "duration": FRAME.set_axis(HOURS - HOURS[0], axis=0),
    "numbers": FRAME.reset_index(drop=True),
    "array": FRAME.to_numpy(),
}
CASES = [
    *networks(),
    *((f"SlidingWindow, {name}", SlidingWindow(3), X, None) for name, X in LABELS.items()),
    ("RollingFeatures", RollingFeatures((3,)), FRAME, None),
    ("CalendarFeatures", CalendarFeatures(), FRAME, None),
    ("SubsequenceReshaper", SubsequenceReshaper(2), WINDOWS, None),
    ("PerStepTransformer", PerStepTransformer(StandardScaler()), WINDOWS, None),
    ("NaiveRegressor", NaiveRegressor(), FRAME, y),
    ("WindowedRegressor", WindowedRegressor(Ridge(), 3), FRAME, y),
    ("several series", WindowedRegressor(Ridge(), 3), SEVERAL, np.resize(y, 2 * N)),
    ("numbered series", SlidingWindow(3), SEVERAL.set_axis(pd.MultiIndex.from_product([[1, 2], range(N)])), None),
    ("known ahead", WindowedRegressor(Ridge(), 3, horizon=1, known_future=[1], seasons=(24,)), FRAME, y),
    ("WindowedClassifier", WindowedClassifier(LogisticRegression(), 3), FRAME, y > 0),
    ("windowed network", WindowedRegressor(small_dense(), 3), FRAME, y),
    ("pipeline", make_pipeline(StandardScaler(), small_dense(n_features=2)), WINDOWS.reshape(N, 12), y),
    ("quantiles", small_dense(loss="quantile", quantiles=(0.1, 0.5, 0.9)), WINDOWS, y),
    ("window_norm", LSTMRegressor(epochs=1, random_state=0, window_norm="last"), WINDOWS, y),
    ("loss", small_dense(loss=keras.losses.Huber(0.3)), WINDOWS, y),
    ("optimizer", small_dense(optimizer=keras.optimizers.AdamW(0.01)), WINDOWS, y),
    ("callbacks", small_dense(callbacks=[keras.callbacks.EarlyStopping("loss")]), WINDOWS, y),
]


@pytest.mark.parametrize(("model", "X", "target"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_skops_loads_is_the_same(model, X, target):
    stored = skops_io.dumps(model.fit(X, target))
    again = skops_io.loads(stored, trusted=skops_io.get_untrusted_types(data=stored))
    method = "predict" if hasattr(model, "predict") else "transform"
    np.testing.assert_array_equal(getattr(again, method)(X), getattr(model, method)(X))


def test_each_estimator_and_transformer_is_here():
    tested = {type(model).__name__ for _, model, _, _ in CASES} | {SequenceRegressor.__name__}
    public = {name for name in skhybrid.__all__ if hasattr(getattr(skhybrid, name), "get_params")}
    assert public - tested == set()
