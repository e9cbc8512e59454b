"""Ridge regressions from moments, against scikit-learn's on the windows themselves."""

import math
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skhybrid import CNNLSTMRegressor, DenseRegressor, LSTMRegressor, Windows
from skhybrid.estimators import _linear_path
from skhybrid.estimators._linear_design import BASES, Design
from skhybrid.estimators._linear_path import (
    PENALTIES,
    Base,
    Choice,
    Data,
    LearnedFold,
    choose,
    choose_smoothing,
    combine,
    decompose,
    gather,
    relate,
    solve,
    solve_all,
)
from skhybrid.estimators._samples import Samples
from skhybrid.estimators._smoothing import DAMPINGS, LEVEL_SHARES, SEASON_SHARES, TREND_SHARES
from skhybrid.estimators._window_norm import WindowNorm
from tests.estimators.known_ahead import SEASON, angles, make_known, make_rows, smooth

ridge = partial(DenseRegressor, 1, linear_path="ridge", epochs=0, random_state=0)
segments = partial(
    LSTMRegressor, 1, dense_units=(), decoder="segments", segment_length=3, linear_path="ridge", epochs=0
)
hybrid = partial(CNNLSTMRegressor, 1, kernel_size=1, units=1, dense_units=(), linear_path="ridge", epochs=0)


# Regressions of an estimator


def location_and_forecast(name, windows, n_outputs, smoothing=None):
    """Return what windows and the targets are relative to, and the scale of both."""
    last, mean = windows[:, -1:], windows.mean(axis=1, keepdims=True)
    if name in (None, "raw"):
        return 0 * last, np.zeros((len(windows), n_outputs)), 1
    if name == "smoothed":
        return last, windows[:, :, 0] @ smoothing, 1
    if name == "seasonal":
        steps = windows.shape[1] - SEASON + np.arange(n_outputs) % SEASON
        return last, windows[:, steps, 0], 1
    location = mean if name in ("mean", "standard") else last
    scale = {"relative": last, "standard": windows.std(axis=1, keepdims=True)}.get(name, np.ones_like(last))
    return location, location[:, :, 0], scale


def ridge_by_hand(X, y, name, n_steps, alpha, *, norm, weights, fade=1, n_of_segment=None, smoothing=None):
    """Return the predictions of scikit-learn's Ridge, one for each target, relative to the naive forecast `name`.

    It reads the newest `n_steps` of the windows. An infinite penalty leaves the naive forecast alone (without a norm,
    the mean).
    """
    windows = np.asarray(X.values if isinstance(X, Windows) else X, dtype=float)
    windows = windows.reshape(len(windows), -1, windows.shape[-1])
    location, _, scale = location_and_forecast(norm, windows, y.shape[1])
    deviation = 1 if norm is None else ((windows - location) / scale).std(axis=(0, 1))
    location, forecast, _ = location_and_forecast(name, windows, y.shape[1], smoothing)
    if np.isinf(alpha):
        return forecast if norm else np.broadcast_to(np.average(y, axis=0, weights=weights), y.shape)
    Z = ((windows - location) / scale / deviation)[:, -n_steps:].reshape(len(y), -1)
    scale = np.reshape(scale[:, 0, 0], (-1, 1)) if np.ndim(scale) else scale
    numbers = np.zeros((len(y), 1, 0))
    if isinstance(X, Windows):
        Z = np.hstack([Z, angles(X.ahead[:, 0, -1].astype(float), SEASON)])
        numbers = X.ahead[:, :, :-1].astype(float)
        mean = np.average(numbers, axis=0, weights=weights).mean(axis=0)
        numbers = (numbers - mean) / np.sqrt(np.average((numbers - mean) ** 2, axis=0, weights=weights).mean(axis=0))
    predicted = np.empty(y.shape)
    for i in range(y.shape[1]):
        start = i // n_of_segment * n_of_segment if n_of_segment else 0
        seen = numbers[:, start : start + n_of_segment if n_of_segment else None]
        features = np.hstack([Z, seen.reshape(len(y), -1)])
        of_target = ((y - forecast) / scale)[:, i]
        predicted[:, i] = Ridge(alpha=alpha).fit(features, of_target, sample_weight=weights * fade).predict(features)
    return predicted * scale + forecast


def assert_is_ridge(model, X, y, *, weights=None, n_of_segment=None):
    weights = np.ones(len(y)) if weights is None else weights
    bases = [model.window_norm] if model.linear_bases is None else model.linear_bases
    bases = [name for name in BASES if name != "mean"] if isinstance(bases, str) else bases
    lengths = [math.prod(model.input_shape_[:-1]) // 2**i for i in range(model.linear_lengths)]
    fades = [np.ones(len(y))]
    if model.linear_half_life is not None:
        fades.append(0.5 ** (np.arange(len(y))[::-1] / (model.linear_half_life * len(y))))
    options = {"norm": model.window_norm, "weights": weights, "n_of_segment": n_of_segment}
    options["smoothing"] = model._linear.choice.smoothing
    expected = sum(
        share * ridge_by_hand(X, y, base, n_steps, alpha, fade=fade, **options)
        for share, (fade, n_steps, base), alpha in zip(
            model.linear_share_, product(fades, lengths, bases), model.linear_penalty_, strict=True
        )
    )
    np.testing.assert_allclose(model.predict(X), expected, rtol=0, atol=1e-6 * y.std())
    assert np.std(expected - y) > 1e-3 * y.std()


@pytest.mark.parametrize("window_norm", [None, "last", "relative", "standard", "seasonal"])
def test_without_epochs_it_is_ridge_regression(window_norm):
    X, y = make_known(level=0 if window_norm is None else 8)
    model = ridge(window_norm=window_norm, season_length=SEASON).fit(X, y)
    assert_is_ridge(model, X, y)
    assert model.linear_penalty_.shape == (1,)
    np.testing.assert_array_equal(model.linear_share_, [1])
    assert not model.gate_.any()
    assert model.best_epoch_ == model.n_epochs_ == 0


@pytest.mark.parametrize("norm", ["last", "seasonal"])
@pytest.mark.parametrize("base", BASES)
def test_each_base_is_ridge_regression(base, norm):
    X, y = make_known()
    model = ridge(window_norm=norm, season_length=SEASON, linear_bases=[base]).fit(X, y)
    assert_is_ridge(model, X, y)


def test_bases_are_mixed():
    X, y = make_known(120, n_features=3)
    model = ridge(window_norm="last", season_length=SEASON, linear_bases=BASES).fit(X, y)
    assert_is_ridge(model, X, y)
    assert (model.linear_share_ >= 0).all()
    np.testing.assert_allclose(model.linear_share_.sum(), 1)


@pytest.mark.parametrize(
    "options",
    [
        {"linear_lengths": 4},
        {"linear_lengths": 2, "linear_half_life": 0.2, "linear_bases": np.array(["raw", "last"])},
        {"linear_lengths": 3, "linear_bases": None, "validation_folds": 3},
        {"validation_folds": 3, "early_stopping": True, "refit": True, "window_norm": "seasonal"},
    ],
    ids=str,
)
def test_lengths_bases_and_weights_are_mixed(options):
    """Whatever chooses, all samples are learned from in the end."""
    X, y = make_known(120, n_features=3)
    options = {"window_norm": "last", "season_length": SEASON, "linear_bases": "auto"} | options
    model = ridge(**options).fit(X, y)
    assert_is_ridge(model, X, y)
    assert np.count_nonzero(model.linear_share_ > 0.01) > 1
    assert model.best_epochs_ == [0]


@pytest.mark.parametrize(("season_length", "has_season"), [(None, False), (7, True), (8, False)])
def test_all_bases_are_those_that_the_window_holds(season_length, has_season):
    X, y = make_known()
    model = ridge(window_norm="last", season_length=season_length, linear_bases="auto").fit(X, y)
    bases = [name for name in BASES if name != "mean" and (has_season or name != "seasonal")]
    assert model.linear_share_.shape == (len(bases),)
    named = ridge(window_norm="last", season_length=season_length, linear_bases=bases).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), named.predict(X))


def test_all_bases_of_a_window_of_one_step_are_those_without_a_trend():
    X, y = make_known()
    model = ridge(window_norm="last", linear_bases="auto").fit(X.values[:, -1:], y)
    named = ridge(window_norm="last", linear_bases=("last", "raw")).fit(X.values[:, -1:], y)
    np.testing.assert_array_equal(model.predict(X.values[:, -1:]), named.predict(X.values[:, -1:]))


def test_half_life_of_all_is_no_other_one():
    X, y = make_known()
    model = ridge(window_norm="last", half_life=0.3, linear_half_life=0.3).fit(X, y)
    assert model.linear_share_.tolist() == [1]
    np.testing.assert_array_equal(model.predict(X), ridge(window_norm="last", half_life=0.3).fit(X, y).predict(X))


def test_each_segment_has_a_ridge_regression_on_its_own_inputs_known_ahead():
    X, y = make_known(n_features=3, known=(1, 2), n_steps=5)
    model = segments(window_norm="last").fit(X, y)
    assert_is_ridge(model, X, y, n_of_segment=3)


def test_weights_count_in_ridge_regression():
    X, y = make_known()
    weights = np.random.default_rng(0).uniform(0.1, 3, len(y))
    assert_is_ridge(ridge(window_norm="last").fit(X, y, weights), X, y, weights=weights)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(8, 3), (2, 4, 3)], ids=str)
def test_any_float_and_subsequences_have_a_ridge_regression(shape, dtype):
    X, y = make_known(n_features=3)
    X = np.array(X.values.reshape(-1, *shape), dtype=dtype)
    model = hybrid(window_norm="last").fit(X, y)
    assert_is_ridge(model, X, y)


def test_flag_that_no_norm_treats_stays_in_ridge_regression():
    rows = make_rows(60)
    rows[:, 1] = np.arange(60) % 4 == 0
    X = np.stack([rows[i : i + 6] for i in range(54)])
    model = ridge(window_norm="last", norm_channels=[0]).fit(X, rows[6:, 0])
    z = (X - X[:, -1:] * [1, 0]) / [(X - X[:, -1:])[..., 0].std(), 1]
    z = z.reshape(54, -1)
    change = rows[6:, 0] - X[:, -1, 0]
    expected = Ridge(alpha=model.linear_penalty_[0]).fit(z, change).predict(z) + X[:, -1, 0]
    np.testing.assert_allclose(model.predict(X), expected, rtol=0, atol=1e-6 * rows[:, 0].std())


# Moments


def make_data(n_rows=40, n_outputs=2, n_features=1, level=0.0, seed=0):
    """Return a design on windows relative to their last step, and data for it."""
    rng = np.random.default_rng(seed)
    windows = level + rng.normal(size=(n_rows, 5, n_features)).cumsum(axis=1)
    none = np.zeros(n_rows, dtype=int)
    targets = windows[:, -1:, 0] - windows[:, :n_outputs, 0] + rng.normal(size=(n_rows, n_outputs))
    norm = WindowNorm("last", np.ones(n_features), (True,) * n_features)
    shape = {"n_steps": 5, "n_features": n_features, "n_outputs": n_outputs, "segment_length": None}
    design = Design(norm, None, True, **shape, season_length=3)
    return design, Data(Samples(windows, none, none), targets, rng.uniform(0.5, 2, n_rows))


SHARES = (0.4, 0.1, 0.9, 0.0)  # of the smoothing below


def smoothing_by_hand(design, shares=SHARES, season_length=1):
    """Return the weights of each step: what a window with 1 there, and 0 elsewhere, is smoothed to."""
    return np.array([smooth(unit, design.n_outputs, season_length, shares) for unit in np.eye(design.n_steps)])


def bases_of(design, names=BASES, n_steps=5, weighting=0):
    smoothing = smoothing_by_hand(design)
    return [Base(*design.base(name, 0, 1.0, smoothing), n_steps, weighting) for name in names]


def fold_of(design, data, known, choosing, *others):
    """Return what is learned from some rows, weighted as in `data` and as in others, and the rows that choose."""
    moments = [gather(design, by, known) for by in (data, *others)]
    return LearnedFold(moments, choosing, gather(design, data, choosing))


def related_to(base, design, moments):
    [related] = relate(design, [moments], [base])
    return related


def folds_of(design, data, *parts):
    """Return the same for each pair of rows."""
    return [fold_of(design, data, *part) for part in parts]


def test_moments_are_weighted_sums_about_the_means():
    design, data = make_data()
    rows = np.arange(5, 30)
    moments = gather(design, data, rows)
    Z, Y, w = design.read(data.samples, rows), data.targets[rows], data.weights[rows]
    np.testing.assert_allclose(moments.n_rows, w.sum())
    np.testing.assert_allclose(moments.features, np.average(Z, axis=0, weights=w))
    np.testing.assert_allclose(moments.targets, np.average(Y, axis=0, weights=w))
    joint = np.cov(np.hstack([Z, Y]).T, aweights=w, ddof=0) * w.sum()
    np.testing.assert_allclose(moments.gram, joint[:-2, :-2], atol=1e-9)
    np.testing.assert_allclose(moments.products, joint[:-2, -2:], atol=1e-9)
    np.testing.assert_allclose(moments.squares, np.diag(joint)[-2:], atol=1e-9)
    kernel = np.random.default_rng(1).normal(size=moments.products.shape)
    rest = Y - Z @ kernel
    rest -= np.average(rest, axis=0, weights=w)
    np.testing.assert_allclose(moments.errors(kernel) ** 2, np.average(rest**2, axis=0, weights=w))


def test_row_of_weight_2_is_the_row_twice():
    design, data = make_data()
    doubled = data._replace(weights=np.where(np.arange(40) % 3, 1.0, 2.0))
    rows = np.repeat(np.arange(40), doubled.weights.astype(int))
    of_weights = gather(design, doubled, np.arange(40))
    of_copies = gather(design, data._replace(weights=np.ones(40)), rows)
    for a, b in zip(of_weights, of_copies, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-10)


@pytest.mark.parametrize("absolute", [False, True])
def test_pieces_change_nothing(monkeypatch, absolute):
    design, data = make_data()
    rows, bases = np.arange(30), bases_of(design)
    whole = gather(design, data, rows)
    folds = folds_of(design, data, (rows, np.arange(30, 40)))
    choice, _ = choose(design, data, folds, bases, absolute=absolute)
    monkeypatch.setattr(_linear_path, "PIECE_NUMBERS", 5 * 4)  # 4 rows
    for a, b in zip(gather(design, data, rows), whole, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-10)
    again, _ = choose(design, data, folds, bases, absolute=absolute)
    for a, b in zip(again[:3], choice[:3], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_high_level_leaves_its_digits_to_the_moments():
    _, data = make_data(level=1e7)
    flat = Design(None, None, False, n_steps=5, n_features=1, n_outputs=2, segment_length=None)
    moments = gather(flat, data, np.arange(40))
    lower = data._replace(samples=data.samples._replace(values=data.samples.values - 1e7))
    np.testing.assert_allclose(moments.gram, gather(flat, lower, np.arange(40)).gram, rtol=1e-7)


@pytest.mark.parametrize("name", BASES)
def test_large_penalty_leads_back_to_the_naive_forecast(name):
    design, data = make_data()
    rows = np.arange(40)
    (base,) = bases_of(design, [name])
    linear = solve(related_to(base, design, gather(design, data, rows)), 1e12)
    Z = design.read(data.samples, rows)
    rest = data.targets - Z @ base.naive
    constant = np.average(rest, axis=0, weights=data.weights)  # the mean error is made good
    np.testing.assert_allclose(Z @ linear.kernel + linear.bias, Z @ base.naive + constant, atol=1e-8)


@pytest.mark.parametrize("name", BASES)
def test_infinite_penalty_leaves_the_naive_forecast_without_a_constant(name):
    design, data = make_data(level=3.0)
    rows = np.arange(40)
    (base,) = bases_of(design, [name])
    linear = solve(related_to(base, design, gather(design, data, rows)), np.inf)
    np.testing.assert_array_equal(linear.kernel, base.naive)
    assert not linear.bias.any()
    assert linear.penalties == np.inf
    _, forecast, _ = location_by_name(name, data.samples.values, design.n_outputs)
    predicted = design.read(data.samples, rows) @ linear.kernel
    np.testing.assert_allclose(predicted, np.broadcast_to(forecast, predicted.shape), atol=1e-12)


# Choice


def rest_by_loops(design, data, parts, name, penalty, n_steps=5):
    """Return what scikit-learn's Ridge, on the newest steps of the windows, leaves of the targets held out.

    With an infinite penalty, it is what the naive forecast leaves.
    """
    windows, rests = data.samples.values, []
    location, forecast, _ = location_by_name(name, windows, design.n_outputs)
    Z, relative = windows - location, data.targets - forecast
    newest = Z[:, len(Z[0]) - n_steps :].reshape(len(Z), -1)
    Z = Z.reshape(len(Z), -1)
    for known, choosing in parts:
        if np.isinf(penalty):
            rests.append(-relative[choosing])
            continue
        w = data.weights[known]
        centred = Z[known] - np.average(Z[known], axis=0, weights=w)
        alpha = penalty * (w[:, None] * centred**2).sum() / Z.shape[1]
        model = Ridge(alpha=alpha).fit(newest[known], relative[known], sample_weight=w)
        rests.append(model.predict(newest[choosing]) - relative[choosing])
    return np.concatenate(rests)


def choose_by_loops(design, data, parts, name, n_steps=5, *, absolute):
    """Return the penalty with the least error on the rows that choose, of all parts together."""
    weights, errors = np.concatenate([data.weights[choosing] for _, choosing in parts]), []
    for penalty in PENALTIES:
        rest = np.abs(rest_by_loops(design, data, parts, name, penalty, n_steps))
        errors.append((weights @ (rest if absolute else rest**2)).sum())
    return PENALTIES[np.argmin(errors)]


def location_by_name(name, windows, n_outputs):
    """Return location and forecast as above; targets here are relative to the last step already."""
    last, mean = windows[:, -1:], windows.mean(axis=1, keepdims=True)
    if name == "raw":
        return 0, -last[:, :, 0], 1
    if name == "mean":
        return mean, (mean - last)[:, :, 0], 1
    if name == "seasonal":
        return last, windows[:, 2 + np.arange(n_outputs) % 3, 0] - last[:, 0, :1], 1
    if name == "smoothed":
        smoothed = np.array([smooth(window[:, 0], n_outputs, 1, SHARES) for window in windows])
        return last, smoothed - last[:, 0, :1], 1
    return last, 0, 1


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_penalties_are_those_that_a_loop_chooses(seed, absolute):
    design, data = make_data(n_outputs=5, seed=seed)
    rows, others = np.arange(28), np.arange(30, 40)
    choice, _ = choose(design, data, folds_of(design, data, (rows, others)), bases_of(design), absolute=absolute)
    for name, penalty in zip(BASES, choice.penalties, strict=True):
        assert penalty == choose_by_loops(design, data, [(rows, others)], name, absolute=absolute)


# As `split_in_time` holds them out: the newest first, each after all that is learned from, with a gap.
PARTS = [
    (np.arange(28), np.arange(30, 40)),
    (np.arange(18), np.arange(20, 30)),
    (np.arange(9), np.arange(10, 20)),
]


@pytest.mark.parametrize("absolute", [False, True])
def test_all_folds_choose_the_penalties(absolute):
    names = ["mean", "raw"]
    design, data = make_data(n_outputs=5)
    bases = bases_of(design, names) + bases_of(design, names, n_steps=2)
    choice, _ = choose(design, data, folds_of(design, data, *PARTS), bases, absolute=absolute)
    of_newest, _ = choose(design, data, folds_of(design, data, PARTS[0]), bases, absolute=absolute)
    assert (choice.penalties != of_newest.penalties).any()
    for (n_steps, name), penalty in zip(product((5, 2), names), choice.penalties, strict=True):
        assert penalty == choose_by_loops(design, data, PARTS, name, n_steps, absolute=absolute)


@pytest.mark.parametrize("seed", range(3))
def test_all_folds_choose_the_shares(seed):
    design, data = make_data(seed=seed)
    bases = [*bases_of(design, ["last"]), *bases_of(design, ["raw"], n_steps=2)]
    folds = folds_of(design, data, *PARTS)
    choice, maps = choose(design, data, folds, bases, absolute=False)
    for of_fold, fold in zip(maps, folds, strict=True):
        for a, b in zip(of_fold, combine(design, fold.moments, bases, choice), strict=True):
            np.testing.assert_array_equal(a, b)
    first, second = (
        rest_by_loops(design, data, PARTS, name, penalty, n_steps)
        for (name, n_steps), penalty in zip((("last", 5), ("raw", 2)), choice.penalties, strict=True)
    )
    w, errors = np.concatenate([data.weights[choosing] for _, choosing in PARTS]), []
    alone = (w @ first**2).mean() + (w @ second**2).mean()
    for share in np.linspace(0, 1, 1001):
        # Drawn to equal shares as below.
        drawn = 4 * (share**2 + (1 - share) ** 2) * alone / 2 * design.n_outputs / len(w)
        errors.append((w @ (share * first + (1 - share) * second) ** 2).mean() + drawn)
    np.testing.assert_allclose(choice.shares, [np.argmin(errors) / 1000, 1 - np.argmin(errors) / 1000], atol=1e-3)


@pytest.mark.parametrize("season_length", [1, 2])
def test_smoothing_is_the_one_of_the_least_error(season_length):
    """Of the second feature, of which a unit is half of one of the targets."""
    design, data = make_data(n_outputs=3, n_features=2)
    design = replace(design, season_length=season_length)
    rows = np.concatenate([choosing for _, choosing in PARTS])
    trends = [(0, 1), *product(TREND_SHARES, DAMPINGS)]
    kinds = [(1, a, *trend, 0) for a, trend in product(LEVEL_SHARES, trends)]
    if season_length > 1:
        kinds += [(2, a, *trend, c) for a, trend, c in product(LEVEL_SHARES, trends, SEASON_SHARES)]
    errors = []
    for length, *shares in kinds:
        windows = data.samples.values[rows, :, 1]
        forecasts = np.array([np.array(smooth(w, 3, length, shares)) - w[-1] for w in windows])
        errors.append((data.weights[rows] @ (data.targets[rows] - forecasts / 2) ** 2).sum())
    chosen = choose_smoothing(design, folds_of(design, data, *PARTS), 1, 0.5)
    length, *shares = kinds[np.argmin(errors)]
    np.testing.assert_allclose(chosen, smoothing_by_hand(design, shares, length), atol=1e-12)


def test_errors_of_a_choice_are_those_of_the_oldest_fold():
    """Altering what comes after its rows moves them by the shares alone, of which there is one here."""
    design, data = make_data()
    bases = bases_of(design, ["last"])
    choice, _ = choose(design, data, folds_of(design, data, *PARTS), bases, absolute=False)
    rest = rest_by_loops(design, data, [(np.arange(9), np.arange(9))], "last", choice.penalties[0])
    expected = np.sqrt(np.average(rest**2, axis=0, weights=data.weights[:9]))
    np.testing.assert_allclose(choice.errors, expected)
    deviation = np.sqrt(np.cov(data.targets[:9].T, aweights=data.weights[:9], ddof=0).diagonal())
    np.testing.assert_allclose(choice.deviations, deviation)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_size_left_is_that_of_what_a_weighted_regression_leaves(weight):
    rng = np.random.default_rng(3)
    Z, Y = rng.normal(size=(50, 4)), rng.normal(size=(50, 2)) + 3
    Z, Y = Z - Z.mean(axis=0), Y - Y.mean(axis=0)
    fitted = Z @ np.linalg.lstsq(Z, Y)[0]
    choice = Choice(np.ones(1), np.ones(1), np.sqrt(((Y - fitted) ** 2).mean(axis=0)), Y.std(axis=0))
    np.testing.assert_allclose(choice.size_left(weight), np.sqrt(((Y - weight * fitted) ** 2).mean(axis=0)))


def test_each_set_of_weights_has_its_own_regression():
    design, data = make_data()
    faded = data._replace(weights=data.weights * 0.9 ** np.arange(40)[::-1])
    bases = [*bases_of(design, ["last"]), *bases_of(design, ["last"], weighting=1)]
    folds = [fold_of(design, data, *part, faded) for part in PARTS[:2]]
    choice, _ = choose(design, data, folds, bases, absolute=False)
    errors = np.zeros((2, len(PENALTIES)))
    for i, of_weights in enumerate((data, faded)):
        for j, penalty in enumerate(PENALTIES):
            rest = rest_by_loops(design, of_weights, PARTS[:2], "last", penalty)
            weights = np.concatenate([data.weights[choosing] for _, choosing in PARTS[:2]])  # which do not fade
            errors[i, j] = (weights @ rest**2).sum()
    np.testing.assert_array_equal(choice.penalties, PENALTIES[errors.argmin(axis=1)])
    linear = combine(design, folds[0].moments, bases, choice)
    each = [
        combine(
            design, [moments], bases[:1], choice._replace(penalties=choice.penalties[[i]], shares=np.ones(1))
        ).kernel
        for i, moments in enumerate(folds[0].moments)
    ]
    np.testing.assert_allclose(linear.kernel, np.tensordot(choice.shares, each, 1))


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("n_steps", [1, 3])
def test_regression_of_a_length_does_not_see_older_steps(n_steps, name):
    design, data = make_data(n_features=2)
    rows, (base,) = np.arange(40), bases_of(design, [name], n_steps=n_steps)
    linear = solve(related_to(base, design, gather(design, data, rows)), 0.1)
    Z = design.read(data.samples, rows)
    rest = rest_by_loops(design, data, [(rows, rows)], name, 0.1, n_steps)
    np.testing.assert_allclose(Z @ linear.kernel + linear.bias - data.targets, rest, atol=1e-9)
    older = (linear.kernel - base.naive)[: (5 - n_steps) * 2].reshape(5 - n_steps, 2, -1)
    if name == "mean":  # in which they are, all alike
        np.testing.assert_allclose(older, np.broadcast_to(older[:1], older.shape), atol=1e-12)
        assert np.abs(older).min() > 1e-6
    else:
        np.testing.assert_array_equal(older, np.zeros_like(older))


def test_all_penalties_at_once_are_those_one_by_one():
    design, data = make_data(n_features=2)
    moments = gather(design, data, np.arange(30))
    for base in (*bases_of(design), *bases_of(design, n_steps=2)):
        related = related_to(base, design, moments)
        together = solve_all(related, PENALTIES, decompose(related))
        for i, penalty in enumerate(PENALTIES):
            for part, expected in zip(together, solve(related, penalty), strict=True):
                np.testing.assert_allclose(part[i], expected, rtol=1e-7, atol=1e-9)


def test_squared_errors_of_other_rows_follow_from_their_moments():
    design, data = make_data(level=100.0)
    others = np.arange(30, 40)
    (base,) = bases_of(design, ["last"])
    related = related_to(base, design, gather(design, data, np.arange(30)))
    linear = solve_all(related, PENALTIES, decompose(related))
    errors = gather(design, data, others).squared_errors(linear)
    for i in range(len(PENALTIES)):
        rest = design.read(data.samples, others) @ linear.kernel[i] + linear.bias[i] - data.targets[others]
        np.testing.assert_allclose(errors[i], (data.weights[others] @ rest**2).sum())


def errors_of_mixtures(design, data, moments, others, names, penalties, shares):
    """Return the mean squared error of the regressions, mixed by each row of shares, and of each on its own."""
    Z, w = design.read(data.samples, others), data.weights[others]
    related = relate(design, [moments], bases_of(design, names))
    maps = [solve(of_base, penalty) for of_base, penalty in zip(related, penalties, strict=True)]
    rest = np.stack([Z @ linear.kernel + linear.bias - data.targets[others] for linear in maps])
    mixed = np.average((np.tensordot(shares, rest, 1) ** 2).mean(axis=2), axis=1, weights=w)
    return mixed, np.average((rest**2).mean(axis=2), axis=1, weights=w)


@pytest.mark.parametrize(("names", "n"), [(["last", "raw"], 1000), (["last", "mean", "raw"], 60)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_shares_are_the_best_of_a_grid(seed, names, n):
    design, data = make_data(seed=seed)
    rows, others = np.arange(28), np.arange(30, 40)
    folds = folds_of(design, data, (rows, others))
    (moments,) = folds[0].moments
    choice, _ = choose(design, data, folds, bases_of(design, names), absolute=False)
    grid = np.array([s for s in product(range(n + 1), repeat=len(names)) if sum(s) == n]) / n
    mixtures = np.vstack([choice.shares, grid])
    errors, alone = errors_of_mixtures(design, data, moments, others, names, choice.penalties, mixtures)
    # Drawn to equal shares as by four times as many errors of their own as rows of independent targets would have.
    best, *errors = errors + 4 * (mixtures**2).sum(axis=1) * alone.mean() * design.n_outputs / len(others)
    assert best <= min(errors) * (1 + 1e-9)
    assert np.abs(choice.shares - grid[np.argmin(errors)]).max() <= 1 / n
    assert (choice.shares >= 0).all()


def test_mixture_is_one_map():
    design, data = make_data()
    rows, bases = np.arange(40), bases_of(design, ["last", "mean"])
    moments = gather(design, data, rows)
    penalties = np.array([0.01, 10.0])
    linear = combine(design, [moments], bases, Choice(penalties, np.array([0.3, 0.7]), np.ones(2), np.ones(2)))
    related = relate(design, [moments], bases)
    first, second = (solve(of_base, penalty) for of_base, penalty in zip(related, penalties, strict=True))
    np.testing.assert_allclose(linear.kernel, 0.3 * first.kernel + 0.7 * second.kernel)
    np.testing.assert_allclose(linear.bias, 0.3 * first.bias + 0.7 * second.bias)
    np.testing.assert_array_equal(linear.penalties, [first.penalties, second.penalties])
