"""Inputs known ahead, as networks read them."""

from functools import partial

import numpy as np
import pytest

from skhybrid import CNNRegressor, DenseClassifier, DenseRegressor, Windows
from skhybrid._backend import keras
from skhybrid.estimators import _ahead
from skhybrid.estimators._ahead import AheadScale, learn_ahead_scale
from skhybrid.estimators._samples import Ahead
from tests.estimators.known_ahead import SEASON, angles, make_known

N, H = 30, 4
dense = partial(DenseRegressor, 2, epochs=1, random_state=0)


@pytest.fixture
def known():
    """Two numbers, and counters of two seasons, (sample, step, input)."""
    rng = np.random.default_rng(0)
    counters = [rng.integers(0, season, (N, H)) for season in (5, SEASON)]
    return np.stack([rng.normal(3, 2, (N, H)), rng.uniform(-1e6, 1e6, (N, H)), *counters], axis=2)


def learn(known, rows=None, weights=None, *, squares=False):
    rows, weights = np.arange(N) if rows is None else rows, np.ones(N) if weights is None else weights
    return learn_ahead_scale(Ahead(known, (5, SEASON)), rows, weights, squares=squares)


def test_numbers_are_standardised_over_the_rows_and_all_steps(known):
    rows, weights = np.arange(0, N, 2), np.random.default_rng(1).uniform(1, 3, N)
    scale = learn(known, rows, weights)
    of_steps = np.repeat(weights[rows], H)
    numbers = known[rows, :, :2].reshape(-1, 2)
    mean = np.average(numbers, axis=0, weights=of_steps)
    deviation = np.sqrt(np.average((numbers - mean) ** 2, axis=0, weights=of_steps))
    np.testing.assert_allclose(scale.mean, mean)
    np.testing.assert_allclose(scale.scale, deviation)
    np.testing.assert_allclose(scale.apply(known), (known[..., :2] - mean) / deviation)


def test_scale_is_learned_in_pieces(known, monkeypatch):
    whole = learn(known)
    monkeypatch.setattr(_ahead, "ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(learn(known).mean, whole.mean)
    np.testing.assert_allclose(learn(known).scale, whole.scale)


def test_small_moves_at_a_high_level_keep_their_digits(known):
    moved = known.copy()
    moved[..., 0] += 2.0**30
    np.testing.assert_allclose(learn(moved).scale, learn(known).scale, rtol=1e-7)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_constant_is_0_and_not_divided(known, value):
    known[..., 0] = value
    scale = learn(known)
    assert scale.scale[0] == 1
    np.testing.assert_allclose(scale.apply(known)[..., 0], 0, atol=1e-6 * max(value, 1e-9))


def test_nothing_known_has_no_scale():
    assert learn_ahead_scale(None, np.arange(N), np.ones(N), squares=True) is None


def test_linear_paths_read_squares_of_what_is_no_flag(known):
    """A square tells nothing new of what takes two values, or one, in the rows that are learned from."""
    flag = np.where(known[..., :1] > 3, 5.0, -1.0)
    known = np.concatenate([flag, known[..., :1], np.full((N, H, 1), 7.0), known[..., 1:]], axis=2)
    known[0, 0, 0] = 9  # of a row that is not learned from
    scale, plain = (learn(known, np.arange(1, N), squares=squares) for squares in (True, False))
    assert (scale.squared, plain.squared) == ((1, 3), ())
    assert (scale.n_linear, plain.n_linear) == (6, 4)
    numbers = plain.apply(known)
    np.testing.assert_array_equal(scale.apply(known), np.concatenate([numbers, numbers[..., [1, 3]] ** 2], axis=2))
    assert scale.n_columns == plain.n_columns  # networks read none


def test_sizes_are_those_of_what_is_read(known):
    scale = learn(known)
    assert (scale.n_inputs, scale.n_columns) == (4, 2 + 4 + 5)  # of 5 steps there are two waves
    assert scale.n_angles == scale.phase(known).shape[1] == 4 + 5


def test_phase_is_told_by_waves_of_the_first_step(known):
    expected = np.hstack([angles(known[:, 0, 2], 5), angles(known[:, 0, 3], SEASON)])
    np.testing.assert_allclose(learn(known).phase(known), expected, atol=1e-12)


@pytest.mark.parametrize(("season", "n_waves"), [(2, 1), (3, 2), (13, 12), (168, 167), (400, 168)])
def test_waves_are_as_many_as_tell_phases_apart_and_at_most_84_pairs(season, n_waves):
    scale = AheadScale(np.empty(0), np.empty(0), H, (season,))
    counters = np.repeat(np.arange(season)[:, None, None], H, axis=1)
    assert scale.phase(counters).shape == (season, n_waves)
    assert len(np.unique(scale.phase(counters).round(9), axis=0)) == season
    assert (np.abs(scale.phase(counters)).max(axis=0) > 1e-9).all()  # none is always 0


@pytest.mark.parametrize("season", [2, 24, 168])
def test_networks_read_three_harmonics_at_most(season):
    scale = AheadScale(np.empty(0), np.empty(0), H, (season,))
    counters = np.repeat(np.arange(season)[:, None, None], H, axis=1).astype(np.float32)
    waves = np.concatenate([np.asarray(wave) for wave in scale.waves(counters, first_step=False)], axis=-1)
    assert waves.shape[-1] == scale.n_columns == (1 if season == 2 else 6)
    np.testing.assert_allclose(waves[:, 0], angles(np.arange(season), season, 3), atol=1e-5)


def test_layers_compute_what_arrays_do(known):
    scale = learn(known, squares=True)
    inputs = keras.Input((H, 4))
    of_first = keras.ops.concatenate(scale.waves(inputs, first_step=True), axis=-1)
    of_all = keras.ops.concatenate(scale.waves(inputs, first_step=False), axis=-1)
    model = keras.Model(inputs, [scale.with_squares(scale.numbers(inputs)), of_first, of_all])
    model.get_layer("ahead_scale").set_weights(scale.weights())
    numbers, first, waves = (np.asarray(a) for a in model(known.astype(np.float32)))
    np.testing.assert_allclose(numbers, scale.apply(known), atol=5e-6)
    assert numbers.shape[2] == 4
    np.testing.assert_allclose(first, scale.phase(known), atol=1e-5)
    for step in range(H):
        expected = [angles(known[:, step, 2 + i], season, 3) for i, season in enumerate((5, SEASON))]
        np.testing.assert_allclose(waves[:, step], np.hstack(expected), atol=1e-6)


# In a network


def test_network_reads_windows_and_standardised_inputs():
    X, y = make_known(n_features=3, known=(1, 2))
    model = dense().fit(X, y)
    (kernel, bias), (last_kernel, last_bias) = (
        model.model_.get_layer(name).get_weights() for name in ("dense_1", "output")
    )
    numbers = X.ahead[:, :, :2].astype(float)
    numbers = (numbers - numbers.mean(axis=(0, 1))) / numbers.std(axis=(0, 1))
    waves = [angles(X.ahead[:, step, 2].astype(float), SEASON, 3) for step in range(4)]
    of_steps = np.concatenate([numbers, np.stack(waves, axis=1)], axis=2)
    read = np.hstack([X.values.reshape(len(X), -1), of_steps.reshape(len(X), -1)])
    expected = np.maximum(read @ kernel + bias, 0) @ last_kernel + last_bias
    np.testing.assert_allclose(model.predict(X), expected * y.std(axis=0) + y.mean(axis=0), rtol=0, atol=1e-5 * y.std())
    assert model.n_parameters_ == (8 * 3 + 4 * 7) * 2 + 2 + 2 * 4 + 4 + 2 * 2  # two numbers have a mean and a scale


def test_units_of_inputs_do_not_matter():
    X, y = make_known()
    other = X.ahead.astype(float) * [1000, 1] + [1e5, 0]
    first = dense().fit(X, y).predict(X)
    other = Windows(X.values, other, seasons=X.seasons)
    np.testing.assert_allclose(dense().fit(other, y).predict(other), first, rtol=0, atol=1e-4 * y.std())


@pytest.mark.parametrize(("known", "seasons"), [((-1,), ()), ((), (SEASON,)), ((-1,), (SEASON, 4))])
def test_numbers_and_seasons_are_known_alone_or_together(known, seasons):
    X, y = make_known(known=known, seasons=seasons)
    model = dense(linear_path="trained").fit(X, y)
    assert model.ahead_shape_ == (4, len(known) + len(seasons))
    exported = model.to_keras()
    assert [tensor.name for tensor in exported.inputs] == ["sample", "ahead"]
    got = np.asarray(exported([X.values.astype(np.float32), X.ahead]))
    np.testing.assert_allclose(got, model.predict(X), rtol=0, atol=1e-5 * y.std())


def test_horizons_of_inputs_and_targets_may_differ():
    X, y = make_known()
    model = CNNRegressor(2, dense_units=(), linear_path="trained", epochs=1, random_state=0).fit(X, y[:, 0])
    assert model.predict(X).shape == (len(X),)
    moved = Windows(X.values, X.ahead + np.array([0, 0, 0, 1])[:, None] * [1, 0], seasons=X.seasons)
    assert (model.predict(moved) != model.predict(X)).all()


def test_classifier_reads_inputs_known_ahead():
    X, y = make_known()
    labels = (y[:, 0] > X.values[:, -1, 0]).astype(int)
    model = DenseClassifier(2, activation="tanh", epochs=1, random_state=0).fit(X, labels)
    moved = Windows(X.values, X.ahead + np.array([1, 0]), seasons=X.seasons)
    assert (model.predict_proba(moved) != model.predict_proba(X)).all()
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_samples_are_read_as_a_pair():
    X, y = make_known()
    values, ahead = dense().fit(X, y).read_samples(X[:3])
    np.testing.assert_array_equal(values, X.values[:3])
    np.testing.assert_array_equal(ahead, X.ahead[:3])
