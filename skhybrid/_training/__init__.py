"""A Keras model and arrays in, a trained model out; knows no estimator."""

from skhybrid._training._private import own_names
from skhybrid._training.cache import clear_caches
from skhybrid._training.copies import check_picklable, find_obstacle, mend_reductions
from skhybrid._training.eligibility import has_all_weights
from skhybrid._training.loops import Training, predict, train
from skhybrid._training.program import count_builds
from skhybrid._training.rates import RateOfEpoch
from skhybrid._training.served import keeps_to_weights
from skhybrid._training.state import get_state, hand_over, set_state

__all__ = [
    "RateOfEpoch",
    "Training",
    "check_picklable",
    "clear_caches",
    "count_builds",
    "find_obstacle",
    "get_state",
    "hand_over",
    "has_all_weights",
    "keeps_to_weights",
    "own_names",
    "predict",
    "set_state",
    "train",
]

mend_reductions()
