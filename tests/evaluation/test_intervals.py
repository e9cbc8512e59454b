"""Errors of intervals and samples, against their definitions."""

import numpy as np
import pytest
from scipy.stats import norm

from skhybrid import coverage, crps, interval_score, pinball


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    lower = rng.normal(size=(50, 3)) - 1
    return rng.normal(size=(50, 3)), lower, lower + rng.uniform(0.5, 2, size=(50, 3))


def test_coverage_counts_both_bounds_in():
    assert coverage([0, 1, 2, 3], [1, 1, 1, 1], [2, 2, 2, 2]) == 0.5


def test_interval_score_is_that_of_the_two_quantiles(drawn):
    truth, lower, upper = drawn
    tail = 0.1
    expected = (pinball(truth, lower, quantile=tail) + pinball(truth, upper, quantile=1 - tail)) / tail
    assert interval_score(truth, lower, upper, level=0.8) == pytest.approx(expected)


def test_interval_score_is_least_at_the_quantiles():
    truth = np.random.default_rng(0).normal(size=20000)
    scores = {
        z: interval_score(truth, np.full(20000, -z), np.full(20000, z), level=0.8)
        for z in (norm.ppf(0.9) * factor for factor in (0.8, 1.0, 1.2))
    }
    assert min(scores, key=scores.get) == pytest.approx(norm.ppf(0.9))


def test_crps_is_the_mean_over_all_pairs():
    rng = np.random.default_rng(0)
    truth, samples = rng.normal(size=(6, 2)), rng.normal(size=(6, 9, 2))
    pairs = np.abs(samples[:, :, None] - samples[:, None]).mean(axis=(1, 2))
    expected = (np.abs(samples - truth[:, None]).mean(axis=1) - pairs / 2).mean()
    assert crps(truth, samples) == pytest.approx(expected)
    assert crps(truth[:, 0], samples[:, :1, 0]) == pytest.approx(np.abs(truth[:, 0] - samples[:, 0, 0]).mean())


def test_crps_of_normal_samples_is_the_closed_form():
    samples = norm.ppf((np.arange(4000) + 0.5) / 4000)[None]
    expected = norm.pdf(0.5) * 2 + 0.5 * (2 * norm.cdf(0.5) - 1) - 1 / np.sqrt(np.pi)
    assert crps([0.5], samples) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coverage([1, 2], [0], [3]), r"have the shapes \(2,\), \(1,\), \(1,\)"),
        (lambda: coverage([1.0, np.nan], [0, 0], [3, 3]), "y_true"),
        (lambda: coverage([1.0], [3], [0]), "lower must not lie above upper"),
        (lambda: interval_score([1], [0], [3], level=80), "level must be between 0 and 1, but is 80"),
        (lambda: crps([1, 2], [[1, 2, 3]]), "samples must have the shape of y_true"),
    ],
)
def test_bad_input_gets_a_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
