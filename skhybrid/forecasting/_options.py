"""The parameters of a forecaster, as its constructor stores them."""

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from numbers import Integral, Real
from typing import Any

from pandas.tseries.offsets import BaseOffset
from sklearn.base import BaseEstimator

from skhybrid._progress import Followed
from skhybrid._validation import HasMethods, StrOptions, non_negative_int, positive_int


@dataclass(eq=False, repr=False)
class Options(Followed, BaseEstimator):
    """The parameters of `Forecaster`, which describes them; a dataclass writes the constructor, which only stores."""

    target: Any = None
    _: KW_ONLY
    horizon: Any = 1
    estimator: Any = None
    window_length: Any = None
    season_length: Any = None
    known_future: Any = ()
    past: Any = ()
    static: Any = ()
    categorical: Any = ()
    series: Any = None
    time: Any = None
    lead: Any = 0
    delay: Any = None
    origins: Any = None
    calendar: Any = "auto"
    holidays: Any = None
    target_transform: Any = None
    bounds: Any = None
    half_life: Any = None
    intervals: Any = None
    freq: Any = None
    missing: Any = "raise"
    max_fill: Any = None
    min_history: Any = None
    cold_start: Any = False
    random_state: Any = None
    n_jobs: Any = None

    _parameter_constraints = {
        "horizon": [positive_int],
        "estimator": [HasMethods(["fit", "predict"]), None],
        "window_length": [positive_int, None],
        "season_length": [positive_int, "array-like", None],
        "known_future": [str, "array-like"],
        "past": [str, "array-like"],
        "static": [str, "array-like"],
        "categorical": [str, "array-like"],
        "lead": [non_negative_int],
        "delay": [dict, None],
        "origins": [str, "array-like", None],
        "calendar": [StrOptions({"auto"}), None],
        "holidays": [str, "array-like", None],
        "target_transform": [
            StrOptions({"log1p", "boxcox"}),
            HasMethods(["fit", "transform", "inverse_transform"]),
            None,
        ],
        "bounds": ["array-like", None],
        "half_life": [positive_int, None],
        "intervals": [Real, "array-like", HasMethods(["predict_interval"]), None],
        "freq": [str, BaseOffset, timedelta, None],
        "missing": [StrOptions({"raise", "drop"})],
        "max_fill": [non_negative_int, None],
        "min_history": [positive_int, None],
        "cold_start": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }
