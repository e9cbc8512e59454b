"""Exponential smoothing as linear maps of windows, against the recursion on the numbers of one window."""

from itertools import product

import numpy as np
import pytest

from skhybrid.estimators._smoothing import DAMPINGS, LEVEL_SHARES, SEASON_SHARES, TREND_SHARES
from skhybrid.estimators._smoothing import smoothings as yield_smoothings
from tests.estimators.known_ahead import smooth

TRENDS = [(0.0, 1.0), *product(TREND_SHARES, DAMPINGS)]
PLAIN = [(1, a, *trend, 0.0) for a, trend in product(LEVEL_SHARES, TRENDS)]


def smoothings(*args):
    return np.stack(list(yield_smoothings(*args)))


def seasonal(season_length):
    return [(season_length, a, *trend, c) for a, trend, c in product(LEVEL_SHARES, TRENDS, SEASON_SHARES)]


@pytest.mark.parametrize(
    ("n_steps", "n_outputs", "season_length", "kinds"),
    [
        (2, 3, 1, PLAIN),
        (7, 1, 1, PLAIN),
        (7, 4, 4, PLAIN),  # the window holds less than two seasons
        (4, 5, 2, PLAIN + seasonal(2)),
        (11, 8, 3, PLAIN + seasonal(3)),  # neither window nor horizon is a whole number of seasons
        (12, 2, 6, PLAIN + seasonal(6)),
    ],
)
def test_maps_are_the_recursion(n_steps, n_outputs, season_length, kinds):
    found = smoothings(n_steps, n_outputs, season_length)
    assert found.shape == (len(kinds), n_steps, n_outputs)
    windows = 5 + np.random.default_rng(0).normal(size=(3, n_steps)).cumsum(axis=1)
    for forecast, (length, *shares) in zip(found, kinds, strict=True):
        for window in windows:
            expected = smooth(window, n_outputs, length, shares)
            np.testing.assert_allclose(window @ forecast, expected, atol=1e-10, err_msg=str((length, *shares)))


@pytest.mark.parametrize("season_length", [1, 3])
def test_levels_shift_through(season_length):
    """As weights that sum to 1, so that forecasts continue a level that was never seen."""
    np.testing.assert_allclose(smoothings(9, 7, season_length).sum(axis=1), 1)


def test_share_of_1_without_a_trend_is_the_last_value():
    forecast = smoothings(6, 4, 1)[PLAIN.index((1, 1.0, 0.0, 1.0, 0.0))]
    np.testing.assert_array_equal(forecast[-1], np.ones(4))
    np.testing.assert_array_equal(forecast[:-1], np.zeros((5, 4)))


def test_line_is_continued_by_every_trend_that_is_not_damped():
    forecasts = np.arange(7.0) @ smoothings(7, 5, 3)
    for forecast, (_, _, of_trend, damping, _) in zip(forecasts, PLAIN + seasonal(3), strict=True):
        assert np.allclose(forecast, np.arange(7, 12)) == (of_trend > 0 and damping == 1)


def test_pattern_is_continued_by_every_season():
    forecasts = np.tile([3.0, -1.0, 4.0], 3) @ smoothings(9, 5, 3)
    np.testing.assert_allclose(forecasts[len(PLAIN) :], np.tile([3.0, -1.0, 4.0, 3.0, -1.0], (len(seasonal(3)), 1)))
    assert np.abs(forecasts[: len(PLAIN)] - [3, -1, 4, 3, -1]).max(axis=1).min() > 1


def test_lead_leaves_out_the_steps_before_the_first_target():
    np.testing.assert_array_equal(smoothings(11, 4, 3, 5), smoothings(11, 9, 3)[:, :, 5:])
