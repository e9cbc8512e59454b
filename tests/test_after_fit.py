"""What a fitted estimator returns is what its fit learned, whatever parameters are set afterwards."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import MinMaxScaler

import skhybrid
from skhybrid._backend import keras

CLASSES = list(json.loads((Path(__file__).parent / "parameters.json").read_text()))
N_STEPS, N_FEATURES = 8, 2
METHODS = [
    "predict",
    "predict_interval",
    "predict_proba",
    "predict_quantiles",
    "decision_function",
    "transform",
    "read_samples",
    "read_windows",
]

# Other values than those of the fits below, for each parameter of an estimator; `context` and `engine` are read later.
OTHERS = {
    "activation": "tanh",
    "adaptive": False,
    "attention": True,
    "batch_size": 7,
    "bias_regularizer": "l2",
    "bidirectional": True,
    "boosting": True,
    "bounds": (0, 1),
    "calendar": None,
    "callbacks": keras.callbacks.TerminateOnNaN(),
    "categorical": (1,),
    "cell": "gru",
    "class_weight": "balanced",
    "cold_start": True,
    "decoder": "segments",
    "delay": {0: 1},
    "dense_units": (5,),
    "dilations": 2,
    "dimension_shuffle": False,
    "dropout": 0.4,
    "early_stopping": True,
    "embargo": 3,
    "epochs": 5,
    "features": ("minute",),
    "filters": 7,
    "flatten": False,
    "freq": "rows",
    "half_life": 0.5,
    "highway": 2,
    "holidays": "DE",
    "horizon": (1, 2),
    "incomplete": "nan",
    "input_shape": (4, 2, 2),
    "intervals": 0.8,
    "kernel_regularizer": "l2",
    "kernel_size": 2,
    "kernel_sizes": (2,),
    "known_future": [0],
    "last_steps": 3,
    "lead": 3,
    "learning_rate": 0.1,
    "learning_rate_schedule": "exponential",
    "levels": 0.5,
    "linear_bases": ("raw",),
    "linear_by_phase": True,
    "linear_half_life": 0.5,
    "linear_lengths": 2,
    "linear_path": "trained",
    "linear_squares": True,
    "linear_weight": 0.5,
    "loss": "mae",
    "max_fill": 3,
    "member_params": [{"last_steps": 3}],
    "metrics": ["mae"],
    "min_history": 2,
    "min_samples": 9,
    "missing": "drop",
    "n_estimators": 2,
    "n_features": 4,
    "n_folds": 2,
    "n_iter_no_change": 3,
    "n_jobs": 2,
    "n_seq": 4,
    "network": "lstm",
    "network_params": {"units": 3},
    "norm_channels": [1],
    "norm_momentum": 0.5,
    "optimizer": "sgd",
    "origins": "10:00",
    "output_activation": "softplus",
    "padding": "same",
    "past": (),
    "phase_offsets": True,
    "pool_size": 3,
    "quantiles": (0.5,),
    "random_state": 5,
    "recurrent_regularizer": "l2",
    "refit": True,
    "residual": True,
    "scale": False,
    "scale_target": False,
    "season_length": 5,
    "seasons": (5,),
    "segment_length": 2,
    "series": 1,
    "shuffle": False,
    "skip": 2,
    "skip_units": 3,
    "static": (1,),
    "statistics": ("max",),
    "strategy": "mean",
    "strides": 2,
    "symmetric": True,
    "target": 1,
    "target_channel": 2,
    "target_channels": (1,),
    "target_transform": "log1p",
    "time": 0,
    "transformer": MinMaxScaler(),
    "unit": "ms",
    "units": 7,
    "validation": "last",
    "validation_folds": 2,
    "validation_fraction": 0.3,
    "validation_gap": 2,
    "verbose": 1,
    "warm_start": True,
    "warmup": 20,
    "window_length": 5,
    "window_norm": "standard",
    "windows": (2,),
}


def values(*shape):
    return np.random.default_rng(0).uniform(1, 2, shape)


def others_of(model):
    """Return another value for each parameter of a model."""
    others = {"estimator": LogisticRegression(C=0.1) if is_classifier(model) else Ridge(0.1), **OTHERS}
    if "Conv3D" in type(model).__name__:
        others["input_shape"] = (2, 2, 2, 2)
    return {name: others[name] for name in model.get_params(deep=False) if name not in ("context", "engine")}


def make_network(name):
    """Return a small network, and samples for it, flat where it takes them."""
    model = getattr(skhybrid, name)(epochs=1, random_state=0)
    if "Conv2D" in name:
        return model.set_params(input_shape=(4, 4, 1), kernel_sizes=3), values(24, 16)
    if "Conv3D" in name:
        return model.set_params(input_shape=(2, 4, 2, 1)), values(24, 16)
    if "Sequence" in name:
        small = {"units": 2, "filters": 2}
        return model.set_params(network="time_distributed_cnn_lstm", network_params=small), values(24, 2, 4, N_FEATURES)
    if name.endswith("Regressor"):
        model.set_params(window_norm="last", target_channel=1)
    if name == "LSTNetRegressor":
        model.set_params(kernel_size=3, skip=3, highway=3, target_channels=(0,))
    if name == "CNNLSTMRegressor":
        model.set_params(loss="quantile", quantiles=(0.1, 0.5, 0.9))
    return model.set_params(n_features=N_FEATURES), values(24, N_STEPS * N_FEATURES)


def make_model(name):
    """Return a model of a class, and samples for it."""
    rows, flat_windows = values(40, N_FEATURES), values(40, N_STEPS * N_FEATURES)
    cls = getattr(skhybrid, name)
    if hasattr(cls, "model_"):
        return make_network(name)
    make = {
        "CalendarFeatures": lambda: (cls(time=-1), np.hstack([rows, 3600 * np.arange(40)[:, None]])),
        "ConformalIntervals": lambda: (cls(0.8), values(40, 2)),
        "Forecaster": lambda: (cls(0, past=[1], horizon=2, estimator=Ridge(), window_length=4, half_life=9), rows),
        "NaiveRegressor": lambda: (cls("seasonal", season_length=3, n_features=2, target_channel=1), flat_windows),
        "PerStepTransformer": lambda: (cls(), values(40, N_STEPS, N_FEATURES)),
        "RollingFeatures": lambda: (cls(), rows),
        "SlidingWindow": lambda: (cls(4, flatten=True), rows),
        "SubsequenceReshaper": lambda: (cls(2, n_features=N_FEATURES), flat_windows),
        "WindowedClassifier": lambda: (cls(LogisticRegression(), 4), rows),
        "WindowedRegressor": lambda: (cls(Ridge(), 4), rows),
    }
    return make[name]()


def fit(name):
    """Return a fitted model of a class, and further samples for it."""
    model, X = make_model(name)
    if name == "ConformalIntervals":  # of truth and forecasts
        return model.fit(X[:20], X[20:]), X[20:]
    if name == "Forecaster":  # whose target is in X
        return model.fit(X[:20]), X[20:]
    y = np.arange(20) % 2 if is_classifier(model) else X[:20].reshape(20, -1)[:, -1]
    return model.fit(X[:20], y), X[20:]


def outputs(model, X):
    """Return what each method of a fitted model makes of X."""
    found = {method: getattr(model, method)(X) for method in METHODS if hasattr(model, method)}
    if hasattr(model, "inverse_transform"):
        found["inverse_transform"] = model.inverse_transform(found["transform"])
    if hasattr(model, "get_feature_names_out"):
        found["get_feature_names_out"] = model.get_feature_names_out()
    samples = found.get("read_samples")
    return {**found, **samples, "read_samples": list(samples)} if isinstance(samples, dict) else found


def same_outputs(found, expected):
    return found.keys() == expected.keys() and all(np.array_equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("name", CLASSES)
def test_fitted_estimator_gives_what_its_fit_learned(name):
    model, X = fit(name)
    fitted, expected = model.get_params(deep=False), outputs(model, X)
    differing = []
    for parameter, other in others_of(model).items():
        assert str(other) != str(fitted[parameter])
        model.set_params(**{parameter: other})
        if not same_outputs(outputs(model, X), expected):
            differing.append(parameter)
        model.set_params(**{parameter: fitted[parameter]})
    assert differing == []


@pytest.mark.parametrize("name", ["CNNLSTMRegressor", "CNNLSTMClassifier", "Conv2DLSTMRegressor", "SequenceRegressor"])
def test_keras_model_is_that_of_the_fit(name):
    model, X = fit(name)
    expected = model.to_keras()(X)
    np.testing.assert_array_equal(model.set_params(**others_of(model)).to_keras()(X), expected)


APPLIED = {
    "batch_size",
    "callbacks",
    "class_weight",
    "early_stopping",
    "epochs",
    "half_life",
    "learning_rate",
    "learning_rate_schedule",
    "loss",
    "n_iter_no_change",
    "n_jobs",
    "shuffle",
    "validation",
    "validation_fraction",
    "validation_gap",
    "verbose",
    "warm_start",
}


@pytest.mark.parametrize("name", ["LSTMRegressor", "CNNLSTMClassifier", "Conv2DLSTMRegressor", "SequenceRegressor"])
def test_warm_start_applies_a_parameter_or_refuses_it_by_name(name):
    model, X = make_model(name)
    y = np.arange(len(X)) % 2
    model.fit(X, y)
    fitted, refused = model.get_params(deep=False), set()
    for parameter, other in others_of(model).items():
        try:
            model.set_params(**{"warm_start": True, parameter: other}).fit(X, y)
        except ValueError as error:
            refused.add(str(error).partition(" must be ")[0])
        model.set_params(**fitted)
    assert refused == others_of(model).keys() - APPLIED
