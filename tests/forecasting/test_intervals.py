"""Intervals from the errors of earlier forecasts, as arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from statsmodels.tsa.arima_process import arma_generate_sample

from skhybrid import ConformalIntervals

HORIZON = 6


def forecasts_of(n_rows, seed=0, horizon=HORIZON, kept=0.8):
    """Return the truth and the best forecasts of an autoregression, made from each row, (n_rows, horizon)."""
    rng = np.random.default_rng(seed)
    steps = np.arange(1, horizon + 1)
    x = arma_generate_sample([1, -kept], [1], n_rows + horizon, distrvs=lambda size: rng.normal(size=size))
    return np.stack([x[steps + row] for row in range(n_rows)]), x[:n_rows, None] * kept**steps


def share_inside(bounds, truth):
    """Return the share of the truth in the intervals of each level."""
    inside = (bounds[..., 0] <= truth[..., None]) & (truth[..., None] <= bounds[..., 1])
    return inside.reshape(-1, inside.shape[-1]).mean(axis=0)


def test_split_conformal_by_hand():
    truth, forecasts = forecasts_of(150)
    plain = ConformalIntervals((0.6, 0.9), scale=False, symmetric=True, adaptive=False).fit(truth[:99], forecasts[:99])
    bounds = plain.predict_interval(forecasts[99:])
    for step in range(HORIZON):
        errors = np.sort(np.abs(truth[:99, step] - forecasts[:99, step]))
        for level, place in ((0, 60), (1, 90)):  # ceil(100 * level)
            expected = forecasts[99:, step, None] + errors[place - 1] * np.array([-1, 1])
            np.testing.assert_allclose(bounds[:, step, level], expected, rtol=0, atol=1e-12)


def test_each_bound_leaves_out_half_by_hand():
    truth, forecasts = forecasts_of(150)
    plain = ConformalIntervals(0.8, scale=False, adaptive=False).fit(truth[:99], forecasts[:99])
    errors = np.sort(truth[:99] - forecasts[:99], axis=0)
    expected = forecasts[99:, :, None] + np.stack([errors[9], errors[89]], axis=1)  # the 10th from either end
    np.testing.assert_allclose(plain.predict_interval(forecasts[99:])[:, :, 0], expected, rtol=0, atol=1e-12)


def test_conformalised_quantiles_by_hand():
    truth, forecasts = forecasts_of(150)
    quantiles = forecasts[:, :, None, None] + np.array([-0.5, 0.2])
    plain = ConformalIntervals(0.8, scale=False, symmetric=True, adaptive=False)
    plain.fit(truth[:99], forecasts[:99], bounds=quantiles[:99])
    beyond = np.maximum(quantiles[:99, :, 0, 0] - truth[:99], truth[:99] - quantiles[:99, :, 0, 1])
    distance = np.sort(beyond, axis=0)[79]
    expected = quantiles[99:, :, 0] + distance[:, None] * np.array([-1, 1])
    bounds = plain.predict_interval(forecasts[99:], bounds=quantiles[99:])
    np.testing.assert_allclose(bounds[:, :, 0], expected, rtol=0, atol=1e-12)


def test_bounds_of_a_model_tell_how_large_errors_are():
    """Spreads that no phase, step or level tells, and quantiles that are three times too narrow but in proportion."""
    rng = np.random.default_rng(0)
    spread = np.exp(rng.normal(size=(1200, 3)))
    forecasts, errors = rng.normal(size=(1200, 3)), rng.normal(size=(1200, 3)) * spread
    narrow = forecasts[:, :, None, None] + spread[:, :, None, None] * np.array([-0.43, 0.43])
    intervals = ConformalIntervals(0.8).fit((forecasts + errors)[:600], forecasts[:600], bounds=narrow[:600])
    later = slice(602, None)
    bounds = intervals.predict_interval(forecasts[later], (forecasts + errors)[later], bounds=narrow[later])
    is_wide = spread[later] > 1
    assert share_inside(bounds[is_wide], (forecasts + errors)[later][is_wide]) == pytest.approx([0.8], abs=0.05)
    assert share_inside(bounds[~is_wide], (forecasts + errors)[later][~is_wide]) == pytest.approx([0.8], abs=0.05)


def test_right_bounds_of_a_model_are_found_where_errors_mislead():
    """Errors that were ten times as large when calibrated on: with the model's own bounds, intervals are not."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(900, 3))
    truth[:300] *= 10
    own = np.broadcast_to(np.array([-1.2816, 1.2816]), (900, 3, 1, 2))
    forecasts, later = np.zeros((900, 3)), slice(302, None)
    widths = []
    for bounds in (own, None):
        intervals = ConformalIntervals(0.8, adaptive=True)
        given = [None if bounds is None else bounds[part] for part in (slice(300), later)]
        intervals.fit(truth[:300], forecasts[:300], bounds=given[0])
        found = intervals.predict_interval(forecasts[later], truth[later], bounds=given[1])
        widths.append(np.ptp(found, axis=3)[:60].mean())
    assert widths[0] < 0.8 * widths[1]


def test_quantiles_without_width_are_as_none():
    truth, forecasts = forecasts_of(150)
    none = np.repeat(forecasts[:, :, None, None], 2, axis=3)
    first = ConformalIntervals(0.8).fit(truth[:99], forecasts[:99], bounds=none[:99])
    second = ConformalIntervals(0.8).fit(truth[:99], forecasts[:99])
    expected = second.predict_interval(forecasts[99:], truth[99:])
    np.testing.assert_array_equal(first.predict_interval(forecasts[99:], truth[99:], bounds=none[99:]), expected)


def test_coverage_on_exchangeable_errors():
    rng, n_trials = np.random.default_rng(0), 400
    plain = ConformalIntervals(0.8, scale=False, symmetric=True, adaptive=False)
    inside = 0
    for _ in range(n_trials):
        errors = rng.standard_t(3, size=20)
        (lower, upper) = plain.fit(errors[:19], np.zeros(19)).predict_interval([0.0])[0, 0, 0]
        inside += lower <= errors[19] <= upper
    # 16 of 20 places: exactly .8
    assert abs(inside / n_trials - 0.8) < 3 * np.sqrt(0.8 * 0.2 / n_trials)


def test_default_covers_an_autoregression():
    truth, forecasts = forecasts_of(3000)
    intervals = ConformalIntervals(season_length=6).fit(truth[:1000], forecasts[:1000])
    shares = share_inside(intervals.predict_interval(forecasts[1006:], truth[1006:]), truth[1006:])
    np.testing.assert_allclose(shares, [0.8, 0.95], atol=0.02)


def test_size_of_errors_follows_phase_and_level():
    rng = np.random.default_rng(0)
    level = np.repeat(rng.choice([1.0, 10.0], size=1200), HORIZON).reshape(-1, HORIZON)
    phase = (np.arange(1200)[:, None] + 1 + np.arange(HORIZON)) % 4
    truth = level + level * np.where(phase == 0, 3, 1) * rng.normal(size=level.shape)
    intervals = ConformalIntervals(0.8, season_length=4, adaptive=False).fit(truth[:600], level[:600])
    rows = 600 + HORIZON - 1 + np.arange(595)  # a later row for each prediction, of the same phase
    widths = np.ptp(intervals.predict_interval(level[rows % 1200][:400])[:, :, 0], axis=2)
    shown = level[rows % 1200][:400], phase[rows % 1200][:400]
    expected = shown[0] * np.where(shown[1] == 0, 3, 1)
    ratio = widths / expected
    assert ratio.std() / ratio.mean() < 0.2
    assert expected.std() / expected.mean() > 0.9


@given(st.integers(1, 39), st.sampled_from([None, 3, (2, 6)]), st.integers(0, 5))
def test_no_bound_depends_on_what_is_not_known(row, season_length, seed):
    truth, forecasts = forecasts_of(120, seed)
    intervals = ConformalIntervals(season_length=season_length).fit(truth[:70], forecasts[:70])
    later, made = truth[75:115].copy(), forecasts[75:115]
    before = intervals.predict_interval(made, later)
    # In row i the truth of its step h is known h steps later.
    is_later = np.arange(40)[:, None] + 1 + np.arange(HORIZON) > row
    later[is_later] += 100
    after = intervals.predict_interval(made, later)
    np.testing.assert_array_equal(before[: row + 1], after[: row + 1])
    assert row > 30 or not np.array_equal(before, after)


@pytest.mark.parametrize("kind", ["variance", "level"])
def test_shift_is_covered_again_within_two_seasons(kind):
    season, shares, still = 12, [], []
    for seed in range(8):
        truth, forecasts = forecasts_of(60 * season, seed, season)
        is_late = np.arange(len(truth))[:, None] + 1 + np.arange(season) >= 40 * season
        shifted = forecasts + 3 * (truth - forecasts) if kind == "variance" else truth + 5
        truth = np.where(is_late, shifted, truth)
        n_fitted = 30 * season
        # Row 0 of what follows is made when the truth of the last fitted row is known.
        later = slice(n_fitted + season - 1, None)
        for adaptive, found in ((True, shares), (False, still)):
            intervals = ConformalIntervals(0.8, season_length=season, adaptive=adaptive)
            intervals.fit(truth[:n_fitted], forecasts[:n_fitted])
            bounds = intervals.predict_interval(forecasts[later], truth[later])
            two_later = 42 * season - (n_fitted + season - 1)
            found.append(
                share_inside(bounds[two_later : two_later + 6 * season], truth[later][two_later:][: 6 * season])
            )
    assert np.mean(shares) > 0.72
    assert np.mean(still) < 0.5


def test_too_few_errors_are_told_and_stand_on_a_normal_distribution():
    truth, forecasts = forecasts_of(15)
    intervals = ConformalIntervals((0.5, 0.95), scale=False, adaptive=False)
    with pytest.warns(UserWarning, match=r"15 forecasts are too few to calibrate intervals of 0.95, which need 39"):
        intervals.fit(truth, forecasts)
    np.testing.assert_array_equal(intervals.is_conformal_, [True, False])
    bounds = intervals.predict_interval(forecasts)
    distance = 1.959964 * np.sqrt(np.mean((truth - forecasts) ** 2, axis=0))
    np.testing.assert_allclose(bounds[0, :, 1, 1] - forecasts[0], distance, rtol=1e-6)


def test_unknown_truth_is_left_out():
    truth, forecasts = forecasts_of(200)
    holes = truth.copy()
    holes[::7, 2:] = np.nan
    intervals = ConformalIntervals(0.8).fit(holes[:100], forecasts[:100])
    bounds = intervals.predict_interval(forecasts[105:], holes[105:])
    assert np.isfinite(bounds).all()
    plain = ConformalIntervals(0.8, scale=False, symmetric=True, adaptive=False).fit(holes[:100], forecasts[:100])
    errors = np.abs(truth - forecasts)[:100, 2]
    errors = np.sort(errors[np.arange(100) % 7 > 0])
    width = plain.predict_interval(forecasts[105:])[0, 2, 0, 1] - forecasts[105, 2]
    np.testing.assert_allclose(width, errors[int(np.ceil(86 * 0.8)) - 1], rtol=1e-12)


def test_perfect_forecasts_have_intervals_without_width():
    truth, _ = forecasts_of(80)
    bounds = ConformalIntervals().fit(truth[:60], truth[:60]).predict_interval(truth[65:])
    np.testing.assert_allclose(bounds, np.broadcast_to(truth[65:, :, None, None], bounds.shape))


def test_sums_of_paths_cover_and_sums_of_bounds_do_not():
    truth, forecasts = forecasts_of(3000, kept=0.3, horizon=12)
    intervals = ConformalIntervals(0.8).fit(truth[:1000], forecasts[:1000])
    later = slice(1011, None)
    paths = intervals.sample_paths(forecasts[later], truth[later], n_paths=100, random_state=0)
    assert paths.shape == (1989, 100, 12)
    truth = truth[later].sum(axis=1)
    lower, upper = np.quantile(paths.sum(axis=2), [0.1, 0.9], axis=1)
    assert abs(((lower <= truth) & (truth <= upper)).mean() - 0.8) < 0.05
    bounds = intervals.predict_interval(forecasts[later], None)[:, :, 0].sum(axis=1)
    assert ((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean() > 0.95
    again = intervals.sample_paths(forecasts[later], n_paths=100, random_state=0)
    assert not np.array_equal(again, paths)  # sizes follow what is known


def test_paths_are_earlier_errors_of_the_same_phase():
    truth, forecasts = forecasts_of(400)
    intervals = ConformalIntervals(0.8, scale=False, adaptive=False, season_length=2).fit(truth, forecasts)
    [paths] = intervals.sample_paths(forecasts[:1], n_paths=200, random_state=0)
    first = 400 - 1 + HORIZON  # the step that the row follows
    same = (np.arange(400) - first) % 2 == 0
    expected = forecasts[0] + (truth - forecasts)[same]
    np.testing.assert_allclose(np.sort(paths[:, 0]), np.sort(expected[:, 0]))  # each of the 200 once


def test_parameters_are_stored_and_cloned():
    intervals = ConformalIntervals([0.5, 0.9], scale=False, season_length=[24, 168])
    assert clone(intervals).get_params() == intervals.get_params()
    with pytest.raises(AttributeError):
        intervals.predict_interval(np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("levels", "message"),
    [(1.0, "levels must hold different shares between 0 and 1, but is 1.0"), ((0.8, 0.8), "different"), ((), "levels")],
)
def test_levels_are_shares(levels, message):
    with pytest.raises(ValueError, match=message):
        ConformalIntervals(levels).fit(*forecasts_of(50))


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        (np.zeros((9, 2)), np.zeros((9, 3)), r"y_true must have the shape of y_pred, \(9, 3\), but has \(9, 2\)"),
        (np.full(9, np.nan), np.zeros(9), "y_true must hold a known value"),
        (np.zeros(9), np.full(9, np.nan), "y_pred must be finite, but holds NaN"),
        (np.full(9, np.inf), np.zeros(9), "y_true must be finite"),
        (np.zeros((3, 3, 3)), np.zeros((3, 3, 3)), "must have shape"),
    ],
)
def test_bad_input_gets_a_sentence(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        ConformalIntervals().fit(y_true, y_pred)


def test_bounds_and_columns_are_those_of_the_fit():
    truth, forecasts = forecasts_of(60)
    with pytest.raises(ValueError, match=r"bounds must have shape \(60, 6, 2, 2\)"):
        ConformalIntervals().fit(truth, forecasts, bounds=np.zeros((60, 6, 2)))
    with pytest.raises(ValueError, match="bounds must be finite, but hold NaN or inf"):
        ConformalIntervals().fit(truth, forecasts, bounds=np.full((60, 6, 2, 2), np.nan))
    with pytest.raises(ValueError, match="y_pred must have the 6 columns of fit, but has 5"):
        ConformalIntervals().fit(truth, forecasts).predict_interval(forecasts[:, :5])


def test_paths_are_drawn_from_the_newest_errors_that_are_known():
    truth, forecasts = forecasts_of(400)
    intervals = ConformalIntervals(0.8).fit(truth[:180], forecasts[:180])
    later, made = truth[185:].copy(), forecasts[185:]
    before = intervals.sample_paths(made, later, n_paths=60, random_state=0)
    later[np.arange(len(later))[:, None] + 1 + np.arange(HORIZON) > 150] += 100
    after = intervals.sample_paths(made, later, n_paths=60, random_state=0)
    np.testing.assert_array_equal(after[:151], before[:151])
    assert after[160:].max() > 80  # an error of 100 has come among those drawn
