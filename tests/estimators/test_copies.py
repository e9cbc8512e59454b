"""Shallow copies; clones, pickles and deep copies are in the tests of what they hold (callbacks, wrappers, states)."""

import copy

import numpy as np

from skhybrid import DenseRegressor
from tests.helpers import CountsEpochs, assert_same_predictions


def test_shallow_copy_shares_networks_and_callbacks(data, fitted):
    shallow = copy.copy(fitted)
    assert vars(shallow) == vars(fitted)
    assert_same_predictions(shallow, fitted, data[0])
    shallow.members_ = fitted.members_[:0]
    assert len(fitted.members_) == 1


def test_shallow_copy_takes_what_cannot_be_pickled(data):
    class Local(CountsEpochs):
        pass

    model = DenseRegressor(2, epochs=1, callbacks=[Local()], random_state=0).fit(*data)
    assert copy.copy(model).callbacks is model.callbacks
    np.testing.assert_array_equal(copy.copy(model).predict(data[0]), model.predict(data[0]))
