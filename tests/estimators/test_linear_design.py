"""What a linear path reads, and windows relative to their naive forecasts, against loops."""

from dataclasses import replace

import numpy as np
import pytest

from skhybrid import NaiveRegressor
from skhybrid.estimators._ahead import AheadScale
from skhybrid.estimators._linear_design import BASES, Design
from skhybrid.estimators._samples import Ahead, Samples
from skhybrid.estimators._window_norm import WindowNorm
from tests.estimators.known_ahead import SEASON, angles, smooth

N, T, F, H = 9, 7, 2, 5
AHEAD = AheadScale(np.array([1.0, -2.0]), np.array([2.0, 0.5]), H, (SEASON,))
SCALE = np.array([0.5, 4.0])


def make_design(norm="last", *, ahead=None, has_level=False, treated=(True, True), lead=0, **options):
    norm = norm and WindowNorm(norm, SCALE, treated, 3, lead)
    shape = {"n_steps": T, "n_features": F, "n_outputs": H, "segment_length": None, "season_length": 3, "lead": lead}
    return Design(norm, ahead, has_level, **shape | options)


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    known = np.concatenate([rng.normal(size=(N, H, 2)), rng.integers(0, SEASON, (N, H, 1))], axis=2)
    none = np.zeros(N, dtype=int)
    return Samples(rng.normal(size=(N, T, F)), none, none, Ahead(known, (SEASON,)))


@pytest.mark.parametrize("treated", [(True, True), (True, False)], ids=str)
def test_features_are_window_level_phase_and_numbers(samples, treated):
    read = make_design(ahead=AHEAD, has_level=True, treated=treated).read(samples, np.array([4, 2]))
    for row, i in zip(read, [4, 2], strict=True):
        window, known = samples.values[i], samples.ahead.values[i]
        level = window[-1] * treated
        numbers = (known[:, :2] - [1, -2]) / [2, 0.5]
        expected = [*((window - level) / SCALE).ravel(), *(level / SCALE)]
        expected += [*angles(known[:1, 2], SEASON).ravel(), *numbers.ravel()]
        np.testing.assert_allclose(row, expected, atol=1e-12)


def test_without_norm_the_window_is_read_as_it_is(samples):
    read = make_design(None).read(samples, np.arange(N))
    np.testing.assert_array_equal(read, samples.values.reshape(N, -1))
    assert read.dtype == np.float64


def test_subsequences_are_read_joined(samples):
    folded = samples._replace(values=np.ascontiguousarray(samples.values[:, 1:].reshape(N, 3, 2, F)))
    read = make_design(n_steps=T - 1).read(folded, np.arange(N))
    np.testing.assert_array_equal(
        read, make_design(n_steps=T - 1).read(samples._replace(values=samples.values[:, 1:]), np.arange(N))
    )


def test_coefficients_divide_into_those_of_all_and_of_numbers():
    design = make_design(ahead=AHEAD, has_level=True)
    n_shared = (T + 1) * F + SEASON - 1
    of_all, of_numbers = design.divide(np.arange((n_shared + 2 * H) * H).reshape(-1, H))
    assert of_all.shape == (n_shared, H)
    assert of_numbers.shape == (2 * H, H)


def test_each_segment_sees_its_own_numbers():
    n_shared = T * F + SEASON - 1
    design = make_design(ahead=AHEAD, segment_length=2)
    parts = design.parts(T)
    assert [outputs.tolist() for outputs, _ in parts] == [[0, 1], [2, 3], [4]]
    assert [block.tolist() for block in design.blocks()] == [[0, 1], [2, 3], [4]]
    for outputs, seen in parts:
        numbers = [n_shared + 2 * step + i for step in outputs for i in range(2)]
        assert seen.tolist() == [*range(n_shared), *numbers]


@pytest.mark.parametrize("n_outputs", [1, H, 9])
def test_without_segments_all_targets_see_all_numbers(n_outputs):
    ((outputs, seen),) = make_design(ahead=AHEAD, n_outputs=n_outputs).parts(T)
    assert outputs.tolist() == [*range(n_outputs)]
    assert seen.tolist() == [*range(T * F + SEASON - 1 + 2 * H)]


@pytest.mark.parametrize("has_level", [False, True])
@pytest.mark.parametrize("segment_length", [None, 2])
@pytest.mark.parametrize("n_steps", [1, 3])
def test_older_steps_and_the_level_are_not_seen(n_steps, segment_length, has_level):
    """Of features whose value is their own name."""
    design = make_design(ahead=AHEAD, has_level=has_level, segment_length=segment_length)
    names = [(step, feature) for step in range(T) for feature in range(F)]
    names += ["level"] * (F * has_level)
    names = [*names, *["angle"] * (SEASON - 1), *[f"ahead {step}" for step in range(H) for _ in range(2)]]
    for outputs, seen in design.parts(n_steps):
        of_window = [(step, feature) for step in range(T - n_steps, T) for feature in range(F)]
        steps = range(H) if segment_length is None else outputs
        expected = [*of_window, *["angle"] * (SEASON - 1), *[f"ahead {step}" for step in steps for _ in range(2)]]
        # `relate` leaves the level out, so that these are the places without it.
        without_level = [name for name in names if name != "level"]
        assert [without_level[i] for i in seen] == expected


@pytest.mark.parametrize("segment_length", [None, 2])
@pytest.mark.parametrize("squares", [False, True])
def test_squares_are_seen_or_not(squares, segment_length):
    """They are read after the numbers of each step, and left unseen where they are not wanted."""
    ahead = replace(AHEAD, squared=(1,))
    design = make_design(ahead=ahead, segment_length=segment_length, squares=squares)
    n_shared = T * F + SEASON - 1
    for outputs, seen in design.parts(T):
        steps = range(H) if segment_length is None else outputs
        numbers = [n_shared + 3 * step + i for step in steps for i in range(2 + squares)]
        assert seen.tolist() == [*range(n_shared), *numbers]


def test_targets_that_see_the_same_are_solved_together():
    """Segments without numbers known ahead are one part, though the gate has a share for each."""
    phase_alone = AheadScale(np.ones(0), np.ones(0), H, (SEASON,))
    for ahead in (None, phase_alone):
        design = make_design(ahead=ahead, segment_length=2)
        ((outputs, _),) = design.parts(T)
        assert outputs.tolist() == [*range(H)]
        assert len(design.blocks()) == 3


@pytest.mark.parametrize("treated", [(True, True), (True, False)], ids=str)
@pytest.mark.parametrize("has_level", [False, True])
def test_relating_windows_and_coefficients_are_two_ways_to_one_forecast(samples, has_level, treated):
    rng = np.random.default_rng(1)
    design = make_design(ahead=AHEAD, has_level=has_level, treated=treated)
    reference = rng.normal(size=T + has_level)
    Z = design.read(samples, np.arange(N))
    related = design.relate(Z.T, reference).T
    n = (T + has_level) * F
    for i in range(N):
        steps = Z[i, :n].reshape(-1, F)
        of_window = steps[:T] - (reference @ steps) * treated
        np.testing.assert_allclose(related[i], [*of_window.ravel(), *Z[i, n:]], atol=1e-12)
    kernel = rng.normal(size=(related.shape[1], H))
    np.testing.assert_allclose(Z @ design.unrelate(kernel, reference), related @ kernel, atol=1e-12)


SHARES = (0.3, 0.2, 0.9, 0.4)


def naive_by_hand(name, series, horizons, lead=0):
    if name == "smoothed":
        return np.array([smooth(window, lead + horizons, 3, SHARES)[lead:] for window in series])
    season_length = 3 if name == "seasonal" else 1
    model = NaiveRegressor(name, season_length=season_length, horizon=range(lead + 1, lead + horizons + 1))
    return model.fit(series, np.zeros((len(series), horizons))).predict(series)


@pytest.mark.parametrize("norm", ["last", "seasonal"])
@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("lead", [0, 2, 7])
def test_bases_forecast_as_naive_regressors_do(samples, name, norm, lead):
    """The targets are relative to `norm`, in units of twice the feature's; of "raw", the mean of y is the constant."""
    design, ratio = make_design(norm, has_level=True, lead=lead), SCALE[1] / 2
    Z = design.read(samples, np.arange(N))
    smoothing = np.array(
        [smooth(unit, lead + H, 3, SHARES)[lead:] for unit in np.eye(T)]
    )  # units tell the weights of each step
    reference, naive = design.base(name, 1, ratio, smoothing)
    series = samples.values[..., 1]
    forecast = 0 if name == "raw" else naive_by_hand(name, series, H, lead)
    relative_to = naive_by_hand(norm, series, H, lead)
    np.testing.assert_allclose(Z @ naive * 2, forecast - relative_to, atol=1e-12)
    level = {"mean": series.mean(axis=1), "raw": 0 * series[:, 0]}.get(name, series[:, -1])
    related = design.relate(Z.T, reference).T.reshape(N, T, F)
    np.testing.assert_allclose(related[..., 1] * SCALE[1], series - level[:, None], atol=1e-12)


def test_no_base_is_what_the_targets_are_relative_to(samples):
    reference, naive = make_design(None).base(None, 7, 1.0)  # a channel is not read
    assert not reference.any()
    assert not naive.any()
    assert naive.shape == (T * F, H)
