"""A Keras model and arrays in, a trained model out; knows no estimator."""

from skhybrid._training._private import own_names
from skhybrid._training.cache import clear_caches
from skhybrid._training.loops import Training, predict, train
from skhybrid._training.program import count_builds
from skhybrid._training.state import get_state, hand_over, set_state

__all__ = [
    "Training",
    "clear_caches",
    "count_builds",
    "get_state",
    "hand_over",
    "own_names",
    "predict",
    "set_state",
    "train",
]
