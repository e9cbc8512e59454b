"""CNN-LSTM hybrids, plain recurrent networks and honest baselines as scikit-learn estimators.

Public names are resolved on first use, so that ``import skhybrid`` loads neither TensorFlow nor Keras.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_EXPORTS = {
    "series.sliding_window": ["SlidingWindow"],
    "series.windows": ["make_supervised", "make_windows", "sliding_windows"],
    "series.carrier": ["Windows"],
    "series.subsequences": ["SubsequenceReshaper", "split_subsequences"],
    "series.calendar": ["CalendarFeatures"],
    "series.per_step": ["PerStepTransformer"],
    "series.panel": ["PanelTimeSeriesSplit"],
    "series.rolling": ["RollingFeatures"],
    "datasets": ["make_moving_shapes", "make_power_usage", "make_sales", "rasterize_tracks", "read_series"],
    "series.naive": ["NaiveRegressor"],
    "evaluation.intervals": ["coverage", "crps", "interval_score", "interval_scorer"],
    "evaluation.metrics": ["mase", "pinball", "smape"],
    "evaluation.scorers": ["forecast_scorer"],
    "evaluation.significance": ["corrected_resampled_ttest", "diebold_mariano", "holm"],
    "estimators.regressors": [
        "CNNLSTMRegressor",
        "LSTMRegressor",
        "GRURegressor",
        "SimpleRNNRegressor",
        "CNNRegressor",
        "DenseRegressor",
        "LSTMFCNRegressor",
        "LSTNetRegressor",
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
    "estimators.recipe": ["recommended"],
    "forecasting.forecaster": ["Forecaster"],
    "forecasting.intervals": ["ConformalIntervals"],
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

if TYPE_CHECKING:  # the same names once more, for type checkers and editors
    from skhybrid import networks as networks
    from skhybrid.datasets import make_moving_shapes as make_moving_shapes
    from skhybrid.datasets import make_power_usage as make_power_usage
    from skhybrid.datasets import make_sales as make_sales
    from skhybrid.datasets import rasterize_tracks as rasterize_tracks
    from skhybrid.datasets import read_series as read_series
    from skhybrid.displays import ComparisonDisplay as ComparisonDisplay
    from skhybrid.displays import FeatureMapDisplay as FeatureMapDisplay
    from skhybrid.displays import FilterDisplay as FilterDisplay
    from skhybrid.displays import ForecastDisplay as ForecastDisplay
    from skhybrid.displays import SaliencyDisplay as SaliencyDisplay
    from skhybrid.displays import TrainingDisplay as TrainingDisplay
    from skhybrid.displays import WindowDisplay as WindowDisplay
    from skhybrid.engine import clear_caches as clear_caches
    from skhybrid.engine import configure_tensorflow as configure_tensorflow
    from skhybrid.engine import count_builds as count_builds
    from skhybrid.estimators.classifiers import CNNClassifier as CNNClassifier
    from skhybrid.estimators.classifiers import CNNLSTMClassifier as CNNLSTMClassifier
    from skhybrid.estimators.classifiers import Conv2DLSTMClassifier as Conv2DLSTMClassifier
    from skhybrid.estimators.classifiers import Conv3DLSTMClassifier as Conv3DLSTMClassifier
    from skhybrid.estimators.classifiers import DenseClassifier as DenseClassifier
    from skhybrid.estimators.classifiers import GRUClassifier as GRUClassifier
    from skhybrid.estimators.classifiers import LSTMClassifier as LSTMClassifier
    from skhybrid.estimators.classifiers import LSTMFCNClassifier as LSTMFCNClassifier
    from skhybrid.estimators.classifiers import SequenceClassifier as SequenceClassifier
    from skhybrid.estimators.classifiers import SimpleRNNClassifier as SimpleRNNClassifier
    from skhybrid.estimators.recipe import recommended as recommended
    from skhybrid.estimators.regressors import CNNLSTMRegressor as CNNLSTMRegressor
    from skhybrid.estimators.regressors import CNNRegressor as CNNRegressor
    from skhybrid.estimators.regressors import Conv2DLSTMRegressor as Conv2DLSTMRegressor
    from skhybrid.estimators.regressors import Conv3DLSTMRegressor as Conv3DLSTMRegressor
    from skhybrid.estimators.regressors import DenseRegressor as DenseRegressor
    from skhybrid.estimators.regressors import GRURegressor as GRURegressor
    from skhybrid.estimators.regressors import LSTMFCNRegressor as LSTMFCNRegressor
    from skhybrid.estimators.regressors import LSTMRegressor as LSTMRegressor
    from skhybrid.estimators.regressors import LSTNetRegressor as LSTNetRegressor
    from skhybrid.estimators.regressors import SequenceRegressor as SequenceRegressor
    from skhybrid.estimators.regressors import SimpleRNNRegressor as SimpleRNNRegressor
    from skhybrid.evaluation.comparison import ModelComparison as ModelComparison
    from skhybrid.evaluation.comparison import compare_models as compare_models
    from skhybrid.evaluation.intervals import coverage as coverage
    from skhybrid.evaluation.intervals import crps as crps
    from skhybrid.evaluation.intervals import interval_score as interval_score
    from skhybrid.evaluation.intervals import interval_scorer as interval_scorer
    from skhybrid.evaluation.leakage import LeakageReport as LeakageReport
    from skhybrid.evaluation.leakage import check_leakage as check_leakage
    from skhybrid.evaluation.metrics import mase as mase
    from skhybrid.evaluation.metrics import pinball as pinball
    from skhybrid.evaluation.metrics import smape as smape
    from skhybrid.evaluation.scorers import forecast_scorer as forecast_scorer
    from skhybrid.evaluation.significance import corrected_resampled_ttest as corrected_resampled_ttest
    from skhybrid.evaluation.significance import diebold_mariano as diebold_mariano
    from skhybrid.evaluation.significance import holm as holm
    from skhybrid.forecasting.forecaster import Forecaster as Forecaster
    from skhybrid.forecasting.intervals import ConformalIntervals as ConformalIntervals
    from skhybrid.inspection import feature_maps as feature_maps
    from skhybrid.inspection import filters as filters
    from skhybrid.inspection import receptive_field as receptive_field
    from skhybrid.inspection import saliency as saliency
    from skhybrid.inspection import saliency_table as saliency_table
    from skhybrid.series.calendar import CalendarFeatures as CalendarFeatures
    from skhybrid.series.carrier import Windows as Windows
    from skhybrid.series.naive import NaiveRegressor as NaiveRegressor
    from skhybrid.series.panel import PanelTimeSeriesSplit as PanelTimeSeriesSplit
    from skhybrid.series.per_step import PerStepTransformer as PerStepTransformer
    from skhybrid.series.rolling import RollingFeatures as RollingFeatures
    from skhybrid.series.sliding_window import SlidingWindow as SlidingWindow
    from skhybrid.series.subsequences import SubsequenceReshaper as SubsequenceReshaper
    from skhybrid.series.subsequences import split_subsequences as split_subsequences
    from skhybrid.series.windowed import WindowedClassifier as WindowedClassifier
    from skhybrid.series.windowed import WindowedRegressor as WindowedRegressor
    from skhybrid.series.windows import make_supervised as make_supervised
    from skhybrid.series.windows import make_windows as make_windows
    from skhybrid.series.windows import sliding_windows as sliding_windows


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
