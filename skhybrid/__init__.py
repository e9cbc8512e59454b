"""CNN-LSTM hybrids, plain recurrent networks and honest baselines as scikit-learn estimators.

Public names are resolved on first use, so that ``import skhybrid`` loads neither TensorFlow nor Keras.
"""

from importlib import import_module

__version__ = "0.1.0"

_EXPORTS = {
    "series.sliding_window": ["SlidingWindow"],
    "series.windows": ["make_supervised", "make_windows", "sliding_windows"],
    "series.subsequences": ["SubsequenceReshaper", "split_subsequences"],
    "series.calendar": ["CalendarFeatures"],
    "series.per_step": ["PerStepTransformer"],
    "series.rolling": ["RollingFeatures"],
    "datasets": ["make_moving_shapes", "make_power_usage", "rasterize_tracks", "read_series"],
    "series.naive": ["NaiveRegressor"],
    "evaluation.metrics": ["forecast_scorer", "mase", "pinball", "smape"],
    "evaluation.significance": ["corrected_resampled_ttest", "diebold_mariano", "holm"],
    "estimators.regressors": [
        "CNNLSTMRegressor",
        "LSTMRegressor",
        "GRURegressor",
        "SimpleRNNRegressor",
        "CNNRegressor",
        "DenseRegressor",
        "LSTMFCNRegressor",
        "Conv2DLSTMRegressor",
        "Conv3DLSTMRegressor",
        "SequenceRegressor",
    ],
    "estimators.classifiers": [
        "CNNLSTMClassifier",
        "LSTMClassifier",
        "GRUClassifier",
        "SimpleRNNClassifier",
        "CNNClassifier",
        "DenseClassifier",
        "LSTMFCNClassifier",
        "Conv2DLSTMClassifier",
        "Conv3DLSTMClassifier",
        "SequenceClassifier",
    ],
    "series.windowed": ["WindowedRegressor", "WindowedClassifier"],
    "evaluation.leakage": ["LeakageReport", "check_leakage"],
    "inspection": ["feature_maps", "filters", "receptive_field", "saliency", "saliency_table"],
    "displays": [
        "ComparisonDisplay",
        "FeatureMapDisplay",
        "FilterDisplay",
        "ForecastDisplay",
        "SaliencyDisplay",
        "TrainingDisplay",
        "WindowDisplay",
    ],
    "evaluation.comparison": ["ModelComparison", "compare_models"],
    "engine": ["clear_caches", "configure_tensorflow", "count_builds"],
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}
_MODULES = {"datasets", "displays", "engine", "inspection", "networks"}

__all__ = [*_HOME, "networks"]


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
