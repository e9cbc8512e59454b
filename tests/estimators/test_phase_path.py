"""Regressions by phase of what the linear path leaves, against scikit-learn's on the samples of each phase."""

import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from skhybrid import CNNLSTMRegressor, DenseRegressor, LSTMRegressor, Windows, make_windows
from skhybrid.estimators._ahead import AheadScale
from skhybrid.estimators._base import NetworkEstimator
from skhybrid.estimators._linear_design import Design
from skhybrid.estimators._linear_path import PENALTIES, Data, apply
from skhybrid.estimators._members import linear_of
from skhybrid.estimators._phase_path import (
    PHASE_PATH,
    PhaseChoice,
    PhaseDesign,
    _predict_all,
    _solve,
    apply_by_phase,
    choose_by_phase,
    learn_by_phase,
)
from skhybrid.estimators._samples import Ahead, Samples
from skhybrid.estimators._task import Fold
from skhybrid.estimators._window_norm import WindowNorm
from tests.estimators.known_ahead import angles
from tests.helpers import assert_same_predictions

T, F, H = 5, 2, 3  # steps and features of a window, and coming steps
SEASON = 4


# What is read


def make_design(seasons=(SEASON,), *, channel=0, segment_length=None, n_numbers=1):
    norm = WindowNorm("last", np.array([0.5, 4.0]), (True, True))
    ahead = AheadScale(np.full(n_numbers, 1.0), np.full(n_numbers, 2.0), H, seasons)
    shape = {"n_steps": T, "n_features": F, "n_outputs": H, "segment_length": segment_length}
    return PhaseDesign(Design(norm, ahead, False, **shape), channel)


def make_data(seasons=(SEASON,), n_rows=60, *, n_numbers=1, seed=0, noise=1.0):
    """Return samples that follow one another, and targets: a step of the window, its sign alternating by phase."""
    rng = np.random.default_rng(seed)
    values, numbers = rng.normal(size=(n_rows, T, F)), rng.normal(size=(n_rows, H, n_numbers))
    steps = np.arange(n_rows)[:, None] + np.arange(H)
    known = np.concatenate([numbers, *((steps % season)[..., None] for season in seasons)], axis=2)
    none = np.zeros(n_rows, dtype=int)
    sign = np.where(np.arange(n_rows) % min(seasons) % 2, 1, -1)[:, None]
    targets = sign * values[:, 1:2, 0] + noise * rng.normal(size=(n_rows, H))
    return Data(Samples(values, none, none, Ahead(known, seasons)), targets, rng.uniform(0.5, 2, n_rows))


def read_by_hand(samples, channel=0):
    """Return what regressions by phase read: steps relative to the last, at most three waves a season, numbers."""
    known, seasons = samples.ahead
    n_numbers = known.shape[2] - len(seasons)
    window = (samples.values[:, :, channel] - samples.values[:, -1:, channel]) / [0.5, 4.0][channel]
    waves = [angles(known[:, 0, n_numbers + i], season, 3) for i, season in enumerate(seasons)]
    return np.hstack([window, *waves, ((known[:, :, :n_numbers] - 1) / 2).reshape(len(known), -1)])


@pytest.mark.parametrize("seasons", [(4,), (24, 7), (2, 9, 5)], ids=str)
@pytest.mark.parametrize(("channel", "n_numbers"), [(0, 2), (1, 1), (0, 0)])
def test_features_are_window_phases_and_numbers(seasons, channel, n_numbers):
    samples = make_data(seasons, n_numbers=n_numbers).samples
    design, rows = make_design(seasons, channel=channel, n_numbers=n_numbers), np.array([7, 3, 50])
    read = design.read(samples, rows)
    np.testing.assert_allclose(read, read_by_hand(samples, channel)[rows], atol=1e-12)
    n_all = read.shape[1]
    assert design.numbers_of_features() == ([n_all - H * n_numbers, n_all] if n_numbers else [n_all])


def test_squares_are_read_last():
    samples = make_data(n_numbers=2).samples
    design = make_design(n_numbers=2)
    squared = replace(design, linear=replace(design.linear, ahead=replace(design.ahead, squared=(1,))))
    read, rows = squared.read(samples, np.arange(60)), np.arange(60)
    n_before, n_numbers = design.numbers_of_features()
    assert squared.numbers_of_features() == [n_before, n_numbers, n_numbers + H]
    np.testing.assert_array_equal(read[:, :n_numbers], design.read(samples, rows))
    np.testing.assert_allclose(read[:, n_numbers:], read[:, n_before + 1 : n_numbers : 2] ** 2)


def test_segments_read_no_numbers():
    samples, design = make_data().samples, make_design(segment_length=2)
    n_others = T + SEASON - 1
    assert design.numbers_of_features() == [n_others]
    np.testing.assert_allclose(design.read(samples, np.arange(60)), read_by_hand(samples)[:, :n_others], atol=1e-12)
    assert make_design(segment_length=H).numbers_of_features() == [n_others, n_others + H]  # one segment sees all


@pytest.mark.parametrize(
    ("seasons", "n_phases", "n_groups"),
    [((4,), 1, 4), ((48,), 1, 48), ((49,), 2, 25), ((96, 168), 2, 48), ((168, 7), 1, 7), ((168,), 4, 42)],
    ids=str,
)
def test_groups_are_phases_of_the_shortest_season(seasons, n_phases, n_groups):
    """Of long seasons, neighbouring phases are taken together, so that there are at most 48."""
    design = make_design(seasons)
    assert design.n_groups == n_groups
    expected = [i % min(seasons) // n_phases for i in range(200)]
    assert design.groups(make_data(seasons, 200).samples).tolist() == expected
    assert max(expected) == n_groups - 1


# Regressions


def ridge_by_hand(Z, rest, weights, penalty, Z_new):
    """Return what scikit-learn's Ridge adds for other samples; the mean is shrunk as if it were a feature."""
    mean, mean_rest = (np.average(a, axis=0, weights=weights) for a in (Z, rest))
    if np.isinf(penalty):
        return np.zeros((len(Z_new), rest.shape[1]))
    alpha = penalty * (weights[:, None] * (Z - mean) ** 2).sum() / Z.shape[1]
    ridge = Ridge(alpha=alpha, solver="svd").fit(Z, rest - mean_rest, sample_weight=weights)
    return ridge.predict(Z_new) + mean_rest / (1 + penalty)


@pytest.mark.parametrize("n_rows", [24, 160])  # 6 or 40 of each phase, with 11 or 8 features
@pytest.mark.parametrize("penalty", [1e-3, 1.0])
@pytest.mark.parametrize("with_numbers", [False, True])
def test_each_phase_has_a_ridge_regression(n_rows, penalty, with_numbers):
    data, new, design = make_data(n_rows=n_rows), make_data(seed=1).samples, make_design()
    n = design.numbers_of_features()[with_numbers]
    known = np.arange(3, n_rows)
    by_phase = learn_by_phase(design, data, known, PhaseChoice(penalty, n))
    assert by_phase.kernel.shape == (SEASON, n, H)
    added, Z, Z_new = apply_by_phase(design, by_phase, new), read_by_hand(data.samples), read_by_hand(new)
    for phase in range(SEASON):
        rows, others = known[known % SEASON == phase], np.arange(60) % SEASON == phase
        expected = ridge_by_hand(Z[rows, :n], data.targets[rows], data.weights[rows], penalty, Z_new[others, :n])
        np.testing.assert_allclose(added[others], expected, atol=1e-9)


def test_phase_that_was_not_seen_adds_nothing():
    data, design = make_data(), make_design()
    known = np.flatnonzero(np.arange(60) % SEASON != 2)
    by_phase = learn_by_phase(design, data, known, PhaseChoice(0.1, T))
    added = apply_by_phase(design, by_phase, data.samples)
    assert ((added != 0).any(axis=1) == (np.arange(60) % SEASON != 2)).all()


@pytest.mark.parametrize("n_rows", [1, 6, 30])
def test_all_penalties_at_once_are_those_one_by_one(n_rows):
    data = make_data(n_rows=80)
    Z, rest, weights = read_by_hand(data.samples), data.targets, data.weights
    known, new = np.arange(n_rows), np.arange(40, 80)
    together = _predict_all(Z[known], rest[known], weights[known], Z[new])
    for added, penalty in zip(together[:-1], PENALTIES[:-1], strict=True):
        kernel, bias = _solve(Z[known], rest[known], weights[known], penalty)
        np.testing.assert_allclose(added, Z[new] @ kernel + bias, rtol=1e-6, atol=1e-8)
    assert np.isinf(PENALTIES[-1])
    np.testing.assert_array_equal(together[-1], 0)


# Choice

FOLDS = (Fold(np.arange(44), np.arange(46, 60)), Fold(np.arange(30), np.arange(32, 46)))


def choose_by_loops(left, folds, numbers, groups, *, absolute):
    """Return penalty and number of features with the least error on samples held out; None for adding nothing."""
    least, best = errors_of_loops(left, folds, 1, np.inf, groups, absolute), None
    for n in numbers:
        for penalty in PENALTIES[:-1]:
            error = errors_of_loops(left, folds, n, penalty, groups, absolute)
            if error < least:
                least, best = error, PhaseChoice(penalty, n)
    return best


def errors_of_loops(left, folds, n, penalty, groups, absolute):
    """Return the sum of errors on samples held out, phase by phase; each is its own group here."""
    total = 0
    for data, fold in zip(left, folds, strict=True):
        Z, season = read_by_hand(data.samples)[:, :n], min(data.samples.ahead.seasons)
        for group in groups:
            known, choosing = ([i for i in rows if i % season == group] for rows in fold)
            added = ridge_by_hand(Z[known], data.targets[known], data.weights[known], penalty, Z[choosing])
            missed = np.abs(data.targets[choosing] - added)
            total += data.weights[choosing] @ (missed if absolute else missed**2).sum(axis=1)
    return total


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize(("seed", "noise", "helps"), [(0, 0.1, True), (1, 1.0, True), (2, 9.0, True), (0, 9.0, False)])
def test_choice_is_what_a_loop_chooses(seed, noise, helps, absolute):
    """By all folds together, each with what is left there and weights of its own."""
    data = make_data(seed=seed, noise=noise)
    left = [data, data._replace(targets=data.targets * 1.5 + 0.1, weights=data.weights**2)]
    choice = choose_by_phase(make_design(), left, FOLDS, absolute=absolute)
    assert choice == choose_by_loops(left, FOLDS, [8, 11], range(SEASON), absolute=absolute)
    assert (choice is not None) == helps


@pytest.mark.parametrize("absolute", [False, True])
def test_twelve_phases_of_many_choose(absolute):
    data, design = make_data((30,), 600, noise=0.3), make_design((30,))
    folds = [Fold(np.arange(400), np.arange(400, 600))]
    groups = {int(29 * i / 11) for i in range(12)}
    choice = choose_by_phase(design, [data], folds, absolute=absolute)
    assert choice == choose_by_loops([data], folds, [11, 14], groups, absolute=absolute)
    assert choice is not None


def test_nothing_is_chosen_where_no_phase_is_known_and_held_out():
    data = make_data((40,))
    assert choose_by_phase(make_design((40,)), [data], [Fold(np.arange(30), np.arange(32, 38))], absolute=False) is None


# Of estimators

KNOWN, HELD_OUT = 50, 51  # with early stopping, the ends of what is known of 64 samples, and of the gap after it


def make_series(n_rows=73, season=SEASON, told=0.0, **options):
    """Return windows of a walk whose step follows the step before it, up or down as the phase says.

    A share of another feature, which is known ahead, is added to it.
    """
    rng = np.random.default_rng(0)
    rows, step = rng.normal(size=(n_rows, 2)), 0.0
    for t in range(n_rows):
        step = (0.95 if t % season < season / 2 else -0.95) * step + 0.3 * rng.normal()
        rows[t, 0] = step
    rows[:, 0] = rows[:, 0].cumsum() + told * rows[:, 1]
    options = {"known_future": [1], "seasons": [season]} | options
    return make_windows(rows, 0, window_length=8, horizon=[1, 2], **options)


small = partial(DenseRegressor, 2, linear_path="ridge", window_norm="last", epochs=0, random_state=0)
by_phase = partial(small, linear_by_phase=True)
stopped = {"early_stopping": True, "validation_fraction": 0.2}
segmented = partial(
    LSTMRegressor, 1, dense_units=(), decoder="segments", linear_path="ridge", linear_by_phase=True, epochs=0
)
hybrid = partial(
    CNNLSTMRegressor, 1, kernel_size=1, units=1, dense_units=(), linear_path="ridge", linear_by_phase=True, epochs=0
)


@pytest.fixture(scope="module")
def series():
    return make_series()


def added_by_hand(model, X, y, weights, known=None):
    """Return what regressions by phase add to the linear path, with the penalty that was chosen, in units of y."""
    samples, (linear, *_) = model._read_as_fitted(X), model._linear.of_folds
    rest = model._target.encode(y, samples) - apply(model._linear.design, linear, samples)
    design, choice = model._linear.phase.design, model._linear.phase.choice
    Z = design.read(samples, np.arange(len(y)))[:, : choice.n_features]
    known, added = np.arange(len(y)) if known is None else known, np.zeros_like(rest)
    for group in set(design.groups(samples)):
        of_group = design.groups(samples) == group
        rows = known[of_group[known]]
        added[of_group] = ridge_by_hand(Z[rows], rest[rows], weights[rows], model.phase_penalty_, Z[of_group])
    return added * model._target.scale


def without_phases(model, X):
    """Return the predictions of the linear path without regressions by phase."""
    samples = model._read_as_fitted(X)
    outputs = apply(model._linear.design, model._linear.of_folds[0], samples)
    return model._target.decode(outputs, samples.values)[..., 0]


def test_dependence_that_differs_by_phase_is_learned():
    X, y = make_series(400)
    plain, phased = (m.fit(X[:300], y[:300]).predict(X[310:]) - y[310:] for m in (small(), by_phase()))
    assert (phased**2).mean() < 0.4 * (plain**2).mean()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"window_norm": None},
        {"half_life": 0.5},
        {"half_life": 0.5, "linear_half_life": 0.1, "linear_bases": "auto", "linear_lengths": 2, "season_length": 4},
        {"window_norm": "standard", "loss": "mae"},
    ],
    ids=str,
)
def test_predictions_are_ridge_regressions_of_what_the_linear_path_leaves(series, options):
    X, y = series
    weights = np.random.default_rng(0).uniform(0.5, 2, 64)
    model = by_phase(**options).fit(X, y, weights)
    assert 0 < model.phase_penalty_ < np.inf
    fades = 0.5 ** (np.arange(64)[::-1] / (0.5 * 64)) if "half_life" in options else 1
    added = model.predict(X) - without_phases(model, X)
    if model.window_norm == "standard":  # whose targets are in units of each window's deviation
        added /= X.values[:, :, 0].std(axis=1, keepdims=True)
    np.testing.assert_allclose(added, added_by_hand(model, X, y, weights * fades), atol=1e-9)
    assert np.abs(added).max() > 0.01


def test_penalty_is_chosen_by_the_weights_that_it_is_learned_with(series):
    X, y = series
    weights = np.random.default_rng(0).uniform(0.5, 2, 64)
    model = by_phase(**stopped, half_life=0.3, window_norm=None).fit(X, y, weights)
    faded = weights.copy()
    faded[:KNOWN] *= 0.5 ** (np.arange(KNOWN)[::-1] / (0.3 * KNOWN))
    samples, path = model._read_as_fitted(X), model._linear
    rest = model._target.encode(y, samples) - apply(path.design, path.of_folds[0], samples)
    fold = Fold(np.arange(KNOWN), np.arange(HELD_OUT, 64))
    assert path.phase.choice == choose_by_phase(path.phase.design, [Data(samples, rest, faded)], [fold], absolute=False)
    np.testing.assert_allclose(
        model.predict(X) - without_phases(model, X), added_by_hand(model, X, y, faded, fold.known), atol=1e-9
    )


@pytest.mark.parametrize("shape", [(8, 2), (4, 2, 2)], ids=str)
def test_feature_that_is_read_is_that_of_the_target(series, shape):
    """Neither other features nor the way windows are cut into subsequences move what phases add."""
    X, y = series
    expected = by_phase().fit(X, y)
    X = Windows(np.ascontiguousarray(X.values[..., ::-1]).reshape(-1, *shape), X.ahead, seasons=X.seasons)
    model = hybrid(window_norm="last", target_channel=1).fit(X, y)
    assert model.phase_penalty_ == expected.phase_penalty_ < np.inf
    for part, other in zip(model._linear.phase.of_folds[0], expected._linear.phase.of_folds[0], strict=True):
        np.testing.assert_allclose(part, other, atol=1e-9)


# Where they are left out


def assert_left_out(options, X, y):
    model = by_phase(**options).fit(X, y)
    assert model.phase_penalty_ == np.inf
    assert_same_predictions(model, small(**options).fit(X, y), X)
    assert PHASE_PATH not in {layer.name for layer in model.model_.layers}


def test_without_a_season_they_are_left_out(series):
    X, y = series
    assert_left_out({}, X.values, y)
    assert_left_out({}, Windows(X.values, X.ahead[:, :, :1]), y)


def test_where_nothing_is_gained_they_are_left_out():
    """Of noise, or where each phase of the season is seen once."""
    noise = np.random.default_rng(0).normal(size=80)
    assert_left_out({}, *make_windows(noise, window_length=8, horizon=[1, 2], seasons=[SEASON]))
    assert_left_out({}, *make_series(season=80))


def test_penalty_is_infinite_without_them(series):
    assert small().fit(*series).phase_penalty_ == np.inf


def test_fit_without_a_linear_path_has_no_such_penalty(series):
    assert not hasattr(small(linear_path=None, epochs=1).fit(*series), "phase_penalty_")


def test_phases_that_are_alike_up_to_rounding_tell_nothing():
    """Of a series that repeats itself, nothing is learned that a window of other values would be forecast by."""
    rows = np.sin(2 * np.pi * np.arange(80) / SEASON + 0.3)
    X, y = make_windows(rows, window_length=8, horizon=[1, 2], seasons=[SEASON])
    noisy = y + np.random.default_rng(0).normal(size=y.shape)
    others = Windows(np.random.default_rng(0).normal(size=X.shape), X.ahead, seasons=X.seasons)
    data = Data(by_phase().fit(X, y)._read_as_fitted(X), noisy, np.ones(len(y)))
    norm, ahead = WindowNorm("last", np.ones(1), (True,)), AheadScale(np.ones(0), np.ones(0), 2, (SEASON,))
    design = PhaseDesign(Design(norm, ahead, False, n_steps=8, n_features=1, n_outputs=2, segment_length=None), 0)
    maps = learn_by_phase(design, data, np.arange(len(y)), PhaseChoice(PENALTIES[0], 8 + SEASON - 1))
    added = apply_by_phase(design, maps, data.samples._replace(values=others.values, ahead=data.samples.ahead))
    expected = np.stack([noisy[phase::SEASON].mean(axis=0) for phase in range(SEASON)])
    np.testing.assert_allclose(added, expected[np.arange(len(y)) % SEASON], atol=1e-5)


# In Keras


def network_outputs(model, X, i=0):
    """Return what the `i`-th network returns, in float32."""
    inputs = [X.values.astype(np.float32), X.ahead.astype(np.float32)]
    return np.asarray(model.members_[i].model_(inputs), dtype=np.float64)


@pytest.mark.parametrize(
    ("make", "options", "of_series"),
    [
        (by_phase, {}, {}),
        (by_phase, {"window_norm": None, "n_estimators": 2}, {"known_future": []}),
        (by_phase, {"linear_bases": "auto", "season_length": 4, **stopped}, {"seasons": [12, 4]}),
        (by_phase, {}, {"season": 96, "n_rows": 420}),  # in pairs of phases
        (segmented, {"segment_length": 1}, {}),
        (segmented, {"segment_length": 2, "target_channel": 1, "window_norm": "last"}, {"known_future": []}),
    ],
)
def test_network_computes_the_same(make, options, of_series):
    X, y = make_series(**of_series)
    if options.get("target_channel"):
        X = Windows(X.values[..., ::-1], X.ahead, seasons=X.seasons)
    model = make(**options).fit(X, y)
    assert model.phase_penalty_ < np.inf
    added = model.predict(X) - without_phases(model, X)
    assert np.abs(added).max() > 0.01
    expected = model._linear.predict(model._read_as_fitted(X))
    np.testing.assert_allclose(network_outputs(model, X), expected, atol=2e-5)
    exported = np.asarray(model.to_keras()([X.values.astype(np.float32), X.ahead.astype(np.float32)]))
    np.testing.assert_allclose(exported, model.predict(X), rtol=0, atol=1e-5 * y.std())


def test_subsequences_are_joined_in_keras(series):
    X, y = series
    X = Windows(X.values.reshape(-1, 4, 2, 2), X.ahead, seasons=X.seasons)
    model = hybrid(window_norm="last").fit(X, y)
    expected = model._linear.predict(model._read_as_fitted(X))
    np.testing.assert_allclose(network_outputs(model, X), expected, atol=2e-5)


def test_numbers_are_read_where_they_tell_something():
    """The next step is the number known ahead, or its opposite, as the phase says."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 2))
    rows[:, 0] = rows[:, 1] * np.where(np.arange(200) % SEASON < 2, 1, -1) + 0.1 * rows[:, 0]
    X, y = make_windows(rows, 0, window_length=4, horizon=[1, 2], known_future=[1], seasons=[SEASON])
    model = by_phase(window_norm=None).fit(X, y)
    assert model._linear.phase.choice.n_features == 4 + (SEASON - 1) + 2
    assert np.sqrt(np.mean((model.predict(X) - y) ** 2)) < 0.2
    np.testing.assert_allclose(network_outputs(model, X), model._linear.predict(model._read_as_fitted(X)), atol=2e-5)


def test_segment_sees_its_own_number_alone():
    X, y = make_series(told=4)
    model = segmented(segment_length=1, window_norm="last").fit(X, y)
    assert model.phase_penalty_ < np.inf
    for step in range(2):
        ahead = X.ahead.copy()
        ahead[5, step, 0] += 3
        moved = model.predict(X) != model.predict(Windows(X.values, ahead, seasons=X.seasons))
        assert moved[5, step]
        assert np.count_nonzero(moved) == 1


@pytest.mark.parametrize("gate", ["closed", "open"])
def test_every_quantile_is_moved_with_the_median(series, gate):
    X, y = series
    options = {"loss": "quantile", "quantiles": (0.2, 0.5, 0.9), "epochs": 1}
    model = by_phase(**options, **(stopped if gate == "closed" else {})).fit(X, y)
    assert model.phase_penalty_ < np.inf
    with_phases = model.predict_quantiles(X)
    added = model._linear.phase.predict(model._read_as_fitted(X)) * model._target.scale
    layer = model.model_.get_layer(PHASE_PATH)
    layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    moved = with_phases - model.predict_quantiles(X)
    np.testing.assert_allclose(moved, np.repeat(added[..., None], 3, axis=2), atol=1e-5 * y.std())


# Folds, trainings and copies


@pytest.fixture(scope="module")
def of_folds(series):
    """Two networks, each beside what its own fold tells, before the training on all samples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NetworkEstimator, "_fit_on_all", lambda *args: None)
        return by_phase(**stopped, epochs=1, n_estimators=2, validation_folds=2, refit=True).fit(*series)


def test_each_network_has_what_its_fold_tells(series, of_folds):
    X, _ = series
    path, samples, outputs = of_folds._linear, of_folds._read_as_fitted(X), []
    assert len(path.phase.of_folds) == 2
    assert np.abs(path.phase.of_folds[0].kernel - path.phase.of_folds[1].kernel).max() > 1e-3
    for i, member in enumerate(pickle.loads(pickle.dumps(of_folds)).members_):
        linear_of(of_folds, i).set_gate(member.model_, np.zeros(2))
        inputs = [X.values.astype(np.float32), X.ahead.astype(np.float32)]
        outputs.append(np.asarray(member.model_(inputs), dtype=np.float64))
        expected = apply(path.design, path.of_folds[i], samples)
        expected += apply_by_phase(path.phase.design, path.phase.of_folds[i], samples)
        np.testing.assert_allclose(outputs[i], expected, atol=2e-5)


@pytest.mark.parametrize("options", [{}, {**stopped, "epochs": 1, "n_estimators": 2}], ids=str)
def test_copies_predict_the_same(series, options):
    X, y = series
    model = by_phase(**options).fit(X, y)
    assert_same_predictions(model, pickle.loads(pickle.dumps(model)), X)
    assert_same_predictions(model, clone(model).fit(X, y), X)


def test_coefficients_are_not_trained(series, of_folds):
    model = pickle.loads(pickle.dumps(of_folds)).set_params(refit=False, validation_folds=1)
    before = model.members_[0].model_.get_layer(PHASE_PATH).get_weights()
    model.partial_fit(*series)
    for weight, other in zip(before, model.members_[0].model_.get_layer(PHASE_PATH).get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    trained = {weight.path.split("/")[0] for weight in model.members_[0].model_.trainable_weights}
    assert trained == {"dense_1", "output"}


def test_refit_learns_them_from_all_samples(series):
    X, y = series
    model = by_phase(**stopped, refit=True).fit(X, y)
    assert_same_predictions(model, by_phase(validation_fraction=0.2).fit(X, y), X)
    assert len(model._linear.phase.of_folds) == 1
    for row in (0, HELD_OUT - 1, 63):  # known, gap, held out
        altered = y.copy()
        altered[row] += 0.01
        other = by_phase(**stopped, refit=True).fit(X, altered)
        assert np.abs(model._linear.phase.of_folds[0].kernel - other._linear.phase.of_folds[0].kernel).max() > 1e-7


def test_fit_anew_forgets_the_phases(series):
    X, y = series
    model = by_phase().fit(X, y)
    model.fit(X.values, y)
    assert model.phase_penalty_ == np.inf
    assert_same_predictions(model, by_phase().fit(X.values, y), X.values)


def test_targets_after_the_last_training_sample_move_nothing(series):
    """Those of the gap choose nothing either."""
    X, y = series
    model, altered = by_phase(**stopped).fit(X, y), y.copy()
    altered[KNOWN:HELD_OUT] += 9
    assert_same_predictions(model, by_phase(**stopped).fit(X, altered), X)
    altered[KNOWN - 1] += 9
    assert np.abs(model.predict(X) - by_phase(**stopped).fit(X, altered).predict(X)).max() > 0.01


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("window_norm", ["last", "relative"])
def test_samples_of_weight_0_change_nothing(window_norm):
    """Whatever they hold: a last value of 0 is nothing to be relative to, and is not read."""
    X, y = make_series()
    X, y = Windows((X.values + np.array([50, 0])).copy(), X.ahead, seasons=X.seasons), y + 50
    without = np.arange(64) % 5 == 0
    values, ahead, targets = X.values.copy(), X.ahead.copy(), y.copy()
    values[without], ahead[without, :, 0], targets[without] = 0, 1e3, 1e6
    options = {"window_norm": window_norm, "norm_channels": [0]}
    model, other = (
        by_phase(**options).fit(*data, sample_weight=1.0 - without)
        for data in ((X, y), (Windows(values, ahead, seasons=X.seasons), targets))
    )
    assert model.phase_penalty_ < np.inf
    assert_same_predictions(model, other, X)


def test_windows_that_start_before_the_series_are_left_out(series):
    X, y = series
    values = X.values.copy()
    values[0, :5], values[1, :2] = np.nan, np.nan
    predicted = by_phase().fit(Windows(values, X.ahead, seasons=X.seasons), y).predict(X[2:])
    np.testing.assert_allclose(predicted, by_phase().fit(X[2:], y[2:]).predict(X[2:]), rtol=1e-9)
